"""The figure of the leak meter: what each split says of the same detector.

leaks.meter(found.table, found.gaps)            # of study.leaks.meter
"""

import matplotlib.transforms as transforms
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.style import INK, MUTED


def meter(table: pd.DataFrame, gaps: pd.DataFrame, *, title: str = "") -> Figure:
    """AUROC of frames under each split, and beside it what is beyond the group split.

    Args:
        table, gaps: of study.leaks.Leaks; kind, split, value, low, high.
    """
    kinds = list(dict.fromkeys(table["kind"]))
    splits = list(dict.fromkeys(table["split"]))
    fig = style.figure(13, 0.55 * len(splits) * len(kinds) + 2.2)
    left, right = fig.subplots(1, 2, width_ratios=(1.2, 1))
    places = [(kind, split) for kind in kinds for split in splits]
    _draw(left, table, places)
    left.set_yticks(range(len(places)), [f"{kind}, {split}" for kind, split in places])
    left.set(xlim=(0, 1), xlabel="AUROC of test frames")
    style.chance_line(left, vertical=True)
    _draw(right, gaps, places)
    right.set_yticks([])
    right.set(xlim=(-0.8, 0.8), xlabel="minus the AUROC under the group split")
    right.axvline(0, color=MUTED, linestyle="--", linewidth=1.5, zorder=2)
    for ax in (left, right):
        ax.set_ylim(len(places) - 0.4, -0.6)
        ax.grid(visible=False, axis="y")
    left.set_title(title or "One detector, four splits", pad=26)
    right.set_title("What the leak adds", pad=26)
    return fig


def _draw(ax: Axes, rows: pd.DataFrame, places: list[tuple[str, str]]) -> None:
    """Values with intervals, each in its place; the honest split in grey."""
    beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
    for row in rows.to_dict("records"):
        at = places.index((row["kind"], row["split"]))
        colour = MUTED if row["split"] == "group" else INK
        ax.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=3)
        dot = {"color": colour, "markersize": 10, "zorder": 3, "clip_on": False}
        ax.plot(row["value"], at, "o", **dot)
        text = f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
        ax.text(1.04, at, text, transform=beside, va="center", color=colour)
