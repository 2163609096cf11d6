"""Indexers: nothing that decodes is lost, and nothing is lost silently."""

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

from dfstudy.data import index, manifest
from dfstudy.video.write import write_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    frames = np.random.default_rng(0).integers(0, 256, (6, 32, 48, 3), np.uint8)
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_video(path, frames, fps=12)
    return path


def put(clip, *paths):
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, path)


def part(clip, folder, entries, *, without=()):
    put(clip, *(folder / name for name in entries if name not in without))
    listed = {
        name: {"label": label, "split": "train", "original": original}
        for name, (label, original) in entries.items()
    }
    (folder / "metadata.json").write_text(json.dumps(listed))


def quiet(root):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return index.index(root, progress=False)


def test_plain_folder(clip, tmp_path):
    root = tmp_path / "mine"
    put(clip, root / "Real/a.MP4", root / "real2/no.mp4", root / "Real/deep/b.mp4")
    put(clip, root / "fake/c.mov", root / "odd/no.mp4", root / "fake/._c.mov")
    (root / "fake/notes.txt").write_text("not a video")
    (root / "groups.csv").write_text("path,group\nReal/a.MP4,007\nfake\\c.mov,007\n")
    table = quiet(root).set_index("video_id")
    assert table["label"].to_dict() == {"a": 0, "b": 0, "c": 1}
    assert table["method"].to_dict() == {"a": "real", "b": "real", "c": "fake"}
    assert table["group"].dropna().to_dict() == {"a": "007", "c": "007"}
    assert (table["dataset"] == "mine").all() and table["source_id"].isna().all()
    assert (table["width"] == 48).all() and (table["height"] == 32).all()
    assert (table["n_frames"] == 6).all() and (table["fps"] == 12).all()
    assert table["audio_altered"].isna().all() and table["split"].isna().all()
    assert index.kind(root) == "real"


def test_dfdc_parts_at_any_depth(clip, tmp_path):
    root = tmp_path / "dfdc"
    part(
        clip,
        root / "dfdc_train_part_0",
        {
            "aaaaaaaaaa.mp4": ("REAL", None),
            "bbbbbbbbbb.mp4": ("FAKE", "aaaaaaaaaa.mp4"),
            "cccccccccc.mp4": ("FAKE", "elsewhere0.mp4"),
        },
    )
    part(clip, root / "more/dfdc_train_part_1", {"dddddddddd.mp4": ("FAKE", None)})
    table = quiet(root).set_index("video_id")
    sources = table["source_id"].dropna().to_dict()
    assert sources == {
        "aaaaaaaaaa": "aaaaaaaaaa",
        "bbbbbbbbbb": "aaaaaaaaaa",
        "cccccccccc": "elsewhere0",
    }
    assert table["label"].tolist() == [0, 1, 1, 1]
    assert (table["dataset"] == "dfdc").all() and table["audio_altered"].isna().all()
    one = quiet(root / "dfdc_train_part_0")
    assert one["video_id"].tolist() == ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"]


def test_one_warning_names_every_file_left_out(clip, tmp_path):
    root = tmp_path / "dfdc"
    entries = {
        "good000000.mp4": ("REAL", None),
        "gone000000.mp4": ("FAKE", "good000000.mp4"),
        "broken0000.mp4": ("FAKE", "good000000.mp4"),
        "empty00000.mp4": ("FAKE", "good000000.mp4"),
    }
    part(clip, root / "p", entries, without={"gone000000.mp4"})
    put(clip, root / "p/unlisted00.mp4")
    labels = json.loads((root / "p/metadata.json").read_text())
    labels["other00000.mp4"] = {"label": "MAYBE"}
    (root / "p/metadata.json").write_text(json.dumps(labels))
    put(clip, root / "p/other00000.mp4")
    (root / "q").mkdir()
    (root / "q/metadata.json").write_text("{half")
    (root / "p/broken0000.mp4").write_bytes(b"this is no video" * 99)
    (root / "p/empty00000.mp4").write_bytes(b"")
    with pytest.warns(index.LeftOutWarning) as caught:
        table = index.index(root, progress=False, failures=tmp_path / "failures.csv")
    assert table["video_id"].tolist() == ["good000000"]
    lines = str(caught.pop().message).splitlines()
    assert not caught.list and "left out 6 files" in lines[0]
    names = [line.split(":")[0].strip() for line in lines[1:]]
    bad = ["gone000000", "broken0000", "empty00000", "unlisted00", "other00000"]
    assert names == [*sorted(f"p/{n}.mp4" for n in bad), "q/metadata.json"]
    listed = pd.read_csv(tmp_path / "failures.csv")
    assert listed["path"].tolist() == names
    assert [f"  {p}: {r}" for p, r in listed.to_numpy()] == lines[1:]
    reasons = listed.set_index("path")["reason"]
    assert "no such file" in reasons["p/gone000000.mp4"]
    assert "'MAYBE'" in reasons["p/other00000.mp4"]
    assert "not DFDC's" in reasons["q/metadata.json"]


