"""One rank of a small fit, for torchrun; it writes down what it saw, and can be killed.

torchrun --nproc-per-node 2 tests/ranks.py FOLDER SHARDS MANIFEST [RANK EPOCH BATCH]
torchrun --nproc-per-node 2 tests/ranks.py FOLDER SHARDS MANIFEST thaw

The network is a real slim one, with batch normalisation, but nothing in it is drawn by
chance: so any number of ranks trains the same one. The rank that is named kills itself
with SIGKILL before that batch, once.
"""

import json
import os
import signal
import sys
from pathlib import Path

import pandas as pd
import torch

from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.shards import Prepared
from dfstudy.models import family
from dfstudy.training.fit_torch import fit
from dfstudy.training.launch import Launch

EPOCHS = 3


class Seen(PreparedSet):
    """Keeps which items each batch had."""

    file: Path

    def __getitems__(self, items):
        with self.file.open("a") as file:
            file.write(json.dumps(items) + "\n")
        return super().__getitems__(items)


def thaw(module: torch.nn.Module, epoch: int) -> None:
    module.backbone.requires_grad_(epoch >= 1)


def train(folder: Path, shards: str, manifest: Path, *, kill=None, thaws=False):
    """The history and the weights, of a network that saw the videos of `shards`.

    Where it thaws, the backbone begins to learn in the second epoch.
    """
    launch = Launch.here(checkpoint_every=2)
    prepared, table = Prepared.load(shards), pd.read_parquet(manifest)
    parts = {}
    for part, rows in table.groupby("split"):
        parts[part] = Seen(prepared, rows, by="frame")
        parts[part].file = folder / f"{part}-{launch.rank}.jsonl"
    lesson = family("frame_torch")
    built = lesson.build(network="slim", pretrained="none", seed=0)
    built.module.dropout.p = 0.0
    built.module.backbone.requires_grad_(not thaws)
    # 45 and 25 items: the last batch has one, so that one of two ranks has none.
    batches = loader(parts["train"], batch_size=11, shuffle=True, seed=0)
    if kill and launch.rank == kill[0] and not (folder / "killed").exists():
        batches.augment = killer(folder, batches, *kill[1:])
    history = fit(
        built.module,
        batches,
        loader(parts["val"], batch_size=8, shuffle=False),
        loss=lesson.loss((1.5, 0.75)),  # parts of a batch weigh what their labels do
        folder=folder / "fit",
        epochs=EPOCHS,
        learning_rate=1e-3,
        patience=None,
        precision="32-true",
        thaw=thaw if thaws else None,
        checkpoint_every=launch.checkpoint_every,
        devices=launch.devices,
        nodes=launch.nodes,
        verbose=False,
    )
    return launch, history, built.module


def killer(folder, batches, epoch, number):
    def augment(x, rng):
        if (batches.epoch, batches.state_dict()["given"]) == (epoch, number + 1):
            (folder / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x

    return augment


def main() -> None:
    torch.set_num_threads(1)
    folder, shards, manifest, *more = sys.argv[1:]
    folder = Path(folder)
    thaws = more == ["thaw"]
    kill = None if thaws else [int(word) for word in more]
    launch, history, module = train(
        folder, shards, Path(manifest), kill=kill, thaws=thaws
    )
    history.to_csv(folder / f"history-{launch.rank}.csv", index=False)
    torch.save(module.state_dict(), folder / f"weights-{launch.rank}.pt")


if __name__ == "__main__":
    main()
