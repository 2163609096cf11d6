"""One video in, one verdict out.

    dfstudy predict clip.mp4 --model runs/laptop/models/frame_torch_0 --json
    verdict = predict("clip.mp4", [load("runs/laptop/models/frame_torch_0")])
    verdict, evidence = examine("clip.mp4", detectors, explain=True, windows=4)

The video takes the same way as in training (`data.view.see`), the detector folder says
how: its view, its rule from frames to a video, its threshold and its temperature. The
answer is "cannot tell" where no face is found (a detector of swapped faces has nothing
to say about a video without one), and where the score does not decide: see `judge`.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dfstudy.data.view import Sample, View, see
from dfstudy.detect import asking, judge
from dfstudy.detect.people import MOST_FACES, Crowd, unfit
from dfstudy.detect.verdict import (
    CANNOT_TELL,
    FAKE,
    SYNTHETIC,
    Evidence,
    Opinion,
    Verdict,
)
from dfstudy.models.detector import Detector
from dfstudy.video import track

NOBODY = "no face was found in the sampled frames"
Progress = Callable[[float, str], None]  # share done in [0, 1], what comes next


def predict(
    path: str | Path,
    detectors: Sequence[Detector],
    *,
    faces: track.Detector | None = None,
    text: str | None = None,
    windows: int = 1,
) -> Verdict:
    """The verdict on one video; the arguments and errors are those of `examine`."""
    return examine(path, detectors, faces=faces, text=text, windows=windows)[0]


def examine(
    path: str | Path,
    detectors: Sequence[Detector],
    *,
    faces: track.Detector | None = None,
    text: str | None = None,
    explain: bool = False,
    windows: int = 1,
    progress: Progress | None = None,
) -> tuple[Verdict, list[Evidence]]:
    """The verdict on one video, and what each detector looked at.

    At most `MOST_FACES` faces are scored. The others are in the verdict too, with the
    reason: those in too few of the sampled frames, too small, or perhaps no face.

    With `windows` N, N T frames are sampled by the same view, and each T of them in a
    row are one point over time of a detector of clips; a detector of frames has a point
    for each. The verdict does not change: it rests on the T frames that training shows,
    which are read apart. Frames spread evenly lie N times closer in a window than in
    the verdict's own clip; a window in which most frames repeat is left out.

    Args:
        detectors: one or more. Several are asked the same, see `judge.consensus`.
        faces: finds them; by default what each detector's view names.
        text: what is said of the video; for the detectors that read it.
        explain: compute heat maps (`gradcam.gradcam`).
        windows: at least 1.
        progress: is told what comes next.

    Raises:
        VideoError: the file cannot be used.
        ValueError: no detectors, a description is missing or nobody reads it.
    """
    check(detectors, text=text, windows=windows)
    names = _names(detectors)
    job = _Job(path, _Clock(), faces, progress)
    job.steps = len({_shown(d) for d in detectors}) * (1 + (windows > 1))
    job.steps += len(detectors) * (1 + explain)
    first = job.see(_shown(detectors[0]))
    crowd = Crowd(first)
    evidence, of_video, unasked = [], [], []
    for name, detector in zip(names, detectors, strict=True):
        sample = job.see(_shown(detector))
        people = crowd.meet(sample)
        said = text if detector.view.text else None
        reasons = [unfit(face, detector.view) for face in sample.faces]
        for person, reason in zip(people, reasons, strict=True):
            crowd.people[person].unfit.append(reason)
        chosen = [i for i, reason in enumerate(reasons) if reason is None]
        if detector.view.crop == "frame":
            chosen = [0] if sample.faces else []  # one clip: of the whole frames
        unasked.append(None if chosen else _why_none(reasons))
        heat = None
        if chosen:
            with job.stage("network", f"{name} looks at it"):
                opinions = asking.opinions_of(detector, name, sample, chosen, said)
            if windows > 1:
                more = job.see(_shown(detector, windows))
                with job.stage("network", None):
                    curves = asking.over_time(detector, sample, more, chosen, said)
                opinions = [
                    replace(one, seconds=curves[i][0], over_time=curves[i][1])
                    if i in curves
                    else one
                    for i, one in zip(chosen, opinions, strict=True)
                ]
            if detector.view.crop == "face":
                for i, opinion in zip(chosen, opinions, strict=True):
                    crowd.people[people[i]].said.append(opinion)
            of_video.append(opinions[judge.deciding(opinions)])
            if explain:
                with job.stage("explanation", f"where {name} looks"):
                    heat = asking.heat_of(detector, sample, chosen, said)
        evidence.append(
            Evidence(detector=name, sample=sample, people=people, heat=heat)
        )
    described = [
        {
            "name": detector.info["name"],
            "folder": str(detector.folder),
            "data_kind": detector.info["data_kind"],
            "level": detector.level,
            "crop": detector.view.crop,
            "reason": reason,
        }
        for detector, reason in zip(detectors, unasked, strict=True)
    ]
    verdict = _verdict(path, crowd, of_video, described)
    return replace(verdict, seconds=job.clock.seconds), evidence


class _Clock:
    """Seconds of wall clock by stage."""

    def __init__(self):
        self.seconds: dict[str, float] = {"read": 0.0, "faces": 0.0, "network": 0.0}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What happens inside is `name`, apart from a stage within."""
        before, start = sum(self.seconds.values()), time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            within = sum(self.seconds.values()) - before
            self.seconds[name] = self.seconds.get(name, 0.0) + spent - within


