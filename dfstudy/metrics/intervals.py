"""How sure a number is: intervals that resample groups of people, not videos.

    group_bootstrap(labels, scores, groups, threshold=0.5, seed=0)["auroc"]
    # {"value": 0.83, "low": 0.74, "high": 0.91}

Videos of one person, or of a swapped pair, are right or wrong together; resampling
them one by one counts the same evidence several times, and the intervals come out too
narrow (Field and Welsh, "Bootstrapping clustered data", JRSS B 2007). What is read off
the resamples is in `metrics.bca`. With few groups all of this is narrow:
`benchmarks/coverage.py` measures how often the intervals cover the truth.

They are honest about who was sampled, not about what never was (another generator,
another camera).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfstudy.metrics import bca
from dfstudy.metrics import scores as score_module

MIN_GROUPS = 5  # of each class: 5 groups cover 85 to 95 %, 3 cover 65 to 85, 2 cover 50
_CHUNK = 500_000  # resamples x scores in one go: arrays of 4 MB stay in the cache


def group_bootstrap(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
    *,
    threshold: ArrayLike,
    strict: bool = False,
    probabilities: ArrayLike | None = None,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, dict]:
    """Every metric with its interval over resampled groups.

    Args:
        labels, scores, threshold, strict, probabilities: as in `scores.compute`, (N,).
        groups: (N,) the group of each video; what has the same value is drawn together.
        n: resamples. level: the share that the interval is to cover.

    Returns:
        {metric: entry}; an entry is `value, low, high`, or `value: None, reason`. Where
        there is a value but no interval, `low` and `high` are None with a `reason`. A
        resample in which the metric does not exist (one class only, nothing called
        fake) is left out, and `left_out` counts them. `note` says where the interval is
        too narrow to be believed: all resamples perfect.

    Raises:
        ValueError: as `scores.compute`; a video without group; n < 1; level not in
            (0, 1).
    """
    given = {"threshold": threshold, "strict": strict, "probabilities": probabilities}
    entries = score_module.compute(labels, scores, **given)

    def metrics(codes: NDArray) -> score_module.Weighted:
        return score_module.weighted(labels, scores, groups=codes, **given)

    return _with_intervals(entries, metrics, labels, groups, n, seed, level)


def auroc_interval(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
    *,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict:
    """The entry of AUROC that `group_bootstrap` makes, without the other metrics."""
    whole = score_module.compute(labels, scores, threshold=0.5)["auroc"]
    if whole["value"] is None:
        return whole

    def metrics(codes: NDArray) -> score_module.Weighted:
        area = score_module.auroc_by_group(labels, scores, codes)
        return lambda weights: {"auroc": area(weights)}

    given = ({"auroc": whole}, metrics, labels, groups)
    return _with_intervals(*given, n, seed, level)["auroc"]


def drawn_groups(n_groups: int, n: int, rng: np.random.Generator) -> NDArray:
    """(n, G) how often each of n resamples holds each of G groups, as float."""
    # Drawing G of G groups with replacement is giving each a multinomial weight.
    share = np.full(n_groups, 1 / n_groups)
    return rng.multinomial(n_groups, share, size=n).astype(np.float64)


def fewest_groups(labels: ArrayLike, groups: ArrayLike) -> int:
    """How many groups the class with fewer of them has; 0 where one is missing."""
    y, of = np.asarray(labels), np.asarray(groups).astype(str)
    return min(np.unique(of[y == label]).size for label in (0, 1))


def all_but_one(n_groups: int, *, most: int = 200) -> NDArray:
    """(min(G, most), G) weights of the set without each group, or block of groups."""
    parts = min(n_groups, most)
    block = np.arange(n_groups) * parts // n_groups
    return (block != np.arange(parts)[:, None]).astype(np.float64)


def drawn_runs(values: ArrayLike, rng: np.random.Generator) -> NDArray:
    """A metric's mean over runs that are drawn anew in each resample: seeds x groups.

    R - 1 of R runs are drawn: with R, few runs would seem to scatter less than they do
    (Rao and Wu, JASA 1988), and where runs differ the interval covers less often.

    Args:
        values: (R, n) of each run in each of n resamples of the groups, the same
            groups for all runs.

    Returns:
        (n,); NaN where a run that was drawn has no value.
    """
    values = np.asarray(values, float)
    runs, n = values.shape
    some = rng.integers(0, runs, (max(1, runs - 1), n))
    return np.take_along_axis(values, some, axis=0).mean(axis=0)


def _with_intervals(
    entries: dict[str, dict],
    metrics: Callable[[NDArray], score_module.Weighted],
    labels: ArrayLike,
    groups: ArrayLike,
    n: int,
    seed: int,
    level: float,
) -> dict[str, dict]:
    """`entries` with intervals; `metrics` of group codes is a function of weights."""
    if n < 1 or not 0 < level < 1:
        raise ValueError(f"n >= 1 resamples at a level in (0, 1); got {n}, {level}")
    codes, n_groups = _codes(groups, np.size(labels))
    too_few = _too_few(np.asarray(labels), codes)
    if too_few or n_groups == 0:
        return {name: _without(entry, too_few) for name, entry in entries.items()}
    draws = drawn_groups(n_groups, n, np.random.default_rng(seed))
    weighted = metrics(codes)
    step = max(1, _CHUNK // codes.size)
    parts = [weighted(draws[i : i + step]) for i in range(0, n, step)]
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in entries}
    without = weighted(all_but_one(n_groups))
    lost = _one_class(np.asarray(labels), codes, draws)
    drawn = {name: np.where(lost, np.nan, values) for name, values in drawn.items()}
    return {
        name: _entry(name, entry, drawn[name], without[name], level, n_groups)
        for name, entry in entries.items()
    }


def group_mean(
    values: ArrayLike,
    groups: ArrayLike,
    *,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict:
    """The mean over videos of anything, a loss or a yes, with its interval.

        group_mean(called[reals], groups[reals])      # the share of reals called fake

    Args:
        values: (N,) numbers, or booleans for a share.
        groups, n, level: as in `group_bootstrap`.

    Returns:
        An entry as there.

    Raises:
        ValueError: a value that is no number; else as `group_bootstrap`.
    """
    v = np.asarray(values, dtype=np.float64)
    if v.ndim != 1 or not np.isfinite(v).all():
        raise ValueError(f"values are (N,) finite numbers, not {v.shape} with gaps")
    if n < 1 or not 0 < level < 1:
        raise ValueError(f"n >= 1 resamples at a level in (0, 1); got {n}, {level}")
    if not v.size:
        return {"value": None, "reason": "there are no such videos"}
    codes, n_groups = _codes(groups, v.size)
    entry = {"value": float(v.mean())}
    if n_groups < MIN_GROUPS:
        return _without(entry, _few("videos", n_groups))
    sums = np.stack([np.bincount(codes, v), np.bincount(codes)], axis=1)
    drawn, without = (
        np.divide(*(weights @ sums).T)
        for weights in (
            drawn_groups(n_groups, n, np.random.default_rng(seed)),
            all_but_one(n_groups),
        )
    )
    return _entry("mean", entry, drawn, without, level, n_groups)


def _entry(
    name: str,
    entry: dict,
    drawn: NDArray,
    without: NDArray,
    level: float,
    n_groups: int,
) -> dict:
    if entry["value"] is None:
        return entry
    kept = drawn[np.isfinite(drawn)]
    left_out = drawn.size - kept.size
    if 2 * left_out > drawn.size:
        reason = f"the metric exists in only {kept.size} of {drawn.size} resamples"
        return _without(entry, reason)
    low, high = bca.interval(name, kept, entry["value"], without, level=level)
    out = entry | {"low": low, "high": high}
    if left_out:
        out["left_out"] = left_out
    if low == high and entry["value"] in (0, 1):
        out["note"] = (
            f"the same in every resample: too narrow; {n_groups} groups cannot tell "
            f"it from an error of {3 / n_groups:.2g} (rule of three)"
        )
    return out


def _without(entry: dict, reason: str | None) -> dict:
    if entry["value"] is None:
        return entry
    return entry | {"low": None, "high": None, "reason": reason}


def _one_class(labels: np.ndarray, codes: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(n,) resamples that lost a class which the whole set has."""
    lost = np.zeros(len(draws), dtype=bool)
    for label in np.unique(labels):
        lost |= draws[:, np.unique(codes[labels == label])].sum(axis=1) == 0
    return lost


def _too_few(labels: np.ndarray, codes: np.ndarray) -> str | None:
    for label, word in ((0, "reals"), (1, "fakes")):
        n = np.unique(codes[labels == label]).size
        if 0 < n < MIN_GROUPS:
            return _few(word, n)
    return None


def _few(word: str, n: int) -> str:
    word = f"the {word} come from {n} group{'s' * (n > 1)}"
    return f"{word}: an interval needs at least {MIN_GROUPS}"


def _codes(groups: ArrayLike, n: int) -> tuple[np.ndarray, int]:
    """Groups as 0..G-1 (n,), and G."""
    given = np.asarray(groups, dtype=object)
    if given.shape != (n,):
        raise ValueError(f"one group a score: groups {given.shape}, scores ({n},)")
    missing = sum(g is None or g != g for g in given)
    if missing:
        raise ValueError(f"{missing} videos have no group: split the manifest first")
    names, codes = np.unique(given.astype(str), return_inverse=True)
    return codes, names.size
