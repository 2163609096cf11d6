"""What the page shows of one verdict: what is said, and a scrubber through its frames.

    said, walk = viewer.show("clip.mp4", verdict, evidence)

The report (`report.verdict`) says what there is to say; here it can be walked through,
moment by moment: the frame with its faces in boxes, what the detector looked at, with
its heat or without, and where on the line over time that is.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from dfstudy.detect.verdict import Evidence, Opinion, Verdict
from dfstudy.report import heat as heats
from dfstudy.report import pages, style, timelines
from dfstudy.report import verdict as reports
from dfstudy.video.read import pick
from dfstudy.video.sample import reduce_to

_MOMENTS = 24  # that the slider stops at
_FRAME, _LOOK = 960, 320  # pixels of the longer side


def show(path: Path, verdict: Verdict, evidence: Sequence[Evidence]) -> tuple[str, str]:
    """The verdict and what it rests on, both as HTML.

    Args:
        path: the file, once more: a detector of faces keeps no whole frames.
        evidence: of each detector, in their order; the first one's is walked through.
    """
    first = evidence[0] if evidence else None
    with rc_context():
        style.apply()
        file = reports.of_file(0, verdict, evidence)
        walk = pages.render(
            "moments.html.j2",
            file=file,
            tall=_tall(verdict),
            lines=list(_lines(verdict, _chosen(first))),
            moments=list(_moments(path, verdict, first)),
            heat=first is not None and first.heat is not None,
        )
        return pages.render("examined.html.j2", file=file), walk


def _chosen(evidence: Evidence | None) -> list[int]:
    """Which of the T sampled frames the slider stops at."""
    if evidence is None:
        return []
    return reports.spread(evidence.sample.indices, _MOMENTS).tolist()


def _tall(verdict: Verdict) -> bool:
    return (verdict.frames.get("height") or 0) > (verdict.frames.get("width") or 0)


def _lines(verdict: Verdict, chosen: Sequence[int]) -> Iterator[dict[str, Any]]:
    """P(fake) over time: of each scored face, else of the whole frames."""
    scored = [face for face in verdict.faces if face.opinions]
    groups = [(f"face {face.face_id}", face.opinions) for face in scored]
    for name, opinions in groups or [("the video", verdict.opinions)]:
        if not opinions:
            continue
        figure = timelines.over_time(opinions, until=reports.length(verdict))
        drawn = pages.data_url("image/svg+xml", pages.svg(figure))
        yield {
            "name": name,
            "alt": f"P(fake) of {name} over time",
            "src": drawn,
        } | _axes(figure, [verdict.frames["seconds"][i] for i in chosen])


def _axes(figure: Figure, seconds: Sequence[float]) -> dict[str, Any]:
    """Where moments lie in a drawn figure, and its axes, in per cent of its size."""
    ax = figure.axes[0]
    box, (low, high) = ax.get_position(), ax.get_xlim()
    share = (np.asarray(seconds, float) - low) / (high - low)
    return {
        "at": np.round(100 * (box.x0 + share * box.width), 2).tolist(),
        "top": round(100 * (1 - box.y1), 2),
        "bottom": round(100 * box.y0, 2),
    }


def _moments(
    path: Path, verdict: Verdict, evidence: Evidence | None
) -> Iterator[dict[str, Any]]:
    """One sampled frame each: boxes in per cent of it, and what was looked at."""
    chosen = _chosen(evidence)
    if not chosen:
        return
    numbers = [int(evidence.sample.indices[i]) for i in chosen]
    shots = pick(path, set(numbers))
    for i, number, shot in zip(chosen, numbers, shots, strict=True):
        frame = shot.rgb()
        height, width = frame.shape[:2]
        yield {
            "frame": number,
            "seconds": f"{verdict.frames['seconds'][i]:.1f}",
            "src": _picture(reduce_to(frame, _FRAME)),
            "boxes": [
                {
                    "name": f"face {face.face_id}",
                    "left": 100 * face.boxes[i][0] / width,
                    "top": 100 * face.boxes[i][1] / height,
                    "width": 100 * (face.boxes[i][2] - face.boxes[i][0]) / width,
                    "height": 100 * (face.boxes[i][3] - face.boxes[i][1]) / height,
                }
                for face in verdict.faces
                if i < len(face.boxes) and face.boxes[i] is not None
            ],
            "looks": list(_looks(i, verdict, evidence)),
        }


def _looks(i: int, verdict: Verdict, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """What the first detector was given of one frame, plain and under its heat."""
    sample, heat = evidence.sample, evidence.heat
    if sample.frames is not None:
        yield {
            "name": "whole frame",
            "p": _said(verdict.opinions, i, evidence),
            **_pictures(sample.frames[i], None if heat is None else heat[0], i),
        }
        return
    for place, face in enumerate(sample.faces):
        maps = heat[place] if heat is not None and place < len(heat) else None
        who = verdict.faces[evidence.people[place]]
        one = {"name": f"face {who.face_id}", "p": None, "plain": None, "heat": None}
        if face.present[i]:
            one["p"] = _said(who.opinions, i, evidence)
            one |= _pictures(face.crops[i], maps, i)
        yield one


def _pictures(picture: np.ndarray, maps: np.ndarray | None, i: int) -> dict[str, Any]:
    small = reduce_to(picture, _LOOK)
    hot = None
    if maps is not None:
        hot = _picture(heats.overlay(small, maps[i], highest=float(maps.max())))
    return {"plain": _picture(small), "heat": hot}


def _said(opinions: Sequence[Opinion], i: int, evidence: Evidence) -> str | None:
    """P(fake) of a frame, where the detector scores frames."""
    for opinion in opinions:
        if opinion.detector == evidence.detector:
            if len(opinion.over_time) != len(evidence.sample.indices):
                return None
            return reports.share(opinion.over_time[i])
    return None


def _picture(picture: np.ndarray) -> str:
    return pages.data_url("image/jpeg", pages.jpeg(picture, quality=80))
