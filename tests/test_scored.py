"""From the files of a run back to its videos."""

import json
import shutil

import pandas as pd
import pytest

from dfstudy.training import scored
from dfstudy.training.schema import ResultError


def runs_of(model):
    return model.detector.folder.parents[1]


def test_videos_are_those_of_the_training(tiny_model, tiny_data):
    for split in ("val", "test"):
        table = scored.videos(runs_of(tiny_model), tiny_model.result, split=split)
        asked = tiny_model.videos(tiny_data.manifest, split).sort_values("video_id")
        for name in ("video_id", "label", "method", "group", "score", "called"):
            assert table[name].tolist() == asked[name].tolist(), name


def test_subgroups_and_kinds_come_from_the_truth(tiny_model, tiny_data):
    table = scored.videos(runs_of(tiny_model), tiny_model.result, split=None)
    truth = pd.read_parquet(tiny_data.root / "truth.parquet").set_index("video_id")
    for name in scored.SUBGROUPS:
        assert table[name].tolist() == truth.loc[table["video_id"], name].tolist()
    assert set(table.loc[table["label"] == 0, "kind"]) == {"real"}
    assert table["probability"].between(0, 1).all()


def test_files_are_enough(tiny_model, tmp_path):
    """A run that was copied to another machine, without its data."""
    result = tiny_model.result
    shutil.copytree(runs_of(tiny_model), tmp_path / "runs", dirs_exist_ok=True)
    copied = json.loads(json.dumps(result))
    here = scored.videos(tmp_path / "runs", copied)
    assert here.equals(scored.videos(runs_of(tiny_model), result))
    for folder in ("videos", "predictions"):
        shutil.rmtree(tmp_path / "runs" / folder)
        with pytest.raises(ResultError, match="run lesson 03 again"):
            scored.videos(tmp_path / "runs", copied)
