"""Figures of heat maps, and what lesson 12 gathers for them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dfstudy.detect import explained, scored_maps
from dfstudy.detect.explained import Moments, Pictures
from dfstudy.detect.scored_maps import CONTROLS, METRICS, NO_MASKS, TRAINED, ScoredMaps
from dfstudy.report import maps

RNG = np.random.default_rng(0)
FRAMES = RNG.integers(0, 256, (3, 4, 32, 48, 3), dtype=np.uint8)
HEAT = RNG.random((3, 4, 32, 48)).astype(np.float32)
TRUTH = np.zeros((3, 4, 32, 48), bool)
TRUTH[..., 8:20, 10:30] = True
SEEN = Pictures(FRAMES, HEAT, TRUTH)


def words(fig):
    fig.canvas.draw()
    texts = [t.get_text() for t in fig.findobj(lambda a: hasattr(a, "get_text"))]
    return " ".join(texts)


def found(known=True):
    table = pd.DataFrame(
        [
            {"map": name, "metric": metric, "value": 0.5, "low": 0.4, "high": 0.61}
            | {"reason": None}
            for metric in METRICS
            for name in (TRAINED, *CONTROLS)
        ]
    )
    if not known:
        where = table["metric"].isin(["pointing", "energy"])
        table.loc[where, ["value", "low", "high"]] = np.nan
        table.loc[where, "reason"] = NO_MASKS
    curves = pd.DataFrame(
        [
            {"map": name, "curve": kind, "share": s, "value": 1 - s}
            for kind in ("deletion", "insertion")
            for name in (TRAINED, *CONTROLS)
            for s in (0, 0.5, 1)
        ]
    )
    chance = {"pointing": 0.2 if known else np.nan, "energy": 1.0}
    return ScoredMaps(pd.DataFrame(), table, table, curves, chance)


def test_frames_stand_above_their_heat_once():
    other = Pictures(FRAMES[:, :, :30], HEAT[:, :, :30], None)
    fig = maps.overlays({"a": SEEN, "b": SEEN, "c": other}, titles=["x", "y", "z"])
    assert words(fig).count("as it is seen") == 2
    shown = [
        ax.images[0].get_array() for ax in fig.findobj(lambda a: hasattr(a, "imshow"))
    ]
    assert len(shown) == 5 * 3
    # The line is there where the truth is known, and nowhere else.
    line = (np.asarray(shown[0])[..., :3] == maps._LINE).all(-1)
    assert 40 < line.sum() < 1000
    assert not (np.asarray(shown[9])[..., :3] == maps._LINE).all(-1).any()


def test_the_trial_shows_all_maps_with_their_intervals():
    text = words(maps.trial(found(), title="T"))
    for name in (TRAINED, *CONTROLS, "chance", "0.50 [0.40, 0.61]"):
        assert name in text
    text = words(maps.trial(found(known=False)))
    assert NO_MASKS in text and "n/a" in text


def test_the_other_figures_draw():
    assert "area 0.50" in words(maps.erasing(found(), title="T"))
    share = np.full((2, 5), 0.2)
    forged = np.array([[False, True, True, False, False]] * 2)
    rows = {"a": Moments(share, forged), "b": Moments(share, None)}
    fig = maps.moments(rows, titles=["x", "y"])
    assert len(fig.axes) == 4 and "shaded: forged" in words(fig)
    assert len(fig.axes[0].patches) == 5 + 2 and len(fig.axes[2].patches) == 5
    assert len(maps.strip(SEEN, title="T").axes) == 12
    videos = pd.DataFrame(
        {"label": 1, "score": [0.1, 0.2, 0.3], "kind": "blend", "method": "blend"}
        | {"skin": ["dark", None, "light"], "age": "old"}
    )
    text = words(maps.errors(SEEN, videos, title="misses"))
    assert "blend, P = 0.20" in text and "dark, old" in text


def test_heat_inside_the_forged_stretch_is_over_its_share_of_the_time():
    share = np.array([[0.1, 0.4, 0.4, 0.1], [0.25] * 4, [0.7, 0.1, 0.1, 0.1]])
    forged = np.array([[0, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], bool)
    # 0.8 in half of the time, 0.25 in a quarter; the third is forged all over.
    assert explained.inside(Moments(share, forged)).startswith("1.30 times")
    assert explained.inside(Moments(share, forged)).endswith("(2 videos)")
    assert explained.inside(Moments(share, None)).startswith("n/a")
    assert explained.inside(Moments(share, forged & False)).startswith("n/a")


def test_examples_are_of_different_people():
    rows = pd.DataFrame(
        {"label": 1, "method": ["blend"] * 4 + ["partial"] * 3}
        | {"group": ["a", "a", "b", "c", "a", "b", "b"], "video_id": list("1234567")}
    )
    got = explained.examples(rows, ["blend", "partial"], count=2)
    assert got["video_id"].tolist() == ["1", "3", "5", "6"]
    assert len(explained.examples(rows.assign(method=None), ["blend"])) == 3


def test_pictures_show_the_frame_of_which_most_is_forged(monkeypatch):
    truth = TRUTH.copy()
    truth[0, :3] = False
    truth[1] = False
    monkeypatch.setattr(scored_maps, "masks", lambda *_: truth)
    of = dict(zip("abc", FRAMES, strict=True))
    data = SimpleNamespace(prepared=lambda _: SimpleNamespace(clip=of.__getitem__))
    rows = pd.DataFrame({"video_id": list("abc")})
    asked = SimpleNamespace(view=None)
    got = explained.heat_of(asked, data, rows, explain=lambda *_: HEAT)
    assert got.frames.shape == (3, 1, 32, 48, 3)
    for i, t in ((0, 3), (1, 2), (2, 0)):
        np.testing.assert_array_equal(got.frames[i, 0], FRAMES[i, t])
        np.testing.assert_array_equal(got.heat[i, 0], HEAT[i, t])
    every = explained.heat_of(asked, data, rows, explain=lambda *_: HEAT, frames=4)
    np.testing.assert_array_equal(every.heat, HEAT)


def test_shares_over_time_add_up_to_one(monkeypatch):
    heat = HEAT.copy()
    heat[1] = 0
    monkeypatch.setattr(scored_maps, "masks", lambda *_: None)
    monkeypatch.setattr(explained, "gradcam", lambda *_: heat)
    none = pd.DataFrame(columns=["manipulated"])
    monkeypatch.setattr(explained, "truth", lambda _: none)
    of = dict(zip("abc", FRAMES, strict=True))
    data = SimpleNamespace(prepared=lambda _: SimpleNamespace(clip=of.__getitem__))
    rows = pd.DataFrame({"video_id": list("abc")})
    got = explained.over_time(SimpleNamespace(view=None), data, rows)
    np.testing.assert_allclose(got.share.sum(1), 1)
    assert got.share[1].tolist() == [0.25] * 4 and got.forged is None
    right = heat[0].sum((1, 2)) / heat[0].sum()
    np.testing.assert_allclose(got.share[0], right, rtol=1e-5)
    assert pytest.approx(1) == got.share[2].sum()
