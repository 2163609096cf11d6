"""What a list of scores is worth: fourteen metrics, defined once.

    compute(labels, scores, threshold=0.5)["auroc"]     # {"value": 0.93}

Fake (1) is the positive class. A metric that does not exist for the input (one class
only, nothing called fake) is {"value": None, "reason": ...}, never NaN and never an
invented 0. scikit-learn has most of these, and `tests/test_scores.py` holds each equal
to it, weights included. They are here because an interval needs them for a thousand
weightings of the same videos: sorted once instead of a thousand times.

Threshold-free metrics are defined on the ROC with ties merged:
  eer             where the ROC, points joined by straight lines, meets FPR = 1 - TPR
  tpr_at_fpr_05   the highest TPR of any threshold whose FPR is at most 0.05: a point
                  that can be set, not interpolated. With fewer than 20 reals it allows
                  no false alarm at all (fewer than 100 for _01).
AUPRC is average precision, with fakes (auprc_fake) or reals (auprc_real) as positives.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfstudy.metrics import calibration

FPRS = {"tpr_at_fpr_01": 0.01, "tpr_at_fpr_05": 0.05, "tpr_at_fpr_10": 0.10}
_DECISION = ("accuracy", "balanced_accuracy", "precision", "recall", "f1")
_RANKING = ("auroc", "auprc_fake", "auprc_real", "eer")
METRICS = (*_DECISION, *_RANKING, "log_loss", "ece", *FPRS)

# weights (B, G) of G groups -> {metric: (B,)}, NaN where a metric does not exist
Weighted = Callable[[NDArray], dict[str, NDArray]]


def compute(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: ArrayLike,
    strict: bool = False,
    probabilities: ArrayLike | None = None,
) -> dict[str, dict]:
    """Every metric of one set of videos (or frames).

    Args:
        labels: (N,) 0 real, 1 fake.
        scores: (N,) higher is more fake; any finite numbers.
        threshold: called fake where score >= threshold; one number, or (N,).
        strict: called fake where score > threshold.
        probabilities: (N,) P(fake) for log_loss and ece; `scores` where not given.

    Returns:
        {metric: {"value": float} or {"value": None, "reason": str}} for all of METRICS.

    Raises:
        ValueError: shapes differ, a label is not 0 or 1, or a score is not finite.
    """
    given = (labels, scores)
    options = {"threshold": threshold, "strict": strict, "probabilities": probabilities}
    values = weighted(*given, **options)(np.ones((1, 1)))
    return {
        name: {"value": float(values[name][0])}
        if np.isfinite(values[name][0])
        else {"value": None, "reason": _why(name, *given, probabilities)}
        for name in METRICS
    }


def auroc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC: the chance that a fake scores above a real (ties count half).

    Raises:
        ValueError: one class only, or the scores are hard labels. From 0/1 decisions
            the area is the balanced accuracy by another name: no AUROC to compare.
    """
    return _one("auroc", labels, scores)


def eer(labels: ArrayLike, scores: ArrayLike) -> float:
    """Equal error rate: the error where as many reals as fakes are called wrongly.

    Raises:
        ValueError: one class only, or hard labels.
    """
    return _one("eer", labels, scores)


def is_hard(scores: ArrayLike) -> bool:
    """True for decisions passed as scores: 0 and 1 both occur, and nothing else."""
    return np.array_equal(np.unique(np.asarray(scores, dtype=float)), (0, 1))


def weighted(
    labels: ArrayLike,
    scores: ArrayLike,
    *,
    threshold: ArrayLike,
    strict: bool = False,
    probabilities: ArrayLike | None = None,
    groups: ArrayLike | None = None,
) -> Weighted:
    """All metrics as a function of weights; arguments as in `compute`, and `groups`.

    Args:
        groups: (N,) 0 .. G-1, what shares a weight; all share one where not given.

    Returns:
        f(weights (B, G) >= 0) -> {metric: (B,)}, one value for each of B weightings,
        NaN where it does not exist. A resample with replacement is a weighting by
        counts. Scores are sorted and summed by group once, here; each weighting is then
        a matrix product.
    """
    y, s = _check(labels, scores)
    g = np.zeros(y.size, int) if groups is None else np.asarray(groups)
    by_decision = _decisions(y, s > threshold if strict else s >= threshold, g)
    by_rank = _nothing if is_hard(s) else _ranking(y, s, g)
    by_probability = _probabilities(y, s if probabilities is None else probabilities, g)

    def metrics(weights: NDArray) -> dict[str, NDArray]:
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # 0 / 0 is "does not exist"
            return by_decision(weights) | by_rank(weights) | by_probability(weights)

    return metrics


