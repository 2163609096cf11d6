"""The figures of a comparison; each carries what its numbers are of.

(one, *_) = study.comparison.compare(runs)
compared.quality(one); compared.differences(one); compared.matrix(one)
compared.pareto(one)
"""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from dfstudy.report import style
from dfstudy.report.comparisons import intervals
from dfstudy.report.style import INK, MUTED
from dfstudy.study.comparison import Comparison
from dfstudy.study.comparison.front import COSTS

ALPHA = 0.05
_COST_OF = dict(zip(COSTS, ("parameters", "multiply-adds", "ms a video"), strict=True))
# Neither of the class colours; light enough for dark text.
_SIGNED = LinearSegmentedColormap.from_list("signed", ["#E3B5CF", "#FFFFFF", "#8FD1BB"])


def quality(one: Comparison, *, title: str = "") -> Figure:
    """AUROC of every detector with its interval, best first, trivial ones below."""
    rows = one.quality.sort_values(["trivial", "auroc"], ascending=[True, False])
    names = {"auroc": "value", "auroc_low": "low", "auroc_high": "high"}
    table = rows.rename(columns=names)
    table["name"] = [
        f"{row.name} ({row.seeds:.0f} runs)" if row.seeds > 1 else row.name
        for row in table[["name", "seeds"]].itertuples(index=False)
    ]
    return stamped(intervals(table, title=title or "AUROC on test videos"), one)


def differences(one: Comparison, *, title: str = "") -> Figure:
    """Row minus column, of every pair; a frame where Holm's p is below 0.05."""
    names = one.ranking
    pairs = one.differences.set_index(["first", "second"])
    if pairs.empty:
        return nothing("no pair of detectors that can be compared", title, one)
    n = len(names)
    fig = style.figure(1.25 * n + 3.2, 0.72 * n + 2.2)
    ax = fig.subplots()
    gaps = np.full((n, n), np.nan)
    for i, first in enumerate(names):
        for j, second in enumerate(names[:i]):
            same = (first, second) in pairs.index
            row = pairs.loc[(first, second) if same else (second, first)]
            sign = 1 if same else -1
            gaps[i, j] = sign * row["value"]
            ends = sorted(sign * row[["low", "high"]].to_numpy(float))
            text = f"{gaps[i, j]:+.2f}"
            if not np.isnan(ends[0]):
                text += f"\n{ends[0]:+.2f} {ends[1]:+.2f}"
            found = row["p_holm"] < ALPHA
            weight = {"weight": "bold" if found else "normal", "color": INK}
            ax.text(j, i, text, ha="center", va="center", size=11, **weight)
            if found:
                box = {"fill": False, "edgecolor": INK, "linewidth": 2.2}
                ax.add_patch(_square(i, j, **box))
    most = max(0.1, np.nanmax(np.abs(gaps)))
    ax.imshow(gaps, cmap=_SIGNED, vmin=-most, vmax=most, aspect="auto")
    ax.set_xticks(range(n - 1), names[: n - 1], rotation=35, ha="right")
    ax.set_yticks(range(1, n), names[1:])
    ax.set(xlim=(-0.5, max(n - 1.5, 0.5)), ylim=(n - 0.5, 0.5))
    _bare(ax)
    ax.set_title(title or "AUROC, row minus column; framed: told apart (Holm)")
    return stamped(fig, one)


def matrix(one: Comparison, *, title: str = "") -> Figure:
    """AUROC of each detector on each kind of forgery; grey text: never learned."""
    names, kinds = one.ranking, list(dict.fromkeys(one.matrix["kind"]))
    if not kinds:
        return nothing("no detector, or no fakes, to be shown", title, one)
    fig = style.figure(1.75 * max(len(kinds), 2) + 3.0, 0.72 * len(names) + 2.4)
    ax = fig.subplots()
    cells = one.matrix.set_index(["name", "kind"])
    values = np.full((len(names), len(kinds)), np.nan)
    for (i, name), (j, kind) in (
        (a, b) for a in enumerate(names) for b in enumerate(kinds)
    ):
        row = cells.loc[name, kind]
        values[i, j] = row["value"]
        text = "n/a" if np.isnan(row["value"]) else f"{row['value']:.2f}"
        if not np.isnan(row["low"]):
            text += f"\n{row['low']:.2f} to {row['high']:.2f}"
        look = {"color": INK} if row["learned"] else {"color": MUTED, "style": "italic"}
        ax.text(j, i, text, ha="center", va="center", size=11, **look)
    ax.imshow(values, cmap=style.SHADES, vmin=0.5, vmax=1, aspect="auto")
    n = cells["n"].groupby("kind").first()
    labels = [f"{kind}\n{n[kind]} fakes" for kind in kinds]
    ax.set_xticks(range(len(kinds)), labels)
    ax.set_yticks(range(len(names)), names)
    _bare(ax)
    ax.set_title(title or "Which detector sees which artefact? AUROC on test videos")
    return stamped(fig, one)


