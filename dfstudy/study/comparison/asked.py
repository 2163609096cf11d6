"""Detectors asked about videos: which were tested, what was found, or why nothing.

videos = tested(entries)
quality, differences = measured(chosen, videos[of_families(videos, ["blend"])], options)
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dfstudy.metrics import paired
from dfstudy.metrics.intervals import MIN_GROUPS, fewest_groups
from dfstudy.study.comparison.headline import Entry

_RANKING = ("auroc", "eer")


def measured(
    chosen: Mapping[str, Entry],
    videos: pd.DataFrame,
    options: Mapping,
    *,
    metric: str = "auroc",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`metrics.paired.compare` of these detectors on these videos, with reasons.

    Too few groups have values and no intervals, one class has neither: `reason`.
    """
    quality = pd.DataFrame(
        {"value": np.nan, "low": np.nan, "high": np.nan, "reason": None},
        index=pd.Index(list(chosen), name="name"),
    ).astype({"reason": "object"})
    if videos["label"].nunique() < 2 or not chosen:
        columns = ["first", "second", "value", "low", "high", "p", "p_holm"]
        nothing = pd.DataFrame(columns=columns)
        return quality.assign(reason="reals or fakes are missing"), nothing
    # What judges takes the verdicts, what ranks the scores.
    column = "score" if metric in _RANKING else "called"
    ids = videos["video_id"]
    found, differences = paired.compare(
        videos["label"],
        {name: entry.values(ids, column) for name, entry in chosen.items()},
        videos["group"],
        metric=metric,
        **options,
    )
    quality.update(found)
    differences.insert(0, "second", [pair[1] for pair in differences.index])
    differences.insert(0, "first", [pair[0] for pair in differences.index])
    if few := too_few(videos):
        quality[["low", "high"]], quality["reason"] = np.nan, few
        differences[["low", "high", "p", "p_holm"]] = np.nan
    return quality, differences.reset_index(drop=True)


def too_few(videos: pd.DataFrame) -> str | None:
    """Why there is no interval on these videos; None where there is one."""
    fewest = fewest_groups(videos["label"], videos["group"])
    if fewest >= MIN_GROUPS:
        return None
    return f"of {fewest} groups; an interval needs at least {MIN_GROUPS}"


def tested(shared: Sequence[Entry]) -> pd.DataFrame:
    """The test videos that any of them has scored."""
    tables = [table for entry in shared for table in entry.split("test")]
    every = pd.concat(tables).drop_duplicates("video_id")
    return every.sort_values("video_id", ignore_index=True)
