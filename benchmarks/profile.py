"""Where time goes: of preparation, of a training epoch, of a run of the course.

python -m benchmarks profile prepare            # by stage and by function
python -m benchmarks profile epoch              # slim, in PyTorch and in Keras
python -m benchmarks profile course RUN         # RUN/timings.csv: idle cores
"""

import argparse
import cProfile
import pstats
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks import videos
from benchmarks.measure import Scale, one_thread
from benchmarks.table import markdown
from dfstudy.data.view import View

# The first stage whose word a frame of the stack has, from the inside out.
STAGES = {
    "faces: networks": ("torch.conv2d", "prelu", "max_pool2d", "_nn.linear", "softmax"),
    "faces: the rest": ("cascade.py", "track.py", "faces.py", "facenet_pytorch"),
    "flow": ("flow.py", "DenseOpticalFlow"),
    "decoding": ("CodecContext", "av.container", "decode.py"),
    "colours": ("VideoReformatter", "to_ndarray"),
    "resizing": ("sample.py", "{resize}", "{integral}"),
    "shards": ("shards.py", "tarfile.py", "parquet"),
}
VIEWS = {
    "S1: whole frames": View(frames=16, height=108, width=192),
    "S0: whole frames": View(frames=16, height=112, width=112, resize="adaptive"),
    "S1: with flow": View(frames=16, height=108, width=192, flow="adjacent"),
    "S3: faces": View(frames=16, height=112, width=112, crop="face"),
}


def main(words: Sequence[str]) -> int:
    """Print one of the profiles."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks profile")
    parser.add_argument("what", choices=("prepare", "epoch", "course"))
    parser.add_argument("run", nargs="?", type=Path, help="course: a folder of a run")
    parser.add_argument("--quick", action="store_true", help="tiny: does it run?")
    args = parser.parse_args(words)
    if args.what == "course":
        if args.run is None:
            parser.error("course needs the folder of a run, as runs/laptop")
        print(markdown(of_course(args.run)))
        return 0
    profiles = {"prepare": of_prepare, "epoch": of_epoch}
    with tempfile.TemporaryDirectory() as folder:
        for title, rows in profiles[args.what](Scale(args.quick, Path(folder))).items():
            print(f"\n{title}\n\n{markdown(rows)}", flush=True)
    return 0


def of_prepare(scale: Scale) -> dict[str, list[dict]]:
    """Tables by title: seconds a video by stage of several views; their functions."""
    from dfstudy.data.prepare import prepare
    from dfstudy.video.faces import FaceDetector  # noqa: F401 - its imports cost, too

    manifest = videos.rendered(scale, videos=scale.of(21, 2))
    stages, tables = [], {}
    for name, view in VIEWS.items():

        def work(view: View = view, out: Path = scale.folder / name) -> None:
            prepare(manifest, view, out=out, workers=0, progress=False)

        with one_thread():
            prepare(manifest.head(1), view, out=scale.folder, workers=0, progress=False)
            stats = profiled(work)
        by_stage = staged(stats)
        each = {k: 1000 * v / len(manifest) for k, v in by_stage.items()}
        stages.append({"view": name, "all, ms": sum(each.values())} | each)
        tables[f"{name}: functions"] = slowest(stats, of=len(manifest))
    return {"CPU milliseconds a video, by stage (one thread)": stages} | tables


def of_epoch(scale: Scale) -> dict[str, list[dict]]:
    """Tables by title: the functions of a training epoch in both frameworks."""
    from benchmarks.loading import BATCH, frames_of
    from dfstudy.data.loader import loader
    from dfstudy.models import frame_keras, frame_torch
    from dfstudy.training import fit_keras, fit_torch

    _, dataset = frames_of(scale)
    families = {"PyTorch": (frame_torch, fit_torch), "Keras": (frame_keras, fit_keras)}
    tables = {}
    for name, (family, training) in families.items():
        built = family.build(
            view=View(frames=1, height=108, width=192),
            network="slim",
            pretrained="none",
        )

        def work(built=built, family=family, training=training, name=name) -> None:
            training.fit(
                built.module,
                loader(dataset, batch_size=BATCH, shuffle=True),
                loader(dataset, batch_size=4 * BATCH, shuffle=False),
                loss=family.loss(),
                folder=scale.folder / name,
                epochs=2,
                learning_rate=1e-3,
                patience=None,
                verbose=False,
            )

        title = f"{name}, slim, 2 epochs of {len(dataset)} frames and their validation"
        tables[title] = slowest(profiled(work), of=1, unit="s", scale=1.0)
    return tables


def of_course(run: Path) -> list[dict]:
    """Of a run's `timings.csv`: busy and idle time of two lanes, by block of lessons.

    A block is what ran without a pause of a minute.
    """
    table = pd.read_csv(run / "timings.csv", parse_dates=["started"])
    table = table.sort_values("started")
    table["ended"] = table["started"] + pd.to_timedelta(table["seconds"], unit="s")
    pause = table["started"] - table["ended"].cummax().shift()
    table["block"] = (pause > pd.Timedelta(minutes=1)).cumsum()
    rows = []
    for _, block in [*table.groupby("block"), ("all", table)]:
        wall = (block["ended"].max() - block["started"].min()).total_seconds()
        if block is table:
            wall = sum(row["minutes"] * 60 for row in rows)
        busy = block["seconds"].sum()
        longest = block.loc[block["seconds"].idxmax()]
        rows.append(
            {
                "lessons": " to ".join((block["lesson"].min(), block["lesson"].max())),
                "minutes": wall / 60,
                "lesson minutes": busy / 60,
                "idle of two lanes": max(0.0, 1 - busy / (2 * wall)),
                "longest": f"{longest['lesson']} ({longest['seconds'] / 60:.1f})",
            }
        )
    return rows


def profiled(work: Callable[[], None]) -> pstats.Stats:
    """Every function of this process while it works."""
    profile = cProfile.Profile()
    profile.runcall(work)
    return pstats.Stats(profile)


def slowest(
    stats: pstats.Stats,
    *,
    of: int,
    unit: str = "ms",
    scale: float = 1000.0,
    top: int = 12,
) -> list[dict]:
    """The functions that take most themselves, for each of `of`."""
    rows = [
        {
            "function": _named(function),
            "calls": calls / of,
            f"own, {unit}": scale * own / of,
            f"with what it calls, {unit}": scale * whole / of,
        }
        for function, (_, calls, own, whole, _) in stats.stats.items()
    ]
    return sorted(rows, key=lambda row: -row[f"own, {unit}"])[:top]


def staged(stats: pstats.Stats) -> dict[str, float]:
    """Own seconds of all functions by stage."""
    seconds = dict.fromkeys([*STAGES, "else"], 0.0)
    for function, (_, _, own, _, callers) in stats.stats.items():
        named = [_named(function), *(_named(caller) for caller in callers)]
        stage = next(
            (s for name in named for s, words in STAGES.items() if _has(name, words)),
            "else",
        )
        seconds[stage] += own
    return seconds


def _has(name: str, words: Sequence[str]) -> bool:
    return any(word in name for word in words)


def _named(function: tuple[str, int, str]) -> str:
    file, line, name = function
    return name if file == "~" else f"{'/'.join(Path(file).parts[-2:])}:{line} {name}"
