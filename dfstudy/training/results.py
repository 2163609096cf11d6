"""Result files: what was run, on what, how it was chosen, how good it is, what it cost.

    write_result(study.runs, lesson="03", model="frame_torch", ...)
    table(read_results(study.runs), metrics=["auroc", "balanced_accuracy"])

One JSON file a trained detector, `<runs>/results/<lesson>_<model>_<seed>.json`, in the
shape of `training.schema`. All tables and figures are made from these files alone.
Each holds the rows of the trivial classifiers on the same videos.
"""

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pandas as pd

from dfstudy import paths
from dfstudy.training.evaluation import (
    Metrics,
    evaluate,
    families,
    scored_counts,
    trivial_rows,
)
from dfstudy.training.schema import COST, PRETRAINED, ResultError, validate

__all__ = [
    "COST",
    "PRETRAINED",
    "ResultError",
    "cell",
    "evaluate",
    "families",
    "read_results",
    "scored_counts",
    "table",
    "tidy",
    "trivial_rows",
    "validate",
    "write_result",
]

_PACKAGES = ("dfstudy", "numpy", "scikit-learn", "torch", "tensorflow", "keras")


def write_result(
    runs: str | Path,
    *,
    lesson: str,
    model: str,
    framework: str,
    profile: str,
    seed: int,
    backbone: str,
    pretrained: str,
    train_families: Sequence[str],
    data: Mapping[str, object],
    protocol: Mapping[str, object],
    metrics: Metrics,
    frame_metrics: Metrics | None,
    trivial: Mapping[str, Metrics],
    cost: Mapping[str, object],
) -> Path:
    """Check and write one result; returns its path.

    Args:
        runs: the run's folder; the file goes into its `results/`.
        pretrained: one of PRETRAINED.
        data: name, kind, hashes and counts (`data.dataset.Dataset.identity()`); add
            `scored` (`scored_counts`) where videos may have been dropped.
        protocol: `Protocol.block()`.
        metrics, frame_metrics: from `evaluate`. trivial: from `trivial_rows`.
        cost: any of COST; what is left out is null.

    Raises:
        ResultError: a field is missing or not what it should be.
    """
    result = {
        "lesson": lesson,
        "model": model,
        "framework": framework,
        "profile": profile,
        "seed": seed,
        "backbone": backbone,
        "pretrained": pretrained,
        "train_families": list(train_families),
        "commit": commit(),
        "versions": versions(),
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "data": dict(data),
        "protocol": dict(protocol),
        "metrics": metrics,
        "frame_metrics": frame_metrics,
        "trivial": dict(trivial),
        "cost": dict.fromkeys(COST) | dict(cost),
    }
    validate(result)
    path = Path(runs) / "results" / f"{lesson}_{model}_{seed}.json"
    paths.put(path, json.dumps(result, indent=1, allow_nan=False) + "\n")
    return path


def read_results(runs: str | Path) -> list[dict]:
    """All results of a run (its folder, or the `results/` in it), sorted by file name.

    Raises:
        ResultError: a file is not a result; the message names it.
    """
    runs = Path(runs)
    folder = runs if runs.name == "results" else runs / "results"
    results = []
    for path in sorted(folder.glob("*.json")):
        try:
            results.append(validate(json.loads(path.read_text())))
        except ValueError as error:
            raise ResultError(f"{path}: {error}") from error
    return results


def tidy(results: Iterable[Mapping]) -> pd.DataFrame:
    """One row a number: who, on what, which metric, value, low, high, reason.

    Columns: lesson, model, seed, kind, data, families, trivial, level ("video" or
    "frame"), split, family, metric, value, low, high, reason. The trivial classifiers
    come once for each data set, split and list of families.
    """
    rows, seen = [], set()
    for result in results:
        families = ", ".join(result["train_families"])
        common = {"kind": result["data"]["kind"], "data": result["data"]["name"]}
        common |= {"families": families}
        own = {key: result[key] for key in ("lesson", "model", "seed")}
        for level, block in (("video", "metrics"), ("frame", "frame_metrics")):
            where = common | own | {"trivial": False, "level": level}
            rows += [where | row for row in _entries(result[block] or {})]
        videos = (result["data"]["split_sha256"], families)
        if videos not in seen:
            seen.add(videos)
            for name, block in result["trivial"].items():
                where = common | {"lesson": "", "model": name, "seed": pd.NA}
                where |= {"trivial": True, "level": "video"}
                rows += [where | row for row in _entries(block)]
    names = ["lesson", "model", "seed", "kind", "data", "families", "trivial", "level"]
    names += ["split", "family", "metric", "value", "low", "high", "reason"]
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    return pd.DataFrame(rows, columns=names).astype({"seed": "Int64", **numbers})


def _entries(block: Metrics) -> Iterable[dict]:
    for split, rows in block.items():
        for family, entries in rows.items():
            for metric, entry in entries.items():
                given = {key: entry.get(key) for key in ("value", "low", "high")}
                reason = entry.get("reason")
                where = {"split": split, "family": family, "metric": metric}
                yield where | given | {"reason": reason}


def table(
    results: Iterable[Mapping],
    *,
    metrics: Sequence[str] = ("auroc", "balanced_accuracy", "accuracy", "f1"),
    split: str = "test",
    family: str = "all",
    level: str = "video",
) -> pd.DataFrame:
    """For people: one row a detector, cells "0.93 [0.88, 0.97]", trivial rows included.

    A value that does not exist is "n/a"; its reason is in `tidy`. Nothing is averaged:
    every row says which data, and which kind of data, it is from.
    """
    numbers = tidy(results)
    # A trivial classifier judges frames as it judges videos: its row is in both tables.
    of_level = (numbers["level"] == level) | numbers["trivial"].astype(bool)
    wanted = (numbers["split"] == split) & (numbers["family"] == family) & of_level
    picked = numbers[wanted & numbers["metric"].isin(list(metrics))]
    cells = picked.assign(cell=[cell(row) for row in picked.to_dict("records")])
    keys = ["kind", "data", "families", "trivial", "lesson", "model", "seed"]
    wide = cells.set_index([*keys, "metric"])["cell"].unstack("metric")
    wide = wide.reindex(columns=list(metrics)).sort_index().reset_index()
    return wide.drop(columns="trivial").rename_axis(columns=None)


def interval(entry: Mapping) -> str:
    """For a sentence: "0.93 [0.88, 0.97]", or why there is no value or no interval.

    `entry` has `value`, `low`, `high` and `reason`, as in a result's metrics.
    """
    if pd.isna(entry["value"]):
        return f"n/a ({entry['reason']})"
    if pd.isna(entry["low"]):
        return f"{entry['value']:.2f} (no interval: {entry['reason']})"
    return cell(entry)


def cell(entry: Mapping) -> str:
    """For a table: "0.93 [0.88, 0.97]", "0.93" without an interval, or "n/a"."""
    if pd.isna(entry["value"]):
        return "n/a"
    if pd.isna(entry["low"]):
        return f"{entry['value']:.2f}"
    return f"{entry['value']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}]"


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that a number may depend on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """The clone's commit, "-dirty" where files differ from it; None without git."""
    if not (paths.root() / ".git").exists():
        return None
    describe = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(
            describe, cwd=paths.root(), capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # a clone that was copied to a machine without git
        return None
    return done.stdout.strip() or None
