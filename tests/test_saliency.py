"""How maps are scored: hits, energy per area, and what erasing does."""

import numpy as np
import pytest
from sklearn.metrics import auc

from dfstudy.metrics import saliency

RNG = np.random.default_rng(0)
MASK = np.zeros((20, 30), bool)
MASK[5:10, 10:20] = True  # 50 of 600 pixels


def peak(y, x):
    heat = np.zeros(MASK.shape)
    heat[y, x] = 2.0
    return heat


def test_pointing_asks_for_the_hottest_pixel():
    heat = np.stack([peak(5, 10), peak(4, 10), peak(9, 19), peak(9, 20)])
    masks = np.stack([MASK] * 4)
    assert saliency.pointing(heat, masks).tolist() == [1, 0, 1, 0]
    assert saliency.pointing(heat, masks, tolerance=1).tolist() == [1, 1, 1, 1]
    assert saliency.pointing(peak(2, 10), MASK, tolerance=2) == 0


def test_ties_count_by_their_share_and_a_flat_map_is_chance():
    both = peak(5, 10) + peak(0, 0)
    assert saliency.pointing(both, MASK) == 0.5
    assert saliency.pointing(np.ones(MASK.shape), MASK) == pytest.approx(50 / 600)
    assert saliency.energy(np.ones(MASK.shape), MASK) == pytest.approx(1)
    assert saliency.energy(np.zeros(MASK.shape), MASK) == pytest.approx(1)


def test_a_random_map_hits_as_often_as_the_area_says():
    heat = RNG.random((4000, *MASK.shape))
    masks = np.broadcast_to(MASK, heat.shape)
    assert saliency.pointing(heat, masks).mean() == pytest.approx(50 / 600, abs=0.015)
    assert saliency.energy(heat, masks).mean() == pytest.approx(1, abs=0.01)


def test_energy_is_the_share_inside_over_the_area_inside():
    heat = RNG.random(MASK.shape)
    right = heat[MASK].sum() / heat.sum() / (50 / 600)
    assert saliency.energy(heat, MASK) == pytest.approx(right)
    assert saliency.energy(MASK * 7.0, MASK) == pytest.approx(600 / 50)
    with pytest.raises(ValueError, match="0 or more"):
        saliency.energy(-heat, MASK)


def test_without_a_forgery_there_is_nothing_to_find():
    heat = np.stack([peak(5, 10)] * 2)
    masks = np.stack([MASK, MASK & False])
    for score in (saliency.pointing, saliency.energy):
        assert np.isnan(score(heat, masks)).tolist() == [False, True]
    with pytest.raises(ValueError, match="does not belong"):
        saliency.pointing(heat, MASK)


def test_erasing_what_counts_first_brings_the_score_down_first():
    """The score is the mean of a corner: of the blurred picture it is 0."""
    frames = np.zeros((2, 40, 40, 3), np.uint8)
    frames[:, ::2, :10] = 200  # stripes, at the left; blurred they are half as bright

    def score(x):
        assert x.dtype == np.uint8 and x.shape[1:] == frames.shape
        return (x[:, :, ::2, :10] == 200).mean((1, 2, 3, 4))

    right = np.zeros((2, 40, 40))
    right[:, ::2, :10] = 1
    down = saliency.deletion(frames, right, score, steps=8)
    up = saliency.deletion(frames, right, score, steps=8, insert=True)
    assert down[0] == 1 and up[-1] == 1
    # An eighth of the pixels is all that counts.
    np.testing.assert_allclose(down, [1] + [0] * 8, atol=1e-12)
    np.testing.assert_allclose(up, [0] + [1] * 8, atol=1e-12)
    wrong = saliency.deletion(frames, -right, score, steps=8)
    assert saliency.area(down) < 0.1 < 0.9 < saliency.area(wrong)
    flat = saliency.deletion(frames, right * 0, score, steps=8)
    np.testing.assert_allclose(flat, np.linspace(1, 0, 9), atol=0.08)


def test_area_is_the_area_under_the_curve():
    curve = RNG.random((3, 9))
    right = [auc(np.linspace(0, 1, 9), row) for row in curve]
    np.testing.assert_allclose(saliency.area(curve), right)
