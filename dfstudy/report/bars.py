"""Bars of several detectors, metric by metric, each with its interval."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.style import INK, MUTED

_SHORT = {"auroc": "AUROC", "f1": "F1", "balanced_accuracy": "balanced accuracy"}


def bars(
    metrics: Mapping[str, Mapping[str, Mapping] | str],
    *,
    shown: tuple[str, ...] = ("accuracy", "f1", "auroc"),
    title: str = "",
) -> Figure:
    """One group of bars a metric, one bar a detector; whiskers are 95 % intervals.

    Args:
        metrics: name of a detector -> metric -> entry (value, low, high, or a reason;
            a block of `metrics` in a result), or in words why it has none.
        shown: the metrics.
    """
    fig = style.figure(11, 4.8)
    ax = fig.subplots()
    width = 0.8 / len(metrics)
    for i, (name, entries) in enumerate(metrics.items()):
        missing = isinstance(entries, str)
        rows = [{} if missing else entries[metric] for metric in shown]
        table = pd.DataFrame(rows).reindex(columns=["value", "low", "high"])
        value, low, high = table.astype(float).to_numpy().T
        at = np.arange(len(shown)) + (i - (len(metrics) - 1) / 2) * width
        label = f"{name} (n/a: {entries})" if missing else name
        look = style.area(i)
        ax.bar(at, np.nan_to_num(value), width * 0.92, **look, label=label)
        whiskers = {"color": INK, "linewidth": 1.8}
        ax.vlines(at, low, high, **whiskers)
        for x, number in zip(at, value, strict=True):
            text = "n/a" if np.isnan(number) else f"{number:.2f}"
            # On a white patch: bars may be dark, and hatched.
            patch = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
            turned = {"ha": "center", "va": "bottom", "rotation": 90}
            ax.text(x, 0.03, text, **turned, color=INK, bbox=patch)
    ax.axhline(0.5, color=MUTED, linestyle="--", linewidth=1.5)
    ax.set_xticks(range(len(shown)), [_SHORT.get(name, name) for name in shown])
    ax.set(ylim=(0, 1.02), ylabel="on test videos", title=title)
    ax.grid(visible=False, axis="x")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)
    return fig
