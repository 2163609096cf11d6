"""Every metric equals scikit-learn's or SciPy's, plain and weighted; nothing is NaN."""

import numpy as np
import pytest
from scipy.optimize import brentq
from sklearn import metrics as sk

from dfstudy.metrics import scores

# ---- oracles: scikit-learn, SciPy, and a loop for the ECE


def eer_oracle(y, s, w):
    fpr, tpr, _ = sk.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    # np.interp needs growing x; on a vertical step of the ROC any point of it will do
    return brentq(lambda x: 1 - x - np.interp(x, fpr, tpr), 0, 1, xtol=1e-12)


def tpr_oracle(y, s, w, most):
    fpr, tpr, _ = sk.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    return tpr[fpr <= most].max()


def ece_oracle(y, p, w, bins=10):
    total = 0.0
    for b in range(bins):
        inside = [
            i
            for i in range(len(p))
            if b <= p[i] * bins < b + 1 or (b == bins - 1 and p[i] == 1)
        ]
        weight = sum(w[i] for i in inside)
        if weight:
            fakes = sum(w[i] * y[i] for i in inside) / weight
            said = sum(w[i] * p[i] for i in inside) / weight
            total += weight * abs(fakes - said)
    return total / sum(w)


def oracle(y, s, threshold, w):
    called = (s >= threshold).astype(int)
    kw = {"sample_weight": w}
    return {
        "accuracy": sk.accuracy_score(y, called, **kw),
        "balanced_accuracy": sk.balanced_accuracy_score(y, called, **kw),
        "precision": sk.precision_score(y, called, **kw, zero_division=np.nan),
        "recall": sk.recall_score(y, called, **kw),
        "f1": sk.f1_score(y, called, **kw),
        "auroc": sk.roc_auc_score(y, s, **kw),
        "auprc_fake": sk.average_precision_score(y, s, **kw),
        "auprc_real": sk.average_precision_score(1 - y, -s, **kw),
        "eer": eer_oracle(y, s, w),
        "log_loss": sk.log_loss(y, s, **kw),
        "ece": ece_oracle(y, s, w),
        "tpr_at_fpr_01": tpr_oracle(y, s, w, 0.01),
        "tpr_at_fpr_05": tpr_oracle(y, s, w, 0.05),
        "tpr_at_fpr_10": tpr_oracle(y, s, w, 0.10),
    }


def random_set(seed, n, decimals):
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.r_[0, 1, rng.integers(0, 2, n - 2)])
    s = np.clip(rng.random(n) * 0.7 + 0.3 * y * rng.random(n), 0, 1)
    return y, np.round(s, decimals) if decimals else s, rng


@pytest.mark.parametrize("decimals", [None, 2, 1])  # 1: nearly everything is tied
@pytest.mark.parametrize("n", [3, 10, 101, 400])
def test_every_metric_equals_the_library(n, decimals):
    for seed in range(8):
        y, s, _ = random_set(seed, n, decimals)
        got = scores.compute(y, s, threshold=0.5)
        assert tuple(got) == scores.METRICS
        if scores.is_hard(s):
            continue
        for name, want in oracle(y, s, 0.5, np.ones(n)).items():
            if np.isnan(want):
                assert got[name] == {"value": None, "reason": "nothing was called fake"}
            else:
                assert got[name]["value"] == pytest.approx(want, abs=1e-9), name


@pytest.mark.parametrize("decimals", [None, 1])
def test_every_weighted_metric_equals_the_library(decimals):
    y, s, rng = random_set(1, 60, decimals)
    weights = rng.integers(0, 4, (20, 60)).astype(float)  # zeros: videos not drawn
    got = scores.weighted(y, s, threshold=0.5, groups=np.arange(60))(weights)
    for b, w in enumerate(weights):
        for name, want in oracle(y, s, 0.5, w).items():
            assert got[name][b] == pytest.approx(want, abs=1e-9), name


def test_a_weight_is_a_repetition():
    y, s, rng = random_set(2, 40, 1)
    times = rng.integers(0, 4, 40)
    own = np.arange(40)
    got = scores.weighted(y, s, threshold=0.4, groups=own)(times[None].astype(float))
    want = scores.compute(np.repeat(y, times), np.repeat(s, times), threshold=0.4)
    assert {k: pytest.approx(v[0]) for k, v in got.items()} == {
        k: v["value"] for k, v in want.items()
    }


