"""Descriptions on their way: loader, training, prediction."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import TINY

from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.misquote import misquoted
from dfstudy.detect.predict import predict
from dfstudy.detect.verdict import CANNOT_TELL
from dfstudy.models import fusion, text
from dfstudy.training import experiment
from dfstudy.training.features import features
from dfstudy.training.fitted import Variant
from dfstudy.training.rule import MEAN

OPTIONS = {"lesson": "10", "profile": TINY, "seed": 0, "rules": [MEAN], "start": "none"}


@pytest.fixture(autouse=True)
def hashed(monkeypatch):
    monkeypatch.setattr(text, "_model_folder", lambda: None)


@pytest.fixture
def prepared(tiny_data):
    return tiny_data.prepared(fusion.view(TINY.frames))


def test_a_text_is_beside_its_video(tiny_data, prepared):
    rows = tiny_data.manifest
    said = text.encode(rows["description"])
    videos = PreparedSet(prepared, rows, by="video", text=said)
    clip, numbers = videos[3][0]
    assert clip.shape == (TINY.frames, 112, 112, 3)
    np.testing.assert_array_equal(numbers, said[3])
    (clips, texts), y = next(iter(loader(videos, batch_size=4, shuffle=False)))
    assert clips.shape[0] == len(texts) == len(y) == 4
    with pytest.raises(ValueError, match="texts"):
        PreparedSet(prepared, rows, by="video", text=said[1:])
    with pytest.raises(ValueError, match="by frame"):
        PreparedSet(prepared, rows, by="frame", text=said)


def test_a_view_with_text_has_the_frames_of_one_without(tiny_data, prepared):
    plain = replace(fusion.view(TINY.frames), text=False)
    assert tiny_data.prepared(plain).folder == prepared.folder


def test_a_video_described_twice_is_seen_once(tiny_data, prepared):
    rows = tiny_data.manifest.head(4)
    wrong = misquoted(rows, times=2, seed=0)
    seen = []

    class Mean(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one = torch.nn.Parameter(torch.ones(1))

        def forward(self, frames):
            seen.append(len(frames))
            return frames.float().mean((1, 2)) * self.one

    once = features(Mean(), prepared, rows)
    ids = [*wrong["video_id"], *rows["video_id"]]
    both = features(Mean(), prepared, pd.concat([wrong, rows], ignore_index=True))
    assert sum(seen) == len(rows) * TINY.frames
    at = {video: i for i, video in enumerate(rows["video_id"])}
    np.testing.assert_array_equal(both, once[[at[video] for video in ids]])


@pytest.fixture(scope="module")
def _trained():
    return {}


@pytest.fixture
def trained(tiny_data, _trained):
    if "fusion" not in _trained:
        _trained["fusion"] = experiment.train("fusion", data=tiny_data, **OPTIONS)
    return _trained["fusion"]


def test_fusion_trains_on_what_only_the_text_can_show(trained, tiny_data):
    result = trained.result
    assert "mismatch" in result["train_families"]
    assert result["metrics"]["test"]["mismatch"]["auroc"]["value"] is not None
    assert result["backbone"] == f"slim + {text.HASHED}"
    assert result["cost"]["macs"] > 0
    assert trained.detector.info["text"] == text.HASHED
    plain = experiment.trained_families(tiny_data.manifest)
    assert "mismatch" not in plain


def test_another_set_of_families_is_another_detector(trained, tiny_data):
    variant = Variant(families=("mismatch",), misquoted=0)
    other = experiment.train("fusion", data=tiny_data, variant=variant, **OPTIONS)
    assert other.result["train_families"] == ["mismatch"]
    assert other.result["model"] == "fusion-misquoted0-on-mismatch-scratch"
    assert other.detector.folder != trained.detector.folder


def test_another_encoder_is_another_fit(trained, tiny_data, monkeypatch):
    monkeypatch.setattr(text, "encoder", lambda: "another")
    numbers = np.eye(1, text.SIZE, dtype=np.float32)
    monkeypatch.setattr(text, "_computed", lambda texts: numbers.repeat(len(texts), 0))
    again = experiment.train("fusion", data=tiny_data, **OPTIONS)
    assert again.result["backbone"] == "slim + another"


def test_a_verdict_needs_the_description(trained, tiny_data, tiny_model):
    path = tiny_data.manifest["path"].iloc[0]

    class Faces:
        min_confidence = 0.9

        def detect(self, frames):
            return [[] for _ in frames]

    options = {"faces": Faces()}
    with pytest.raises(ValueError, match="--text"):
        predict(path, [trained.detector], **options)
    with pytest.raises(ValueError, match="reads no description"):
        predict(path, [tiny_model.detector], text="outside", **options)
    assert (
        predict(path, [trained.detector], text="outside", **options).verdict
        == CANNOT_TELL
    )
