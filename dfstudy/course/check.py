"""Is the course as it should be: lessons keep the rules, built files fit their sources?

python -m dfstudy.course check                        # sources and built notebooks
python -m dfstudy.course check --executed runs/smoke/notebooks
"""

import itertools
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from dfstudy.course import build, lessons, rules
from dfstudy.course.execute import lesson_cells


def lesson(notebook: NotebookNode, name: str) -> list[str]:
    """Every rule's problems with one lesson as students open it."""
    return [f"{name}: {text}" for rule in rules.LESSON for text in rule(notebook, name)]


def executed(notebook: NotebookNode, name: str) -> list[str]:
    """An executed copy ran from top to bottom, once, without an error."""
    found, counts = [], []
    for ordinal, cell in enumerate(lesson_cells(notebook), start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"{name}: cell {ordinal} raised {output.ename}")
        if cell.execution_count is None:
            found.append(f"{name}: cell {ordinal} was not executed")
        else:
            counts.append(cell.execution_count)
    if any(later <= earlier for earlier, later in itertools.pairwise(counts)):
        found.append(f"{name}: cells were executed out of order: {counts}")
    return found


def in_sync(root: Path) -> list[str]:
    """Built notebooks and the README's table are what their sources say."""
    wanted = build.outputs(root)
    found = []
    for path, text in wanted.items():
        shown = path.relative_to(root)
        if not path.exists():
            found.append(f"{shown} is not built")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{shown} differs from its source")
    strays = [path for path in build.built(root) if path not in wanted]
    found += [f"{path.relative_to(root)} has no source" for path in strays]
    readme = root / "README.md"
    if readme.exists() and not found:
        text = readme.read_text(encoding="utf-8")
        if build.with_tables(readme, root) != text:
            found.append("README.md: its tables are older than what they are made of")
    return [f"{text}: run `python -m dfstudy.course build`" for text in found]


def markdown(root: Path) -> list[str]:
    """Pages in Markdown name no metric's value that a run has not written.

    The README's blocks may, which `in_sync` compares with the published files; a block
    that only says it was generated may not.
    """
    found = []
    for path in _pages(root):
        text = path.read_text(encoding="utf-8")
        names = build.BLOCKS if path == root / "README.md" else ()
        checked = {build.BLOCK.format(name) for name in names} | {"<!-- end -->"}
        for mark in set(re.findall(r"<!--.*?-->", text, re.DOTALL)) - checked:
            text = text.replace(mark, "")
        found += [
            f"{path.relative_to(root)}: a metric typed by hand: {said}"
            for said in rules.typed_metrics(text)
        ]
    return found


def links(root: Path) -> list[str]:
    """Links of pages and lessons to files of ours lead somewhere, headings too."""
    texts = {path: path.read_text(encoding="utf-8") for path in _pages(root)}
    for path in build.built(root):
        cells = nbformat.read(path, as_version=4).cells
        texts[path] = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    found = []
    for path, text in texts.items():
        for link in _LINK.findall(text):
            place, _, heading = link.partition("#")
            target = (path.parent / place) if place else path
            name = f"{path.relative_to(root)}: the link {link}"
            if not target.exists():
                found.append(f"{name} leads nowhere")
            elif heading and heading not in _anchors(target):
                found.append(f"{name}: there is no such heading")
    return found


# Of [text](target) and of ![text](target); other sites are not asked here.
_LINK = re.compile(r"\]\((?!https?:|mailto:|data:)([^)\s]+)\)")


def _anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    heads = re.findall(r"^#+ +(.+)$", path.read_text(encoding="utf-8"), re.M)
    plain = [re.sub(r"[^\w\- ]", "", head.lower()) for head in heads]
    return {text.strip().replace(" ", "-") for text in plain}


def _pages(root: Path) -> list[Path]:
    files = [root.glob("*.md")]
    files += [(root / name).rglob("*.md") for name in ("docs", "data", "tests")]
    return sorted(itertools.chain(*files))


def course(root: Path) -> list[str]:
    """Every problem of the course in `root`."""
    found = in_sync(root) + markdown(root) + links(root)
    for one in lessons.find(root / "notebooks"):
        found += lesson(nbformat.read(one.path, as_version=4), one.name)
    return found


def executed_folder(folder: Path) -> list[str]:
    """Problems of every executed copy in `folder`; an empty folder is one."""
    copies = sorted(folder.glob("*.ipynb"))
    if not copies:
        return [f"{folder} holds no executed notebook"]
    return [
        problem
        for path in copies
        for problem in executed(nbformat.read(path, as_version=4), path.stem)
    ]