def test_logits_have_no_log_loss_but_an_auroc():
    got = scores.compute([0, 1, 1], [-3.0, 2.0, 5.0], threshold=0)
    assert got["auroc"]["value"] == 1
    assert got["ece"]["value"] is None and "probabilities" in got["ece"]["reason"]
    given = scores.compute([0, 1], [-3, 5], threshold=0, probabilities=[0.1, 0.8])
    want = -np.log([0.9, 0.8]).mean()
    assert given["log_loss"]["value"] == pytest.approx(want)


def test_strict_threshold_calls_a_tie_real():
    at = scores.compute([0, 1], [0.5, 0.9], threshold=0.5)
    above = scores.compute([0, 1], [0.5, 0.9], threshold=0.5, strict=True)
    assert (at["accuracy"]["value"], above["accuracy"]["value"]) == (0.5, 1.0)


def test_hard_labels_have_no_auroc():
    y, hard = [0, 0, 1, 1], [0, 1, 1, 1]
    with pytest.raises(ValueError, match="hard labels"):
        scores.auroc(y, hard)
    with pytest.raises(ValueError, match="hard labels"):
        scores.eer(y, np.array(hard, dtype=bool))
    got = scores.compute(y, hard, threshold=0.5)
    for name in ("auroc", "auprc_fake", "auprc_real", "eer", "tpr_at_fpr_10"):
        assert got[name]["value"] is None and "hard labels" in got[name]["reason"]
    assert (
        got["balanced_accuracy"]["value"] == 0.75
    )  # what such an "AUC" would have been


def test_a_constant_score_ranks_by_chance():
    got = scores.compute([0, 0, 0, 1], [0.3] * 4, threshold=0.5)
    assert got["auroc"]["value"] == got["eer"]["value"] == 0.5
    assert got["auprc_fake"]["value"] == 0.25
    assert got["tpr_at_fpr_10"]["value"] == 0


@pytest.mark.parametrize(("label", "missing"), [(0, "no fakes"), (1, "no reals")])
def test_one_class_only_is_null_with_a_reason(label, missing):
    got = scores.compute([label] * 3, [0.2, 0.6, 0.7], threshold=0.5)
    assert got["auroc"] == {"value": None, "reason": missing}
    assert got["balanced_accuracy"] == {"value": None, "reason": missing}
    assert got["accuracy"]["value"] == pytest.approx(1 / 3 if label == 0 else 2 / 3)
    with pytest.raises(ValueError, match=missing):
        scores.auroc([label] * 3, [0.2, 0.6, 0.7])


@pytest.mark.parametrize("n", [0, 1])
def test_tiny_sets_never_give_nan(n):
    got = scores.compute([1] * n, [0.7] * n, threshold=0.5)
    for entry in got.values():
        assert entry["value"] is None or np.isfinite(entry["value"])
        assert (entry["value"] is None) == ("reason" in entry)
    if n == 0:
        assert {e["reason"] for e in got.values()} == {"nothing was scored"}


def test_nothing_called_fake_has_no_precision():
    got = scores.compute([0, 1], [0.1, 0.2], threshold=0.5)
    assert got["precision"] == {"value": None, "reason": "nothing was called fake"}
    assert got["f1"]["value"] == 0


@pytest.mark.parametrize(
    ("labels", "values", "message"),
    [
        ([0, 1], [0.1], "one label a score"),
        ([0, 2], [0.1, 0.2], "0 .real. and 1 .fake."),
        ([0, 1], [0.1, np.nan], "NaN or infinite"),
    ],
)
def test_bad_input_is_refused(labels, values, message):
    with pytest.raises(ValueError, match=message):
        scores.compute(labels, values, threshold=0.5)


def test_a_group_shares_its_weight():
    y, s, rng = random_set(3, 90, 2)
    groups = rng.permutation(np.arange(90) % 12)
    weights = rng.integers(0, 4, (30, 12)).astype(float)
    own = {"threshold": 0.5, "groups": np.arange(90)}
    got = scores.weighted(y, s, threshold=0.5, groups=groups)(weights)
    want = scores.weighted(y, s, **own)(weights[:, groups])
    for name in scores.METRICS:
        np.testing.assert_allclose(got[name], want[name], atol=1e-12)
