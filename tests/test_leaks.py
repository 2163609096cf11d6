"""The leak meter: it measures leaks that we plant, and none where there is none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import TINY
from manifests import pairs

from dfstudy.data import synth
from dfstudy.report import leaks as figures
from dfstudy.study import leaks

SEEDS = range(2)


def looks(table, by, *, frames=8, noise=0.1, seed=0):
    """(videos, T, F): each frame shows one thing of its video, and a little noise."""
    rng = np.random.default_rng(seed)
    names = sorted(set(table[by]))
    look = dict(zip(names, rng.normal(size=(len(names), 6)), strict=True))
    seen = np.stack([look[name] for name in table[by]])[:, None]
    return seen + noise * rng.normal(size=(len(table), frames, 6))


@pytest.fixture(scope="module")
def table():
    return pairs(24)


@pytest.fixture(scope="module")
def found(table):
    seen = looks(table, "video_id")
    return leaks.compare(seen, table, seeds=SEEDS, n_bootstrap=100)


def test_who_knows_the_video_is_right_where_frames_are_dealt_out(found):
    auroc = found.table.set_index("split")
    assert list(auroc.index) == list(leaks.SPLITS)
    assert auroc.loc["frame", "value"] > 0.95
    assert auroc.loc["frame", "accuracy"] > 0.85
    for split in ("video", "source", "group"):
        assert auroc.loc[split, "low"] < 0.5 < auroc.loc[split, "high"], split
    gap = found.gaps.set_index("split").loc["frame"]
    assert gap["low"] > 0
    assert gap["value"] == pytest.approx(
        auroc.loc["frame", "value"] - auroc.loc["group", "value"]
    )


def test_it_says_what_of_the_test_part_was_seen(found):
    seen = found.table.set_index("split").filter(like="seen")
    assert seen.loc["frame"].eq(1).all()
    assert seen.loc["video", "seen_video"] == 0 < seen.loc["video", "seen_source"]
    assert seen.loc["source", "seen_source"] == 0 < seen.loc["source", "seen_group"]
    assert seen.loc["group"].eq(0).all()


def test_what_a_frame_shows_is_no_leak(table):
    """Every split is right about a forgery that can be seen, and the gap is none."""
    seen = looks(table, "method")
    honest = leaks.compare(seen, table, seeds=SEEDS, n_bootstrap=100)
    assert honest.table["value"].gt(0.99).all()
    assert honest.gaps["value"].abs().lt(0.01).all()


def test_a_leak_explains_its_share_of_a_published_number():
    assert leaks.explained(0.9, 0.6, 0.97) == pytest.approx(0.3 / 0.37)
    with pytest.raises(ValueError, match="nothing to explain"):
        leaks.explained(0.9, 0.97, 0.9)


def test_the_laboratory_and_its_meter(places):
    profile = replace(TINY, frames=8, pretrained="none", repeats=1)
    data = leaks.laboratory(profile)
    assert data.kind == "synthetic" and leaks.laboratory(profile).root == data.root
    assert set(data.manifest["split"]) == {"test"}
    assert set(data.manifest["method"]) == {"real", *leaks.FAMILIES}
    truth = pd.read_parquet(data.root / "truth.parquet")
    assert set(truth.loc[truth["family"] == "blend", "strength"]) == {leaks.STRENGTH}
    kinds = {"blend": "a weak blend"}
    found = leaks.meter(data, profile=profile, kinds=kinds)
    assert set(found.table["kind"]) == {"a weak blend"} == set(found.gaps["kind"])
    assert len(found.table) == 4 and len(found.gaps) == 3
    fig = figures.meter(found.table, found.gaps)
    assert len(fig.axes) == 2


def test_a_strength_changes_composites_and_nothing_else(tmp_path):
    small = {"pairs": 1, "frames": 4, "size": (72, 128), "workers": 1}
    small |= {"families": ("blend", "disorder"), "progress": False}
    roots = [
        synth.make(tmp_path / str(strength), strength=strength, **small)
        for strength in (None, 0.05)
    ]
    one, other = (pd.read_parquet(root / "truth.parquet") for root in roots)
    one, other = one.set_index("video_id"), other.set_index("video_id")
    assert (one["region"].dropna() == other["region"].dropna()).all()
    for name, family in one["family"].items():
        a, b = (next(root.glob(f"*/{name}.mp4")).read_bytes() for root in roots)
        assert (a == b) == (family != "blend"), family
    with pytest.raises(ValueError, match=r"made with .'strength': None"):
        synth.make(roots[0], strength=0.05, **small)
    with pytest.raises(ValueError, match=r"made with .'strength': 0.05"):
        synth.make(roots[1], **small)
    with pytest.raises(ValueError, match=r"in .0, 1."):
        synth.make(tmp_path / "no", strength=0, **small)
