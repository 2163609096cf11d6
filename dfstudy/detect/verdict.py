"""What is said of one video: plain values for JSON, and the pictures behind them.

verdict.verdict, verdict.probability, verdict.reason      # of the video
[(face.face_id, face.verdict) for face in verdict.faces]  # of everybody in it
verdict.opinions[0].over_time                             # of one detector, over time

A `Verdict` is small and goes into JSON, CSV and tables. What was looked at is in an
`Evidence` for each detector: arrays, for pages and annotated videos.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from dfstudy.data.view import Sample
from dfstudy.metrics import conformal

REAL, FAKE, CANNOT_TELL = conformal.REAL, conformal.FAKE, conformal.BOTH
SYNTHETIC = (
    "this detector was trained on synthetic data: its verdict on a real video means"
    " nothing"
)


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one detector says of one face, or of the video.

    `over_time` are P(fake) at `seconds` of the video, both (K,): of each sampled frame
    where the detector scores frames, of each stretch of the video (its middle) where it
    scores clips. None where the face was absent. All probabilities are calibrated on
    validation and in [0, 1].
    """

    detector: str  # name of its folder
    verdict: str  # "real", "fake" or "cannot tell"
    probability: float
    threshold: float | None  # on that probability; None where frames vote
    reason: str | None  # why "cannot tell"
    seconds: list[float]
    over_time: list[float | None]


@dataclass(frozen=True, kw_only=True)
class FaceVerdict:
    """What was seen of one face; `face_id` 0 is the most prominent.

    `boxes` (T, 4) are xyxy pixels of the upright frame at the verdict's sampled frames,
    None where the face was not in it. Verdict and probability are None where it was not
    scored, and `reason` says why (or why "cannot tell"). `probability` is the mean of
    several detectors'.
    """

    face_id: int
    verdict: str | None
    probability: float | None
    reason: str | None
    opinions: list[Opinion]
    boxes: list[list[float] | None]
    confidences: list[float | None]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer for one file; `error` says why there is none.

    `opinions` has one entry for each detector that had something to score: what it
    says of the video. `faces` are all that were found, scored or not. `frames`:
    decoded, sampled (indices), seconds (their times), repeated, with_face, width,
    height, fps, of the first detector's view. `seconds`: of wall clock, by stage: read
    (decode, resize, cut out, flow), faces (find and follow them), network, explanation.
    `detectors`: name, folder, data_kind, level, crop of each, and `reason`: why it has
    no opinion, or None.
    """

    file: str
    verdict: str | None = None  # "real", "fake" or "cannot tell"
    probability: float | None = None  # P(fake); the mean, of several detectors
    reason: str | None = None  # why "cannot tell"
    opinions: list[Opinion] = field(default_factory=list)
    faces: list[FaceVerdict] = field(default_factory=list)
    frames: Mapping[str, object] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    detectors: list[Mapping[str, object]] = field(default_factory=list)
    warning: str | None = None
    error: str | None = None

    def to_dict(self) -> dict:
        """The verdict as plain values, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one detector looked at, and what its score rests on.

    `sample` is of the detector's view: `sample.faces[i].crops` uint8 (T, s, s, 3) are
    of the face `Verdict.faces[people[i]]` (for the first of several detectors people
    is 0, 1, 2 ...); `sample.frames` uint8 (T, H, W, 3) are what a detector of whole
    frames looks at. `heat` float32 (F, T, H, W), 0 or more, says where the picture
    speaks for "fake": heat[i] of `sample.faces[i]`, 0 where that was not scored; of
    whole frames F is 1. None where nobody asked for it, or nothing was scored.
    """

    detector: str
    sample: Sample
    people: list[int] = field(default_factory=list)
    heat: np.ndarray | None = None
