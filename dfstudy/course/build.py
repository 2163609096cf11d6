"""From a lesson's source to its two notebooks: with stubs, and with solutions.

    python -m dfstudy.course build       # notebooks/*.ipynb, solutions/*.ipynb, README

The source `notebooks/source/NN_slug.py` (jupytext percent format) holds the solutions:

    # ---
    # dfstudy:
    #   lesson: "03"
    #   ...                       (see lessons.FIELDS)
    # ---

    # %% tags=["exercise"]
    def share(labels):
        \"\"\"The share of fakes.\"\"\"
        # BEGIN SOLUTION
        # STUB: return ...
        return labels.mean()
        # END SOLUTION

The student's notebook gets the stub in place of the lines between the marks; cells
tagged `solution` are only in the solutions, so that no conclusion leaks into the
exercise. Equal sources give equal bytes: ids come from a cell's content, so that one
edit changes one cell.
"""

import ast
import hashlib
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

from dfstudy import profiles
from dfstudy.course import lessons, readme

REPOSITORY = "dfstudy/dfstudy"
PARAMETERS = 'PROFILE = "laptop"\nSEED = 0\nDATA = ""'
# What every cell tagged `setup` becomes. The source has the last line's two statements;
# the rest is Colab's, where the course is installed and nothing that is there moves.
SETUP = f"""\
if "google.colab" in str(get_ipython()):
    %pip install --quiet --no-deps git+https://github.com/{REPOSITORY}
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)"""
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
COLAB_T4 = {"accelerator": "GPU", "colab": {"gpuType": "T4"}}  # asks Colab for one
_BEGIN, _END, _STUB = "# BEGIN SOLUTION", "# END SOLUTION", "# STUB:"
BLOCK = "<!-- {}: written by `python -m dfstudy.course build` -->"
BLOCKS = ("picture", "lessons", "results")  # of the README


class BuildError(ValueError):
    """A source that cannot become a notebook; the message names file and place."""


def build(source: Path, *, solutions: bool = False) -> str:
    """The notebook, as its file's text, that `source` stands for."""
    script = jupytext.read(source, fmt="py:percent")
    header = _header(script.cells[:1])
    if header is None:
        raise BuildError(f"{source.name}: its header has no `dfstudy:` block")
    lesson = lessons.describe(header, source)
    cells, seen = [], set()
    for ordinal, cell in enumerate(script.cells[1:], start=1):
        tags = list(cell.metadata.get("tags", []))
        if "solution" in tags and not solutions:
            continue
        text = SETUP if "setup" in tags else cell.source
        try:
            if cell.cell_type == "code" and "exercise" in tags:
                text = solve(text) if solutions else stub(text)
            elif _BEGIN in text:
                raise BuildError("a solution in a cell without the tag `exercise`")
        except BuildError as error:
            raise BuildError(f"{source.name}, cell {ordinal}: {error}") from None
        if cell.cell_type == "markdown":
            text = _fill(text, lesson, source.parents[2], solutions=solutions)
        cells.append(_cell(cell.cell_type, text, tags, lesson.number, seen))
    metadata = {"dfstudy": header, "kernelspec": KERNEL}
    if lesson.gpu:
        metadata |= COLAB_T4
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _header(cells: list[NotebookNode]) -> dict[str, Any] | None:
    """The `dfstudy:` block; jupytext makes a header's unknown keys a raw first cell."""
    if not cells or cells[0].cell_type != "raw":
        return None
    return yaml.safe_load(cells[0].source.strip("-\n")).get("dfstudy")


def stub(text: str) -> str:
    """The exercise cell as students get it: every marked region becomes its stub."""
    kept: list[str] = []
    stubs: list[str] | None = None  # of the region we are in
    for line in text.splitlines():
        mark = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if mark == _BEGIN and stubs is None:
            stubs = []
            kept.append(f"{indent}# Write your code here.")
        elif mark == _END and stubs is not None:
            if not stubs:
                raise BuildError(f"a solution without a line `{_STUB} name = ...`")
            kept += stubs
            stubs = None
        elif mark in (_BEGIN, _END):
            raise BuildError(f"`{mark}` without its partner")
        elif stubs is None:
            kept.append(line)
        elif mark.startswith(_STUB):
            stubs.append(indent + mark.removeprefix(_STUB).strip())
    if stubs is not None:
        raise BuildError(f"`{_BEGIN}` without `{_END}`")
    if _BEGIN not in text:
        raise BuildError(f"tagged `exercise`, but it has no `{_BEGIN}`")
    done = "\n".join(kept)
    try:
        ast.parse(done)
    except SyntaxError as error:
        raise BuildError(f"its stub is not Python: {error}") from None
    return done


