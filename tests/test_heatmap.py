"""The heat map: parts of the logit, back on the frames, of 3D networks alone."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from dfstudy import models
from dfstudy.data.view import View
from dfstudy.detect import heatmap
from dfstudy.models import detector as detectors
from dfstudy.models import fake_probability

CLIPS = np.random.default_rng(0).integers(0, 256, (2, 8, 48, 64, 3), dtype=np.uint8)
VIEW = View(frames=8, height=48, width=64)


def detector(name="cnn_3d", network="slim", view=VIEW):
    built = models.family(name).build(view=view, network=network, pretrained="none")
    return detectors.new(built, view=view, data_kind="synthetic", seed=0)


@pytest.fixture(scope="module")
def deep():
    return detector()


def test_heat_has_the_size_of_the_clips(deep):
    maps = heatmap.last_maps(deep, CLIPS)
    assert maps.shape[:2] == (2, 2)
    for of in ("activity", "verdict"):
        heat = heatmap.heatmaps(deep, CLIPS, of=of, batch_size=1)
        assert heat.shape == CLIPS.shape[:-1]
        assert heat.dtype == np.float32
        # One moment of the network stands for four frames.
        assert (heat[:, :4] == heat[:, :1]).all()
        assert (heat[:, 4:] == heat[:, 4:5]).all()
        assert not np.allclose(heat[:, 0], heat[:, 4])
    assert heatmap.heatmaps(deep, CLIPS).min() >= 0


def test_the_maps_give_the_score(deep):
    pooled = heatmap.last_maps(deep, CLIPS).max(axis=(1, 2, 3))
    kernel, bias = deep.module.get_layer("logit").get_weights()
    score = fake_probability(pooled @ kernel + bias)
    np.testing.assert_allclose(deep.score(CLIPS), score, atol=1e-5)


def test_heat_of_the_verdict_adds_up_to_the_logit_where_maps_are_averaged():
    view = View(frames=4, height=32, width=32)
    deep = detector(network="full", view=view)
    clip = CLIPS[:1, :4, :32, :32]
    heat = heatmap.heatmaps(deep, clip, of="verdict")
    logit = np.asarray(deep.module.predict_on_batch(clip))[0, 0]
    assert heat.mean() == pytest.approx(logit, rel=1e-3)


def test_detectors_without_such_maps_are_refused(deep):
    with pytest.raises(ValueError, match="frame_keras has no maps"):
        heatmap.heatmaps(detector("frame_keras"), CLIPS)
    with pytest.raises(ValueError, match="verdict"):
        heatmap.heatmaps(deep, CLIPS, of="attention")


def test_follows_is_the_rank_correlation_with_the_length_of_the_flow():
    rng = np.random.default_rng(1)
    flow = rng.normal(size=(3, 16, 20, 2)).astype(np.float16)
    length = np.hypot(*np.moveaxis(flow.astype(np.float32), -1, 0))
    assert heatmap.follows(np.exp(length), flow) == pytest.approx(1)
    assert heatmap.follows(-length, flow) == pytest.approx(-1)
    heat = rng.random(length.shape)
    sparse = heat[:, ::4, ::4].ravel(), length[:, ::4, ::4].ravel()
    assert heatmap.follows(heat, flow) == pytest.approx(spearmanr(*sparse).statistic)
    assert np.isnan(heatmap.follows(np.ones_like(heat), flow))
    assert np.isnan(heatmap.follows(heat, np.zeros_like(flow)))
