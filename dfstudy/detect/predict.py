"""One video in, one verdict out.

    dfstudy predict clip.mp4 --model runs/laptop/models/frame_torch_0 --json
    dfstudy predict clip.mp4 --model runs/laptop/models/fusion_0 --text "outside pan"

The video takes the same way as in training (`data.view.see`), the detector folder says
how: its view, its rule from frames to a video, its threshold and its temperature. The
answer is "cannot tell" where no face is found (a detector of swapped faces has nothing
to say about a video without one), and where the score does not decide: where reals and
fakes of validation both had such scores, or neither (see metrics.conformal).
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from dfstudy import paths
from dfstudy.data.view import FaceClip, Sample, see
from dfstudy.metrics import conformal
from dfstudy.metrics.calibration import apply_temperature
from dfstudy.models.detector import Detector
from dfstudy.training.protocol import Rule
from dfstudy.video import track

CANNOT_TELL = conformal.BOTH
_ORDER = (conformal.REAL, CANNOT_TELL, conformal.FAKE)  # of faces: the last one counts
SYNTHETIC = (
    "this detector was trained on synthetic data: its verdict on a real video means"
    " nothing"
)


class NoModelError(FileNotFoundError):
    """There is no trained detector to predict with."""


@dataclass(frozen=True)
class FaceVerdict:
    """What was seen of one face.

    `boxes` (T, 4) are xyxy pixels of the upright frame, one for each sampled frame and
    None where the face was not in it; `probability` is P(fake) in [0, 1], None for a
    detector that looks at whole frames.
    """

    face_id: int
    verdict: str | None
    probability: float | None
    boxes: list[list[float] | None]
    confidences: list[float | None]


@dataclass(frozen=True)
class Verdict:
    """The answer for one file; `error` says why there is none."""

    file: str
    verdict: str | None = None  # "real", "fake" or "cannot tell"
    probability: float | None = None  # P(fake), calibrated on validation
    threshold: float | None = None  # on that probability; None where frames vote
    reason: str | None = None  # why "cannot tell"
    faces: list[FaceVerdict] = field(default_factory=list)
    frame_scores: list[float] = field(default_factory=list)  # P(fake), main face
    frames: Mapping[str, object] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    model: Mapping[str, object] = field(default_factory=dict)
    warning: str | None = None
    error: str | None = None

    def to_dict(self) -> dict:
        """The verdict as plain values, ready for JSON."""
        return asdict(self)


def newest_model() -> Path:
    """The detector folder that was written last in any run.

    Raises NoModelError, which says how to train one, where there is none.
    """
    folders = list(paths.runs("").glob("**/models/*/model.json"))
    if not folders:
        raise NoModelError(
            f"no trained detector under {paths.runs('')}: train one with"
            " ./run_all.sh --only 03, or name one with --model FOLDER"
        )
    return max(folders, key=lambda file: file.stat().st_mtime).parent


def predict(
    path: str | Path,
    detector: Detector,
    *,
    faces: track.Detector,
    text: str | None = None,
) -> Verdict:
    """The verdict on one video.

    Args:
        faces: finds them.
        text: what is said of the video; for a detector that reads it, and no other.

    Raises:
        VideoError: the file cannot be used.
        ValueError: a description is missing, or nobody reads it.
    """
    if detector.view.text and not text:
        raise ValueError(
            "this detector compares a video with its description: give it, as in"
            ' --text "outside talking pan laughing"'
        )
    if text and not detector.view.text:
        raise ValueError("this detector reads no description: leave --text away")
    start = time.perf_counter()
    sample = see(path, detector.view, detector=faces)
    seen = time.perf_counter()
    info = {
        "name": detector.info["name"],
        "folder": str(detector.folder),
        "data_kind": detector.info["data_kind"],
    }
    common = {
        "file": str(path),
        "frames": {
            "decoded": sample.n_frames,
            "sampled": [int(index) for index in sample.indices],
            "repeated": sample.repeated,
            "with_face": int(_present(sample).sum()),
        },
        "model": info,
        "warning": SYNTHETIC if detector.info["data_kind"] == "synthetic" else None,
    }
    rule = Rule(**detector.info["rule"])
    if not sample.faces:
        return Verdict(
            **common,
            verdict=CANNOT_TELL,
            reason="no face was found in the sampled frames",
            seconds={"video_and_faces": seen - start},
        )
    per_face = detector.view.crop == "face"
    clips = np.stack([f.crops for f in sample.faces] if per_face else [sample.frames])
    flow = None
    if detector.view.flow != "none":
        flow = np.stack([f.flow for f in sample.faces] if per_face else [sample.flow])
    said = [text] * len(clips) if detector.view.text else None
    scores = detector.score(clips, flow, text=said)
    scored = time.perf_counter()
    videos = [_judged(score, rule, detector) for score in np.atleast_1d(scores)]
    # One manipulated face is enough for a manipulated video, and one that may be is
    # enough to doubt.
    order = [(_ORDER.index(verdict), p) for p, verdict, _ in videos]
    top = order.index(max(order))
    return Verdict(
        **common,
        verdict=videos[top][1],
        probability=videos[top][0],
        reason=videos[top][2],
        threshold=float(apply_temperature(rule.threshold, detector.temperature))
        if rule.ranking == rule
        else None,
        faces=[
            _face(face, *(videos[i][:2] if per_face else (None, None)))
            for i, face in enumerate(sample.faces)
        ],
        frame_scores=[float(s) for s in np.ravel(scores[top])],
        seconds={"video_and_faces": seen - start, "network": scored - seen},
    )


def _judged(
    scores: np.ndarray, rule: Rule, detector: Detector
) -> tuple[float, str, str | None]:
    """Probability, verdict, and why it is "cannot tell"."""
    scores = np.ravel(scores)
    value = rule.ranking.aggregate(scores)
    probability = float(apply_temperature(value, detector.temperature))
    called = "fake" if rule.is_fake(rule.aggregate(scores)) else "real"
    chosen = detector.info.get("conformal")
    if chosen is None:  # a detector of an older version
        return probability, called, None
    limits = conformal.Limits(**chosen)
    verdict = str(limits.verdicts(probability))
    if verdict == called:
        return probability, called, None
    if verdict == conformal.NEITHER:
        reason = "hardly a real and hardly a fake of validation had such a score"
    elif verdict != conformal.BOTH:
        reason = f"the detector's rule says {called}, its score is that of a {verdict}"
    elif None in (limits.real_up_to, limits.fake_from):
        reason = (
            f"it takes {conformal.needed(limits.alpha)} reals and as many fakes of"
            " validation to rule one of them out, and there were fewer"
        )
    else:
        reason = "reals and fakes of validation both had such scores"
    return probability, CANNOT_TELL, reason


def _face(
    face: FaceClip, probability: float | None, verdict: str | None
) -> FaceVerdict:
    return FaceVerdict(
        face_id=face.face_id,
        verdict=verdict,
        probability=probability,
        boxes=[
            [round(float(v), 1) for v in box] if here else None
            for box, here in zip(face.boxes, face.present, strict=True)
        ],
        confidences=[
            round(float(value), 4) if here else None
            for value, here in zip(face.confidences, face.present, strict=True)
        ],
    )


def _present(sample: Sample) -> np.ndarray:
    """(T,) whether any face is in each sampled frame."""
    if not sample.faces:
        return np.zeros(len(sample.indices), bool)
    return np.any([face.present for face in sample.faces], axis=0)
