"""Figures of errors: what choosing on test hides, what rare fakes do, who is accused.

errors.optimism({"LSTM": thresholds.optimism(videos)})
errors.precision({"LSTM": thresholds.at_base_rates(test)})
errors.subgroups(subgroups.by_subgroup(test))
"""

from collections.abc import Mapping

import matplotlib.transforms as transforms
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from dfstudy.report import style
from dfstudy.report.style import INK, MUTED

_SERIES = (  # column, shift, colour, marker, name
    ("said", -0.24, MUTED, "s", "validation, at its own threshold"),
    ("flattered", 0.0, style.PALETTE[2], "D", "test, at its own threshold"),
    ("honest", 0.24, style.ACCENT, "o", "test, at validation's threshold"),
)
_PANELS = (
    ("auroc", "AUROC"),
    ("false_alarms", "reals called fake"),
    ("misses", "fakes called real"),
)


def optimism(draws: Mapping[str, pd.DataFrame], *, title: str = "") -> Figure:
    """Balanced accuracy by where the threshold was chosen; lines hold 90 % of redraws.

    Args:
        draws: name of a detector -> the table of study.thresholds.optimism.
    """
    fig = style.figure(10, 0.95 * len(draws) + 2.0)
    ax = fig.subplots()
    for i, table in enumerate(draws.values()):
        for column, shift, colour, marker, name in _SERIES:
            low, high = table[column].quantile([0.05, 0.95])
            at, label = i + shift, name if i == 0 else None
            ax.hlines(at, low, high, color=colour, linewidth=3, alpha=0.45)
            mean = table[column].mean()
            ax.plot(mean, at, marker, color=colour, label=label, clip_on=False)
        beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
        gap = table["optimism"].mean()
        ax.text(1.02, i, f"flattered by {gap:.3f}", transform=beside, va="center")
    ax.set_yticks(range(len(draws)), list(draws))
    ax.set(ylim=(len(draws) - 0.4, -0.6), xlabel="balanced accuracy")
    ax.margins(x=0.06)
    ax.grid(visible=False, axis="y")
    fig.legend(loc="outside lower center", ncols=2)
    ax.set_title(title or "Where was the threshold chosen?")
    return fig


def precision(tables: Mapping[str, pd.DataFrame], *, title: str = "") -> Figure:
    """Of the videos called fake, how many are: by how rare fakes are, in logarithms.

    Args:
        tables: name of a detector -> the table of study.thresholds.at_base_rates.
    """
    rows = [(name, row) for name, t in tables.items() for row in t.to_dict("records")]
    fig = style.figure(10, 0.5 * len(rows) + 1.7)
    ax = fig.subplots()
    beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
    for i, (_, row) in enumerate(rows):
        if pd.isna(row["value"]):
            text = f"n/a ({row['reason']})"
        else:
            text = _of_accused(row["value"])
            known = pd.notna(row["low"])
            fill = {} if known else {"fillstyle": "none"}
            ax.plot(row["value"], i, "o", color=INK, markersize=10, zorder=3, **fill)
            if known:
                ax.hlines(i, row["low"], row["high"], color=INK, linewidth=3)
        ax.text(1.02, i, text, transform=beside, va="center")
        if pd.notna(row["value"]) and row["reason"]:
            small = {"color": MUTED, "size": "small", "va": "center"}
            ax.text(0.01, i + 0.38, row["reason"], transform=beside, **small)
    names = [f"{name}, {row['name']}" for name, row in rows]
    ax.set_yticks(range(len(rows)), names)
    ax.set_xscale("log")
    values = np.array([[row["low"], row["value"]] for _, row in rows], float)
    lowest = 10.0 ** np.floor(np.log10(min([*values[values > 0], 0.1])))
    ax.set(xlim=(lowest, 1.1), ylim=(len(rows) - 0.4, -0.6), xlabel="precision")
    ax.xaxis.set_major_locator(FixedLocator(10.0 ** np.arange(np.log10(lowest), 1)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.grid(visible=False, axis="y")
    ax.set_title(title or "Of the videos called fake, how many are?")
    return fig


def _of_accused(value: float) -> str:
    if value > 0.5:
        return f"{value:.0%} of those called fake are"
    if value == 0:
        return "none of those called fake is"
    return f"one of {1 / value:,.0f} called fake is"


def subgroups(table: pd.DataFrame, *, title: str = "") -> Figure:
    """AUROC, false alarms and misses by subgroup, with intervals; n is of reals, fakes.

    Args:
        table: of study.subgroups.by_subgroup. What nobody has written down is said in
            words.
    """
    known = table[table["metric"].notna()] if "metric" in table else table.iloc[:0]
    missing = table[table["metric"].isna()]["reason"].tolist()
    keys = list(dict.fromkeys(zip(known["by"], known["subgroup"], strict=True)))
    fig = style.figure(12, 0.55 * max(len(keys), 2) + 2.0)
    axes = fig.subplots(1, 3, sharey=True)
    for ax, (metric, name) in zip(axes, _PANELS, strict=True):
        rows = known[known["metric"] == metric].set_index(["by", "subgroup"])
        for i, key in enumerate(keys):
            _whisker(ax, i, rows.loc[key])
        ax.set(xlim=(0, 1), xlabel=name)
        ax.grid(visible=False, axis="y")
        if metric == "auroc":
            style.chance_line(ax, vertical=True)
    first = known[known["metric"] == "auroc"].set_index(["by", "subgroup"])
    names = [
        f"{by}: {word}\nn = {first.loc[(by, word), 'reals']} +"
        f" {first.loc[(by, word), 'fakes']}"
        for by, word in keys
    ]
    axes[0].set_yticks(range(len(keys)), names)
    axes[0].set_ylim(max(len(keys), 1) - 0.4, -0.6)
    if missing:
        fig.supxlabel("; ".join(missing), size="medium", color=MUTED)
    fig.suptitle(title or "Who is judged how?", x=0.01, ha="left", weight="bold")
    return fig


def _whisker(ax: Axes, at: int, row: pd.Series) -> None:
    if pd.isna(row["value"]):
        ax.text(0.02, at, f"n/a: {row['reason']}", va="center", color=MUTED, size=10)
        return
    colour = INK if pd.isna(row["reason"]) else MUTED
    fill = {} if pd.notna(row["low"]) else {"fillstyle": "none"}
    if pd.notna(row["low"]):
        ax.hlines(at, row["low"], row["high"], color=colour, linewidth=3)
    else:
        ax.text(0.02, at + 0.3, row["reason"], va="center", color=MUTED, size=9)
    ax.plot(row["value"], at, "o", color=colour, markersize=9, clip_on=False, **fill)
