"""Elsewhere and unseen: what was trained on what, and that each look is counted."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import TINY
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from dfstudy.models import detector as detectors
from dfstudy.study import transfer
from dfstudy.training.protocol import Protocol, ProtocolError
from dfstudy.training.rule import MAJORITY


@pytest.fixture
def elsewhere(tiny_data):
    """The same videos under another name, half of them."""
    some = tiny_data.manifest[tiny_data.manifest["split"] == "test"]
    some = some[some["method"].isin(["real", "blend"])]
    return replace(tiny_data, name="elsewhere", manifest=some)


def test_every_look_is_counted_and_the_rule_is_the_sources(
    tiny_model, tiny_data, elsewhere
):
    detector = tiny_model.detector
    before = Protocol(detector.folder).test_reads
    rows = transfer.across(
        detector,
        {"here": tiny_data, "there": elsewhere},
        trained_on="tiny",
        n_bootstrap=20,
    )
    assert Protocol(detector.folder).test_reads == before + 2
    here = rows[rows["tested_on"] == "here"]
    assert set(here["kind"]) == set(tiny_data.manifest["method"]) - {"real"}
    assert rows[rows["tested_on"] == "there"]["kind"].tolist() == ["blend"]
    assert (rows["trained_on"] == "tiny").all()
    test = tiny_model.videos(tiny_data.manifest, "test")
    some = test[test["method"].isin(["real", "blend"])]
    for _, row in rows[rows["kind"] == "blend"].iterrows():
        assert row["value"] == pytest.approx(
            roc_auc_score(some["label"], some["score"])
        )
        assert row["balanced_accuracy"] == pytest.approx(
            balanced_accuracy_score(some["label"], some["called"])
        )
        assert (row["reals"], row["fakes"]) == (
            (some["label"] == 0).sum(),
            (some["label"] == 1).sum(),
        )


def test_a_changed_detector_is_refused(tiny_model, elsewhere, tmp_path):
    folder = tiny_model.detector.save(tmp_path / "changed")
    detector = detectors.load(folder)
    with pytest.raises(ProtocolError, match="fix rule"):
        transfer.read(detector, elsewhere)
    protocol = Protocol(folder)
    protocol.fix(tiny_model.rule, 1.0, "a checkpoint")
    transfer.read(detector, elsewhere)
    card = folder / "model.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"backbone": "other"}))
    with pytest.raises(ProtocolError, match="changed"):
        transfer.read(detector, elsewhere)


def test_a_set_without_test_videos_is_named(tiny_model, elsewhere):
    none = replace(elsewhere, manifest=elsewhere.manifest.assign(split="val"))
    with pytest.raises(ValueError, match="elsewhere has no test videos"):
        transfer.read(tiny_model.detector, none)
    assert len(transfer.read(tiny_model.detector, none, split="val"))


@pytest.fixture
def left_out(tiny_data):
    return transfer.leave_one_out(
        "frame_torch",
        lesson="13",
        data=tiny_data,
        profile=TINY,
        seed=0,
        rules=[MAJORITY],
        start="none",
        leave=("blend", "disorder", "no such"),
    )


def test_one_family_is_left_out_of_training_and_of_every_choice(
    left_out, tiny_model, tiny_data
):
    assert list(left_out) == ["blend", "disorder"]
    for name, run in left_out.items():
        assert name not in run.result["train_families"]
        assert len(run.result["train_families"]) == 3
        scored = run.predictions["video_id"]
        method = tiny_data.manifest.set_index("video_id")["method"]
        assert name not in set(method[scored])
        assert run.detector.folder.parents[1].name == "left_out"
    rows = transfer.unseen(tiny_model.detector, left_out, tiny_data, n_bootstrap=20)
    assert rows["trained_on"].tolist() == [
        "all",
        "all but blend",
        "all",
        "all but disorder",
    ]
    assert rows["kind"].tolist() == ["blend", "blend", "disorder", "disorder"]
    assert rows["value"].between(0, 1).all()


def test_what_cannot_be_left_out_is_said(tiny_model, tiny_data):
    options = {"lesson": "13", "data": tiny_data, "profile": TINY, "seed": 0}
    some = tiny_data.manifest[tiny_data.manifest["method"].isin(["real", "blend"])]
    options["data"] = replace(tiny_data, manifest=some)
    none = transfer.leave_one_out("frame_torch", rules=[MAJORITY], **options)
    assert none == {}
    (row,) = transfer.unseen(tiny_model.detector, none, tiny_data).to_dict("records")
    assert np.isnan(row["value"]) and "one kind of forgery only" in row["reason"]


def test_a_missing_forgery_has_a_reason():
    videos = pd.DataFrame(
        {
            "label": 0,
            "method": "real",
            "group": [f"g{i}" for i in range(8)],
            "score": np.linspace(0, 1, 8),
            "called": 0,
        }
    )
    rows = transfer.rows_of(
        videos, trained_on="a", tested_on="b", families=["blend"], n_bootstrap=10
    )
    assert rows["fakes"].tolist() == [0]
    assert np.isnan(rows["value"][0]) and len(rows["reason"][0])
