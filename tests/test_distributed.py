"""Training on two ranks: real processes of torchrun against one process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import ranks
import s3_server
import torch

from dfstudy.data import manifest
from dfstudy.data.prepare import prepare
from dfstudy.data.store import filesystem
from dfstudy.data.view import View
from dfstudy.training.history import COLUMNS
from dfstudy.video.write import write_video

T, H, W = 5, 32, 48
# Of losses, AUROC and weights after three epochs. Sums are taken in another order.
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Shards of nine training and five validation videos, with their manifest."""
    folder = tmp_path_factory.mktemp("set")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(14):
        path = folder / f"clip-{i:02d}.mp4"
        low = 40 * (i % 2)
        write_video(path, rng.integers(low, low + 120, (8, H, W, 3), np.uint8), fps=12)
        rows.append(
            {
                "video_id": path.stem,
                "path": str(path),
                "label": i % 2,
                "dataset": "test",
                "method": "blend" if i % 2 else "real",
                "split": "train" if i < 9 else "val",
            }
        )
    table = manifest.from_rows(rows)
    prepared = prepare(
        table,
        View(frames=T, height=H, width=W),
        out=folder / "prepared",
        workers=0,
        progress=False,
        shard_videos=4,
    )
    table.to_parquet(folder / "manifest.parquet")
    return str(prepared.folder), folder / "manifest.parquet"


@pytest.fixture(scope="module")
def alone(place, tmp_path_factory):
    """One rank: its folder, history and weights."""
    folder = tmp_path_factory.mktemp("alone")
    torch.set_num_threads(1)
    _, history, module = ranks.train(folder, *place)
    return folder, history, module.state_dict()


def torchrun(folder, shards, table, *kill, count=2, restarts=0, env=()):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={count}", f"--max-restarts={restarts}"]
    command += [ranks.__file__, str(folder), shards, str(table), *map(str, kill)]
    clone = str(Path(__file__).parents[1])
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": clone} | dict(env)
    return subprocess.run(command, env=env, capture_output=True, text=True)


def batches(folder, part, rank):
    lines = (folder / f"{part}-{rank}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def same_as_alone(folder, alone, count=2):
    _, history, weights = alone
    columns = [name for name in COLUMNS if name != "seconds"]
    for rank in range(count):
        found = pd.read_csv(folder / f"history-{rank}.csv")
        np.testing.assert_allclose(
            found[columns], history[columns], rtol=0, atol=TOLERANCE
        )
        state = torch.load(folder / f"weights-{rank}.pt")
        for name, value in weights.items():
            torch.testing.assert_close(state[name], value, rtol=0, atol=TOLERANCE)


def test_two_ranks_from_s3_train_what_one_trains_from_a_folder(place, alone, tmp_path):
    shards, table = place
    with s3_server.serve() as s3:
        address = f"s3://{s3_server.BUCKET}/set"
        with pytest.MonkeyPatch.context() as patch:
            for name, value in s3.env.items():
                patch.setenv(name, value)
            fs, root = filesystem(address)
            fs.put(f"{shards}/", f"{root}/", recursive=True)
        s3.tell("faults 0.05")
        run = torchrun(tmp_path, address, table, env=s3.env)
        assert run.returncode == 0, run.stderr[-3000:]
        assert s3.tell("count")["faults"] > 0
    same_as_alone(tmp_path, alone)
    for part, count in (("train", 5), ("val", 4)):
        whole = batches(alone[0], part, 0)
        first, second = (batches(tmp_path, part, rank) for rank in range(2))
        assert len(whole) == len(first) == len(second) == count * ranks.EPOCHS
        for number, (batch, one, other) in enumerate(
            zip(whole, first, second, strict=True)
        ):
            if number % count == count - 1:  # one item: the other rank repeats it
                assert batch == one == other
            else:
                assert sorted(one + other) == sorted(batch)


@pytest.mark.slow
@pytest.mark.parametrize("batch", [3, 0])
def test_a_killed_rank_is_restarted_in_the_middle_of_the_epoch(
    batch, place, alone, tmp_path
):
    run = torchrun(tmp_path, *place, 1, 1, batch, restarts=1)
    assert run.returncode == 0, run.stderr[-3000:]
    assert (tmp_path / "killed").exists()
    same_as_alone(tmp_path, alone)
    # Of the first rank all batches once, and those again that no checkpoint had.
    seen = batches(tmp_path, "train", 0)
    assert 15 < len(seen) <= 15 + 2 + 1
