"""Whom a detector accuses wrongly: its errors by subgroup of the people who are seen.

    table = by_subgroup(scored.videos(runs, result))     # AUROC, false alarms, misses
    differences(scored.videos(runs, result))             # ... of each two subgroups

A detector that is right on average can be wrong about some people more than about
others, and a false accusation harms the one who is accused. The renderer has written
down skin and age; of real videos somebody would have to, with the people's consent, and
where nobody has the tables say so. Few people make wide intervals: "no difference was
found" is not "there is none".
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from dfstudy.metrics import bca
from dfstudy.metrics.intervals import MIN_GROUPS, all_but_one, drawn_groups
from dfstudy.metrics.paired import holm
from dfstudy.metrics.scores import auroc_by_group, is_hard
from dfstudy.training.scored import SUBGROUPS

METRICS = ("auroc", "false_alarms", "misses")  # shares of reals, and of fakes
_ORDER = ("light", "medium", "dark", "young", "middle", "old")
_EMPTY = {"value": np.nan, "low": np.nan, "high": np.nan}


class Resampled(NamedTuple):
    """A metric of the whole set, without each group, and in each resample."""

    value: float
    without: np.ndarray
    drawn: np.ndarray
    reason: str | None  # why it has no interval


def by_subgroup(
    videos: pd.DataFrame,
    *,
    by: Sequence[str] = SUBGROUPS,
    n_bootstrap: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """AUROC, false alarms and misses of each subgroup, among its own videos.

    Args:
        videos: label, score, called, group, and the columns `by` (`scored.videos`).

    Returns:
        One row a subgroup and metric: by, subgroup, metric, reals, fakes, groups (of
        the reals), value, low, high (over groups), reason. Where nobody has written a
        column of `by` down, one row says so.
    """
    rows = []
    for name in by:
        found = _resampled(videos, name, n_bootstrap, seed)
        if not found:
            reason = f"nobody has written down the {name} of the people in these videos"
            rows.append({"by": name, **_EMPTY, "reason": reason})
        for (subgroup, metric), of in found.items():
            mine = videos[videos[name] == subgroup]
            entry = _EMPTY | {"value": of.value}
            if of.reason is None:
                entry |= _ends(of, level, metric)
            rows.append(
                {
                    "by": name,
                    "subgroup": subgroup,
                    "metric": metric,
                    "reals": int((mine["label"] == 0).sum()),
                    "fakes": int((mine["label"] == 1).sum()),
                    "groups": mine["group"].nunique(),
                    **entry,
                    "reason": of.reason,
                }
            )
    columns = ["by", "subgroup", "metric", "reals", "fakes", "groups"]
    table = pd.DataFrame(rows, columns=[*columns, "value", "low", "high", "reason"])
    return table.astype(dict.fromkeys(("reals", "fakes", "groups"), "Int64"))


def differences(
    videos: pd.DataFrame,
    *,
    by: Sequence[str] = SUBGROUPS,
    n_bootstrap: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Each two subgroups of a kind: the first minus the second, metric by metric.

    The same groups are drawn for both, as a swapped pair may have a person in each.

    Returns:
        One row a pair and metric: by, first, second, metric, value, low, high, p (two
        sided), p_holm (corrected for the number of rows that have one), reason.
    """
    rows = []
    for name in by:
        found = _resampled(videos, name, n_bootstrap, seed)
        order = list(dict.fromkeys(subgroup for subgroup, _ in found))
        for metric in METRICS:
            for one, other in combinations(order, 2):
                a, b = found[one, metric], found[other, metric]
                gap = Resampled(
                    value=a.value - b.value,
                    without=a.without - b.without,
                    drawn=a.drawn - b.drawn,
                    reason=a.reason or b.reason,
                )
                entry = _EMPTY | {"value": gap.value, "p": np.nan}
                if gap.reason is None:
                    kept = gap.drawn[np.isfinite(gap.drawn)]
                    p = bca.two_sided(kept, gap.value, gap.without)
                    entry |= _ends(gap, level, "difference") | {"p": p}
                pair = {"by": name, "first": one, "second": other, "metric": metric}
                rows.append(pair | entry | {"reason": gap.reason})
    columns = ["by", "first", "second", "metric", "value", "low", "high", "p", "reason"]
    table = pd.DataFrame(rows, columns=columns)
    corrected = pd.Series(np.nan, index=table.index)
    has = table["p"].notna()
    corrected[has] = holm(table.loc[has, "p"].to_numpy(float))
    table.insert(8, "p_holm", corrected)
    return table


def _resampled(
    videos: pd.DataFrame, by: str, n: int, seed: int
) -> dict[tuple[str, str], Resampled]:
    """(subgroup, metric) -> its values; none where nobody wrote `by` down."""
    if by not in videos or videos[by].isna().all():
        return {}
    codes = np.unique(videos["group"].astype(str), return_inverse=True)[1]
    n_groups = codes.max() + 1
    draws = drawn_groups(n_groups, n, np.random.default_rng(seed))
    left = all_but_one(n_groups)
    weights = np.concatenate([np.ones((1, n_groups)), left, draws])
    out: dict[tuple[str, str], Resampled] = {}
    words = videos[by].dropna().astype(str).unique()
    known = [word for word in _ORDER if word in words]
    for subgroup in (*known, *sorted(set(words) - set(known))):
        mine = (videos[by] == subgroup).to_numpy()
        for metric, classes, of in _metrics(videos[mine], codes[mine]):
            few = [
                np.unique(codes[mine & (videos["label"] == label)]).size
                for label in classes
            ]
            reason = None
            if min(few) < MIN_GROUPS:
                reason = f"{min(few)} groups: an interval needs at least {MIN_GROUPS}"
            values = np.full(len(weights), np.nan)
            if min(few) > 0:
                values = of(weights)
            parts = np.split(values[1:], [len(left)])
            out[subgroup, metric] = Resampled(float(values[0]), *parts, reason)
    return out


def _metrics(
    videos: pd.DataFrame, codes: np.ndarray
) -> Iterator[tuple[str, tuple[int, ...], Callable[[np.ndarray], np.ndarray]]]:
    """Each metric, the classes that it needs, and it as a function of weights."""
    labels, called = videos["label"].to_numpy(), videos["called"].to_numpy()
    values, last = videos["score"].to_numpy(float), codes.max() + 1

    def rank(weights: np.ndarray) -> np.ndarray:
        if is_hard(values):
            return np.full(len(weights), np.nan)
        return auroc_by_group(labels, values, codes)(weights[:, :last])

    def share(of: np.ndarray, wrong: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        sums = np.stack([np.bincount(codes, c, last) for c in (wrong, of)], axis=1)

        def rate(weights: np.ndarray) -> np.ndarray:
            errors, all_of = (weights[:, :last] @ sums.astype(float)).T
            out = np.full(errors.shape, np.nan)
            return np.divide(errors, all_of, out=out, where=all_of > 0)

        return rate

    yield "auroc", (0, 1), rank
    yield "false_alarms", (0,), share(1 - labels, (1 - labels) * called)
    yield "misses", (1,), share(labels, labels * (1 - called))


def _ends(of: Resampled, level: float, metric: str) -> dict[str, float]:
    kept = of.drawn[np.isfinite(of.drawn)]
    low, high = bca.interval(metric, kept, of.value, of.without, level=level)
    return {"low": low, "high": high}
