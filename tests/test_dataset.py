"""The data set of a study: split, proof, identity."""

import json

import pytest
from conftest import TINY
from manifests import row, shared, swaps

from dfstudy.data import dataset, manifest


def test_splits_share_no_person(tiny_data):
    people = {
        split: set(rows["target_identity"]) | set(rows["donor_identity"].dropna())
        for split, rows in tiny_data.manifest.groupby("split")
    }
    assert set(people) == {"train", "val", "test"}
    for one in people:
        for other in people:
            assert one == other or not people[one] & people[other]


def test_identity_tells_split_from_videos(tiny_data):
    block = tiny_data.identity()
    assert block["kind"] == "synthetic"
    assert sum(n for part in block["counts"].values() for n in part.values()) == 44
    moved = tiny_data.manifest.assign(split="train")
    other = dataset.Dataset(
        tiny_data.name, tiny_data.kind, tiny_data.root, moved, tiny_data.proof
    ).identity()
    assert other["manifest_sha256"] == block["manifest_sha256"]
    assert other["split_sha256"] != block["split_sha256"]


def test_proof_is_written(tiny_data, places):
    proof = json.loads((places / "runs" / "smoke" / "split_proof.json").read_text())
    assert proof == json.loads(json.dumps(tiny_data.proof))


def test_a_real_set_whose_people_merged_loses_its_cut_fakes(
    tmp_path, places, monkeypatch
):
    table = manifest.from_rows(swaps("dfd", 8, 24, 100))
    monkeypatch.setattr(dataset.index, "index", lambda root: table)
    data = dataset.load(str(tmp_path), profile=TINY)
    assert data.kind == "real" and data.proof["kind"] == "people"
    assert not shared(data.manifest) and data.manifest["split"].notna().all()
    dropped = data.proof["dropped"]["videos"]["fake"]
    assert len(data.manifest) == 124 - dropped < 124
    assert data.counts() == data.proof["videos"]


def test_a_few_unknown_videos_load_too(tmp_path, places, monkeypatch):
    table = manifest.from_rows([row("a"), row("b", "swap"), row("c", group="x")])
    monkeypatch.setattr(dataset.index, "index", lambda root: table)
    data = dataset.load(str(tmp_path), profile=TINY)
    assert len(data.manifest) == 3 and data.proof["proof"] == "file"
    assert any("too few groups" in text for text in data.proof["warnings"])


def test_second_load_renders_nothing(tiny_data):
    files = {path: path.stat().st_mtime_ns for path in tiny_data.root.rglob("*.mp4")}
    dataset.load("", profile=TINY)
    assert files == {p: p.stat().st_mtime_ns for p in tiny_data.root.rglob("*.mp4")}


def test_a_folder_without_videos_is_refused(tmp_path, places):
    with pytest.raises(ValueError, match=r"."):
        dataset.load(str(tmp_path), profile=TINY)
