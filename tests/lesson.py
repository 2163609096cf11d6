"""A tiny course in a folder, and tiny lessons, for the tests of the course's tools."""

import shutil
from pathlib import Path

import nbformat

from dfstudy import profiles
from dfstudy.course import build

COURSE = Path(__file__).parent / "fixtures" / "course"
SOURCE = COURSE / "notebooks" / "source" / "42_tiny.py"


def course(folder: Path) -> Path:
    """A copy of the fixture course, not built yet."""
    return Path(shutil.copytree(COURSE, folder / "course"))


def tiny() -> nbformat.NotebookNode:
    """The fixture lesson as students open it; every rule holds for it."""
    return nbformat.reads(build.build(SOURCE), as_version=4)


def write(
    folder: Path, number: str, slug: str, *code: str, waits: bool = False
) -> Path:
    """A notebook that the runner takes for a lesson: parameters, then these cells."""
    cells = [
        nbformat.v4.new_code_cell(
            build.PARAMETERS, id="parameters", metadata={"tags": ["parameters"]}
        )
    ]
    cells += [
        nbformat.v4.new_code_cell(text, id=f"cell-{place}")
        for place, text in enumerate(code)
    ]
    header = {
        "lesson": number,
        "slug": slug,
        "question": f"What does {slug} show?",
        "minutes": dict.fromkeys(profiles.NAMES, 0.1),
        "memory_gb": 0.2,
        "disk_gb": 0.1,
        "gpu": False,
        "waits": waits,
    }
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"dfstudy": header, "kernelspec": build.KERNEL}
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number}_{slug}.ipynb"
    nbformat.write(notebook, path)
    return path
