"""The same face from frame to frame, detected as seldom as is safe.

    tracks = track_faces(frames, FaceDetector(), every=4)

A detector costs; between two detections a face is looked for where it should be, with
the detector's cheap `refine`, which says how sure it is that a face is there and moves
the box onto it. So following a face cannot invent one, and where it is unsure the frame
goes to the detector. Works on frames 0.6 s apart as on neighbouring ones.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from scipy.optimize import linear_sum_assignment

# Two boxes can be one face if their middles are less than this many face sizes apart
# (a doubled or halved size counts like one more).
_REACH = 1.0


class Detection(NamedTuple):
    """One face in one frame, in pixels of that frame."""

    box: np.ndarray  # float64 (4,): x0, y0, x1, y1; may reach outside the frame
    confidence: float
    landmarks: np.ndarray  # float64 (5, 2): eyes, nose, corners of the mouth


@dataclass(frozen=True, kw_only=True)
class FaceTrack:
    """One face through N frames. `face_id` 0 is the most prominent."""

    face_id: int
    boxes: np.ndarray  # float64 (N, 4); where absent, interpolated or held
    confidences: np.ndarray  # float64 (N,); 0 where absent
    present: np.ndarray  # bool (N,)
    detected: np.ndarray  # bool (N,): by the detector, not only followed


class Detector(Protocol):
    """What the tracker needs; `faces.FaceDetector` is one."""

    min_confidence: float

    def detect(self, frames: np.ndarray) -> list[list[Detection]]:
        """All faces of each of N frames."""

    def refine(self, frames: list[np.ndarray], boxes: np.ndarray) -> list[Detection]:
        """One guessed box in each of M frames, moved onto its face."""


def track_faces(
    frames: np.ndarray, detector: Detector, *, every: int = 4
) -> list[FaceTrack]:
    """Follow every face through `frames`, uint8 (N, H, W, 3), in time order.

    The detector runs on every `every`-th frame and the last, and on each frame between
    where following failed, two faces collided, or neither neighbour had a face.
    Returns the tracks ordered by area times presence; [] if there is no face.
    """
    if every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    found: dict[int, list[Detection]] = {}
    todo = sorted({*range(0, len(frames), every), len(frames) - 1} - {-1})
    chains: list[dict[int, Detection]] = []
    while todo:
        found |= zip(todo, detector.detect(frames[todo]), strict=True)
        chains = _link(found)
        todo = _follow(chains, found, frames, detector)
    return _tracks(chains, found, frames.shape)


def _link(found: dict[int, list[Detection]]) -> list[dict[int, Detection]]:
    """Detections that are the same face, as chains {frame: detection}."""
    chains: list[dict[int, Detection]] = []
    for t in sorted(found):
        faces = found[t]
        taken: set[int] = set()
        if chains and faces:
            last = np.array([chain[max(chain)].box for chain in chains])
            cost = _distance(last, np.array([face.box for face in faces]))
            # Beyond reach all are equally impossible, so that the rest decides.
            pairs = linear_sum_assignment(np.minimum(cost, 10 * _REACH))
            for i, j in zip(*pairs, strict=True):
                if cost[i, j] < _REACH:
                    chains[i][t] = faces[j]
                    taken.add(int(j))
        chains += [{t: face} for j, face in enumerate(faces) if j not in taken]
    return chains


def _follow(
    chains: list[dict[int, Detection]],
    found: dict[int, list[Detection]],
    frames: np.ndarray,
    detector: Detector,
) -> list[int]:
    """Fill the chains between detected frames; returns the frames where that failed."""
    unsure: set[int] = set()
    guesses: list[tuple[int, int, np.ndarray]] = []  # chain, frame, box
    times = sorted(found)
    for left, right in pairwise(times):
        for t in range(left + 1, right):
            if not found[left] and not found[right]:
                unsure.add(t)
            for i, chain in enumerate(chains):
                guesses += [(i, t, box) for box in _guesses(chain, left, t, right)]
    if not guesses:
        return sorted(unsure)
    images = [frames[t] for _, t, _ in guesses]
    seen = detector.refine(images, np.array([box for _, _, box in guesses]))
    # O-Net sees best what is in the middle: look again at where it pointed.
    seen = detector.refine(images, np.array([face.box for face in seen]))
    best: dict[tuple[int, int], Detection] = {}
    for (i, t, box), face in zip(guesses, seen, strict=True):
        near = _distance(box[None], face.box[None])[0, 0] < _REACH
        sure = face.confidence if near else 0.0
        if (i, t) not in best or sure > best[i, t].confidence:
            best[i, t] = face._replace(confidence=sure)
    for (i, t), face in best.items():
        others = [f.box for (j, u), f in best.items() if u == t and j != i]
        collides = any(overlap(face.box, box) > 0.5 for box in others)
        if face.confidence < detector.min_confidence or collides:
            unsure.add(t)
        else:
            chains[i][t] = face
    return sorted(unsure)


def _guesses(
    chain: dict[int, Detection], left: int, t: int, right: int
) -> list[np.ndarray]:
    """Where the face may be at `t`: between its places before and after, or at them."""
    ends = [chain[u].box for u in (left, right) if u in chain]
    if len(ends) < 2:
        return ends
    share = (t - left) / (right - left)
    middle = (1 - share) * ends[0] + share * ends[1]
    return [middle] if overlap(*ends) > 0.8 else [middle, *ends]


def _tracks(
    chains: list[dict[int, Detection]],
    found: dict[int, list[Detection]],
    shape: tuple[int, ...],
) -> list[FaceTrack]:
    n, height, width = shape[:3]
    limits = np.array([width, height, width, height])

    def prominence(chain: dict[int, Detection]) -> float:
        inside = [np.clip(face.box, 0, limits) for face in chain.values()]
        return sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in inside)

    tracks = []
    for chain in sorted(chains, key=prominence, reverse=True):
        times = sorted(chain)
        known = np.array([chain[t].box for t in times])
        boxes = [np.interp(range(n), times, column) for column in known.T]
        confidences = np.zeros(n)
        confidences[times] = [chain[t].confidence for t in times]
        present = np.isin(np.arange(n), times)
        tracks.append(
            FaceTrack(
                face_id=len(tracks),
                boxes=np.stack(boxes, axis=1),
                confidences=confidences,
                present=present,
                detected=present & np.isin(np.arange(n), list(found)),
            )
        )
    return tracks


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes (4,)."""
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = np.prod(np.maximum(sides, 0))
    return float(shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared))


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Between boxes (M, 4) and (N, 4), in face sizes, (M, N): see `_REACH`."""
    size_a, size_b = (np.sqrt(np.prod(x[:, 2:] - x[:, :2], axis=1)) for x in (a, b))
    middle_a, middle_b = ((x[:, :2] + x[:, 2:]) / 2 for x in (a, b))
    gap = np.linalg.norm(middle_a[:, None] - middle_b[None], axis=-1)
    mean = (size_a[:, None] + size_b[None]) / 2
    return gap / mean + np.abs(np.log2(size_a[:, None] / size_b[None]))
