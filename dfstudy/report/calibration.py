"""Figures of what a probability is worth, and of when a detector says nothing.

reliability({"before": (labels, scores), "after": (labels, probabilities)})
verdicts(calibrated.coverage(tables, limits))
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from dfstudy.metrics import calibration
from dfstudy.report import style
from dfstudy.report.style import FAKE, MUTED, REAL

_SAID = {  # a verdict's colour, and its hatch: a print may be grey
    "real": (REAL, ""),
    "cannot tell": ("#D9D9D9", ""),
    "neither": ("#9A9A9A", "..."),
    "fake": (FAKE, "///"),
}


def reliability(
    sets: Mapping[str, tuple[ArrayLike, ArrayLike]], *, title: str = ""
) -> Figure:
    """Share of fakes over mean P(fake), a panel a set; below, videos in each bin.

    Whiskers are 95 % intervals of Wilson, which count each video once: a bin has too
    few groups to resample. On the diagonal a probability means what it says.

    Args:
        sets: labels (N,) and P(fake) (N,) by name.
    """
    fig = style.figure(0.6 + 4.4 * len(sets), 5.4)
    panels, counts = fig.subplots(
        2, len(sets), squeeze=False, sharex=True, sharey="row", height_ratios=(3, 1)
    )
    for ax, below, (name, given) in zip(panels, counts, sets.items(), strict=True):
        bins = calibration.reliability(*given)
        count, share = bins["count"], bins["fake_share"]
        fakes = np.rint(count * share).astype(int)
        ends = np.array(
            [
                binomtest(int(k), int(n)).proportion_ci(method="wilson")[:]
                for k, n in zip(fakes, count, strict=True)
            ]
        )
        ax.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1.5)
        ax.vlines(bins["mean_probability"], *ends.T, color=style.ACCENT, linewidth=2)
        options = {"color": style.ACCENT, "clip_on": False}
        ax.plot(bins["mean_probability"], share, "o", **options)
        error = calibration.ece(*given)
        brier = calibration.brier(*given)
        ax.set_title(f"{name}\nECE {error:.2f}, Brier {brier:.2f}")
        ax.set(xlim=(0, 1), ylim=(0, 1))
        middle = (bins["low"] + bins["high"]) / 2
        below.bar(middle, count, 0.09, color="#BDBDBD")
        for x, n in zip(middle, count, strict=True):
            below.text(x, n, str(n), ha="center", va="bottom", size="x-small")
        below.margins(y=0.3)
        below.set_xlabel("P(fake)")
    panels[0].set_ylabel("share of fakes")
    counts[0].set_ylabel("videos")
    if title:
        fig.suptitle(title, fontweight="bold", x=0.01, ha="left")
    return fig


def verdicts(
    table: pd.DataFrame, *, promised: float | None = None, title: str = ""
) -> Figure:
    """What is said of reals and of fakes in each set, and whether coverage is kept.

    Args:
        table: of study.calibrated.coverage.
        promised: 1 - alpha, named in the title.
    """
    rows = list(dict.fromkeys(zip(table["of"], table["class"], strict=True)))
    fig = style.figure(11, 0.62 * len(rows) + 2.0)
    ax = fig.subplots()
    at = table.set_index(["of", "class", "metric"])
    for y, (of, name) in enumerate(rows):
        left = 0.0
        for said, (colour, hatch) in _SAID.items():
            share = at.loc[(of, name, said), "value"]
            label = said if y == 0 else None
            look = {"color": colour, "hatch": hatch, "edgecolor": "white"}
            ax.barh(y, share, 0.7, left, **look, label=label)
            if share > 0.06:
                dark = said in ("real", "fake")
                options = {"color": "white" if dark else style.INK, "va": "center"}
                # On a patch of plain colour, that no hatch runs through the figure.
                options["bbox"] = {"facecolor": colour, "edgecolor": "none", "pad": 2}
                ax.text(left + share / 2, y, f"{share:.0%}", ha="center", **options)
            left += 0.0 if np.isnan(share) else share
        kept = at.loc[(of, name, "coverage")]
        text = "n/a" if np.isnan(kept["value"]) else f"{kept['value']:.2f}"
        if not np.isnan(kept["low"]):
            text += f" [{kept['low']:.2f}, {kept['high']:.2f}]"
        ax.text(1.02, y, text, va="center")
    ax.text(1.02, -0.75, "coverage", va="center", color=MUTED)
    ax.set_yticks(range(len(rows)), [f"{of}, {name}s" for of, name in rows])
    ax.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6), xlabel="share of the videos")
    ax.grid(visible=False)
    fig.legend(loc="outside lower center", ncols=4)
    kept = "" if promised is None else f" (promised coverage {promised:.0%})"
    ax.set_title((title or "What is said of them") + kept, pad=26)
    return fig