class _Timed:
    """A face detector whose time is a stage of its own."""

    def __init__(self, detector: track.Detector, clock: _Clock):
        self.detector, self.clock = detector, clock
        self.min_confidence = detector.min_confidence

    def detect(self, frames: np.ndarray) -> list[list[track.Detection]]:
        with self.clock.stage("faces"):
            return self.detector.detect(frames)

    def refine(self, frames: list[np.ndarray], boxes: np.ndarray) -> list:
        with self.clock.stage("faces"):
            return self.detector.refine(frames, boxes)


@dataclass
class _Job:
    """One file: what was read of it, how far we are."""

    path: str | Path
    clock: _Clock
    faces: track.Detector | None
    progress: Progress | None
    steps: int = 1
    done: int = 0
    samples: dict[View, Sample] = field(default_factory=dict)

    def see(self, view: View) -> Sample:
        """The file as `view` shows it; read once, however many ask."""
        if view not in self.samples:
            with self.stage("read", "reading the video and finding faces"):
                detector = _Timed(self.faces or _finder(view.detector), self.clock)
                self.samples[view] = see(
                    self.path, view, detector=detector, most=MOST_FACES
                )
        return self.samples[view]

    @contextmanager
    def stage(self, name: str, what: str | None) -> Iterator[None]:
        if self.progress and what:
            self.progress(min(self.done / self.steps, 1.0), what)
        with self.clock.stage(name):
            yield
        self.done += what is not None


def _finder(name: str) -> track.Detector:
    from dfstudy.video.faces import new_detector

    if name not in _FINDERS:
        _FINDERS[name] = new_detector(name)
    return _FINDERS[name]


_FINDERS: dict[str, track.Detector] = {}  # their networks are loaded once


def check(detectors: Sequence[Detector], *, text: str | None, windows: int) -> None:
    """ValueError where `examine` could answer for no file at all."""
    if not detectors:
        raise ValueError("no detector to ask: name at least one")
    if windows < 1:
        raise ValueError(f"windows are counted from 1, not {windows}")
    places = [Path(d.folder).resolve() for d in detectors if d.folder]
    if len(set(places)) < len(places):
        raise ValueError("one detector is named twice: its opinion would count double")
    readers = [detector.view.text for detector in detectors]
    if any(readers) and not text:
        raise ValueError(
            "this detector compares a video with its description: give it, as in"
            ' --text "outside talking pan laughing"'
        )
    if text and not any(readers):
        raise ValueError("this detector reads no description: leave --text away")
    for detector in detectors:
        judge.rule_of(detector)


def _names(detectors: Sequence[Detector]) -> list[str]:
    """Of their folders; the whole path, where two are called the same."""
    short = [d.folder.name if d.folder else d.info["name"] for d in detectors]
    count = Counter(short)
    return [
        name if count[name] == 1 else str(detector.folder)
        for name, detector in zip(short, detectors, strict=True)
    ]


def _shown(detector: Detector, windows: int = 1) -> View:
    """Its view; `see` shows the same with a description or without."""
    view = replace(detector.view, text=False)
    return view.with_frames(windows * view.frames)


def _why_none(unfit: Sequence[str | None]) -> str:
    """Why a detector has nothing to score."""
    reasons = "; ".join(dict.fromkeys(filter(None, unfit)))
    return f"no face can be scored: {reasons}" if reasons else NOBODY


def _verdict(
    path: str | Path,
    crowd: Crowd,
    of_video: list[Opinion],
    described: list[dict[str, object]],
) -> Verdict:
    first, faces = crowd.first, crowd.verdicts()
    present = [face.present for face in first.faces]
    synthetic = any(one["data_kind"] == "synthetic" for one in described)
    verdict, probability, reason = CANNOT_TELL, None, None
    if of_video:
        verdict, probability, reason = judge.consensus(of_video)
        whole = any(one["crop"] == "frame" for one in described)
        if verdict == FAKE and not whole and FAKE not in {f.verdict for f in faces}:
            verdict = CANNOT_TELL
            reason = "the detectors do not agree on which face is fake"
    else:
        reason = "; ".join(dict.fromkeys(str(one["reason"]) for one in described))
    return Verdict(
        file=str(path),
        verdict=verdict,
        probability=probability,
        reason=reason,
        opinions=of_video,
        faces=faces,
        frames={
            "decoded": first.n_frames,
            "sampled": [int(index) for index in first.indices],
            "seconds": [round(float(s), 4) for s in first.seconds],
            "repeated": first.repeated,
            "with_face": int(np.any(present, axis=0).sum()) if present else 0,
            "height": first.size[0],
            "width": first.size[1],
            "fps": first.fps,
        },
        detectors=described,
        warning=SYNTHETIC if synthetic else None,
    )
