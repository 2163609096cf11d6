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
_HEATS = 3  # pictures with heat a face
_SMALL, _LARGE = 128, 256  # pixels of the longer side
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
_STAGES = {"read": "reading the file", "faces": "finding faces"}


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
    frames = verdict.frames
    end = None
    if frames.get("fps"):
        end = frames["decoded"] / frames["fps"]
    first = evidence[0] if evidence else None
    whole = bool(verdict.detectors) and verdict.detectors[0]["crop"] == "frame"
    several = len(verdict.faces) > 1
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
        # Of whole frames the line is the video's; of faces each has its own.
        "timeline": _timeline(verdict.opinions, end, "the video")
        if whole or not any(face.opinions for face in verdict.faces)
        else None,
        "heat": list(_hottest(verdict.opinions, first, None, frames)) if whole else [],
        "faces": [
            _face(face, place, first, end, frames, several=several, whole=whole)
            for place, face in _ordered(verdict.faces)
        ],
        "others": [
            {"detector": e.detector, "heat": pictures}
            for e in evidence[1:]
            if (pictures := list(_all_hottest(verdict, e)))
        ],
        "used": list(_used(verdict)),
        "stages": [
            (_STAGES.get(name, name.replace("_", " ")), f"{value:.2f} s")
            for name, value in verdict.seconds.items()
        ],
        "total": f"{sum(verdict.seconds.values()):.2f} s" if verdict.seconds else None,
    }


def _ordered(faces: Sequence[FaceVerdict]) -> list[tuple[int, FaceVerdict]]:
    """Scored faces first, the most suspicious of them first; with their places."""
    return sorted(
        enumerate(faces),
        key=lambda item: (item[1].probability is None, -(item[1].probability or 0)),
    )


def _face(
    face: FaceVerdict,
    place: int,
    evidence: Evidence | None,
    end: float | None,
    frames: Mapping[str, Any],
    *,
    several: bool,
    whole: bool,
) -> dict[str, Any]:
    name = f"face {face.face_id}" if several else "the face"
    seen = sum(box is not None for box in face.boxes)
    shown = evidence and place < len(evidence.sample.faces)
    return {
        "name": name[0].upper() + name[1:],
        "scored": face.verdict is not None,
        "verdict": face.verdict,
        "words": _WORDS.get(face.verdict, "Not scored"),
        "p": share(face.probability),
        "reason": face.reason
        or (
            "the detector looks at whole frames, not at faces"
            if whole and face.verdict is None
            else None
        ),
        "seen": f"in {seen} of {len(face.boxes)} sampled frames",
        "opinions": [_opinion(o) for o in face.opinions],
        "timeline": _timeline(face.opinions, end, name),
        "strip": list(_strip(face, place, evidence, frames, name)) if shown else [],
        "heat": []
        if whole or not shown
        else list(_hottest(face.opinions, evidence, place, frames)),
    }


def _strip(
    face: FaceVerdict,
    place: int,
    evidence: Evidence,
    frames: Mapping[str, Any],
    name: str,
) -> Iterator[dict[str, Any]]:
    """Crops of the sampled frames, upright, as the detector saw them."""
    seen = evidence.sample.faces[place]
    times = frames.get("seconds") or [None] * len(seen.crops)
    over_time = face.opinions[0].over_time if face.opinions else []
    by_frame = len(over_time) == len(seen.crops)
    for i in _spread(len(seen.crops), _STRIP):
        at = "" if times[i] is None else f"{times[i]:.1f} s"
        p = share(over_time[i]) if by_frame and over_time[i] is not None else None
        here = bool(seen.present[i])
        yield {
            "src": _picture(seen.crops[i], _SMALL) if here else None,
            "at": at,
            "p": p,
            "alt": f"{name} at {at}" + (f", P(fake) {p}" if p else ""),
        }


def _hottest(
    opinions: Sequence[Opinion],
    evidence: Evidence | None,
    place: int | None,
    frames: Mapping[str, Any],
) -> Iterator[dict[str, Any]]:
    """The most suspicious frames of one face (or of the video), with their heat."""
    if evidence is None or evidence.heat is None or not opinions:
        return
    sample = evidence.sample
    if place is None:
        maps, pictures = evidence.heat[0], sample.frames
        present = np.ones(len(pictures), bool)
    elif place < len(evidence.heat):
        maps, face = evidence.heat[place], sample.faces[place]
        pictures, present = face.crops, face.present
    else:
        return
    said = next((o for o in opinions if o.detector == evidence.detector), opinions[0])
    by_frame = len(said.over_time) == len(pictures)
    rank = maps.sum(axis=(1, 2))
    if by_frame:
        rank = np.array([-1.0 if p is None else p for p in said.over_time])
    rank = np.where(present, rank, -np.inf)
    chosen: list[int] = []
    for i in np.argsort(-rank, kind="stable"):
        repeated = any(sample.indices[i] == sample.indices[j] for j in chosen)
        if np.isfinite(rank[i]) and not repeated:
            chosen.append(int(i))
        if len(chosen) == _HEATS:
            break
    highest = float(maps.max())
    for i in sorted(chosen):
        large = _scaled(pictures[i], _LARGE)
        where = _where(maps[i])
        p = share(said.over_time[i]) if by_frame else None
        at = _when(int(sample.indices[i]), frames)
        yield {
            "plain": pages.data_url("image/jpeg", pages.jpeg(large)),
            "heat": pages.data_url(
                "image/jpeg", pages.jpeg(heats.overlay(large, maps[i], highest=highest))
            ),
            "at": at,
            "p": p,
            "where": where,
            "alt": f"heat over {at}: {where}",
        }


def _all_hottest(verdict: Verdict, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Of a detector that is not the first: its faces may have another order."""
    if evidence.heat is None:
        return
    mine = [o for o in verdict.opinions if o.detector == evidence.detector]
    about = {d["name"]: d for d in verdict.detectors}.get(evidence.detector, {})
    if about.get("crop") == "frame":
        yield from _hottest(mine, evidence, None, verdict.frames)
        return
    for place in range(min(len(evidence.heat), len(evidence.sample.faces))):
        yield from _hottest(mine, evidence, place, verdict.frames)


def _when(index: int, frames: Mapping[str, Any]) -> str:
    """The time of a frame, where the verdict has it; else its number."""
    times = dict(
        zip(frames.get("sampled", []), frames.get("seconds") or [], strict=False)
    )
    return f"{times[index]:.1f} s" if index in times else f"frame {index}"


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
    folders = {
        str(about["folder"]): about
        for verdict in verdicts
        for about in verdict.detectors
    }
    return [
        {"name": about["name"], "essentials": card.essentials(Path(folder))}
        for folder, about in folders.items()
    ]


def share(p: float | None) -> str | None:
    """A probability for people: two digits, and never a certainty."""
    if p is None:
        return None
    return "> 0.99" if p > 0.99 else "< 0.01" if p < 0.01 else f"{p:.2f}"


def _spread(n: int, most: int) -> list[int]:
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)).tolist()


def _scaled(picture: np.ndarray, longest: int) -> np.ndarray:
    ratio = longest / max(picture.shape[:2])
    size = tuple(max(1, round(side * ratio)) for side in picture.shape[1::-1])
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
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
