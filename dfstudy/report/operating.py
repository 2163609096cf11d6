"""One threshold, three pictures: the scores, the four counts, the point on the ROC.

figures.operating_point(labels, scores, threshold=0.5)      # under a slider, all move
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike
from sklearn.metrics import roc_curve

from dfstudy.report import style
from dfstudy.report.style import CLASS_COLOURS, CLASS_NAMES, INK, MUTED


def operating_point(
    labels: ArrayLike, scores: ArrayLike, *, threshold: float, title: str = ""
) -> Figure:
    """What a threshold makes of scores; called fake is what reaches it.

    Args:
        labels: (N,) 0 real, 1 fake. scores: (N,), higher is more fake.
    """
    y, s = np.asarray(labels), np.asarray(scores, dtype=float)
    fig = style.figure(13, 4.2)
    dots, counts, curve = fig.subplots(1, 3, width_ratios=(1.5, 1, 1.1))
    called = s >= threshold
    place = np.random.default_rng(0).uniform(-0.28, 0.28, y.size)  # off each other
    for label, colour in enumerate(CLASS_COLOURS):
        mine = y == label
        right = called[mine] == label
        face = np.where(right, colour, "white")
        at = label + place[mine]
        dots.scatter(s[mine], at, s=42, c=face, edgecolors=colour, linewidths=1.5)
        for verdict in (0, 1):
            share = (called[mine] == verdict).mean() if mine.any() else 0.0
            box = {"facecolor": style.SHADES(share), "edgecolor": style.GRID}
            n = f"{(called[mine] == verdict).sum()}\n{share:.0%}"
            text = {"size": 15, "ha": "center", "va": "center", "color": INK}
            counts.add_patch(Rectangle((verdict - 0.5, label - 0.5), 1, 1, **box))
            counts.text(verdict, label, n, **text)
    dots.axvline(threshold, color=INK, linewidth=2)
    dots.set_yticks([0, 1], CLASS_NAMES)
    dots.set(xlabel="score (open: called wrongly)", xlim=_limits(s), ylim=(1.5, -0.5))
    dots.set_title(title or f"Threshold {threshold:.2f}")
    counts.set(xlim=(-0.5, 1.5), ylim=(1.5, -0.5), xlabel="called", ylabel="truth")
    counts.set_xticks([0, 1], CLASS_NAMES)
    counts.set_yticks([0, 1], CLASS_NAMES)
    counts.set(title="The four counts", aspect="equal")
    for ax in (dots, counts):
        ax.grid(visible=False)
    if len(np.unique(y)) == 2:
        fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
        curve.plot(fpr, tpr, color=style.ACCENT, clip_on=False)
        at = called[y == 0].mean(), called[y == 1].mean()
        curve.plot(*at, "o", color=INK, markersize=12, clip_on=False)
    else:
        curve.text(0.5, 0.6, "no ROC: one class only", ha="center")
    curve.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1.5)
    curve.set(xlabel="reals called fake (FPR)", ylabel="fakes called fake (TPR)")
    curve.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title="The point on the ROC")
    return fig


def _limits(scores: np.ndarray) -> tuple[float, float]:
    """Of an axis that shows all of the scores and the whole of [0, 1]."""
    low, high = min(0.0, scores.min(initial=0)), max(1.0, scores.max(initial=1))
    return low - 0.02, high + 0.02
