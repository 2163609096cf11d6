"""The verdicts on one video or several as a page that needs nothing beside it.

    write([examine("clip.mp4", detectors, faces=faces)], Path("report.html"))

It shows what the verdict rests on before it asks to be believed: the score over the
seconds of the video, the faces as the detector saw them, where the picture spoke for
"fake", what was not looked at and why, and what the detector was tested on. Pictures
and figures are in the page (data URLs); it is readable on a phone, in print, in grey.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from matplotlib import rc_context

from dfstudy import paths
from dfstudy.detect.verdict import CANNOT_TELL, Evidence, FaceVerdict, Opinion, Verdict
from dfstudy.report import heat as heats
from dfstudy.report import pages, style, timelines
from dfstudy.training import card

_STRIP = 16  # crops of a face that are shown: more than that nobody looks at
_STRIP_UNSCORED = 4  # enough to see who it is
_HEATS = 3  # pictures with heat a face
_SMALL, _LARGE = 128, 256  # pixels of the longer side
_SAME = 1e-3  # seconds
_WORDS = {
    "fake": "Called fake",
    "real": "Called real",
    CANNOT_TELL: "Cannot tell",
}
_MEANING = {
    "fake": "The score is like those of the forgeries that the detector has learned.",
    "real": "No sign was found of a forgery like those that the detector has learned."
    " That does not prove the video authentic.",
    CANNOT_TELL: "The score does not decide. This is an answer, not a failure.",
}
_STAGES = {"read": "reading the video", "faces": "finding faces"}


def write(items: Sequence[tuple[Verdict, Sequence[Evidence]]], out: Path) -> Path:
    """Write the page of these verdicts to `out`, and return it.

    Args:
        items: each verdict with the evidence of its detectors, in their order; without
            evidence (a file that failed, or nobody kept it) there are no pictures.

    Raises:
        ValueError: no verdicts.
    """
    if not items:
        raise ValueError("no verdicts to report")
    with rc_context():
        style.apply()
        files = [of_file(i, *item) for i, item in enumerate(items)]
    one = len(files) == 1
    page = pages.render(
        "verdict.html.j2",
        title=files[0]["name"] if one else f"{len(files)} videos",
        files=files,
        cards=_cards([verdict for verdict, _ in items]),
        no_card=card.MISSING,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    out = Path(out)
    paths.put(out, page)
    return out


def of_file(
    place: int, verdict: Verdict, evidence: Sequence[Evidence]
) -> dict[str, Any]:
    """What the template shows of one file."""
    seconds = verdict.seconds
    end = length(verdict)
    levels = {
        look.detector: about["level"]
        for look, about in zip(evidence, verdict.detectors, strict=False)
    }
    looks = [
        _Look(look, about["crop"] == "frame", levels)
        for look, about in zip(evidence, verdict.detectors, strict=False)
    ]
    by_face = any(face.opinions for face in verdict.faces)
    whole = [o for o in verdict.opinions if not _of_faces(o, verdict)]
    return {
        "id": f"file-{place}",
        "name": Path(verdict.file).name,
        "error": verdict.error,
        "verdict": verdict.verdict,
        "words": _WORDS.get(verdict.verdict, ""),
        "meaning": _MEANING.get(verdict.verdict, ""),
        "probability": verdict.probability,
        "p": share(verdict.probability),
        "reason": verdict.reason,
        "warning": verdict.warning,
        "opinions": [_opinion(o) for o in verdict.opinions],
        "silent": [
            (Path(str(about["folder"])).name, str(about["reason"]))
            for about in verdict.detectors
            if by_face and about.get("reason")
        ],
        "timeline": _timeline(whole, end, "the video"),
        "heat": [
            shot for look in looks if look.whole for shot in look.hottest(whole, None)
        ],
        "faces": [
            _face(place, face, looks, end, several=len(verdict.faces) > 1)
            for place, face in _ordered(verdict.faces)
        ],
        "used": list(_used(verdict)),
        "stages": [
            (_STAGES.get(name, name.replace("_", " ")), f"{value:.2f} s")
            for name, value in seconds.items()
        ],
        "total": f"{sum(seconds.values()):.2f} s" if seconds else None,
    }


def _of_faces(opinion: Opinion, verdict: Verdict) -> bool:
    """Whether a detector's opinion of the video is that of one of the faces."""
    return any(
        said.detector == opinion.detector
        for face in verdict.faces
        for said in face.opinions
    )


