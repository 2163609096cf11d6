"""Augmentation and schedule: what a fit changes of its frames and of its rate."""

import numpy as np
import pytest
import torch

from dfstudy.training.augment import SHIFT, augment
from dfstudy.training.schedule import constant, one_cycle


def frames(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(60, 180, (*shape, 3), dtype=np.uint8))


def test_shape_and_type_stay():
    for x in (frames(5, 20, 30), frames(5, 4, 20, 30)):
        y = augment(x, np.random.default_rng(0))
        assert y.shape == x.shape
        assert y.dtype == torch.uint8


def test_input_is_left_alone():
    x = frames(3, 20, 30)
    before = x.clone()
    augment(x, np.random.default_rng(0))
    assert torch.equal(x, before)


def test_all_frames_of_a_clip_change_alike():
    still = frames(6, 1, 20, 30).expand(6, 5, 20, 30, 3)
    y = augment(still, np.random.default_rng(1))
    assert torch.equal(y, y[:, :1].expand_as(y))
    assert not torch.equal(y[0, 0], y[1, 0])


def test_it_is_a_mirror_and_a_shift():
    """One bright column ends where a mirror and a shift can put it."""
    x = torch.zeros(200, 40, 60, 3, dtype=torch.uint8)
    x[:, :, 10] = 100
    y = augment(x, np.random.default_rng(2)).float()
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
    y = augment(x, np.random.default_rng(3))[:, :, 0, 0].int()
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