def pareto(one: Comparison, *, title: str = "") -> Figure:
    """Cost against AUROC, a panel a cost; filled: on the front, hollow: beaten."""
    known = [cost for cost in COSTS if one.cost[cost].notna().any()]
    if not known:
        return nothing("no detector whose cost is known", title, one)
    fig = style.figure(4.3 * len(known) + 2.8, 4.6)
    axes = fig.subplots(1, len(known), squeeze=False, sharey=True)[0]
    ends = one.quality.set_index("name")[["auroc_low", "auroc_high"]]
    for ax, cost in zip(axes, known, strict=False):
        front = one.cost[one.cost[f"front_{cost}"]].sort_values(cost)
        ax.step(front[cost], front["auroc"], where="post", color=MUTED, linewidth=1.5)
        for i, row in enumerate(one.cost.to_dict("records")):
            look = style.points(i)
            colour = look["color"]
            on = row[f"front_{cost}"]
            ax.vlines(row[cost], *ends.loc[row["name"]], color=colour, linewidth=1.2)
            ax.plot(
                row[cost],
                row["auroc"],
                **look,
                markersize=11,
                markerfacecolor=colour if on else "white",
                markeredgewidth=2,
                linestyle="none",
                label=row["name"] if ax is axes[0] else None,
            )
        ax.set_xscale("log")
        wide = one.cost[cost].max() > 20 * one.cost[cost].min()
        ax.xaxis.set_major_locator(LogLocator(subs=(1,) if wide else (1, 2, 5)))
        ax.xaxis.set_major_formatter(EngFormatter(sep=""))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set(xlabel=_COST_OF[cost])
        # Room around costs that are nearly the same, so that their ticks keep apart.
        ax.set_xlim(one.cost[cost].min() / 1.7, one.cost[cost].max() * 1.7)
        style.chance_line(ax, vertical=False)
    axes[0].set(ylabel="AUROC")
    fig.legend(loc="outside right center", markerscale=0.8)
    axes[0].set_title(title or "Cost beside quality; filled: nobody beats it in both")
    return stamped(fig, one)


def by_chance(table: pd.DataFrame, *, title: str = "") -> Figure:
    """How many pairs of equally good detectors seem to differ, by test set.

    Args:
        table: of study.comparison.chance.by_chance.
    """
    fig = style.figure(9, 4)
    ax = fig.subplots()
    most = int(table[["found", "found_holm"]].to_numpy().max())
    at = np.arange(most + 1)
    for column, name, colour, shift in (
        ("found", f"each pair with p < {ALPHA}", MUTED, -0.2),
        ("found_holm", "corrected (Holm)", style.ACCENT, 0.2),
    ):
        share = np.bincount(table[column], minlength=most + 1) / len(table)
        hatch = "///" if column == "found" else ""
        look = {"facecolor": colour, "hatch": hatch, "edgecolor": "white"}
        ax.bar(at + shift, share, 0.38, **look, label=name)
    pairs = int(table["pairs"].iloc[0])
    ax.set(xlabel=f"differences found, of {pairs} that are none", ylabel="test sets")
    ax.yaxis.set_major_formatter(lambda y, _: f"{y:.0%}")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(visible=False, axis="x")
    ax.legend()
    ax.set_title(title or "Detectors that are equally good (simulated)")
    return fig


def stamped(fig: Figure, one: Comparison) -> Figure:
    """The figure with, below it, which data, profile, backbone, start and day."""
    fig.supxlabel(wrapped(one, fig), x=0.01, ha="left", size=10, color=MUTED)
    return fig


def wrapped(one: Comparison, fig: Figure) -> str:
    """What a figure's numbers are of, in lines of its width."""
    return textwrap.fill(one.stamp, int(fig.get_figwidth() * 11.5))


def gaps(rows: pd.DataFrame, one: Comparison, *, title: str = "") -> Figure:
    """The differences of two detectors by resample: paired, and as if they were not.

    Args:
        rows: of study.comparison.pairing.paired_and_not.
    """
    if rows["value"].isna().any():
        return nothing(str(rows["reason"].iloc[0]), title, one)
    fig = style.figure(10, 4.2)
    ax = fig.subplots()
    every = np.concatenate(rows["drawn"].tolist())
    bins = np.linspace(np.nanmin(every), np.nanmax(every), 50)
    for i, row in enumerate(rows.to_dict("records")):
        colour = (style.ACCENT, MUTED)[i]
        label = f"{row['name']}: {row['low']:+.2f} to {row['high']:+.2f}"
        ax.hist(row["drawn"], bins, color=colour, alpha=0.35)
        outline = {"histtype": "step", "linewidth": 2.5, "linestyle": ("-", "--")[i]}
        ax.hist(row["drawn"], bins, color=colour, label=label, **outline)
    top = ax.get_ylim()[1]
    for i, row in enumerate(rows.to_dict("records")):
        at, colour = -(0.06 + 0.08 * i) * top, (style.ACCENT, MUTED)[i]
        ax.hlines(at, row["low"], row["high"], color=colour, linewidth=5)
    ax.axvline(0, color=INK, linestyle="--", linewidth=1.5)
    ax.set(xlabel="difference of AUROC", ylabel="resamples", ylim=(-0.2 * top, top))
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= top])
    ax.set_title(title or "The same two detectors, compared in two ways")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=1)
    return stamped(fig, one)


def nothing(why: str, title: str, one: Comparison) -> Figure:
    """A figure that says why there is none."""
    fig = style.figure(8, 2)
    ax = fig.subplots()
    ax.set_axis_off()
    ax.text(0, 0.5, f"n/a: {why}", va="center")
    ax.set_title(title)
    return stamped(fig, one)


def _square(i: int, j: int, **look) -> Rectangle:
    return Rectangle((j - 0.47, i - 0.46), 0.94, 0.92, **look)


def _bare(ax: Axes) -> None:
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
