"""Is one detector better than another? On the same videos, with the seeds' spread.

    quality, differences = compare_auroc(labels, {"LSTM": lstm, "mean": mean}, groups)
    differences.loc[("LSTM", "mean"), ["value", "low", "high", "p_holm"]]

Two detectors see the same people, so what makes a person hard makes it hard for both:
the interval of the difference is not that of either. Each resample draws groups, the
same for all detectors, and of each detector the trainings anew (seeds x groups), so
that neither lucky people nor a lucky seed makes a difference.

`delong` is the classical test without resampling (DeLong, DeLong, Clarke-Pearson 1988):
for one training, where every video is a group of its own.
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dfstudy.metrics import bca
from dfstudy.metrics.intervals import all_but_one, drawn_groups, drawn_runs
from dfstudy.metrics.scores import auroc_by_group, weighted


def compare_auroc(
    labels: ArrayLike,
    scores: Mapping[str, ArrayLike],
    groups: ArrayLike,
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`compare` of AUROCs."""
    return compare(labels, scores, groups, metric="auroc", **options)


def compare(
    labels: ArrayLike,
    scores: Mapping[str, ArrayLike],
    groups: ArrayLike,
    *,
    metric: str,
    threshold: float = 0.5,
    strict: bool = False,
    n: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A metric of each detector, and of each pair the difference.

    Args:
        labels: (N,) 0 real, 1 fake.
        scores: of each detector (N,), or (S, N) of S trainings; their metric is the
            mean over the trainings.
        groups: (N,) what is drawn together.
        metric: of `metrics.METRICS`. threshold, strict: for those that need one.
        n: resamples. level: of the intervals.

    Returns:
        (quality, differences). Quality by detector: value, low, high, seeds.
        Differences by pair (first, second), first minus second: value, low, high; p,
        two-sided; p_holm, corrected for the number of pairs (Holm 1979).

    Raises:
        ValueError: one class only, hard labels for a metric that ranks, or scores of
            another number of videos.
    """
    tables = {name: np.atleast_2d(np.asarray(s, float)) for name, s in scores.items()}
    labels = np.asarray(labels)
    for name, table in tables.items():
        if table.shape[1:] != labels.shape:
            raise ValueError(f"{name}: scores {table.shape} of {labels.shape} videos")
    _, codes = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    rng = np.random.default_rng(seed)
    weights = drawn_groups(codes.max() + 1, n, rng)
    n_groups = weights.shape[1]
    whole, values, drawn, without = np.ones((1, n_groups)), {}, {}, {}
    for name, table in tables.items():
        of_weights = [
            auroc_by_group(labels, row, codes)
            if metric == "auroc"
            else _of(metric, labels, row, codes, threshold, strict)
            for row in table
        ]
        values[name] = np.mean([f(whole)[0] for f in of_weights])
        if np.isnan(values[name]):
            raise ValueError(f"{metric} of {name} does not exist: one class, or labels")
        drawn[name] = drawn_runs([f(weights) for f in of_weights], rng)
        left = all_but_one(n_groups)
        without[name] = np.mean([f(left) for f in of_weights], axis=0)
    # A resample that lost a class has no AUROC, of no detector.
    kept = np.isfinite(list(drawn.values())).all(axis=0)
    quality = {}
    for name, row in drawn.items():
        given = metric, row[kept], values[name], without[name]
        low, high = bca.interval(*given, level=level, runs=len(tables[name]))
        entry = {"value": values[name], "low": low, "high": high}
        quality[name] = entry | {"seeds": len(tables[name])}
    quality = pd.DataFrame(quality).T
    rows = {}
    for one, other in combinations(drawn, 2):
        value = values[one] - values[other]
        given = (drawn[one] - drawn[other])[kept], value, without[one] - without[other]
        low, high = bca.ends(*given, level=level)
        p = bca.two_sided(*given)
        rows[one, other] = {"value": value, "low": low, "high": high, "p": p}
    columns = ["value", "low", "high", "p"]
    differences = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    differences["p_holm"] = holm(differences["p"].to_numpy())
    return quality.astype({"seeds": int}), differences


def _of(
    metric: str,
    labels: NDArray,
    scores: NDArray,
    codes: NDArray,
    threshold: float,
    strict: bool,
) -> Callable[[NDArray], NDArray]:
    every = weighted(labels, scores, threshold=threshold, strict=strict, groups=codes)
    return lambda weights: every(weights)[metric]


def delong(labels: ArrayLike, scores: ArrayLike) -> tuple[NDArray, NDArray]:
    """AUROC and their covariance by placements (DeLong et al. 1988).

    Args:
        labels: (N,) 0 real, 1 fake; at least two of each.
        scores: (D, N) of D detectors.

    Returns:
        (D,) and (D, D). The variance of a difference is c[0, 0] + c[1, 1] - 2 c[0, 1].
    """
    labels, scores = np.asarray(labels), np.atleast_2d(np.asarray(scores, float))
    fakes, reals = scores[:, labels == 1], scores[:, labels == 0]
    if min(fakes.shape[1], reals.shape[1]) < 2:
        raise ValueError("a variance needs two reals and two fakes at least")
    gap = fakes[:, :, None] - reals[:, None, :]
    wins = (np.sign(gap) + 1) / 2  # a tie is half a win
    of_fakes, of_reals = wins.mean(axis=2), wins.mean(axis=1)
    covariance = np.cov(of_fakes) / fakes.shape[1] + np.cov(of_reals) / reals.shape[1]
    return wins.mean(axis=(1, 2)), np.atleast_2d(covariance)


def holm(p: ArrayLike) -> NDArray:
    """p-values (M,) of M tests, corrected so that the chance of one false find is p.

    Holm's step-down: the smallest times M, the next times M - 1, never falling.
    """
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    out = np.empty_like(p)
    out[order] = np.minimum(steps, 1)
    return out
