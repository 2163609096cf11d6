"""Frames to a file: H.264 by PyAV, every frame coded by itself at one fixed quantiser.

    write_video("clip.mp4", frames, fps=24)

Intra-only and fixed quantiser, because anything else would be a shortcut in a synthetic
set: predicted frames of re-ordered motion cost more bits, and rate control lets one
frame change the quality of the next. Here a frame's bytes depend on that frame alone.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_video(
    path: str | Path, frames: Iterable[np.ndarray], *, fps: float, qp: int = 18
) -> Path:
    """Write RGB frames, uint8 (N, H, W, 3) or an iterable of (H, W, 3), as H.264 MP4.

    `fps` is in frames per second, `qp` the quantiser (0 lossless to 51). The same
    frames give the same decoded frames on every run (one encoder thread). The file
    appears at `path` only when it is complete. ValueError for no frames, another type
    than uint8, odd sizes (4:2:0 has none) or frames of different sizes.
    """
    with writing(path, fps=fps, qp=qp) as add:
        for frame in frames:
            add(frame)
    return Path(path)


@contextmanager
def writing(
    path: str | Path, *, fps: float, qp: int = 18
) -> Iterator[Callable[[np.ndarray], None]]:
    """As `write_video`, for frames that come one at a time: yields what adds one."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    rate = Fraction(fps).limit_denominator(1001)
    stream, shape = None, None

    def add(frame: np.ndarray) -> None:
        nonlocal stream, shape
        if stream is None:
            shape = _checked(frame)
            stream = _h264(out, shape, rate, qp)
        elif frame.shape != shape:
            raise ValueError(f"frames differ in shape: {shape} and {frame.shape}")
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        out.mux(stream.encode(picture))

    try:
        with av.open(
            str(part), "w", format="mp4", options={"movflags": "faststart"}
        ) as out:
            yield add
            if stream is None:
                raise ValueError("no frames to write: give at least one")
            out.mux(stream.encode(None))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _h264(out, shape: tuple[int, ...], rate: Fraction, qp: int):
    stream = out.add_stream("libx264", rate=rate)
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = "yuv420p"
    stream.thread_count = 1
    stream.options = {
        "preset": "ultrafast",
        "qp": str(qp),
        "g": "1",
        "bf": "0",
        "threads": "1",
    }
    return stream


def _checked(frame: np.ndarray) -> tuple[int, ...]:
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] != 3:
        raise ValueError(
            f"frames must be uint8 (H, W, 3) RGB, not {frame.dtype} {frame.shape}"
        )
    if frame.shape[0] % 2 or frame.shape[1] % 2:
        raise ValueError(f"height and width must be even, not {frame.shape[:2]}")
    return frame.shape
