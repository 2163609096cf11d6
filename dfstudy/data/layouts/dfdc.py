"""DFDC: parts with a `metadata.json`, at any depth. Our renderer writes it, too.

DFDC names the original of a fake, not the people: `source_id` is all that we get.
Dolhansky et al., "The DeepFake Detection Challenge Dataset", 2020.
"""

import json
from pathlib import Path

from dfstudy.data.layouts.tree import Tree, slug, videos

_LIST = "metadata.json"


def owned(folder: Path) -> set[Path]:
    """All that is in a part, a folder with a `metadata.json`."""
    return set(folder.iterdir()) if (folder / _LIST).exists() else set()


def home(folder: Path) -> Path:
    """Where the tables of a set lie: beside its parts, not in one of them."""
    return folder.parent if (folder / _LIST).exists() else folder


def is_synthetic(folder: Path) -> bool:
    """Whether our own renderer made the videos of this part, or of these parts."""
    return (home(folder) / "synth.json").exists()


def rows(folder: Path, tree: Tree) -> list[dict]:
    """One row a video that is listed, with a label, and there."""
    entries: dict[Path, dict] = {}
    for part in sorted(folder.rglob(_LIST)):
        for name, entry in _read(part, tree).items():
            entries[part.parent / name] = entry
    there = set(videos(folder))
    for path in entries.keys() - there:
        tree.leave_out(path, "in metadata.json, but there is no such file")
    for path in there - entries.keys():
        if tree.name(path) not in tree.left_out:
            tree.leave_out(path, "in no metadata.json, so without a label")
    ids = tree.ids(entries)
    dataset = "synthetic" if is_synthetic(folder) else "dfdc"
    table = []
    for path in sorted(entries.keys() & there):
        fake = entries[path]["label"] == "FAKE"
        original = entries[path].get("original") if fake else path.name
        table.append(
            {
                "video_id": ids[path],
                "path": str(path),
                "label": int(fake),
                "dataset": dataset,
                "method": "dfdc" if fake else "real",
                "source_id": _original_id(original, path, ids),
            }
        )
    return table


def _original_id(original: str | None, path: Path, ids: dict[Path, str]) -> str | None:
    if not original:
        return None
    # An original that is in no list: fakes made from it still share its name.
    return ids.get(path.parent / original) or slug(Path(original).stem)


def _read(path: Path, tree: Tree) -> dict[str, dict]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        named = list(entries.items())
    except (ValueError, AttributeError) as error:
        tree.leave_out(
            path, f"not DFDC's {{file: {{label, split, original}}}}: {error}"
        )
        return {}
    good = {}
    for name, entry in named:
        label = entry.get("label") if isinstance(entry, dict) else None
        if label in ("REAL", "FAKE"):
            good[name] = entry
        else:
            reason = f"label {label!r} in metadata.json: expected REAL or FAKE"
            tree.leave_out(path.parent / name, reason)
    return good
