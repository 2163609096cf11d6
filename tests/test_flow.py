"""Flow against known motion, and the error that needs no known motion."""

import numpy as np
import pytest

from dfstudy.video.flow import (
    optical_flow,
    paired_flow,
    photometric_error,
    sampled_flow,
    warp,
)

H, W = 96, 128


def texture(dx=0.0, dy=0.0, height=H, width=W):
    """A sum of waves moved by exactly (dx, dy) pixels, uint8 (height, width, 3)."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:height, :width].astype(float)
    image = np.zeros((height, width, 3))
    for _ in range(40):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = rng.uniform(0.02, 0.12)
        along = (x - dx) * np.cos(angle) + (y - dy) * np.sin(angle)
        image += 12 * np.sin(2 * np.pi * wave * along + phase)[..., None]
    return np.clip(128 + image, 0, 255).astype(np.uint8)


def inner(flow):
    """Away from the edge, where texture comes in from outside."""
    return flow[..., 16:-16, 16:-16, :]


@pytest.mark.parametrize("method", ["dis", "farneback"])
@pytest.mark.parametrize("move", [(0.25, 0.4), (1.3, -0.6), (-3.0, 0.0), (5.5, 3.25)])
def test_a_known_translation_is_found_to_a_tenth_of_a_pixel(method, move):
    flow = optical_flow(texture(), texture(*move), method=method)
    assert flow.shape == (H, W, 2) and flow.dtype == np.float32
    error = np.abs(inner(flow) - move)
    assert error.mean() < 0.05 and error.max() < 0.25
    assert np.quantile(error, 0.999) < 0.1


def test_what_stands_still_has_no_flow():
    assert np.abs(optical_flow(texture(), texture())).max() < 1e-3


def test_warping_along_the_true_flow_gives_the_frame_back():
    a, b = texture(), texture(2.5, -1.25)
    true = np.broadcast_to(np.array([2.5, -1.25], np.float32), (H, W, 2))
    difference = np.abs(inner(warp(b, true) - a))
    assert difference.mean() < 1.5  # bilinear smooths a little
    whole = np.broadcast_to(np.array([3, -2], np.float32), (H, W, 2))
    assert np.array_equal(warp(b, whole)[10:-10, 10:-10], b[8:-12, 13:-7])


def test_photometric_error_is_small_for_the_right_flow_only():
    a, b = texture(), texture(3.0, 0.0)
    right = np.zeros((H, W, 2))
    right[..., 0] = 3
    assert photometric_error(a, b, right) == 0
    none, wrong = (photometric_error(a, b, flow) for flow in (0 * right, -right))
    assert 0 < none < wrong
    assert photometric_error(a, b, optical_flow(a, b)) < none / 10


def test_photometric_error_counts_only_what_stays_inside():
    a = np.zeros((20, 20, 3), np.uint8)
    b = a.copy()
    b[:, :10] = 80
    flow = np.zeros((20, 20, 2))
    flow[..., 0] = -10  # the left half leaves the frame, the right half lands in b's
    assert photometric_error(a, b, flow) == 80
    assert np.isnan(photometric_error(a, b, flow - 100))


def test_sampled_flow_doubles_the_first():
    frames = np.stack([texture(d) for d in (0.0, 2.0, 3.0, 3.0)])
    flows = sampled_flow(frames)
    assert flows.shape == (4, H, W, 2) and flows.dtype == np.float16
    assert np.array_equal(flows[0], flows[1])
    for got, move in zip(flows[1:], (2, 1, 0), strict=True):
        assert np.abs(inner(got) - [move, 0]).mean() < 0.05
    single = sampled_flow(frames[:1])
    assert single.shape == (1, H, W, 2) and not single.any()


def test_paired_flow_of_the_last_frame_is_turned_round():
    frames = np.stack([texture(0.0), texture(4.0)])
    beside = np.stack([texture(1.5), texture(2.5)])  # the last frame's came before
    flows = paired_flow(frames, beside, np.array([True, False]))
    assert np.abs(inner(flows) - [1.5, 0]).mean() < 0.05


def test_storing_costs_a_2048th_of_the_motion():
    a, b = texture(), texture(5.5, 3.25)
    exact = optical_flow(a, b)
    stored = sampled_flow(np.stack([a, b]))[1].astype(np.float32)
    assert (np.abs(stored - exact) <= np.abs(exact) / 2048 + 1e-7).all()


def test_frames_that_have_no_flow_are_refused():
    a = texture()
    for wrong in (a[:-2], a.astype(np.float32), a[..., 0]):
        with pytest.raises(ValueError, match="flow is between"):
            optical_flow(a, wrong)
    with pytest.raises(ValueError, match="too small"):
        optical_flow(a[:8, :8], a[:8, :8])
    with pytest.raises(ValueError, match="farneback"):
        optical_flow(a, a, method="raft")
