"""Training on two ranks: real processes of torchrun against one process."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import ranks
import s3_server
import torch

from dfstudy import profiles
from dfstudy.data import dataset, manifest
from dfstudy.data.prepare import prepare
from dfstudy.data.store import filesystem
from dfstudy.data.view import View
from dfstudy.models import detector, family
from dfstudy.training import distributed, fitted
from dfstudy.training.fitted import folder_of
from dfstudy.training.history import COLUMNS
from dfstudy.training.launch import Launch
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
    env = environment() | dict(env)
    return subprocess.run(command, env=env, capture_output=True, text=True)


def environment():
    clone = str(Path(__file__).parents[1])
    # Each start of the ranks has a store of its own (docs/cluster.md).
    store = {"TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1"}
    return os.environ | store | {"OMP_NUM_THREADS": "1", "PYTHONPATH": clone}


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


@pytest.mark.slow
def test_the_ranks_of_srun_are_the_same(place, alone, tmp_path):
    """What srun says to each task is said here; Lightning takes it from there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = environment() | {
        "MASTER_PORT": str(port),
        "SLURM_JOB_NAME": "train",
        "SLURM_JOB_ID": "1",
        "SLURM_NODELIST": "127.0.0.1",
        "SLURM_NTASKS": "2",
        "SLURM_NTASKS_PER_NODE": "2",
        "SLURM_NNODES": "1",
        "SLURM_NODEID": "0",
    }
    command = [sys.executable, ranks.__file__, str(tmp_path), *map(str, place)]
    tasks = [
        subprocess.Popen(
            command, env=env | {"SLURM_PROCID": str(i), "SLURM_LOCALID": str(i)}
        )
        for i in range(2)
    ]
    assert [task.wait() for task in tasks] == [0, 0]
    same_as_alone(tmp_path, alone)


@pytest.mark.slow
def test_what_two_ranks_began_one_rank_ends(place, alone, tmp_path):
    run = torchrun(tmp_path, *place, 0, 1, 3)
    assert run.returncode != 0
    assert not (tmp_path / "history-0.csv").exists()
    assert torchrun(tmp_path, *place, count=1).returncode == 0
    same_as_alone(tmp_path, alone, count=1)
    assert len(batches(tmp_path, "train", 1)) < 15


@pytest.mark.slow
def test_what_thaws_later_is_shared_too(place, tmp_path):
    (tmp_path / "alone").mkdir()
    _, history, module = ranks.train(tmp_path / "alone", *place, thaws=True)
    run = torchrun(tmp_path, *place, "thaw")
    assert run.returncode == 0, run.stderr[-3000:]
    same_as_alone(tmp_path, (tmp_path, history, module.state_dict()))


@pytest.fixture
def asked(tiny_data, tmp_path, monkeypatch):
    """Options of the command for the tiny set, and the folder of its detector."""
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path / "runs"))
    view = family("frame_torch").view(profiles.get("smoke").frames)
    shards = tiny_data.prepared(view).folder
    tiny_data.manifest.to_parquet(tmp_path / "tiny.parquet")
    profile = replace(profiles.get("smoke"), epochs=1)
    folder = folder_of("frame_torch", profile=profile, seed=7, start="none")
    options = ["--manifest", str(tmp_path / "tiny.parquet"), "--shards", str(shards)]
    options += ["--profile", "smoke", "--epochs", "1", "--seed", "7"]
    return options, folder


def test_the_command_keeps_a_detector_that_a_lesson_would_find(
    asked, tmp_path, capsys, monkeypatch
):
    options, folder = asked
    assert distributed.main(["frame_torch", *options]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["folder"] == str(folder) and said["ranks"] == 1
    data = dataset.of_manifest(tmp_path / "tiny.parquet")
    monkeypatch.setattr(fitted, "_fit", None)  # nobody may train it again
    found = fitted.fitted(
        "frame_torch",
        data,
        {},
        folder=folder,
        profile=replace(profiles.get("smoke"), epochs=1),
        seed=7,
        start="none",
    )
    assert fitted.history(found)["val_loss"].iloc[-1] == pytest.approx(said["val_loss"])


@pytest.mark.slow
def test_the_command_runs_on_two_ranks(asked):
    options, folder = asked
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node=2", "-m", "dfstudy.training.distributed"]
    command += ["frame_torch", *options]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-3000:]
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["ranks"] == 2 and said["folder"] == str(folder)
    assert detector.load(folder).info["seed"] == 7


def test_keras_networks_are_refused_on_many_ranks(asked, monkeypatch):
    options, _ = asked
    two = Launch(devices=2)
    monkeypatch.setattr(distributed.Launch, "here", lambda **_: two)
    with pytest.raises(ValueError, match="Keras"):
        distributed.main(["frame_keras", *options])


def test_shards_of_another_view_are_refused(asked):
    options, _ = asked
    with pytest.raises(ValueError, match="holds View"):
        distributed.main(["xception", *options])
