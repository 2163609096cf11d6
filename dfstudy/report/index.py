"""The page of a run: how each lesson went, and every result beside its interval.

    index.write(paths.runs("smoke"), profile="smoke", data=None, lessons=[...])

Results are read from `results/*.json`. Synthetic and real rows stand in tables of their
own and are never averaged: what holds in the laboratory need not hold outside.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
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
    """Write `folder/index.html`.

    Args:
        folder: `runs/<profile>`; links are relative to it.
        data: the folder of videos, or None for the synthetic set.
        lessons: one dict a lesson: number, name, question, forecast_minutes, status
            ("not run", "ok", "failed", "timeout"), and where it ran seconds,
            peak_memory_mb, started and error.
    """
    rows = [_lesson(folder, dict(lesson)) for lesson in lessons]
    ran = [row for row in rows if row["status"] != "not run"]
    page = pages.render(
        "run.html.j2",
        title=f"dfstudy: profile {profile}",
        profile=profile,
        data=data,
        lessons=rows,
        finished=sum(row["status"] == "ok" for row in rows),
        failed=sum(row["status"] in ("failed", "timeout") for row in rows),
        minutes=sum(row["seconds"] for row in ran) / 60,
        memory_gb=max((row["peak_memory_mb"] / 1024 for row in ran), default=0.0),
        results=results(folder),
        metrics=METRICS,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    path = folder / "index.html"
    path.write_text(page, encoding="utf-8")
    return path


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
