"""What a benchmark is, and how two ways of doing one thing are measured in turns.

    @benchmark("16 even frames", "plain decode", at_most=1.15)
    def frames_vs_decode(scale: Scale) -> dict:
        return in_turns(ours, baseline, repeats=scale.of(5, 1))

`ours_s` and `baseline_s` are medians of wall seconds; beside them processor seconds of
this process and of its children, which a busy machine changes less.
"""

import math
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

# What a ratio is: ours / baseline of seconds or of memory (less is better), or
# baseline / ours of seconds, how many times faster (more is better).
Ratio = Literal["time", "memory", "speed-up"]


@dataclass(frozen=True)
class Scale:
    """How much of a benchmark is run, and an empty folder for its files."""

    quick: bool
    folder: Path

    def of(self, full: Any, quick: Any) -> Any:
        """The one of two sizes that is meant."""
        return quick if self.quick else full


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One comparison; `run` gives ours_s and baseline_s, and what else is to be known.

    Of what else it gives, `ratio` replaces that of the seconds, `checks` ({what: bool})
    must hold for the target to be met, and `tables` ({title: rows}) are printed.
    """

    name: str
    ours: str
    baseline: str
    ratio: Ratio
    at_most: float | None
    at_least: float | None
    long: bool  # minutes of studies: only where it is asked for
    run: Callable[[Scale], dict]

    @property
    def target(self) -> str:
        """In words; "" where there is none."""
        limits = [(">=", self.at_least), ("<=", self.at_most)]
        return ", ".join(f"{sign} {limit:g}" for sign, limit in limits if limit)

    def measured(self, scale: Scale) -> dict:
        """Run it: ratio, target, met (None without target), seconds, and all else."""
        found = self.run(scale)
        times = found["ours_s"], found["baseline_s"]
        plain = times[1] / times[0] if self.ratio == "speed-up" else times[0] / times[1]
        ratio = found.pop("ratio", plain)
        met = None
        if self.target:
            low = -math.inf if self.at_least is None else self.at_least
            high = math.inf if self.at_most is None else self.at_most
            met = low <= ratio <= high and all(found.get("checks", {}).values())
        about = {"ratio_is": self.ratio, "target": self.target, "met": met}
        what = {"ours": self.ours, "baseline": self.baseline}
        return {"ratio": ratio, **about, **what, "quick": scale.quick, **found}


ALL: dict[str, Benchmark] = {}


def benchmark(
    ours: str,
    baseline: str,
    *,
    ratio: Ratio = "time",
    at_most: float | None = None,
    at_least: float | None = None,
    long: bool = False,
) -> Callable:
    """Enter a function into `ALL`, under its own name."""

    def enter(run: Callable[[Scale], dict]) -> Callable[[Scale], dict]:
        ALL[run.__name__] = Benchmark(
            name=run.__name__,
            ours=ours,
            baseline=baseline,
            ratio=ratio,
            at_most=at_most,
            at_least=at_least,
            long=long,
            run=run,
        )
        return run

    return enter


def in_turns(
    ours: Callable[[], object],
    baseline: Callable[[], object],
    *,
    repeats: int,
    warm: bool = True,
) -> dict[str, float]:
    """Medians of wall and processor seconds of both, one after the other, `repeats`
    times; before that once each where `warm`: caches, weights, compilers.
    """
    ways = {"ours": ours, "baseline": baseline}
    if warm:
        for way in ways.values():
            way()
    taken: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, way in ways.items():
            wall, processor = seconds(way)
            taken.setdefault(f"{name}_s", []).append(wall)
            taken.setdefault(f"{name}_cpu_s", []).append(processor)
    return {name: statistics.median(times) for name, times in taken.items()}


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds of one call, its finished child processes included."""
    wall, processor = time.perf_counter(), sum(os.times()[:4])
    work()
    return time.perf_counter() - wall, sum(os.times()[:4]) - processor


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch and OpenCV with one thread each, as in a worker."""
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])


@contextmanager
def peak_memory(pid: int, every_s: float = 0.1) -> Iterator[Callable[[], float]]:
    """MB that a process and all that it starts hold at most, while this holds.

    Pages that several of them share count once (PSS, Linux); elsewhere they count for
    each (RSS).
    """
    most, done = 0.0, threading.Event()

    def look() -> None:
        nonlocal most
        while not done.is_set():
            most = max(most, _tree_mb(pid))
            done.wait(every_s)

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield lambda: most
    finally:
        done.set()
        watch.join()


def _tree_mb(pid: int) -> float:
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0
    for process in tree:
        try:
            held = process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it has ended meanwhile
        total += getattr(held, "pss", held.rss)
    return total / 2**20
