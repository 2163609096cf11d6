"""The verdicts of the detectors in a comparison: thresholds, rare fakes, subgroups.

    optimism(one); at_base_rates(one); by_subgroup(one)

`study.thresholds` and `study.subgroups`, asked of each detector; of several trainings
of one detector the first is taken, as a verdict is of one.
"""

import pandas as pd

from dfstudy.metrics.intervals import MIN_GROUPS, fewest_groups
from dfstudy.study import subgroups, thresholds
from dfstudy.study.comparison import Comparison


def optimism(
    one: Comparison, *, draws: int = 200, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """`thresholds.optimism` by detector, best first; none of too few groups."""
    found = {}
    for name in one.ranking:
        videos = one.chosen[name].videos[0]
        if fewest_groups(videos["label"], videos["group"]) >= 2 * MIN_GROUPS:
            found[name] = thresholds.optimism(videos, draws=draws, seed=seed)
    return found


def at_base_rates(
    one: Comparison, *, n_bootstrap: int = 1000, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """`thresholds.at_base_rates` on the test videos, by detector, best first."""
    options = {"n_bootstrap": n_bootstrap, "seed": seed}
    return {
        name: thresholds.at_base_rates(_test(one, name), **options)
        for name in one.ranking
    }


def by_subgroup(
    one: Comparison, *, best: int = 1, n_bootstrap: int = 1000, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """`subgroups.by_subgroup` on the test videos, of the `best` detectors."""
    options = {"n_bootstrap": n_bootstrap, "seed": seed}
    return {
        name: subgroups.by_subgroup(_test(one, name), **options)
        for name in one.ranking[:best]
    }


def _test(one: Comparison, name: str) -> pd.DataFrame:
    videos = one.chosen[name].videos[0]
    return videos[videos["video_id"].isin(one.videos["video_id"])]
