"""Two detectors on the same people: what pairing is worth.

paired_and_not(one)         # of the two best: the interval, and as if unpaired
"""

import numpy as np
import pandas as pd

from dfstudy.metrics import scores
from dfstudy.metrics.intervals import drawn_groups, drawn_runs
from dfstudy.study.comparison import Comparison
from dfstudy.study.comparison.asked import too_few


def paired_and_not(
    one: Comparison, *, n_bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """The two best detectors: their difference as it is, and as if on other videos.

    The second is what comes out where each has been tested on people of its own, or
    where two intervals are subtracted: what makes a person hard for both does not
    cancel.

    Returns:
        Two rows: name, value, low, high, reason, `drawn`: (n,) differences by resample.
    """
    columns = ["name", "value", "low", "high", "reason", "drawn"]
    draws, few = resampled(one, n_bootstrap=n_bootstrap, seed=seed), too_few(one.videos)
    if len(one.ranking) < 2 or few:
        reason = few or "fewer than two detectors"
        rows = [{"name": name, "reason": reason} for name in ("paired", "unpaired")]
        return pd.DataFrame(rows).reindex(columns=columns)
    first, second = one.ranking[:2]
    others = np.random.default_rng([seed, 1]).permutation(draws[second])
    value = one.quality.set_index("name")["auroc"]
    rows = []
    for name, gap in (
        (f"{first} − {second}, paired", draws[first] - draws[second]),
        ("as if on other people", draws[first] - others),
    ):
        low, high = np.nanquantile(gap, [0.025, 0.975])
        row = {"name": name, "value": value[first] - value[second]}
        rows.append(row | {"low": low, "high": high, "drawn": np.asarray(gap)})
    return pd.DataFrame(rows).reindex(columns=columns)


def resampled(
    one: Comparison, *, n_bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """AUROC of each detector in each resample, the same groups for all: (n, D)."""
    codes = np.unique(one.videos["group"].astype(str), return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    draws = drawn_groups(int(codes.max(initial=-1)) + 1, n_bootstrap, rng)
    labels = one.videos["label"].to_numpy()
    return pd.DataFrame(
        {
            name: drawn_runs(
                [
                    scores.auroc_by_group(labels, row, codes)(draws)
                    for row in entry.values(one.videos["video_id"])
                ],
                rng,
            )
            for name, entry in one.chosen.items()
        }
    )
