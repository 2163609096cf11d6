"""Figures of experiments that were run several times: every run is shown.

repeats.strips(study.repeats.summary(experiments), aurocs)
repeats.curves({"E1": [trained.history for trained in runs]})
repeats.confusions({"E1": [trained.videos(videos, "test") for trained in runs]})
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix

from dfstudy.report import style
from dfstudy.report.style import CLASS_NAMES, INK, MUTED

_COLUMNS = (
    ("loss", "train_loss", "val_loss"),
    ("accuracy", "train_accuracy", "val_accuracy"),
    ("AUROC", None, "val_auroc"),
)


def strips(
    summary: pd.DataFrame,
    runs: Mapping[str, Sequence[float]],
    *,
    metric: str = "AUROC",
    title: str = "",
) -> Figure:
    """Every run a dot; the mean with its interval, and below it S3's: of the best run.

    Args:
        summary: of study.repeats.summary, one row an experiment.
        runs: name -> the metric of each of its runs, as `summary` names them.
    """
    fig = style.figure(10, 0.85 * len(summary) + 2.0)
    ax = fig.subplots()
    for i, row in enumerate(summary.to_dict("records")):
        named = i == 0  # once in the legend
        ax.hlines(
            i + 0.2,
            row["best_low"],
            row["best_high"],
            color=MUTED,
            linewidth=3,
            alpha=0.6,
            label="interval of the best run, as S3 gives it" if named else None,
        )
        ax.hlines(
            i - 0.12,
            row["low"],
            row["high"],
            color=INK,
            linewidth=3,
            label="interval of the mean run: people and seeds" if named else None,
        )
        ax.plot(row["mean"], i - 0.12, "o", color=INK, markersize=10, clip_on=False)
        values = np.asarray(runs[row["name"]], float)
        ax.plot(
            values,
            np.full(values.size, i + 0.2),
            "o",
            color=style.ACCENT,
            markersize=7,
            linestyle="none",
            clip_on=False,
            label="a run" if named else None,
        )
    ax.set_yticks(range(len(summary)), summary["name"])
    ax.set(ylim=(len(summary) - 0.4, -0.6), xlim=(0, 1), xlabel=metric)
    ax.grid(visible=False, axis="y")
    style.chance_line(ax, vertical=True)
    fig.legend(loc="outside lower center", ncols=3)
    ax.set_title(title or f"{metric} on test videos, every run", pad=26)
    return fig


def curves(
    histories: Mapping[str, Sequence[pd.DataFrame]], *, title: str = ""
) -> Figure:
    """Loss, accuracy and AUROC by epoch: a row an experiment, a line a run.

    Args:
        histories: name -> the tables of `fit`, one a run.
    """
    fig = style.figure(11, 1.9 * len(histories) + 0.9)
    axes = fig.subplots(len(histories), 3, squeeze=False)
    for line, (name, tables) in zip(axes, histories.items(), strict=True):
        for ax, (what, train, val) in zip(line, _COLUMNS, strict=True):
            for number, table in enumerate(tables):
                for column, look, label in (
                    (train, style.TRAINING, "training"),
                    (val, style.VALIDATION, "validation"),
                ):
                    if column is None:
                        continue
                    label = label if number == 0 and ax is axes[0, 0] else None
                    # A point, too: one epoch is no line.
                    ax.plot(
                        table["epoch"] + 1,
                        table[column],
                        **look | {"linewidth": 1.6, "markersize": 4},
                        label=label,
                    )
            if what != "loss":
                ax.set_ylim(0.3, 1.02)
                ax.axhline(0.5, color=MUTED, linestyle="--", linewidth=1)
            ax.set_xlim(0.5, max(len(table) for table in tables) + 0.5)
            ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        line[0].set_ylabel(name, size=11)
    for ax, (what, _, _) in zip(axes[0], _COLUMNS, strict=True):
        ax.set_title(what)
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
    fig.legend(loc="outside upper right", ncols=2)
    if title:
        fig.suptitle(title, x=0.01, ha="left", weight="bold")
    return fig


def confusions(
    judged: Mapping[str, Sequence[pd.DataFrame]], *, title: str = ""
) -> Figure:
    """A confusion matrix of every run: a row an experiment, a column a run.

    Args:
        judged: name -> of each run, label and called (`Trained.videos`).
    """
    most = max(len(runs) for runs in judged.values())
    fig = style.figure(2.1 * most + 2.6, 1.75 * len(judged) + 0.6)
    axes = fig.subplots(len(judged), most, squeeze=False)
    for line, (name, runs) in zip(axes, judged.items(), strict=True):
        for ax in line[len(runs) :]:
            ax.set_axis_off()
        for number, (ax, run) in enumerate(zip(line, runs, strict=False)):
            counts = confusion_matrix(run["label"], run["called"], labels=[0, 1])
            shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            ax.imshow(shares, cmap=style.SHADES, vmin=0, vmax=1, aspect="auto")
            for (i, j), n in np.ndenumerate(counts):
                ax.text(j, i, f"{n}", ha="center", va="center", size=12)
            ax.set_xticks([0, 1], CLASS_NAMES if ax in axes[-1] else ["", ""])
            ax.set_yticks([0, 1], CLASS_NAMES if number == 0 else ["", ""])
            ax.grid(visible=False)
            ax.tick_params(length=0, labelsize=10)
        line[0].set_ylabel(name, size=11)
    for number, ax in enumerate(axes[0]):
        ax.set_title(f"run {number + 1}", size=11, weight="normal", loc="center")
    axes[-1, 0].set_xlabel("called", size=11)
    if title:
        fig.suptitle(title, x=0.01, ha="left", weight="bold")
    return fig
