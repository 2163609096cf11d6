"""Folders at an address: a real S3 server in a child process, the real client."""

import threading

import numpy as np
import pandas as pd
import pytest
import s3fs
from s3_server import BUCKET, serve

from dfstudy import cli
from dfstudy.data import manifest, shards, store
from dfstudy.data.prepare import Prepared, prepare
from dfstudy.data.store import Store
from dfstudy.data.view import View
from dfstudy.video.write import write_video

VIEW = View(frames=3, height=16, width=24)


@pytest.fixture(scope="module")
def server():
    with serve() as running:
        yield running


@pytest.fixture
def s3(server, monkeypatch):
    """The server, quiet, and an environment in which it is found."""
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    server.tell("faults 0")
    return server


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten clips and a broken one; file names with a space, in two folders."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    for i in range(11):
        path = folder / ("b" if i % 2 else "a") / f"clip {i}.mp4"
        path.parent.mkdir(exist_ok=True)
        if i < 10:
            frames = rng.integers(0, 256, (6, 32, 48, 3), np.uint8)
            write_video(path, frames, fps=12)
        else:
            path.write_bytes(b"broken" * 100)
    return folder


@pytest.fixture(scope="module")
def videos(folder):
    """Their manifest, with paths of this machine."""
    rows = [
        {
            "video_id": path.stem.replace(" ", "-"),
            "path": str(path),
            "label": i % 3 == 2,
            "dataset": "test",
            "method": "blend" if i % 3 == 2 else "real",
            "group": f"g{i // 2}",
            "split": "train" if i < 6 else "test",
        }
        for i, path in enumerate(sorted(folder.glob("*/*.mp4")))
    ]
    return manifest.from_rows(rows)


@pytest.fixture
def on_s3(s3, folder, videos):
    """The same videos, at an address."""
    clips = Store(f"s3://{BUCKET}/clips")
    for path in folder.glob("*/*.mp4"):
        with clips.whole(f"{path.parent.name}/{path.name}") as part:
            part.write_bytes(path.read_bytes())
    return manifest.moved(videos, clips.folder)


def run(table, out, **options):
    settings = {"workers": 0, "progress": False, "shard_videos": 4} | options
    return prepare(table, VIEW, out=out, **settings)


def sums(prepared):
    """Name -> SHA-256 of every shard, which are as the index says."""
    assert prepared.damaged() == []
    table = prepared.shards()
    return dict(zip(table["shard"], table["sha256"], strict=True))


def test_addresses_of_this_machine_are_paths(tmp_path):
    assert Store(f"file://{tmp_path}/a%20b").folder == tmp_path / "a b"
    assert Store(tmp_path).url("x") == str(tmp_path / "x")
    assert not Store("plain/folder").is_remote and Store("s3://b/x/").url("y") == (
        "s3://b/x/y"
    )


def test_from_s3_to_s3_is_what_a_folder_is(s3, on_s3, tmp_path):
    here = run(on_s3, tmp_path)
    there = run(on_s3, f"s3://{BUCKET}/whole")
    assert sums(here) == sums(there) and len(sums(there)) == 3
    assert here.dropped == there.dropped and set(there.dropped) == {"clip-10"}
    again = Prepared.load(there.folder)
    assert again == there and again.folder == there.folder
    for video_id in set(on_s3["video_id"]) - {"clip-10"}:
        assert np.array_equal(there.array(video_id), here.array(video_id))
        assert there.record(video_id) == here.record(video_id)
    names = Store(there.folder).sizes()
    assert {"index.parquet", "prepared.json", "failures.csv"} <= names.keys()
    assert len(names) == 3 + 2 * 3


def test_arrays_do_not_depend_on_where_the_videos_are(s3, on_s3, videos, tmp_path):
    here, there = run(videos, tmp_path), run(on_s3, tmp_path)
    assert here.folder != there.folder and manifest.sha256(videos) == (
        manifest.sha256(on_s3)
    )
    for video_id in set(videos["video_id"]) - {"clip-10"}:
        assert np.array_equal(there.array(video_id), here.array(video_id))


def test_a_second_run_makes_what_is_missing(s3, on_s3, monkeypatch):
    out = f"s3://{BUCKET}/again"
    before = run(on_s3, out)
    fs, path = store.filesystem(before.folder)
    written, write = [], shards.write_shard

    def spy(to, name, *rest):
        written.append(name)
        write(to, name, *rest)

    monkeypatch.setattr(shards, "write_shard", spy)
    assert run(on_s3, out) == before and written == []
    fs.rm(f"{path}/shard-000001.tar")
    fs.pipe(f"{path}/shard-000002.tar", b"half a shard")
    assert before.damaged() == ["shard-000001.tar", "shard-000002.tar"]
    after = run(on_s3, out)
    assert sums(after) == sums(before)
    assert written == ["shard-000001.tar", "shard-000002.tar"]


def test_another_file_under_the_same_name_is_another_cache(s3, on_s3, folder):
    out = f"s3://{BUCKET}/changed"
    before = run(on_s3, out)
    fs, _ = store.filesystem(out)
    fs.pipe(f"{BUCKET}/clips/a/clip 0.mp4", (folder / "a" / "clip 2.mp4").read_bytes())
    fs.rm(f"{BUCKET}/clips/a/clip 4.mp4")
    after = run(on_s3, out)
    assert after.folder != before.folder
    assert set(after.dropped) == {"clip-10", "clip-4"}
    assert f"{BUCKET}/clips/a/clip 4.mp4" in after.dropped["clip-4"]


