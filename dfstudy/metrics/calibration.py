"""Do the probabilities mean what they say? Temperature, ECE, Brier and reliability.

    temperature = fit_temperature(val_labels, val_scores)     # chosen on validation
    probabilities = apply_temperature(test_scores, temperature)

Temperature: Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017), with
the smoothed targets of Platt, "Probabilistic Outputs for Support Vector Machines",
1999.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, xlogy
from sklearn.isotonic import IsotonicRegression

BINS = 10  # equal widths; a test set of some hundred videos cannot fill more
EPS = 1e-6  # a vote share is exactly 0 or 1 for many videos, and has no logit there
TEMPERATURES = (0.05, 20.0)  # the range that is searched


def fit_temperature(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """The temperature T that makes sigmoid(logit(p) / T) fit the labels best.

    Minimises the cross-entropy against Platt's smoothed targets, (n1 + 1) / (n1 + 2)
    for a fake and 1 / (n0 + 2) for a real: with plain targets, a validation set that
    happens to be separated perfectly would drive T to 0, every probability to 0 or 1.

    Args:
        labels: (N,) 0 real, 1 fake.
        probabilities: (N,) P(fake) in [0, 1], of validation videos.

    Returns:
        T in [0.05, 20]; above 1 where the detector was too sure. 1.0, which changes
        nothing, where there are no reals or no fakes to learn from.
    """
    labels, p = check_probabilities(labels, probabilities)
    n_fake, n_real = int(labels.sum()), int((1 - labels).sum())
    if n_fake == 0 or n_real == 0:
        return 1.0
    target = np.where(labels == 1, (n_fake + 1) / (n_fake + 2), 1 / (n_real + 2))
    z = logit(np.clip(p, EPS, 1 - EPS))

    def cross_entropy(log_temperature: float) -> float:
        scaled = z / np.exp(log_temperature)
        return float(np.mean(np.logaddexp(0, scaled) - target * scaled))

    found = minimize_scalar(
        cross_entropy, bounds=tuple(np.log(TEMPERATURES)), method="bounded"
    )
    return float(np.exp(found.x))


def apply_temperature(probabilities: ArrayLike, temperature: float) -> NDArray:
    """sigmoid(logit(p) / T), the same shape as `probabilities`; never changes an order.

    Raises:
        ValueError: T is not positive, or a probability lies outside [0, 1].
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if not temperature > 0:
        raise ValueError(f"a temperature is positive, this one is {temperature}")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError("probabilities lie in [0, 1]: pass P(fake), not logits")
    return expit(logit(np.clip(p, EPS, 1 - EPS)) / temperature)


def ece(labels: ArrayLike, probabilities: ArrayLike, *, bins: int = BINS) -> float:
    """Expected calibration error of P(fake), in [0, 1]; 0 is perfect.

    The mean over videos of |share of fakes - mean P(fake)| of the bin a video falls in;
    `bins` equal widths, bin = floor(p * bins), and p = 1 is in the last. This is the
    binary form, on P(fake), not the one on the confidence of the called class. It is
    biased upwards in small sets: a perfect detector of 150 videos has about 0.05.

    Raises:
        ValueError: no videos, labels other than 0 and 1, or p outside [0, 1].
    """
    labels, p = check_probabilities(labels, probabilities)
    if not p.size:
        raise ValueError("no videos: nothing to compute a calibration error of")
    return float(np.abs(bin_gaps(labels, p, bins).sum(axis=0)).sum() / p.size)


def brier(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Mean squared error of P(fake), in [0, 1] (Brier 1950); 0.25 says 0.5 of all.

    Raises:
        ValueError: as `ece`.
    """
    labels, p = check_probabilities(labels, probabilities)
    if not p.size:
        raise ValueError("no videos: nothing to compute a Brier score of")
    return float(squared_errors(labels, p).mean())


def brier_parts(labels: ArrayLike, probabilities: ArrayLike) -> dict[str, float]:
    """What a Brier score is made of: miscalibration - discrimination + uncertainty.

    `miscalibration` is what the best monotone correction of the probabilities would
    take away (isotonic regression on these very videos), `discrimination` what is then
    won over saying the share of fakes of every video, `uncertainty` the score of that.
    Exact and without bins (Dimitriadis, Gneiting, Jordan, "Stable reliability diagrams
    for probabilistic classifiers", PNAS 2021).

    Raises:
        ValueError: as `brier`.
    """
    labels, p = check_probabilities(labels, probabilities)
    score = brier(labels, p)
    corrected = IsotonicRegression(out_of_bounds="clip").fit_transform(p, labels)
    best = brier(labels, np.clip(corrected, 0, 1))
    constant = brier(labels, np.full(p.size, labels.mean()))
    return {
        "miscalibration": score - best,
        "discrimination": constant - best,
        "uncertainty": constant,
    }


def squared_errors(labels: NDArray, p: NDArray) -> NDArray:
    """(N,) Brier loss of each video."""
    return (p - labels) ** 2


def bin_gaps(labels: NDArray, p: NDArray, bins: int = BINS) -> NDArray:
    """(N, bins): label - p in the column of the video's bin, 0 elsewhere."""
    gaps = np.zeros((p.size, bins))
    gaps[np.arange(p.size), bin_of(p, bins)] = labels - p
    return gaps


def bin_of(p: NDArray, bins: int = BINS) -> NDArray:
    """(N,) int: the equal-width bin of each probability."""
    return np.minimum((p * bins).astype(int), bins - 1)


def reliability(
    labels: ArrayLike, probabilities: ArrayLike, *, bins: int = BINS
) -> dict[str, NDArray]:
    """The points of a reliability diagram: one entry for each bin that holds a video.

    Returns:
        `low`, `high` (edges of the bin), `count` (videos), `mean_probability` and
        `fake_share`, each (number of bins in use,).
    """
    labels, p = check_probabilities(labels, probabilities)
    index = bin_of(p, bins)
    count = np.bincount(index, minlength=bins)
    used = count > 0
    return {
        "low": (np.arange(bins) / bins)[used],
        "high": (np.arange(1, bins + 1) / bins)[used],
        "count": count[used],
        "mean_probability": np.bincount(index, p, bins)[used] / count[used],
        "fake_share": np.bincount(index, labels, bins)[used] / count[used],
    }


def log_losses(labels: NDArray, p: NDArray) -> NDArray:
    """(N,) cross-entropy of each video in nats, clipped as scikit-learn clips it."""
    eps = np.finfo(np.float64).eps
    p = np.clip(p, eps, 1 - eps)
    return -(xlogy(labels, p) + xlogy(1 - labels, 1 - p))


def check_probabilities(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray, NDArray]:
    """Labels (int) and probabilities (float64), both (N,), or ValueError."""
    y = np.asarray(labels)
    p = np.asarray(probabilities, dtype=np.float64)
    if y.ndim != 1 or y.shape != p.shape:
        raise ValueError(f"one label a score: labels {y.shape}, scores {p.shape}")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("labels are 0 (real) and 1 (fake), nothing else")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities lie in [0, 1]: pass P(fake), not logits")
    return y.astype(int), p
