"""What is left of a detector when its videos have been through the world?

    tables = damaged({"clean": clean.detector, "mixed": mixed.detector}, ...)
    table = curves(tables)              # AUROC by detector, perturbation and family
    report.robustness.curves(table)
    gains(tables)                       # mixed minus clean, paired, level by level
    at(tables["clean"], "h264", 51)     # the videos of one damage: for `calibrated`

Tables are those of study.damaged. A curve says more than a point: where a detector
falls differs from how far (Hendrycks and Dietterich, ICLR 2019).
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from dfstudy.metrics.intervals import MIN_GROUPS, fewest_groups, group_mean
from dfstudy.metrics.paired import compare_auroc, holm
from dfstudy.study.damaged import AS_IT_IS
from dfstudy.study.kinds import auroc_of

ALL = "all"  # the row of all fakes


def curves(
    tables: Mapping[str, pd.DataFrame],
    *,
    by: Literal["method", "kind"] = "method",
    families: Sequence[str] = (),
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """AUROC and false alarms over the levels of each perturbation, with intervals.

    Args:
        tables: of `damaged`.
        by: what a family is; a "kind" tells fast from slow disorder.
        families: which get rows of their own beside "all"; by default those that are
            there.

    Returns:
        One row a detector, perturbation, level and family. Columns: detector,
        perturbation, level (0 is the video as it is, of every perturbation), metric
        ("auroc": of the family's fakes against all reals; "reals called fake": the
        share, by the rule that validation chose, family "real"), family, n (videos
        that the row is of), value, low, high, reason (see metrics.intervals).
    """
    options = {"n_bootstrap": n_bootstrap, "seed": seed}
    rows = []
    for detector, table in tables.items():
        table = table.assign(family=table[by])
        names = list(families) or sorted(set(table.loc[table["label"] == 1, "family"]))
        clean = table["perturbation"] == AS_IT_IS
        at_zero = _points(table[clean], names, **options)
        for perturbation in table.loc[~clean, "perturbation"].unique():
            of = {"detector": detector, "perturbation": perturbation}
            rows += [of | {"level": 0.0} | row for row in at_zero]
            mine = table[table["perturbation"] == perturbation]
            # Tables are in the order of the ladder, from mild to heavy.
            for level in mine["level"].unique():
                at = _points(mine[mine["level"] == level], names, **options)
                rows += [of | {"level": level} | row for row in at]
    first = ["detector", "perturbation", "level", "metric", "family", "n"]
    columns = [*first, "value", "low", "high", "reason"]
    numbers = dict.fromkeys(("level", "value", "low", "high"), "float64")
    return pd.DataFrame(rows).reindex(columns=columns).astype(numbers)


def gains(
    tables: Mapping[str, pd.DataFrame], *, n_bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """AUROC of each detector minus that of each one before it, damage by damage.

    Paired: all see the same videos, and each resample has the same groups for all.

    Args:
        tables: of `damaged`, of the same damages; videos that one has not are left out.

    Returns:
        One row a pair and damage: detector ("mixed - clean"), perturbation, level, n
        (videos), value, low, high, p, p_holm (over all rows), reason where there are
        too few groups, or one class only.
    """
    rows = []
    for (first, one), (second, other) in combinations(tables.items(), 2):
        both = one.merge(
            other[["video_id", "perturbation", "level", "score"]],
            on=["video_id", "perturbation", "level"],
            suffixes=("", "_other"),
        )
        for (kind, level), mine in both.groupby(["perturbation", "level"], sort=False):
            row = {"detector": f"{second} - {first}", "perturbation": kind}
            row |= {"level": level, "n": len(mine)}
            least = fewest_groups(mine["label"], mine["group"])
            if least < MIN_GROUPS:
                row["reason"] = f"a class comes from {least} groups"
            else:
                scores = {second: mine["score_other"], first: mine["score"]}
                given = (mine["label"], scores, mine["group"])
                _, found = compare_auroc(*given, n=n_bootstrap, seed=seed)
                row |= found.iloc[0].to_dict()
            rows.append(row)
    first = ["detector", "perturbation", "level", "n"]
    columns = [*first, "value", "low", "high", "p", "p_holm", "reason"]
    out = pd.DataFrame(rows).reindex(columns=columns)
    there = out["p"].notna()
    out.loc[there, "p_holm"] = holm(out.loc[there, "p"])
    return out


def at(table: pd.DataFrame, perturbation: str, level: float) -> pd.DataFrame:
    """The rows of one damage in a table of `damaged`; AS_IT_IS is at level 0."""
    rows = (table["perturbation"] == perturbation) & (table["level"] == level)
    return table[rows].reset_index(drop=True)


def _points(
    table: pd.DataFrame, families: Sequence[str], *, n_bootstrap: int, seed: int
) -> list[dict]:
    """The rows of one level."""
    fake, rows = table["label"] == 1, []
    for family in (ALL, *families):
        some = fake if family == ALL else fake & (table["family"] == family)
        entry = {"value": np.nan, "reason": "there are no such fakes"}
        if some.any() and not fake.all():
            entry = auroc_of(some, table, n_bootstrap=n_bootstrap, seed=seed)
        row = {"metric": "auroc", "family": family, "n": int(some.sum())}
        rows.append(row | entry)
    reals = table[~fake]
    entry = group_mean(reals["called"], reals["group"], n=n_bootstrap, seed=seed)
    row = {"metric": "reals called fake", "family": "real", "n": len(reals)}
    return [*rows, row | entry]
