"""Video file to frames: RGB, upright, in order, only those asked for.

    frames = read_frames("clip.mp4", [0, 10, 20])          # uint8 (3, H, W, 3)
    frames, indices, n_frames = read_evenly("clip.mp4", 16)

The length that a container declares is often wrong, so `read_evenly` counts the frames
that really decode. Pixels are taken as stored: no tone mapping of HDR, no stretching of
non-square pixels.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from dfstudy.video.decode import (
    VideoError,
    decode,
    open_video,
    orientation,
    to_rgb,
)
from dfstudy.video.sample import even_indices


def iter_frames(path: str | os.PathLike) -> Iterator[np.ndarray]:
    """Every frame in order, uint8 (H, W, 3). One frame in memory at a time."""
    for image in _walk(path, None):
        if image is not None:
            yield image


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
    frames: dict[int, np.ndarray] = {}
    last = int(wanted.max())
    count = 0
    for count, image in enumerate(_walk(path, set(wanted.tolist())), start=1):
        if image is not None:
            frames[count - 1] = image
        if count > last:
            break
    if last not in frames:
        raise VideoError(
            f"{Path(path).name}: asked for frame {last}, but only {count} decode."
        )
    return np.stack([frames[i] for i in wanted.tolist()])


def read_evenly(path: str | os.PathLike, k: int) -> tuple[np.ndarray, np.ndarray, int]:
    """`k` frames spread evenly over the frames that really decode.

    Returns (frames uint8 (k, H, W, 3), indices int64 (k,), n_frames). The file is read
    once where its declared length is right, else a second time.
    """
    guess = _declared_frames(path)
    wanted = set(even_indices(guess, k).tolist())
    frames: dict[int, np.ndarray] = {}
    n_frames = 0
    for n_frames, image in enumerate(_walk(path, wanted), start=1):
        if image is not None:
            frames[n_frames - 1] = image
    indices = even_indices(n_frames, k)
    missing = set(indices.tolist()) - frames.keys()
    if missing:
        order = sorted(missing)
        frames = {i: frames[i] for i in frames.keys() & set(indices.tolist())}
        frames |= dict(zip(order, read_frames(path, order), strict=True))
    return np.stack([frames[i] for i in indices.tolist()]), indices, n_frames


def _walk(
    path: str | os.PathLike, wanted: Collection[int] | None
) -> Iterator[np.ndarray | None]:
    """One item per decoded frame: the image if wanted (None: all are), else None."""
    with open_video(path) as (container, stream):
        size = turn = None
        for index, frame in enumerate(decode(container, stream)):
            if size is None:
                size, turn = (frame.width, frame.height), orientation(frame)
            if wanted is not None and index not in wanted:
                yield None  # decoded, but not converted: conversion costs as much
                continue
            # A stream may change its size on the way; an array cannot.
            yield to_rgb(frame, turn, size=size)
        if size is None:
            name = Path(path).name
            raise VideoError(f"{name}: not a single frame of it can be decoded.")


def _declared_frames(path: str | os.PathLike) -> int:
    """What the header says, or duration times rate; a guess, never trusted."""
    with open_video(path) as (container, stream):
        if stream.frames > 0:
            return stream.frames
        rate = float(stream.average_rate or stream.guessed_rate or 25)
        if stream.duration:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / av.time_base
        return max(1, round(seconds * rate))
