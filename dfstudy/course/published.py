"""What a run showed, kept under version control: times, results, the README's figures.

    python -m dfstudy.course publish --profile laptop --times first --results

`docs/published/` has `times.csv` (a row a lesson), `results.json` (what detectors
reached) and `overview.jpg`. They are written from the files of a run, never by hand,
and `python -m dfstudy.course build` makes the README's tables of them.
"""

import csv
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from dfstudy import paths, profiles

FOLDER = Path("docs") / "published"
RUNS = ("first", "later")  # with nothing made before; with everything that is kept
WHOLE = "all lessons"  # from the first start to the last end
PAIR = "one pair of people, rendered, CPU seconds"
KEYS = ("value", "low", "high")


@dataclass(frozen=True, kw_only=True)
class Time:
    """One row of times.csv."""

    profile: str
    run: str  # of RUNS, or "any"
    lesson: str  # its name, WHOLE or PAIR
    seconds: float
    peak_mb: float
    date: str
    commit: str
    machine: str


def times(root: Path) -> list[Time]:
    """What was measured, as published under `root`; nothing if nothing was."""
    path = root / FOLDER / "times.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Time(**row | {key: float(row[key]) for key in ("seconds", "peak_mb")})
            for row in csv.DictReader(file)
        ]


def publish_times(root: Path, folder: Path, *, profile: str, run: str) -> list[Time]:
    """Add the times of a run's folder to those under `root`; return what was added.

    Lessons that did not end well are left out. Rows of the same profile, run and lesson
    are replaced.

    Raises:
        ValueError: the folder has no timings, or no lesson in it has ended well.
    """
    file = folder / "timings.csv"
    if not file.exists():
        raise ValueError(f"{file} is not there: run the lessons first")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["status"] == "ok"]
    if not rows:
        raise ValueError(f"{file}: no lesson has ended well")
    common = {"profile": profile, "run": run} | _here()
    new = [
        Time(
            lesson=row["lesson"],
            seconds=float(row["seconds"]),
            peak_mb=float(row["peak_memory_mb"]),
            date=row["started"][:10],
            **common,
        )
        for row in rows
    ]
    most = max(row.peak_mb for row in new)
    whole = {"lesson": WHOLE, "seconds": _busy(rows), "peak_mb": most}
    new.append(Time(date=max(row.date for row in new), **whole, **common))
    _add(root, new)
    return new


def publish_rendering(root: Path, names: Sequence[str]) -> list[Time]:
    """Render one pair of people at the scale of each profile, and add what it took."""
    from dfstudy.data import synth

    new = []
    for name in names:
        scale = profiles.get(name)
        with tempfile.TemporaryDirectory() as folder:
            begun = time.process_time()
            size = {"frames": scale.clip_frames, "size": scale.clip_size}
            synth.make(Path(folder) / "set", pairs=1, workers=1, progress=False, **size)
            seconds = round(time.process_time() - begun, 1)
        about = {"date": f"{datetime.now():%Y-%m-%d}", "peak_mb": 0.0}
        row = {"profile": name, "run": "any", "lesson": PAIR, "seconds": seconds}
        new.append(Time(**row, **about, **_here()))
    _add(root, new)
    return new


def publish_results(root: Path, runs: Path) -> Path:
    """Write results.json from the result files of a run; return its path.

    Raises:
        ValueError: the run has no results.
    """
    from dfstudy.study.comparison import compare

    every = compare(runs)
    if not every:
        raise ValueError(f"{runs} has no results: run the lessons first")
    one = every[0]
    # What all have learned stands first.
    matrix = one.matrix.assign(
        rare=~one.matrix.groupby("kind")["learned"].transform("all")
    )
    cells = matrix.sort_values(["rare", "kind"]).groupby("name", sort=False)
    detectors, trivial = [], []
    for row in one.quality.to_dict("records"):
        auroc = {key: row[f"auroc{end}"] for key, end in _ENDS.items()}
        said = {"name": row["name"], "auroc": _entry(auroc)}
        if row["trivial"]:
            trivial.append(said)
            continue
        said |= {"lesson": row["lesson"], "runs": int(row["seeds"]), "kinds": {}}
        for cell in cells.get_group(row["name"]).to_dict("records"):
            entry = _entry(cell) | {"learned": bool(cell["learned"])}
            said["kinds"][cell["kind"]] = entry
        detectors.append(said)
    chosen = [result for entry in one.chosen.values() for result in entry.results]
    about = {key: one.about[key] for key in _ABOUT}
    about["commits"] = sorted({result["commit"] or "unknown" for result in chosen})
    about["seeds"] = sorted({result["seed"] for result in chosen})
    path = root / FOLDER / "results.json"
    detectors.sort(key=lambda row: -(row["auroc"]["value"] or 0))
    content = {"about": about, "detectors": detectors, "trivial": trivial}
    paths.put(path, json.dumps(content, indent=1) + "\n")
    return path


_ENDS = {"value": "", "low": "_low", "high": "_high"}
_ABOUT = ("kind", "data", "profile", "backbone", "pretrained", "date", "families")
_ABOUT += ("videos", "groups")


def publish_picture(root: Path, profile: str) -> Path:
    """Draw overview.jpg from the synthetic set and results.json; return its path."""
    import pandas as pd

    from dfstudy.data import dataset
    from dfstudy.report import overview, style

    found = results(root)
    if found is None:
        raise ValueError("no results are published yet: --results")
    table = pd.DataFrame(
        [
            {"name": row["name"], "kind": kind, "value": cell["value"]}
            for row in found["detectors"]
            for kind, cell in row["kinds"].items()
        ]
    ).astype({"value": float})
    style.apply()
    strips = overview.strips(dataset.load("", profile=profiles.get(profile)))
    said = found["about"]
    text = {
        "title": "Which detector sees which forgery? AUROC on test videos",
        "note": f"{said['kind']} videos, profile {said['profile']}, {said['date']};"
        " on the frames: their place in what was filmed",
    }
    path = root / FOLDER / "overview.jpg"
    figure = overview.overview(strips, table, **text)
    figure.savefig(path, dpi=110, pil_kwargs={"quality": 85})
    return path


def results(root: Path) -> dict[str, Any] | None:
    """The published results; None where there are none."""
    path = root / FOLDER / "results.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _busy(rows: Sequence[dict[str, str]]) -> float:
    """Seconds in which at least one lesson ran: two side by side count once."""
    spans = sorted(
        (
            begun := datetime.fromisoformat(row["started"]).timestamp(),
            begun + float(row["seconds"]),
        )
        for row in rows
    )
    busy, until = 0.0, float("-inf")
    for begun, end in spans:
        busy += max(0.0, end - max(begun, until))
        until = max(until, end)
    return round(busy, 1)


def _here() -> dict[str, str]:
    from dfstudy.training.results import commit

    memory = psutil.virtual_memory().total / 2**30
    machine = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"
    return {"commit": commit() or "unknown", "machine": machine}


def _add(root: Path, new: Sequence[Time]) -> None:
    key = lambda row: (row.profile, row.run, row.lesson)  # noqa: E731
    rows = {key(row): row for row in [*times(root), *new]}
    order = sorted(
        rows.values(), key=lambda r: (profiles.NAMES.index(r.profile), *key(r))
    )
    path = root / FOLDER / "times.csv"
    with (
        paths.whole(path) as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        names = [field.name for field in fields(Time)]
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in order)


def _entry(row: dict[str, Any]) -> dict[str, float | None]:
    """value, low, high, to four digits; None where there is none."""
    return {
        key: None if row[key] != row[key] or row[key] is None else round(row[key], 4)
        for key in KEYS
    }
