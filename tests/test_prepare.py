"""Preparation: what is in the shards, that it resumes, that bad videos stop nothing."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import webdataset

from dfstudy.data import manifest, pool, shards
from dfstudy.data.prepare import Prepared, prepare, videos_in
from dfstudy.data.view import View, see
from dfstudy.video import faces
from dfstudy.video.faces import Detection
from dfstudy.video.write import write_video

VIEW = View(frames=3, height=16, width=24)
FACES = View(frames=3, height=16, width=16, crop="face")


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """11 clips: 3 of them fake, the fourth dark, the last one broken."""
    folder = tmp_path_factory.mktemp("videos")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(11):
        path = folder / f"clip {i}.mp4"
        if i < 10:
            frames = rng.integers(0, 256, (6, 32, 48, 3), np.uint8)
            write_video(path, frames if i != 3 else 0 * frames, fps=12)
        else:
            path.write_bytes(b"broken" * 100)
        fake = i % 3 == 2
        rows.append(
            {
                "video_id": f"clip-{i}",
                "path": str(path),
                "label": int(fake),
                "dataset": "test",
                "method": "blend" if fake else "real",
                "description": "talking" if i else None,
            }
        )
    return manifest.from_rows(rows)


def run(table, out, view=VIEW, **options):
    settings = {"workers": 0, "progress": False, "shard_videos": 4} | options
    return prepare(table, view, out=out, **settings)


@pytest.fixture
def seen(monkeypatch):
    """The ids of the videos that are really decoded, in order."""
    ids = []

    def spy(path, view, *, detector):
        ids.append(Path(path).stem.replace(" ", "-"))
        return see(path, view, detector=detector)

    monkeypatch.setattr(pool, "see", spy)
    return ids


def contents(prepared):
    return {p.name: p.read_bytes() for p in prepared.folder.glob("*.tar")}


def test_arrays_are_what_the_view_shows(videos, tmp_path):
    prepared = run(videos, tmp_path)
    for row in videos.itertuples():
        if row.video_id == "clip-10":
            continue
        array = prepared.array(row.video_id)
        assert np.array_equal(array, see(row.path, VIEW).frames)
        record = prepared.record(row.video_id)
        assert record["label"] == row.label and record["path"] == row.path
        assert record["indices"] == [1, 3, 5] and record["n_frames"] == 6
    assert prepared.record("clip-0")["description"] is None
    assert prepared.view == VIEW and len(prepared.index) == len(videos)


def test_webdataset_reads_the_same(videos, tmp_path):
    prepared = run(videos, tmp_path)
    stream = webdataset.WebDataset(prepared.urls(), shardshuffle=False)
    found = {sample["__key__"]: sample for sample in stream}
    assert set(found) == set(videos["video_id"]) - {"clip-10"}
    for key, sample in found.items():
        array = np.load(io.BytesIO(sample["frames.npy"]), allow_pickle=False)
        assert np.array_equal(array, prepared.array(key))
        assert json.loads(sample["json"]) == prepared.record(key)


def test_shards_are_balanced(videos, tmp_path):
    prepared = run(videos, tmp_path)
    index = prepared.index.merge(videos[["video_id", "label"]], on="video_id")
    assert sorted(index.groupby("shard").size()) == [3, 4, 4]
    assert sorted(index.groupby("shard")["label"].sum()) == [1, 1, 1]


def test_a_broken_video_is_recorded_and_stops_nothing(videos, tmp_path):
    prepared = run(videos, tmp_path)
    assert set(prepared.dropped) == {"clip-10"} and prepared.dropped["clip-10"]
    assert set(videos["video_id"]) - set(prepared.kept(videos)["video_id"]) == {
        "clip-10"
    }
    with pytest.raises(KeyError, match="dropped"):
        prepared.array("clip-10")
    with pytest.raises(KeyError, match="never prepared"):
        prepared.array("other")
    gone = videos.assign(path=videos["path"] + ".gone").head(2)
    assert set(run(gone, tmp_path).dropped) == {"clip-0", "clip-1"}


def test_failures_are_listed_for_people(videos, tmp_path):
    folder = run(videos, tmp_path).folder
    table = pd.read_csv(folder / "failures.csv")
    assert table[["video_id", "path"]].values.tolist() == [
        ["clip-10", videos.loc[10, "path"]]
    ]
    assert "clip 10.mp4" in table.loc[0, "reason"]
    none = run(videos.head(4), tmp_path).folder
    assert pd.read_csv(none / "failures.csv").empty


@pytest.mark.slow
def test_killed_twenty_times_it_ends_the_same(videos, tmp_path):
    """SIGKILL at random moments; the next start does only what is missing."""
    manifest.write(videos, tmp_path / "manifest.parquet")
    whole = contents(run(videos, tmp_path / "whole", shard_videos=1))
    program = (
        "from dfstudy.data import manifest, prepare, view\n"
        "if __name__ == '__main__':\n"
        f"    table = manifest.read({str(tmp_path / 'manifest.parquet')!r})\n"
        f"    view = view.View(**{VIEW.to_dict()})\n"
        f"    prepare.prepare(table, view, out={str(tmp_path / 'cut')!r},"
        " workers=2, shard_videos=1)\n"
    )
    (tmp_path / "job.py").write_text(program)
    job = [sys.executable, str(tmp_path / "job.py")]
    start = time.monotonic()
    subprocess.run(job, check=True)
    lasts = time.monotonic() - start
    shutil.rmtree(tmp_path / "cut")
    rng = np.random.default_rng(0)
    killed = 0
    while killed < 20:
        child = subprocess.Popen(job, stderr=subprocess.DEVNULL)
        try:
            assert child.wait(rng.uniform(0, lasts)) == 0
            shutil.rmtree(tmp_path / "cut")  # it was done: kill the next from the start
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            killed += 1
    subprocess.run(job, check=True)
    (folder,) = (tmp_path / "cut").iterdir()
    assert contents(Prepared.load(folder)) == whole
    assert not list(folder.glob("shard-*.tmp-*"))


def test_the_same_call_again_decodes_nothing(videos, tmp_path, seen):
    first = run(videos, tmp_path)
    assert sorted(seen) == sorted(videos["video_id"])
    before = contents(first)
    seen.clear()
    shuffled = videos.sample(frac=1, random_state=0).assign(split="train", group="g")
    again = run(shuffled, tmp_path)
    assert not seen and again.folder == first.folder and contents(again) == before


def test_a_run_that_was_cut_off_goes_on(videos, tmp_path, seen, monkeypatch):
    whole = contents(run(videos, tmp_path / "whole"))
    seen.clear()
    spy = pool.see

    def stop_after_six(path, view, *, detector):
        if len(seen) == 6:
            raise KeyboardInterrupt
        return spy(path, view, detector=detector)

    with monkeypatch.context() as patch:
        patch.setattr(pool, "see", stop_after_six)
        with pytest.raises(KeyboardInterrupt):
            run(videos, tmp_path / "cut")
    (folder,) = (tmp_path / "cut").iterdir()
    assert not list(folder.rglob("*.tmp-*"))
    with pytest.raises(FileNotFoundError):
        Prepared.load(folder)
    seen.clear()
    done = run(videos, tmp_path / "cut")
    assert len(seen) == 11 - 4  # the first shard was finished and is kept
    assert contents(done) == whole


@pytest.mark.parametrize("damage", ["delete", "truncate"])
def test_a_lost_or_damaged_shard_is_made_again(videos, tmp_path, seen, damage):
    first = run(videos, tmp_path)
    before = contents(first)
    victim = first.folder / "shard-000001.tar"
    if damage == "delete":
        victim.unlink()
    else:
        os.truncate(victim, 700)
    seen.clear()
    again = run(videos, tmp_path)
    assert 0 < len(seen) <= 4 and contents(again) == before
    assert np.array_equal(first.array("clip-0"), again.array("clip-0"))


def test_one_flipped_bit_is_found(videos, tmp_path):
    prepared = run(videos, tmp_path)
    assert prepared.damaged() == []
    table = prepared.shards().set_index("shard")
    assert table["videos"].sum() == 10 and table["dropped"].sum() == 1
    victim = prepared.folder / "shard-000001.tar"
    data = bytearray(victim.read_bytes())
    assert hashlib.sha256(data).hexdigest() == table.loc[victim.name, "sha256"]
    assert len(data) == table.loc[victim.name, "bytes"]
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    (prepared.folder / "shard-000002.tar").unlink()
    assert prepared.damaged() == ["shard-000001.tar", "shard-000002.tar"]


def test_a_cache_without_checksums_is_still_good(videos, tmp_path, seen):
    first = run(videos, tmp_path)
    seen.clear()
    for path in [first.folder / "index.parquet", *first.folder.glob("parts/*")]:
        pq.write_table(pq.read_table(path).drop_columns("shard_sha256"), path)
    old = run(videos, tmp_path)
    assert not seen and old.urls() == first.urls()
    assert np.array_equal(old.array("clip-0"), first.array("clip-0"))
    with pytest.raises(ValueError, match="without checksums"):
        old.damaged()


def test_a_shard_of_a_set_size(videos, tmp_path):
    one = 3 * 16 * 24 * 3 / 1e6
    assert videos_in(10.5 * one, VIEW) == 10 and videos_in(one / 2, VIEW) == 1
    flowing = replace(VIEW, flow="sampled")
    assert videos_in(10.5 * one, flowing) == 4  # 3 bytes a pixel, and 4 of flow
    prepared = run(videos, tmp_path, shard_videos=videos_in(10.5 * one, VIEW))
    assert sorted(prepared.index.groupby("shard").size()) == [5, 6]


def test_what_a_killed_run_left_is_swept_up(videos, tmp_path):
    first = run(videos, tmp_path)
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        stdout=subprocess.PIPE,
        check=True,
    )
    stale = first.folder / f"shard-000001.tar.tmp-{int(dead.stdout)}"
    alive = first.folder / f"shard-000001.tar.tmp-{os.getppid()}"
    for part in (stale, alive):
        part.write_bytes(b"half a shard")
    (first.folder / "shard-000001.tar").unlink()
    run(videos, tmp_path)
    assert not stale.exists() and alive.exists()


def test_another_view_file_or_label_is_another_cache(videos, tmp_path):
    folders = {run(videos, tmp_path).folder}
    folders.add(run(videos, tmp_path, View(frames=2, height=16, width=24)).folder)
    folders.add(run(videos.assign(label=0, method="real"), tmp_path).folder)
    folders.add(run(videos.head(9), tmp_path).folder)
    os.utime(videos.loc[0, "path"], (1, 1))
    folders.add(run(videos, tmp_path).folder)
    assert len(folders) == 5
    assert all(f.name.startswith(f"test-{v}-") for f in folders for v in ["frame"])


def test_processes_make_the_same_shards(videos, tmp_path):
    alone = run(videos, tmp_path / "a", workers=0)
    both = run(videos, tmp_path / "b", workers=2)
    assert contents(alone) == contents(both)


class Bomb:
    """Kills the process that unpickles it, as a crashing decoder would."""

    def __reduce__(self):
        return os._exit, (3,)


def test_a_video_that_kills_its_process_is_dropped_alone(videos):
    paths = [videos.loc[0, "path"], Bomb(), videos.loc[1, "path"]]
    before, bomb, after = pool.samples(paths, VIEW, workers=1)
    assert "died" in bomb
    assert np.array_equal(before.frames, see(paths[0], VIEW).frames)
    assert np.array_equal(after.frames, see(paths[2], VIEW).frames)


class CountedDetector:
    """A face wherever it is not dark; counts how often it is made."""

    made = 0
    min_confidence = 0.9

    def __init__(self):
        type(self).made += 1

    def detect(self, frames):
        box = np.array([10.0, 5.0, 30.0, 25.0])
        face = [Detection(box, 0.95, np.zeros((5, 2)))]
        return [face if frame.mean() > 20 else [] for frame in frames]

    def refine(self, frames, boxes):
        return [Detection(box, 0.1, np.zeros((5, 2))) for box in boxes]


def test_faces_with_one_detector_and_only_where_asked_for(
    videos, tmp_path, monkeypatch
):
    monkeypatch.setattr(faces, "FaceDetector", CountedDetector)
    CountedDetector.made = 0
    run(videos, tmp_path)
    assert CountedDetector.made == 0
    prepared = run(videos.head(5), tmp_path, FACES)
    assert CountedDetector.made == 1
    index = prepared.index.set_index("video_id")
    kept = index[index["dropped"].isna()]
    assert prepared.dropped == {"clip-3": "no face found"}
    assert (kept["faces"] == 1).all() and (kept["present"] == 1).all()
    for video_id in kept.index:
        assert prepared.array(video_id).shape == (1, 3, 16, 16, 3)
        (face,) = prepared.record(video_id)["faces"]
        assert face["boxes"][0] == [10.0, 5.0, 30.0, 25.0]
        assert face["confidences"][0] == 0.95 and face["detected"][0]
    stream = webdataset.WebDataset(prepared.urls(), shardshuffle=False)
    assert all("faces.npy" in sample for sample in stream)


@pytest.mark.parametrize("flow", ["sampled", "adjacent"])
def test_flow_is_an_array_of_its_own(videos, tmp_path, flow):
    view = replace(VIEW, flow=flow)
    prepared = run(videos.head(5), tmp_path, view)
    plain = run(videos.head(5), tmp_path)
    for row in videos.head(5).itertuples():
        stored = prepared.flow(row.video_id)
        assert stored.shape == (3, 16, 24, 2) and stored.dtype == np.float16
        assert np.array_equal(stored, see(row.path, view).flow)
        assert np.array_equal(prepared.array(row.video_id), plain.array(row.video_id))
    stream = webdataset.WebDataset(prepared.urls(), shardshuffle=False)
    for sample in stream:
        array = np.load(io.BytesIO(sample["flow.npy"]), allow_pickle=False)
        assert np.array_equal(array, prepared.flow(sample["__key__"]))
    with pytest.raises(KeyError, match="without flow"):
        plain.flow("clip-0")


def test_flow_of_faces(videos, tmp_path, monkeypatch):
    monkeypatch.setattr(faces, "FaceDetector", CountedDetector)
    view = replace(FACES, flow="sampled")
    prepared = run(videos.head(5), tmp_path, view)
    sample = see(videos.loc[0, "path"], view, detector=CountedDetector())
    stored = prepared.flow("clip-0")
    assert stored.shape == (1, 3, 16, 16, 2)
    assert np.array_equal(stored[0], sample.faces[0].flow)
    assert prepared.array("clip-0").shape == (1, 3, 16, 16, 3)


def test_frames_without_a_face_are_counted(videos, tmp_path, monkeypatch):
    monkeypatch.setattr(faces, "FaceDetector", CountedDetector)
    prepared = run(videos.head(5), tmp_path, replace(FACES, drop="frame"))
    index = prepared.index.set_index("video_id")
    assert (index["searched"] == 6).all()
    assert index.loc["clip-3", "faceless"] == 6 and index.loc["clip-0", "faceless"] == 0
    assert prepared.record("clip-0")["searched"] == 6


@pytest.mark.parametrize(
    "view",
    [
        replace(VIEW, sampling="first", flow="adjacent"),
        replace(FACES, sampling="best", every=2, detector="haar", flow="sampled"),
    ],
)
def test_every_view_is_the_same_from_one_process_and_from_two(videos, tmp_path, view):
    table = videos.head(4)
    alone = run(table, tmp_path / "a", view, workers=0)
    both = run(table, tmp_path / "b", view, workers=2)
    assert contents(alone) == contents(both) and alone.dropped == both.dropped


def test_a_missing_face_detector_is_named_before_any_work(
    videos, tmp_path, monkeypatch, seen
):
    monkeypatch.delattr("cv2.CascadeClassifier")
    for workers in (0, 1):
        with pytest.raises(ValueError, match="opencv-python<5"):
            run(videos, tmp_path, replace(FACES, detector="haar"), workers=workers)
    assert not seen


def test_workers_import_little():
    heavy = {"torch", "pandas", "scipy.optimize", "facenet_pytorch"}
    code = f"import sys, dfstudy.data.pool as p; print(*{heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == []


def test_long_ids_fit_into_a_shard(videos, tmp_path):
    table = videos.head(1).assign(video_id="x" * 88)
    prepared = run(table, tmp_path)
    assert prepared.array("x" * 88).shape == (3, 16, 24, 3)
    assert prepared.record("x" * 88)["label"] == 0


def test_maps_are_bounded_and_files_stay_as_they_are(videos, tmp_path, monkeypatch):
    prepared = run(videos, tmp_path)
    monkeypatch.setattr(shards, "_OPEN", 1)
    maps = shards.ShardMaps(prepared.folder)
    before = contents(prepared)
    for name in [*before, *before]:
        data = maps.bytes(name, 0, 10)
        assert data.tobytes() == before[name][:10]
        data[:] = 0
    assert len(maps._maps) == 1 and contents(prepared) == before
