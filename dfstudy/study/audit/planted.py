"""A shortcut put into a set on purpose, so that an audit can be seen to find it.

    dirty = planted(manifest, "bit_rate", seed=0)                   # the table alone
    dirty = planted(manifest, "background", out="dirty", seed=0)    # and real files

Most fakes (`share`) get a mark, and few reals (1 - `share`): a mark of 80 % alone would
tell with an AUROC of 0.8. With `out` every video is decoded and written again, the
unmarked ones too, so that nothing but the mark tells them apart, and probed again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy.data import manifest as manifests
from dfstudy.video.probe import probe
from dfstudy.video.read import iter_frames
from dfstudy.video.sample import resize_area
from dfstudy.video.write import write_video

# What is planted -> the probe that is to find it.
FINDS = {
    "bit_rate": "metadata",
    "name": "name",
    "background": "background",
    "resolution": "resolution",
    "dataset": "dataset",
    "duration": "duration",
}
SHORTCUTS = tuple(FINDS)
_QP, _COARSE = 22, 27  # quantisers: plain and marked
_SMALL = 0.75  # of each side
_SHORT = 0.75  # of the frames
_FACTS = ("width", "height", "fps", "n_frames", "duration_s", "codec", "bit_rate")


def planted(
    manifest: pd.DataFrame,
    shortcut: str,
    *,
    seed: int,
    share: float = 0.8,
    out: str | Path | None = None,
) -> pd.DataFrame:
    """The manifest with one shortcut in it.

    Args:
        shortcut: of SHORTCUTS.
        seed: which videos are marked.
        share: of the fakes that are marked, and of the reals that are not.
        out: folder for the new files, flat; only the table is changed where None, which
            a background cannot be.

    Raises:
        ValueError: no such shortcut, a share that is no share, or a background without
            `out`.
    """
    if shortcut not in FINDS:
        raise ValueError(f"no shortcut {shortcut!r}: choose of {', '.join(SHORTCUTS)}")
    if not 0 <= share <= 1:
        raise ValueError(f"share is a share of the fakes, 0 to 1, not {share}")
    table = manifests.validate(manifest)
    chance = np.where(table["label"] == 1, share, 1 - share)
    marked = np.random.default_rng(seed).random(len(table)) < chance
    if shortcut == "dataset":
        names = np.where(marked, "second", "first")
        return table.assign(dataset=pd.Series(names).astype("str"))
    names = [
        f"{Path(path).stem}_01" if mark and shortcut == "name" else Path(path).stem
        for path, mark in zip(table["path"], marked, strict=True)
    ]
    if out is None:
        return _on_paper(table, shortcut, marked, names)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for row, mark, name in zip(manifests.rows(table), marked, names, strict=True):
        path = folder / f"{name}.mp4"
        _write(row, path, shortcut if mark else None)
        info = probe(path)
        rows.append(
            row | {"path": str(path)} | {key: getattr(info, key) for key in _FACTS}
        )
    return manifests.from_rows(rows)


def _on_paper(
    table: pd.DataFrame, shortcut: str, marked: np.ndarray, names: list[str]
) -> pd.DataFrame:
    """What the table would say of such files."""
    if shortcut == "background":
        raise ValueError("a background is planted in files: say where (out=)")
    if shortcut == "name":
        paths = [
            str(Path(path).with_stem(name))
            for path, name in zip(table["path"], names, strict=True)
        ]
        return table.assign(path=pd.Series(paths).astype("str"))
    columns, factor = {
        "bit_rate": (["bit_rate"], 0.6),
        "resolution": (["width", "height"], _SMALL),
        "duration": (["n_frames", "duration_s"], _SHORT),
    }[shortcut]
    for column in columns:
        values = table[column].astype("float64") * np.where(marked, factor, 1)
        whole = table[column].dtype == "Int64"
        table[column] = values.round().astype("Int64") if whole else values
    return table


def _write(row: dict, path: Path, shortcut: str | None) -> None:
    frames: Iterator[np.ndarray] = iter_frames(row["path"])
    if shortcut == "duration":
        count = max(1, round(_SHORT * row["n_frames"]))
        frames = (frame for _, frame in zip(range(count), frames, strict=False))
    elif shortcut in _CHANGES:
        frames = map(_CHANGES[shortcut], frames)
    qp = _COARSE if shortcut == "bit_rate" else _QP
    write_video(path, frames, fps=row["fps"], qp=qp)


def _smaller(frame: np.ndarray) -> np.ndarray:
    height, width = (2 * round(_SMALL * side / 2) for side in frame.shape[:2])
    return resize_area(frame[None], height, width)[0]


def _watermark(frame: np.ndarray) -> np.ndarray:
    """A pale sign in the upper left corner, as generators and channels leave it."""
    height, width = (max(2, side // 8) for side in frame.shape[:2])
    out = frame.copy()
    out[:height, :width] = out[:height, :width] * 0.65 + 255 * 0.35
    return out


_CHANGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "resolution": _smaller,
    "background": _watermark,
}
