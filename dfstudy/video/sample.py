"""Which frames a model sees, and at what size.

    even_indices(300, 16)                      # 16 frames, evenly spaced
    resize_area(frames, 108, 192)              # the frame size of S1
    adaptive_pool(frames, 112, 112)            # adaptive average pooling

All frames are uint8 (N, H, W, 3).
"""

import cv2
import numpy as np


def even_indices(n_frames: int, k: int) -> np.ndarray:
    """`k` indices spread evenly over `n_frames` frames, int64 (k,), ascending.

    Index i is floor((i + 0.5) n_frames / k + 0.5), clipped to [0, n_frames - 1]. Where
    there are fewer frames than asked for, frames repeat (see `count_repeats`).
    """
    if n_frames < 1 or k < 1:
        raise ValueError(f"need n_frames >= 1 and k >= 1, got {n_frames} and {k}")
    i = np.arange(k, dtype=np.int64)
    # In integers, so that the floor is exact: ((2i + 1) n + k) / 2k.
    return np.clip(((2 * i + 1) * n_frames + k) // (2 * k), 0, n_frames - 1)


def count_repeats(indices: np.ndarray) -> int:
    """How many of the indices repeat an earlier one: 0 if every frame is another."""
    return len(indices) - len(np.unique(indices))


def resize_area(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """Each output pixel is the mean of the area it covers, uint8 (N, height, width, 3).

    Where a side must grow there is no area to average: bilinear then.
    """
    frames = _checked(frames)
    shrinks = height <= frames.shape[1] and width <= frames.shape[2]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    out = np.empty((len(frames), height, width, 3), np.uint8)
    for target, frame in zip(out, frames, strict=True):
        cv2.resize(frame, (width, height), dst=target, interpolation=how)
    return out


def adaptive_pool(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """Adaptive average pooling as torch defines it, uint8 (N, height, width, 3).

    Output row i averages the rows floor(i H / height) to ceil((i + 1) H / height), so
    neighbouring bins may share a row; columns likewise. Rounded to the nearest level.
    """
    frames = _checked(frames)
    top, bottom = _bins(frames.shape[1], height)
    left, right = _bins(frames.shape[2], width)
    area = (bottom - top)[:, None, None] * (right - left)[None, :, None]
    out = np.empty((len(frames), height, width, 3), np.uint8)
    for target, frame in zip(out, frames, strict=True):
        # Sums over any rectangle are four look-ups in the integral image.
        total = cv2.integral(frame, sdepth=cv2.CV_64F)  # (H + 1, W + 1, 3)
        rows = total[bottom] - total[top]
        target[:] = np.rint((rows[:, right] - rows[:, left]) / area)
    return out


def _bins(length: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    i = np.arange(count)
    return i * length // count, -(-(i + 1) * length // count)


def _checked(frames: np.ndarray) -> np.ndarray:
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise ValueError(
            f"frames must be uint8 (N, H, W, 3), got {frames.dtype} {frames.shape}"
        )
    return frames
