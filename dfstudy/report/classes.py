"""People beside detectors: a panel a kind of forgery, a line for each who judged.

classes.beside(classroom.compared(...))
"""

import pandas as pd
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.style import ACCENT, INK, MUTED

_MARKS = {"people": (INK, "D"), "simulated": (MUTED, "D"), "detector": (ACCENT, "o")}


def beside(rows: pd.DataFrame, *, title: str = "Who can tell?") -> Figure:
    """AUROC with intervals: people black diamonds, simulated grey, detectors dots.

    Args:
        rows: forgery, who, judge (people, simulated, detector), value, low, high and
            stamp, as `course.classroom.compared` makes them. Without an interval a
            mark is hollow.
    """
    forgeries = list(dict.fromkeys(rows["forgery"]))
    stamps = rows.drop_duplicates("who").set_index("who")["stamp"]
    fig = style.figure(4.5 + 1.6 * len(forgeries), 0.6 * len(stamps) + 1.9)
    axes = fig.subplots(1, len(forgeries), sharey=True, squeeze=False)[0]
    for ax, forgery in zip(axes, forgeries, strict=True):
        for row in rows[rows["forgery"] == forgery].to_dict("records"):
            at = stamps.index.get_loc(row["who"])
            colour, mark = _MARKS[row["judge"]]
            if pd.isna(row["value"]):
                ax.text(0.5, at, "n/a", color=colour, ha="center", va="center")
                continue
            sure = not pd.isna(row["low"])
            if sure:
                ax.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=3)
            fill = "full" if sure else "none"
            look = {"color": colour, "markersize": 9, "fillstyle": fill, "zorder": 3}
            ax.plot(row["value"], at, mark, clip_on=False, **look)
        ax.set(xlim=(0, 1), ylim=(len(stamps) - 0.5, -0.5), title=forgery)
        ax.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        ax.grid(visible=False, axis="y")
        ax.axvline(0.5, color=style.MUTED, linestyle="--", linewidth=1.5, zorder=1)
    axes[0].set_yticks(
        range(len(stamps)), [f"{who}\n{stamp}" for who, stamp in stamps.items()]
    )
    axes[0].tick_params(axis="y", labelsize=11)
    fig.supxlabel("AUROC; dashed: chance; hollow: too few for an interval", size=12)
    fig.suptitle(title, x=0.01, ha="left", weight="bold")
    return fig
