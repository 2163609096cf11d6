"""A grid of settings: validation alone chooses, and a point is trained once."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import TINY

from dfstudy import paths
from dfstudy.models.s1_keras import VideoRecipe
from dfstudy.training import sweep

POINTS = [
    {"learning_rate": 1e-3, "batch_size": 4},
    {"learning_rate": 1e-6, "batch_size": 4},
    {"learning_rate": 1e-3, "batch_size": 16},
]


def planted(val, test):
    """Rows of three points with these AUROCs."""
    return [
        point | {"val": v, "test": t}
        for point, v, t in zip(POINTS, val, test, strict=True)
    ]


def test_the_grid_is_the_papers_rates_before_batches():
    whole = sweep.grid(VideoRecipe(), most=6)
    assert len(whole) == 6
    assert {point["learning_rate"] for point in whole} == {1e-3, 1e-6}
    assert {point["batch_size"] for point in whole} == {4, 16, 32}
    assert sweep.grid(VideoRecipe(), most=2) == POINTS[:2]
    assert sweep.grid(VideoRecipe(), most=99) == whole


def test_validation_chooses_where_test_would_choose_another():
    table = sweep.choose(planted(val=[0.8, 0.5, 0.7], test=[0.7, 0.5, 0.9]))
    assert table["chosen"].tolist() == [True, False, False]
    assert table["best_on_test"].tolist() == [False, False, True]
    claims = sweep.verdicts(table)
    assert claims.loc["chosen on validation", "test"] == 0.7
    assert claims.loc["chosen on test", "test"] == 0.9
    assert claims.loc["chosen on test", "batch_size"] == 16


def test_test_scores_have_no_say():
    rows = planted(val=[0.5, 0.8, 0.7], test=[0.9, 0.1, 0.9])
    other = planted(val=[0.5, 0.8, 0.7], test=[0.2, 0.9, np.nan])
    chosen = [sweep.choose(some)["chosen"].tolist() for some in (rows, other)]
    assert chosen[0] == chosen[1] == [False, True, False]


def test_a_point_without_a_value_is_not_chosen():
    table = sweep.choose(planted(val=[np.nan, 0.6, 0.6], test=[0.9, 0.8, 0.7]))
    assert table["chosen"].tolist() == [False, True, False]  # the first of equals


def test_without_both_classes_the_first_is_taken_and_it_says_so():
    with pytest.warns(UserWarning, match="no AUROC on val"):
        table = sweep.choose(planted(val=[np.nan] * 3, test=[0.5, 0.6, 0.7]))
    assert table["chosen"].tolist() == [True, False, False]


def test_no_points():
    with pytest.raises(ValueError, match="no points"):
        sweep.sweep("frame_torch", [], data=None, profile=TINY, seed=0)


def test_points_are_detectors_of_their_own_and_trained_once(tiny_data):
    settings = {"data": tiny_data, "profile": replace(TINY, pretrained="none")}
    tried = sweep.sweep("frame_torch", POINTS[1:], seed=0, **settings)
    folder = paths.runs(TINY.name) / "sweep"
    shorter = f"longer{TINY.sweep_epochs:g}_0"
    points = ("frame_torch-lr0.001-batch16", "frame_torch-lr1e-06-batch4")
    names = [f"{point}-{shorter}" for point in points]
    assert sorted(path.name for path in (folder / "models").iterdir()) == names
    assert len(list((folder / "results").glob("sweep_*.json"))) == 2
    assert not list((paths.runs(TINY.name)).glob("results/*lr*"))
    assert tried["chosen"].sum() == tried["best_on_test"].sum() == 1
    assert tried[["val", "test"]].notna().all(axis=None)

    weights = {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}
    assert sweep.sweep("frame_torch", POINTS[1:], seed=0, **settings).equals(tried)
    assert {path: path.stat().st_mtime_ns for path in weights} == weights
