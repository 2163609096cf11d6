"""Copies out of order, which are shown to small memories."""

import numpy as np
import torch

from dfstudy import models
from dfstudy.models.copies import with_copies


def test_real_clips_come_again_out_of_order_as_fakes():
    x = torch.arange(3 * 16 * 2).view(3, 16, 2).float()
    y = torch.tensor([1.0, 0.0, 0.0])
    out, labels = with_copies(x, y, np.random.default_rng(0), copies=2)
    assert torch.equal(out[:3], x) and labels.tolist() == [1, 0, 0, 1, 1, 1, 1]
    for copy, clip in zip(out[3:], x[[1, 1, 2, 2]], strict=True):
        assert not torch.equal(copy, clip)
        assert torch.equal(copy.sort(0).values, clip)  # the same frames
        moved = (copy - clip)[:, 0].abs().max() / 2
        assert moved <= 3  # within windows of four
    assert not torch.equal(out[3], out[4])  # each is drawn anew


def test_of_fakes_there_are_no_copies():
    x, y = torch.randn(2, 8, 3), torch.ones(2)
    out, labels = with_copies(x, y, np.random.default_rng(0), copies=2)
    assert torch.equal(out, x) and torch.equal(labels, y)


def test_of_half_of_the_real_clips_there_is_one_copy():
    x, y = torch.arange(6.0).repeat_interleave(16).view(6, 8, 2), torch.zeros(6)
    rng = np.random.default_rng(0)
    drawn = [with_copies(x, y, rng, copies=0.5)[0][6:, 0, 0].tolist() for _ in range(8)]
    assert all(len(set(some)) == 3 for some in drawn)
    assert set().union(*drawn) == set(range(6))  # now these, now those


def test_the_same_generator_gives_the_same_copies():
    x, y = torch.randn(4, 9, 3), torch.zeros(4)
    one, other = (
        with_copies(x, y, np.random.default_rng(5), copies=1)[0] for _ in range(2)
    )
    assert torch.equal(one, other) and len(one) == 8


def test_the_recurrent_networks_are_trained_on_them():
    clips, labels = torch.randn(2, 10, 8), torch.tensor([0.0, 0.0])
    _, out = models.family("cnn_rnn").more(clips, labels, np.random.default_rng(0))
    assert out.tolist() == [0, 0, 1]
    labels = torch.tensor([0.0, 1.0])
    _, out = models.family("resnext_lstm").more(clips, labels, np.random.default_rng(0))
    assert out.tolist() == [0, 1, 1, 1, 1]
