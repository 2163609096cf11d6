"""Folder of videos -> manifest, for every layout in `data.layouts`.

    frame = index("data/dfdc")          # dfdc_train_part_N/ with metadata.json
    frame = index("my_videos")          # real/, fake/, optional groups.csv
    frame = index("data/faceforensics", compression="c23")

Every video is probed. What cannot be used is left out and named, with the reason, in
one warning. An optional `truth.parquet` beside the videos (the synthetic set has one)
adds identities, source, description and forgery family by `video_id`.
"""

import hashlib
import os
import warnings
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from dfstudy import paths
from dfstudy.data import layouts, manifest
from dfstudy.data.layouts.tree import Tree
from dfstudy.data.probed import probed
from dfstudy.video.probe import VideoInfo
from dfstudy.workers import cores

# Columns of truth.parquet that the manifest takes over, where there.
_TRUTH = (
    "video_id",
    "family",
    "description",
    "source_id",
    "target_identity",
    "donor_identity",
)
_NAMED = 100  # files that a warning names before it counts the rest


class LeftOutWarning(UserWarning):
    """Files that are not in the manifest, each with its reason."""


def index(
    root: str | os.PathLike[str],
    *,
    compression: str | None = None,
    failures: Path | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """The manifest of the videos under `root`, sorted by path.

    `split` is filled where a data set has official lists, else missing.

    Args:
        root: a data set, or a folder with several of them at any depth.
        compression: of FaceForensics++ and DFD "raw", "c23" or "c40" alone.
        failures: a CSV to write, of what is left out: path (under `root`), reason.
        workers: threads that probe files; by default two for each core.
        progress: show a bar.

    Raises:
        ValueError: `root` holds no data set or no video that can be used, or a list in
            it is not what its owners publish.
    """
    if compression not in (None, *layouts.COMPRESSIONS):
        known = ", ".join(layouts.COMPRESSIONS)
        raise ValueError(f"no compression {compression!r}: choose one of {known}")
    root = Path(root).expanduser().resolve()
    if not root.is_dir():
        raise ValueError(f"{root} is not a folder")
    tree = Tree(root, compression)
    rows = _usable(layouts.rows(tree), tree, workers=workers, progress=progress)
    if failures is not None:
        table = pd.DataFrame(sorted(tree.left_out.items()), columns=["path", "reason"])
        paths.put(failures, table.to_csv(index=False))
    if tree.left_out:
        lines = [f"  {name}: {why}" for name, why in sorted(tree.left_out.items())]
        if len(lines) > _NAMED:
            lines[_NAMED:] = [f"  and {len(lines) - _NAMED} more"]
        text = f"left out {len(tree.left_out)} files of {root}:\n" + "\n".join(lines)
        warnings.warn(LeftOutWarning(text), stacklevel=2)
    if not rows:
        raise ValueError(f"{root} holds no video that can be used")
    frame = manifest.from_rows(rows)
    for home in layouts.homes(root):
        frame = _with_truth(frame, home / "truth.parquet")
    return frame


def kind(root: str | os.PathLike[str]) -> str:
    """ "synthetic" where our renderer made the videos under `root`, else "real"."""
    root = Path(root).expanduser().resolve()
    return "synthetic" if layouts.is_synthetic(root) else "real"


def _usable(
    rows: list[dict], tree: Tree, *, workers: int | None, progress: bool
) -> list[dict]:
    """The rows whose file decodes, with what the file says about itself."""
    name = hashlib.sha256(str(tree.root).encode()).hexdigest()[:16]
    found = probed(
        [Path(row["path"]) for row in rows],
        kept=paths.home() / "probed" / f"{name}.json",
        workers=workers or 2 * cores(),
        progress=progress,
    )
    good = []
    for row, info in zip(rows, found, strict=True):
        if isinstance(info, VideoInfo):
            facts = asdict(info)
            good.append(row | {k: v for k, v in facts.items() if k in manifest.COLUMNS})
        else:
            tree.leave_out(Path(row["path"]), info)
    return good


def _with_truth(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    if not path.exists():
        return frame
    there = pq.read_schema(path).names
    columns = [name for name in _TRUTH if name in there]
    truth = pd.read_parquet(path, columns=columns).rename(columns={"family": "method"})
    truth = truth.set_index("video_id").reindex(frame["video_id"])
    for name in truth.columns:
        # A video that the table does not know keeps what the folder says.
        frame[name] = truth[name].reset_index(drop=True).fillna(frame[name])
    wrong = frame["video_id"][(frame["method"] == "real") != (frame["label"] == 0)]
    if len(wrong):
        raise ValueError(f"{path} and the labels disagree on {wrong.tolist()[:5]}")
    return manifest.validate(frame)
