"""PyTorch; the part of S2's and S4's detector that reads features in time.

    head = Head(2048, 2048, dropout=0.4, frozen=False, recurrence="time", pool="mean",
                order="s2")
    head(features)                                     # (N, 2) of (N, T, 2048)

With the mistake of a widely copied implementation beside it, and what teaches a slim
network what an order is.
"""

from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dfstudy.models.copies import over, with_copies

Recurrence = Literal["time", "none", "batch"]
Pool = Literal["mean", "last", "max"]
Order = Literal["s2", "s4"]

_COPIES = 3  # of a real clip, out of order


class ReadsTime(nn.Module):
    """A network of frames and a head that reads its features in time."""

    def __init__(self, spatial: nn.Module, head: nn.Module):
        super().__init__()
        self.spatial = spatial
        self.head = head

    def forward(self, clips: Tensor) -> Tensor:
        """uint8 RGB (N, T, H, W, 3) to logits (N, 2)."""
        seen = self.spatial(clips.flatten(0, 1))  # (N * T, F)
        return self.head(seen.unflatten(0, clips.shape[:2]))


class _Reader(nn.Module):
    """One LSTM layer, over time or, by mistake, over the batch.

    A widely copied implementation of this detector writes

        nn.LSTM(latent_dim, hidden_dim, lstm_layers, bidirectional)

    but the fourth argument of nn.LSTM is `bias`, and `batch_first` stays False. So an
    input (N, T, F) is read as N steps of T independent sequences: the memory runs from
    one video of the batch to the next, and never from frame to frame.
    """

    def __init__(self, features: int, hidden: int, recurrence: Recurrence):
        super().__init__()
        if recurrence == "batch":
            bidirectional = False
            self.lstm = nn.LSTM(features, hidden, 1, bidirectional)
        else:
            self.lstm = nn.LSTM(features, hidden, num_layers=1, batch_first=True)

    def forward(self, features: Tensor) -> Tensor:
        """(N, T, features) to the output at every step, (N, T, hidden)."""
        return self.lstm(features)[0]


class Head(nn.Module):
    """Features (N, T, F) to logits (N, 2), real first."""

    def __init__(
        self,
        features: int,
        hidden: int,
        *,
        dropout: float,
        frozen: bool,
        recurrence: Recurrence,
        pool: Pool,
        order: Order,
    ):
        super().__init__()
        reads = recurrence != "none"
        # Features of a frozen network have any scale; those of a trained one find it.
        self.norm = nn.BatchNorm1d(features) if frozen else nn.Identity()
        # What a clip has in all of its frames is the person, whom an LSTM would learn
        # by heart. (Of a plain mean nothing would be left.)
        self.centred = frozen and reads
        self.reader = _Reader(features, hidden, recurrence) if reads else nn.Identity()
        self.pool = pool
        linear = nn.Linear(hidden if reads else features, 2)
        parts = [nn.LeakyReLU(), nn.Dropout(dropout), linear]
        if order == "s4":  # its table 1: mean, linear, dropout
            parts = [linear, nn.Dropout(dropout)]
        self.last = nn.Sequential(*parts)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of each video."""
        x = features
        if self.centred:
            x = x - x.mean(1, keepdim=True)
        x = self.norm(x.flatten(0, 1)).view_as(x)
        x = self.reader(x)  # (N, T, hidden)
        if self.pool == "mean":
            x = x.mean(1)
        elif self.pool == "max":
            x = x.amax(1)
        else:
            x = x[:, -1]
        return self.last(x)


def more(
    readings: Tensor, labels: Tensor, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A training batch (N, T, F) for a memory: real clips also out of order, as fakes.

    A stretch of each clip, half of it but eight frames at least. Of a real one there
    are also copies out of order (`with_copies`). Then each clip runs forwards or
    backwards, and which reading is which, and its sign, is drawn anew: the order is all
    that is left to learn. Slim only: a few hundred clips alone do not teach an LSTM
    what an order is, it learns them by heart. The twins without memory get the same;
    they cannot tell the copies.
    """
    length = max(min(readings.shape[1], 8), readings.shape[1] // 2)
    start = rng.integers(0, readings.shape[1] - length + 1)
    x = readings[:, start : start + length]
    x, labels = with_copies(x, labels, rng, copies=_COPIES)
    return _disguised(x, rng), labels


def _disguised(clips: Tensor, rng: np.random.Generator) -> Tensor:
    """Each of (N, T, F) with its readings shuffled and mirrored, half of them back."""
    count, length, features = clips.shape
    places = rng.permuted(np.tile(np.arange(features), (count, 1)), axis=1)
    signs = rng.integers(0, 2, (count, features))
    back = rng.random(count)
    clips = clips.gather(2, over(places[:, None, :], clips))
    middle = clips.mean(1, keepdim=True)
    clips = middle + (clips - middle) * torch.from_numpy(2 * signs - 1)[:, None]
    forwards = np.arange(length)
    order = np.where(back[:, None] < 0.5, forwards[::-1], forwards)
    return clips.gather(1, over(order[:, :, None], clips))
