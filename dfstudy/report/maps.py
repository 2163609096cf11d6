"""Figures of heat maps: over frames with the truth, on trial, erased, over time.

    maps.overlays({"S1": heat_of(detector, data, rows)}, titles=["blend", "partial"])

Heat runs from black to yellow, each picture by its own hottest pixel; the line is what
was forged, where that is known.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import matplotlib.transforms as transforms
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfstudy.detect.scored_maps import CONTROLS, TRAINED
from dfstudy.report import style
from dfstudy.report.diagrams import heat_over
from dfstudy.report.sheets import contact_sheet
from dfstudy.report.style import INK, MUTED

if TYPE_CHECKING:
    from dfstudy.detect.explained import Moments, Pictures
    from dfstudy.detect.scored_maps import ScoredMaps

_ORDER = (TRAINED, *CONTROLS)
_COLOURS = dict(zip(_ORDER, (INK, *style.PALETTE), strict=False))
_LINE = np.array((86, 233, 255), np.uint8)  # light blue: not a colour of the heat
_PANELS = (
    ("pointing", "pointing game: hottest pixel inside", (0, 1)),
    ("energy", "energy per area", None),
)


def overlays(rows: Mapping[str, "Pictures"], *, titles: Sequence[str]) -> Figure:
    """A row of pictures for each name, the first frame of each video.

    Frames without heat stand above those that show others than the row before.
    """
    lines, before = [], None
    for name, found in rows.items():
        if before is None or not np.array_equal(before, found.frames):
            lines.append(("as it is seen", [_outlined(*one) for one in _each(found)]))
        before = found.frames
        lines.append((name, [_over(*one) for one in _each(found)]))
    ratios = [pictures[0].shape[0] / pictures[0].shape[1] for _, pictures in lines]
    width = 12 / max(len(titles), 4)
    heights = [width * ratio + 0.42 for ratio in ratios]
    fig = style.figure(12, sum(heights) + 0.2)
    parts = np.atleast_1d(fig.subfigures(len(lines), 1, height_ratios=heights))
    for i, (part, (name, pictures)) in enumerate(zip(parts, lines, strict=True)):
        part.suptitle(name, x=0.01, ha="left", weight="bold", size=13)
        axes = np.ravel(part.subplots(1, len(pictures), squeeze=False))
        for ax, picture, title in zip(axes, pictures, titles, strict=True):
            _picture(ax, picture, title if i == 0 else "")
    return fig


def strip(found: "Pictures", *, title: str = "") -> Figure:
    """One video a row, over time; all of a video's frames have the same scale."""
    count, frames = found.frames.shape[:2]
    ratio = found.frames.shape[2] / found.frames.shape[3]
    width = 12 / max(frames, 4)
    fig = style.figure(frames * width, count * (width * ratio + 0.06) + 0.5)
    axes = fig.subplots(count, frames, squeeze=False)
    for i, j in np.ndindex(count, frames):
        mask = None if found.truth is None else found.truth[i, j]
        most = float(found.heat[i].max())
        picture = _over(found.frames[i, j], found.heat[i, j], mask, most)
        _picture(axes[i, j], picture, "")
    fig.suptitle(title, x=0.01, ha="left", weight="bold")
    return fig


def errors(found: "Pictures", videos: pd.DataFrame, *, title: str = "") -> Figure:
    """Errors with their score, and below each where the heat is.

    Args:
        videos: label, score, and kind, skin and age where somebody knows them.
    """
    plain = [_outlined(*one) for one in _each(found)]
    warm = [_over(*one) for one in _each(found)]
    names = [
        f"{row['kind']}, P = {row['score']:.2f}"
        for row in videos.assign(kind=videos.get("kind", videos["method"])).to_dict(
            "records"
        )
    ]
    people = [
        ", ".join(str(row[k]) for k in ("skin", "age") if pd.notna(row.get(k)))
        for row in videos.to_dict("records")
    ]
    labels = list(videos["label"]) * 2
    return contact_sheet(
        plain + warm, labels, names + people, columns=len(plain), title=title
    )