def _ordered(faces: Sequence[FaceVerdict]) -> list[tuple[int, FaceVerdict]]:
    """Scored faces first, the most suspicious of them first; with their places."""
    return sorted(
        enumerate(faces),
        key=lambda item: (item[1].probability is None, -(item[1].probability or 0)),
    )


def _face(
    place: int,
    face: FaceVerdict,
    looks: "Sequence[_Look]",
    end: float | None,
    *,
    several: bool,
) -> dict[str, Any]:
    name = f"face {face.face_id}" if several else "the face"
    seen = sum(box is not None for box in face.boxes)
    strips = [strip for look in looks if (strip := list(look.strip(face, place, name)))]
    return {
        "name": name[0].upper() + name[1:],
        "scored": face.verdict is not None,
        "verdict": face.verdict,
        "words": _WORDS.get(face.verdict, "Not scored"),
        "p": share(face.probability),
        "reason": face.reason,
        "seen": f"in {seen} of {len(face.boxes)} sampled frames",
        "opinions": [_opinion(o) for o in face.opinions],
        "timeline": _timeline(face.opinions, end, name),
        "strip": strips[0] if strips else [],
        "heat": [
            shot
            for look in looks
            if not look.whole
            for shot in look.hottest(face.opinions, place)
        ],
    }


class _Look:
    """What one detector looked at, and its scores of the frames, as pictures."""

    def __init__(self, evidence: Evidence, whole: bool, levels: Mapping[str, str]):
        self.evidence, self.whole, self.sample = evidence, whole, evidence.sample
        self.by_frame = levels[evidence.detector] == "frame"
        self.several = len(levels) > 1

    def strip(
        self, face: FaceVerdict, place: int, name: str
    ) -> Iterator[dict[str, Any]]:
        """Crops of the sampled frames, upright, as the detector saw them."""
        if place not in self.evidence.people:
            return
        seen = self.sample.faces[self.evidence.people.index(place)]
        most = _STRIP if face.opinions else _STRIP_UNSCORED
        for i in spread(self.sample.indices, most):
            at = self._when(i)
            p = share(self._score(face.opinions, i))
            yield {
                "src": _picture(seen.crops[i], _SMALL) if seen.present[i] else None,
                "at": at,
                "p": p,
                "alt": f"{name} at {at}" + (f", P(fake) {p}" if p else ""),
            }

    def hottest(
        self, opinions: Sequence[Opinion], place: int | None
    ) -> Iterator[dict[str, Any]]:
        """The most suspicious frames of one face (None: of the video), with heat."""
        maps = self.evidence.heat
        if maps is None or (place is not None and place not in self.evidence.people):
            return
        at = 0 if place is None else self.evidence.people.index(place)
        if place is None:
            pictures, present = self.sample.frames, np.ones(len(maps[0]), bool)
        else:
            pictures = self.sample.faces[at].crops
            present = self.sample.faces[at].present
        maps = maps[at]
        if not maps.any():  # not scored
            return
        scores = [self._score(opinions, i) for i in range(len(maps))]
        # A detector of clips has no score of a frame; its heat has.
        rank = maps.sum(axis=(1, 2)) if not self.by_frame else np.array(scores, float)
        rank = np.where(present & np.isfinite(rank), rank, -np.inf)
        _, once = np.unique(self.sample.indices, return_index=True)
        best = sorted((i for i in once if np.isfinite(rank[i])), key=lambda i: -rank[i])
        for i in sorted(best[:_HEATS]):
            shape = self.sample.size if self.whole else None  # as filmed, not squeezed
            large = _scaled(pictures[i], _LARGE, shape)
            hot = heats.overlay(large, maps[i], highest=float(maps.max()))
            where = _where(maps[i])
            yield {
                "plain": pages.data_url("image/jpeg", pages.jpeg(large)),
                "heat": pages.data_url("image/jpeg", pages.jpeg(hot)),
                "at": self._when(i),
                "p": share(scores[i]),
                "where": where,
                "by": self.evidence.detector if self.several else None,
                "alt": f"heat at {self._when(i)}: {where}",
            }

    def _when(self, i: int) -> str:
        if self.sample.seconds is None:
            return f"frame {self.sample.indices[i]}"
        return f"{self.sample.seconds[i]:.1f} s"

    def _score(self, opinions: Sequence[Opinion], i: int) -> float | None:
        """P(fake) of one sampled frame, where frames are scored and it was."""
        if not self.by_frame or self.sample.seconds is None:
            return None
        at = float(self.sample.seconds[i])
        for opinion in opinions:
            if opinion.detector == self.evidence.detector and opinion.seconds:
                apart = np.abs(np.array(opinion.seconds) - at)
                near = int(apart.argmin())
                if apart[near] < _SAME:
                    return opinion.over_time[near]
        return None


