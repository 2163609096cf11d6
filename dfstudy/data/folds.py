"""Cross-validation: k splits, so that every group is in the test part once.

    for table, facts in folds(manifest, k=5, seed=0): ...

scikit-learn's StratifiedGroupKFold on the groups (or people) of `data.groups`.
"""

from collections.abc import Iterator

import pandas as pd

from dfstudy.data import groups, people
from dfstudy.data import proof as proofs


def folds(
    manifest: pd.DataFrame, *, k: int, seed: int, kind: str = "group"
) -> Iterator[tuple[pd.DataFrame, dict]]:
    """Yield k splits; the i-th tests on fold i, validates on the next, trains on all.

    Args:
        manifest: see `data.manifest`.
        k: folds, at least 3: one to test on, one for validation, the rest for training.
        seed: which groups go where.
        kind: "group" or "people", as in `splits.split`. Where people are split, a fake
            whose target and donor are in two folds is dropped when these folds are in
            two parts: it is tested on in no fold.

    Yields:
        What `splits.split` returns: the manifest with `group` and `split`, and the
        proof, with `fold` (1 to k) and `folds` (k) besides.

    Raises:
        ValueError: k < 3, fewer groups than folds, or another kind.
        SplitError: a fold cuts a group (checked afterwards, by other code).
    """
    if kind not in ("group", "people"):
        raise ValueError(f"folds are made by group or by people, not by {kind!r}")
    found = groups.find(manifest, people=kind == "people")
    n_units = found.units["unit"].nunique()
    if not 3 <= k <= n_units:
        raise ValueError(f"{k} folds: at least 3, and at most one a group ({n_units})")
    fold_of = _fold_of(found, k, seed)
    shares = {"train": (k - 2) / k, "val": 1 / k, "test": 1 / k}
    for i in range(k):
        role = {f: "train" for f in range(k)} | {(i + 1) % k: "val", i: "test"}
        part_of = {unit: role[fold] for unit, fold in fold_of.items()}
        table = found.table.assign(split=people.parts(found.units, part_of))
        proofs.verify(table)
        facts = proofs.build(
            found,
            table,
            kind="people" if found.by_person else kind,
            asked=kind,
            seed=seed,
            fractions=shares,
        )
        yield table, facts | {"fold": i + 1, "folds": k}


def _fold_of(found: groups.Found, k: int, seed: int) -> dict[str, int]:
    from sklearn.model_selection import StratifiedGroupKFold

    table = found.table.sort_values("video_id")  # row order is of no account
    unit = found.units["unit"][table.index]
    cutter = StratifiedGroupKFold(k, shuffle=True, random_state=seed)
    fold_of = {}
    strata = table["label"].astype("str") + table["method"].fillna("")
    for i, (_, test) in enumerate(cutter.split(table, strata, unit)):
        fold_of |= dict.fromkeys(unit.iloc[test], i)
    if not found.by_person:
        return fold_of
    shares = dict.fromkeys(range(k), 1 / k)
    return people.settle(fold_of, found.table, found.units, shares=shares)
