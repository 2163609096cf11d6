"""How a data set lies on disk: folders and lists -> rows of the manifest, not probed.

    rows = rows(Path("data/dfdc"), left_out)     # left_out[file] = reason, filled in

Two layouts: DFDC (parts with a `metadata.json`, at any depth) and the plain folder
(`real/`, `fake/`, optional `groups.csv`; other sub-folders are ignored).
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

_SUFFIXES = tuple(
    f".{name}"
    for name in (
        *("3gp", "asf", "avi", "f4v", "flv", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4"),
        *("mpeg", "mpg", "mts", "mxf", "ogv", "rm", "rmvb", "ts", "vob", "webm", "wmv"),
    )
)


def rows(root: Path, left_out: dict[str, str]) -> list[dict]:
    """One mapping a video that there is a label for, sorted by path.

    Keys are columns of the manifest. Files that are listed but not there, or there but
    not listed, go into `left_out` by their path under `root`, with the reason.
    ValueError where `root` has neither layout.
    """
    if any(_class_folders(root)):
        return _plain_folder(root, left_out)
    if parts := sorted(root.rglob("metadata.json")):
        return _dfdc(root, parts, left_out)
    raise ValueError(
        f"{root} holds no data set: expected folders real/ and fake/, or DFDC parts "
        "with a metadata.json"
    )


def home(root: Path) -> Path:
    """Where the tables of a data set lie: beside its parts, not in one of them."""
    return root.parent if (root / "metadata.json").exists() else root


def is_synthetic(root: Path) -> bool:
    """Whether our own renderer made the videos under `root`."""
    return (home(root) / "synth.json").exists()


def short_name(path: Path, root: Path) -> str:
    """The path under `root`, with forward slashes everywhere."""
    return path.relative_to(root).as_posix()


def _plain_folder(root: Path, left_out: dict[str, str]) -> list[dict]:
    files = {
        path: label
        for label, folder in _class_folders(root)
        for path in _videos(folder)
    }
    groups = _groups(root / "groups.csv")
    for name in groups.keys() - {short_name(path, root) for path in files}:
        left_out[name] = "in groups.csv, but not in real/ or fake/"
    ids = _ids(files, root)
    return [
        {
            "video_id": ids[path],
            "path": str(path),
            "label": label,
            "dataset": root.name,
            "method": "fake" if label else "real",
            "group": groups.get(short_name(path, root)),
        }
        for path, label in sorted(files.items())
    ]


def _dfdc(root: Path, parts: list[Path], left_out: dict[str, str]) -> list[dict]:
    """DFDC names the original of a fake, not the people: `source_id` is all we get."""
    entries: dict[Path, dict] = {}
    for part in parts:
        for name, entry in _read_part(part).items():
            entries[part.parent / name] = entry
    there = set(_videos(root))
    for path in entries.keys() - there:
        left_out[short_name(path, root)] = "in metadata.json, but there is no such file"
    for path in there - entries.keys():
        left_out[short_name(path, root)] = "in no metadata.json, so without a label"
    ids = _ids(entries, root)
    rows = []
    for path in sorted(entries.keys() & there):
        fake = entries[path]["label"] == "FAKE"
        original = entries[path].get("original") if fake else path.name
        rows.append(
            {
                "video_id": ids[path],
                "path": str(path),
                "label": int(fake),
                "dataset": "synthetic" if is_synthetic(root) else "dfdc",
                "method": "dfdc" if fake else "real",
                "source_id": _original_id(original, path, ids),
            }
        )
    return rows


def _original_id(original: str | None, path: Path, ids: dict[Path, str]) -> str | None:
    if not original:
        return None
    # An original that is in no list: fakes made from it still share its name.
    return ids.get(path.parent / original) or _slug(Path(original).stem)


def _read_part(path: Path) -> dict[str, dict]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        labels = {entry["label"] for entry in entries.values()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} is not DFDC's {{file: {{label, split, original}}}}: {error!r}"
        ) from error
    if not labels <= {"REAL", "FAKE"}:
        raise ValueError(f"{path} has labels {sorted(labels)}, expected REAL and FAKE")
    return entries


def _groups(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if not {"path", "group"} <= set(table):
        raise ValueError(f"{path} needs the columns path and group, has {list(table)}")
    names = table["path"].str.replace("\\", "/")
    return {n: g for n, g in zip(names, table["group"], strict=True) if g}


def _ids(files: dict[Path, object], root: Path) -> dict[Path, str]:
    """A unique id for each file: its stem, where that is safe and no other file's.

    Else a cleaned stem and a hash of the path under `root`, so that an id depends
    neither on where the data set lies nor on the order of files.
    """
    # Folded: two ids must differ on file systems that ignore case, too.
    count = Counter(_slug(path.stem).casefold() for path in files)
    ids = {}
    for path in files:
        slug = _slug(path.stem)
        if slug != path.stem or count[slug.casefold()] > 1:
            name = short_name(path, root).encode()
            slug += f"-{hashlib.sha256(name).hexdigest()[:8]}"
        ids[path] = slug
    return ids


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:72] or "video"


def _class_folders(root: Path) -> Iterator[tuple[int, Path]]:
    for folder in sorted(root.iterdir()):
        if folder.is_dir() and folder.name.lower() in {"real", "fake"}:
            yield int(folder.name.lower() == "fake"), folder


def _videos(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = path.name.startswith(".")  # macOS leaves ._clip.mp4 beside clip.mp4
        if path.suffix.lower() in _SUFFIXES and not hidden and path.is_file():
            yield path
