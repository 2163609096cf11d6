"""A lesson's page: its executed notebook between the pages before and after it.

    lesson.write(folder, lessons, "05_two_stream_video", notebook)

The page needs nothing beside it but the pages that it links to. What students typed or
cells printed is escaped; HTML that a cell returned (tables, players) is taken over.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfstudy.report import pages

if TYPE_CHECKING:
    from nbformat import NotebookNode

FOLDER = "notebooks"  # of a run: executed copies, and their pages beside them
REPOSITORY = "https://github.com/dfstudy/dfstudy"


def write(
    folder: Path,
    lessons: Sequence[dict[str, Any]],
    name: str,
    notebook: "NotebookNode | None",
) -> Path:
    """Write `folder/notebooks/<name>.html`; returns its path.

    Args:
        folder: of the run.
        lessons: as `index.rows` gives them, in order.
        name: which of them.
        notebook: its executed copy without the cells that a runner added (streams in it
            are joined); None where there is none yet: the page says how to make one.
    """
    place = [lesson["name"] for lesson in lessons].index(name)
    page = folder / FOLDER / f"{name}.html"
    cells, sections = ([], []) if notebook is None else _cells(notebook)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        pages.render(
            "lesson.html.j2",
            title=f"{lessons[place]['number']} · {lessons[place]['question']}",
            up="../",
            here="lessons",
            compared=(folder / "comparison.html").exists(),
            lesson=lessons[place],
            before=lessons[place - 1] if place else None,
            after=lessons[place + 1] if place + 1 < len(lessons) else None,
            cells=cells,
            sections=sections,
            repository=REPOSITORY,
        ),
        encoding="utf-8",
    )
    return page


def _cells(notebook: "NotebookNode") -> tuple[list[dict], list[tuple[str, str]]]:
    """The cells for the template, and (anchor, words) of the lesson's sections."""
    from nbconvert.filters.highlight import Highlight2HTML
    from nbconvert.preprocessors import CoalesceStreamsPreprocessor

    from dfstudy.report import markup

    # Of a progress bar, the last state instead of a line for each.
    node, _ = CoalesceStreamsPreprocessor(enabled=True).preprocess(notebook, {})
    text = markup.Page(links=_to_page)
    # Of their own prefix: pygments' short class names are names of ours, too.
    options = {"classprefix": "py-"}
    colour = Highlight2HTML("ipython3", extra_formatter_options=options)
    cells = []
    for cell in node.cells:
        if cell.cell_type == "markdown":
            shown = markup.table_boxes(text.html(cell.source))
            cells.append({"kind": "text", "html": pages.trusted(shown)})
        elif cell.cell_type == "code" and cell.source.strip():
            code = {"kind": "code", "html": pages.trusted(colour(cell.source))}
            tags = cell.metadata.get("tags", [])
            said = [part for output in cell.outputs for part in _parts(output)]
            cells.append({**code, "tags": tags, "outputs": said})
    return cells, text.sections


def _parts(output: "NotebookNode") -> Iterator[dict[str, Any]]:
    """What a cell put out, the richest form that a page can show."""
    from nbconvert.filters import ansi2html

    from dfstudy.report import markup

    kind = output["output_type"]
    if kind == "stream":
        text = pages.trusted(ansi2html(output["text"].rstrip("\n")))
        # Progress and warnings: of use to whoever looks for a fault.
        yield {"kind": "aside" if output["name"] == "stderr" else "lines", "text": text}
        return
    if kind == "error":
        text = ansi2html("\n".join(output["traceback"]))
        yield {"kind": "error", "text": pages.trusted(text)}
        return
    data = output["data"]
    plain = "".join(data.get("text/plain", ""))
    for media in ("image/png", "image/jpeg"):
        if media in data:
            source = f"data:{media};base64,{''.join(data[media].split())}"
            yield {"kind": "picture", "source": source, "alt": plain}
            return
    if "text/html" in data:
        shown = markup.table_boxes("".join(data["text/html"]))
        yield {"kind": "html", "html": pages.trusted(shown)}
    elif "text/markdown" in data:
        shown = markup.Page(links=_to_page).html("".join(data["text/markdown"]))
        yield {"kind": "html", "html": pages.trusted(markup.table_boxes(shown))}
    else:
        yield {"kind": "lines", "text": plain}


def _to_page(link: str) -> str:
    """Another lesson's notebook is a page here; other files are in the repository."""
    place, hash_, heading = link.partition("#")
    if not place or "://" in place or place.startswith("mailto:"):
        return link
    if "/" not in place and place.endswith(".ipynb"):
        return place.removesuffix("ipynb") + "html" + hash_ + heading
    if place.startswith("../"):
        return f"{REPOSITORY}/blob/main/{place.removeprefix('../')}{hash_}{heading}"
    return link
