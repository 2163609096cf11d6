"""Real clips once more with their frames out of order, as fakes.

    x, y = with_copies(x, y, rng, copies=2)     # features (N, T, F) of a training batch

What teaches a small memory what an order is: a few hundred clips alone do not, it
learns them by heart. No paper here has it; slim detectors of videos do (`more`).
"""

import numpy as np
import torch
from torch import Tensor

_WINDOW = (3, 4)  # frames that change places among themselves


def with_copies(
    x: Tensor, y: Tensor, rng: np.random.Generator, *, copies: float
) -> tuple[Tensor, Tensor]:
    """The batch (N, T, F) and labels (N,), then `copies` of each real clip, labelled 1.

    Of one half: a copy of each second clip, drawn anew. The frames of a copy change
    places within windows of three or four.
    """
    real = x[y == 0]
    whose = np.resize(rng.permutation(len(real)), round(copies * len(real)))
    real = real[torch.from_numpy(np.sort(whose))]
    if len(real):
        orders = _reordered(len(real), x.shape[1], rng)
        real = real.gather(1, over(orders[:, :, None], real))
    return torch.cat([x, real]), torch.cat([y, torch.ones(len(real), dtype=y.dtype)])


def over(indices: np.ndarray, clips: Tensor) -> Tensor:
    """Indices as `Tensor.gather` of `clips` wants them."""
    return torch.from_numpy(indices).expand_as(clips)


def _reordered(copies: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """(copies, length): in each row the frames change places within its own windows."""
    low, high = _WINDOW
    sizes = rng.integers(low, high + 1, (copies, -(-length // low)))
    ends = sizes.cumsum(axis=1)
    window = (np.arange(length)[:, None] >= ends[:, None, :]).sum(axis=2)
    return np.argsort(window + rng.random((copies, length)), axis=1)
