"""Export: the papers' files, whole or absent, and back to what the loader gives."""

import io
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
import torch
import webdataset

from dfstudy import cli
from dfstudy.data import labels, manifest, pool
from dfstudy.data.export import ExportError, export, read
from dfstudy.data.formats import FORMATS
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.prepare import prepare
from dfstudy.data.view import View, see
from dfstudy.video import faces
from dfstudy.video.faces import Detection, FaceDetector
from dfstudy.video.probe import probe
from dfstudy.video.write import write_video

T = 3
FRAMES = View(frames=T, height=16, width=24)
FACES = View(frames=T, height=16, width=16, crop="face")
LOSSLESS = ("npz", "tensor", "tar.gz")
# Whole frames too, but S2's videos are of faces.
BOTH = [(name, FACES) for name in FORMATS] + [
    (name, FRAMES) for name in FORMATS if name != "face-mp4"
]


class TwoFaces:
    """A large and a small face, wherever it is not dark."""

    min_confidence = 0.9

    def detect(self, frames):
        boxes = np.array([[2.0, 2.0, 12.0, 12.0], [20.0, 5.0, 44.0, 29.0]])
        both = [Detection(box, 0.95, np.zeros((5, 2))) for box in boxes]
        return [both if frame.mean() > 20 else [] for frame in frames]

    def refine(self, frames, boxes):
        return [Detection(box, 0.1, np.zeros((5, 2))) for box in boxes]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One cache of prepared videos for all tests here."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def no_mtcnn(home, monkeypatch):
    monkeypatch.setenv("DFSTUDY_HOME", str(home))
    monkeypatch.setattr(faces, "FaceDetector", TwoFaces)


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """A cache of its own: what was read once is not read from its files again."""
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """8 clips, every second one fake, two of each three for training; one broken."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(9):
        path = folder / f"clip-{i}.mp4"
        if i < 8:
            write_video(path, rng.integers(60, 256, (6, 32, 48, 3), np.uint8), fps=12)
        else:
            path.write_bytes(b"broken" * 100)
        rows.append(
            {
                "video_id": f"clip-{i}",
                "path": str(path),
                "label": i % 2,
                "method": "blend" if i % 2 else "real",
                "description": "outside, talking" if i else None,
                "split": "test" if i % 3 == 2 else "train",
            }
        )
    return manifest.from_rows(rows)


def run(table, out, name="npz", view=FRAMES):
    return export(table, view, format=name, out=out, workers=0, progress=False)


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def psnr(a, b):
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return 10 * np.log10(255**2 / error)


@pytest.mark.parametrize(("name", "view"), BOTH)
def test_the_loader_gets_back_what_was_exported(videos, tmp_path, name, view):
    before = prepare(videos, view, workers=0, progress=False)
    folder = run(videos, tmp_path / "out", name, view)
    after = read(folder, progress=False)
    assert after.view == view and after.dropped == before.dropped != {}
    table = manifest.read(folder / "manifest.csv")
    clips = PreparedSet(after, table, by="video")
    frames = PreparedSet(after, table, by="frame")
    originals = PreparedSet(before, table, by="video")
    assert clips.video_ids == originals.video_ids and len(clips) == 8
    assert torch.equal(clips.labels, originals.labels)
    for i, video_id in enumerate(clips.video_ids):
        (x, y), (original, label) = clips[i], originals[i]
        assert x.dtype == torch.uint8 and x.shape == original.shape and y == label
        if name in LOSSLESS:
            assert torch.equal(x, original)
        for t in range(T):
            assert torch.equal(frames[i * T + t][0], x[t])
        mine, theirs = after.record(video_id), before.record(video_id)
        assert mine["faces"] == theirs["faces"][:1]
        for known in ("label", "indices", "n_frames", "repeated", "description"):
            assert mine[known] == theirs[known]
    (x, y), *_ = loader(clips, batch_size=8, shuffle=True)
    assert x.shape == (8, T, view.height, view.width, 3) and y.sum() == 4
    PreparedSet(after, videos, by="video")  # the first manifest, with what was dropped


@pytest.mark.parametrize(
    ("name", "view", "least"),
    [
        ("jpg+json", View(frames=4, height=108, width=192), 37),
        ("jpg+json", View(frames=4, height=112, width=112, crop="face"), 37),
        ("face-mp4", View(frames=4, height=112, width=112, crop="face"), 34),
    ],
)
def test_lossy_formats_keep_a_talking_head(
    tiny_data, tmp_path, monkeypatch, name, view, least
):
    monkeypatch.setattr(faces, "FaceDetector", FaceDetector)
    rows = tiny_data.manifest.groupby("method").head(1)
    before = prepare(rows, view, workers=0, progress=False)
    after = read(run(rows, tmp_path / "out", name, view), progress=False)
    for video_id in rows["video_id"]:
        # Of faces, those that are kept.
        kept, original = after.array(video_id), before.array(video_id)
        assert least <= psnr(kept, original[: len(kept)]) < 80


def test_s1_pictures_in_a_folder_a_video(videos, tmp_path):
    folder = run(videos, tmp_path / "out", "jpg+json")
    names = sorted(path.name for path in (folder / "clip-0").iterdir())
    assert names == ["0000.jpg", "0001.jpg", "0002.jpg"]
    assert (folder / "clip-0" / "0000.jpg").read_bytes()[:3] == b"\xff\xd8\xff"
    document = json.loads((folder / "labels.json").read_text())
    assert document["header"]["format"] == "jpg+json"
    found = {key: (v["label"], v["split"]) for key, v in document["videos"].items()}
    kept = videos.head(8)
    pairs = zip(kept["label"], kept["split"], strict=True)
    assert found == dict(zip(kept["video_id"], pairs, strict=True))
    assert document["videos"]["clip-0"]["indices"] == [1, 3, 5]


def test_s3_and_s4_channels_first(videos, tmp_path):
    original = prepare(videos, FACES, workers=0, progress=False).array("clip-1")[0]
    folder = run(videos, tmp_path / "npz", "npz", FACES)
    array = np.load(folder / "clip-1.npz", allow_pickle=False)["frames"]
    assert array.shape == (T, 3, 16, 16) and array.dtype == np.uint8
    assert np.array_equal(array[2, 1], original[2, :, :, 1])
    folder = run(videos, tmp_path / "tensor", "tensor", FACES)
    file = folder / "clip-1.safetensors"
    tensor = safetensors.torch.load_file(file)["frames"]
    assert tensor.shape == (1, T, 3, 16, 16) and tensor.dtype == torch.uint8
    assert np.array_equal(tensor[0].numpy(), array)


def test_s2_face_videos_at_30_fps(videos, tmp_path):
    folder = run(videos, tmp_path / "out", "face-mp4", FACES)
    info = probe(folder / "clip-1.mp4")
    assert (info.fps, info.n_frames, info.codec) == (30, T, "h264")
    assert (info.width, info.height) == (16, 16)
    with pytest.raises(ValueError, match="faces of an even size"):
        run(videos, tmp_path / "frames", "face-mp4", FRAMES)
    with pytest.raises(ValueError, match="faces of an even size"):
        run(videos, tmp_path / "odd", "face-mp4", replace(FACES, height=15, width=15))
    assert not (tmp_path / "odd").exists()


@pytest.mark.parametrize("view", [FRAMES, FACES], ids=["frames", "faces"])
def test_s0_shards_are_what_webdataset_reads(videos, tmp_path, view):
    prepared = prepare(videos, view, workers=0, progress=False)
    folder = run(videos, tmp_path / "out", "tar.gz", view)
    shards = sorted(folder.glob("*.tar.gz"))
    assert [s.name for s in shards] == ["test-000000.tar.gz", "train-000000.tar.gz"]
    for shard in shards:
        assert shard.read_bytes()[:2] == b"\x1f\x8b"
        split = shard.name.split("-")[0]
        found = {
            sample["__key__"]: sample
            for sample in webdataset.WebDataset([str(shard)], shardshuffle=False)
        }
        assert set(found) == set(videos.query("split == @split")["video_id"]) - {
            "clip-8"
        }
        for key, sample in found.items():
            array = np.load(io.BytesIO(sample[f"{view.crop}s.npy"]), allow_pickle=False)
            kept = prepared.array(key)
            assert np.array_equal(array, kept[:1] if view is FACES else kept)
            assert json.loads(sample["json"])["split"] == split


def test_shards_are_a_fair_mix(tmp_path, videos, monkeypatch):
    monkeypatch.setattr("dfstudy.data.export.SHARD_VIDEOS", 4)
    table = videos.head(8).assign(split=None)
    folder = run(table, tmp_path / "out", "tar.gz")
    document = json.loads((folder / "labels.json").read_text())
    assert set(document["files"]) == {"all-000000.tar.gz", "all-000001.tar.gz"}
    for known in document["files"].values():
        kinds = [document["videos"][v]["label"] for v in known["videos"]]
        assert sorted(kinds) == [0, 0, 1, 1]
    after = read(folder, progress=False)
    assert after.record("clip-3")["label"] == 1 and len(after.urls()) == 2


def test_tables_beside_the_videos(videos, tmp_path):
    folder = run(videos, tmp_path / "out")
    table = manifest.read(folder / "manifest.csv")
    assert table["path"].tolist() == [f"clip-{i}.npz" for i in range(8)]
    kept = videos.head(8).drop(columns="path")
    pd.testing.assert_frame_equal(table.drop(columns="path"), kept)
    failures = pd.read_csv(folder / "failures.csv")
    assert failures["video_id"].tolist() == ["clip-8"]
    assert failures["label"].tolist() == [0] and "clip-8" in failures["reason"][0]
    others = {"manifest.csv", "failures.csv", "labels.json"}
    assert {p.name for p in folder.iterdir()} == others | set(table["path"])


@pytest.fixture
def written(monkeypatch):
    """The names of the files that are really written, in order."""
    names = []
    for name, kind in FORMATS.items():

        def spy(path, videos, kind=kind):
            names.append(path.name.removesuffix(".part"))
            kind.write(path, videos)

        monkeypatch.setitem(FORMATS, name, replace(kind, write=spy))
    return names


def test_nothing_is_decoded_or_written_twice(videos, tmp_path, written, monkeypatch):
    seen = []

    def spy(path, view, *, detector):
        seen.append(Path(path).stem)
        return see(path, view, detector=detector)

    monkeypatch.setattr(pool, "see", spy)
    view = replace(FRAMES, frames=2)
    folder = run(videos, tmp_path / "out", "npz", view)
    assert sorted(seen) == videos["video_id"].tolist() and len(written) == 8
    before = contents(folder)
    run(videos, tmp_path / "out", "npz", view)
    assert len(seen) == 9 and len(written) == 8 and contents(folder) == before
    run(videos, tmp_path / "other", "tensor", view)
    read(folder, progress=False)
    assert len(seen) == 9


@pytest.mark.parametrize("name", ["jpg+json", "tar.gz"])  # a folder, many in one file
def test_a_killed_export_goes_on(videos, tmp_path, written, name):
    whole = contents(run(videos, tmp_path / "whole", name, FACES))
    n_files = len(written)
    last = written[-1]
    videos.to_parquet(tmp_path / "manifest.parquet")
    code = f"""
