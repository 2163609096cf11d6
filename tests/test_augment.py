"""Augmentation and schedule: what a fit changes of its frames and of its rate."""

import numpy as np
import pytest
import torch

from dfstudy.training.augment import SHIFT, mirror_shift
from dfstudy.training.schedule import constant, one_cycle
from dfstudy.video.flow import optical_flow
from dfstudy.video.sample import resize_area


def frames(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(60, 180, (*shape, 3), dtype=np.uint8))


def test_shape_and_type_stay():
    for x in (frames(5, 20, 30), frames(5, 4, 20, 30)):
        y = mirror_shift(x, np.random.default_rng(0))
        assert y.shape == x.shape
        assert y.dtype == torch.uint8


def test_input_is_left_alone():
    x = frames(3, 20, 30)
    before = x.clone()
    mirror_shift(x, np.random.default_rng(0))
    assert torch.equal(x, before)


def test_all_frames_of_a_clip_change_alike():
    still = frames(6, 1, 20, 30).expand(6, 5, 20, 30, 3)
    y = mirror_shift(still, np.random.default_rng(1))
    assert torch.equal(y, y[:, :1].expand_as(y))
    assert not torch.equal(y[0, 0], y[1, 0])


def test_it_is_a_mirror_and_a_shift():
    """One bright column ends where a mirror and a shift can put it."""
    x = torch.zeros(200, 40, 60, 3, dtype=torch.uint8)
    x[:, :, 10] = 100
    y = mirror_shift(x, np.random.default_rng(2)).float()
    assert (y.sum((2, 3)) == 300).all()  # one column in every row, as bright as it was
    column = y.sum((1, 3)).argmax(1)
    most = round(SHIFT * 40)
    near = (column - 10).abs() <= most
    mirrored = (column - 49).abs() <= most
    assert (near | mirrored).all()
    assert 60 < mirrored.sum() < 140
    assert len(column.unique()) > 10


def test_rows_move_too_and_the_edge_is_repeated():
    x = torch.arange(40, dtype=torch.uint8).view(1, 40, 1, 1).expand(100, 40, 60, 3)
    y = mirror_shift(x, np.random.default_rng(3))[:, :, 0, 0].int()
    most = round(SHIFT * 40)
    assert len(y[:, 20].unique()) > most
    assert ((y[:, 20] - 20).abs() <= most).all()
    assert (y.diff(dim=1) >= 0).all() and y.min() == 0 and y.max() == 39


def test_one_cycle_rises_and_falls_to_nothing():
    rates = [one_cycle(step, 100) for step in range(100)]
    assert max(rates) == pytest.approx(1)
    assert rates.index(max(rates)) == 30
    assert rates[0] < 0.05
    assert rates[-1] < 0.01
    assert all(0 <= rate <= 1 for rate in rates)
    assert one_cycle(0, 1) >= 0
    assert constant(7, 10) == 1


def moving_texture(n=12, height=64, width=96):
    """Frames and the next ones: coarse noise that goes right and down, uint8."""
    rng = np.random.default_rng(4)
    pairs = []
    for _ in range(n):
        coarse = rng.integers(40, 216, (8, 12, 3), dtype=np.uint8)
        wide = resize_area(coarse[None], height + 16, width + 16)[0]
        pairs.append((wide[8:-8, 8:-8], wide[7:-9, 5:-11]))  # moved by (3, 1)
    return tuple(torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))


def flows_of(a, b):
    both = zip(a.numpy(), b.numpy(), strict=True)
    return torch.from_numpy(np.stack([optical_flow(x, y) for x, y in both]))


def test_a_pair_stays_the_frames_and_their_flow():
    """Flow of the changed frames is the changed flow, mirrored or not."""
    frames, later = moving_texture()
    flow = flows_of(frames, later).half()
    got, moved = mirror_shift((frames, flow), np.random.default_rng(5))
    next_ones, _ = mirror_shift((later, flow), np.random.default_rng(5))
    want = flows_of(got, next_ones)
    assert moved.dtype == torch.float16 and moved.shape == flow.shape
    inner = (moved.float() - want)[:, 16:-16, 24:-24]
    assert inner.abs().mean() < 0.1
    right = moved[:, 32, 48, 0]
    assert 2 < (right < -2).sum() < 10 and 2 < (right > 2).sum() < 10
    assert (moved[:, 32, 48, 1] > 0.5).all()  # down stays down


def test_frames_and_flow_of_a_pair_move_alike():
    """Of a flow that spells the frame, the picture goes where the frame goes."""
    x = frames(20, 4, 30, 40)
    flow = torch.stack([x[..., 0], x[..., 1]], dim=-1).half()
    before = flow.clone()
    got, moved = mirror_shift((x, flow), np.random.default_rng(6))
    assert torch.equal(moved[..., 0].abs(), got[..., 0].half())
    assert torch.equal(moved[..., 1], got[..., 1].half())
    signs = moved[..., 0].sign().amin((1, 2, 3))
    assert torch.equal(signs, moved[..., 0].sign().amax((1, 2, 3)))  # one a clip
    assert set(signs.tolist()) == {-1, 1}
    assert torch.equal(flow, before)
    alone = mirror_shift(x, np.random.default_rng(6))
    assert torch.equal(got, alone)  # with flow or without, the same draws
