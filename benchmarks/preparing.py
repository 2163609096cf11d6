"""`prepare` by several processes: how much faster, and how little more memory."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from itertools import count
from pathlib import Path

import cv2
import pandas as pd
import psutil

from benchmarks import videos
from benchmarks.measure import Scale, benchmark, in_turns, one_thread, peak_memory
from benchmarks.measure import seconds as spent
from dfstudy import paths
from dfstudy.data import prepare as preparation
from dfstudy.data.prepare import prepare
from dfstudy.data.view import View

VIEW = View(frames=16, height=112, width=112, crop="face")
_number = count()


def prepared(manifest: pd.DataFrame, out: Path, workers: int) -> None:
    """Prepare it anew, in a folder of its own."""
    place = out / f"prepared-{next(_number)}"
    prepare(manifest, VIEW, out=place, workers=workers, progress=False)


@benchmark(
    "prepare, two workers", "one worker, one thread", ratio="speed-up", at_least=1.7
)
def prepare_two_workers(scale: Scale) -> dict:
    """Faces of small clips; the time to start the workers is in it."""
    manifest = videos.rendered(scale, videos=scale.of(200, 4))
    ways = [partial(prepared, manifest, scale.folder, n) for n in (2, 1)]
    times = in_turns(*ways, repeats=scale.of(3, 1), warm=False)
    return times | {"videos": len(manifest)}


@benchmark(
    "prepare, two workers", "fastest single process", ratio="speed-up", at_least=1.2
)
def prepare_vs_fastest_single(scale: Scale) -> dict:
    """This process: its libraries with one thread, and with as many as they like."""
    manifest = videos.rendered(scale, videos=scale.of(200, 4))
    two = partial(prepared, manifest, scale.folder, 2)
    alone = partial(prepared, manifest, scale.folder, 0)

    def one_thread_alone() -> None:
        with one_thread():
            alone()

    ways: dict[str, Callable[[], None]] = {"many": alone, "one": one_thread_alone}
    repeats = scale.of(3, 1)
    runs = {
        name: in_turns(two, way, repeats=repeats, warm=False)
        for name, way in ways.items()
    }
    fastest = min(runs, key=lambda name: runs[name]["baseline_s"])
    seen = {f"{name}_s": run["baseline_s"] for name, run in runs.items()}
    return runs[fastest] | seen | {"videos": len(manifest)}


@benchmark(
    "peak memory of prepare: 200 videos", "20 videos", ratio="memory", at_most=1.1
)
def memory_200_vs_20(scale: Scale) -> dict:
    """Of the whole process tree, in a fresh process, two workers."""
    small, large = _sizes(scale.quick)
    return {
        "ratio": large["peak_mb"] / small["peak_mb"],
        "ours_s": large["seconds"],
        "baseline_s": small["seconds"],
        "ours_mb": large["peak_mb"],
        "baseline_mb": small["peak_mb"],
        "videos": [large["videos"], small["videos"]],
    }


@benchmark("seconds a video: 200 videos", "20 videos", at_least=0.9, at_most=1.1)
def time_200_vs_20(scale: Scale) -> dict:
    """From the first answer on, so without the start of the workers."""
    small, large = _sizes(scale.quick)
    return {
        "ours_s": large["each_s"],
        "baseline_s": small["each_s"],
        "videos": [large["videos"], small["videos"]],
    }


@cache  # time and memory are of the same runs
def _sizes(quick: bool) -> list[dict]:
    """What 20 videos and 200 take: medians of several fresh processes in turns."""
    with tempfile.TemporaryDirectory() as folder:
        scale = Scale(quick, Path(folder))
        sizes = scale.of((20, 200), (3, 6))
        manifest = videos.rendered(scale, videos=max(sizes))
        runs: dict[int, list[dict]] = {size: [] for size in sizes}
        for turn in range(scale.of(3, 1)):
            for size in sizes:
                table = scale.folder / f"{size}.parquet"
                manifest.head(size).to_parquet(table)
                runs[size].append(_fresh(table, scale.folder / f"{size}-{turn}"))
    return [
        {key: statistics.median(run[key] for run in of) for key in of[0]}
        for of in runs.values()
    ]


def _fresh(table: Path, out: Path) -> dict:
    """Prepare the videos of `table` in a process of its own; see `_child`."""
    call = [sys.executable, "-m", "benchmarks.preparing", str(table), str(out)]
    child = psutil.Popen(call, stdout=subprocess.PIPE, text=True, cwd=paths.root())
    with peak_memory(child.pid) as peak:
        said, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"{' '.join(call)} ended with {child.returncode}")
    took, each, number = map(float, said.split()[-3:])
    return {"seconds": took, "each_s": each, "videos": number, "peak_mb": peak()}


def _child(table: Path, out: Path) -> None:
    """Print the seconds of all, the mean between two answers, and their number."""
    manifest, answers = pd.read_parquet(table), []
    samples = preparation.pool.samples

    def noted(*args, **kwargs):
        for sample in samples(*args, **kwargs):
            answers.append(time.perf_counter())
            yield sample

    preparation.pool.samples = noted
    cv2.setNumThreads(1)
    work = partial(prepare, manifest, VIEW, out=out, workers=2, progress=False)
    took, _ = spent(work)
    print(took, (answers[-1] - answers[0]) / (len(answers) - 1), len(answers))


if __name__ == "__main__":
    _child(*map(Path, sys.argv[1:]))
