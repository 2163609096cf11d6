"""The augmentation "mixed": some items damaged, all of a clip alike, the rest not."""

import numpy as np
import pytest
import torch

from dfstudy.training.augment import AUGMENTATIONS, mirror_shift, mixed


def clips(n, frames=()):
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (n, *frames, 6, 6, 3)).astype(np.uint8)
    return torch.from_numpy(small.repeat(8, -3).repeat(8, -2))


def test_half_are_damaged_after_the_move():
    x = clips(64)
    before = x.clone()
    got = mixed(x, np.random.default_rng(1))
    moved = mirror_shift(x, np.random.default_rng(1))
    same = (got == moved).flatten(1).all(1)
    assert got.shape == x.shape and got.dtype == torch.uint8
    assert 0.3 < same.float().mean() < 0.7
    assert torch.equal(x, before)
    assert torch.equal(got, mixed(x, np.random.default_rng(1)))


def test_the_frames_of_a_clip_are_damaged_in_one_way():
    x = clips(1).repeat(40, 1, 1, 1)[:, None].repeat(1, 3, 1, 1, 1)
    got = mixed(x, np.random.default_rng(2))
    still = (got == got[:, :1]).flatten(1).all(1)
    assert still.all()  # a still clip stays still, noise included


def test_flow_is_refused():
    with pytest.raises(ValueError, match="flow"):
        mixed((clips(2), torch.zeros(2, 48, 48, 2)), np.random.default_rng(0))


def test_it_is_a_choice_of_a_variant():
    from dfstudy.training.fitted import Variant

    assert AUGMENTATIONS["mixed"] is mixed
    assert Variant(augmentation="mixed").name == "mixed"
