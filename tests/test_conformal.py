"""The promise is kept in simulation; the quantile is the right one and no other."""

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import beta

from dfstudy.metrics import conformal
from dfstudy.metrics.conformal import Limits, calibrate, needed


def draw(rng, repetitions, n, *, separation=1.5):
    """P(fake) of n reals and n fakes, (repetitions, n) each, without ties."""
    reals = expit(rng.normal(-separation / 2, 1, (repetitions, n)))
    fakes = expit(rng.normal(separation / 2, 1, (repetitions, n)))
    return reals, fakes


def covered(limits, reals, fakes):
    return (
        limits.possible(reals)[..., 0].mean(),
        limits.possible(fakes)[..., 1].mean(),
    )


@pytest.mark.parametrize("separation", [0.0, 1.5, 6.0])  # blind, usual, too good
@pytest.mark.parametrize(("n", "alpha"), [(48, 0.1), (9, 0.1), (19, 0.2)])
def test_each_class_is_covered_as_promised(n, alpha, separation):
    rng = np.random.default_rng(n)
    repetitions, many = 600, 500
    val = draw(rng, repetitions, n, separation=separation)
    new = draw(rng, repetitions, many, separation=separation)
    labels = np.repeat([0, 1], n)
    found = np.array(
        [
            covered(
                calibrate(labels, np.concatenate([val[0][i], val[1][i]]), alpha=alpha),
                new[0][i],
                new[1][i],
            )
            for i in range(repetitions)
        ]
    )
    # Exactly k / (n + 1) on average; the k-th of n + 1 ranks, k a little off, is not.
    k = np.ceil((n + 1) * (1 - alpha) - 1e-9)
    error = found.std(axis=0, ddof=1) / np.sqrt(repetitions)
    assert (abs(found.mean(axis=0) - k / (n + 1)) < 4 * error).all()
    assert (found.mean(axis=0) > 1 - alpha - 4 * error).all()
    # One repetition is spread as Beta(k, n + 1 - k) says.
    low, high = beta.ppf([0.025, 0.975], k, n + 1 - k)
    share = ((found >= low - 0.03) & (found <= high + 0.03)).mean()
    assert share > 0.93


def test_a_quantile_off_by_one_would_not_do():
    """What the + 1 of the finite sample is for: without it, 9 videos promise 0.9."""
    rng = np.random.default_rng(0)
    reals, _ = draw(rng, 4000, 9)
    new, _ = draw(rng, 4000, 1)
    kept = np.mean([calibrate(np.zeros(9, int), r).real_up_to for r in reals])
    assert kept == pytest.approx(reals.max(axis=1).mean())
    right = (new[:, 0] <= np.sort(reals)[:, 8]).mean()
    wrong = (new[:, 0] <= np.sort(reals)[:, 7]).mean()
    assert right > 0.9 - 0.02
    assert wrong < 0.9 - 0.05


def test_by_hand():
    labels = np.repeat([0, 1], 10)
    p = np.concatenate([np.arange(10) / 20, 1 - np.arange(10) / 20])
    limits = calibrate(labels, p, alpha=0.2)  # k = ceil(11 * 0.8) = 9
    assert limits.real_up_to == pytest.approx(8 / 20)
    assert limits.fake_from == pytest.approx(12 / 20)
    said = limits.verdicts([0.0, 0.4, 0.5, 0.6, 1.0]).tolist()
    assert said == ["real", "real", "neither", "fake", "fake"]


def test_both_labels_possible_is_cannot_tell():
    limits = Limits(alpha=0.1, real_up_to=0.7, fake_from=0.3)
    said = limits.verdicts([0.29, 0.3, 0.7, 0.71]).tolist()
    assert said == ["real", "cannot tell", "cannot tell", "fake"]
    assert str(limits.verdicts(0.5)) == "cannot tell"


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.2, 0.5])
def test_too_few_videos_rule_nothing_out(alpha):
    enough = needed(alpha)
    assert enough == {0.05: 19, 0.1: 9, 0.2: 4, 0.5: 1}[alpha]
    for n, there in ((enough, True), (enough - 1, False)):
        limits = calibrate(np.zeros(n, int), np.linspace(0.1, 0.2, n), alpha=alpha)
        assert (limits.real_up_to is not None) == there
        assert limits.fake_from is None  # there were no fakes at all
        assert limits.possible([0.99]).tolist() == [[not there, True]]


def test_ties_keep_the_promise_and_settings_go_to_a_file():
    labels, p = np.repeat([0, 1], 20), np.repeat([0.25, 0.75], 20)
    limits = calibrate(labels, p)
    assert covered(limits, p[:20], p[20:]) == (1, 1)
    assert Limits(**limits.to_dict()) == limits


def test_the_order_is_all_that_counts():
    """A temperature moves limits and videos alike."""
    from dfstudy.metrics import apply_temperature

    rng = np.random.default_rng(3)
    y, p, new = rng.integers(0, 2, 60), rng.random(60), rng.random(200)
    before = calibrate(y, p).verdicts(new)
    after = calibrate(y, apply_temperature(p, 3)).verdicts(apply_temperature(new, 3))
    assert (before == after).all()


def test_under_shift_nothing_is_promised():
    """Reals that look like fakes: the same limits cover far fewer of them."""
    rng = np.random.default_rng(4)
    reals, fakes = draw(rng, 1, 200, separation=4)
    limits = calibrate(np.repeat([0, 1], 200), np.concatenate([reals[0], fakes[0]]))
    assert covered(limits, reals, fakes)[0] >= 0.9
    assert covered(limits, expit(rng.normal(0, 1, 500)), fakes)[0] < 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calibrate([0, 1], [0.1, 1.5]), "not logits"),
        (lambda: calibrate([0, 2], [0.1, 0.5]), "labels are 0"),
        (lambda: calibrate([0, 1], [0.1, 0.5], alpha=1), "between 0 and 1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_spread_that_the_docstring_names():
    low, high = beta.ppf([0.025, 0.975], 45, 4)
    assert (round(low, 2), round(high, 2)) == (0.83, 0.98)
    assert "0.83 and 0.98" in " ".join(conformal.__doc__.split())
