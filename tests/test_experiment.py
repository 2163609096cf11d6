"""One detector under the protocol, from prepared videos to a result file."""

import json
from dataclasses import replace

import pytest
from conftest import TINY

from dfstudy.training import experiment, results
from dfstudy.training.protocol import ProtocolError
from dfstudy.training.rule import MAJORITY, Rule


def again(data, **changes):
    options = {"lesson": "03", "data": data, "profile": TINY, "seed": 0}
    options |= {"rules": [MAJORITY], "start": "none"} | changes
    return experiment.train("frame_torch", **options)


def test_result_is_complete(tiny_model, tiny_data, places):
    result = results.validate(tiny_model.result)
    assert result["model"] == "frame_torch-scratch"
    assert result["pretrained"] == "none"
    assert result["train_families"] == list(experiment.TRAIN_FAMILIES)
    assert result["data"]["kind"] == "synthetic"
    assert set(result["metrics"]["test"]) == {"all", *experiment.TRAIN_FAMILIES}
    assert result["cost"]["parameters"] > 10_000
    assert result["cost"]["infer_ms_per_video"] > 0


def test_only_validation_and_test_are_scored(tiny_model, tiny_data):
    videos = tiny_data.manifest[tiny_data.manifest["method"] != "mismatch"]
    split = videos.set_index("video_id")["split"]
    scored = split[tiny_model.predictions["video_id"].unique()]
    assert set(scored) == {"val", "test"}
    assert len(scored) == (split != "train").sum()


def test_same_call_trains_nothing_and_reads_no_test(tiny_model, tiny_data, monkeypatch):
    folder = tiny_model.detector.folder
    weights = next(folder.glob("*.safetensors"))
    before = weights.stat().st_mtime_ns, (folder / "test_reads.jsonl").read_text()
    monkeypatch.setattr(experiment, "score", None)  # nobody may ask the network
    repeated = again(tiny_data)
    after = weights.stat().st_mtime_ns, (folder / "test_reads.jsonl").read_text()
    assert before == after
    assert repeated.result == tiny_model.result
    assert repeated.rule == tiny_model.rule
    for name in ("predictions", "tried", "history"):
        assert getattr(repeated, name).equals(getattr(tiny_model, name)), name


def test_another_lesson_reads_and_counts_its_look(tiny_model, tiny_data):
    other = again(tiny_data, lesson="99")
    reads = other.result["protocol"]["test_reads"]
    assert reads == tiny_model.result["protocol"]["test_reads"] + 1
    assert other.predictions.equals(tiny_model.predictions)
    (
        other.detector.folder.parents[1] / "results" / "99_frame_torch-scratch_0.json"
    ).unlink()  # lost: made again
    assert again(tiny_data, lesson="99").result["protocol"]["test_reads"] == reads + 1


def test_another_rule_after_the_look_is_a_new_detector(tiny_model, tiny_data):
    changed = again(tiny_data, rules=[Rule("mean", 0.4)])
    log = (changed.detector.folder / "test_reads.jsonl").read_text()
    assert "retrained" in log  # and the earlier looks still count
    assert changed.result["protocol"]["test_reads"] > 1
    back = again(tiny_data)  # nor is the old file the result of these choices any more
    assert back.result["protocol"]["test_reads"] > 2


def test_choices_changed_by_hand_are_refused(tiny_data):
    trained = again(tiny_data, seed=1)
    card = trained.detector.folder / "model.json"
    info = json.loads(card.read_text())
    card.write_text(json.dumps(info | {"backbone": "another"}))
    with pytest.raises(ProtocolError, match="changed"):
        again(tiny_data, seed=1)


def test_one_class_cannot_be_trained_on(tiny_data):
    videos = tiny_data.manifest
    reals = videos[(videos["label"] == 0) | (videos["split"] != "train")]
    with pytest.raises(ValueError, match="one class"):
        again(replace(tiny_data, manifest=reals), seed=2)


def test_families_of_a_set_without_ours(tiny_data):
    videos = tiny_data.manifest.assign(method="unknown")
    assert experiment.trained_families(videos) == ["unknown"]
    ours = experiment.trained_families(tiny_data.manifest)
    assert ours == list(experiment.TRAIN_FAMILIES)
