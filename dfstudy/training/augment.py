"""Small changes of training frames that leave the label true.

    loader(train, batch_size=32, shuffle=True, seed=0, augment=augment)

Mirrored and shifted: forty-eight forged clips are few, and without this a network
learns them by heart. Colours stay, because a composite's are its trace. Neither S0 nor
S1 augments, so this is for the slim networks. All frames of a clip change alike.
"""

import numpy as np
import torch
from torch import Tensor

SHIFT = 0.11  # of the height, at most, in both directions


def augment(x: Tensor, rng: np.random.Generator) -> Tensor:
    """uint8 (B, H, W, 3) or clips (B, T, H, W, 3), changed; the same shape and type.

    Where a shifted picture ends, its edge is repeated.
    """
    height, width = x.shape[-3:-1]
    most = max(1, round(SHIFT * height))
    heads = rng.random(len(x)) < 0.5
    moves = rng.integers(-most, most + 1, (len(x), 2))
    out = torch.empty_like(x)
    for target, item, mirrored, (down, right) in zip(out, x, heads, moves, strict=True):
        rows = torch.arange(height).add(int(down)).clamp(0, height - 1)
        columns = torch.arange(width).add(int(right)).clamp(0, width - 1)
        if mirrored:
            columns = columns.flip(0)
        target[:] = item.index_select(-3, rows).index_select(-2, columns)
    return out
