"""What a detector gets to see of a video: which frames, how large, frame or face, flow.

    view = View(frames=16, height=108, width=192, flow="sampled")  # S1: whole frames
    view = View(frames=10, height=224, width=224, crop="face")     # S3: faces
    view = View(frames=150, height=112, width=112, crop="face",    # S2: the first 150
                sampling="first", drop="frame")
    view = View(frames=16, height=224, width=224, crop="face", sampling="best")    # S0
    sample = see("clip.mp4", view, detector=new_detector(view.detector))

`see` is the only way from a file to a detector's input. Preparation and prediction both
call it, so what a detector is trained on is what it is served. `see_damaged` is the
same way, for a video that something has happened to.
"""

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args, get_origin, get_type_hints

import numpy as np

from dfstudy.video.clips import Clip, read_clip
from dfstudy.video.flow import SMALLEST, paired_flow, sampled_flow
from dfstudy.video.region import best_start
from dfstudy.video.sample import (
    RESIZES,
    beside_indices,
    count_repeats,
    even_indices,
    first_indices,
    frames_apart,
    stretch_indices,
)

if TYPE_CHECKING:
    from dfstudy.video.perturb import Perturbation
    from dfstudy.video.track import Detector, FaceTrack

NO_FACE = "no face found"
_CLOCK = 30.0  # frames per second of the sampling "first"


