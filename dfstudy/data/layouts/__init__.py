"""How data sets lie on disk: folders and lists -> rows of the manifest, not probed.

    table = rows(Tree(Path("data")))        # tree.left_out[file] = reason, filled in

One module a layout: `owned(folder)` has what in a folder belongs to it, if anything,
and `rows(folder, tree)` reads that. Several data sets may lie side by side, at any
depth; none is looked for inside another.
"""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from dfstudy.data.layouts import celebdf, dfdc, faceforensics, plain
from dfstudy.data.layouts.tree import Tree, is_video, short_hash

COMPRESSIONS = faceforensics.COMPRESSIONS
_LAYOUTS = (plain, faceforensics, celebdf, dfdc)


def rows(tree: Tree) -> list[dict]:
    """One mapping a video that there is a label for, sorted by path.

    Keys are columns of the manifest. Files that are listed but not there, or there but
    not listed, go into `tree.left_out`. ValueError where there is no data set.
    """
    table: list[dict] = []
    taken: set[str] = set()
    found = False
    for layout, folder in _data_sets(tree.root, tree):
        found = True
        new = layout.rows(folder, tree)
        if not taken.isdisjoint(_folded(new)):
            # Two sets that name their files alike: the later one's names get a mark.
            mark = short_hash(tree.name(folder))
            for row in new:
                for name in {"video_id", "source_id"} & row.keys():
                    row[name] = row[name] and f"{row[name]}-{mark}"
        taken |= _folded(new)
        table += new
    if not found:
        raise ValueError(
            f"{tree.root} holds no data set: expected folders real/ and fake/, DFDC "
            "parts with a metadata.json, the original_sequences/ and "
            "manipulated_sequences/ of FaceForensics++, or Celeb-DF's Celeb-real/"
        )
    return sorted(table, key=lambda row: row["path"])


def homes(root: Path) -> list[Path]:
    """Folders that may hold tables of what lies under `root`, such as truth.parquet."""
    sets = _data_sets(root, Tree(root))
    return sorted({dfdc.home(folder) for _, folder in sets} | {dfdc.home(root)})


def is_synthetic(root: Path) -> bool:
    """Whether our own renderer made the videos under `root`.

    ValueError where it made only some: such tables would mix two kinds of evidence.
    """
    made = {dfdc.is_synthetic(folder) for _, folder in _data_sets(root, Tree(root))}
    if len(made) > 1:
        raise ValueError(f"{root} mixes synthetic and real videos: use one at a time")
    return made == {True}


def _data_sets(folder: Path, tree: Tree) -> Iterator[tuple[ModuleType, Path]]:
    owned: set[Path] = set()
    for layout in _LAYOUTS:
        if mine := layout.owned(folder) - owned:
            owned |= mine
            yield layout, folder
    for path in sorted(set(folder.iterdir()) - owned):
        if path.is_dir():
            # A link to a folder above would never end.
            if not folder.resolve().is_relative_to(path.resolve()):
                yield from _data_sets(path, tree)
        elif is_video(path):
            tree.leave_out(path, "in no data set, so without a label")


def _folded(table: list[dict]) -> set[str]:
    return {row["video_id"].casefold() for row in table}
