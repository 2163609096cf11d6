"""Celeb-DF v2: `Celeb-real/`, `Celeb-synthesis/`, `YouTube-real/` and the test list.

`Celeb-synthesis/id0_id1_0000.mp4` is `Celeb-real/id0_0000.mp4` with the face of id1.
Who is in `YouTube-real` is unknown. In `List_of_testing_videos.txt` 1 means REAL.

Li et al., "Celeb-DF: A Large-scale Challenging Dataset for DeepFake Forensics", 2020.
"""

import re
from pathlib import Path

from dfstudy.data.layouts.tree import Tree, videos

_NAMES = {
    "Celeb-real": re.compile(r"(?P<target>id\d+)_(?P<clip>\d+)"),
    "Celeb-synthesis": re.compile(r"(?P<target>id\d+)_(?P<donor>id\d+)_(?P<clip>\d+)"),
    "YouTube-real": re.compile(r"(?P<clip>\d+)"),
}
_FAKES = "Celeb-synthesis"
_LIST = "List_of_testing_videos.txt"


def owned(folder: Path) -> set[Path]:
    """Those of the three folders that are in `folder`."""
    return {folder / name for name in _NAMES if (folder / name).is_dir()}


def rows(folder: Path, tree: Tree) -> list[dict]:
    """One row a video; those of the official list have the split "test".

    ValueError for a list that has another form or contradicts the folders.
    """
    listed = _test_list(folder / _LIST)
    for path in listed:
        if not path.exists():
            tree.leave_out(path, f"in {_LIST}, but there is no such file")
    table = []
    for path in (path for place in sorted(owned(folder)) for path in videos(place)):
        kind, *rest = path.relative_to(folder).parts
        match = _NAMES[kind].fullmatch(path.stem)
        if not match or len(rest) != 1 or path.suffix != ".mp4":
            tree.leave_out(path, f"not named like a video of {kind}")
            continue
        who = match.groupdict()
        target, donor = who.get("target"), who.get("donor")
        table.append(
            {
                "video_id": f"celebdf-{path.stem}",
                "path": str(path),
                "label": int(kind == _FAKES),
                "dataset": "celebdf",
                "method": kind if kind == _FAKES else "real",
                "source_id": "celebdf-" + "_".join(filter(None, (target, who["clip"]))),
                "target_identity": target and f"celebdf-{target}",
                "donor_identity": donor and f"celebdf-{donor}",
                "split": "test" if path in listed else None,
            }
        )
    return table


def _test_list(path: Path) -> set[Path]:
    if not path.exists():
        return set()
    listed = set()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        mark, _, name = line.strip().partition(" ")
        kind = name.strip().split("/")[0]
        if mark not in {"0", "1"} or kind not in _NAMES:
            raise ValueError(
                f"{path}, line {number}: expected 0 or 1 and a file: {line!r}"
            )
        if (mark == "0") != (kind == _FAKES):
            raise ValueError(
                f"{path}, line {number}: {line!r} contradicts the folder (1 is real)"
            )
        listed.add(path.parent / name.strip())
    return listed
