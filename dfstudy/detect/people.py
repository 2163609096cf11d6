"""Everybody in a video: who is who, who can be scored, and why the others cannot.

    crowd = Crowd(first)                     # a Sample: its faces, and who is left out
    crowd.meet(second)                       # [0, 2, 1]: second.faces[1] is new
    same_people(first, second)               # [0, None, 1]
    unfit(face, view)                        # None, or "too small: 11 pixels"

Two detectors that look at other frames of a video each find its faces anew, and number
them anew. Their boxes are in pixels of the same upright frame, so a face is the one
whose boxes it overlaps, each at the nearest moment. That fails where people change
places between the two samples; then a face counts as another one.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from dfstudy.data.view import FaceClip, Sample, View
from dfstudy.detect import judge
from dfstudy.detect.verdict import FaceVerdict, Opinion
from dfstudy.video.track import FaceTrack, overlap

MOST_FACES = 8  # that are scored in one video
PRESENT = 0.25  # of the sampled frames have a face that is scored
ENLARGED = 4.0  # a crop that would have to grow more is too small to be scored
WHOLE = "not scored by itself: whole frames are looked at"
_LEAST = 0.2  # mean intersection over union of one face, seen at other moments


@dataclass
class Person:
    """What was said of one face; `unfit`: why not, of each detector that met it."""

    face: FaceClip | None  # in the first sample
    said: list[Opinion] = field(default_factory=list)
    unfit: list[str | None] = field(default_factory=list)


class Crowd:
    """Everybody in the video: the faces of the first sample, then who else is seen."""

    def __init__(self, first: Sample):
        self.first = first
        self.people = [Person(face) for face in first.faces]
        self._met = [(first, list(range(len(first.faces))))]

    def meet(self, sample: Sample) -> list[int]:
        """Which person each face of `sample` is."""
        people: list[int | None] = [None] * len(sample.faces)
        for seen, known in self._met:
            if seen is sample:
                return known
            for i, same in enumerate(same_people(seen, sample)):
                if same is not None and people[i] is None and known[same] not in people:
                    people[i] = known[same]
        for i, person in enumerate(people):
            if person is None:
                people[i] = len(self.people)
                self.people.append(Person(None))
        self._met.append((sample, people))
        return people

    def verdicts(self) -> list[FaceVerdict]:
        """Of everybody, then of the tracks that no detector was shown."""
        known = [(person.face, *_said(person)) for person in self.people]
        others = [
            (other, None, None, _why_left(other), []) for other in self.first.others
        ]
        return [
            FaceVerdict(
                face_id=i,
                verdict=verdict,
                probability=probability,
                reason=reason,
                opinions=opinions,
                **_places(face, len(self.first.indices)),
            )
            for i, (face, verdict, probability, reason, opinions) in enumerate(
                known + others
            )
        ]


def _said(
    person: Person,
) -> tuple[str | None, float | None, str | None, list[Opinion]]:
    """Verdict, probability, reason and opinions of one of the crowd."""
    if person.said:
        return *judge.consensus(person.said), person.said
    known = dict.fromkeys(reason for reason in person.unfit if reason)
    return None, None, "; ".join(known) or WHOLE, person.said


def _why_left(other: FaceTrack) -> str:
    """Why a track was not cut out."""
    if other.sure:
        return f"only the {MOST_FACES} most prominent faces are scored"
    most = other.confidences.max()
    return f"perhaps no face: found with a confidence of {most:.2f} only"


def _places(face: FaceClip | FaceTrack | None, count: int) -> dict[str, list]:
    """Boxes and confidences of a `FaceVerdict`; a face of another view has none."""
    if face is None:
        return {"boxes": [None] * count, "confidences": [None] * count}
    return {
        "boxes": [
            [round(float(v), 1) for v in box] if here else None
            for box, here in zip(face.boxes, face.present, strict=True)
        ],
        "confidences": [
            round(float(value), 4) if here else None
            for value, here in zip(face.confidences, face.present, strict=True)
        ],
    }


def unfit(face: FaceClip, view: View) -> str | None:
    """Why this face cannot be scored by itself; None where it is."""
    if view.crop == "frame":
        return None
    here = int(face.present.sum())
    if here < PRESENT * len(face.present):
        return f"in {here} of {len(face.present)} sampled frames only"
    boxes = face.boxes[face.present]
    side = float(np.median((boxes[:, 2:] - boxes[:, :2]).max(axis=1)))
    if side * (1 + 2 * view.margin) * ENLARGED < view.height:
        return f"too small: {side:.0f} pixels"
    return None


def same_people(first: Sample, second: Sample) -> list[int | None]:
    """For each face of `second` the index of the same one in `first.faces`, or None."""
    people: list[int | None] = [None] * len(second.faces)
    if not first.faces or not second.faces:
        return people
    shared = np.array(
        [
            [_shared(b, second.seconds, a, first.seconds) for b in second.faces]
            for a in first.faces
        ]
    )
    for i, j in zip(*linear_sum_assignment(-shared), strict=True):
        if shared[i, j] >= _LEAST:
            people[int(j)] = int(i)
    return people


def _shared(
    face: FaceClip, seconds: np.ndarray, other: FaceClip, others: np.ndarray
) -> float:
    """Mean overlap of a face's boxes with those of another at the nearest moments."""
    mine, theirs = np.flatnonzero(face.present), np.flatnonzero(other.present)
    if not len(mine) or not len(theirs):
        return 0.0
    apart = np.abs(seconds[mine][:, None] - others[theirs][None])
    near = theirs[apart.argmin(axis=1)]
    pairs = zip(mine, near, strict=True)
    return float(np.mean([overlap(face.boxes[i], other.boxes[j]) for i, j in pairs]))
