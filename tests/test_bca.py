"""Intervals from resamples: SciPy's BCa, and coverage of a skewed metric."""

import numpy as np
import pytest
from scipy import stats

from dfstudy.metrics import bca, intervals, scores
from dfstudy.metrics.coverage import Clustered, coverage
from dfstudy.metrics.paired import delong


def resampled(data, n, rng):
    """(n,) means of resamples, the mean, and the mean without each."""
    drawn = data[rng.integers(0, data.size, (n, data.size))].mean(axis=1)
    return drawn, data.mean(), (data.sum() - data) / (data.size - 1)


def test_it_is_scipys_where_there_are_many():
    """With 2,000 groups the widening is gone, and what is left is BCa."""
    data = np.random.default_rng(0).exponential(size=2000)
    theirs = stats.bootstrap(
        (data,), np.mean, method="BCa", n_resamples=2000, rng=np.random.default_rng(1)
    )
    ours = bca.ends(
        theirs.bootstrap_distribution,
        data.mean(),
        (data.sum() - data) / (data.size - 1),
    )
    assert ours == pytest.approx(tuple(theirs.confidence_interval), abs=1e-3)


def test_few_groups_of_normals_are_the_t_interval():
    rng = np.random.default_rng(0)
    data = rng.normal(size=12)
    low, high = bca.ends(*resampled(data, 100_000, rng))
    exact = stats.t.interval(0.95, 11, data.mean(), stats.sem(data))
    assert high - low == pytest.approx(exact[1] - exact[0], rel=0.05)


def test_a_skewed_mean_is_covered_better_than_by_percentiles():
    rng, hits = np.random.default_rng(0), {"ours": 0, "percentile": 0}
    for _ in range(400):
        drawn, value, without = resampled(rng.lognormal(0, 1, 20), 400, rng)
        ends = {"ours": bca.ends(drawn, value, without)}
        ends["percentile"] = np.quantile(drawn, [0.025, 0.975])
        for name, (low, high) in ends.items():
            hits[name] += low <= np.exp(0.5) <= high
    assert hits["ours"] > hits["percentile"] + 8


def test_p_and_the_end_of_the_interval_are_one():
    """At the level 1 - p an end of the interval is 0."""
    rng = np.random.default_rng(1)
    given = resampled(rng.exponential(size=40) - 0.9, 20_000, rng)
    p = bca.two_sided(*given)
    assert 0.01 < p < 0.5
    ends = bca.ends(*given, level=1 - p)
    assert min(np.abs(ends)) == pytest.approx(0, abs=5e-3)


def test_no_difference_is_p_one_and_the_smallest_p_is_not_zero():
    same = np.zeros(500), 0.0, np.zeros(10)
    assert bca.two_sided(*same) == 1
    assert bca.ends(*same) == (0, 0)
    clear = np.full(1000, 0.3), 0.3, np.full(10, 0.3)
    assert 0 < bca.two_sided(*clear) < 0.02


def test_a_hundred_tests_can_be_corrected_with_a_thousand_resamples():
    rng = np.random.default_rng(0)
    for sign in (1, -1):
        given = resampled(sign * rng.normal(1, 1, 48), 1000, rng)
        t = stats.ttest_1samp(sign * rng.normal(1, 1, 48), 0)
        assert t.pvalue < 1e-4 and 0 < 100 * bca.two_sided(*given) < 0.01


def test_metrics_that_are_lost_without_a_group_do_no_harm():
    rng = np.random.default_rng(0)
    drawn, value, without = resampled(rng.normal(size=30), 500, rng)
    low, high = bca.ends(drawn, value, np.r_[without, np.nan])
    assert np.isfinite([low, high]).all()


def areas(labels, table, groups):
    """AUROC of the set, and without each group."""
    area = scores.auroc_by_group(labels, table[0, 0], groups)
    n_groups = groups.max() + 1
    return area(np.ones((1, n_groups)))[0], area(intervals.all_but_one(n_groups))


def test_an_areas_ends_are_delongs_on_the_logit_where_a_video_is_a_group():
    rng = np.random.default_rng(0)
    labels, table, _ = Clustered(groups=150, fakes=2, apart=(2.0,)).draw(rng)
    value, without = areas(labels, table, np.arange(labels.size))
    (area,), ((variance,),) = delong(labels, table[0])
    assert value == pytest.approx(area)
    off = 1.96 * np.sqrt(variance) / (area * (1 - area))
    exact = 1 / (1 + np.exp(-(np.log(area / (1 - area)) + np.array([-off, off]))))
    assert bca.area_ends([], value, without) == pytest.approx(exact, abs=2e-3)


@pytest.mark.parametrize("apart", [0.0, 1.3, 3.7])
def test_an_areas_ends_cover_near_one_and_by_video_they_do_not(apart):
    """Of 600 intervals at the laptop's 48 groups: 93 to 97 %, within their noise."""
    made = Clustered(groups=48, fakes=4, hard=1.0, apart=(apart,))

    def ends(labels, table, groups, seed):
        return bca.area_ends([], *areas(labels, table, groups))

    def by_video(labels, table, groups, seed):
        return ends(labels, table, np.arange(labels.size), seed)

    (truth,) = made.truth()
    assert 0.93 <= coverage(made, ends, truth, repeats=600) <= 0.97
    assert coverage(made, by_video, truth, repeats=300) < 0.93


def test_a_perfect_area_has_no_width_and_one_group_may_carry_all_errors():
    assert bca.area_ends([1.0], 1.0, np.ones(9)) == (1.0, 1.0)
    low, high = bca.area_ends([], 0.98, [1.0, *[0.978] * 19])
    assert 0.5 < low < 0.95 and 0.99 < high < 1
