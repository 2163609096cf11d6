"""The loader: against plainly reading the same bytes, and under a training."""

import numpy as np
import torch

from benchmarks import videos
from benchmarks.measure import Scale, benchmark, in_turns
from benchmarks.training import Steps, torch_detector
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.prepare import Prepared, prepare
from dfstudy.data.view import View
from dfstudy.models import slim_torch

BATCH = slim_torch.SLIM.batch_size


def frames_of(scale: Scale) -> tuple[Prepared, PreparedSet]:
    """Prepared frames as a frame detector is trained on them (S1's size)."""
    manifest = videos.rendered(scale, videos=scale.of(96, 4))
    view = View(frames=scale.of(16, 4), height=108, width=192)
    prepared = prepare(
        manifest, view, out=scale.folder / "prepared", workers=0, progress=False
    )
    return prepared, PreparedSet(prepared, manifest, by="frame")


@benchmark(
    "an epoch of shuffled frames from shards",
    "the same bytes plainly read",
    ratio="speed-up",
    at_least=0.5,
)
def loader_vs_read(scale: Scale) -> dict:
    """Both from the page cache: the disk is not what is measured. Rates in MB/s."""
    prepared, dataset = frames_of(scale)
    batches = loader(dataset, batch_size=BATCH, shuffle=True)
    urls = prepared.urls()

    def loaded() -> int:
        return sum(x.nbytes for x, _ in batches)

    def read() -> int:
        total = 0
        for url in urls:
            with open(url, "rb", buffering=0) as file:  # noqa: PTH123
                while part := file.read(2**22):
                    total += len(part)
        return total

    size = loaded()
    times = in_turns(loaded, read, repeats=scale.of(9, 1))
    # A shard holds a little more than the arrays.
    times["baseline_s"] *= size / read()
    return times | {
        "ours_mb_per_s": size / 1e6 / times["ours_s"],
        "baseline_mb_per_s": size / 1e6 / times["baseline_s"],
    }


@benchmark(
    "an epoch of the slim network from shards",
    "from tensors in memory",
    ratio="speed-up",
    at_least=0.95,
)
def loader_vs_memory_slim(scale: Scale) -> dict:
    """The same batches in both, of S0's frame detector as lesson 03 trains it."""
    _, dataset = frames_of(scale)
    batches = loader(dataset, batch_size=BATCH, shuffle=True)
    memory = [(x.clone(), y) for x, y in batches]
    steps = Steps(torch_detector("slim", 108, 192))
    order = np.random.default_rng(0)

    def from_shards() -> None:
        for x, y in batches:
            steps.step(x, y)

    def from_memory() -> None:
        for i in order.permutation(len(memory)):
            steps.step(*memory[i])

    times = in_turns(from_shards, from_memory, repeats=scale.of(5, 1))
    items = len(dataset)
    return times | {
        "ours_frames_per_s": items / times["ours_s"],
        "baseline_frames_per_s": items / times["baseline_s"],
        "threads": torch.get_num_threads(),
    }
