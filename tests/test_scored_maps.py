"""The trial of heat maps: planted maps win or lose as they must."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dfstudy import models
from dfstudy.data.view import View
from dfstudy.detect import scored_maps as module
from dfstudy.detect.scored_maps import CONTROLS, TRAINED, scored_maps, untrained
from dfstudy.metrics.intervals import group_mean
from dfstudy.models import detector as detectors

N, VIEW = 12, View(frames=2, height=32, width=48)
RNG = np.random.default_rng(0)
CLIPS = RNG.integers(0, 256, (N, 2, 32, 48, 3), dtype=np.uint8)
TRUTH = np.zeros((N, 2, 32, 48), bool)
for i in range(N):
    TRUTH[i, :, 2 + i : 8 + i, 30:40] = True
ROWS = pd.DataFrame(
    {
        "video_id": [f"v{i}" for i in range(N)],
        "group": [f"g{i // 2}" for i in range(N)],
        "label": 1,
    }
)
QUICK = {"frames": 2, "random_seeds": 1, "n_bootstrap": 100}


def detector(name="frame_torch", view=VIEW):
    built = models.family(name).build(view=view, network="slim", pretrained="none")
    return detectors.new(built, view=view, data_kind="synthetic", seed=0)


@pytest.fixture
def data(monkeypatch):
    """Videos whose frames and masks are known."""
    monkeypatch.setattr(module, "masks", lambda data, view, names: TRUTH)
    of = dict(zip(ROWS["video_id"], CLIPS, strict=True))
    return SimpleNamespace(prepared=lambda view: SimpleNamespace(clip=of.__getitem__))


def test_a_map_of_the_truth_wins_and_one_of_the_rest_loses(data):
    trained = detector()

    def explain(asked, clips):
        return (TRUTH if asked is trained else ~TRUTH).astype(np.float32)

    found = scored_maps(trained, data, ROWS, explain=explain, **QUICK)
    value = found.table.set_index(["metric", "map"])["value"]
    share = 60 / (32 * 48)
    assert value["pointing", TRAINED] == 1
    assert value["energy", TRAINED] == pytest.approx(1 / share)
    assert value["energy", "random weights"] == 0
    assert 0 < found.chance["pointing"] < 0.1
    assert found.chance["energy"] == 1
    assert found.beaten("pointing") == found.beaten("energy") == list(CONTROLS)
    apart = found.differences.set_index(["metric", "map"])
    for name in CONTROLS:
        for metric in ("pointing", "energy"):
            row = apart.loc[metric, name]
            right = value[metric, TRAINED] - value[metric, name]
            assert row["value"] == pytest.approx(right)
            assert row["low"] > 0


def test_intervals_resample_groups_and_differences_are_paired(data):
    trained = detector()
    noise = RNG.random(TRUTH.shape).astype(np.float32)
    found = scored_maps(trained, data, ROWS, explain=lambda *_: noise, **QUICK)
    mine = found.values.query("map == @TRAINED").set_index("video_id")
    right = group_mean(mine["energy"], mine["group"], n=100, seed=0)
    row = found.table.query("map == @TRAINED and metric == 'energy'").iloc[0]
    assert (row["value"], row["low"], row["high"]) == tuple(
        right[k] for k in ("value", "low", "high")
    )
    # The same map: no difference, whatever scatters.
    same = found.differences.query("map == 'random weights'")
    assert (same[["value", "low", "high"]] == 0).all(axis=None)
    curve = found.curves.query("map == @TRAINED and curve == 'deletion'")["value"]
    first = trained.score(CLIPS[:, 1:]).mean()
    assert curve.iloc[0] == pytest.approx(first, abs=1e-5)


def test_a_map_of_all_but_the_forgery_beats_no_better_one(data):
    trained = detector()

    def explain(asked, clips):
        return (~TRUTH if asked is trained else TRUTH).astype(np.float32)

    found = scored_maps(trained, data, ROWS, explain=explain, **QUICK)
    assert "random weights" not in found.beaten("pointing")
    assert found.beaten("energy") == []


def test_without_truth_only_erasing_is_scored(data, monkeypatch):
    monkeypatch.setattr(module, "masks", lambda data, view, names: None)
    found = scored_maps(detector(), data, ROWS, **QUICK)
    table = found.table.set_index("metric")
    for metric in ("pointing", "energy"):
        assert table.loc[metric, "value"].isna().all()
        assert table.loc[metric, "reason"].eq(module.NO_MASKS).all()
    for metric in ("deletion", "insertion"):
        assert table.loc[metric, "value"].between(0, 1).all()


def test_a_detector_of_clips_is_asked_about_clips(data):
    found = scored_maps(detector("cnn_rnn"), data, ROWS, **QUICK)
    assert len(found.values) == N * (1 + len(CONTROLS))
    assert found.values[["pointing", "energy", "deletion"]].notna().all(axis=None)
    with pytest.raises(ValueError, match="nothing but the clip"):
        view = View(frames=2, height=48, width=64, flow="sampled")
        scored_maps(detector("two_stream_frame", view), data, ROWS)


def test_random_weights_are_others_for_each_seed():
    trained = detector()
    clips = CLIPS[:2]
    scores = [untrained(trained, seed).score(clips) for seed in (0, 1, 1)]
    np.testing.assert_array_equal(scores[1], scores[2])
    assert not np.allclose(scores[0], scores[1])
    assert not np.allclose(scores[0], trained.score(clips))


def test_edges_are_where_the_brightness_changes():
    clips = np.zeros((1, 1, 16, 16, 3), np.uint8)
    clips[..., 8:, :] = 200
    heat = module.edges(clips)[0, 0]
    assert (heat[:, [7, 8]] > 0).all() and heat[:, :7].max() == heat[:, 9:].max() == 0


def test_the_centre_is_a_hill():
    heat = module.centre(CLIPS)
    assert heat.shape == CLIPS.shape[:-1]
    np.testing.assert_array_equal(heat[0, 0], heat[3, 1])
    np.testing.assert_allclose(heat[0, 0], heat[0, 0, ::-1, ::-1], rtol=1e-6)
    y, x = np.unravel_index(heat[0, 0].argmax(), (32, 48))
    assert y in (15, 16) and x in (23, 24)
    assert heat[0, 0, 16, 32] == pytest.approx(np.exp(-0.5), abs=0.05)  # 8 away
