"""What choosing on test adds, and what a verdict is worth where fakes are rare."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from dfstudy.metrics.base_rates import precision_at
from dfstudy.report import errors
from dfstudy.study import thresholds
from dfstudy.training.rule import best_threshold

matplotlib.use("Agg")


def videos(*, groups=30, apart=1.0, seed=0):
    """Per group two reals and two fakes; a third of the groups is validation."""
    rng = np.random.default_rng(seed)
    labels = np.tile([0, 0, 1, 1], groups)
    score = rng.normal(size=labels.size) + apart * labels
    score = 1 / (1 + np.exp(-score + apart / 2))
    groups = np.repeat([f"g{i:03d}" for i in range(groups)], 4)
    split = np.where(np.char.endswith(groups, ("0")), "val", "test")
    called = (score > 0.5).astype(int)
    columns = {"label": labels, "score": score, "group": groups, "split": split}
    return pd.DataFrame(columns | {"called": called})


def test_each_draw_is_by_hand():
    table = videos()
    (row,) = thresholds.optimism(table, draws=1, seed=4).to_dict("records")
    names = sorted(set(table["group"]))
    chosen = {names[i] for i in np.random.default_rng(4).permutation(30)[:3]}
    val = table[table["group"].isin(chosen)]
    test = table[~table["group"].isin(chosen)]
    for part, at, got in (
        (val, val, "said"),
        (test, val, "honest"),
        (test, test, "flattered"),
    ):
        threshold = best_threshold(at["label"].to_numpy(), at["score"].to_numpy())
        called = part["score"] >= threshold
        assert row[got] == pytest.approx(balanced_accuracy_score(part["label"], called))
    assert row["optimism"] == pytest.approx(row["flattered"] - row["honest"])


def test_choosing_on_test_flatters_and_more_so_on_few_videos():
    means = []
    for groups in (20, 200):
        draws = thresholds.optimism(videos(groups=groups), draws=100)
        assert (draws["optimism"] >= 0).all()  # nothing is better on test than its best
        means.append(draws["optimism"].mean())
    assert means[0] > 2 * means[1] > 0


def test_a_detector_that_knows_nothing_is_flattered_above_chance():
    draws = thresholds.optimism(videos(groups=30, apart=0.0), draws=300)
    rows = thresholds.summary(draws).set_index("name")["value"]
    assert rows["test, at validation's threshold"] == pytest.approx(0.5, abs=0.03)
    assert rows["test, at its own threshold"] > 0.53
    assert (thresholds.summary(draws)["low"] <= thresholds.summary(draws)["high"]).all()


def test_too_few_groups_are_refused():
    with pytest.raises(ValueError, match="too few to deal out"):
        thresholds.optimism(videos(groups=9))
    with pytest.raises(ValueError, match="cannot be validation"):
        thresholds.optimism(videos(), val_groups=30)


def test_precision_is_bayes_rule_at_the_detectors_own_verdicts():
    table = videos(groups=60)
    rows = thresholds.at_base_rates(table).set_index("name")
    tpr = table.loc[table["label"] == 1, "called"].mean()
    fpr = table.loc[table["label"] == 0, "called"].mean()
    for name, rate in (("1 in 100", 0.01), ("1 in 1,000", 0.001)):
        row = rows.loc[name]
        assert row["value"] == pytest.approx(precision_at(rate, tpr=tpr, fpr=fpr))
        assert row["low"] < row["value"] < row["high"]
        accused = (1 - row["value"]) / row["value"]
        assert row["accused"] == pytest.approx(accused)
    both = table["called"] & table["label"]
    assert rows.loc["as in test", "value"] == pytest.approx(
        both.sum() / table["called"].sum()
    )


def test_the_interval_is_over_groups():
    table = videos(groups=40)
    copied = pd.concat([table] * 4, ignore_index=True)  # the same evidence four times
    widths = [
        (row["high"] - row["low"]).iloc[1]
        for row in (thresholds.at_base_rates(some) for some in (table, copied))
    ]
    assert widths[1] == pytest.approx(widths[0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t[t["label"] == 0], "no fakes"),
        (lambda t: t[t["label"] == 1], "no reals"),
        (lambda t: t.assign(called=0), "no real was called fake"),
        (lambda t: t.assign(called=t["label"]), "rule of three"),
        (lambda t: t[t["group"] < "g003"], "needs 5 groups"),
    ],
)
def test_what_cannot_be_told_has_a_reason(change, reason):
    rows = thresholds.at_base_rates(change(videos()))
    assert rows["reason"].str.contains(reason).all()
    assert rows["low"].isna().all()


def test_figures_say_what_the_tables_say():
    draws = {
        name: thresholds.optimism(videos(seed=i), draws=20)
        for i, name in enumerate("ab")
    }
    texts = [t.get_text() for t in errors.optimism(draws).axes[0].texts]
    assert texts == [f"flattered by {t['optimism'].mean():.3f}" for t in draws.values()]
    tables = {"a": thresholds.at_base_rates(videos())}
    tables["never"] = thresholds.at_base_rates(videos().assign(called=0))
    texts = [t.get_text() for t in errors.precision(tables).axes[0].texts]
    assert texts[1] == f"one of {1 / tables['a']['value'][1]:,.0f} called fake is"
    assert sum("n/a" in text for text in texts) == 3
