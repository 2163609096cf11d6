"""The front page of a run's site, and the page of its results.

    index.write(paths.runs("smoke"), profile="smoke", data=None, lessons=[...])

`index.html` has the lessons and how each went; `results.html` has every result beside
its interval, read from `results/*.json`. Synthetic and real rows stand in tables of
their own and are never averaged: what holds in the laboratory need not hold outside.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from dfstudy.report import pages
from dfstudy.training import card

METRICS = ("auroc", "balanced_accuracy", "eer")


def write(
    folder: Path,
    *,
    profile: str,
    data: str | None,
    lessons: Sequence[dict[str, Any]],
) -> Path:
    """Write `folder/index.html` and `folder/results.html`; returns the first.

    Args:
        folder: `runs/<profile>`; links are relative to it.
        data: the folder of videos, or None for the synthetic set.
        lessons: one dict a lesson: number, name, module, question, forecast_minutes,
            status ("not run", "ok", "failed", "timeout"), and where it ran seconds,
            peak_memory_mb, started and error.
    """
    known = rows(folder, lessons)
    ran = [row for row in known if row["status"] != "not run"]
    tables = results(folder)
    compared = (folder / "comparison.html").exists()
    about = {"profile": profile, "data": data, "up": "", "compared": compared}
    front = pages.render(
        "index.html.j2",
        title=f"dfstudy: profile {profile}",
        here="lessons",
        modules=[(module, list(group)) for module, group in groupby(known, _module)],
        total=len(known),
        finished=sum(row["status"] == "ok" for row in known),
        failed=sum(row["status"] in ("failed", "timeout") for row in known),
        minutes=sum(row["seconds"] for row in ran) / 60,
        memory_gb=max((row["peak_memory_mb"] / 1024 for row in ran), default=0.0),
        counts={kind: len({row["file"] for row in t}) for kind, t in tables.items()},
        **about,
    )
    page = pages.render(
        "results.html.j2",
        title="dfstudy: results",
        here="results",
        results=tables,
        metrics=METRICS,
        **about,
    )
    (folder / "results.html").write_text(page, encoding="utf-8")
    path = folder / "index.html"
    path.write_text(front, encoding="utf-8")
    return path


def rows(folder: Path, lessons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lessons, each with `links`: what there is of it in `folder`, by kind."""
    return [_lesson(folder, dict(lesson)) for lesson in lessons]


def results(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Test rows of `folder/results`, by data kind.

    One row a model, seed and family, and below them the trivial classifiers of `all`:
    a detector that does no better than those has learned nothing.
    """
    tables: dict[str, list[dict[str, Any]]] = {}
    for path in sorted((folder / "results").glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        rows = tables.setdefault(result["data"]["kind"], [])
        about = {
            "lesson": result["lesson"],
            "model": result["model"],
            "seed": result["seed"],
            "backbone": f"{result['backbone']}, {result['pretrained']}",
            "trained_on": ", ".join(result["train_families"]),
            "file": f"results/{path.name}",
            "card": _card(folder, f"{result['model']}_{result['seed']}"),
        }
        tested = [
            (family, False, metrics)
            for family, metrics in result["metrics"]["test"].items()
        ]
        tested += [
            (name.replace("_", " "), True, metrics["test"]["all"])
            for name, metrics in result["trivial"].items()
        ]
        for name, trivial, metrics in tested:
            shown = {metric: metrics.get(metric, _MISSING) for metric in METRICS}
            rows.append({**about, "tested": name, "trivial": trivial, **shown})
    return dict(sorted(tables.items()))


_module = itemgetter("module")
_MISSING = {"value": None, "reason": "not in the result file"}


def _card(folder: Path, detector: str) -> str | None:
    """The detector's model card, where it is in this run."""
    place = f"models/{detector}/{card.NAME}"
    return place if (folder / place).exists() else None


def _lesson(folder: Path, row: dict[str, Any]) -> dict[str, Any]:
    places = {
        "page": f"notebooks/{row['name']}.html",
        "notebook": f"notebooks/{row['name']}.ipynb",
        "log": f"logs/{row['name']}.log",
    }
    exists = {kind: (folder / place).exists() for kind, place in places.items()}
    links = {kind: place for kind, place in places.items() if exists[kind]}
    return {"error": None, "started": ""} | row | {"links": links}
