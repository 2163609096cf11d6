"""FaceForensics++ and DFD (Google's DeepFakeDetection), which share one tree.

    original_sequences/{youtube,actors}/{raw,c23,c40}/videos/*.mp4
    manipulated_sequences/{Deepfakes, ..., DeepFakeDetection}/{raw,c23,c40}/videos/*.mp4

FaceForensics++ takes every YouTube clip for a person: `000_003` is clip 000 with the
face of 003. DFD's `01_02__podium_speech_happy__YVGY8LOK` is actor 01 with the face of
02; only its scene becomes the description, because a pair or an id gives a fake away.

Rössler et al., "FaceForensics++: Learning to Detect Manipulated Facial Images", 2019.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dfstudy.data.layouts.tree import Tree, videos

COMPRESSIONS = ("raw", "c23", "c40")
METHODS = ("Deepfakes", "Face2Face", "FaceShifter", "FaceSwap", "NeuralTextures")
_SIDES = ("original_sequences", "manipulated_sequences")
_SCENE = r"(?P<scene>[a-z]+(_[a-z]+)*)"
_NAMES = {  # (dataset, fake?) -> how its files are named
    ("ffpp", False): re.compile(r"(?P<target>\d{3})"),
    ("ffpp", True): re.compile(r"(?P<target>\d{3})_(?P<donor>\d{3})"),
    ("dfd", False): re.compile(rf"(?P<target>\d\d)__{_SCENE}"),
    ("dfd", True): re.compile(
        rf"(?P<target>\d\d)_(?P<donor>\d\d)__{_SCENE}__[A-Z0-9]{{8}}"
    ),
}
_FOLDERS = {
    ("original_sequences", "youtube"): "ffpp",
    ("original_sequences", "actors"): "dfd",
    **{("manipulated_sequences", method): "ffpp" for method in METHODS},
    ("manipulated_sequences", "DeepFakeDetection"): "dfd",
}
_LISTS = ("train", "val", "test")
_LIST_FOLDERS = ("splits", "dataset/splits")


class _File(NamedTuple):
    path: Path
    dataset: str  # ffpp or dfd
    method: str  # "real", or the folder's name
    compression: str
    target: str
    donor: str | None
    scene: str | None

    @property
    def original(self) -> str:
        """Name of the clip that this one is, or was made from."""
        return f"{self.target}__{self.scene}" if self.scene else self.target

    @property
    def video_id(self) -> str:
        parts = [self.dataset, self.compression, self.path.stem]
        if self.method != "real" and self.dataset == "ffpp":
            parts.insert(2, self.method)  # five methods name their files alike
        return "-".join(parts)


def describe(name: str) -> str | None:
    """What the name of a DFD file says of its scene: "podium speech happy".

    None for a name that is not one of DFD's. Who is in it, and the id that only fakes
    have, stay behind: with them a description would tell the label.
    """
    for kind in (("dfd", False), ("dfd", True)):
        if match := _NAMES[kind].fullmatch(name):
            return match["scene"].replace("_", " ")
    return None


def owned(folder: Path) -> set[Path]:
    """The folders of FaceForensics++ in `folder`; {} without its two sides."""
    if not any((folder / side).is_dir() for side in _SIDES):
        return set()
    return {folder / name for name in (*_SIDES, "downloaded_videos", *_LIST_FOLDERS)}


def rows(folder: Path, tree: Tree) -> list[dict]:
    """One row a video. Official lists, where there, fill `split` for FaceForensics++.

    All compressions of a clip have the same people, and one `source_id`: its original,
    in the best compression that is there. ValueError for lists that are not official.
    """
    files = list(_files(folder, tree))
    splits = _splits(folder)
    if splits:
        files = list(_listed(folder, files, splits, tree))
    originals: dict[tuple[str, str], str] = {}
    for file in sorted(files, key=lambda file: COMPRESSIONS.index(file.compression)):
        if file.method == "real":
            originals.setdefault((file.dataset, file.original), file.video_id)
    return [
        {
            "video_id": file.video_id,
            "path": str(file.path),
            "label": int(file.method != "real"),
            "dataset": f"{file.dataset}-{file.compression}",
            "method": file.method,
            "source_id": originals.get(
                (file.dataset, file.original), f"{file.dataset}-{file.original}"
            ),
            "target_identity": f"{file.dataset}-{file.target}",
            "donor_identity": file.donor and f"{file.dataset}-{file.donor}",
            "description": describe(file.path.stem),
            "split": splits.get(file.path.stem) if file.dataset == "ffpp" else None,
        }
        for file in files
    ]


def _files(folder: Path, tree: Tree) -> Iterator[_File]:
    for side in _SIDES:
        for path in videos(folder / side, skip=("images", "masks", "models")):
            kind, *rest = path.relative_to(folder / side).parts
            dataset = _FOLDERS.get((side, kind))
            if dataset is None and rest:
                known = ", ".join(name for place, name in _FOLDERS if place == side)
                tree.leave_out(
                    folder / side / kind, f"not a known folder of {side}: {known}"
                )
                continue
            if len(rest) != 3 or rest[0] not in COMPRESSIONS or rest[1] != "videos":
                tree.leave_out(path, "not in {raw,c23,c40}/videos of a data set")
                continue
            if tree.compression not in (None, rest[0]):
                continue
            fake = side == "manipulated_sequences"
            match = _NAMES[dataset, fake].fullmatch(path.stem)
            if match is None or path.suffix != ".mp4":
                word = "a fake" if fake else "an original"
                tree.leave_out(path, f"not named like {word} of {kind}")
                continue
            parts = {"donor": None, "scene": None} | match.groupdict()
            yield _File(path, dataset, kind if fake else "real", rest[0], **parts)


def _splits(folder: Path) -> dict[str, str]:
    """{"071": "train", "054": "train", "071_054": "train", ...}; {} without lists."""
    for place in (folder, *(folder / name for name in _LIST_FOLDERS)):
        paths = {part: place / f"{part}.json" for part in _LISTS}
        there = [path.exists() for path in paths.values()]
        if not any(there):
            continue
        if not all(there):
            raise ValueError(f"{place} has only some of train, val and test.json")
        splits: dict[str, str] = {}
        for part, path in paths.items():
            for a, b in _pairs(path):
                for name in (a, b, f"{a}_{b}", f"{b}_{a}"):
                    if (other := splits.setdefault(name, part)) != part:
                        raise ValueError(f"{path} has {name}, as {other}.json has")
        return splits
    return {}


def _pairs(path: Path) -> list[list[str]]:
    try:
        pairs = json.loads(path.read_text(encoding="utf-8"))
        good = all(
            len(pair) == 2 and all(re.fullmatch(r"\d{3}", name) for name in pair)
            for pair in pairs
        )
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} is not a list of pairs: {error!r}") from error
    if not good:
        raise ValueError(f'{path} is not a list of pairs like ["071", "054"]')
    return pairs


def _listed(
    folder: Path, files: list[_File], splits: dict[str, str], tree: Tree
) -> Iterator[_File]:
    """The files that are in a list; the folders that have some lack those missing."""
    there: dict[Path, set[str]] = {}
    for file in files:
        if file.dataset == "dfd":
            yield file
            continue
        there.setdefault(file.path.parent, set()).add(file.path.stem)
        if file.path.stem in splits:
            yield file
        else:
            tree.leave_out(file.path, "in none of train.json, val.json and test.json")
    for place, names in there.items():
        fakes = place.is_relative_to(folder / "manipulated_sequences")
        wanted = {name for name in splits if ("_" in name) == fakes}
        for name in wanted - names:
            reason = f"in {splits[name]}.json, but there is no such file"
            tree.leave_out(place / f"{name}.mp4", reason)
