"""Errors by subgroup: counted right, of the right people, and honest where unknown."""

import matplotlib
import numpy as np
import planted
import pytest
from sklearn.metrics import roc_auc_score

from dfstudy.report import errors
from dfstudy.study import subgroups

matplotlib.use("Agg")


@pytest.fixture
def videos():
    facts = planted.videos(groups=60)
    facts["score"] = planted.scores(facts, apart=1.5)
    facts["called"] = (facts["score"] > 0.5).astype(int)
    return facts


def test_every_cell_is_counted_by_hand(videos):
    table = subgroups.by_subgroup(videos, n_bootstrap=200)
    assert len(table) == 18
    for row in table.to_dict("records"):
        mine = videos[videos[row["by"]] == row["subgroup"]]
        real, fake = mine[mine["label"] == 0], mine[mine["label"] == 1]
        assert (row["reals"], row["fakes"]) == (len(real), len(fake))
        right = {
            "auroc": roc_auc_score(mine["label"], mine["score"]),
            "false_alarms": real["called"].mean(),
            "misses": 1 - fake["called"].mean(),
        }[row["metric"]]
        assert row["value"] == pytest.approx(right)
        assert row["low"] < row["value"] < row["high"]
    order = list(dict.fromkeys(table["subgroup"]))
    assert order == ["light", "medium", "dark", "young", "middle", "old"]


def test_a_planted_harm_is_found_and_nothing_else(videos):
    wronged = (videos["age"] == "old") & (videos["label"] == 0)
    videos.loc[wronged, "called"] = 1
    rows = subgroups.differences(videos, n_bootstrap=2000)
    found = rows[rows["p_holm"] < 0.05]
    assert set(found["metric"]) == {"false_alarms"} and set(found["by"]) == {"age"}
    assert set(found["second"]) == {"old"} and (found["value"] < 0).all()


def test_a_difference_is_of_the_two_values(videos):
    each = subgroups.by_subgroup(videos).set_index(["subgroup", "metric"])["value"]
    for row in subgroups.differences(videos).to_dict("records"):
        gap = each[row["first"], row["metric"]] - each[row["second"], row["metric"]]
        assert row["value"] == pytest.approx(gap)
        assert row["low"] <= row["value"] <= row["high"]
        assert row["p_holm"] >= row["p"]


def test_intervals_are_over_groups(videos):
    again = videos.loc[np.repeat(videos.index, 3)]
    one, three = (
        subgroups.by_subgroup(table, by=["skin"])["high"] for table in (videos, again)
    )
    np.testing.assert_allclose(one, three)


def test_of_real_videos_nobody_has_written_it_down(videos):
    videos["skin"] = None
    table = subgroups.by_subgroup(videos)
    (row,) = table[table["by"] == "skin"].to_dict("records")
    assert (
        np.isnan(row["value"]) and "nobody has written down the skin" in row["reason"]
    )
    assert set(subgroups.differences(videos)["by"]) == {"age"}
    fig = errors.subgroups(table)
    names = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    reals = int((videos.loc[videos["age"] == "young", "label"] == 0).sum())
    assert names[0].startswith(f"age: young\nn = {reals} +")
    nothing = subgroups.by_subgroup(videos.assign(age=None))
    assert (
        len(nothing) == 2 and len(subgroups.differences(videos.assign(age=None))) == 0
    )
    fig = errors.subgroups(nothing)
    assert "nobody has written down" in fig.get_supxlabel()


def test_few_people_have_a_value_and_no_interval(videos):
    few = videos[(videos["age"] != "old") | (videos["group"] < "g004")]
    table = subgroups.by_subgroup(few, by=["age"]).set_index(["subgroup", "metric"])
    row = table.loc["old", "false_alarms"]
    assert np.isnan(row["low"]) and "needs at least 5" in row["reason"]
    rows = subgroups.differences(few, by=["age"])
    of_old = rows["second"] == "old"
    assert rows.loc[of_old, "p_holm"].isna().all()
    assert rows.loc[~of_old, "p_holm"].notna().all()


def test_a_subgroup_without_fakes_has_false_alarms_alone(videos):
    some = videos[(videos["skin"] != "dark") | (videos["label"] == 0)]
    table = subgroups.by_subgroup(some, by=["skin"]).set_index(["subgroup", "metric"])
    assert np.isnan(table.loc["dark", "auroc"]["value"])
    assert np.isnan(table.loc["dark", "misses"]["value"])
    assert table.loc["dark", "false_alarms"]["low"] >= 0
    fig = errors.subgroups(subgroups.by_subgroup(some))
    labels = [tick.get_text() for tick in fig.axes[0].get_yticklabels()]
    assert len(labels) == 6 and "+ 0" in labels[2]