def _by_group(groups: NDArray, *columns: NDArray) -> NDArray:
    """(G, columns): the sum of each (N,) column over each group."""
    size = int(groups.max(initial=0)) + 1
    return np.stack([np.bincount(groups, column, size) for column in columns], axis=1)


def _decisions(y: NDArray, called: NDArray, groups: NDArray) -> Weighted:
    sums = _by_group(groups, y, 1 - y, y * called, (1 - y) * called)

    def metrics(w: NDArray) -> dict[str, NDArray]:
        fakes, reals, tp, fp = (w @ sums).T
        tpr, tnr = tp / fakes, 1 - fp / reals
        precision, f1 = tp / (tp + fp), 2 * tp / (fakes + tp + fp)
        return {
            "accuracy": (tp + reals - fp) / (fakes + reals),
            "balanced_accuracy": (tpr + tnr) / 2,
            "precision": np.where(fakes > 0, precision, np.nan),
            "recall": tpr,
            "f1": np.where(fakes > 0, f1, np.nan),
        }

    return metrics


def auroc_by_group(
    labels: ArrayLike, scores: ArrayLike, groups: ArrayLike
) -> Callable[[NDArray], NDArray]:
    """AUROC alone as a function of weights (B, G): (B,), NaN where a class is lost.

    Args:
        labels, scores: as in `compute`, (N,). groups: (N,) 0 .. G-1.

    Raises:
        ValueError: hard labels, or as `compute`.
    """
    y, s = _check(labels, scores)
    if is_hard(s):
        raise ValueError(f"auroc: {_HARD}")
    at = _at(y, s, np.asarray(groups))
    wins = _wins(*at, at[1].cumsum(axis=0))
    all_fakes, all_reals = (n.sum(axis=0) for n in at)

    def area(w: NDArray) -> NDArray:
        fakes, reals = w @ all_fakes, w @ all_reals
        with np.errstate(divide="ignore", invalid="ignore"):
            value = _area(wins, w, fakes, reals)
        return np.where((fakes > 0) & (reals > 0), value, np.nan)

    return area


def _at(y: NDArray, s: NDArray, groups: NDArray) -> list[NDArray]:
    """Fakes and reals at each threshold, (K + 1, G); the first is above all scores.

    A threshold can only fall between different scores, so ties share a row.
    """
    distinct, row = np.unique(-s, return_inverse=True)
    shape = (distinct.size + 1, int(groups.max(initial=0)) + 1)
    cell = (row + 1) * shape[1] + groups
    return [np.bincount(cell, n, np.prod(shape)).reshape(shape) for n in (y, 1 - y)]


def _wins(fakes_at: NDArray, reals_at: NDArray, reals_above: NDArray) -> NDArray:
    """(G, G): how often a fake of one group scores above a real of another."""
    return fakes_at.T @ (reals_above[-1] - reals_above + reals_at / 2)


def _area(wins: NDArray, w: NDArray, fakes: NDArray, reals: NDArray) -> NDArray:
    return np.einsum("bg,bg->b", w @ wins, w) / (fakes * reals)


def _ranking(y: NDArray, s: NDArray, groups: NDArray) -> Weighted:
    # With these sums nothing has to be added up again.
    at = _at(y, s, groups)
    above = [n.cumsum(axis=0) for n in at]
    shape = at[0].shape
    all_fakes, all_reals = (n[-1] for n in above)
    wins = _wins(*at, above[1])
    below = [total - n for total, n in zip((all_fakes, all_reals), above, strict=True)]
    precision_of_fakes = _average_precision(*above)
    precision_of_reals = _average_precision(below[1][::-1], below[0][::-1])

    def metrics(w: NDArray) -> dict[str, NDArray]:
        fakes, reals = w @ all_fakes, w @ all_reals

        def rates(i: NDArray) -> tuple[NDArray, NDArray]:
            """TPR and FPR, (B,) each, at thresholds i (B,)."""
            tp, fp = (np.einsum("bg,bg->b", w, n[i]) for n in above)
            return tp / fakes, fp / reals

        values = {
            "auroc": _area(wins, w, fakes, reals),
            "auprc_fake": precision_of_fakes(w) / fakes,
            "auprc_real": precision_of_reals(w) / reals,
            "eer": _equal_error(rates, len(w), shape[0]),
        }
        for name, most in FPRS.items():
            beyond = _first(lambda i, m=most: rates(i)[1] > m, len(w), shape[0])
            values[name] = rates(np.maximum(beyond - 1, 0))[0]
        both = (fakes > 0) & (reals > 0)
        return {name: np.where(both, value, np.nan) for name, value in values.items()}

    return metrics


