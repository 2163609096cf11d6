"""S3's six changes of training frames (Correia and Neves), and the seventh of its E2.

    loader(train, batch_size=32, shuffle=True, seed=0, augment=AUGMENTATIONS["s3"])

Mirror, blur, colour, crop, and a part that is erased, as torchvision has them; what is
drawn is drawn once a clip, so that all of its frames change alike: a change that
differs from frame to frame would look like a forgery in time. E2 adds JPEG at quality
10 to 50, which takes detail away from frames. (S3 concludes that "increasing frame
quality" hurts; it has measured the opposite change.)
"""

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from dfstudy.data.loader import X
from dfstudy.frameworks import import_torchvision

import_torchvision()
from torchvision.transforms import v2  # noqa: E402

JPEG_QUALITY = (10, 50)


def s3(x: X, rng: np.random.Generator) -> torch.Tensor:
    """uint8 (B, H, W, 3) or clips (B, T, H, W, 3), changed; the same shape and type.

    ValueError for a pair with flow: what is cropped and erased moves otherwise than its
    flow says.
    """
    return _changed(x, rng, jpeg=False)


def s3_jpeg(x: X, rng: np.random.Generator) -> torch.Tensor:
    """As `s3`, and then saved as JPEG at a quality of 10 to 50."""
    return _changed(x, rng, jpeg=True)


def jpeg(frames: np.ndarray, quality: int) -> np.ndarray:
    """uint8 frames (T, H, W, 3) as JPEG at `quality`, 1 to 100, leaves them."""
    x = torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2)
    return v2.functional.jpeg(x.contiguous(), quality).permute(0, 2, 3, 1).numpy()


def _changed(x: X, rng: np.random.Generator, *, jpeg: bool) -> torch.Tensor:
    if isinstance(x, tuple):
        raise ValueError(
            "S3's augmentations crop, resize and erase: flow would no longer be that of"
            ' the frames; take "mirror_shift" or "none" for a network that sees flow'
        )
    height, width = x.shape[-3:-1]
    change = _transforms(height, width, jpeg)
    out = torch.empty_like(x)
    # torchvision draws from torch's own generator, which is left as it was.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))
        for target, clip in zip(out, x, strict=True):
            # Channels before height, as torchvision wants them: (T, 3, H, W).
            target[:] = change(clip.movedim(-1, -3)).movedim(-3, -1)
    return out


class _Blur(v2.GaussianBlur):
    """torchvision's blur of three pixels, as sums of shifted frames.

    Its own convolution takes ten times as long on a CPU, and half of all the time that
    a slim network trains.
    """

    def transform(self, inpt: torch.Tensor, params: dict[str, Any]) -> torch.Tensor:
        side = math.exp(-0.5 / params["sigma"][0] ** 2)
        middle = 1 / (1 + 2 * side)
        side *= middle
        x = F.pad(inpt.float(), (1, 1, 1, 1), mode="reflect")
        x = middle * x[..., 1:-1, :] + side * (x[..., :-2, :] + x[..., 2:, :])
        x = middle * x[..., 1:-1] + side * (x[..., :-2] + x[..., 2:])
        return x.round().to(inpt.dtype)


@cache
def _transforms(height: int, width: int, jpeg: bool) -> v2.Transform:
    return v2.Compose(
        [
            v2.RandomHorizontalFlip(0.5),
            _Blur(3, sigma=(0.1, 1.5)),
            v2.ColorJitter(brightness=0.1, contrast=0.1, saturation=0.1, hue=0.0),
            v2.RandomResizedCrop(
                (height, width), scale=(0.8, 1.0), ratio=(0.9, 1.1), antialias=True
            ),
            *([v2.JPEG(JPEG_QUALITY)] if jpeg else []),
            # Black, as S3's list has it before the normalisation.
            v2.RandomErasing(p=0.7, scale=(0.02, 0.1), ratio=(0.3, 3.3)),
        ]
    )
