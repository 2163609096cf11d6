"""What the layouts share: one tree of files, what is left out of it, and safe names.

    tree = Tree(root, compression="c23")
    tree.leave_out(path, "in no list"); tree.left_out        # {"a/b.mp4": "in no list"}

Names are paths under the root, so that they stay when the data set moves.
"""

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_SUFFIXES = tuple(
    f".{name}"
    for name in (
        *("3gp", "asf", "avi", "f4v", "flv", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4"),
        *("mpeg", "mpg", "mts", "mxf", "ogv", "rm", "rmvb", "ts", "vob", "webm", "wmv"),
    )
)


@dataclass
class Tree:
    """The folder that is indexed; `left_out` has the reason for each unused file."""

    root: Path
    compression: str | None = None  # of FaceForensics++: raw, c23 or c40; None: all
    left_out: dict[str, str] = field(default_factory=dict)

    def name(self, path: Path) -> str:
        """The path under the root, with forward slashes everywhere."""
        return path.relative_to(self.root).as_posix()

    def leave_out(self, path: Path, reason: str) -> None:
        """Name a file, or a whole folder, that gives no row."""
        self.left_out[self.name(path)] = reason

    def ids(self, files: Iterable[Path]) -> dict[Path, str]:
        """A unique id for each file: its stem, where that is safe and no other file's.

        Else a cleaned stem and a hash of the path under the root, so that an id depends
        neither on where the data set lies nor on the order of files.
        """
        files = list(files)
        # Folded: two ids must differ on file systems that ignore case, too.
        count = Counter(slug(path.stem).casefold() for path in files)
        ids = {}
        for path in files:
            ids[path] = slug(path.stem)
            if ids[path] != path.stem or count[ids[path].casefold()] > 1:
                ids[path] += f"-{short_hash(self.name(path))}"
        return ids


def slug(text: str) -> str:
    """Letters, digits, _ and - only, at most 64 of them; never empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_-]+", "_", plain).strip("_-")[:64] or "video"


def short_hash(text: str) -> str:
    """Eight hex digits, the same on every machine."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def is_video(path: Path) -> bool:
    """By suffix. Hidden files are none: macOS leaves ._clip.mp4 beside clip.mp4."""
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


def videos(folder: Path, *, skip: Iterable[str] = ()) -> Iterator[Path]:
    """Video files at any depth, sorted; folders named in `skip` are not entered."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - set(skip))
        yield from filter(is_video, (Path(place, name) for name in sorted(files)))
