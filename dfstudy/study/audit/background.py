"""What a video shows beside its faces: the room, the clothes, a watermark.

    numbers, reasons = background.read(paths)      # float (N, K); why a row is missing

Of two frames of the first second every face is cut out, grown so far that no edge of a
swap and no motion is left, and the hole is filled with the mean colour of the rest.
What remains is made so small that only colours and places are left; beside it stand
histograms of the colours and how sharp the picture is at three scales, which a
re-scaled or re-coded video betrays. Hair and clothes stay: they are what a person looks
like without a face.
"""

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache

import cv2
import numpy as np

from dfstudy.video.decode import VideoError
from dfstudy.video.read import read_chosen
from dfstudy.video.sample import even_indices
from dfstudy.workers import start

FRAMES = 2
SECONDS = 1.0  # of the beginning: a room does not change, and decoding is what costs
GROWN = 0.5  # of a face's sides, on each end
GRID = (9, 16)  # rows, columns of the small picture
BINS = 8  # of a colour's histogram
SCALES = 3
NO_FACE = "no face was found, so none could be masked"
FULL = "faces fill the frame"
SIZES = {"picture": GRID[0] * GRID[1] * 3, "colours": 3 * BINS, "sharpness": SCALES}
_LONG_SIDE = 240  # pixels that faces are searched in: large ones are what matters here
_LEAST = 0.1  # share of the frame that must be left


def read(
    paths: Sequence[str | os.PathLike[str]], *, workers: int = 0
) -> tuple[np.ndarray, list[str | None]]:
    """Numbers of every video's background, and why there are none.

    Args:
        workers: processes; 0 for this one.

    Returns:
        float64 (N, K), in blocks of SIZES, rows of NaN where there is nothing; and for
        each video None or the reason.
    """
    if workers:
        spawn = multiprocessing.get_context("spawn")  # forking with threads can hang
        with ProcessPoolExecutor(workers, mp_context=spawn, initializer=start) as pool:
            answers = list(pool.map(_try, paths, chunksize=4))
    else:
        answers = [_try(path) for path in paths]
    nothing = np.full(sum(SIZES.values()), np.nan)
    rows = [nothing if isinstance(answer, str) else answer for answer in answers]
    reasons = [answer if isinstance(answer, str) else None for answer in answers]
    return np.array(rows).reshape(len(rows), nothing.size), reasons


def of_frames(frames: np.ndarray, boxes: Sequence[np.ndarray]) -> np.ndarray | str:
    """The numbers of frames uint8 (N, H, W, 3) of one video, or why there are none.

    Args:
        boxes: (4,) of every face, x0, y0, x1, y1 in pixels; masked in all frames.
    """
    if not len(boxes):
        return NO_FACE
    outside = np.ones(frames.shape[1:3], np.float32)
    for box in boxes:
        grown = GROWN * (box[2:] - box[:2])
        limit = outside.shape[::-1]
        x0, y0 = np.clip(np.floor(box[:2] - grown), 0, limit).astype(int)
        x1, y1 = np.clip(np.ceil(box[2:] + grown), 0, limit).astype(int)
        outside[y0:y1, x0:x1] = 0
    if outside.mean() < _LEAST:
        return FULL
    return np.mean([_numbers(frame, outside) for frame in frames], axis=0)


def _try(path: str | os.PathLike[str]) -> np.ndarray | str:
    try:
        kept, indices, _ = read_chosen(path, _choose, seconds=SECONDS)
    except (VideoError, OSError) as error:
        return str(error)
    frames = np.stack([kept[i] for i in indices.tolist()])
    for frame in frames:  # searching is what costs: the second only if need be
        if found := _detector().detect(frame[None])[0]:
            return of_frames(frames, [face.box for face in found])
    return NO_FACE


@cache
def _detector():
    from dfstudy.video.faces import FaceDetector

    return FaceDetector(long_side=_LONG_SIDE)


def _choose(times: np.ndarray) -> np.ndarray:
    return even_indices(int((times <= times[0] + SECONDS).sum()), FRAMES)


def _numbers(frame: np.ndarray, outside: np.ndarray) -> np.ndarray:
    picture = frame.astype(np.float32) / 255
    seen = outside > 0
    size = GRID[::-1]
    share = cv2.resize(outside, size, interpolation=cv2.INTER_AREA)[..., None]
    summed = cv2.resize(
        picture * outside[..., None], size, interpolation=cv2.INTER_AREA
    )
    flat = np.broadcast_to(picture[seen].mean(axis=0), summed.shape)
    small = np.where(share > 0.25, summed / np.maximum(share, 1e-6), flat)
    colours = [
        np.histogram(picture[..., c][seen], BINS, (0, 1))[0] / seen.sum()
        for c in range(3)
    ]
    return np.concatenate([small.ravel(), *colours, _sharpness(picture, outside)])


def _sharpness(picture: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """(SCALES,) log of the mean Laplacian outside the faces, each at half the size."""
    grey, seen, out = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), outside, []
    for _ in range(SCALES):
        edges = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
        inside = cv2.erode(seen, np.ones((3, 3))) > 0.99  # the mask's own edge is none
        out.append(np.log(edges[inside].mean() + 1e-4) if inside.any() else np.nan)
        half = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
        grey, seen = (
            cv2.resize(part, half, interpolation=cv2.INTER_AREA)
            for part in (grey, seen)
        )
    return np.array(out)
