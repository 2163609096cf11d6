"""The report on what was dropped, against counts done by hand."""

import json

import numpy as np
import pytest

from dfstudy.data import drops, manifest, shards
from dfstudy.data.shards import Prepared
from dfstudy.data.store import Store
from dfstudy.data.view import NO_FACE, View

VIEW = View(frames=4, height=16, width=16, crop="face")

# method, why dropped, repeated, searched, faceless
ROWS = [
    ("real", None, 0, 4, 0),
    ("real", None, 2, 4, 1),
    ("real", NO_FACE, 0, 4, 4),
    ("blend", None, 0, 4, 2),
    ("blend", "broken.mp4: the file is empty.", None, None, None),
    ("swap", NO_FACE, 0, 4, 4),
    (None, None, 0, 4, 0),
]


@pytest.fixture
def prepared(tmp_path):
    """A finished folder without shards: the report reads the index alone."""
    rows = [
        {
            "video_id": f"v{i}",
            "dropped": why,
            "repeated": repeated,
            "searched": searched,
            "faceless": faceless,
        }
        for i, (_, why, repeated, searched, faceless) in enumerate(ROWS)
    ]
    shards.write_table(rows, Store(tmp_path), "index.parquet")
    about = {"view": VIEW.to_dict()}
    (tmp_path / "prepared.json").write_text(json.dumps(about))
    return Prepared.load(tmp_path)


@pytest.fixture
def videos():
    return manifest.from_rows(
        {
            "video_id": f"v{i}",
            "path": f"v{i}.mp4",
            "label": int(method != "real"),
            "method": method,
        }
        for i, (method, *_) in enumerate(ROWS)
    )


def test_counts_by_class_and_by_method(prepared, videos):
    table = drops.report(prepared, videos)
    assert table.index.tolist() == [
        ("real", "all"),
        ("real", "real"),
        ("fake", "all"),
        ("fake", "blend"),
        ("fake", "swap"),
        ("fake", "unknown"),
    ]
    real, fake = table.loc[("real", "all")], table.loc[("fake", "all")]
    assert real[["videos", "dropped", "no_face", "repeating"]].tolist() == [3, 1, 1, 1]
    assert fake[["videos", "dropped", "no_face", "repeating"]].tolist() == [4, 2, 1, 0]
    assert real["dropped_share"] == pytest.approx(1 / 3)
    assert fake["dropped_share"] == pytest.approx(2 / 4)
    assert real["faceless_share"] == pytest.approx(5 / 12)
    # The broken file was never searched, so its frames do not count.
    assert fake["faceless_share"] == pytest.approx(6 / 12)
    assert table.loc[("fake", "blend"), "faceless_share"] == pytest.approx(2 / 4)
    assert table.loc[("fake", "swap"), "dropped_share"] == 1


def test_only_the_rows_of_the_manifest_count(prepared, videos):
    table = drops.report(prepared, videos.iloc[[0, 3]])
    assert table["videos"].tolist() == [1, 1, 1, 1]
    assert not table["dropped"].any()
    with pytest.raises(KeyError, match="v0x"):
        drops.report(prepared, videos.assign(video_id=videos["video_id"] + "x"))


def test_a_view_without_faces_has_no_faceless_share(prepared, videos):
    none = prepared.index.assign(searched=0, faceless=0)
    table = drops.report(Prepared(prepared.folder, VIEW, none), videos)
    assert np.isnan(table["faceless_share"].to_numpy()).all()