import os, signal
from dataclasses import replace
from pathlib import Path
from dfstudy.data import export, manifest
from dfstudy.data.view import View
kind = export.FORMATS[{name!r}]
def write(path, videos):
    kind.write(path, videos)
    if path.name == {last + ".part"!r}:
        file = next(path.iterdir()) if path.is_dir() else path
        os.truncate(file, 100)
        os.kill(os.getpid(), signal.SIGKILL)
export.FORMATS[{name!r}] = replace(kind, write=write)
table = manifest.read({str(tmp_path / "manifest.parquet")!r})
view = View.from_dict({FACES.to_dict()!r})
export.export(table, view, format={name!r}, out={str(tmp_path / "cut")!r}, workers=0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    folder = tmp_path / "cut"
    assert (folder / f"{last}.part").exists() and not (folder / last).exists()
    with pytest.raises(ExportError, match="not finished"):
        read(folder, progress=False)
    written.clear()
    run(videos, folder, name, FACES)
    assert written == [last] and n_files in {2, 8}
    assert contents(folder) == whole


def test_half_a_line_of_the_journal_does_not_count(videos, tmp_path, written):
    whole = contents(run(videos, tmp_path / "out"))
    folder = tmp_path / "out"
    document = json.loads((folder / labels.NAME).read_text())
    first, second, *_ = document["files"]
    lines = [{"header": document["header"], "files": {}, "videos": {}}]
    for name in (first, second):
        (video_id,) = document["files"][name]["videos"]
        file = {name: document["files"][name]}
        video = {video_id: document["videos"][video_id]}
        lines.append({"header": {}, "files": file, "videos": video})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / labels.JOURNAL).write_text(text[:-20])
    (folder / labels.NAME).unlink()
    written.clear()
    run(videos, folder)
    assert first not in written and second in written and contents(folder) == whole


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_named_and_made_again(videos, tmp_path, written, fresh, name):
    folder = run(videos, tmp_path / "out", name, FACES)
    whole = contents(folder)
    victim = sorted(p for p in folder.rglob("*") if p.suffix not in {".csv", ".json"})
    victim = next(p for p in reversed(victim) if p.is_file())
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    with pytest.raises(ExportError, match=f"{victim.name}: damaged"):
        read(folder, progress=False)
    victim.unlink()
    with pytest.raises(ExportError, match=f"{victim.name}: missing"):
        read(folder, progress=False)
    written.clear()
    run(videos, folder, name, FACES)
    assert len(written) == 1 and contents(folder) == whole
    os.truncate(victim, 10)
    run(videos, folder, name, FACES)
    assert len(written) == 2 and contents(folder) == whole
    assert len(read(folder, progress=False).index) == 9


