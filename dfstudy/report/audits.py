"""What `dfstudy audit` says: as text, as a document, and drawn.

print(text(table)); audits.probes({"as it is": clean, "bit rate planted": dirty})
"""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import transforms
from matplotlib.figure import Figure

from dfstudy.report import style
from dfstudy.report.style import INK, MUTED
from dfstudy.study.audit import ALARM_AUROC, NA, SHORTCUT, verdict

_WIDE = 88


def text(table: pd.DataFrame, edits: pd.DataFrame | None = None) -> str:
    """The audit for a terminal: a verdict a probe, what it rests on, and what to do.

    Args:
        table: of `study.audit.audit`. edits: of `study.blending.edits`.
    """
    lines = []
    for row in table.to_dict("records"):
        lines.append(f"{row['title'] + ':':18} {row['verdict']:9}  {_measured(row)}")
        notes = [row["reason"] if row["verdict"] == NA else row["says"]]
        if row["verdict"] == SHORTCUT:
            notes.append(f"What to do: {row['advice']}.")
        for note in notes:
            indent = {"initial_indent": " " * 19, "subsequent_indent": " " * 19}
            lines += textwrap.wrap(note, _WIDE, **indent) if note else []
    lines += ["", *textwrap.wrap(verdict(table), _WIDE)]
    if edits is not None:
        lines += ["", "authentic validation videos that the detector calls fake:"]
        for row in edits.to_dict("records"):
            more = f"({row['change']:+.0%} [{row['change_low']:+.0%}, "
            more += f"{row['change_high']:+.0%}])"
            more = more if row["change_low"] != 0 or row["change_high"] != 0 else ""
            share = f"{row['value']:.0%} [{row['low']:.0%}, {row['high']:.0%}]"
            lines.append(f"  {row['edit']:18} {share:18} {more}".rstrip())
        lines.append(f"  ({edits['n'].iloc[0]} videos; harmless edits, nothing forged)")
    return "\n".join(lines)


def document(table: pd.DataFrame, edits: pd.DataFrame | None = None) -> dict:
    """The same for programs: verdict, shortcut (bool), probes, edits (or None)."""
    return {
        "verdict": verdict(table),
        "shortcut": bool((table["verdict"] == SHORTCUT).any()),
        "probes": _rows(table),
        "edits": None if edits is None else _rows(edits),
    }


def probes(tables: Mapping[str, pd.DataFrame], *, title: str = "") -> Figure:
    """AUROC of each probe with its interval, several sets beside each other.

    A grey bar is what chance gives (95 % of the permutations); a shortcut is filled, a
    probe that could not be tried has a dash.

    Args:
        tables: of `study.audit.audit`, by what was audited; of the same probes.
    """
    names = next(iter(tables.values()))["title"].tolist()
    step = 0.8 / len(tables)
    fig = style.figure(10, (0.5 + 0.24 * len(tables)) * len(names) + 1.9)
    ax = fig.subplots()
    beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
    for k, (word, table) in enumerate(tables.items()):
        colour = MUTED if k == 0 and len(tables) > 1 else style.PALETTE[k % 6]
        colour = INK if len(tables) == 1 else colour
        for i, row in enumerate(table.to_dict("records")):
            at = i + (k - (len(tables) - 1) / 2) * step
            said = {"transform": beside, "va": "center", "color": colour}
            if np.isnan(row["value"]):
                ax.text(1.02, at, "n/a", **said)
                continue
            chance = [row["chance_low"], row["chance_high"]]
            ax.plot(chance, [at, at], color=style.GRID, linewidth=11, zorder=1)
            ax.plot([row["low"], row["high"]], [at, at], color=colour, linewidth=3)
            full = row["verdict"] == SHORTCUT
            face = colour if full else "white"
            ring = {"markerfacecolor": face, "markeredgecolor": colour, "zorder": 3}
            ax.plot(row["value"], at, "o", markersize=10, markeredgewidth=2, **ring)
            alarm = f"  {SHORTCUT}" if full else ""
            ax.text(1.02, at, f"{row['value']:.2f}{alarm}", **said)
        ax.plot([], [], "o-", color=colour, label=word)
    ax.plot([], [], color=style.GRID, linewidth=11, label="95 % of what chance gives")
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(0.2, 1.02))
    ax.set_xlabel("AUROC of the label, read without a face")
    ax.grid(visible=False, axis="y")
    ax.axvline(ALARM_AUROC, color=MUTED, linestyle=":", linewidth=1.5)
    style.chance_line(ax, vertical=True)
    fig.legend(loc="outside lower center", ncols=3)
    ax.set_title(title or "Shortcuts: what tells without a face", pad=26)
    return fig


def edited(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Share of authentic videos called fake, as they are and after each edit.

    Args:
        table: of `study.blending.edits`.
    """
    fig = style.figure(9, 0.55 * len(table) + 1.8)
    ax = fig.subplots()
    beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
    for i, row in enumerate(table.to_dict("records")):
        colour = MUTED if i == 0 else INK
        ax.plot([row["low"], row["high"]], [i, i], color=colour, linewidth=3)
        ax.plot(row["value"], i, "o", color=colour, markersize=10, clip_on=False)
        change = f"  ({row['change']:+.0%})" if i else ""
        words = {"transform": beside, "va": "center", "color": colour}
        ax.text(1.02, i, f"{row['value']:.0%}{change}", **words)
    ax.set_yticks(range(len(table)), table["edit"])
    ax.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, 1))
    ax.set_xlabel(f"share of {table['n'].iloc[0]} authentic videos called fake")
    ax.grid(visible=False, axis="y")
    ax.set_title(title or "Harmless edits of authentic faces")
    return fig


def _measured(row: dict) -> str:
    if row["verdict"] == NA:
        return ""
    return (
        f"AUROC {row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}], "
        f"p = {row['p_holm']:.3f}, {row['n']} videos of {row['groups']} groups"
    )


def _rows(table: pd.DataFrame) -> list[dict]:
    """Rows as JSON has them: None where a value is missing."""
    return table.astype("object").where(table.notna(), None).to_dict("records")
