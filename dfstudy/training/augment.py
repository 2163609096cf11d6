"""Small changes of training frames that leave the label true.

    loader(train, batch_size=32, shuffle=True, seed=0,
           augment=AUGMENTATIONS["mirror_shift"])

"mirror_shift": mirrored and shifted. Forty-eight forged clips are few, and without this
a network learns them by heart. Colours stay, because a composite's are its trace.
Neither S0 nor S1 augments, so this is for the slim networks. All frames of a clip
change alike. "mixed" also damages some, as lesson 13 damages test videos.
"""

import numpy as np
import torch
from torch import Tensor

from dfstudy.data.loader import Augment, X
from dfstudy.video.perturb import ladder

SHIFT = 0.11  # of the height, at most, in both directions


def mirror_shift(x: X, rng: np.random.Generator) -> X:
    """uint8 (B, H, W, 3) or clips (B, T, H, W, 3), changed; the same shape and type.

    Of a pair (frames, flow) both change alike; in a mirror, what went right goes left.
    Where a shifted picture ends, its edge is repeated.
    """
    frames = x[0] if isinstance(x, tuple) else x
    most = max(1, round(SHIFT * frames.shape[-3]))
    heads = rng.random(len(frames)) < 0.5
    moves = rng.integers(-most, most + 1, (len(frames), 2))
    moved = _moved(frames, heads, moves)
    if not isinstance(x, tuple):
        return moved
    flow = _moved(x[1], heads, moves)
    flow[torch.from_numpy(heads), ..., 0] *= -1
    return moved, flow


def _moved(x: Tensor, heads: np.ndarray, moves: np.ndarray) -> Tensor:
    height, width = x.shape[-3:-1]
    out = torch.empty_like(x)
    for target, item, mirrored, (down, right) in zip(
        out.numpy(), x.numpy(), heads, moves, strict=True
    ):
        if mirrored:
            target = target[..., ::-1, :]
        # What is in the picture before and after, and its edges into the rest.
        top, bottom = max(0, -down), height - max(0, down)
        left, end = max(0, -right), width - max(0, right)
        seen = item[..., top + down : bottom + down, :, :]
        rows = target[..., top:bottom, :, :]
        rows[..., left:end, :] = seen[..., left + right : end + right, :]
        rows[..., :left, :] = seen[..., :1, :]
        rows[..., end:, :] = seen[..., -1:, :]
        target[..., :top, :, :] = rows[..., :1, :, :]
        target[..., bottom:, :, :] = rows[..., -1:, :, :]
    return out


def mixed(x: X, rng: np.random.Generator) -> Tensor:
    """As `mirror_shift`; then half of the items are damaged, each in one way.

    The way, and its level, are drawn from those perturbations that change a frame by
    itself and keep its size (video.perturb): JPEG, resize, blur, noise, darker. H.264
    and the frame rate are not among them, so a detector that was trained so meets them
    for the first time on test videos.

    Args:
        x: uint8 (B, H, W, 3) or clips (B, T, H, W, 3).

    Raises:
        ValueError: a pair with flow, which would no longer be that of the frames.
    """
    if isinstance(x, tuple):
        raise ValueError(
            '"mixed" damages frames, and flow would no longer be theirs; take'
            ' "mirror_shift" or "none" for a network that sees flow'
        )
    out = mirror_shift(x, rng)
    for item in out:
        if rng.random() < 0.5:
            damage = _MIXED[rng.integers(len(_MIXED))]
            frames = item.reshape(-1, *item.shape[-3:]).numpy()  # shares its memory
            for target, frame in zip(frames, damage(frames.copy()), strict=True):
                target[:] = frame
    return out


def s3(x: X, rng: np.random.Generator) -> Tensor:
    """See `augment_s3.s3`; imported here: its torchvision takes three seconds."""
    from dfstudy.training import augment_s3

    return augment_s3.s3(x, rng)


def s3_jpeg(x: X, rng: np.random.Generator) -> Tensor:
    """See `augment_s3.s3_jpeg`."""
    from dfstudy.training import augment_s3

    return augment_s3.s3_jpeg(x, rng)


_MIXED = ladder(["jpeg", "resize", "blur", "noise", "brightness"], levels=5)

# By the name that a recipe or a Variant has for it.
AUGMENTATIONS: dict[str, Augment | None] = {
    "none": None,
    "mirror_shift": mirror_shift,
    "mixed": mixed,
    "s3": s3,
    "s3_jpeg": s3_jpeg,
}
