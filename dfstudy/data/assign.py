"""Which unit goes to which part: near the asked shares, of both labels, every method.

    part_of = assign.place(table, units, shares={"train": 0.8, "test": 0.2}, seed=0)

Shares are those of units, of each label and of each method (Sechidis et al., "On the
stratification of multi-label data", 2011, here with whole units).
"""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dfstudy.data.manifest import SPLITS


def named(shares: Sequence[float]) -> dict[str, float]:
    """Three shares are of train, val, test, two of train and test; else ValueError."""
    if len(shares) not in (2, 3):
        raise ValueError(f"two or three fractions, not {len(shares)}: {shares}")
    parts = SPLITS if len(shares) == 3 else ("train", "test")
    return dict(zip(parts, shares, strict=True))


def fractions(asked: Mapping[str, float]) -> dict[str, float]:
    """The share of train, val and test, in this order.

    Where only train and test are asked for, a fifth of the training part becomes val:
    nothing is ever chosen on test videos.

    Raises:
        ValueError: another part, a share that is not positive, or a sum other than 1.
    """
    parts = dict(asked)
    if "val" not in parts and "train" in parts:
        parts |= cut_val(parts["train"])
    if set(parts) != set(SPLITS) or not min(parts.values()) > 0:
        raise ValueError(f"fractions need a positive share of {SPLITS}: {asked}")
    if abs(sum(parts.values()) - 1) > 1e-9:
        raise ValueError(f"fractions must sum to 1: {asked}")
    return {part: parts[part] for part in SPLITS}


def cut_val(train: float) -> dict[str, float]:
    """Shares of train and val, cut from a training part without one."""
    return {"train": 0.8 * train, "val": 0.2 * train}


def strata(table: pd.DataFrame) -> pd.DataFrame:
    """(videos, strata) 0 or 1: what is to be shared out evenly, labels first."""
    return pd.get_dummies(table[["label", "method"]].astype("str")).astype(int)


def place(
    table: pd.DataFrame, units: pd.Series, *, shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Unit -> part: largest first, each to where it brings all shares closest.

    Args:
        table: a manifest.
        units: the unit of each row.
        shares: part -> share, summing to 1.
        seed: of the order of units of about one size.
    """
    if units.empty:
        return {}
    counts = strata(table).assign(units=1).groupby(units).sum()
    counts["units"] = 1
    videos = units.value_counts()
    # By hash, so that the order depends on neither rows nor the other units; large ones
    # first because they are hard to place, but by octave, so that seeds differ.
    order = sorted(
        counts.index,
        key=lambda unit: (
            -int(videos[unit]).bit_length(),
            hashlib.sha256(f"{seed}:{unit}".encode()).digest(),
        ),
    )
    share = np.array(list(shares.values()))[:, None]
    vectors = counts.loc[order].to_numpy(float)  # (units, strata)
    vectors /= vectors.sum(axis=0)
    at = np.empty(len(order), int)
    missing = np.tile(share, vectors.shape[1])  # (parts, strata): share still to come
    for i, vector in enumerate(vectors):
        # Change of the squared distance from the shares, if the unit went there.
        change = ((missing - vector) ** 2 - missing**2).sum(axis=1)
        at[i] = np.argmin(change.round(12))
        missing[at[i]] -= vector
    has = counts.filter(regex="^label_").loc[order].to_numpy() > 0
    _improve(at, missing, vectors, has)
    return dict(zip(order, np.array(list(shares))[at].tolist(), strict=True))


def _improve(
    at: np.ndarray, missing: np.ndarray, vectors: np.ndarray, has: np.ndarray
) -> None:
    """Move single units, in place, while a move makes the split better.

    Better is: a part that lacks a label gets one; else, shares closer to those asked.

    Args:
        at: (units,) index of the part that each unit is in.
        missing: (parts, strata) share that each part lacks (negative: too much).
        vectors: (units, strata) share that each unit brings.
        has: (units, labels) whether a unit holds a video of the label.
    """
    count = np.array([has[at == part].sum(axis=0) for part in range(len(missing))])
    while True:
        home = missing[at]  # (units, strata)
        leave = ((home + vectors) ** 2 - home**2).sum(axis=1)
        opened = ((count[at] == has) & has).sum(axis=1)
        # (parts, units): what each move costs, and how many label gaps it leaves less.
        arrive = (vectors**2).sum(axis=1) - 2 * missing @ vectors.T
        change = (leave + arrive).round(12)
        gaps = opened - ((count == 0) @ has.T.astype(int))
        stays = at == np.arange(len(missing))[:, None]
        gaps[stays], change[stays] = 0, 0
        best = np.lexsort((change.ravel(), gaps.ravel()))[0]
        part, unit = np.unravel_index(best, gaps.shape)
        if (gaps[part, unit], change[part, unit]) >= (0, 0):
            return
        missing[at[unit]] += vectors[unit]
        missing[part] -= vectors[unit]
        count[at[unit]] -= has[unit]
        count[part] += has[unit]
        at[unit] = part
