import math
from fractions import Fraction

import numpy as np
import pytest

from dfstudy.video.sample import adaptive_pool, count_repeats, even_indices, resize_area


@pytest.mark.parametrize("k", [1, 2, 3, 8, 10, 16, 80])
def test_even_indices_are_the_formula_for_every_length(k):
    half = Fraction(1, 2)
    for n in range(1, 101):
        exact = [
            min(max(math.floor((i + half) * n / k + half), 0), n - 1) for i in range(k)
        ]
        indices = even_indices(n, k)
        assert indices.tolist() == exact
        assert indices.dtype == np.int64


def test_few_frames_repeat_and_it_is_counted():
    for n in range(1, 101):
        indices = even_indices(n, 16)
        assert count_repeats(indices) == 16 - len(set(indices.tolist()))
        # At n = k the formula leaves out frame 0 and clips, so the last comes twice.
        assert (count_repeats(indices) > 0) == (n <= 16)


@pytest.mark.parametrize(("n", "k"), [(0, 4), (4, 0), (-1, 1)])
def test_no_frames_are_refused(n, k):
    with pytest.raises(ValueError, match="n_frames"):
        even_indices(n, k)


@pytest.mark.parametrize(
    ("height", "width", "out"),
    [(108, 192, (112, 112)), (360, 640, (112, 112)), (37, 53, (7, 11)), (5, 4, (9, 8))],
)
def test_adaptive_pool_is_torchs(height, width, out):
    import torch

    frames = np.random.default_rng(0).integers(
        0, 256, (2, height, width, 3), dtype=np.uint8
    )
    x = torch.from_numpy(frames).permute(0, 3, 1, 2).double()
    oracle = torch.nn.functional.adaptive_avg_pool2d(x, out)
    got = adaptive_pool(frames, *out)
    assert got.shape == (2, *out, 3) and got.dtype == np.uint8
    # Half a level of rounding, no more.
    assert np.abs(got - oracle.permute(0, 2, 3, 1).numpy()).max() <= 0.5


def test_resize_area_averages_blocks():
    frames = np.random.default_rng(1).integers(0, 256, (3, 32, 48, 3), dtype=np.uint8)
    blocks = frames.reshape(3, 8, 4, 12, 4, 3).mean(axis=(2, 4))
    got = resize_area(frames, 8, 12)
    assert got.shape == (3, 8, 12, 3) and got.dtype == np.uint8
    assert np.abs(got - blocks).max() <= 0.51


def test_resize_area_enlarges_smoothly():
    ramp = np.repeat(np.arange(0, 200, 10, dtype=np.uint8)[None, None, :, None], 3, -1)
    wide = resize_area(np.repeat(ramp, 20, 1), 20, 100)[0, 10, :, 0].astype(int)
    assert np.all(np.diff(wide) >= 0) and np.diff(wide).max() <= 3


@pytest.mark.parametrize("function", [resize_area, adaptive_pool])
def test_other_shapes_and_types_are_refused(function):
    with pytest.raises(ValueError, match="uint8"):
        function(np.zeros((8, 8, 3), np.uint8), 4, 4)
    with pytest.raises(ValueError, match="uint8"):
        function(np.zeros((1, 8, 8, 3), np.float32), 4, 4)