def solve(text: str) -> str:
    """The exercise cell with its solution: only the marks go."""
    stub(text)  # the same errors for both notebooks
    marks = (_BEGIN, _END, _STUB)
    return "\n".join(
        line for line in text.splitlines() if not line.strip().startswith(marks)
    )


def _cell(
    kind: str, text: str, tags: list[str], number: str, seen: set[str]
) -> NotebookNode:
    make = {
        "code": nbformat.v4.new_code_cell,
        "markdown": nbformat.v4.new_markdown_cell,
        "raw": nbformat.v4.new_raw_cell,
    }[kind]
    repeat = 0
    while True:  # equal cells (two lines of `study`) need different ids
        stuff = f"{number}|{kind}|{text}|{repeat}"
        name = hashlib.sha256(stuff.encode()).hexdigest()[:12]
        if name not in seen:
            break
        repeat += 1
    seen.add(name)
    return make(text, id=name, metadata={"tags": tags} if tags else {})


def _fill(text: str, lesson: lessons.Lesson, root: Path, *, solutions: bool) -> str:
    """Markdown with `<!-- badge -->` and `<!-- time -->` filled in.

    Both follow from the header, and would go stale if they were typed.
    """
    rows = ["| profile | for | minutes |", "|---|---|---|"]
    rows += [
        f"| `{name}` | {profiles.get(name).machine} | {minutes:g} |"
        for name, minutes in lesson.minutes.items()
    ]
    rows.append("")
    rows.append(
        f"About {lesson.memory_gb:g} GB of memory and {lesson.disk_gb:g} GB of disk"
        " in the profile `laptop`;"
        + (" `colab` and `paper` need a GPU." if lesson.gpu else " no GPU needed.")
    )
    if costs := readme.rendering(root):
        rows += ["", costs]
    text = text.replace("<!-- badge -->", badge(lesson, solutions=solutions))
    return text.replace("<!-- time -->", "\n".join(rows))


def badge(lesson: lessons.Lesson, *, solutions: bool = False) -> str:
    """The picture that opens a lesson on Colab (Markdown)."""
    place = f"notebooks/{'solutions/' * solutions}{lesson.name}.ipynb"
    colab = "https://colab.research.google.com"
    return (
        f"[![Open in Colab]({colab}/assets/colab-badge.svg)]"
        f"({colab}/github/{REPOSITORY}/blob/main/{place})"
    )


def outputs(root: Path) -> dict[Path, str]:
    """Every file that `root/notebooks/source` stands for, and the text it must have."""
    wanted: dict[Path, str] = {}
    for source in sorted((root / "notebooks" / "source").glob("*.py")):
        name = f"{source.stem}.ipynb"
        wanted[root / "notebooks" / name] = build(source)
        wanted[root / "notebooks" / "solutions" / name] = build(source, solutions=True)
    return wanted


def write(root: Path) -> list[Path]:
    """Write what changed, remove notebooks whose source is gone; return those paths."""
    wanted = outputs(root)
    touched = [path for path, text in wanted.items() if _put(path, text)]
    for path in built(root):
        if path not in wanted:
            path.unlink()
            touched.append(path)
    page = root / "README.md"
    if page.exists() and _put(page, with_tables(page, root)):
        touched.append(page)
    return touched


def built(root: Path) -> list[Path]:
    """The notebooks that are there, with stubs and with solutions."""
    return sorted(
        path
        for place in (root / "notebooks", root / "notebooks" / "solutions")
        for path in place.glob("*.ipynb")
    )


def with_tables(page: Path, root: Path) -> str:
    """The README's text with its generated blocks up to date."""
    every = lessons.find(root / "notebooks")
    blocks = {
        "lessons": readme.lessons_table(root, every, badge=badge),
        "results": readme.results_table(root),
        "picture": readme.picture(root),
    }
    text = page.read_text(encoding="utf-8")
    for name, block in blocks.items():
        begin = BLOCK.format(name)
        whole = f"{begin}\n{block}\n<!-- end -->"
        pattern = re.escape(begin) + r".*?<!-- end -->"
        text = re.sub(pattern, lambda _, whole=whole: whole, text, flags=re.DOTALL)
    return text


def _put(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
