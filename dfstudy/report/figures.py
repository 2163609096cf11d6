"""The figures of the course: functions of arrays or tables that return a Figure.

    style.apply(); figures.roc(labels, {"ResNet-18": scores})

Nothing is shown, saved or kept: the notebook shows what the last line of a cell
returns, `fig.savefig(path)` saves.
"""

from collections.abc import Mapping

import matplotlib.transforms as transforms
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from sklearn.metrics import classification_report, confusion_matrix, roc_curve

from dfstudy.metrics import auroc
from dfstudy.report import style
from dfstudy.report.comparisons import intervals, lines, rule_choice, sweep
from dfstudy.report.operating import operating_point
from dfstudy.report.sheets import contact_sheet
from dfstudy.report.style import CLASS_COLOURS, CLASS_NAMES, INK, MUTED
from dfstudy.report.timelines import frame_scores

__all__ = [
    "confusion",
    "contact_sheet",
    "frame_scores",
    "intervals",
    "learning_curves",
    "lines",
    "operating_point",
    "per_class_report",
    "roc",
    "rule_choice",
    "score_histogram",
    "sweep",
]


def learning_curves(history: pd.DataFrame, *, title: str = "") -> Figure:
    """Loss, accuracy, and AUROC on validation, by epoch; the kept one is marked.

    Args:
        history: one row an epoch: epoch, train_loss, val_loss, train_accuracy,
            val_accuracy, val_auroc (may be NaN), kept (bool).
    """
    fig = style.figure(14, 4)
    loss, accuracy, auroc = fig.subplots(1, 3)
    epochs = history["epoch"]
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        for part, look, said in (
            ("train", style.TRAINING, "training"),
            ("val", style.VALIDATION, "validation"),
        ):
            ax.plot(epochs, history[f"{part}_{name}"], **look, label=said)
    loss.set(xlabel="epoch", ylabel="loss", ylim=(0, None), title=title or "Loss")
    loss.legend()
    accuracy.set(xlabel="epoch", ylabel="accuracy", ylim=(0.3, 1.02))
    accuracy.set(title="Called at P(fake) = 0.5")
    auroc.plot(epochs, history["val_auroc"], "o-", color=style.ACCENT)
    auroc.set(xlabel="epoch", ylabel="AUROC", ylim=(0.3, 1.02), title="On validation")
    style.chance_line(auroc, vertical=False)
    if history["val_auroc"].notna().any():
        kept = history[history["kept"]]
        ring = {"s": 260, "facecolors": "none", "edgecolors": INK, "linewidths": 2}
        auroc.scatter(kept["epoch"], kept["val_auroc"], **ring, zorder=3, label="kept")
        auroc.legend(loc="lower right")
    for ax in (loss, accuracy, auroc):
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.margins(x=0.08)
    return fig


def confusion(labels: ArrayLike, verdicts: ArrayLike, *, title: str = "") -> Figure:
    """Confusion matrix of videos: counts, and the share of each true class below.

    Args:
        labels, verdicts: (N,) 0 real, 1 fake.
    """
    counts = confusion_matrix(np.asarray(labels), np.asarray(verdicts), labels=[0, 1])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    text = [
        [f"{n}\n{p:.0%}" for n, p in zip(*row, strict=True)]
        for row in zip(counts, shares, strict=True)
    ]
    fig = style.figure(5, 4.6)
    ax = fig.subplots()
    _heatmap(ax, shares, text, size=17)
    ax.set(xlabel="called", ylabel="truth", title=title or "Confusion matrix")
    ax.set_xticklabels(CLASS_NAMES)
    ax.set_yticklabels(CLASS_NAMES, rotation=0)
    for ticks in (ax.get_xticklabels(), ax.get_yticklabels()):
        for tick, colour in zip(ticks, CLASS_COLOURS, strict=True):
            tick.set(color=colour, fontweight="bold")
    return fig