def test_a_picture_too_many_is_not_taken_for_a_frame(videos, tmp_path, fresh):
    folder = run(videos, tmp_path / "out", "jpg+json")
    (folder / "clip-1" / "0003.jpg").write_bytes(
        (folder / "clip-1" / "0000.jpg").read_bytes()
    )
    with pytest.raises(ExportError, match=r"clip-1: holds \[\(4, 16, 24, 3\)\]"):
        read(folder, progress=False)


def test_what_depends_on_a_changed_video_is_made_again(videos, tmp_path, written):
    table = videos.head(2).copy()
    for i in table.index:
        copy = tmp_path / Path(table.loc[i, "path"]).name
        copy.write_bytes(Path(table.loc[i, "path"]).read_bytes())
        table.loc[i, "path"] = str(copy)
    folder = run(table, tmp_path / "out")
    first = read(folder, progress=False)
    write_video(table.loc[0, "path"], np.full((6, 32, 48, 3), 99, np.uint8), fps=12)
    run(table, tmp_path / "out")
    assert len(written) == 4
    again = read(folder, progress=False)
    assert again.folder != first.folder and np.ptp(again.array("clip-0")) < 5


def test_folders_that_hold_something_else(videos, tmp_path):
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    with pytest.raises(ExportError, match="foreign: is not empty"):
        run(videos, foreign)
    with pytest.raises(ExportError, match="foreign: is not empty"):
        read(foreign)
    assert [p.name for p in foreign.iterdir()] == ["thesis.txt"]
    folder = run(videos, tmp_path / "out")
    whole = contents(folder)
    with pytest.raises(ExportError, match=r"out: holds another export.*format"):
        run(videos, folder, "tensor")
    with pytest.raises(ExportError, match=r"another export.*view"):
        run(videos, folder, view=replace(FRAMES, frames=2))
    with pytest.raises(ExportError, match=r"another export.*manifest"):
        run(videos.assign(split="val"), folder)
    assert contents(folder) == whole
    with pytest.raises(ExportError, match="nowhere: the export is not here"):
        read(tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError, match=r"thesis\.txt"):
        run(videos, foreign / "thesis.txt")


