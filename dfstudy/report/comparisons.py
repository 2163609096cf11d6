"""Figures that set things side by side: rules on validation, intervals on test.

figures.intervals(tidy(results).query("metric == 'auroc' and split == 'test'"))
"""

from collections.abc import Mapping

import matplotlib.transforms as transforms
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dfstudy.report import style
from dfstudy.report.style import INK, MUTED

_POOLED = {
    "mean": "mean score",
    "vote": "share of votes",
    "max": "highest score",
    "top3": "three highest",
    "noisy_or": "noisy-or",
}


def rule_choice(tried: pd.DataFrame, *, title: str = "") -> Figure:
    """What each candidate rule reached on validation, the chosen one marked.

    Args:
        tried: the table of `training.rule.choose_rule`.
    """
    names = [
        f"{_POOLED[row.aggregation]} ≥ {_near_one(row.threshold)}"
        "\n(threshold chosen too)"
        if row.free
        else f"{row.aggregation} {'>' if row.strict else '≥'} {row.threshold:g}"
        for row in tried.itertuples()
    ]
    fig = style.figure(8, 0.62 * len(tried) + 1.6)
    ax = fig.subplots()
    at = np.arange(len(tried))
    values = tried["balanced_accuracy"].to_numpy(dtype=float)
    colours = [style.ACCENT if chosen else "#BDBDBD" for chosen in tried["chosen"]]
    ax.barh(at, np.nan_to_num(values), color=colours, height=0.68)
    for i, (value, chosen) in enumerate(zip(values, tried["chosen"], strict=True)):
        text = "n/a" if np.isnan(value) else f"{value:.2f}"
        start = 0.01 if np.isnan(value) else value + 0.01
        bold = "bold" if chosen else "normal"
        text += "  chosen" if chosen else ""
        ax.text(start, i, text, va="center", fontweight=bold)
    ax.set_yticks(at, names)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1.2), xlabel="balanced accuracy on validation")
    ax.set_xticks(np.arange(0, 1.01, 0.25))
    ax.grid(visible=False, axis="y")
    style.chance_line(ax, vertical=True)
    ax.set_title(title or "Which rule? Asked of validation only", pad=26)
    return fig


def _near_one(threshold: float) -> str:
    # A noisy-or of many frames is nearly 1, and so is the threshold that divides them.
    if 0.995 < threshold < 1:
        return f"1 − {1 - threshold:.0e}"
    return f"{threshold:.2f}"


def intervals(
    numbers: pd.DataFrame,
    *,
    metric: str = "AUROC",
    chance: float | None = 0.5,
    limits: tuple[float, float] = (0, 1),
    title: str = "",
) -> Figure:
    """Values with their intervals, one line each: where they overlap, and with chance.

    Args:
        numbers: rows of `training.results.tidy`, or any table with `name` (or `model`
            and `family`), `value`, `low`, `high`, and `reason` for what is missing. The
            order of rows is kept; `trivial` rows are grey.
        chance: where guessing lies; None for no line.
    """
    names = _names(numbers)
    fig = style.figure(9.5, 0.5 * len(names) + 1.7)
    ax = fig.subplots()
    trivial = numbers.get("trivial", pd.Series(False, index=numbers.index))
    beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
    for i, row in enumerate(numbers.to_dict("records")):
        colour = MUTED if bool(trivial.iloc[i]) else INK
        value, low, high = row["value"], row["low"], row["high"]
        if pd.isna(value):
            text, why = "n/a", row.get("reason")
        elif pd.isna(low):
            text, why = f"{value:.2f}", row.get("reason") or "no interval"
            hollow = {"fillstyle": "none", "markersize": 10, "clip_on": False}
            ax.plot(value, i, "o", color=colour, **hollow)
        else:
            text, why = f"{value:.2f} [{low:.2f}, {high:.2f}]", None
            ax.plot([low, high], [i, i], color=colour, linewidth=3)
            ax.plot(value, i, "o", color=colour, markersize=10, zorder=3, clip_on=False)
        ax.text(1.02, i, text, transform=beside, va="center", color=colour)
        if why:
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            small = {"color": MUTED, "size": "small", "bbox": box, "va": "center"}
            ax.text(0.01, i + 0.36, why, transform=beside, **small)
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=limits, xlabel=metric)
    ax.grid(visible=False, axis="y")
    if chance is not None:
        style.chance_line(ax, vertical=True, value=chance)
    ax.set_title(title or f"{metric} with its 95 % interval", pad=26)
    return fig


def lines(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    x: str,
    y: str,
    title: str = "",
    marked: bool = False,
) -> Figure:
    """Curves of one quantity over another, each with its name.

    Args:
        curves: name -> (N,) of the x axis and (N,) of the y axis.
        x, y: what the axes show. marked: with a marker at each point.
    """
    fig = style.figure(9, 4.4)
    ax = fig.subplots()
    for i, (name, (at, values)) in enumerate(curves.items()):
        look = style.points(i) if marked else {}
        ax.plot(at, values, **style.line(i) | look, label=name)
    ax.set(xlabel=x, ylabel=y, title=title)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return fig


def sweep(table: pd.DataFrame, *, title: str = "") -> Figure:
    """AUROC of every point of a grid, on validation and, beside it, on test.

    A ring is round what validation has chosen, a diamond where test is highest.

    Args:
        table: of `training.sweep.sweep`.
    """
    names = [
        f"rate {row.learning_rate:g}, batch {row.batch_size:g}"
        for row in table.itertuples()
    ]
    fig = style.figure(9.5, 0.62 * len(table) + 2.1)
    ax = fig.subplots()
    at = np.arange(len(table))
    for split, name, colour, mark, shift in (
        ("val", "validation, which chooses", style.ACCENT, "o", -0.14),
        ("test", "test, read afterwards", MUTED, "s", 0.14),
    ):
        values = table[split].to_numpy(dtype=float)
        ends = table[[f"{split}_low", f"{split}_high"]].to_numpy(dtype=float)
        ax.hlines(at + shift, *ends.T, color=colour, linewidth=2.5, alpha=0.6)
        ax.plot(values, at + shift, mark, color=colour, label=name, clip_on=False)
    for column, split, shift, marker, name in (
        ("chosen", "val", -0.14, "o", "chosen on validation"),
        ("best_on_test", "test", 0.14, "D", "the highest on test"),
    ):
        (row,) = np.flatnonzero(table[column])
        ring = {"s": 230, "facecolors": "none", "edgecolors": INK, "linewidths": 2}
        place = table[split].iloc[row], row + shift
        ax.scatter(*place, marker=marker, **ring, zorder=3, clip_on=False, label=name)
    ax.set_yticks(at, names)
    ax.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, 1), xlabel="AUROC")
    ax.grid(visible=False, axis="y")
    style.chance_line(ax, vertical=True)
    fig.legend(loc="outside lower center", ncols=2, markerscale=0.7)
    ax.set_title(title or "A grid of settings", pad=26)
    return fig


def _names(numbers: pd.DataFrame) -> list[str]:
    if "name" in numbers:
        return numbers["name"].tolist()
    return [f"{row.model}, {row.family}" for row in numbers.itertuples()]
