"""Scores over time: what a detector says of each frame of one video.

figures.frame_scores({"two-stream": scores}, at=sample.indices, forged=manipulated)
timelines.over_time(face.opinions, until=10.0)      # of a verdict on one video
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dfstudy.detect.verdict import Opinion
from dfstudy.report import style

_HATCH = "#BDBDBD"  # seen in print, too


def frame_scores(
    scores: Mapping[str, ArrayLike],
    *,
    at: ArrayLike,
    forged: ArrayLike | None = None,
    fps: float | None = None,
    title: str = "",
) -> Figure:
    """The score of every sampled frame, over the truth where it is known.

    Args:
        scores: name of a detector -> (T,) P(fake).
        at: (T,) which frames of the video they are of.
        forged: (n,) bool, which of its n frames are forged; None where nobody knows.
        fps: makes the axis seconds.

    Raises:
        ValueError: another number of scores than of frames.
    """
    at = np.asarray(at)
    scale = 1 / fps if fps else 1
    fig = style.figure(10, 3.8)
    ax = fig.subplots()
    for i, (name, values) in enumerate(scores.items()):
        s = np.asarray(values)
        if s.shape != at.shape:
            raise ValueError(f"{name}: {s.shape} scores of {at.shape} frames")
        look = style.series(i)
        ax.plot(at * scale, s, **look, label=name, clip_on=False, zorder=3)
    if forged is not None:
        for first, last in _stretches(np.asarray(forged, bool)):
            left, right = (first - 0.5) * scale, (last + 0.5) * scale
            ax.axvspan(left, right, color=style.FAKE, alpha=0.14, linewidth=0)
            here = {"color": style.FAKE, "weight": "bold", "va": "bottom"}
            ax.text(left, 1.01, "forged", **here)
    ax.axhline(0.5, color=style.MUTED, linestyle="--", linewidth=1.5, zorder=2)
    ax.set(ylim=(0, 1), ylabel="P(fake) of the frame")
    ax.set_xlabel("seconds" if fps else "frame of the video")
    ax.set_title(title or "Frame by frame", pad=24)
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return fig


def over_time(
    opinions: Sequence[Opinion], *, until: float | None = None, title: str = ""
) -> Figure:
    """P(fake) over the seconds of a video, a line a detector, with its threshold.

    A stretch in which nothing was scored (the face was absent) is hatched; where the
    opinions differ in this, it is the first one's.

    Args:
        opinions: of one face, or of the whole frames, one a detector.
        until: where the video ends, seconds; the last sample by default.

    Raises:
        ValueError: no opinions.
    """
    if not opinions:
        raise ValueError("nobody has scored this: there is no line to draw")
    fig = style.figure(5.4, 3.0)
    ax = fig.subplots()
    for i, opinion in enumerate(opinions):
        values = [np.nan if p is None else p for p in opinion.over_time]
        look = style.series(i)
        at = opinion.seconds
        ax.plot(at, values, **look, label=opinion.detector, clip_on=False, zorder=3)
        if opinion.threshold is not None:
            ax.axhline(
                opinion.threshold, color=look["color"], linestyle="--", linewidth=1.2
            )
    first = opinions[0]
    _absent(ax, np.asarray(first.seconds), [p is None for p in first.over_time])
    if len(opinions) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0))
    else:
        # Above the axes, where no line can cross it.
        said = (
            "a frame above votes fake"
            if first.threshold is None
            else f"threshold {first.threshold:.2f}"
        )
        note = {"color": style.MUTED, "ha": "right", "va": "bottom"}
        ax.text(1, 1.02, f"- - -  {said}", transform=ax.transAxes, **note)
    if any(opinion.threshold is None for opinion in opinions):
        # A vote is at 0.5, which no temperature moves.
        ax.axhline(0.5, color=style.MUTED, linestyle="--", linewidth=1.2)
    ends = [at for opinion in opinions for at in opinion.seconds]
    right = max([until or 0.0, *ends])
    ax.set(xlim=(0, right or 1.0), ylim=(0, 1), xlabel="seconds", ylabel="P(fake)")
    ax.locator_params(axis="x", nbins=6)
    if title:
        ax.set_title(title, pad=24)
    return fig


def _absent(ax: Axes, at: np.ndarray, missing: Sequence[bool]) -> None:
    """Hatch the time between the samples that are there."""
    for first, last in _stretches(np.asarray(missing, bool)):
        left = (at[first - 1] + at[first]) / 2 if first else 0.0
        right = (
            (at[last] + at[last + 1]) / 2 if last + 1 < len(at) else ax.get_xlim()[1]
        )
        ax.axvspan(left, right, facecolor="none", edgecolor=_HATCH, hatch="///")
        ax.text(
            (left + right) / 2,
            0.03,
            "absent",
            ha="center",
            va="bottom",
            color=style.MUTED,
            rotation=90 if right - left < 0.15 * (at[-1] or 1) else 0,
        )


def _stretches(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
