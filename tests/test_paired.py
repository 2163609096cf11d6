"""Differences of detectors: DeLong's published example, the bootstrap beside it."""

import numpy as np
import pytest
from scipy import stats

from dfstudy.metrics.paired import compare_auroc, delong, holm
from dfstudy.metrics.scores import auroc

# DeLong et al. (1988), 43 patients: albumin, total protein, K-G score, outcome.
OVARIAN = np.fromstring(
    """3.0 5.8 10 0 3.2 6.3 5 1 3.9 6.8 3 1 2.8 4.8 6 0 3.2 5.8 3 1 0.9 4.0 5 0
    2.5 5.7 8 0 1.6 5.6 5 1 3.8 5.7 5 1 3.7 6.7 6 1 3.2 5.4 4 1 3.8 6.6 6 1 4.1 6.6 5 1
    3.6 5.7 5 1 4.3 7.0 4 1 3.6 6.7 4 0 2.3 4.4 6 1 4.2 7.6 4 0 4.0 6.6 6 0 3.5 5.8 6 1
    3.8 6.8 7 1 3.0 4.7 8 0 4.5 7.4 5 1 3.7 7.4 5 1 3.1 6.6 6 1 4.1 8.2 6 1 4.3 7.0 5 1
    4.3 6.5 4 1 3.2 5.1 5 1 2.6 4.7 6 1 3.3 6.8 6 0 1.7 4.0 7 0 3.7 6.1 5 1 3.3 6.3 7 1
    4.2 7.7 6 1 3.5 6.2 5 1 2.9 5.7 9 0 2.1 4.8 7 1 2.8 6.2 8 0 4.0 7.0 7 1 3.3 5.7 6 1
    3.7 6.9 5 1 3.6 6.6 5 1""",
    sep=" ",
).reshape(-1, 4)
OUTCOME = OVARIAN[:, 3].astype(int)
TESTS = np.stack([OVARIAN[:, 0], OVARIAN[:, 1], 10 - OVARIAN[:, 2]])


def test_delong_is_the_published_example():
    area, covariance = delong(OUTCOME, TESTS)
    np.testing.assert_allclose(area, [0.7366, 0.6478, 0.7258], atol=5e-5)
    errors = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(errors, [0.0927, 0.1000, 0.1028], atol=5e-5)
    for one, other, gap, error in ((2, 0, -0.0108, 0.0953), (1, 2, -0.0780, 0.1046)):
        assert area[one] - area[other] == pytest.approx(gap, abs=5e-5)
        c = covariance
        spread = np.sqrt(c[one, one] + c[other, other] - 2 * c[one, other])
        assert spread == pytest.approx(error, abs=5e-5)


def test_delong_needs_two_of_each():
    with pytest.raises(ValueError, match="two reals"):
        delong([0, 1, 1], [0.1, 0.2, 0.3])


def detectors(videos: int, seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Labels and two detectors that find the same videos hard."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1], videos // 2))
    shared = rng.normal(size=videos) + 0.8 * labels
    return labels, {
        "good": shared + 0.6 * rng.normal(size=videos) + 0.5 * labels,
        "fair": shared + 0.6 * rng.normal(size=videos),
    }


def test_the_bootstrap_agrees_with_delong_where_every_group_is_one_video():
    labels, scores = detectors(300)
    area, c = delong(labels, np.stack(list(scores.values())))
    quality, differences = compare_auroc(labels, scores, np.arange(300), n=4000)
    z = stats.norm.ppf(0.975)
    np.testing.assert_allclose(quality["value"], area)
    half = (quality["high"] - quality["low"]).to_numpy() / 2
    np.testing.assert_allclose(half, z * np.sqrt(np.diag(c)), rtol=0.08)
    row = differences.loc[("good", "fair")]
    spread = np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
    assert (row["high"] - row["low"]) / 2 == pytest.approx(z * spread, rel=0.08)
    # What they share cancels: much narrower than if they had nothing in common.
    assert spread < 0.75 * np.sqrt(c[0, 0] + c[1, 1])


def test_a_difference_is_found_and_none_is_not():
    labels, scores = detectors(300)
    scores["again"] = scores["good"]
    _, rows = compare_auroc(labels, scores, np.arange(300))
    assert rows.loc[("good", "fair"), "p_holm"] < 0.05
    assert rows.loc[("good", "again"), ["value", "low", "high"]].tolist() == [0, 0, 0]
    assert rows.loc[("good", "again"), "p_holm"] == 1


def test_groups_and_seeds_make_intervals_wider():
    rng = np.random.default_rng(1)
    labels = np.tile([0, 1], 100)
    groups = np.repeat(np.arange(20), 10)
    per_group = rng.normal(size=20)[groups] * (2 * labels - 1)
    runs = np.stack(
        [
            per_group + labels + rng.normal(size=200) + 3 * shift * labels
            for shift in (0, 1)
        ]
    )
    width = {}
    for name, scores, by in (
        ("videos", runs[0], np.arange(200)),
        ("groups", runs[0], groups),
        ("seeds", runs, groups),
    ):
        quality, _ = compare_auroc(labels, {"a": scores, "b": -scores}, by)
        width[name] = quality.loc["a", "high"] - quality.loc["a", "low"]
    assert width["videos"] < width["groups"] < width["seeds"]
    quality, _ = compare_auroc(labels, {"a": runs, "b": runs[0]}, groups)
    mean = np.mean([auroc(labels, run) for run in runs])
    assert quality.loc["a", "value"] == pytest.approx(mean)
    assert quality["seeds"].tolist() == [2, 1]


def test_scores_of_other_videos_are_refused():
    labels, scores = detectors(20)
    with pytest.raises(ValueError, match="fair"):
        compare_auroc(labels, scores | {"fair": np.zeros(19)}, np.arange(20))
    with pytest.raises(ValueError, match="hard labels"):
        compare_auroc(labels, {"a": labels, "b": scores["good"]}, np.arange(20))


def test_holm_is_the_textbooks():
    # Holm by hand: 0.01 x 4, 0.02 x 3, 0.03 x 2, then never less than before.
    np.testing.assert_allclose(holm([0.03, 0.01, 0.04, 0.02]), [0.06, 0.04, 0.06, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1, 1]
    assert holm([]).size == 0
