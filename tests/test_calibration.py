"""Temperature finds the truth and keeps the order; ECE and reliability by loops."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.calibration import calibration_curve

from dfstudy.metrics import calibration as cal


def test_finds_the_temperature_that_made_the_labels():
    rng = np.random.default_rng(0)
    z = rng.normal(size=20_000) * 4
    for truth in (0.5, 1.0, 3.0):
        y = rng.random(z.size) < expit(z / truth)
        assert cal.fit_temperature(y.astype(int), expit(z)) == pytest.approx(
            truth, rel=0.05
        )


def test_no_other_temperature_fits_better():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 50), np.round(rng.random(50), 1)  # with exact 0 and 1
    target = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))

    def loss(t):
        q = cal.apply_temperature(p, t)
        return -(target * np.log(q) + (1 - target) * np.log(1 - q)).mean()

    grid = np.exp(np.linspace(np.log(0.5), np.log(20), 2000))
    best = loss(cal.fit_temperature(y, p))
    assert best <= min(map(loss, grid)) + 1e-6


def test_a_separable_validation_set_does_not_make_it_certain():
    y = np.repeat([0, 1], 20)
    t = cal.fit_temperature(y, np.where(y, 0.9, 0.1))
    assert t > 0.3
    assert cal.apply_temperature([0.9], t)[0] == pytest.approx(21 / 22, abs=1e-3)


@pytest.mark.parametrize("labels", [[], [1, 1, 1], [0, 0]])
def test_one_class_changes_nothing(labels):
    assert cal.fit_temperature(labels, [0.4] * len(labels)) == 1.0


def test_temperature_keeps_the_order_and_the_half():
    p = np.linspace(0, 1, 101)
    for t in (0.2, 1.0, 5.0):
        q = cal.apply_temperature(p, t)
        assert (np.diff(q) > 0).all() and q[50] == pytest.approx(0.5)
    assert cal.apply_temperature([0.3], 2.0)[0] == pytest.approx(expit(logit(0.3) / 2))


@pytest.mark.parametrize("bins", [10, 15])
@pytest.mark.parametrize("decimals", [1, 2, 9])
def test_ece_equals_a_loop(bins, decimals):
    rng = np.random.default_rng(decimals)
    y, p = rng.integers(0, 2, 80), np.round(rng.random(80), decimals)
    want = 0.0
    for b in range(bins):
        inside = [i for i in range(80) if min(int(p[i] * bins), bins - 1) == b]
        if inside:
            gap = sum(y[i] for i in inside) - sum(p[i] for i in inside)
            want += abs(gap) / 80
    assert cal.ece(y, p, bins=bins) == pytest.approx(want)


def test_reliability_equals_scikit_learn():
    rng = np.random.default_rng(3)
    p = rng.random(300)
    y = (rng.random(300) < p).astype(int)
    share, mean = calibration_curve(y, p, n_bins=10)
    got = cal.reliability(y, p)
    assert got["fake_share"] == pytest.approx(share)
    assert got["mean_probability"] == pytest.approx(mean)
    assert got["count"].sum() == 300
    gaps = np.abs(got["fake_share"] - got["mean_probability"])
    assert cal.ece(y, p) == pytest.approx((got["count"] * gaps).sum() / 300)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cal.ece([], []), "no videos"),
        (lambda: cal.ece([0, 1], [0.1, 1.5]), "not logits"),
        (lambda: cal.ece([0, 1], [0.1, np.nan]), "not logits"),
        (lambda: cal.ece([0, 3], [0.1, 0.5]), "labels are 0"),
        (lambda: cal.ece([0], [0.1, 0.5]), "one label a score"),
        (lambda: cal.apply_temperature([0.5], 0), "positive"),
        (lambda: cal.apply_temperature([2.5], 1), "not logits"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
