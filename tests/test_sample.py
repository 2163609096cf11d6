import math
from fractions import Fraction

import numpy as np
import pytest

from dfstudy.video.sample import (
    adaptive_pool,
    beside_indices,
    count_repeats,
    even_indices,
    first_indices,
    frames_apart,
    reduce_to,
    resize_area,
    stretch_indices,
)


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
@pytest.mark.parametrize("function", [even_indices, stretch_indices])
def test_no_frames_are_refused(function, n, k):
    with pytest.raises(ValueError, match="n_frames"):
        function(n, k)


@pytest.mark.parametrize("fps", [15, 24, 25, 30, 50, 60, 120])
def test_the_first_frames_are_what_a_player_shows(fps):
    # In exact fractions: the last frame that is due at each tick of 1/30 second.
    for n in range(1, 101):
        for k in (1, 7, 30):
            ticks = [Fraction(t, 30) for t in range(k)]
            exact = [min(int(tick * fps), n - 1) for tick in ticks]
            got = first_indices(7.5 + np.arange(n) / fps, k)
            assert got.tolist() == exact and got.dtype == np.int64


def test_the_first_frames_span_the_same_time_at_any_rate():
    for fps in (24, 25, 30, 60):
        times = np.arange(20 * fps) / fps
        chosen = times[first_indices(times, 150)]
        assert abs(chosen[-1] - 149 / 30) <= 1 / fps


def test_the_first_frames_of_a_variable_rate():
    times = np.array([0.0, 0.01, 0.02, 0.5, 0.51, 2.0])
    assert first_indices(times, 20).tolist() == [0] + [2] * 14 + [3] + [4] * 4
    # Matroska: 30 frames a second in whole milliseconds are still one frame a tick.
    rounded = np.round(np.arange(100) / 30, 3)
    assert first_indices(rounded, 100).tolist() == list(range(100))


def test_first_frames_of_nothing_are_refused():
    for times, k, fps in (([], 3, 30), ([0.0], 0, 30), ([0.0], 3, 0)):
        with pytest.raises(ValueError, match="need frames"):
            first_indices(np.array(times), k, fps=fps)


@pytest.mark.parametrize("k", [1, 2, 16, 150])
def test_a_stretch_is_neighbours_inside_the_video(k):
    for n in range(1, 101):
        for start in (None, 0, n // 2, n - 1, n + 5, -3):
            got = stretch_indices(n, k, start)
            assert len(got) == k and got.dtype == np.int64
            assert got.min() >= 0 and got.max() <= n - 1
            assert count_repeats(got) == max(k - n, 0)  # all others are neighbours
            assert set(np.diff(got)) <= {0, 1}
        middle = stretch_indices(n, k)
        assert abs(middle[0] - (n - 1 - middle[-1])) <= 1
        assert stretch_indices(n, k, 3)[0] == min(3, max(n - k, 0))


def test_beside_a_frame_is_the_next_and_beside_the_last_the_one_before():
    for n in range(2, 30):
        indices = np.arange(n)
        beside = beside_indices(indices, n)
        assert np.array_equal(beside[:-1], indices[1:]) and beside[-1] == n - 2
    assert beside_indices(np.array([0, 0]), 1).tolist() == [0, 0]


@pytest.mark.parametrize("step", [1, 2, 5, 14])
def test_beside_a_frame_is_as_far_as_was_asked_for_where_there_is_room(step):
    for n in range(1, 40):
        indices = np.arange(n)
        beside = beside_indices(indices, n, step=step)
        assert ((beside >= 0) & (beside < n)).all()
        gap = beside - indices
        room = np.maximum(n - 1 - indices, indices)
        assert np.array_equal(np.abs(gap), np.minimum(step, room))
        assert (gap[indices + step < n] == step).all()  # later, where there is a later
    with pytest.raises(ValueError, match="step >= 1"):
        beside_indices(np.arange(3), 3, step=0)


def test_frames_apart_go_by_the_clock_of_the_video():
    for rate, want in ((24, 14), (25, 15), (30, 18), (60, 36), (1, 1)):
        assert frames_apart(7 + np.arange(100) / rate, 0.6) == want
    assert frames_apart(np.array([3.0]), 0.6) == 1
    assert frames_apart(np.zeros(5), 0.6) == 1  # a clock that stands still


def test_a_frame_is_reduced_by_its_longer_side_and_never_enlarged():
    frame = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    assert reduce_to(frame, 160) is frame and reduce_to(frame, 500) is frame
    assert reduce_to(frame, 80).shape == (45, 80, 3)
    assert reduce_to(frame.transpose(1, 0, 2), 80).shape == (80, 45, 3)
    assert reduce_to(frame[:1], 10).shape == (1, 10, 3)  # a side never vanishes
    assert np.array_equal(reduce_to(frame, 80), resize_area(frame[None], 45, 80)[0])


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


def test_adaptive_pool_of_a_frame_whose_sum_passes_32_bits():
    white = np.full((1, 60_000, 150, 3), 255, np.uint8)  # 2.3e9 a channel
    assert (adaptive_pool(white, 7, 5) == 255).all()


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
