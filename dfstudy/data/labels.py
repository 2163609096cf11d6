"""`labels.json`: what an exported folder says of itself, and how far a call has come.

    labels = Labels(folder, header)
    labels.begin()                          # labels.json.part: the header
    labels.add("clip.npz", {"clip": {"label": 1, ...}})     # ... and a line a file
    labels.finish(["clip.npz"])             # labels.json: all is there
    Labels.load(folder).videos["clip"]["label"]

    {"header": {"format": "npz", "view": {...}, ...},
     "files": {"clip.npz": {"videos": ["clip"],
                            "parts": {"clip.npz": {"bytes": ..., "sha256": ...}}}},
     "videos": {"clip": {"label": 1, "split": "train", "indices": [...], ...}}}

A file of a format can be a folder; its parts are then the files in it.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dfstudy import paths

NAME = "labels.json"
JOURNAL = "labels.json.part"  # lines to be merged; there as long as files are missing
VERSION = 1


class ExportError(ValueError):
    """A folder that cannot be exported to or read; the message names folder or file."""


@dataclass
class Labels:
    """What is exported to `folder` so far, in memory and on disk."""

    folder: Path
    header: dict  # what the files depend on
    files: dict[str, dict] = field(default_factory=dict)
    videos: dict[str, dict] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> "Labels | None":
        """What an earlier call has left; None where the folder is new or empty.

        Raises:
            ExportError: the folder holds something else, or a damaged `labels.json`.
        """
        path = folder / JOURNAL if (folder / JOURNAL).exists() else folder / NAME
        if not path.exists():
            found = set(folder.iterdir()) if folder.exists() else set()
            if found - set(folder.glob(f"{JOURNAL}.tmp-*")):
                raise ExportError(f"{folder}: is not empty, and holds no export")
            return None
        text = path.read_text(encoding="utf-8")
        # A killed call may leave half a line: what no line end follows does not count.
        news = text.split("\n")[:-1] if path.name == JOURNAL else [text]
        labels = cls(folder, {})
        try:
            for new in map(json.loads, news):
                labels.header |= new["header"]
                labels.files |= new["files"]
                labels.videos |= new["videos"]
        except (ValueError, KeyError, TypeError) as error:
            raise ExportError(
                f"{path}: damaged ({error!r}); delete {folder}"
            ) from error
        if labels.header.get("version") != VERSION:
            raise ExportError(f"{path}: not of version {VERSION}")
        return labels

    @property
    def finished(self) -> bool:
        """Whether all files are there."""
        return not (self.folder / JOURNAL).exists()

    def begin(self) -> None:
        """Write down what there is already, and that it is not all."""
        paths.put(self.folder / JOURNAL, _line(self.header, self.files, self.videos))
        (self.folder / NAME).unlink(missing_ok=True)

    def add(self, name: str, records: dict[str, dict]) -> None:
        """Note that the file of these videos is whole."""
        path = self.folder / name
        parts = sorted(path.iterdir()) if path.is_dir() else [path]
        known = {
            part.relative_to(self.folder).as_posix(): {
                "bytes": part.stat().st_size,
                "sha256": _sha256(part),
            }
            for part in parts
        }
        files = {name: {"videos": list(records), "parts": known}}
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as journal:
            journal.write(_line({}, files, records))
        self.files |= files
        self.videos |= records

    def finish(self, names: Iterable[str]) -> None:
        """Write `labels.json`, files in the order of `names` however they were made."""
        self.files = {name: self.files[name] for name in names}
        ids = [v for known in self.files.values() for v in known["videos"]]
        self.videos = {video_id: self.videos[video_id] for video_id in ids}
        content = {"header": self.header, "files": self.files, "videos": self.videos}
        paths.put(self.folder / NAME, json.dumps(content, indent=1) + "\n")
        (self.folder / JOURNAL).unlink()

    def keep(self, before: "Labels") -> None:
        """Take over from `before` the files that are still there in their sizes."""
        for name, known in before.files.items():
            parts = known["parts"].items()
            if all(_size(self.folder / part) == was["bytes"] for part, was in parts):
                self.files[name] = known
                self.videos |= {v: before.videos[v] for v in known["videos"]}

    def check(self, name: str) -> None:
        """ExportError where a part of file `name` is missing, or not what was made."""
        for part, known in self.files[name]["parts"].items():
            path = self.folder / part
            if _size(path) is None:
                raise ExportError(f"{path}: missing; export again")
            if _sha256(path) != known["sha256"]:
                raise ExportError(f"{path}: damaged; delete it and export again")


def _line(header: dict, files: dict, videos: dict) -> str:
    return json.dumps({"header": header, "files": files, "videos": videos}) + "\n"


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
