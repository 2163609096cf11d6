"""A plain folder: `real/`, `fake/`, optional `groups.csv`; the rest is ignored."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from dfstudy.data.layouts.tree import Tree, videos


def owned(folder: Path) -> set[Path]:
    """All that is in a folder with a sub-folder `real` or `fake`, in any case."""
    return set(folder.iterdir()) if any(_class_folders(folder)) else set()


def rows(folder: Path, tree: Tree) -> list[dict]:
    """One row a video. Method "fake": all that is known is that it is forged.

    ValueError where groups.csv lacks the columns `path` and `group`.
    """
    labels = {
        path: label for label, place in _class_folders(folder) for path in videos(place)
    }
    groups = _groups(folder / "groups.csv")
    for path in groups.keys() - labels.keys():
        tree.leave_out(path, "in groups.csv, but not in real/ or fake/")
    ids = tree.ids(labels)
    return [
        {
            "video_id": ids[path],
            "path": str(path),
            "label": label,
            "dataset": folder.name,
            "method": "fake" if label else "real",
            "group": groups.get(path),
        }
        for path, label in labels.items()
    ]


def _groups(path: Path) -> dict[Path, str]:
    if not path.exists():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if not {"path", "group"} <= set(table):
        raise ValueError(f"{path} needs the columns path and group, has {list(table)}")
    names = table["path"].str.replace("\\", "/")
    return {path.parent / n: g for n, g in zip(names, table["group"], strict=True) if g}


def _class_folders(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in folder.iterdir():
        if path.is_dir() and path.name.lower() in {"real", "fake"}:
            yield int(path.name.lower() == "fake"), path
