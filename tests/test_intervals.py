"""Intervals over groups: coverage by simulation, and honest where there is none."""

import numpy as np
import pytest

from dfstudy.metrics import METRICS, bca, group_bootstrap, scores
from dfstudy.metrics.coverage import Clustered, coverage
from dfstudy.metrics.intervals import all_but_one, auroc_interval, drawn_runs


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


@pytest.mark.parametrize("how", ["hard", "person"])
def test_intervals_by_video_do_not_cover_as_they_say(how):
    """A quick `benchmarks/coverage.py`: fails if groups were not drawn."""
    made = Clustered(apart=(1.5,), **{how: 2.5 if how == "person" else 1.0})
    truth = made.truth()[0]

    def by(unit):
        def interval(labels, table, groups, seed):
            units = groups if unit == "group" else np.arange(labels.size)
            entry = auroc_interval(labels, table[0, 0], units, n=200, seed=seed)
            return entry["low"], entry["high"]

        return coverage(made, interval, truth, repeats=150)

    assert 0.89 <= by("group") <= 0.985  # 0.95, give or take two standard errors
    # Where a person is hard the videos repeat each other; where a person as such
    # scores high, reals and fakes balance.
    assert by("video") < 0.86 if how == "hard" else by("video") > 0.985


def test_the_truth_of_simulated_videos_is_that_of_very_many():
    made = Clustered(groups=40_000, apart=(0.8, 2.0), hard=0.6, person=0.9, luck=0.4)
    labels, table, _ = made.draw(np.random.default_rng(0))
    found = [scores.auroc(labels, runs[0]) for runs in table]
    assert found == pytest.approx(made.truth(), abs=0.004)
    with_skill = Clustered(groups=300, apart=(1.0,), runs=200, skill=0.5)
    labels, table, _ = with_skill.draw(np.random.default_rng(0))
    mean = np.mean([scores.auroc(labels, run) for run in table[0]])
    assert mean == pytest.approx(with_skill.truth()[0], abs=0.02)


def test_runs_are_drawn_one_fewer():
    """Of two runs, one: their mean then scatters as much as means of two do."""
    rng = np.random.default_rng(0)
    drawn = drawn_runs(np.repeat([[0.0], [1.0]], 4000, axis=1), rng)
    assert set(drawn) == {0.0, 1.0} and drawn.mean() == pytest.approx(0.5, abs=0.03)
    values = np.repeat([[0.6], [0.7], [0.8], [0.95]], 20_000, axis=1)
    spread = drawn_runs(values, rng).var()
    assert spread == pytest.approx(values[:, 0].var(ddof=1) / 4, rel=0.05)


def test_groups_are_left_out_one_by_one_or_in_blocks():
    np.testing.assert_array_equal(all_but_one(3), 1 - np.eye(3))
    many = all_but_one(1000, most=200)
    assert many.shape == (200, 1000)
    assert ((many == 0).sum(axis=0) == 1).all() and ((many == 0).sum(axis=1) == 5).all()


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


@pytest.mark.parametrize(
    ("name", "ends"), [("auroc", bca.area_ends), ("eer", bca.ends)]
)
def test_equals_a_plain_loop_over_resampled_videos(name, ends):
    rng = np.random.default_rng(2)
    y, s, groups = clips(10, rng)
    got = group_bootstrap(y, s, groups, threshold=0.5, n=400, seed=3)
    draws = np.random.default_rng(3).multinomial(10, [1 / 10] * 10, size=400)

    def of(times_each):
        rows = [
            i
            for g, times in enumerate(times_each)
            for i in [*np.where(groups == g)[0]] * times
        ]
        return getattr(scores, name)(y[rows], s[rows])

    without = [of(1 - np.eye(10, dtype=int)[g]) for g in range(10)]
    low, high = ends([of(draw) for draw in draws], of([1] * 10), without)
    assert got[name]["low"] == pytest.approx(low)
    assert got[name]["high"] == pytest.approx(high)
    alone = auroc_interval(y, s, groups, n=400, seed=3)
    assert alone == got["auroc"]


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
