"""What a detector gets to see of a video: which frames, how large, frame or face.

    view = View(frames=16, height=108, width=192)                  # S1: whole frames
    view = View(frames=10, height=224, width=224, crop="face")     # S3: faces
    sample = see("clip.mp4", view, detector=FaceDetector())

`see` is the only way from a file to a detector's input. Preparation and prediction both
call it, so what a detector is trained on is what it is served.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from dfstudy.video.read import read_evenly
from dfstudy.video.sample import adaptive_pool, count_repeats, resize_area

if TYPE_CHECKING:
    from dfstudy.video.faces import FaceDetector

NO_FACE = "no face found"


@dataclass(frozen=True, kw_only=True)
class View:
    """The settings of `see`; part of every model file and of every cache's name."""

    height: int  # pixels of the output
    width: int
    frames: int = 16  # T
    sampling: Literal["even"] = "even"  # spread over the whole clip
    crop: Literal["frame", "face"] = "frame"
    resize: Literal["area", "adaptive"] = "area"  # of whole frames; faces: always area
    margin: float = 0.3  # share of the face's longer side added on each end

    def __post_init__(self):
        if min(self.height, self.width, self.frames) < 1 or self.margin < 0:
            raise ValueError(f"sizes must be positive and margin at least 0: {self}")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}: {self}")
        if self.crop == "face" and self.height != self.width:
            raise ValueError(f"face crops are square, height = width: {self}")

    def to_dict(self) -> dict[str, object]:
        """For a model file. `View.from_dict` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: dict[str, object]) -> "View":
        """TypeError for a setting that this version does not know."""
        return cls(**settings)

    def key(self) -> str:
        """Short, the same on every machine, and another for any other setting."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"{self.crop}-{self.frames}x{self.height}x{self.width}-{digest}"


_CHOICES = {
    "sampling": ("even",),
    "crop": ("frame", "face"),
    "resize": ("area", "adaptive"),
}


@dataclass(frozen=True, kw_only=True)
class FaceClip:
    """One face through the T frames of a sample. `face_id` 0 is the most prominent."""

    face_id: int
    crops: np.ndarray  # uint8 (T, s, s, 3)
    boxes: np.ndarray  # float64 (T, 4): x0, y0, x1, y1 in pixels of the upright frame
    confidences: np.ndarray  # float64 (T,); 0 where the face is absent
    present: np.ndarray  # bool (T,); the box of an absent face is a guess
    detected: np.ndarray  # bool (T,): by the detector, not only followed


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a view shows of one video."""

    frames: np.ndarray | None  # uint8 (T, height, width, 3); None for crop="face"
    faces: list[FaceClip]  # most prominent first; [] without a detector
    indices: np.ndarray  # int64 (T,): which frames of the video
    n_frames: int  # that the video really has
    repeated: int  # how many of the T repeat an earlier one: the video is too short
    dropped: str | None  # why a detector cannot be asked, or None


def see(
    path: str | os.PathLike[str], view: View, *, detector: "FaceDetector | None" = None
) -> Sample:
    """The video at `path` as `view` shows it.

    Args:
        detector: finds the faces, also where the view is of whole frames (their crops
            are then as large as the frame's shorter side). Needed for crop="face".

    Raises:
        VideoError: the file cannot be used, with the reason.
        ValueError: a view of faces without a detector.
    """
    if view.crop == "face" and detector is None:
        raise ValueError("a view of faces needs a detector")
    frames, indices, n_frames = read_evenly(path, view.frames)
    faces = []
    if detector is not None:
        faces = _faces(frames, detector, min(view.height, view.width), view.margin)
    whole = view.crop == "frame"
    resize = resize_area if view.resize == "area" else adaptive_pool
    return Sample(
        frames=resize(frames, view.height, view.width) if whole else None,
        faces=faces,
        indices=indices,
        n_frames=n_frames,
        repeated=count_repeats(indices),
        dropped=None if whole or faces else NO_FACE,
    )


def _faces(
    frames: np.ndarray, detector: "FaceDetector", size: int, margin: float
) -> list[FaceClip]:
    # Here, because it takes as long as a worker needs for ten videos without faces.
    from dfstudy.video.faces import crop_faces, track_faces

    return [
        FaceClip(
            face_id=track.face_id,
            crops=crop_faces(frames, track.boxes, size=size, margin=margin),
            boxes=track.boxes,
            confidences=track.confidences,
            present=track.present,
            detected=track.detected,
        )
        for track in track_faces(frames, detector)
    ]