def trial(found: "ScoredMaps", *, title: str = "") -> Figure:
    """Pointing game and energy per area of all maps, with intervals and chance."""
    fig = style.figure(13, 3.9)
    axes = fig.subplots(1, 2, sharey=True)
    for ax, (metric, name, limits) in zip(axes, _PANELS, strict=True):
        rows = found.table[found.table["metric"] == metric].set_index("map")
        beside = transforms.blended_transform_factory(ax.transAxes, ax.transData)
        for i, kind in enumerate(_ORDER):
            row = rows.loc[kind]
            text = _interval(row)
            if pd.notna(row["low"]):
                span = [row["low"], row["high"]]
                ax.plot(span, [i, i], color=_COLOURS[kind], linewidth=4)
            if pd.notna(row["value"]):
                ax.plot(row["value"], i, "o", color=_COLOURS[kind], markersize=10)
            ax.text(1.02, i, text, transform=beside, va="center", size=11)
        chance = found.chance[metric]
        if np.isfinite(chance):
            style.chance_line(ax, vertical=True, value=chance)
        top = np.nanmax([*rows["high"], *rows["value"], 1.0])
        ax.set(xlim=limits or (0, 1.1 * top), ylim=(len(_ORDER) - 0.5, -0.6))
        ax.set_xlabel(name)
        ax.grid(visible=False, axis="y")
    axes[0].set_yticks(range(len(_ORDER)), _ORDER)
    reasons = found.table["reason"].dropna().unique()
    if len(reasons):
        fig.supxlabel("; ".join(reasons), size="medium", color=MUTED)
    fig.suptitle(title, x=0.01, ha="left", weight="bold")
    return fig


def erasing(found: "ScoredMaps", *, title: str = "") -> Figure:
    """P(fake) as the hottest pixels go, and as they come back; the area of each map."""
    fig = style.figure(13, 4.4)
    words = {
        "deletion": "hottest pixels blurred first: low is good",
        "insertion": "hottest pixels back first: high is good",
    }
    areas = found.table.set_index(["metric", "map"])["value"]
    for ax, (kind, said) in zip(
        fig.subplots(1, 2, sharey=True), words.items(), strict=True
    ):
        for name in _ORDER:
            rows = found.curves.query("curve == @kind and map == @name")
            label = f"{name}, area {areas[kind, name]:.2f}"
            look = {**style.line(_ORDER.index(name)), "color": _COLOURS[name]}
            ax.plot(rows["share"], rows["value"], **look, label=label)
        ax.set(xlabel="share of the pixels", xlim=(0, 1), ylim=(0, 1))
        ax.set_title(said, size=13)
        ax.legend(loc="best", fontsize=11)
    fig.axes[0].set_ylabel("P(fake), mean")
    fig.suptitle(title, x=0.01, ha="left", weight="bold")
    return fig


def moments(rows: Mapping[str, "Moments"], *, titles: Sequence[str]) -> Figure:
    """The share of the heat in each frame: a row a detector, a column a video."""
    fig = style.figure(13, 2.2 * len(rows) + 0.4)
    axes = fig.subplots(len(rows), len(titles), squeeze=False)
    for line, (name, found) in zip(axes, rows.items(), strict=True):
        for i, ax in enumerate(line):
            share = found.share[i]
            at = np.arange(1, len(share) + 1)
            ax.bar(at, share, color=style.PALETTE[3], width=0.9)
            ax.axhline(1 / len(share), color=MUTED, linestyle="--", linewidth=1.5)
            if found.forged is not None:
                for t in at[found.forged[i]]:
                    ax.axvspan(t - 0.5, t + 0.5, color=style.FAKE, alpha=0.15, lw=0)
            ax.set(xlim=(0.5, len(share) + 0.5), ylim=(0, 1.15 * share.max()))
            ax.xaxis.get_major_locator().set_params(integer=True)
            ax.tick_params(labelsize=10)
            ax.grid(visible=False)
        line[0].set_title(name, size=12)
        line[0].set_ylabel("share", size=11)
    for ax, title in zip(axes[-1], titles, strict=True):
        ax.set_xlabel(f"frame shown ({title}; shaded: forged)", size=11)
    return fig


def _each(found: "Pictures"):
    for i in range(len(found.frames)):
        mask = None if found.truth is None else found.truth[i, 0]
        yield found.frames[i, 0], found.heat[i, 0], mask


def _over(
    frame: np.ndarray,
    heat: np.ndarray,
    mask: np.ndarray | None,
    most: float | None = None,
) -> np.ndarray:
    warm = heat_over(frame, heat, most=float(heat.max()) if most is None else most)
    return _outlined(warm, heat, mask)


def _outlined(
    frame: np.ndarray, heat: np.ndarray, mask: np.ndarray | None
) -> np.ndarray:
    """Twice as large, with the line around the mask."""
    large = cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    if mask is None or not mask.any():
        return large
    whole = cv2.resize(np.uint8(mask), large.shape[1::-1], interpolation=cv2.INTER_AREA)
    lines, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(large.copy(), lines, -1, _LINE.tolist(), 2)


def _picture(ax: Axes, picture: np.ndarray, title: str) -> None:
    ax.imshow(picture)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    if title:
        ax.set_title(title, size=11, weight="normal", loc="center", pad=3)


def _interval(row: pd.Series) -> str:
    if pd.isna(row["value"]):
        return "n/a"
    if pd.isna(row["low"]):
        return f"{row['value']:.2f}"
    return f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
