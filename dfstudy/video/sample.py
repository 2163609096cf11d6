"""Which frames a model sees, and at what size.

    even_indices(300, 16)                      # 16 frames, evenly spaced
    first_indices(times, 150)                  # S2: the first 150 at 30 fps
    stretch_indices(300, 16)                   # 16 neighbours from the middle
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


def first_indices(times: np.ndarray, k: int, *, fps: float = 30.0) -> np.ndarray:
    """The frames on screen at the first `k` ticks of a clock, int64 (k,), ascending.

    `times` (n,) are the seconds at which the frames appear, ascending; tick i is at
    times[0] + i / fps. So a clip of 25, one of 60 and one of a variable frame rate all
    give the same span of time. S2 takes "the first 150 frames" of videos "at 30 fps"
    and leaves open how others become that; a player shows a frame until the next one
    is due, and so do we. Slower clips repeat frames (25 fps: every fifth tick), and
    after the end the last frame is held.
    """
    if len(times) < 1 or k < 1 or fps <= 0:
        raise ValueError(f"need frames, k >= 1 and fps > 0: {len(times)}, {k}, {fps}")
    ticks = times[0] + np.arange(k) / fps
    # A millisecond of grace: Matroska rounds times to milliseconds.
    return np.searchsorted(times, ticks + 1e-3, side="right").astype(np.int64) - 1


def stretch_indices(n_frames: int, k: int, start: int | None = None) -> np.ndarray:
    """`k` adjacent frames from `start` on, int64 (k,); from the middle where not given.

    A stretch that would end after the video is moved forward; in a video of fewer than
    `k` frames the last one is held.
    """
    if n_frames < 1 or k < 1:
        raise ValueError(f"need n_frames >= 1 and k >= 1, got {n_frames} and {k}")
    latest = max(n_frames - k, 0)
    start = latest // 2 if start is None else min(max(start, 0), latest)
    return np.minimum(start + np.arange(k, dtype=np.int64), n_frames - 1)


def frames_apart(times: np.ndarray, seconds: float) -> int:
    """How many frames lie `seconds` apart, at least 1, at the video's mean rate.

    `times` (n,) are the seconds at which its frames appear, ascending.
    """
    span = float(times[-1] - times[0]) if len(times) else 0.0
    return max(1, round(seconds * (len(times) - 1) / span)) if span > 0 else 1


def beside_indices(indices: np.ndarray, n_frames: int, *, step: int = 1) -> np.ndarray:
    """For each index the frame `step` later, int64 (k,); at the end, `step` earlier.

    A frame that has neither, in a video of fewer than 2 `step` frames, gets the first
    or the last one, whichever is farther.
    """
    if n_frames < 1 or step < 1:
        raise ValueError(f"need n_frames >= 1 and step >= 1, got {n_frames} and {step}")
    last = n_frames - 1
    later, earlier = indices + step, indices - step
    end = np.where(last - indices >= indices, last, 0)
    return np.where(later <= last, later, np.where(earlier >= 0, earlier, end))


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


def reduce_to(frame: np.ndarray, long_side: int) -> np.ndarray:
    """One frame (H, W, 3) so small that its longer side has at most `long_side` pixels.

    By `resize_area`; a frame that is small enough comes back as it is.
    """
    height, width = frame.shape[:2]
    scale = long_side / max(height, width)
    if scale >= 1:
        return frame
    small = (max(1, round(height * scale)), max(1, round(width * scale)))
    return resize_area(frame[None], *small)[0]


def adaptive_pool(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """Adaptive average pooling as torch defines it, uint8 (N, height, width, 3).

    Output row i averages the rows floor(i H / height) to ceil((i + 1) H / height), so
    neighbouring bins may share a row; columns likewise. Rounded to the nearest level.
    """
    frames = _checked(frames)
    top, bottom = bins(frames.shape[1], height)
    left, right = bins(frames.shape[2], width)
    area = (bottom - top)[:, None, None] * (right - left)[None, :, None]
    out = np.empty((len(frames), height, width, 3), np.uint8)
    for target, frame in zip(out, frames, strict=True):
        # Sums over any rectangle are four look-ups in the integral image. In 8K frames
        # they pass 2^31 and go on from below: the differences are still right.
        total = cv2.integral(frame, sdepth=cv2.CV_32S)  # (H + 1, W + 1, 3)
        rows = total.take(bottom, axis=0) - total.take(top, axis=0)
        sums = rows.take(right, axis=1) - rows.take(left, axis=1)
        target[:] = np.rint(sums / area)
    return out


def resize_bilinear(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """Each output pixel from the four next to its place, uint8 (N, height, width, 3).

    Where a side shrinks to less than half, most pixels of the input count for nothing.
    """
    frames = _checked(frames)
    out = [
        cv2.resize(f, (width, height), interpolation=cv2.INTER_LINEAR) for f in frames
    ]
    return np.stack(out) if out else np.empty((0, height, width, 3), np.uint8)


def centre_crop(frames: np.ndarray, height: int, width: int) -> np.ndarray:
    """The largest part of the output's proportions from the middle, by `resize_area`.

    uint8 (N, height, width, 3). What lies beside it is lost.
    """
    frames = _checked(frames)
    h, w = frames.shape[1:3]
    rows = min(h, round(w * height / width))
    columns = min(w, round(h * width / height))
    top, left = (h - rows) // 2, (w - columns) // 2
    part = frames[:, top : top + rows, left : left + columns]
    return resize_area(part, height, width)


# The choices of data.view.View.resize.
RESIZES = {
    "area": resize_area,
    "adaptive": adaptive_pool,
    "bilinear": resize_bilinear,
    "centre": centre_crop,
}


def bins(length: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the `count` bins of adaptive pooling begin and end, int64 (count,) each."""
    i = np.arange(count)
    return i * length // count, -(-(i + 1) * length // count)


def _checked(frames: np.ndarray) -> np.ndarray:
    if frames.ndim != 4 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise ValueError(
            f"frames must be uint8 (N, H, W, 3), got {frames.dtype} {frames.shape}"
        )
    return frames