def roc(
    labels: ArrayLike,
    scores: Mapping[str, ArrayLike],
    *,
    thresholds: Mapping[str, float] | None = None,
    title: str = "",
) -> Figure:
    """ROC of one detector or several on the same videos; dots: where they operate.

    Args:
        labels: (N,) 0 real, 1 fake; of one class alone there is no curve, and the
            figure says so.
        scores: name -> (N,), higher is more fake.
        thresholds: name -> the threshold in use, chosen on validation.

    Raises:
        ValueError: hard labels for scores.
    """
    y = np.asarray(labels)
    fig = style.figure(6, 5.8)
    ax = fig.subplots()
    if len(np.unique(y)) < 2:
        scores = {}
        ax.text(0.5, 0.6, "no ROC: one class only", ha="center")
    for i, (name, values) in enumerate(scores.items()):
        s = np.asarray(values)
        label = f"{name}, AUROC {auroc(y, s):.2f}"
        fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
        ax.plot(fpr, tpr, **style.line(i), label=label, clip_on=False)
        if thresholds and name in thresholds:
            called = s >= thresholds[name]
            at = called[y == 0].mean(), called[y == 1].mean()
            dot = {"markersize": 11, "markeredgecolor": "white"}
            ax.plot(*at, **style.points(i), **dot)
    ax.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1.5)
    ax.text(0.5, 0.43, "chance", color=MUTED, rotation=45, rotation_mode="anchor")
    ax.set(xlabel="reals called fake (FPR)", ylabel="fakes called fake (TPR)")
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", title=title or "ROC")
    if scores:
        ax.legend(loc="lower right")
    return fig


def per_class_report(
    labels: ArrayLike, verdicts: ArrayLike, *, title: str = ""
) -> Figure:
    """Precision, recall and F1 of each class with macro and weighted averages.

    A cell that does not exist (nothing called so, none of it there) is "n/a".
    """
    report = classification_report(
        np.asarray(labels),
        np.asarray(verdicts),
        labels=[0, 1],
        target_names=CLASS_NAMES,
        output_dict=True,
        zero_division=np.nan,
    )
    rows = [*CLASS_NAMES, "macro avg", "weighted avg"]
    columns = ["precision", "recall", "f1-score"]
    values = np.array([[report[row][column] for column in columns] for row in rows])
    # scikit-learn averages the class that has a value; half an average is none.
    values[2:, np.isnan(values[:2]).any(axis=0)] = np.nan
    text = [["n/a" if np.isnan(v) else f"{v:.2f}" for v in row] for row in values]
    fig = style.figure(7.2, 4.2)
    ax = fig.subplots()
    _heatmap(ax, np.nan_to_num(values), text, size=15)
    ax.set_xticklabels(["precision", "recall", "F1"])
    ax.xaxis.tick_top()
    names = [f"{row}\nn = {int(report[row]['support'])}" for row in rows]
    ax.set_yticklabels(names, rotation=0)
    for tick, colour in zip(ax.get_yticklabels(), CLASS_COLOURS, strict=False):
        tick.set(color=colour, fontweight="bold")
    ax.set_title(title or "Per class", pad=14)
    return fig


def score_histogram(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: float | None = None,
    title: str = "",
) -> Figure:
    """How the scores of reals and fakes are spread, as shares of each class.

    Args:
        labels: (N,) 0 real, 1 fake. scores: (N,) in [0, 1].
    """
    y, s = np.asarray(labels), np.asarray(scores)
    fig = style.figure(7.5, 4.2)
    ax = fig.subplots()
    bins = np.linspace(0, 1, 21)
    for label, (name, colour) in enumerate(
        zip(CLASS_NAMES, CLASS_COLOURS, strict=True)
    ):
        mine = s[y == label]
        weights = np.full(mine.size, 1 / max(mine.size, 1))
        ax.hist(mine, bins, weights=weights, color=colour, alpha=0.35)
        ax.hist(
            mine,
            bins,
            weights=weights,
            color=colour,
            histtype="step",
            linewidth=2.5,
            linestyle=style.CLASS_LINES[label],
            label=f"{name} (n = {mine.size})",
        )
    ax.set(xlabel="score, P(fake)", ylabel="share of the class", xlim=(0, 1))
    ax.set_title(title or "Scores")
    ax.set_ylim(0, 1.15 * ax.get_ylim()[1])  # room for the name of the line
    if threshold is not None:
        ax.axvline(threshold, color=INK, linewidth=2)
        above = transforms.blended_transform_factory(ax.transData, ax.transAxes)
        left = threshold > 0.7
        ax.text(
            threshold + (-0.012 if left else 0.012),
            0.97,
            f"threshold {threshold:.2f}",
            transform=above,
            ha="right" if left else "left",
            va="top",
        )
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return fig


def _heatmap(ax: Axes, values: np.ndarray, text: list, *, size: int) -> None:
    sns.heatmap(
        values,
        annot=text,
        fmt="",
        cmap=style.SHADES,
        vmin=0,
        vmax=1,
        cbar=False,
        linewidths=1.5,
        linecolor=style.GRID,
        annot_kws={"size": size, "color": INK},
        ax=ax,
    )
    ax.tick_params(length=0)