def _average_precision(hits: NDArray, misses: NDArray) -> Callable[[NDArray], NDArray]:
    """Of cumulative (K + 1, G): weights (B, G) -> sum of precision times gain, (B,)."""
    gains = np.diff(hits, axis=0, prepend=0).any(axis=1)  # the other thresholds add 0
    found, hits = (hits + misses)[gains].T, hits[gains].T

    def summed(w: NDArray) -> NDArray:
        hit = w @ hits
        precision = w @ found
        np.maximum(precision, np.finfo(np.float64).tiny, out=precision)
        np.divide(hit, precision, out=precision)
        hit[:, 1:] -= hit[:, :-1].copy()
        return np.einsum("bk,bk->b", hit, precision)

    return summed


Rates = Callable[[NDArray], tuple[NDArray, NDArray]]


def _equal_error(rates: Rates, n: int, k: int) -> NDArray:
    """FPR where the ROC crosses the falling diagonal, (n,)."""
    # TPR + FPR grows from 0 to 2 along the ROC; the crossing is where it is 1.
    after = np.maximum(_first(lambda i: sum(rates(i)) >= 1, n, k), 1)
    after = np.minimum(after, k - 1)  # an empty set has one point only
    (t0, f0), (t1, f1) = rates(np.maximum(after - 1, 0)), rates(after)
    return f0 + (1 - t0 - f0) / (t1 + f1 - t0 - f0) * (f1 - f0)


def _first(holds: Callable[[NDArray], NDArray], n: int, k: int) -> NDArray:
    """(n,) the first of 0 .. k - 1 where `holds`, k where nowhere; by halving.

    `holds` takes indices (n,) and stays true, once true, for higher ones.
    """
    low, high = np.zeros(n, int), np.full(n, k)
    for _ in range(k.bit_length()):
        middle = (low + high) // 2
        true = holds(np.minimum(middle, k - 1))
        high = np.where(true, middle, high)
        low = np.where(true, low, np.minimum(middle + 1, high))
    return low


def _probabilities(y: NDArray, probabilities: ArrayLike, groups: NDArray) -> Weighted:
    p = np.asarray(probabilities, dtype=np.float64)
    if not _are_probabilities(p):
        return lambda w: dict.fromkeys(("log_loss", "ece"), np.full(len(w), np.nan))
    y, p = calibration.check_probabilities(y, p)
    one, loss = np.ones(p.size), calibration.log_losses(y, p)
    sums = _by_group(groups, one, loss, *calibration.bin_gaps(y, p).T)

    def metrics(w: NDArray) -> dict[str, NDArray]:
        total, losses, *gaps = (w @ sums).T
        error = np.abs(gaps).sum(axis=0)
        return {"log_loss": losses / total, "ece": error / total}

    return metrics


def _nothing(w: NDArray) -> dict[str, NDArray]:
    return dict.fromkeys((*_RANKING, *FPRS), np.full(len(w), np.nan))


def _one(name: str, labels: ArrayLike, scores: ArrayLike) -> float:
    y, s = _check(labels, scores)
    if is_hard(s):
        raise ValueError(f"{name}: {_HARD}")
    value = weighted(y, s, threshold=0)(np.ones((1, 1)))[name][0]
    if np.isnan(value):
        raise ValueError(f"{name}: {_why(name, y, s, None)}")
    return float(value)


_HARD = "the scores are hard labels (only 0 and 1); pass P(fake), not the decision"


def _why(
    name: str, labels: ArrayLike, scores: ArrayLike, probabilities: ArrayLike | None
) -> str:
    """Why a metric does not exist for this input."""
    y = np.asarray(labels)
    if not y.size:
        return "nothing was scored"
    if name in ("log_loss", "ece"):
        return "the scores are not probabilities in [0, 1]"
    if not (y == 1).any():
        return "no fakes"
    if not (y == 0).any() and name != "precision":
        return "no reals"
    if name == "precision":
        return "nothing was called fake"
    return _HARD


def _are_probabilities(p: NDArray) -> bool:
    return bool(((p >= 0) & (p <= 1)).all())


def _check(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray, NDArray]:
    y, s = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    if y.ndim != 1 or y.shape != s.shape:
        raise ValueError(f"one label a score: labels {y.shape}, scores {s.shape}")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("labels are 0 (real) and 1 (fake), nothing else")
    if not np.isfinite(s).all():
        bad = int((~np.isfinite(s)).sum())
        raise ValueError(f"{bad} of {s.size} scores are NaN or infinite: fix the model")
    return y.astype(np.float64), s
