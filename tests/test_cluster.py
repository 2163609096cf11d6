"""Shards by a Dask cluster: the same bytes, whoever dies on the way."""

import contextlib
import os
import signal
import sys
import textwrap
import threading
import time
from pathlib import Path

import dask
import numpy as np
import pytest
import s3fs
from distributed import Client, LocalCluster
from s3_server import BUCKET, serve

from dfstudy import cli
from dfstudy.data import cluster, manifest
from dfstudy.data.prepare import prepare
from dfstudy.data.store import Store
from dfstudy.data.view import View
from dfstudy.study import scaling
from dfstudy.video.write import write_video

VIEW = View(frames=3, height=32, width=48)


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """24 clips of three quarters of a second, and a broken one."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(25):
        path = folder / f"clip-{i}.mp4"
        if i < 24:
            write_video(path, rng.integers(0, 256, (18, 180, 320, 3), np.uint8), fps=24)
        else:
            path.write_bytes(b"broken" * 100)
        rows.append({"video_id": path.stem, "path": str(path), "label": i % 2})
    return manifest.from_rows(rows)


@pytest.fixture(scope="module")
def quiet(videos, tmp_path_factory):
    """What one process makes of them."""
    return run(videos, tmp_path_factory.mktemp("quiet"), workers=0)


def run(table, out, **options):
    settings = {"progress": False, "shard_videos": 2} | options
    return prepare(table, VIEW, out=out, **settings)


def sums(prepared):
    """Name -> SHA-256 of every shard, which are as the index says."""
    assert prepared.damaged() == []
    table = prepared.shards()
    return dict(zip(table["shard"], table["sha256"], strict=True))


@contextlib.contextmanager
def two_workers():
    """A cluster of two processes: what `--scheduler` names.

    Their environment is the one of now; so is that of a worker that takes the place of
    a dead one.
    """
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=50,
        ) as running,
        Client(running) as client,
    ):
        yield client


@pytest.fixture
def dasks():
    with two_workers() as client:
        yield client


def test_a_cluster_makes_the_same_and_loses_nothing_with_a_worker(
    dasks, videos, quiet, tmp_path
):
    with scaling.one_dies(dasks, tmp_path) as death:
        prepared = run(videos, tmp_path, scheduler=dasks.scheduler.address)
    assert 0 < death["made"] < len(sums(quiet)) == 13
    assert set(dasks.run(os.getpid)) != set(death["pids"])  # somebody else in its place
    assert prepared.folder.name == quiet.folder.name and sums(prepared) == sums(quiet)
    assert prepared.dropped == quiet.dropped and set(prepared.dropped) == {"clip-24"}
    assert not list(prepared.folder.rglob("*.tmp-*"))


def test_a_shard_that_kills_every_worker_is_made_with_care(
    videos, quiet, tmp_path, monkeypatch
):
    """The decoder of a worker dies of clip-3; where it is done with care, it lives."""
    preload = tmp_path / "deadly.py"
    preload.write_text(
        textwrap.dedent(
            """
            import os
            from dfstudy.data import pool
            from dfstudy.data.view import see
            def deadly(path, *rest, **options):
                if path.endswith("clip-3.mp4"):
                    os._exit(3)
                return see(path, *rest, **options)
            pool.see = deadly
            """
        )
    )
    settings = {
        "distributed.worker.preload": [str(preload)],
        "distributed.scheduler.allowed-failures": 0,
        "distributed.logging": {"distributed": "critical"},
    }
    with dask.config.set(settings):
        prepared = run(videos, tmp_path / "out", scheduler="local", workers=1)
    assert sums(prepared) == sums(quiet)


def test_a_worker_that_sees_another_world_is_an_error(videos, tmp_path, monkeypatch):
    rows = manifest.rows(videos.head(1))
    task = (tmp_path, "shard-000000.tar", VIEW, rows)
    with pytest.raises(OSError, match="does not see /nowhere/clip"):
        cluster.make_shard(*task, ["/nowhere/clip.mp4"], cluster.software())
    other = cluster.software() | {"cv2": "1.0"}
    with pytest.raises(ValueError, match=r"has cv2 \d.*, not 1\.0"):
        cluster.make_shard(*task, [], other)
    assert not list(tmp_path.rglob("*"))


def test_no_scheduler_is_said_in_one_line(videos, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWERS", 1)
    path = manifest.write(videos, tmp_path / "m.parquet")
    for address in ("tcp://127.0.0.1:9", "nonsense"):
        code = cli.main(
            ["prepare", str(path), "--out", str(tmp_path), "--scheduler", address]
        )
        last = capfd.readouterr().err.splitlines()[-1]
        assert code == 1 and last.startswith("dfstudy prepare: ")
        assert f"no Dask scheduler answers at '{address}'" in last


def test_without_dask_the_extra_is_named(videos, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r'pip install "dfstudy\[cluster\]"'):
        run(videos, tmp_path, scheduler="local")


@pytest.mark.slow
def test_everything_fails_and_the_shards_are_whole(videos, quiet, monkeypatch):
    """S3 fails in 5 % of requests, is away for 20 s, and a worker is killed."""
    with serve() as s3:
        for name, value in s3.env.items():
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        clips = Store(f"s3://{BUCKET}/clips")
        for path in videos["path"]:
            with clips.whole(path.rsplit("/", 1)[1]) as part:
                part.write_bytes(Path(path).read_bytes())
        table = manifest.moved(videos, clips.folder)
        one = run(table, f"s3://{BUCKET}/one", workers=0)
        before = s3.tell("faults 0.05")
        out = Store(f"s3://{BUCKET}/many")

        def trouble():
            while not any(name.endswith(".tar") for name in out.sizes()):
                time.sleep(0.05)
            os.kill(min(dasks.run(os.getpid).values()), signal.SIGKILL)
            s3.tell("stop 20")

        thread = threading.Thread(target=trouble)
        with two_workers() as dasks:
            thread.start()
            many = run(table, out.folder, scheduler=dasks.scheduler.address)
            thread.join()
        after = s3.tell("faults 0")
        assert after["faults"] > before["faults"] and after["stops"] == 1
        assert sums(many) == sums(one) and many.dropped == one.dropped
        for video_id in set(videos["video_id"]) - {"clip-24"}:
            assert np.array_equal(many.array(video_id), quiet.array(video_id))