def _timeline(
    opinions: Sequence[Opinion], end: float | None, name: str
) -> dict[str, str] | None:
    if not opinions:
        return None
    figure = timelines.over_time(opinions, until=end)
    return {
        "src": pages.data_url("image/svg+xml", pages.svg(figure)),
        "alt": f"P(fake) of {name} over time: {'; '.join(map(_told, opinions))}",
    }


def _told(opinion: Opinion) -> str:
    """A line over time in words, for those who do not see it."""
    known = [
        (p, t)
        for p, t in zip(opinion.over_time, opinion.seconds, strict=True)
        if p is not None
    ]
    gone = len(opinion.over_time) - len(known)
    if not known:
        return f"{opinion.detector} scored none of it"
    (low, _), (high, when) = min(known), max(known)
    text = f"{opinion.detector} from {share(low)} to {share(high)} (at {when:.1f} s)"
    if opinion.threshold is not None:
        text += f", threshold {opinion.threshold:.2f}"
    return text + (f", absent in {gone} of {len(opinion.over_time)}" if gone else "")


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {
        "detector": opinion.detector,
        "words": _WORDS[opinion.verdict],
        "p": share(opinion.probability),
        "threshold": "frames vote"
        if opinion.threshold is None
        else f"{opinion.threshold:.2f}",
        "reason": opinion.reason or "",
    }


def _used(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """What was looked at, as (name, value)."""
    frames = verdict.frames
    if not frames:
        return
    if frames.get("width"):
        rate = f", {frames['fps']:.4g} frames a second" if frames.get("fps") else ""
        yield "picture", f"{frames['width']} x {frames['height']} pixels, upright{rate}"
    yield "frames decoded", str(frames["decoded"])
    sampled = len(frames["sampled"])
    again = frames.get("repeated", 0)
    more = f", {again} of them repeat an earlier one: the video is short"
    yield "frames looked at", f"{sampled}{more if again else ''}"
    yield "frames with a face", f"{frames['with_face']} of {sampled}"
    scored = sum(face.verdict is not None for face in verdict.faces)
    yield "faces found, scored", f"{len(verdict.faces)}, {scored}"


def _cards(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The essentials of each detector's model card, each once."""
    folders = [
        Path(str(about["folder"]))
        for verdict in verdicts
        for about in verdict.detectors
    ]
    return [
        {"name": folder.name, "essentials": card.essentials(folder)}
        for folder in dict.fromkeys(folders)
    ]


def share(p: float | None) -> str | None:
    """A probability for people: two digits, and never a certainty."""
    if p is None:
        return None
    return "> 0.99" if p > 0.99 else "< 0.01" if p < 0.01 else f"{p:.2f}"


def length(verdict: Verdict) -> float | None:
    """Seconds of the video, where its rate is known."""
    rate = verdict.frames.get("fps")
    return verdict.frames["decoded"] / rate if rate else None


def spread(indices: np.ndarray, most: int) -> np.ndarray:
    """Places of at most so many frames, none of them a repeat."""
    _, once = np.unique(indices, return_index=True)
    return once[np.linspace(0, len(once) - 1, min(len(once), most)).round().astype(int)]


def _scaled(
    picture: np.ndarray, longest: int, shape: tuple[int, int] | None = None
) -> np.ndarray:
    """The picture with a longer side of `longest` pixels, in the proportions given."""
    height, width = shape or picture.shape[:2]
    ratio = longest / max(height, width)
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    how = cv2.INTER_AREA if longest < max(picture.shape[:2]) else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=how)


def _picture(picture: np.ndarray, longest: int) -> str:
    return pages.data_url("image/jpeg", pages.jpeg(_scaled(picture, longest)))


def _where(heat: np.ndarray) -> str:
    """The ninth of the picture with the most heat, in words."""
    if not heat.max() > 0:
        return "nothing in this frame spoke for fake"
    parts = [np.array_split(row, 3, axis=1) for row in np.array_split(heat, 3, axis=0)]
    sums = np.array([[part.mean() for part in row] for row in parts])
    down, across = np.unravel_index(sums.argmax(), sums.shape)
    if (down, across) == (1, 1):
        return "strongest in the middle"
    words = ("upper", "middle", "lower")[down], ("left", "middle", "right")[across]
    return f"strongest in the {words[0]} {words[1]}"
