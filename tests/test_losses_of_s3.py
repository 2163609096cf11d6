"""S3's losses, smoothed cross-entropy and focal loss, in both frameworks."""

import numpy as np
import pytest
import torch

from dfstudy.models import losses_keras, losses_torch
from dfstudy.models.losses_keras import keras

torchvision = pytest.importorskip("torchvision")

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 40).astype(np.float32)
LOGITS = (3 * RNG.normal(size=(40, 1))).astype(np.float32)
WEIGHTS = (1.5, 0.75)


def in_torch(loss, logits=LOGITS, y=Y):
    return float(loss(torch.from_numpy(logits), torch.from_numpy(y)))


@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (0.5, 0.0), (0.75, 3.5)])
def test_the_focal_loss_is_torchvisions_and_keras(alpha, gamma):
    got = in_torch(losses_torch.FocalLoss(alpha=alpha, gamma=gamma))
    theirs = torchvision.ops.sigmoid_focal_loss(
        torch.from_numpy(LOGITS),
        torch.from_numpy(Y[:, None]),
        alpha=alpha,
        gamma=gamma,
        reduction="mean",
    )
    keras_own = keras.losses.BinaryFocalCrossentropy(
        from_logits=True, apply_class_balancing=True, alpha=alpha, gamma=gamma
    )
    assert got == pytest.approx(float(theirs), rel=1e-5)
    assert got == pytest.approx(float(keras_own(Y[:, None], LOGITS)), rel=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.005, 0.2])
def test_the_smoothed_cross_entropy_is_keras(smoothing):
    theirs = keras.losses.BinaryCrossentropy(
        from_logits=True, label_smoothing=smoothing
    )
    for module, loss in (
        ("torch", losses_torch.BinaryCrossEntropy(smoothing=smoothing)),
        ("keras", losses_keras.BinaryCrossEntropy(smoothing=smoothing)),
    ):
        got = in_torch(loss) if module == "torch" else float(loss(Y, LOGITS))
        assert got == pytest.approx(float(theirs(Y[:, None], LOGITS)), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("BinaryCrossEntropy", {}),
        ("BinaryCrossEntropy", {"smoothing": 0.005}),
        ("FocalLoss", {}),
        ("FocalLoss", {"alpha": 0.6, "gamma": 1.0}),
    ],
)
def test_both_frameworks_have_the_same(name, options):
    ours = getattr(losses_torch, name)(WEIGHTS, **options)
    keras_ours = getattr(losses_keras, name)(WEIGHTS, **options)
    value = float(keras_ours(Y, LOGITS))
    assert in_torch(ours) == pytest.approx(value, rel=1e-5)
    assert float(keras_ours(Y[:, None], LOGITS)) == pytest.approx(value, rel=1e-6)


def test_class_weights_count_what_is_rare_more():
    real, fake = (Y == 0), (Y == 1)
    loss = losses_torch.BinaryCrossEntropy(WEIGHTS)
    plain = losses_torch.BinaryCrossEntropy()
    assert in_torch(loss, LOGITS[real], Y[real]) == pytest.approx(
        1.5 * in_torch(plain, LOGITS[real], Y[real])
    )
    assert in_torch(loss, LOGITS[fake], Y[fake]) == pytest.approx(
        0.75 * in_torch(plain, LOGITS[fake], Y[fake])
    )


def test_at_a_quarter_a_fake_weighs_a_third_of_a_real():
    zero = np.zeros((1, 1), np.float32)
    focal = losses_torch.FocalLoss()
    fake = in_torch(focal, zero, np.ones(1, np.float32))
    real = in_torch(focal, zero, np.zeros(1, np.float32))
    assert real == pytest.approx(3 * fake)


def test_a_smoothed_label_is_met_by_a_finite_logit():
    loss = losses_torch.BinaryCrossEntropy(smoothing=0.1)
    one = np.ones(1, np.float32)
    best = np.log(0.95 / 0.05)
    at_best = in_torch(loss, np.full((1, 1), best, np.float32), one)
    for other in (best - 1, best + 1):
        assert at_best < in_torch(loss, np.full((1, 1), other, np.float32), one)


def test_slopes_stay_finite_for_sure_answers():
    logits = torch.tensor([[80.0], [-80.0], [80.0], [-80.0]], requires_grad=True)
    y = torch.tensor([1.0, 0.0, 0.0, 1.0])
    losses_torch.FocalLoss()(logits, y).backward()
    assert torch.isfinite(logits.grad).all()
