"""Boxes and arrows on an empty canvas, for drawings of how something is built."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from dfstudy.report.style import INK, MUTED

PLAIN = "#FFFFFF"  # what goes in and what comes out
GREY = "#E8E8E8"  # what computes


def canvas(fig: Figure, x: tuple[float, float], y: tuple[float, float]) -> Axes:
    """Axes without axes, from x[0] to x[1] and y[0] to y[1]."""
    ax = fig.subplots()
    ax.set(xlim=x, ylim=y)
    ax.set_axis_off()
    return ax


def box(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    colour,
    width: float = 0.72,
    height: float = 0.4,
) -> None:
    """A box with text, its middle at (x, y)."""
    look = {"boxstyle": "round,pad=0.02,rounding_size=0.06", "linewidth": 1.5}
    corner = (x - width / 2, y - height / 2)
    patch = FancyBboxPatch(
        corner, width, height, facecolor=colour, edgecolor=MUTED, **look
    )
    ax.add_patch(patch)
    ax.text(x, y, text, ha="center", va="center", color=INK, size=11)


def arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    text: str = "",
    *,
    bend: float = 0.0,
) -> None:
    """An arrow, with what goes along it to the left; `bend` makes it an arc."""
    look = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.8}
    look["connectionstyle"] = f"arc3,rad={bend}"
    ax.annotate("", end, start, arrowprops=look)
    if text:
        middle = (start[0] - 0.07, (start[1] + end[1]) / 2)
        ax.text(*middle, text, ha="right", va="center", color=MUTED, size=11)
