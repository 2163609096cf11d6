"""Several people judge the same clips: how well, and how sure is that?

    readers_auroc(labels, guesses, groups, students)
    # {"value": 0.71, "low": 0.58, "high": 0.83, "readers": 24, "groups": 12}

Two things are drawn from something larger: the people who judge, and the clips. Another
class would have judged these clips otherwise, and this class other clips. Resampling
both at once covers both (Owen, "The pigeonhole bootstrap", Annals of Applied Statistics
2007); radiology calls it multi-reader multi-case analysis. `benchmarks/coverage.py`
measures how often the interval covers the truth.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfstudy.metrics.intervals import MIN_GROUPS, drawn_groups, fewest_groups

Over = Literal["both", "readers", "clips"]


def readers_auroc(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike,
    readers: ArrayLike,
    *,
    over: Over = "both",
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict:
    """The mean over readers of their AUROC, with its interval.

    Args:
        labels: (N,) of the clip of each judgement, 0 real, 1 fake.
        scores: (N,) how sure the reader is that it is fake; verdicts 0 and 1 count as
            the coarse scores that they are.
        groups: (N,) the group of the clip; what has the same value is drawn together.
        readers: (N,) who judged. Readers may have judged different clips.
        over: what is resampled; one alone shows how much of the width is whose.
        n: resamples. level: the share that the interval is to cover.

    Returns:
        An entry as `intervals.group_bootstrap` makes them, with the numbers of
        `readers` and `groups`. Without an interval, and with a `reason`, where there
        are fewer than 5 readers or groups of a class.

    Raises:
        ValueError: arrays of other lengths, a label that is not 0 or 1, a score that
            is no number.
    """
    y, s = np.asarray(labels), np.asarray(scores, dtype=float)
    names, who = np.unique(np.asarray(readers).astype(str), return_inverse=True)
    units, of = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    if not y.shape == s.shape == who.shape == of.shape or y.ndim != 1:
        raise ValueError("labels, scores, groups and readers are (N,), one N")
    if not np.isin(y, (0, 1)).all() or not np.isfinite(s).all():
        raise ValueError("labels are 0 or 1, scores are numbers")
    each = [
        _pairs(y[who == r], s[who == r], of[who == r], units.size)
        for r in range(names.size)
    ]
    whole = _areas(each, np.ones((1, units.size)))[0]
    counts = {"readers": int(names.size), "groups": int(units.size)}
    if not np.isfinite(whole).any():
        return {"value": None, "reason": "nobody has judged reals and fakes"} | counts
    entry = {"value": float(np.nanmean(whole))} | counts
    if reason := _too_few(names.size, fewest_groups(y, of)):
        return entry | {"low": None, "high": None, "reason": reason}
    rng = np.random.default_rng(seed)
    clips = drawn_groups(units.size, n, rng)
    people = drawn_groups(names.size, n, rng)
    areas = _areas(each, np.ones_like(clips) if over == "readers" else clips)
    weights = np.where(
        np.isfinite(areas), np.ones_like(people) if over == "clips" else people, 0
    )
    with np.errstate(invalid="ignore"):
        drawn = np.nansum(areas * weights, axis=1) / weights.sum(axis=1)
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return entry | {"low": float(low), "high": float(high)}


def _pairs(y: NDArray, s: NDArray, of: NDArray, n: int) -> tuple[NDArray, ...]:
    """Of one reader: wins (G, G) of fakes over reals by group; fakes, reals (G,)."""
    fake, real = y == 1, y == 0
    above = (s[fake, None] > s[real]) + (s[fake, None] == s[real]) / 2
    wins = np.zeros((n, n))
    np.add.at(wins, (of[fake, None], of[real]), above)
    return wins, np.bincount(of[fake], minlength=n), np.bincount(of[real], minlength=n)


def _areas(each: list[tuple[NDArray, ...]], w: NDArray) -> NDArray:
    """(B, R) AUROC of each reader under weights (B, G); NaN where a class is lost."""
    columns = []
    for wins, fakes, reals in each:
        pairs = (w @ fakes) * (w @ reals)
        with np.errstate(invalid="ignore", divide="ignore"):
            columns.append(np.einsum("bg,bg->b", w @ wins, w) / pairs)
    return np.stack(columns, axis=1)


def _too_few(readers: int, groups: int) -> str | None:
    for count, what in ((readers, "readers"), (groups, "groups of a class")):
        if count < MIN_GROUPS:
            return f"{count} {what}: an interval needs at least {MIN_GROUPS}"
    return None