def test_damaged_tables(videos, tmp_path):
    folder = run(videos, tmp_path / "out")
    table = manifest.read(folder / "manifest.csv")
    manifest.write(table.head(3), folder / "manifest.csv")
    with pytest.raises(ExportError, match=r"manifest\.csv: lists other videos"):
        read(folder)
    text = (folder / "labels.json").read_text()
    (folder / "labels.json").write_text(text[:-50])
    with pytest.raises(ExportError, match=r"labels\.json: damaged"):
        read(folder)
    (folder / "labels.json").write_text(text.replace('"version": 1', '"version": 2'))
    with pytest.raises(ExportError, match=r"labels\.json: not of version 1"):
        read(folder)


def test_bad_calls(videos, tmp_path):
    with pytest.raises(ValueError, match=r"one of jpg\+json, npz, .*not 'zip'"):
        run(videos, tmp_path / "out", "zip")
    with pytest.raises(ExportError, match=r"no video is left.*clip-8"):
        run(videos.tail(1), tmp_path / "out")


def test_a_full_disk_is_said_with_the_file_and_nothing_is_lost(
    videos, tmp_path, written
):
    whole = contents(run(videos, tmp_path / "whole"))
    written.clear()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))  # no file may be larger
    try:
        with pytest.raises(OSError, match=r"File too large: '.*out/clip-\d\.npz'"):
            run(videos, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    left = [path.name for path in (tmp_path / "out").iterdir()]
    assert left == [labels.JOURNAL] and len(written) == 1
    assert contents(run(videos, tmp_path / "out")) == whole


def test_command(videos, tmp_path, capsys):
    table = manifest.write(videos, tmp_path / "manifest.csv")
    out = tmp_path / "shards"
    call = ["export", str(table), "--format", "tar.gz", "--out", str(out)]
    call += ["--frames", "2", "--size", "16", "24", "--workers", "1"]
    assert cli.main(call) == 0
    assert capsys.readouterr().out.strip() == str(out)
    prepared = read(out, progress=False)
    assert prepared.array("clip-0").shape == (2, 16, 24, 3)
    assert cli.main([*call, "--frames", "3"]) == 1
    assert "holds another export" in capsys.readouterr().err
    for name in FORMATS:
        args = cli._parser().parse_args([*call, "--format", name])
        assert args.format == name
    with pytest.raises(SystemExit):
        cli.main([*call, "--format", "zip"])
