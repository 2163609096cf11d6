"""Figures of what a detector loses: to perturbations, and to an attack.

curves(robustness.curves(tables), family="all")     # a panel for each perturbation
attack(adversarial.attacked(detector, data))        # one for each quantity
examples(read_frames(path, [0])[0], damages)        # what the levels look like
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfstudy.report import sheets, style
from dfstudy.video.perturb import KINDS, Perturbation

REALS = "reals called fake"
_COLUMNS = 4


def curves(
    table: pd.DataFrame, *, families: Sequence[str] = ("all",), title: str = ""
) -> Figure:
    """Rows of panels for each family, one panel a perturbation, a line a detector.

    Bands are 95 % intervals over groups; levels stand at equal distances.

    Args:
        table: of study.robustness.curves.
        families: of the table; "real" shows the share of reals called fake.
    """
    kinds = list(dict.fromkeys(table["perturbation"]))
    columns = min(len(kinds), _COLUMNS)
    blocks = [kinds[i : i + columns] for i in range(0, len(kinds), columns)]
    rows = [(family, block) for family in families for block in blocks]
    fig = style.figure(0.8 + 3.6 * columns, 0.9 + 3.3 * len(rows))
    panels = fig.subplots(len(rows), columns, squeeze=False, sharey="row")
    for across, (family, block) in zip(panels, rows, strict=True):
        for ax in across[len(block) :]:
            ax.remove()
        for ax, kind in zip(across, block, strict=False):
            of = (table["perturbation"] == kind) & (table["family"] == family)
            levels = list(dict.fromkeys(table.loc[of, "level"]))
            for i, (name, mine) in enumerate(table[of].groupby("detector", sort=False)):
                _band(ax, [levels.index(v) for v in mine["level"]], mine, name, i)
            names = ["as it is", *(f"{level:g}" for level in levels[1:])]
            ax.set_xticks(range(len(levels)), names)
            ax.set(ylim=(-0.02, 1.02), xlabel=KINDS[kind].unit)
            ax.set_title(KINDS[kind].title)
            if family != "real":
                ax.axhline(0.5, color=style.MUTED, linestyle="--", linewidth=1.5)
        across[0].set_ylabel(REALS if family == "real" else f"AUROC, {family}")
    _legend(fig, panels[0][0])
    if title:
        fig.suptitle(title, fontweight="bold", x=0.01, ha="left")
    return fig


def attack(table: pd.DataFrame, *, title: str = "") -> Figure:
    """AUROC, and the shares called fake, over the strength of an attack.

    Args:
        table: of study.adversarial.attacked.
    """
    metrics = list(dict.fromkeys(table["metric"]))
    fig = style.figure(0.8 + 4.2 * len(metrics), 4.2)
    panels = fig.subplots(1, len(metrics), squeeze=False)[0]
    for ax, metric in zip(panels, metrics, strict=True):
        rows = table[table["metric"] == metric]
        epsilons = list(dict.fromkeys(rows["epsilon"]))
        for i, (name, mine) in enumerate(rows.groupby("attack", sort=False)):
            _band(ax, [epsilons.index(e) for e in mine["epsilon"]], mine, name, i)
        ax.set_xticks(range(len(epsilons)), [f"{e:g}" for e in epsilons])
        ax.set(ylim=(-0.02, 1.02), xlabel="epsilon, grey levels")
        ax.set_title("AUROC" if metric == "auroc" else metric)
        if metric == "auroc":
            ax.axhline(0.5, color=style.MUTED, linestyle="--", linewidth=1.5)
    _legend(fig, panels[0])
    if title:
        fig.suptitle(title, fontweight="bold", x=0.01, ha="left")
    return fig


def examples(frame: np.ndarray, damages: Sequence[Perturbation]) -> Figure:
    """One frame as it is, and under each damage, at the level of the file.

    H.264 of a single frame is its first, coded by itself.

    Args:
        frame: uint8 (H, W, 3).
    """
    shown = [frame, *(next(iter(damage([frame]))) for damage in damages)]
    names = [str(damage).replace(", ", "\n") for damage in damages]
    return sheets.contact_sheet(shown, titles=["as it is", *names], columns=5)


def _band(ax: Axes, at: Sequence[int], rows: pd.DataFrame, name: str, i: int) -> None:
    look = style.points(i)
    at = np.asarray(at) + 0.03 * i  # equal lines stay visible side by side
    low, value, high = (rows[c].to_numpy(float) for c in ("low", "value", "high"))
    ax.fill_between(at, low, high, color=look["color"], alpha=0.18, linewidth=0)
    ax.plot(at, value, "-", **look, label=name, clip_on=False)


def _legend(fig: Figure, ax: Axes) -> None:
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower center", ncols=len(labels))
