"""The same face from frame to frame, detected as seldom as is safe.

    tracks = track_faces(frames, FaceDetector(), every=4)
    every_one = all_tracks(frames, FaceDetector(), every=4)    # also the doubtful

A detector costs; between two detections a face is looked for where it should be, with
the detector's cheap `refine`, which says how sure it is that a face is there and moves
the box onto it. So following a face cannot invent one, and where it is unsure the frame
goes to the detector. Works on frames 0.6 s apart as on neighbouring ones.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

# What may be one face costs less than this to link: the distance of the middles in face
# sizes, the doublings of size, 1 - the correlation of the pictures, and the wait.
_REACH = 1.4
_WAIT = 0.1  # for each detected frame in which the face was not found


class Detection(NamedTuple):
    """One face in one frame, in pixels of that frame."""

    box: np.ndarray  # float64 (4,): x0, y0, x1, y1; may reach outside the frame
    confidence: float
    landmarks: np.ndarray  # float64 (5, 2): eyes, nose, mouth's corners; nan: not known


@dataclass(frozen=True, kw_only=True)
class FaceTrack:
    """One face through N frames. `face_id` 0 is the most prominent."""

    face_id: int
    boxes: np.ndarray  # float64 (N, 4); where absent, interpolated or held
    confidences: np.ndarray  # float64 (N,); 0 where absent
    present: np.ndarray  # bool (N,)
    detected: np.ndarray  # bool (N,): by the detector, not only followed
    sure: bool = True  # a track that is not may be of no face

    def at(self, places: np.ndarray) -> "FaceTrack":
        """The same face in the frames `places` (M,) of the N."""
        return replace(
            self,
            boxes=self.boxes[places],
            confidences=self.confidences[places],
            present=self.present[places],
            detected=self.detected[places],
        )


class Detector(Protocol):
    """What the tracker needs; `FaceDetector` and `haar.HaarDetector` are two."""

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
    where following failed, two faces collided, or neither neighbour had a face. A
    track needs one sight that is surer than halfway from `min_confidence` to certain.
    Returns the tracks ordered by area times presence; [] if there is no face.
    """
    return [t for t in all_tracks(frames, detector, every=every) if t.sure]


def all_tracks(
    frames: np.ndarray, detector: Detector, *, every: int = 4
) -> list[FaceTrack]:
    """What `track_faces` returns, and after it the tracks without a sure sight."""
    if every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    found: dict[int, list[Detection]] = {}
    todo = sorted({*range(0, len(frames), every), len(frames) - 1} - {-1})
    chains: list[dict[int, Detection]] = []
    while todo:
        found |= zip(todo, detector.detect(frames[todo]), strict=True)
        chains = _link(found, frames)
        todo = _follow(chains, found, frames, detector)
    # Weak sights carry a face on, but one must be sure that there is a face at all.
    sure = (1 + detector.min_confidence) / 2
    known, doubtful = [], []
    for chain in chains:
        best = max(face.confidence for face in chain.values())
        (known if best >= sure else doubtful).append(chain)
    tracks = _tracks(known, found, frames.shape)
    more = _tracks(doubtful, found, frames.shape)
    return tracks + [
        replace(track, face_id=len(tracks) + i, sure=False)
        for i, track in enumerate(more)
    ]


def _link(
    found: dict[int, list[Detection]], frames: np.ndarray
) -> list[dict[int, Detection]]:
    """Detections that are the same face, as chains {frame: detection}."""
    chains: list[dict[int, Detection]] = []
    looks: list[np.ndarray] = []  # how each chain's face looked last
    missed: list[int] = []
    for t in sorted(found):
        missed = [count + 1 for count in missed]
        faces = found[t]
        news = [_look(frames[t], face.box) for face in faces]
        linked: dict[int, int] = {}
        if chains and faces:
            expected = np.array([_expect(chain, t) for chain in chains])
            cost = _distance(expected, np.array([face.box for face in faces]))
            cost += 1 - np.array(looks) @ np.array(news).T
            cost += _WAIT * (np.array(missed)[:, None] - 1)
            # Beyond reach all are equally impossible, so that the rest decides.
            pairs = linear_sum_assignment(np.minimum(cost, 10 * _REACH))
            linked = {
                int(j): int(i)
                for i, j in zip(*pairs, strict=True)
                if cost[i, j] < _REACH
            }
        for j, face in enumerate(faces):
            i = linked.get(j, len(chains))
            if i == len(chains):
                chains.append({})
                looks.append(news[j])
                missed.append(0)
            chains[i][t], looks[i], missed[i] = face, news[j], 0
    return chains


def _expect(chain: dict[int, Detection], t: int) -> np.ndarray:
    """Where a chain's face would be at `t` if it kept its speed; its size is kept."""
    *before, last = list(chain)[-2:]
    box = chain[last].box
    if not before:
        return box
    step = box - chain[before[0]].box
    step = np.tile((step[:2] + step[2:]) / 2, 2)
    return box + step * (t - last) / (last - before[0])


def _look(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A small picture of the face, standardised, so that products are correlations."""
    height, width = frame.shape[:2]
    x0, y0, x1, y1 = np.rint(box).astype(int)
    x0, y0 = np.clip([x0, y0], 0, [width - 1, height - 1])
    part = np.ascontiguousarray(frame[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)])
    small = cv2.resize(part, (12, 12), interpolation=cv2.INTER_AREA).astype(float)
    small -= small.mean()
    return small.ravel() / (np.linalg.norm(small) + 1e-9)


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
        near = _distance(box[None], face.box[None])[0, 0] < 1
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
    """Of boxes (M, 4) and (N, 4), (M, N): in face sizes, plus the doublings of size."""
    size_a, size_b = (np.sqrt(np.prod(x[:, 2:] - x[:, :2], axis=1)) for x in (a, b))
    middle_a, middle_b = ((x[:, :2] + x[:, 2:]) / 2 for x in (a, b))
    gap = np.linalg.norm(middle_a[:, None] - middle_b[None], axis=-1)
    mean = (size_a[:, None] + size_b[None]) / 2
    return gap / mean + np.abs(np.log2(size_a[:, None] / size_b[None]))
