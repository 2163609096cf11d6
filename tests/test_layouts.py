"""Trees named like the real data sets, quirks included, give exact manifests."""

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

from dfstudy.data import index, splits
from dfstudy.video.write import write_video

WHO = ["label", "dataset", "method", "source_id", "target_identity", "donor_identity"]
SCENES = "outside_talking_pan_laughing", "podium_speech_happy"


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames, fps=25)


@pytest.fixture
def put(clip, tmp_path):
    """Copies of one clip under tmp_path, and lists; the folder of them all."""

    def make(*names, **lists):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(clip, path)
        for part, pairs in lists.items():
            (tmp_path / f"{part}.json").write_text(json.dumps(pairs))
        return tmp_path

    return make


def read(root, **options):
    """(rows by video_id, {file left out: reason})."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = index.index(root, progress=False, **options)
    lines = [line for one in caught for line in str(one.message).splitlines()[1:]]
    reasons = dict(line.strip().split(": ", 1) for line in lines)
    assert (table["width"] == 48).all() and (table["n_frames"] == 2).all()
    return table.set_index("video_id"), reasons


def facts(table, columns):
    """{video_id: tuple of the columns, None where missing}."""
    plain = table[columns].astype(object).where(table[columns].notna(), None)
    return {
        name: tuple(row) for name, row in zip(table.index, plain.values, strict=True)
    }


def ffpp(folder, compression, *names):
    side = "original" if folder in {"youtube", "actors"} else "manipulated"
    place = f"{side}_sequences/{folder}/{compression}/videos"
    return [f"{place}/{name}.mp4" for name in names]


def test_faceforensics_with_dfd_in_one_tree(put):
    fake = f"01_02__{SCENES[0]}__YVGY8LOK"
    root = put(
        *ffpp("youtube", "c23", "000", "003"),
        *ffpp("youtube", "c40", "000"),
        *ffpp("Deepfakes", "c23", "000_003", "003_000"),
        *ffpp("NeuralTextures", "c40", "000_003"),
        *ffpp("actors", "c23", f"01__{SCENES[0]}"),
        *ffpp("DeepFakeDetection", "c23", fake, f"02_01__{SCENES[1]}__0H3JRIK4"),
        "manipulated_sequences/Deepfakes/masks/videos/000_003.mp4",
        "manipulated_sequences/Deepfakes/c23/images/000_003/0000.mp4",
        train=[["000", "003"]],
        val=[],
        test=[],
    )
    table, left_out = read(root)
    scene = "outside talking pan laughing"
    ff, c40, dfd = "ffpp-c23", "ffpp-c40", "dfd-c23"
    a, b = "ffpp-000", "ffpp-003"
    assert facts(table, [*WHO, "description", "split"]) == {
        f"{ff}-000": (0, ff, "real", f"{ff}-000", a, None, None, "train"),
        f"{ff}-003": (0, ff, "real", f"{ff}-003", b, None, None, "train"),
        f"{c40}-000": (0, c40, "real", f"{ff}-000", a, None, None, "train"),
        f"{ff}-Deepfakes-000_003": (
            *(1, ff, "Deepfakes", f"{ff}-000", a, b, None, "train"),
        ),
        f"{ff}-Deepfakes-003_000": (
            *(1, ff, "Deepfakes", f"{ff}-003", b, a, None, "train"),
        ),
        f"{c40}-NeuralTextures-000_003": (
            *(1, c40, "NeuralTextures", f"{ff}-000", a, b, None, "train"),
        ),
        f"{dfd}-01__{SCENES[0]}": (
            *(0, dfd, "real", f"{dfd}-01__{SCENES[0]}", "dfd-01", None, scene, None),
        ),
        f"{dfd}-{fake}": (
            *(1, dfd, "DeepFakeDetection", f"{dfd}-01__{SCENES[0]}", "dfd-01"),
            *("dfd-02", scene, None),
        ),
        f"{dfd}-02_01__{SCENES[1]}__0H3JRIK4": (
            *(1, dfd, "DeepFakeDetection", f"dfd-02__{SCENES[1]}", "dfd-02"),
            *("dfd-01", "podium speech happy", None),
        ),
    }
    where = "manipulated_sequences/NeuralTextures/c40/videos"
    assert left_out == {
        "original_sequences/youtube/c40/videos/003.mp4": (
            "in train.json, but there is no such file"
        ),
        f"{where}/003_000.mp4": "in train.json, but there is no such file",
    }
    done, _ = splits.split(table.reset_index(), seed=0)
    # 000 and 003 in all compressions and methods; actors 01 and 02: two groups.
    assert done.groupby("group")["video_id"].count().tolist() in ([6, 3], [3, 6])


def test_only_the_compression_that_is_asked_for(put):
    root = put(
        *ffpp("youtube", "raw", "007"),
        *ffpp("youtube", "c40", "007"),
        *ffpp("FaceSwap", "c40", "007_132"),
        *ffpp("FaceSwap", "c23", "007_132"),
    )
    table, left_out = read(root, compression="c40")
    assert table["source_id"].to_dict() == {
        "ffpp-c40-007": "ffpp-c40-007",
        "ffpp-c40-FaceSwap-007_132": "ffpp-c40-007",
    }
    assert not left_out and table["split"].isna().all()
    assert set(read(root)[0]["source_id"]) == {"ffpp-raw-007"}
    with pytest.raises(ValueError, match="c41"):
        index.index(root, compression="c41")


@pytest.mark.parametrize("place", ["", "splits", "dataset/splits"])
def test_official_lists_are_found_and_what_is_in_none_is_left_out(put, place):
    root = put(*ffpp("Face2Face", "c23", "071_054", "001_002", "000_003", "003_000"))
    (root / place).mkdir(parents=True, exist_ok=True)
    for part, pairs in {
        "train": [["071", "054"]],
        "val": [["001", "870"]],
        "test": [["000", "003"]],
    }.items():
        (root / place / f"{part}.json").write_text(json.dumps(pairs))
    table, left_out = read(root)
    assert table["split"].to_dict() == {
        "ffpp-c23-Face2Face-071_054": "train",
        "ffpp-c23-Face2Face-000_003": "test",
        "ffpp-c23-Face2Face-003_000": "test",
    }
    folder = "manipulated_sequences/Face2Face/c23/videos"
    assert left_out == {
        f"{folder}/001_002.mp4": "in none of train.json, val.json and test.json",
        f"{folder}/054_071.mp4": "in train.json, but there is no such file",
        f"{folder}/001_870.mp4": "in val.json, but there is no such file",
        f"{folder}/870_001.mp4": "in val.json, but there is no such file",
    }


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"train": [["000", "003"]]}, "only some"),
        ({"train": [["000", "003"]], "val": [["003", "004"]], "test": []}, "as train"),
        ({"train": [["000"]], "val": [], "test": []}, "pairs like"),
        ({"train": [[0, 3]], "val": [], "test": []}, "not a list of pairs"),
        ({"train": 3, "val": [], "test": []}, "not a list of pairs"),
    ],
)
def test_lists_that_are_not_official_are_refused(put, lists, message):
    with pytest.raises(ValueError, match=message):
        index.index(put(*ffpp("youtube", "c23", "000"), **lists), progress=False)


def test_what_faceforensics_does_not_know_is_named(put):
    deep = "manipulated_sequences/DeepFakeDetection/c23/videos"
    odd = {
        f"{deep}/01_02__podium_speech_happy.mp4": "not named like a fake",
        f"{deep}/01__podium_speech_happy.mp4": "not named like a fake",
        f"{deep}/01_02__podium_7__YVGY8LOK.mp4": "not named like a fake",
        "original_sequences/actors/c23/videos/01__podium_2.mp4": "like an original",
        "original_sequences/youtube/c23/videos/0000.mp4": "not named like an original",
        "original_sequences/youtube/c23/videos/000.avi": "not named like an original",
        "original_sequences/youtube/c23/001.mp4": "not in {raw",
        "original_sequences/youtube/c15/videos/001.mp4": "not in {raw",
        "manipulated_sequences/stray.mp4": "not in {raw",
        "stray.mp4": "in no data set",
    }
    unknown = ffpp("SimSwap", "c23", "000_003", "001_002")
    root = put(
        *odd, *unknown, *ffpp("DeepFakeDetection", "c23", "01_02__a_b__AAAA1111")
    )
    table, left_out = read(root)
    assert facts(table, ["description", "source_id"]) == {
        "dfd-c23-01_02__a_b__AAAA1111": ("a b", "dfd-01__a_b")
    }
    odd["manipulated_sequences/SimSwap"] = "not a known folder"
    assert left_out.keys() == odd.keys()
    for name, reason in odd.items():
        assert reason in left_out[name]


def test_celebdf(put):
    root = put(
        *("Celeb-real/id0_0000.mp4", "Celeb-real/id16_0003.mp4"),
        *("Celeb-synthesis/id0_id16_0000.mp4", "Celeb-synthesis/id16_id0_0003.mp4"),
        *("Celeb-synthesis/id9_id0_0001.mp4", "YouTube-real/00170.mp4"),
        *("YouTube-real/clip.mp4", "Celeb-real/deep/id1_0000.mp4", "extra.mp4"),
    )
    (root / "List_of_testing_videos.txt").write_bytes(
        b"1 YouTube-real/00170.mp4\r\n0 Celeb-synthesis/id0_id16_0000.mp4\r\n"
        b"1 Celeb-real/id0_0000.mp4\r\n1 Celeb-real/id5_0009.mp4\r\n\r\n"
    )
    table, left_out = read(root)
    fake, cd = "Celeb-synthesis", "celebdf"
    assert facts(table, [*WHO, "split"]) == {
        f"{cd}-id0_0000": (
            *(0, cd, "real", f"{cd}-id0_0000", f"{cd}-id0", None, "test"),
        ),
        f"{cd}-id16_0003": (
            *(0, cd, "real", f"{cd}-id16_0003", f"{cd}-id16", None, None),
        ),
        f"{cd}-id0_id16_0000": (
            *(1, cd, fake, f"{cd}-id0_0000", f"{cd}-id0", f"{cd}-id16", "test"),
        ),
        f"{cd}-id16_id0_0003": (
            *(1, cd, fake, f"{cd}-id16_0003", f"{cd}-id16", f"{cd}-id0", None),
        ),
        f"{cd}-id9_id0_0001": (
            *(1, cd, fake, f"{cd}-id9_0001", f"{cd}-id9", f"{cd}-id0", None),
        ),
        f"{cd}-00170": (0, cd, "real", f"{cd}-00170", None, None, "test"),
    }
    assert table["description"].isna().all()
    assert left_out["Celeb-real/id5_0009.mp4"].startswith("in List_of_testing_videos")
    assert left_out.keys() == {
        *("Celeb-real/id5_0009.mp4", "YouTube-real/clip.mp4", "extra.mp4"),
        "Celeb-real/deep/id1_0000.mp4",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 YouTube-real/00170.mp4", "contradicts"),
        ("1 Celeb-synthesis/id0_id1_0000.mp4", "contradicts"),
        ("YouTube-real/00170.mp4", "expected 0 or 1"),
        ("1 elsewhere/00170.mp4", "expected 0 or 1"),
    ],
)
def test_a_wrong_test_list_is_refused(put, line, message):
    root = put("YouTube-real/00170.mp4")
    (root / "List_of_testing_videos.txt").write_text(f"\n{line}\n")
    with pytest.raises(ValueError, match=f"line 2.*{message}"):
        index.index(root, progress=False)


def test_data_sets_side_by_side(put):
    root = put(
        *(f"a/{name}" for name in ffpp("youtube", "c23", "000")),
        *("b/Celeb-DF-v2/YouTube-real/00000.mp4", "a/YouTube-real/00001.mp4"),
        *("mine/real/clip.mp4", "mine/fake/Other.mp4", "yours/fake/other.mp4"),
        *("zdfdc/part_0/aaaaaaaaaa.mp4", "zdfdc/part_1/bbbbbbbbbb.mp4"),
        *("zdfdc/part_1/other.mp4", "loose.mp4"),
    )
    for part, entries in {
        "part_0": {"aaaaaaaaaa.mp4": {"label": "REAL"}},
        "part_1": {
            "bbbbbbbbbb.mp4": {"label": "FAKE", "original": "other.mp4"},
            "other.mp4": {"label": "REAL"},
        },
    }.items():
        (root / "zdfdc" / part / "metadata.json").write_text(json.dumps(entries))
    (root / "b" / "loop").symlink_to(root)
    table, left_out = read(root)
    assert left_out == {"loose.mp4": "in no data set, so without a label"}
    assert table["path"].is_monotonic_increasing
    dfdc = table[table["dataset"] == "dfdc"]
    other = dfdc.index[dfdc["path"].str.endswith("other.mp4")].item()
    assert set(dfdc["source_id"]) == {"aaaaaaaaaa", other}
    # A set that uses a name again marks all of its own, and keeps its links.
    theirs = table.index[table["dataset"].isin(["yours", "dfdc"])]
    assert [name.rsplit("-", 1)[0] for name in theirs] == [
        *("other", "aaaaaaaaaa", "bbbbbbbbbb", "other"),
    ]
    assert {"ffpp-c23-000", "celebdf-00000", "celebdf-00001"} <= set(table.index)
    assert table.index.str.casefold().is_unique
    assert index.kind(root) == "real"


def test_synthetic_and_real_sets_are_not_one_kind(put):
    root = put("synthetic/part_0/aaaaaaaaaa.mp4", "mine/real/a.mp4")
    part = root / "synthetic" / "part_0"
    (part / "metadata.json").write_text('{"aaaaaaaaaa.mp4": {"label": "REAL"}}')
    (root / "synthetic" / "synth.json").write_text("{}")
    truth = {"video_id": ["aaaaaaaaaa"], "description": ["inside talking"]}
    pd.DataFrame(truth).to_parquet(root / "synthetic" / "truth.parquet")
    table, _ = read(root)
    assert facts(table, ["dataset", "description"]) == {
        "aaaaaaaaaa": ("synthetic", "inside talking"),
        "a": ("mine", None),
    }
    assert index.kind(root / "synthetic") == index.kind(part) == "synthetic"
    with pytest.raises(ValueError, match="mixes"):
        index.kind(root)
