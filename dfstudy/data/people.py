"""A split of people that keeps fakes: target and donor in one part where that can be.

    part_of = people.settle(part_of, table, units, shares=shares)
    table["split"] = people.parts(units, part_of)       # missing: target, donor apart

With N people and random donors, a part that holds a share f of the people holds only
f^2 of the fakes; the rest hang between two parts and must be dropped. Which people
share a part is therefore searched for: start from a split that is balanced, then, one
person after the other, exchange them with the person (or an empty seat) of another part
where that gains most, until nobody gains. The gain is in

    sum over people, labels and methods, over parts, of share * log(kept in the part),

which is largest where all is kept and the parts have their asked shares: one rule for
"near the fractions" and for "keep many", by which a tenth more fakes in a small part
counts as a tenth more in a large one, weighed by the share (proportional fairness:
Kelly et al., "Rate control for communication networks", 1998).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array

from dfstudy.data import assign


def parts(units: pd.DataFrame, part_of: Mapping[str, object]) -> pd.Series:
    """The part of each row, missing where the unit of its donor is in another one."""
    part = units["unit"].map(part_of)
    return part.where(units["donor"].isna() | (units["donor"].map(part_of) == part))


def settle(
    part_of: Mapping[str, str],
    table: pd.DataFrame,
    units: pd.DataFrame,
    *,
    shares: Mapping[str, float],
) -> dict[str, str]:
    """A better `part_of`, with donors who have no video of their own placed too.

    Args:
        part_of: unit -> part, of all units with videos.
        table: a manifest.
        units: per row `unit` and `donor` (`data.groups.Found`).
        shares: part -> share, summing to 1.
    """
    hang = units["donor"].notna()
    people = sorted({*units["unit"][hang], *units["donor"][hang]})
    names, share = list(shares), np.array(list(shares.values()))
    # Donors without a video of their own start in the first part, and are free to go.
    at = np.array([names.index(part_of.get(name, names[0])) for name in people], int)
    vectors = assign.strata(table)
    steady, fixed = _steady(vectors, units, part_of, people, names)
    ties = _ties(vectors[hang], units[hang], people)
    _exchange(at, steady, fixed, ties, share)
    return {**part_of, **{p: names[i] for p, i in zip(people, at, strict=True)}}


def _steady(
    vectors: pd.DataFrame,
    units: pd.DataFrame,
    part_of: Mapping[str, str],
    people: list[str],
    names: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    """What hangs on nobody else: (people, strata), and (parts, strata) of the others.

    The last stratum counts people (units with videos).
    """
    counts = vectors.mul(units["donor"].isna().astype(int), axis=0)
    counts = counts.groupby(units["unit"]).sum().assign(units=1)
    others = counts[~counts.index.isin(people)]
    fixed = others.groupby(others.index.map(part_of)).sum()
    return (
        counts.reindex(people, fill_value=0).to_numpy(float),
        fixed.reindex(names, fill_value=0).to_numpy(float),
    )


def _ties(vectors: pd.DataFrame, units: pd.DataFrame, people: list[str]) -> csr_array:
    """(people, people x strata), symmetric: the fakes that two people are both in."""
    n, n_strata = len(people), vectors.shape[1] + 1
    number = pd.Series(range(n), people)
    a, b = (number.loc[units[name]].to_numpy() for name in ("unit", "donor"))
    row, stratum = np.nonzero(vectors.to_numpy())
    first, second = np.append(a[row], b[row]), np.append(b[row], a[row])
    columns = second * n_strata + np.tile(stratum, 2)
    ones = np.ones(len(first))
    return coo_array((ones, (first, columns)), shape=(n, n * n_strata)).tocsr()


def _exchange(
    at: np.ndarray,
    steady: np.ndarray,
    fixed: np.ndarray,
    ties: csr_array,
    share: np.ndarray,
) -> None:
    """Change `at` (people,), the part of each person, while an exchange gains.

    Args:
        steady: (people, strata) videos that a person brings in any case.
        fixed: (parts, strata) videos that are there in any case.
        ties: (people, people x strata) fakes of two people, kept if they are together.
        share: (parts,) asked.
    """
    (n, n_strata), n_parts = steady.shape, len(share)
    # After the people, one empty seat in each part: an exchange with it is a move.
    seats = np.append(at, np.arange(n_parts))
    rows = np.arange(n + n_parts)
    steady = np.vstack([steady, np.zeros((n_parts, n_strata))])

    def tie(u: int) -> np.ndarray:
        """(people and seats, strata): the fakes that u shares with each."""
        shared = np.zeros((n + n_parts, n_strata))
        if u < n:
            shared[:n] = ties[[u]].toarray().reshape(n, n_strata)
        return shared

    # with_part[u, p]: the fakes that u shares with the people of part p.
    with_part = np.zeros((n + n_parts, n_parts, n_strata))
    for u in range(n):
        with_part[:, at[u]] += tie(u)
    kept = fixed.copy()
    for u in range(n):
        kept[at[u]] += steady[u] + with_part[u, at[u]] / 2  # counted from both ends

    gained = True
    while gained:
        gained = False
        for u in range(n):
            p, q, shared = seats[u], seats.copy(), tie(u)
            change = steady - steady[u]
            home = kept[p] + change + with_part[:, p] - with_part[u, p] - shared
            away = kept[q] - change + with_part[u, q] - with_part[rows, q] - shared
            gain = share[p] * _log(home, kept[p]) + share[q] * _log(away, kept[q])
            gain[q == p] = 0
            v = int(np.argmax(gain.round(9)))
            if gain[v] < 1e-9:
                continue
            gained = True
            kept[p], kept[q[v]] = home[v], away[v]
            moved = shared - tie(v)
            with_part[:, q[v]] += moved
            with_part[:, p] -= moved
            seats[u] = q[v]
            if v < n:
                seats[v] = p
    at[:] = seats[:n]


def _log(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Sum over strata of the logarithm's change; half a video keeps it finite at 0."""
    return np.log((new + 0.5) / (old + 0.5)).sum(axis=-1)
