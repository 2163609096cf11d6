"""One look for every figure: real is blue, fake is vermilion, everywhere.

    style.apply()          # once, in a lesson's set-up cell

Colours are those of Okabe and Ito, "Color Universal Design" (2008), which people with
any of the common colour-vision deficiencies can tell apart. On grey paper several of
them look alike, so nothing is told by colour alone: what has a colour of its own has a
dash, a marker or a hatch of its own, too (`series`, `area`). Text is large
enough to be read from the back of a room.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import seaborn as sns
from IPython import get_ipython
from matplotlib import transforms
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from dfstudy.report import alt

REAL, FAKE = "#0072B2", "#D55E00"
CLASS_NAMES = ("real", "fake")
CLASS_COLOURS = (REAL, FAKE)
CLASS_LINES = ("-", "--")
INK, MUTED, GRID = "#1A1A1A", "#6B6B6B", "#E3E3E3"
# Series that are no class (models, families); neither of the two class colours.
PALETTE = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", INK, "#8C6D46")
ACCENT = PALETTE[0]  # validation; what was chosen
_DASHES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (9, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
_HATCHES = ("", "///", "...", "xx", "\\\\\\", "++")
# Light enough that dark text is readable on all of it.
SHADES = LinearSegmentedColormap.from_list("ink", ["#FFFFFF", "#8DB6CF"])
_SIZE = 13  # points


def apply() -> None:
    """Set the theme for all figures made after this call.

    In a notebook, a figure also says in words what it shows (`alt.describe`).
    """
    sns.set_theme(
        style="whitegrid",
        palette=list(PALETTE),
        rc={
            "font.size": _SIZE,
            "axes.labelsize": _SIZE,
            "axes.titlesize": _SIZE + 2,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.edgecolor": MUTED,
            "axes.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "text.color": INK,
            "xtick.labelsize": _SIZE - 1,
            "ytick.labelsize": _SIZE - 1,
            "legend.fontsize": _SIZE - 1,
            "legend.frameon": False,
            "grid.color": GRID,
            "lines.linewidth": 2.5,
            "lines.markersize": 8,
            "figure.dpi": 100,
            "savefig.dpi": 150,
            "figure.constrained_layout.use": True,
        },
    )
    # Chooses the notebook's backend now: only then does Jupyter show a returned Figure.
    plt.switch_backend(plt.get_backend())
    if shell := get_ipython():
        words = shell.display_formatter.formatters["text/plain"]
        words.for_type(Figure, lambda fig, line, _: line.text(alt.describe(fig)))


def line(i: int) -> dict[str, Any]:
    """The look of series `i` (0, 1, ...) as a line: six that differ, then again."""
    return {"color": _at(PALETTE, i), "linestyle": _at(_DASHES, i)}


def points(i: int) -> dict[str, Any]:
    """The look of series `i` as points, joined or not: twelve that differ."""
    return {"color": _at(PALETTE, i), "marker": _at(_MARKERS, i)}


def series(i: int) -> dict[str, Any]:
    """The look of series `i` as a line with points: twelve that differ."""
    return line(i) | points(i)


def area(i: int) -> dict[str, Any]:
    """The look of series `i` as bars or other areas: six that differ."""
    # The hatch takes the colour of the edge.
    return {"facecolor": _at(PALETTE, i), "hatch": _at(_HATCHES, i)} | _EDGE


def _at(cycle: Sequence[Any], i: int) -> Any:
    return cycle[i % len(cycle)]


_EDGE = {"edgecolor": "white", "linewidth": 0}
TRAINING = {"color": MUTED, "marker": "s", "linestyle": "--"}
VALIDATION = {"color": ACCENT, "marker": "o", "linestyle": "-"}


def figure(width: float, height: float) -> Figure:
    """An empty figure, inches. Not known to pyplot, so that nothing shows it twice."""
    fig = Figure(figsize=(width, height), layout="constrained")
    fig.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
    return fig


def chance_line(ax: Axes, *, vertical: bool, value: float = 0.5) -> None:
    """A dashed line, named, where guessing lies."""
    line = ax.axvline if vertical else ax.axhline
    line(value, color=MUTED, linestyle="--", linewidth=1.5, zorder=2)
    if vertical:
        at = transforms.blended_transform_factory(ax.transData, ax.transAxes)
        ax.text(
            value, 1.0, "chance", transform=at, color=MUTED, ha="center", va="bottom"
        )
    else:
        at = transforms.blended_transform_factory(ax.transAxes, ax.transData)
        ax.text(
            0.99, value, "chance", transform=at, color=MUTED, ha="right", va="bottom"
        )
