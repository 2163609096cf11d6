"""Video file to frames: RGB, upright, in order, only those asked for.

    frames = read_frames("clip.mp4", [0, 10, 20])          # uint8 (3, H, W, 3)
    frames, indices, n_frames = read_evenly("clip.mp4", 16)
    for shot in shots("clip.mp4"): shot.time, shot.rgb()   # one frame in memory

The length and the rate that a container declares are often wrong, so `read_chosen`
chooses again by the frames that really decode. Where each frame is coded by itself
(`stored.alone`) it decodes those that it wants and no other. Pixels are taken as
stored: no tone mapping of HDR, no stretching of non-square pixels.
"""

import math
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import av
import numpy as np

from dfstudy.video.decode import (
    Orientation,
    VideoError,
    decode,
    open_video,
    orientation,
    to_rgb,
)
from dfstudy.video.sample import even_indices
from dfstudy.video.stored import Stored, alone

Kept = TypeVar("Kept")
_MOST = 10**6  # frames that a header is believed to have: 9 hours


@dataclass(frozen=True, slots=True)
class Shot:
    """One decoded frame, not yet converted: that costs as much as decoding."""

    index: int  # among the frames that decode, or that are stored each by itself
    time: float  # seconds at which it appears; never less than the one before
    frame: av.VideoFrame
    turn: Orientation
    size: tuple[int, int]  # stored width, height of the first frame

    def rgb(self) -> np.ndarray:
        """Upright, uint8 (H, W, 3), in the size of the video's first frame."""
        return to_rgb(self.frame, self.turn, size=self.size)


def shots(path: str | os.PathLike) -> Iterator[Shot]:
    """Every frame that decodes, in order; VideoError if there is none."""
    return _shots(path, alone(path))


def every(path: str | os.PathLike, step: int) -> Iterator[Shot]:
    """Every `step`-th frame from the first, and the last; VideoError if there is none.

    The others are not decoded where each is coded by itself.
    """
    wanted, stored = None, alone(path)
    if stored:
        count = len(stored.times)
        wanted = {*range(0, count, step), count - 1}
    for shot in _shots(path, stored, wanted):
        if shot.index % step == 0:
            yield shot
    if shot.index % step:
        yield shot


def _shots(
    path: str | os.PathLike,
    stored: Stored | None,
    wanted: Collection[int] | None = None,
) -> Iterator[Shot]:
    """As `shots`; where frames are stored each by itself, the first and `wanted`."""
    only, end = {}, math.inf
    if stored and wanted is not None and max(wanted) < len(stored.times):
        stamps = list(stored.number)
        needed = {stamps[i] for i in {0, *wanted}}
        only, end = {"only": lambda packet: packet.pts in needed}, max(wanted)
    with open_video(path) as (container, stream):
        step = 1 / _rate(stream)
        last = size = turn = None
        for index, frame in enumerate(decode(container, stream, **only)):
            if size is None:
                # A stream may change its size on the way; an array cannot.
                size, turn = (frame.width, frame.height), orientation(frame)
            time = frame.time
            if time is None:  # a raw stream has no clock
                time = 0.0 if last is None else last + step
            last = time if last is None else max(time, last)
            if stored and frame.pts not in stored.number:
                return  # further than was looked
            number = stored.number[frame.pts] if stored else index
            yield Shot(number, last, frame, turn, size)
            if number >= end:
                return
        if size is None:
            name = Path(path).name
            raise VideoError(f"{name}: not a single frame of it can be decoded.")


def iter_frames(path: str | os.PathLike) -> Iterator[np.ndarray]:
    """Every frame in order, uint8 (H, W, 3). One frame in memory at a time."""
    for shot in shots(path):
        yield shot.rgb()


