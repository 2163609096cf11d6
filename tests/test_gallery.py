"""The gallery of errors: planted causes are found, noise is not."""

import numpy as np
import pandas as pd
import pytest

from dfstudy.study import gallery


def videos(groups=40, seed=0):
    rng = np.random.default_rng(seed)
    n = 4 * groups
    table = pd.DataFrame(
        {
            "video_id": [f"v{i}" for i in range(n)],
            "group": [f"g{i // 4}" for i in range(n)],
            "label": np.tile([0, 0, 1, 1], groups),
            "score": rng.random(n),
        }
    )
    return table.assign(called=(table["score"] > 0.7).astype(int))


def test_the_surest_errors_come_first():
    table = videos()
    alarms = gallery.surest(table, "false alarms", count=3)
    assert (alarms["label"] == 0).all() and (alarms["called"] == 1).all()
    reals = table[table["label"] == 0]
    assert alarms["score"].tolist() == sorted(reals["score"])[:-4:-1]
    misses = gallery.surest(table, "misses", count=3)
    fakes = table[table["label"] == 1]
    assert misses["score"].tolist() == sorted(fakes["score"])[:3]


def test_noise_is_seldom_found():
    """Of sets in which nothing is in common, about one in twenty may find something."""
    false_finds = []
    for seed in range(40):
        table = videos(seed=seed)
        about = pd.DataFrame(
            np.random.default_rng(seed + 100).normal(size=(len(table), 6)),
            index=table["video_id"],
        )
        found = gallery.in_common(table, about, "misses", n_bootstrap=200)
        false_finds.append(found["p_holm"].min() < 0.05)
    assert np.mean(false_finds) < 0.2


def test_what_errors_have_in_common_is_found():
    table = videos()
    rng = np.random.default_rng(1)
    about = pd.DataFrame(
        rng.normal(size=(len(table), 8)),
        columns=[f"noise {i}" for i in range(8)],
        index=table["video_id"],
    )
    about["dark"] = table["called"].to_numpy() * 1.5 + rng.normal(size=len(table))
    about["same"] = 3.0
    found = gallery.in_common(table, about, "false alarms", n_bootstrap=500)
    assert "same" not in set(found["name"])
    first = found.iloc[0]
    assert first["name"] == "dark" and first["p_holm"] < 0.01 and first["low"] > 0
    reals = table[table["label"] == 0]
    x = about.loc[reals["video_id"], "dark"].to_numpy()
    wrong = reals["called"].to_numpy() == 1
    gap = (x[wrong].mean() - x[~wrong].mean()) / x.std()
    assert first["value"] == pytest.approx(gap)
    assert first["errors"] == pytest.approx(x[wrong].mean())
    assert first["n_errors"] == wrong.sum()


def test_a_handful_of_errors_has_no_interval():
    table = videos().assign(called=0)
    table.loc[table.index[:2], "called"] = 1  # both of one group
    about = pd.DataFrame({"x": np.arange(len(table))}, index=table["video_id"])
    row = gallery.in_common(table, about, "false alarms").iloc[0]
    assert np.isfinite(row["value"]) and np.isnan(row["low"])
    assert "1 groups" in row["reason"]
    none = gallery.in_common(table.assign(called=0), about, "false alarms").iloc[0]
    assert np.isnan(none["value"]) and "no errors" in none["reason"]
    assert gallery.surest(table.assign(called=0), "false alarms").empty


def test_attributes_are_measured_and_joined_with_the_truth(tiny_data):
    from dfstudy.data.view import View

    view = View(frames=4, height=54, width=96)
    names = tiny_data.manifest["video_id"].iloc[:12]
    about = gallery.attributes(tiny_data, view, names)
    assert about.index.tolist() == names.tolist()
    clip = tiny_data.prepared(view).array(names.iloc[3]).astype(float).mean(-1)
    assert about["brightness"].iloc[3] == pytest.approx(clip.mean(), rel=1e-4)
    change = np.abs(np.diff(clip, axis=0)).mean()
    assert about["motion"].iloc[3] == pytest.approx(change, rel=1e-4)
    assert about["face size"].between(0.2, 1).all()
    words = [c for c in about if c.startswith("skin: ")]
    assert (about[words].sum(axis=1) == 1).all()
    assert {"strength", "contrast"} <= set(about)


def test_of_real_videos_there_is_what_can_be_measured(tiny_data, tmp_path):
    from dataclasses import replace

    from dfstudy.data.view import View

    (tmp_path / "plain").mkdir()
    real = replace(tiny_data, root=tmp_path / "plain", kind="real")
    view = View(frames=4, height=54, width=96)
    about = gallery.attributes(real, view, real.manifest["video_id"].iloc[:4])
    measured = ["brightness", "contrast", "motion"]
    assert about.columns[:3].tolist() == measured
    assert all(name.startswith("kind: ") for name in about.columns[3:])
