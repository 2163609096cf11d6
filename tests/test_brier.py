"""Brier, its parts, and the interval of a mean, each against another way to get it."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from dfstudy.metrics import calibration as cal
from dfstudy.metrics.intervals import group_bootstrap, group_mean


def some(n=300, seed=0):
    rng = np.random.default_rng(seed)
    p = rng.random(n)
    return (rng.random(n) < p**2).astype(int), p


def test_brier_equals_scikit_learn():
    y, p = some()
    assert cal.brier(y, p) == pytest.approx(brier_score_loss(y, p))
    assert cal.brier([0, 1, 1], [0.5, 0.5, 0.5]) == 0.25


def test_the_parts_add_up_and_mean_what_they_say():
    y, p = some(3000)
    parts = cal.brier_parts(y, p)
    total = parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
    assert total == pytest.approx(cal.brier(y, p))
    assert parts["uncertainty"] == pytest.approx(y.mean() * (1 - y.mean()))
    # p**2 is what made the labels: it leaves little to correct, and ranks the same.
    right = cal.brier_parts(y, p**2)
    assert right["miscalibration"] < 0.01 < parts["miscalibration"]
    assert right["discrimination"] == pytest.approx(parts["discrimination"])
    blind = cal.brier_parts(y, np.full(y.size, 0.3))
    assert blind["discrimination"] == pytest.approx(0)


def test_a_mean_has_the_interval_of_the_metric_that_it_is():
    rng = np.random.default_rng(1)
    y, s = rng.integers(0, 2, 200), rng.random(200)
    groups = rng.integers(0, 25, 200)
    want = group_bootstrap(y, s, groups, threshold=0.4, seed=3)["accuracy"]
    assert group_mean((s >= 0.4) == y, groups, seed=3) == pytest.approx(want)


def test_groups_are_drawn_whole():
    values, groups = np.repeat([0.0, 1.0] * 10, 10), np.repeat(np.arange(20), 10)
    wide = group_mean(values, groups)
    narrow = group_mean(values, np.arange(200))
    assert wide["value"] == narrow["value"] == 0.5
    ends = [entry["high"] - entry["low"] for entry in (wide, narrow)]
    assert ends[0] > 2.5 * ends[1]


def test_what_has_no_interval_says_why():
    assert group_mean([], [])["reason"] == "there are no such videos"
    few = group_mean([1.0, 0.0], ["a", "b"])
    assert few["value"] == 0.5 and few["low"] is None and "2 groups" in few["reason"]
    assert "rule of three" in group_mean(np.ones(9), np.arange(9))["note"]
    with pytest.raises(ValueError, match="finite"):
        group_mean([1.0, np.nan], ["a", "b"])
    with pytest.raises(ValueError, match="no group"):
        group_mean([1.0, 0.0], ["a", None])


@pytest.mark.parametrize(
    ("labels", "p", "message"), [([], [], "no videos"), ([0], [1.5], "not logits")]
)
def test_bad_input_is_refused(labels, p, message):
    with pytest.raises(ValueError, match=message):
        cal.brier(labels, p)
