"""What only a renderer knows, beside what a detector said: AUROC by kind of forgery.

    kind = kinds(study.data)                     # "disorder, fast" ... by video_id
    by_kind(trained.videos(videos, "test"), kind)        # one row a kind

A `disorder` is fast (the order of frames is spoiled within about 0.1 s) or slow (within
0.5 to 1.5 s); together they hide that a detector may see only one of them. Of real
forgeries nobody has written this down: there are the manifest's methods, or "unknown".
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dfstudy.data import layouts
from dfstudy.data.dataset import Dataset
from dfstudy.metrics.intervals import group_bootstrap

DISORDERS = ("disorder, fast", "disorder, slow")
_TRUTH = ("video_id", "scale", "manipulated", "frame_order")


def truth(data: Dataset) -> pd.DataFrame:
    """What the renderer did to each video.

    Columns: scale; manipulated, bool (n,), which of its n frames are forged;
    frame_order (n,), which frame of the authentic clip each one shows. Indexed by
    `video_id`; empty where no truth.parquet lies beside the videos.
    """
    files = [home / "truth.parquet" for home in layouts.homes(data.root)]
    tables = [
        pd.read_parquet(file, columns=list(_TRUTH)) for file in files if file.exists()
    ]
    if not tables:
        return pd.DataFrame(columns=list(_TRUTH)).set_index("video_id")
    return pd.concat(tables).set_index("video_id")


def kinds(data: Dataset) -> pd.Series:
    """The kind of every video, by `video_id`: its method, with the scale if it has one.

    "real" for real videos; "unknown" for a fake whose method is not written down.
    """
    rows = data.manifest.set_index("video_id")
    names = rows["method"].astype("object").fillna("unknown")
    names = names.where(rows["label"] == 1, "real")
    scale = truth(data)["scale"].reindex(rows.index)
    return (names + (", " + scale.astype("object")).fillna("")).rename("kind")


def by_kind(
    videos: pd.DataFrame,
    kind: pd.Series,
    *,
    wanted: Sequence[str] = (),
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """AUROC of the fakes of each kind against all reals: one row a kind.

    Args:
        videos: label, score, group, video_id (`Trained.videos`).
        kind: of each video, by video_id (`kinds`).
        wanted: which kinds, in this order; one that is not there has no value, and the
            reason says so. By default all that are there.

    Returns:
        Columns: name (of the kind), n (fakes), value, low, high, reason (see
        metrics.intervals), as report.figures.intervals takes them.
    """
    mine = videos["video_id"].map(kind)
    there = sorted(set(mine[videos["label"] == 1]))
    rows = []
    for name in wanted or there:
        fakes = (mine == name) & (videos["label"] == 1)
        some = videos[fakes | (videos["label"] == 0)]
        entry = {"value": np.nan, "reason": "there is no such video in this data"}
        if fakes.any():
            entry = group_bootstrap(
                some["label"],
                some["score"],
                some["group"],
                threshold=0.5,
                n=n_bootstrap,
                seed=seed,
            )["auroc"]
        rows.append({"name": name, "n": int(fakes.sum()), **entry})
    columns = ["name", "n", "value", "low", "high", "reason"]
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    return pd.DataFrame(rows).reindex(columns=columns).astype(numbers)