@dataclass(frozen=True, kw_only=True)
class View:
    """The settings of `see`; part of every model file and of every cache's name.

    A setting that an older model file does not have takes its default, so a default
    never changes.
    """

    height: int  # pixels of the output
    width: int
    frames: int = 16  # T
    # Which: spread over the whole clip; the first T at 30 frames a second (S2); the T
    # neighbours in which a face is seen best (S0); T neighbours from the middle.
    sampling: Literal["even", "first", "best", "consecutive"] = "even"
    every: int = 8  # "best" looks for faces in every so many frames (S0's M)
    # Faces are looked for in every so many of the sampled frames, and followed between
    # them; by default in every fourth, for "best" in all of its clip (S0: "dense").
    follow: int | None = None
    # "first" follows faces over so many frames and shows the first T: clips of several
    # lengths are then the beginnings of one face video (S2, S4). By default over T.
    search: int | None = None
    crop: Literal["frame", "face"] = "frame"
    # Of whole frames; faces: always area. "bilinear" and "centre" are what S0 weighs
    # "adaptive" against.
    resize: Literal["area", "adaptive", "bilinear", "centre"] = "area"
    margin: float = 0.3  # share of the face's longer side added on each end, at most 1
    detector: Literal["mtcnn", "haar"] = "mtcnn"  # of faces
    # Without a face: the video goes when no frame has one (S3), or each frame that has
    # none goes, and later ones move up (S2, S4).
    drop: Literal["video", "frame"] = "video"
    # Motion between consecutive sampled frames (S1), from each one to the video's next,
    # or to the one `apart_s` later (0.6 s is as far as S1's sampled frames lie apart).
    flow: Literal["none", "sampled", "adjacent", "apart"] = "none"
    apart_s: float = 0.6
    # Whether the video's description is given beside it (S0). It comes from the
    # manifest: `see` shows the same with it or without.
    text: bool = False

    def __post_init__(self):
        counts = (self.height, self.width, self.frames, self.every, self.follow or 1)
        if min(counts) < 1 or self.follow == 0:
            raise ValueError(f"sizes must be positive: {self}")
        if self.search is not None:
            if self.sampling != "first" or self.crop != "face":
                raise ValueError(f'search needs "first" frames and faces: {self}')
            if self.search <= self.frames:
                raise ValueError(f"search must be more than the frames shown: {self}")
        if not self.apart_s > 0:
            raise ValueError(f"apart_s is a time in seconds, more than 0: {self}")
        if not 0 <= self.margin <= 1:
            raise ValueError(f"margin is a share, 0.3 for 30 %: {self}")
        for name, hint in get_type_hints(View).items():
            choices = get_args(hint) if get_origin(hint) is Literal else ()
            if choices and getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}: {self}")
        if self.crop == "face" and self.height != self.width:
            raise ValueError(f"face crops are square, height = width: {self}")
        if self.crop == "frame" and self.drop == "frame":
            raise ValueError(f'drop="frame" needs crop="face": {self}')
        if self.flow != "none" and max(self.height, self.width) < SMALLEST:
            raise ValueError(f"flow needs at least {SMALLEST} pixels: {self}")

    @property
    def pairs(self) -> bool:
        """Whether the flow of a frame needs another one, which is not shown."""
        return self.flow in ("adjacent", "apart")

    @property
    def reach(self) -> int:
        """In how many frames faces are looked for, before any is found to miss one."""
        return self.search or self.frames

    def with_frames(self, frames: int) -> "View":
        """The same with T = `frames`; the faces of "first" are followed as far as here.

        So what it shows of them begins as here, or, where it is longer, goes on.
        """
        first = self.sampling == "first" and self.crop == "face"
        search = self.reach if first and self.reach > frames else None
        return replace(self, frames=frames, search=search)

    @property
    def needs_faces(self) -> bool:
        """Whether there is nothing to see of a video without a face."""
        return self.crop == "face" or self.sampling == "best"

    def to_dict(self) -> dict[str, object]:
        """For a model file. `View.from_dict` is the way back."""
        return asdict(self)

    @classmethod
    def settings(cls) -> set[str]:
        """The names that `from_dict` knows."""
        return {field.name for field in fields(cls)}

    @classmethod
    def from_dict(cls, settings: dict[str, object]) -> "View":
        """TypeError for a setting that this version does not know."""
        return cls(**settings)

    def key(self) -> str:
        """Short, the same on every machine, and another for any other setting."""
        # Without defaults, so that a setting that is new leaves older keys as they are.
        changed = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        text = json.dumps(changed, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"{self.crop}-{self.frames}x{self.height}x{self.width}-{digest}"


@dataclass(frozen=True, kw_only=True)
class FaceClip:
    """One face through the T frames of a sample. `face_id` 0 is the most prominent."""

    face_id: int
    crops: np.ndarray  # uint8 (T, s, s, 3)
    boxes: np.ndarray  # float64 (T, 4): x0, y0, x1, y1 in pixels of the upright frame
    confidences: np.ndarray  # float64 (T,); 0 where the face is absent
    present: np.ndarray  # bool (T,); the box of an absent face is a guess
    detected: np.ndarray  # bool (T,): by the detector, not only followed
    flow: np.ndarray | None = None  # float16 (T, s, s, 2) for crop="face" with flow


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a view shows of one video."""

    frames: np.ndarray | None  # uint8 (T, height, width, 3); None for crop="face"
    faces: list[FaceClip]  # most prominent first; [] without a detector
    indices: np.ndarray  # int64 (T,): which frames of the video
    n_frames: int  # decoded: all that there are, for "first" up to the last one needed
    repeated: int  # how many of the T repeat an earlier one: the video is too short
    dropped: str | None  # why a detector cannot be asked, or None
    flow: np.ndarray | None = None  # float16 (T, height, width, 2), pixels of `frames`
    searched: int = 0  # frames in which faces were looked for; 0 without a detector
    faceless: int = 0  # of these, without the most prominent face
    seconds: np.ndarray | None = None  # float64 (T,): after the first frame of all
    size: tuple[int, int] | None = None  # height, width of the upright video
    fps: float | None = None  # mean rate of what was decoded; of one frame: None
    # Tracks that were not cut out: not sure, or more than were asked for.
    others: "list[FaceTrack]" = field(default_factory=list)


def see(
    path: str | os.PathLike[str],
    view: View,
    *,
    detector: "Detector | None" = None,
    most: int | None = None,
) -> Sample:
    """The video at `path` as `view` shows it.

    For drop="frame" twice as many frames are searched as are needed, 2T by the view's
    own sampling. Those with the most prominent face remain; of these, sampling "even"
    takes T evenly, the others the first T; for "first" the second T are searched only
    where a face is missing in the first (`search` stands in the place of T then). Where
    fewer than T remain some repeat, and `Sample.repeated` counts them. (S2 and S4 make
    a face video of the whole clip first, which costs a search of every frame.)

    The flow of a face is between its crops; where the second frame is not shown, both
    are cut at the box of the first: a moving box is not to look like a moving face.

    Flow to a later frame is turned round where the video ends before it (see
    `beside_indices`); in a clip too short for `apart_s` it spans what there is.

    Args:
        detector: finds the faces, also where the view is of whole frames (their crops
            are then as large as the frame's shorter side). Needed for crop="face" and
            for sampling="best"; `faces.new_detector(view.detector)` is the one that the
            view means.
        most: cut out at most so many faces, the most prominent; None for all.

    Raises:
        VideoError: the file cannot be used, with the reason.
        ValueError: a view of faces without a detector.
    """
    return next(see_damaged(path, view, [], detector=detector, most=most))


def see_damaged(
    path: str | os.PathLike[str],
    view: View,
    damages: Sequence["Perturbation"],
    *,
    detector: "Detector | None" = None,
    most: int | None = None,
) -> Iterator[Sample]:
    """What `see` shows of the video, then of the video under each of `damages`.

    Each changes the frames of the file at their own size, before anything is resized
    or cut out, so that what is seen is what a damaged file would give. Which frames,
    and where the faces are, is decided once, in the video as it is: what a score then
    loses, the detector has lost and not the search for faces.

    The other arguments, and the errors, are those of `see`.
    """
    if view.needs_faces and detector is None:
        raise ValueError("a view of faces needs a detector")
    whole, reach = view.crop == "frame", view.reach
    looked = reach if view.drop == "video" else 2 * reach
    resize = RESIZES[view.resize]
    clip = read_clip(
        path,
        _sampling(path, view, looked, detector),
        resize=partial(resize, height=view.height, width=view.width) if whole else None,
        faces=detector is not None,
        again=len(damages) > 0,
        seconds=_needed(view, looked),
    )
    at, tracks, others, searched, absent = np.arange(view.frames), [], [], 0, 0
    if detector is not None:
        every = view.follow or (1 if view.sampling == "best" else 4)
        # The first T with a face are mostly the first T.
        searched = reach if view.sampling == "first" else looked
        found, sure = _followed(clip, detector, searched, every)
        if searched < looked and not (sure and sure[0].present.all()):
            searched = looked
            found, sure = _followed(clip, detector, searched, every)
        tracks = sure[:most]
        others = found[len(tracks) :]
        absent = searched
        if tracks:
            absent = searched - int(tracks[0].present.sum())
        if tracks and view.drop == "frame":
            at = _move_up(np.flatnonzero(tracks[0].present), view)
    indices = clip.indices[at]
    later = clip.indices[looked + at] > indices if view.pairs else None
    others = [track.at(at) for track in others]
    for damage in [None, *damages]:
        look = clip if damage is None else clip.damaged(damage)
        faces = _faces(look, tracks, at, looked, view)
        shown = look.shown[at] if whole else None
        beside = look.shown[looked + at] if whole and view.pairs else None
        yield Sample(
            frames=shown,
            faces=faces,
            indices=indices,
            n_frames=clip.n_frames,
            repeated=count_repeats(indices),
            dropped=NO_FACE if view.needs_faces and not faces else None,
            flow=_flow(view, shown, beside, later) if whole else None,
            searched=searched,
            faceless=absent,
            seconds=clip.times[indices] - clip.times[0],
            size=clip.size,
            fps=_rate(clip.times),
            others=others,
        )


def _followed(
    clip: Clip, detector: "Detector", count: int, every: int
) -> tuple[list["FaceTrack"], list["FaceTrack"]]:
    """What may be faces in the first `count` frames; those that surely are."""
    found = clip.track(detector, count=count, every=every)
    return found, [track for track in found if track.sure]


def _sampling(
    path: str | os.PathLike[str], view: View, count: int, detector: "Detector | None"
) -> Callable[[np.ndarray], np.ndarray]:
    """From the times of a video's frames to `count` indices; with flow to frames that
    are not shown, those `count` follow."""
    start = None
    if view.sampling == "best":
        start = best_start(path, count, detector=detector, every=view.every)

    def choose(times: np.ndarray) -> np.ndarray:
        n_frames = len(times)
        if view.sampling == "even":
            indices = even_indices(n_frames, count)
        elif view.sampling == "first":
            indices = first_indices(times, count, fps=_CLOCK)
        else:
            indices = stretch_indices(n_frames, count, start)
        if not view.pairs:
            return indices
        step = 1 if view.flow == "adjacent" else frames_apart(times, view.apart_s)
        return np.concatenate([indices, beside_indices(indices, n_frames, step=step)])

    return choose


def _rate(times: np.ndarray) -> float | None:
    span = float(times[-1] - times[0])
    return (len(times) - 1) / span if span > 0 else None


def _needed(view: View, looked: int) -> float:
    """Seconds of a video that `looked` frames, and the flow of the last, may need."""
    if view.sampling != "first":
        return math.inf
    # One frame more than is shown; a view of adjacent frames asks for no more.
    return looked / _CLOCK + (view.apart_s if view.flow == "apart" else 0)


def _move_up(present: np.ndarray, view: View) -> np.ndarray:
    """T of the places (P,) with a face, P >= 1; see `see`."""
    if view.sampling == "even":
        return present[even_indices(len(present), view.frames)]
    return present[stretch_indices(len(present), view.frames, 0)]


def _faces(
    clip: Clip, tracks: list["FaceTrack"], at: np.ndarray, looked: int, view: View
) -> list[FaceClip]:
    """The faces of `tracks` cut from the frames `at` (T,)."""
    if not tracks:
        return []
    boxes = np.stack([track.boxes[at] for track in tracks])  # (F, T, 4)
    boxes = clip.moved(boxes)
    cut = partial(clip.cut, size=min(view.height, view.width), margin=view.margin)
    flows = view.crop == "face" and view.flow != "none"
    if flows and view.pairs:
        # One call, so that a frame that is both a sample and a neighbour is read once.
        both = cut(np.tile(boxes, (1, 2, 1)), at=np.concatenate([at, looked + at]))
        crops, beside = both[:, : len(at)], both[:, len(at) :]
    else:
        crops, beside = cut(boxes, at=at), [None] * len(tracks)
    later = clip.indices[looked + at] > clip.indices[at] if view.pairs else None
    return [
        FaceClip(
            face_id=track.face_id,
            crops=crop,
            boxes=box,
            confidences=track.confidences[at],
            present=track.present[at],
            detected=track.detected[at],
            flow=_flow(view, crop, other, later) if flows else None,
        )
        for track, crop, other, box in zip(tracks, crops, beside, boxes, strict=True)
    ]


def _flow(
    view: View,
    shown: np.ndarray,
    beside: np.ndarray | None,
    later: np.ndarray | None,
) -> np.ndarray | None:
    if view.flow == "none":
        return None
    if view.flow == "sampled":
        return sampled_flow(shown)
    return paired_flow(shown, beside, later)
