"""How many differences chance alone finds, when many detectors are compared.

    by_chance(reals=96, fakes=192, detectors=7)["found"].mean()

All detectors are equally good, so every difference that is found is a false one.
"""

from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import norm

from dfstudy.metrics.paired import delong, holm


def by_chance(
    *,
    reals: int,
    fakes: int,
    detectors: int,
    auroc: float = 0.7,
    shared: float = 0.5,
    repeats: int = 500,
    level: float = 0.05,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare equally good detectors on one new test set after another.

    A score is normal, higher for a fake by what gives the AUROC. Part of it is the
    video's own and the same for all detectors, the rest each one's luck with it. Every
    video is a group of its own, so DeLong's test is the right one.

    Args:
        reals, fakes: videos of a test set, at least 2 of each.
        detectors: D of them have D (D - 1) / 2 pairs; at least 2.
        auroc: of every detector. shared: share of the variance that is the video's.
        repeats: test sets. level: of the test.

    Returns:
        One row a repeat: pairs; found, those with p < level; found_holm, those whose
        corrected p is; value, the largest difference of AUROC.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1], [reals, fakes])
    first, second = np.array(list(combinations(range(detectors), 2))).T
    apart = np.sqrt(2) * norm.ppf(auroc)
    rows = []
    for _ in range(repeats):
        common = apart * labels + np.sqrt(shared) * rng.normal(size=labels.size)
        luck = rng.normal(size=(detectors, labels.size))
        area, c = delong(labels, common + np.sqrt(1 - shared) * luck)
        gap = area[first] - area[second]
        spread = np.sqrt(c[first, first] + c[second, second] - 2 * c[first, second])
        p = 2 * norm.sf(np.abs(gap) / spread)
        rows.append(
            {
                "pairs": len(p),
                "found": int((p < level).sum()),
                "found_holm": int((holm(p) < level).sum()),
                "value": float(np.abs(gap).max()),
            }
        )
    return pd.DataFrame(rows)