def read_frames(
    path: str | os.PathLike, indices: Sequence[int] | None = None
) -> np.ndarray:
    """The frames at `indices`, in their order and with their repeats; all if None.

    Returns uint8 (N, H, W, 3). VideoError if the file has not that many frames.
    """
    if indices is None:
        return np.stack(list(iter_frames(path)))
    wanted = np.asarray(indices, dtype=np.int64)
    if wanted.ndim != 1 or wanted.size == 0 or wanted.min() < 0:
        raise ValueError("indices must be a non-empty list of numbers from 0")
    frames = {shot.index: shot.rgb() for shot in pick(path, set(wanted.tolist()))}
    return np.stack([frames[i] for i in wanted.tolist()])


def pick(path: str | os.PathLike, wanted: set[int]) -> Iterator[Shot]:
    """The frames at `wanted`, ascending. VideoError if there are not that many."""
    last = max(wanted)
    for shot in _shots(path, alone(path), wanted):
        if shot.index in wanted:
            yield shot
        if shot.index == last:
            return
    raise VideoError(
        f"{Path(path).name}: asked for frame {last}, but only {shot.index + 1} decode."
    )


def read_evenly(path: str | os.PathLike, k: int) -> tuple[np.ndarray, np.ndarray, int]:
    """`k` frames spread evenly over the frames that really decode.

    Returns (frames uint8 (k, H, W, 3), indices int64 (k,), n_frames). The file is read
    once where its declared length is right, else a second time.
    """
    frames, indices, times = read_chosen(path, lambda t: even_indices(len(t), k))
    return np.stack([frames[i] for i in indices.tolist()]), indices, len(times)


def read_chosen(
    path: str | os.PathLike,
    choose: Callable[[np.ndarray], np.ndarray],
    *,
    keep: Callable[[np.ndarray], Kept] = lambda image: image,
    seconds: float = math.inf,
) -> tuple[dict[int, Kept], np.ndarray, np.ndarray]:
    """The frames that `choose` wants, of those that really decode.

    Args:
        choose: from the times of all frames, float64 (n,) seconds, ascending, to
            indices, int64 (k,). First asked about what the header declares; where that
            was wrong, the file is read a second time.
        keep: what is kept of a frame uint8 (H, W, 3), for example a smaller one.
        seconds: read no further than this after the first frame.

    Returns:
        (what was kept by index, the indices, the times of the frames that they count).
        Of a file whose frames are stored each by itself, those that nobody wants are
        taken to decode; if one that is wanted does not, all are tried.
    """
    stored = alone(path, seconds)
    if stored:
        indices = choose(stored.times)
        wanted = set(indices.tolist())
        kept = _kept(_shots(path, stored, wanted), wanted, keep)
        if kept.keys() == wanted:
            return kept, indices, stored.times
    wanted = set(choose(_declared_times(path)).tolist())
    times: list[float] = []
    numbers: list[int] = []

    def until() -> Iterator[Shot]:
        for shot in _shots(path, stored):
            if times and shot.time - times[0] > seconds:
                return
            times.append(shot.time)
            numbers.append(shot.index)
            yield shot

    kept = _kept(until(), wanted, keep)
    indices = np.array(numbers)[choose(np.array(times))]
    wanted = set(indices.tolist())
    kept = {i: kept[i] for i in kept.keys() & wanted}
    if missing := wanted - kept.keys():
        kept |= _kept(_shots(path, stored, missing), missing, keep)
    return kept, indices, stored.times if stored else np.array(times)


def _kept(
    read: Iterator[Shot], wanted: set[int], keep: Callable[[np.ndarray], Kept]
) -> dict[int, Kept]:
    return {shot.index: keep(shot.rgb()) for shot in read if shot.index in wanted}


def _declared_times(path: str | os.PathLike) -> np.ndarray:
    """Seconds of each frame as the header has it, (n,); a guess, never trusted."""
    with open_video(path) as (container, stream):
        rate = _rate(stream)
        count = stream.frames
        if count <= 0:
            if stream.duration:
                seconds = float(stream.duration * stream.time_base)
            else:
                seconds = (container.duration or 0) / av.time_base
            count = round(seconds * rate)
    return np.arange(min(max(count, 1), _MOST)) / rate


def _rate(stream) -> float:
    """Frames per second as declared; else 25, what FFmpeg assumes of a raw stream."""
    return float(stream.average_rate or stream.guessed_rate or 25)
