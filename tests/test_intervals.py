"""Intervals over groups: coverage by simulation, and honest where there is none."""

import numpy as np
import pytest

from dfstudy.metrics import METRICS, group_bootstrap, scores


def clips(n_groups, rng, *, shared=0.7):
    """Two reals and a fake a group; `shared` is common to a group's clips."""
    groups = np.repeat(np.arange(n_groups), 3)
    y = np.tile([0, 0, 1], n_groups)
    z = rng.normal(size=n_groups)[groups] * shared + rng.normal(size=y.size) + 1.2 * y
    return y, 1 / (1 + np.exp(-z)), groups


def test_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    y, s, _ = clips(100_000, rng)
    truth = scores.compute(y, s, threshold=0.6)
    n = 200
    names = ("auroc", "balanced_accuracy", "eer")
    hits = dict.fromkeys(names, 0)
    for i in range(n):
        got = group_bootstrap(*clips(48, rng), threshold=0.6, n=200, seed=i)
        for name in names:
            e = got[name]
            hits[name] += e["low"] <= truth[name]["value"] <= e["high"]
    # 0.93 to 0.96 in long runs; 200 runs are good to about +-0.03
    assert all(0.88 <= hit / n <= 0.99 for hit in hits.values()), hits


def test_groups_not_videos_are_drawn():
    rng = np.random.default_rng(1)
    y, s, groups = clips(60, rng, shared=0)
    copies = 4  # the same evidence four times: a group, so no surer than once
    y, s, groups = (np.tile(a, copies) for a in (y, s, groups))
    width = {
        name: (e := group_bootstrap(y, s, g, threshold=0.5, seed=0)["auroc"])["high"]
        - e["low"]
        for name, g in (("group", groups), ("video", np.arange(y.size)))
    }
    assert width["group"] == pytest.approx(2 * width["video"], rel=0.2)


def test_equals_a_plain_loop_over_resampled_videos():
    rng = np.random.default_rng(2)
    y, s, groups = clips(10, rng)
    got = group_bootstrap(y, s, groups, threshold=0.5, n=400, seed=3)
    draws = np.random.default_rng(3).multinomial(10, [1 / 10] * 10, size=400)
    loop = []
    for draw in draws:
        rows = [
            i
            for g, times in enumerate(draw)
            for i in [*np.where(groups == g)[0]] * times
        ]
        loop.append(scores.auroc(y[rows], s[rows]))
    assert [got["auroc"]["low"], got["auroc"]["high"]] == pytest.approx(
        np.quantile(loop, [0.025, 0.975])
    )


def test_deterministic_complete_and_ordered():
    y, s, groups = clips(20, np.random.default_rng(4))
    got = group_bootstrap(y, s, groups, threshold=0.5, seed=5)
    assert got == group_bootstrap(y, s, groups.astype(str), threshold=0.5, seed=5)
    assert tuple(got) == METRICS
    assert all(0 <= e["low"] <= e["high"] for e in got.values())


def test_too_few_groups_have_a_value_but_no_interval():
    y, s, groups = [0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9], ["a", "a", "b", "b"]
    got = group_bootstrap(y, s, groups, threshold=0.5)["auroc"]
    assert got["value"] == 0.75 and got["low"] is None and got["high"] is None
    assert "1 group" in got["reason"]


def test_resamples_without_a_class_are_left_out_and_counted():
    rng = np.random.default_rng(6)
    y = np.r_[np.zeros(40, int), np.ones(5, int)]
    got = group_bootstrap(y, rng.random(45), np.arange(45), threshold=0.5, n=2000)
    share = got["accuracy"]["left_out"] / 2000
    assert share == pytest.approx((1 - 5 / 45) ** 45, abs=0.005)


def test_one_class_keeps_its_accuracy():
    rng = np.random.default_rng(7)
    got = group_bootstrap(
        np.zeros(30, int), rng.random(30), np.arange(30), threshold=0.5
    )
    assert got["auroc"] == {"value": None, "reason": "no fakes"}
    assert got["accuracy"]["low"] < got["accuracy"]["value"] < got["accuracy"]["high"]


def test_a_perfect_score_says_that_its_interval_is_too_narrow():
    y = np.tile([0, 1], 10)
    got = group_bootstrap(y, y * 0.5 + 0.2, np.arange(20) // 2, threshold=0.5)
    assert got["auroc"]["low"] == 1 and "10 groups" in got["auroc"]["note"]


def test_nothing_scored_is_null():
    got = group_bootstrap([], [], [], threshold=0.5)
    assert all(e["value"] is None and e["reason"] for e in got.values())


@pytest.mark.parametrize("groups", [["a"], ["a", None], ["a", float("nan")]])
def test_a_video_without_group_is_refused(groups):
    with pytest.raises(ValueError, match="group"):
        group_bootstrap([0, 1], [0.1, 0.9], groups, threshold=0.5)