def test_every_fifth_request_fails_and_nothing_is_lost(s3, on_s3, tmp_path):
    quiet = run(on_s3, tmp_path)
    before = s3.tell("faults 0.2")
    loud = run(on_s3, f"s3://{BUCKET}/loud", shard_videos=4)
    after = s3.tell("faults 0")
    assert after["faults"] - before["faults"] >= 4  # one of each kind
    assert sums(loud) == sums(quiet) and loud.dropped == quiet.dropped


def test_the_server_stops_for_a_while(s3, on_s3, tmp_path, monkeypatch):
    quiet = run(on_s3, tmp_path)
    whole, stop = Store.whole, threading.Thread(target=s3.tell, args=["stop 3"])

    def stop_at_the_second_shard(self, name):
        if name == "shard-000001.tar" and not stop.ident:
            stop.start()
        return whole(self, name)

    monkeypatch.setattr(Store, "whole", stop_at_the_second_shard)
    stopped = run(on_s3, f"s3://{BUCKET}/stopped")
    stop.join()
    assert sums(stopped) == sums(quiet) and stopped.dropped == quiet.dropped


def test_a_server_that_stays_away_is_no_reason_to_drop(s3, on_s3, monkeypatch):
    monkeypatch.setattr(store, "_OPTIONS", {})  # the client's own patience, too
    monkeypatch.setattr(store, "PATIENCE", 0.0)
    monkeypatch.setattr(store, "FIRST", 0.0)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    quiet = run(on_s3, f"s3://{BUCKET}/away").folder
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(OSError, match=r"^s3://.*127\.0\.0\.1:9"):
        run(on_s3, f"s3://{BUCKET}/away")
    with pytest.raises(OSError, match=f"^{quiet}"):
        Prepared.load(quiet)


def test_shards_of_one_split_each(s3, on_s3):
    out = f"s3://{BUCKET}/split"
    prepared = run(on_s3, out, by_split=True)
    index = prepared.index.merge(on_s3[["video_id", "split"]], on="video_id")
    assert (index.groupby("shard")["split"].nunique() == 1).all()
    assert sorted(index.groupby("shard").size()) == [2, 3, 3, 3]
    train = prepared.urls("train")
    assert [url.rsplit("/", 1)[1] for url in train] == [
        "shard-train-000000.tar",
        "shard-train-000001.tar",
    ]
    assert {*train, *prepared.urls("test")} == set(prepared.urls())
    with pytest.raises(ValueError, match="no shards of 'val'"):
        prepared.urls("val")
    some = on_s3.assign(split=on_s3["split"].where(on_s3["split"] == "train"))
    fewer = run(some, out, by_split=True)
    assert fewer.folder != prepared.folder and len(fewer.index) == 6
    with pytest.raises(ValueError, match="no video has a split"):
        run(on_s3.assign(split=None), out, by_split=True)
    with pytest.raises(ValueError, match="groups in two splits: \\['g0'\\]"):
        run(on_s3.assign(group="g0"), out, by_split=True)


def command(table, tmp_path, *options):
    path = manifest.write(table, tmp_path / "m.parquet")
    view = ["--frames", "3", "--size", "16", "24", "--workers", "1"]
    return cli.main(["prepare", str(path), *view, *options])


def test_the_command_reads_and_writes_addresses(s3, on_s3, videos, tmp_path, capsys):
    table = Store(f"s3://{BUCKET}/tables")
    with table.whole("m.csv") as part:
        manifest.write(videos, part)
    view = ["--frames", "3", "--size", "16", "24", "--workers", "1"]
    options = ["--videos", f"s3://{BUCKET}/clips", "--out", f"s3://{BUCKET}/cli"]
    code = cli.main(
        [
            "prepare",
            table.url("m.csv"),
            *view,
            *options,
            "--shard-mb",
            "1",
            "--by-split",
        ]
    )
    *_, printed = capsys.readouterr().out.split()
    assert code == 0 and printed.startswith(f"s3://{BUCKET}/cli/")
    prepared = Prepared.load(printed)
    assert sums(prepared) == sums(run(on_s3, tmp_path, shard_videos=289, by_split=True))
    assert prepared.record("clip-0")["path"] == f"s3://{BUCKET}/clips/a/clip 0.mp4"


@pytest.mark.parametrize(
    ("place", "environment", "words"),
    [
        ("s3://nowhere/x", {}, "bucket does not exist"),
        ("s3://{bucket}/x", {"AWS_ACCESS_KEY_ID": None}, "no credentials"),
        ("nonsense://x/y", {}, "nonsense"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    s3, videos, tmp_path, monkeypatch, capfd, place, environment, words
):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in environment:
        monkeypatch.delenv(name)
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    out = place.format(bucket=BUCKET)
    assert command(videos, tmp_path, "--out", out) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("dfstudy prepare: ") and words in line and out in line


def test_a_manifest_at_an_address_without_the_file(s3, capfd):
    address = f"s3://{BUCKET}/nothing.parquet"
    assert cli.main(["prepare", address]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert address in line


def test_moved_videos_keep_their_folders(videos):
    table = manifest.moved(videos, "s3://b/c")
    assert table["path"].tolist()[0] == "s3://b/c/a/clip 0.mp4"
    assert "s3://b/c/b/clip 1.mp4" in table["path"].tolist()
    pd.testing.assert_frame_equal(
        table.drop(columns="path"), videos.drop(columns="path")
    )
