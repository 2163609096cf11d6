"""The shape of a result file, and the check that a file has it.

    validate(json.loads(path.read_text()))      # the same dict, or a ResultError

The one rule behind it: a number is finite, and one that does not exist is null with a
reason.
"""

import math
from collections.abc import Iterable, Mapping

from dfstudy.metrics import METRICS

PRETRAINED = (
    "none",
    "synthetic-tracks",
    "synthetic-identity",
    "imagenet",
    "kinetics400",
)
COST = (
    "parameters",
    "macs",
    "size_mb",
    "train_s",
    "infer_ms_per_video",
    "real_time_factor",
    "peak_memory_mb",
    "device",
)
_NONE = type(None)
_TYPES = {
    "lesson": str,
    "model": str,
    "framework": str,
    "profile": str,
    "seed": int,
    "backbone": str,
    "pretrained": str,
    "train_families": list,
    "commit": (str, _NONE),
    "versions": dict,
    "finished_at": str,
    "data": dict,
    "protocol": dict,
    "metrics": dict,
    "frame_metrics": (dict, _NONE),
    "trivial": dict,
    "cost": dict,
}
_DATA = {
    "name": str,
    "kind": str,
    "manifest_sha256": str,
    "split_sha256": str,
    "counts": dict,
}
_PROTOCOL = {
    "aggregation": str,
    "threshold": (int, float),
    "temperature": (int, float),
    "checkpoint": (str, _NONE),
    "test_reads": int,
}


class ResultError(ValueError):
    """Not a result file; the message lists what is wrong with it."""


def validate(result: dict) -> dict:
    """The same result, or a ResultError that lists everything wrong with it."""
    problems = [*_check(result, _TYPES, "")]
    if not problems:
        problems += _check(result["data"], _DATA, "data.")
        problems += _check(result["protocol"], _PROTOCOL, "protocol.")
        if result["data"].get("kind") not in ("synthetic", "real"):
            problems.append("data.kind is not synthetic or real")
        if result["pretrained"] not in PRETRAINED:
            problems.append(f"pretrained is not one of {', '.join(PRETRAINED)}")
        if unknown := sorted(set(result["cost"]) - set(COST)):
            problems.append(f"unknown cost {unknown}")
        blocks = {f"trivial.{name}": block for name, block in result["trivial"].items()}
        blocks |= {name: result[name] or {} for name in ("metrics", "frame_metrics")}
        for name, block in blocks.items():
            problems += _check_metrics(block, name)
        if not blocks["metrics"] or not result["trivial"]:
            problems.append("no metrics, or no trivial classifiers beside them")
    if problems:
        raise ResultError("not a result: " + "; ".join(problems))
    return result


def _check(block: Mapping, types: Mapping, prefix: str) -> Iterable[str]:
    for name, kind in types.items():
        if name not in block:
            yield f"{prefix}{name} is missing"
        elif not isinstance(block[name], kind) or isinstance(block[name], bool):
            yield f"{prefix}{name} is {block[name]!r}"


def _check_metrics(block: Mapping, name: str) -> Iterable[str]:
    for split, rows in block.items():
        if split not in ("val", "test") or "all" not in rows:
            yield f"{name}.{split} is not val or test with a row 'all'"
        for row, entries in rows.items():
            if set(entries) != set(METRICS):
                yield f"{name}.{split}.{row} has other metrics than {METRICS}"
            for metric, entry in entries.items():
                numbers = [entry.get(key) for key in ("value", "low", "high")]
                known = [n for n in numbers if n is not None]
                if not all(math.isfinite(n) for n in known):
                    yield f"{name}.{split}.{row}.{metric} is not finite"
                if len(known) < 3 and not entry.get("reason"):
                    yield f"{name}.{split}.{row}.{metric} is null without a reason"
