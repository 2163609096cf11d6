"""Cost beside quality: which detectors does nobody beat in both?

    pareto(cost["parameters"], cost["auroc"])        # (N,) bool

The front of Pareto, drawn through measured values: quality has an interval, so that a
detector just below the front may well be on it. Milliseconds are of one machine.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from dfstudy.study.comparison.headline import Entry

COSTS = ("parameters", "macs", "infer_ms_per_video")


def pareto(cost: ArrayLike, quality: ArrayLike) -> NDArray[np.bool_]:
    """Who is on the front: nobody else costs no more, is no worse, and beats it in one.

    Args:
        cost: (N,), less is better. quality: (N,), more is better. NaN is never on it.

    Returns:
        (N,).
    """
    c, q = np.asarray(cost, float), np.asarray(quality, float)
    no_worse = (c[:, None] <= c) & (q[:, None] >= q)  # [i, j]: i is as good as j
    better = (c[:, None] < c) | (q[:, None] > q)
    return ~(no_worse & better).any(axis=0) & ~np.isnan(c) & ~np.isnan(q)


def costs(chosen: Mapping[str, Entry], quality: pd.DataFrame) -> pd.DataFrame:
    """One row a detector: name, device, COSTS (medians of its seeds), auroc, front_...

    Args:
        chosen: the detectors by name. quality: their rows, with `auroc`, in this order.
    """
    rows = []
    for name, entry in chosen.items():
        costs = [result["cost"] for result in entry.results]
        row = {"name": name, "device": costs[0]["device"]}
        for cost in COSTS:
            known = [c[cost] for c in costs if c[cost] is not None]
            row[cost] = float(np.median(known)) if known else np.nan
        rows.append(row)
    table = pd.DataFrame(rows, columns=["name", "device", *COSTS])
    table["auroc"] = quality["auroc"].to_numpy(float) if len(quality) else np.nan
    for cost in COSTS:
        table[f"front_{cost}"] = pareto(table[cost], table["auroc"])
    return table
