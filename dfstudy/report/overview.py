"""The course in one picture: what the forgeries look like, and who sees which.

overview(strips(data), rows)          # rows: name, kind, value (AUROC)
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dfstudy.data.dataset import Dataset
from dfstudy.data.truth import known_of
from dfstudy.report import style
from dfstudy.report.style import CLASS_COLOURS, INK, MUTED
from dfstudy.video.read import read_frames

# Of each kind of video: what a row of its frames shows.
WORDS = {
    "real": "as filmed",
    "blend": "another's features,\nin every frame",
    "disorder": "authentic frames,\nin a false order",
    "flicker": "a composite\nthat wanders",
    "partial": "a composite\nfor a while",
}
_FRAMES = 5
_MARGIN = 0.12  # of the head's box, on each side

# Heads (H, W, 3) uint8, whether each is forged, and its place in what was filmed.
Strip = list[tuple[np.ndarray, bool, int]]


def strips(data: Dataset) -> dict[str, Strip]:
    """Heads from one video of each kind, of people who belong together.

    The pair is the one whose fakes are the strongest, so that they show in print; of
    people outside the test part. Frames are those around the first forged one.

    Raises:
        ValueError: a renderer has written down nothing about these videos.
    """
    videos = data.manifest[data.manifest["split"] != "test"].set_index("video_id")
    known = known_of(data).reindex(videos.index)
    if known["strength"].isna().all():
        raise ValueError(f"{data.name} is no synthetic set: nobody knows its forgeries")
    wanted = videos["method"].isin(WORDS)
    strength = known["strength"].astype(float).groupby(videos["group"]).mean()
    mine = videos[wanted & (videos["group"] == strength.idxmax())]
    chosen = mine.reset_index().drop_duplicates("method").set_index("method")
    return {
        kind: _strip(chosen.loc[kind, "path"], known.loc[chosen.loc[kind, "video_id"]])
        for kind in WORDS
        if kind in chosen.index
    }


def _strip(path: str, about: pd.Series) -> Strip:
    frames = read_frames(path)
    forged = np.asarray(about["manipulated"], bool)
    if forged.any() and not forged.all():
        # Half of the row before the forgery begins; what is close shows how it moves.
        start = max(0, int(forged.argmax()) - _FRAMES // 2)
    else:
        start = len(frames) // 2
    start = min(start, len(frames) - _FRAMES)
    corners = np.stack([about[f"box_{end}"] for end in ("x0", "y0", "x1", "y1")])
    shown = range(start, start + _FRAMES)
    box = corners[:, list(shown)]
    # One square for the row, so that what moves is the head and not the window.
    middle = (box[:2] + box[2:]).mean(axis=1) / 2
    half = (box[2:] - box[:2]).max() * (0.5 + _MARGIN)
    (x0, y0), (x1, y1) = (middle - half).astype(int), (middle + half).astype(int)
    top, left = max(y0, 0), max(x0, 0)
    filmed = about["frame_order"]
    return [
        (frames[i][top:y1, left:x1], bool(forged[i]), int(filmed[i])) for i in shown
    ]


def overview(
    rows: Mapping[str, Strip], table: pd.DataFrame, *, title: str, note: str
) -> Figure:
    """Frames above, detectors by forgery below; large enough for a phone.

    Args:
        rows: of `strips`.
        table: name, kind, value (AUROC on test videos; NaN where there is none), in
            the order in which both are shown.
        title: of the lower part. note: below it, what its numbers are of.
    """
    names, kinds = (list(dict.fromkeys(table[key])) for key in ("name", "kind"))
    above, below = 1.32 * len(rows), 0.46 * len(names) + 1.9
    fig = style.figure(9, above + below)
    upper, lower = fig.subfigures(2, 1, height_ratios=[above, below])
    axes = upper.subplots(len(rows), _FRAMES + 1, width_ratios=[2.1, *[1] * _FRAMES])
    for line, (kind, strip) in zip(axes, rows.items(), strict=True):
        fake = int(kind != "real")
        at = {"ha": "left", "transform": line[0].transAxes}
        look = {"size": 19, "weight": "bold", "color": CLASS_COLOURS[fake]}
        line[0].text(0, 0.72, kind, va="center", **look, **at)
        line[0].text(0, 0.6, WORDS[kind], va="top", size=14, color=INK, **at)
        line[0].set_axis_off()
        for ax, (picture, forged, number) in zip(line[1:], strip, strict=True):
            _framed(ax, picture, CLASS_COLOURS[int(forged)], str(number))
    values = table.pivot(index="name", columns="kind", values="value")
    values = values.loc[names, kinds].to_numpy(float)
    ax = lower.subplots()
    ax.imshow(values, cmap=style.SHADES, vmin=0.5, vmax=1, aspect="auto")
    for (i, j), value in np.ndenumerate(values):
        text = "" if np.isnan(value) else f"{value:.2f}"
        ax.text(j, i, text, ha="center", va="center", size=16, color=INK)
    labels = [kind.replace(", ", "\n") for kind in kinds]
    ax.set_xticks(range(len(kinds)), labels, size=15)
    ax.set_yticks(range(len(names)), names, size=15)
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    lower.suptitle(title, x=0.01, ha="left", size=16, weight="bold")
    lower.supxlabel(note, x=0.01, ha="left", size=13, color=MUTED)
    return fig


def _framed(ax: Axes, picture: np.ndarray, colour: str, text: str) -> None:
    ax.imshow(picture)
    at = {"transform": ax.transAxes, "ha": "right", "va": "bottom", "size": 13}
    ax.text(0.95, 0.04, text, color="white", backgroundcolor="#00000099", **at)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set(visible=True, color=colour, linewidth=5)
