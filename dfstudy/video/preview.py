"""The beginning of a video, small: for people to look at, and for quick arithmetic.

    frames = preview("clip.mp4", 48, height=216)          # uint8 (48, 216, 384, 3)

Neighbouring frames, as a player shows them. One frame at a time is in memory at full
size, and what comes after the last one asked for is not decoded.
"""

import os
from itertools import islice

import numpy as np

from dfstudy.video.read import iter_frames
from dfstudy.video.sample import resize_area


def preview(path: str | os.PathLike, frames: int, *, height: int) -> np.ndarray:
    """The first `frames` frames, uint8 (N, h, w, 3), h and w even; fewer if it ends.

    h is `height` where the video is higher, else the video's own, never enlarged; the
    shape of the picture is kept to a pixel. VideoError where no frame can be decoded,
    ValueError for `frames` < 1 or `height` < 2.
    """
    if frames < 1 or height < 2:
        raise ValueError(f"need frames >= 1 and height >= 2: {frames}, {height}")
    small = [_shrunk(frame, height) for frame in islice(iter_frames(path), frames)]
    return np.stack(small)


def _shrunk(frame: np.ndarray, most: int) -> np.ndarray:
    h, w = frame.shape[:2]
    # Even, because 4:2:0 video, which players want, has no odd sizes.
    height = max(2, min(most, h) // 2 * 2)
    width = max(2, round(w * height / h / 2) * 2)
    return resize_area(frame[None], height, width)[0]
