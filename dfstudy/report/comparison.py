"""The comparison as one page: every table and figure from the files of a run.

    write(runs)                  # runs/comparison.html, comparison.md, comparison/*.svg
    old(runs)                    # [] while the page shows the results that are there

The HTML file needs nothing beside it; Markdown shows the same tables and links to the
figures. Both name a hash of the result files that they were made from.
"""

import base64
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from dfstudy import profiles
from dfstudy.report import compared, pages, style, tables
from dfstudy.study.comparison import Comparison, compare
from dfstudy.study.errata import errata
from dfstudy.training import results

NAME = "comparison"
_HASH = re.compile(r"results sha256: ([0-9a-f]{64})")


@dataclass(frozen=True)
class Part:
    """One section of the page; `stamp` says what its numbers are of."""

    title: str
    text: str
    table: pd.DataFrame | None = None  # of strings
    figure: Figure | None = None
    alt: str = ""
    stamp: str = ""


def write(runs: str | Path, out: str | Path | None = None) -> list[Path]:
    """Write the page and the Markdown; returns their paths.

    Args:
        runs: the folder of a run. out: where to; the same folder by default.

    Raises:
        ValueError: there are no results; or a ResultError.
    """
    runs, out = Path(runs), Path(out or runs)
    found = results.read_results(runs)
    if not found:
        raise ValueError(f"{runs}: no results; lessons 03 to 10 write them")
    n = profiles.get(found[0]["profile"]).bootstrap
    with rc_context():
        style.apply()
        several = list(parts(compare(runs, n_bootstrap=n), runs))
        drawings = {
            _slug(i, part): _svg(part.figure)
            for i, part in enumerate(several)
            if part.figure is not None
        }
    stamp = f"results sha256: {results_sha256(runs)}"
    out.mkdir(parents=True, exist_ok=True)
    (out / NAME).mkdir(exist_ok=True)
    for old in (out / NAME).glob("*.svg"):
        old.unlink()
    for slug, svg in drawings.items():
        (out / NAME / f"{slug}.svg").write_bytes(svg)
    page = pages.render(
        "comparison.html.j2",
        title="dfstudy: the detectors compared",
        parts=[
            (part, _cells(part.table), _data_url(drawings.get(_slug(i, part))))
            for i, part in enumerate(several)
        ],
        stamp=stamp,
    )
    (out / f"{NAME}.html").write_text(page, encoding="utf-8")
    text = "\n\n".join(_markdown(several, drawings, stamp)) + "\n"
    (out / f"{NAME}.md").write_text(text, encoding="utf-8")
    return [out / f"{NAME}.html", out / f"{NAME}.md"]


def old(runs: str | Path, out: str | Path | None = None) -> list[str]:
    """Why the page does not show the results that are there; empty if it does."""
    out, problems = Path(out or runs), []
    now = results_sha256(runs)
    for path in (out / f"{NAME}.html", out / f"{NAME}.md"):
        if not path.exists():
            problems.append(f"{path} is missing")
            continue
        shown = _HASH.search(path.read_text(encoding="utf-8"))
        if shown is None or shown[1] != now:
            problems.append(f"{path} shows other results than {runs} holds")
    return problems


def results_sha256(runs: str | Path) -> str:
    """Hash of the names and bytes of a run's result files."""
    digest = hashlib.sha256()
    for path in sorted((Path(runs) / "results").glob("*.json")):
        digest.update(path.name.encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def parts(several: list[Comparison], runs: str | Path) -> Iterator[Part]:
    """The sections, those of one set of videos together."""
    for one in several:
        yield from _of(one)
    rows = pd.DataFrame(errata())
    yield Part(
        "Errata of the papers",
        "Recomputed from nothing but the papers' own printed numbers.",
        rows.rename(columns={"recomputed": "recomputed here"}),
    )


def _of(one: Comparison) -> Iterator[Part]:
    a = one.about
    made: list[tuple[str, str, Callable[[], pd.DataFrame], Callable | None, str]] = [
        (
            "Detectors",
            f"Test videos that all of them have scored: {a['videos']} of {a['scored']},"
            f" {a['groups']} groups of people; fakes: {', '.join(a['families'])}."
            " Intervals (95 %) draw groups and trainings anew. The plain detector of"
            " each family stands for it, or the variant that validation chose.",
            lambda: tables.quality(one),
            compared.quality,
            "AUROC of each detector with its interval",
        ),
        (
            "Which differences are real",
            "Every pair on the same videos; p is corrected for the number of pairs"
            " (Holm), so that one false find among all of them has a chance of 5 %.",
            lambda: tables.differences(one),
            compared.differences if len(one.chosen) > 1 else None,
            "Differences of AUROC between all pairs of detectors",
        ),
        (
            "Which detector sees which artefact",
            "The fakes of one kind against all reals. A kind that a detector has not"
            " learned is marked.",
            lambda: tables.matrix(one),
            compared.matrix if len(one.matrix) else None,
            "AUROC of each detector on each kind of forgery",
        ),
        (
            "Cost beside quality",
            "On the front: no other detector costs no more and is no worse.",
            lambda: tables.cost(one),
            compared.pareto if len(one.cost) else None,
            "Cost of each detector against its AUROC",
        ),
        (
            "Variants and twins",
            "Each on its own forgeries, so rows of different training are no"
            " comparison. Twins differ by what the network started from.",
            lambda: tables.others(one),
            None,
            "",
        ),
    ]
    for title, text, table, figure, alt in made:
        rows = table()
        if len(rows):
            drawn = figure(one) if figure else None
            title = f"{title}: {a['kind']} videos"
            yield Part(title, text, rows, drawn, alt, one.stamp)


def _slug(place: int, part: Part) -> str:
    words = re.sub(r"[^a-z]+", "-", part.title.lower()).strip("-")
    return f"{place:02}-{words}"


def _svg(figure: Figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _data_url(svg: bytes | None) -> str | None:
    if svg is None:
        return None
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


def _cells(table: pd.DataFrame | None) -> dict | None:
    if table is None:
        return None
    shown = table.fillna("n/a").astype(str)
    return {"columns": list(shown.columns), "rows": shown.to_numpy().tolist()}


def _markdown(several: list[Part], drawings: dict, stamp: str) -> Iterator[str]:
    yield "# The detectors compared"
    yield f"<!-- generated by `dfstudy report`; {stamp} -->"
    for i, part in enumerate(several):
        yield f"## {part.title}"
        yield part.text
        slug = _slug(i, part)
        if slug in drawings:
            yield f"![{part.alt}]({NAME}/{slug}.svg)"
        if part.table is not None:
            cells = _cells(part.table)
            lines = [cells["columns"], ["---"] * len(cells["columns"]), *cells["rows"]]
            yield "\n".join(
                "| " + " | ".join(c.replace("|", "\\|") for c in line) + " |"
                for line in lines
            )
        if part.stamp:
            yield f"*{part.stamp}*"
    yield "<!-- end -->"
