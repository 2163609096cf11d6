"""Small changes of training frames that leave the label true.

    loader(train, batch_size=32, shuffle=True, seed=0, augment=augment)

Mirrored, shifted, a little brighter or warmer: forty-eight forged clips are few, and
without this a network learns them by heart. Neither S0 nor S1 augments, so this is for
the slim networks. All frames of a clip change alike.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

SHIFT = 0.11  # of the height, at most, in both directions
GAIN = 0.1  # of the brightness, and again of each channel, at most


def augment(x: Tensor, rng: np.random.Generator) -> Tensor:
    """uint8 (B, H, W, 3) or clips (B, T, H, W, 3), changed; the same shape and type."""
    flat = x if x.ndim == 5 else x[:, None]  # (B, T, H, W, 3)
    heads = torch.from_numpy(rng.random(len(x)) < 0.5).view(-1, 1, 1, 1, 1)
    flat = torch.where(heads, flat.flip(-2), flat)
    flat = _shifted(flat, rng)
    gain = 1 + GAIN * rng.uniform(-1, 1, (len(x), 1, 1, 1, 1))
    gain = gain * (1 + GAIN * rng.uniform(-1, 1, (len(x), 1, 1, 1, 3)))
    flat = (flat * torch.from_numpy(gain.astype(np.float32))).clamp(0, 255).byte()
    return flat if x.ndim == 5 else flat[:, 0]


def _shifted(x: Tensor, rng: np.random.Generator) -> Tensor:
    """Every clip moved by an offset of its own; what comes in repeats the edge."""
    batch, frames, height, width, _ = x.shape
    most = max(1, round(SHIFT * height))
    flat = x.permute(0, 1, 4, 2, 3).reshape(batch, frames * 3, height, width)
    wide = pad(flat.float(), (most,) * 4, mode="replicate").byte()
    corners = rng.integers(0, 2 * most + 1, (batch, 2))
    moved = torch.stack(
        [
            image[:, top : top + height, left : left + width]
            for image, (top, left) in zip(wide, corners, strict=True)
        ]
    )
    return moved.reshape(batch, frames, 3, height, width).permute(0, 1, 3, 4, 2)
