"""The command: run benchmarks by name, or say where time goes.

Exit code 2 for an unknown name; a missed target is no error.
"""

import argparse
import importlib.metadata as metadata
import json
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import psutil

# Each enters its benchmarks into measure.ALL.
from benchmarks import (  # noqa: F401
    audit,
    coverage,
    faces,
    files,
    frames,
    loading,
    motion,
    predict,
    preparing,
    profile,
    render,
    training,
)
from benchmarks.measure import ALL, Benchmark, Scale
from benchmarks.table import markdown
from dfstudy import paths

PACKAGES = ("dfstudy", "numpy", "opencv-python", "av", "torch", "tensorflow", "keras")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for; see the package's docstring."""
    words = list(sys.argv[1:] if words is None else words)
    if words[:1] == ["profile"]:
        return profile.main(words[1:])
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: short ones")
    parser.add_argument("--quick", action="store_true", help="tiny: only, does it run?")
    parser.add_argument("--list", action="store_true", help="names, and what they are")
    args = parser.parse_args(words)
    if args.list:
        print(markdown([_listed(each) for each in ALL.values()]))
        return 0
    if unknown := [name for name in args.names if name not in ALL]:
        print(f"no benchmark {', '.join(unknown)}: choose of {', '.join(ALL)}")
        return 2
    names = args.names or [name for name, each in ALL.items() if not each.long]
    found = run(names, quick=args.quick)
    print(markdown([_row(name, entry) for name, entry in found.items()]))
    print(f"\n{machine()['cores']} cores, load {os.getloadavg()[0]:.1f}: {results()}")
    return 0


def run(names: Sequence[str], *, quick: bool) -> dict[str, dict]:
    """Measure these, one after the other; each is kept as soon as it is there."""
    about = {"machine": machine(), "versions": versions()}
    found = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            entry = ALL[name].measured(Scale(quick, Path(folder)))
        for title, rows in entry.get("tables", {}).items():
            print(f"{name}: {title}\n\n{markdown(rows)}\n", flush=True)
        found[name] = entry
        kept = json.loads(results().read_text()) if results().exists() else {}
        paths.put(results(), json.dumps(kept | {name: entry | about}, indent=2) + "\n")
    return found


def results() -> Path:
    """The file of results: `{name: {ratio, ours_s, baseline_s, ...}}`."""
    return paths.runs("") / "benchmarks.json"


def machine() -> dict:
    """What it ran on."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "load": os.getloadavg()[0],
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
    }


def versions() -> dict[str, str]:
    """Of Python and the packages that the time is spent in."""
    there = {d.name: d.version for d in metadata.distributions() if d.name in PACKAGES}
    return {"python": platform.python_version(), **there}


def _listed(each: Benchmark) -> dict:
    return {
        "name": each.name + (" (long)" if each.long else ""),
        "ours": each.ours,
        "baseline": each.baseline,
        "ratio": each.ratio,
        "target": each.target,
    }


def _row(name: str, entry: dict) -> dict:
    missed = [what for what, held in entry.get("checks", {}).items() if not held]
    met = {None: "", True: "yes", False: "no"}[entry["met"]]
    return {
        "benchmark": name,
        "ours": entry["ours"],
        "s": entry["ours_s"],
        "baseline": entry["baseline"],
        "baseline s": entry["baseline_s"],
        "ratio": entry["ratio"],
        "of": entry["ratio_is"],
        "target": entry["target"],
        "met": ": ".join([met, *missed]) if missed else met,
    }
