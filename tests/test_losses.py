"""S1's loss of whole videos: cross-entropy mixed with 1 - soft F1."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from dfstudy.models import losses_keras
from dfstudy.models.losses_keras import (
    CrossEntropyAndF1,
    WeightedCrossEntropy,
    keras,
    soft_f1,
)

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 12).astype(np.float32)
LOGITS = RNG.normal(size=(12, 1)).astype(np.float32)


def logit(p):
    return np.full((len(Y), 1), np.log(p / (1 - p)), np.float32)


def test_soft_f1_of_certain_verdicts_is_scikit_learns():
    called = RNG.integers(0, 2, 12)
    sure = 60 * (2.0 * called[:, None] - 1).astype(np.float32)
    assert float(soft_f1(Y, sure)) == pytest.approx(f1_score(Y, called), rel=1e-5)


def test_soft_f1_counts_probabilities():
    p = 1 / (1 + np.exp(-LOGITS[:, 0]))
    tp, fp, fn = (p * Y).sum(), (p * (1 - Y)).sum(), ((1 - p) * Y).sum()
    right = 2 * tp / (2 * tp + fp + fn)
    assert float(soft_f1(Y, LOGITS)) == pytest.approx(right, rel=1e-5)
    assert float(soft_f1(Y[:, None], LOGITS)) == pytest.approx(right, rel=1e-5)


def test_a_batch_without_fakes_gives_no_f1_and_no_slope():
    for p in (0.01, 0.5, 0.99):
        assert float(soft_f1(np.zeros_like(Y), logit(p))) == 0


def test_for_a_constant_answer_all_fake_is_the_best_f1():
    f1 = [float(soft_f1(Y, logit(p))) for p in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)]
    assert np.all(np.diff(f1) > 0)
    share = Y.mean()
    assert f1[-1] == pytest.approx(2 * share / (1 + share), rel=0.02)


def test_for_a_constant_answer_cross_entropy_wants_the_share_of_fakes():
    loss = WeightedCrossEntropy()
    at = np.linspace(0.02, 0.98, 97)
    losses = [float(loss(Y, logit(p))) for p in at]
    assert at[np.argmin(losses)] == pytest.approx(Y.mean(), abs=0.01)


@pytest.mark.parametrize(("alpha", "beta"), [(1, 1), (0, 1), (1, 0), (0.3, 2)])
def test_the_mix_is_the_sum_of_its_parts(alpha, beta):
    entropy = float(WeightedCrossEntropy((1.5, 0.75))(Y, LOGITS))
    right = alpha * entropy + beta * (1 - float(soft_f1(Y, LOGITS)))
    loss = CrossEntropyAndF1((1.5, 0.75), alpha=alpha, beta=beta)
    assert float(loss(Y, LOGITS)) == pytest.approx(right, rel=1e-5)


def test_the_f1_term_of_one_batch_is_not_that_of_all():
    """F1 is no mean over videos: halves of a set do not average to the whole."""
    halves = [
        float(soft_f1(Y[part], LOGITS[part])) for part in (slice(6), slice(6, 12))
    ]
    assert abs(np.mean(halves) - float(soft_f1(Y, LOGITS))) > 1e-3


def test_a_network_can_be_trained_with_it():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.3), losses_keras.CrossEntropyAndF1())
    x = (2 * Y - 1)[:, None]
    history = model.fit(x, Y, epochs=20, verbose=0).history["loss"]
    assert history[-1] < history[0] / 2
