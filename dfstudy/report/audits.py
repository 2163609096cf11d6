"""What `dfstudy audit` says: as text, as a document, and drawn.

print(text(table)); audits.probes({"as it is": clean, "bit rate planted": dirty})
"""

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import transforms
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dfstudy.report import style
from dfstudy.report.style import INK, MUTED
from dfstudy.study.audit import ALARM_AUROC, NA, SHORTCUT, verdict

_WIDE = 88


def text(table: pd.DataFrame, edits: pd.DataFrame | None = None) -> str:
    """The audit for a terminal: a verdict a probe, what it rests on, and what to do.

    Args:
        table: of `study.audit.audit`. edits: of `study.audit.blending.edits`.
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
        mark = style.points(k)["marker"]
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
            ax.plot(row["value"], at, mark, markersize=10, markeredgewidth=2, **ring)
            alarm = f"  {SHORTCUT}" if full else ""
            ax.text(1.02, at, f"{row['value']:.2f}{alarm}", **said)
        ax.plot([], [], f"{mark}-", color=colour, label=word)
    ax.plot([], [], color=style.GRID, linewidth=11, label="95 % of what chance gives")
    ax.set_yticks(range(len(names)), names)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(0.2, 1.02))
    ax.set_xlabel("AUROC of the label, read without a face")
    ax.grid(visible=False, axis="y")
    least = {"color": MUTED, "linestyle": ":", "label": "least for an alarm"}
    ax.axvline(ALARM_AUROC, linewidth=1.5, **least)
    style.chance_line(ax, vertical=True)
    fig.legend(loc="outside lower center", ncols=4 if len(tables) < 3 else 3)
    ax.set_title(title or "Shortcuts: what tells without a face", pad=26)
    return fig


def matrix(tables: Mapping[str, pd.DataFrame], *, title: str = "") -> Figure:
    """AUROC of every probe (columns) on several sets (rows); alarms are framed.

    Args:
        tables: of `study.audit.audit`, by what was audited; of the same probes.
    """
    names = next(iter(tables.values()))["title"].tolist()
    values = np.array([table["value"].to_numpy(float) for table in tables.values()])
    alarms = np.array([table["verdict"].eq(SHORTCUT) for table in tables.values()])
    fig = style.figure(1.5 * len(names) + 2.4, 0.6 * len(tables) + 1.6)
    ax = fig.subplots()
    shown = np.ma.masked_invalid(values)
    ax.imshow(shown, cmap=style.SHADES, vmin=0.5, vmax=1, aspect="auto")
    for i, j in np.ndindex(values.shape):
        known = not np.isnan(values[i, j])
        weight = "bold" if alarms[i, j] else "normal"
        words = {"ha": "center", "va": "center", "fontweight": weight}
        words["color"] = INK if known else MUTED
        ax.text(j, i, f"{values[i, j]:.2f}" if known else "n/a", **words)
        if alarms[i, j]:
            edge = {"fill": False, "edgecolor": style.FAKE, "linewidth": 3}
            ax.add_patch(Rectangle((j - 0.46, i - 0.43), 0.92, 0.86, **edge))
    ax.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names])
    ax.set_yticks(range(len(tables)), list(tables))
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    ax.set_title(title or "AUROC of the label without a face; framed: alarm", pad=14)
    return fig


def edited(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Share of authentic videos called fake, as they are and after each edit.

    Args:
        table: of `study.audit.blending.edits`.
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
