"""Which item comes when, and on which rank: the order of an epoch, dealt as batches.

    order = EpochSampler(videos=100, items=16, seed=0)
    batches = GlobalBatches(order, batch_size=64)
    batches.deal(rank=1, ranks=4)             # 16 of each 64; four ranks see them all

The order depends on (seed, epoch) alone and every rank knows all of it. A batch is that
of all ranks together: item i of it goes to rank i % ranks. So two ranks see, batch by
batch, what one rank sees: nothing comes twice, nothing is left out. Every rank takes
the same number of steps; else those that wait for its gradients would hang. A fit that
was cut off goes on at any batch, also on another number of ranks, and reads nothing
before it.
"""

import math
from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler


class EpochSampler(Sampler[int]):
    """A permutation that depends on (seed, epoch) alone.

    Args:
        videos: how many. items: of each video. draw: how many items of each video an
            epoch has; all where not given.
    """

    def __init__(self, videos: int, items: int, *, seed: int, draw: int | None = None):
        self.videos, self.items = videos, items
        self.draw = min(draw or items, items)
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning, and by `Loader.set_epoch`."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.videos * self.draw

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng([self.seed, self.epoch])
        if self.draw == self.items:
            return iter(rng.permutation(len(self)).tolist())
        ranks = rng.random((self.videos, self.items)).argsort(axis=1)[:, : self.draw]
        drawn = ranks + self.items * np.arange(self.videos)[:, None]
        return iter(rng.permutation(drawn.ravel()).tolist())


class GlobalBatches(Sampler[list[int]]):
    """This rank's share of every batch of an order; all of it before `deal`.

    Shares of a batch differ by one item at most. Where a batch, mostly the last, has
    fewer items than there are ranks, those without one get its first item again, so
    that they keep step: `is_filler` says so, and whoever adds up leaves it out.

    Args:
        sampler: the order; the same on every rank.
        batch_size: of all ranks together.
    """

    def __init__(self, sampler: Sampler[int], batch_size: int):
        self.sampler, self.size = sampler, batch_size
        self.rank, self.ranks = 0, 1
        self.start = 0  # the batch that the next iteration begins with

    def deal(self, rank: int, ranks: int) -> None:
        """From the next iteration on, the share of `rank` of 0 ... ranks - 1."""
        self.rank, self.ranks = rank, ranks

    def is_filler(self, number: int) -> bool:
        """Whether this rank's batch `number` holds nothing but a repeated item."""
        left = len(self.sampler) - number * self.size
        return min(left, self.size) <= self.rank

    def __len__(self) -> int:
        return math.ceil(len(self.sampler) / self.size)

    def __iter__(self) -> Iterator[list[int]]:
        order = list(self.sampler)
        for begin in range(self.start * self.size, len(order), self.size):
            batch = order[begin : begin + self.size]
            yield batch[self.rank :: self.ranks] or batch[:1]
