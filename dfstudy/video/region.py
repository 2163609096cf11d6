"""S0's region-guided clip: the stretch of a video in which a face is seen best.

    start = best_start("clip.mp4", 16, detector=FaceDetector(), every=8)

S0 (DeepSneak) runs MTCNN coarsely, on every M-th frame, gives each frame the score
"confidence x fraction of the box inside the frame", takes the best 16 consecutive
frames and runs MTCNN on each of these. It calls this a region proposal network.

The paper leaves open: M ("configurable"); which of several faces counts (here: the best
one of each frame); what the frames between two coarse ones score (here: a straight line
between their scores); how a stretch is scored (here: by the sum of its frames); and
which of equal ones is taken (here: the earliest).
"""

import os
from typing import TYPE_CHECKING

import numpy as np

from dfstudy.video import read
from dfstudy.video.sample import reduce_to

if TYPE_CHECKING:
    from dfstudy.video.track import Detection, Detector

WORKING = 960  # pixels of the longer side that faces are searched in
_BATCH = 8  # frames in memory


def best_start(
    path: str | os.PathLike, k: int, *, detector: "Detector", every: int
) -> int:
    """Where the best `k` consecutive frames of a video begin; 0 if there is no face.

    One pass over the file; only every `every`-th frame (M) is converted, reduced and
    searched. VideoError where the file cannot be used.
    """
    scores: list[float] = []
    batch: list[np.ndarray] = []

    def search() -> None:
        for frame, faces in zip(batch, detector.detect(np.stack(batch)), strict=True):
            scores.append(frame_score(faces, *frame.shape[:2]))
        batch.clear()

    for shot in read.every(path, every):
        if shot.index % every == 0:
            batch.append(reduce_to(shot.rgb(), WORKING))
            if len(batch) == _BATCH:
                search()
    if batch:
        search()
    coarse = np.arange(len(scores)) * every
    return best_window(np.interp(np.arange(shot.index + 1), coarse, scores), k)


def frame_score(faces: list["Detection"], height: int, width: int) -> float:
    """Confidence times the fraction of the box inside the frame, of the best face.

    Between 0 (no face) and 1.
    """
    limits = np.array([width, height, width, height])
    best = 0.0
    for face in faces:
        inside = np.clip(face.box, 0, limits)
        fraction = _area(inside) / _area(face.box)
        best = max(best, float(face.confidence * fraction))
    return best


def best_window(scores: np.ndarray, k: int) -> int:
    """Where the `k` neighbours of `scores` (n,) with the largest sum start."""
    if len(scores) <= k:
        return 0
    total = np.concatenate([[0.0], np.cumsum(scores)])
    # Rounded, so that equal stretches are equal and the earliest is taken.
    return int(np.argmax(np.round(total[k:] - total[:-k], 9)))


def _area(box: np.ndarray) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))
