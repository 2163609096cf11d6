"""The manifest: types survive both formats, and wrong tables are named as such."""

import pandas as pd
import pytest

from dfstudy.data import manifest


def rows():
    return [
        {
            "video_id": "aa",
            "path": "/x/aa.mp4",
            "label": 0,
            "dataset": "d",
            "method": "real",
            "target_identity": "007",
            "description": 'outside, "NA" and ünï',
            "fps": 23.976,
            "n_frames": 48,
            "bit_rate": None,
            "audio_altered": None,
        },
        {
            "video_id": "b-2_C",
            "path": "/x/b.mp4",
            "label": 1,
            "dataset": "d",
            "method": "blend",
            "target_identity": "007",
            "donor_identity": "None",
            "fps": None,
            "bit_rate": 123456,
            "audio_altered": True,
            "split": "val",
        },
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".CSV"])
def test_what_is_written_is_what_is_read(tmp_path, suffix):
    frame = manifest.from_rows(rows())
    path = manifest.write(frame, tmp_path / "deep" / f"m{suffix}")
    again = manifest.read(path)
    pd.testing.assert_frame_equal(again, frame)
    assert again.loc[0, "target_identity"] == "007"
    assert again.loc[1, "donor_identity"] == "None"  # a name, not a missing value
    assert pd.isna(again.loc[0, "donor_identity"])
    assert pd.isna(again.loc[0, "audio_altered"]) and again.loc[1, "audio_altered"]
    assert [p.name for p in path.parent.iterdir()] == [path.name]  # no left-over part


def test_columns_are_the_design_s():
    assert list(manifest.from_rows(rows())) == list(manifest.COLUMNS)
    assert manifest.from_rows([]).empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"video_id": "aa"}, "unique"),
        ({"video_id": "a.b"}, "dot"),
        ({"video_id": "../a"}, "dot"),
        ({"video_id": None}, "dot"),
        ({"path": None}, "no path"),
        ({"label": 2}, "label"),
        ({"label": None}, "label"),
        ({"label": "fake"}, "label"),
        ({"split": "valid"}, "split"),
        ({"n_frames": 0}, "n_frames"),
        ({"audio_altered": "perhaps"}, "audio_altered"),
    ],
)
def test_every_wrong_row_is_refused(change, message):
    bad = rows()
    bad[1] |= change
    with pytest.raises(manifest.ManifestError, match=message):
        manifest.from_rows(bad)


def test_wrong_columns_are_named():
    frame = manifest.from_rows(rows())
    with pytest.raises(manifest.ManifestError, match="yaw"):
        manifest.validate(frame.assign(yaw=1.0))
    with pytest.raises(manifest.ManifestError, match="codec"):
        manifest.validate(frame.drop(columns="codec"))


def test_hashes_say_what_changed():
    frame = manifest.from_rows(rows())
    moved = frame.iloc[::-1].assign(path=lambda f: "/elsewhere/" + f["video_id"])
    assert manifest.sha256(moved) == manifest.sha256(frame)
    for change in ({"label": [1, 0]}, {"fps": [24.0, 25.0]}, {"split": ["val", "val"]}):
        assert manifest.sha256(frame.assign(**change)) != manifest.sha256(frame)
    split = frame[["video_id", "group", "split"]]
    assert manifest.sha256(split) == manifest.sha256(split.iloc[::-1])
    assert manifest.sha256(split) != manifest.sha256(split.assign(split="test"))


def test_the_hash_is_the_same_after_either_format(tmp_path):
    frame = manifest.from_rows(rows())
    for name in ("m.csv", "m.parquet"):
        path = manifest.write(frame, tmp_path / name)
        assert manifest.sha256(manifest.read(path)) == manifest.sha256(frame)
