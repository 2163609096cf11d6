"""Scores over time: what a detector says of each frame of one video.

figures.frame_scores({"two-stream": scores}, at=sample.indices, forged=manipulated)
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dfstudy.report import style


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
    for (name, values), colour in zip(scores.items(), style.PALETTE, strict=False):
        s = np.asarray(values)
        if s.shape != at.shape:
            raise ValueError(f"{name}: {s.shape} scores of {at.shape} frames")
        ax.plot(at * scale, s, "o-", color=colour, label=name, clip_on=False, zorder=3)
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


def _stretches(flags: np.ndarray) -> list[tuple[int, int]]:
    """First and last index of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]