def test_ids_are_unique_safe_and_stay_when_the_folder_moves(clip, tmp_path):
    names = [
        "real/same.mp4",
        "real/same.avi",
        "fake/same.mp4",
        "fake/SAME.mov",
        "real/v1.2 final (copy).mp4",
        "real/v1_2_final_copy.mp4",
        "real/日本.mp4",
        "real/中国.mp4",
        "real/te[s]t ' _.mp4",
        "real/-dash.mp4",
        "real/plain_1-b.mp4",
        f"real/{'x' * 200}.mp4",
    ]
    put(clip, *(tmp_path / "one" / name for name in names))
    table = quiet(tmp_path / "one")
    assert len(table) == len(names)
    assert table["video_id"].str.lower().is_unique
    assert table["video_id"].str.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,87}").all()
    assert "plain_1-b" in table["video_id"].tolist()
    (tmp_path / "one").rename(tmp_path / "two")
    moved = quiet(tmp_path / "two")
    assert moved["video_id"].tolist() == table["video_id"].tolist()


def test_truth_is_joined_and_only_what_the_manifest_has(clip, tmp_path):
    root = tmp_path / "synthetic"
    entries = {"aaaaaaaaaa.mp4": ("REAL", None), "bbbbbbbbbb.mp4": ("FAKE", "a.mp4")}
    part(clip, root / "dfdc_train_part_0", entries)
    truth = pd.DataFrame(
        {
            "video_id": ["bbbbbbbbbb", "aaaaaaaaaa", "notthere00"],
            "family": ["disorder", "real", "real"],
            "target_identity": ["p1", "p1", "p9"],
            "donor_identity": ["p2", None, None],
            "source_id": ["unseen0000", "aaaaaaaaaa", "notthere00"],
            "description": ["inside talking", "inside talking pan", ""],
            "yaw": [[0.1], [0.2], [0.3]],
        }
    )
    truth.to_parquet(root / "truth.parquet")
    (root / "synth.json").write_text("{}")
    table = quiet(root)
    assert table["method"].tolist() == ["real", "disorder"]
    assert table["source_id"].tolist() == ["aaaaaaaaaa", "unseen0000"]
    assert table["donor_identity"].isna().tolist() == [True, False]
    assert table["description"].tolist() == ["inside talking pan", "inside talking"]
    assert list(table) == list(manifest.COLUMNS)
    assert (table["dataset"] == "synthetic").all() and index.kind(root) == "synthetic"
    pd.testing.assert_frame_equal(quiet(root / "dfdc_train_part_0"), table)

    truth.assign(family="real").to_parquet(root / "truth.parquet")
    with pytest.raises(ValueError, match="disagree"):
        quiet(root)


def test_what_is_no_data_set_is_refused(clip, tmp_path):
    with pytest.raises(ValueError, match="not a folder"):
        index.index(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="real/ and fake/"):
        index.index(tmp_path)
    (tmp_path / "real").mkdir()
    with pytest.raises(ValueError, match="no video"):
        index.index(tmp_path, progress=False)
    other = tmp_path / "other"
    part(clip, other, {"a.mp4": ("MAYBE", None)})
    for text, reason in ((None, "MAYBE"), ('["not DFDC"]', "not DFDC's")):
        if text:
            (other / "metadata.json").write_text(text)
        with (
            pytest.warns(index.LeftOutWarning, match=reason),
            pytest.raises(ValueError, match="no video that can be used"),
        ):
            index.index(other, progress=False)
    put(clip, tmp_path / "bad/real/a.mp4")
    (tmp_path / "bad/groups.csv").write_text("file,who\na,b\n")
    with pytest.raises(ValueError, match="path and group"):
        index.index(tmp_path / "bad", progress=False)
