"""What a detector sees of each kind of forgery.

kind = truth.kinds(study.data)               # "disorder, fast" ... by video_id
by_kind(trained.videos(videos, "test"), kind)        # AUROC, one row a kind
compare({"LSTM": lstm_videos, "GRU": gru_videos}, kind)       # ... a kind and detector
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dfstudy.metrics.intervals import auroc_interval


def auroc_of(
    fakes: pd.Series, videos: pd.DataFrame, *, n_bootstrap: int, seed: int
) -> dict:
    """AUROC of some fakes against all reals: value, low, high, or the reason for none.

    Args:
        fakes: bool, which rows of `videos` they are.
        videos: label, score, group.
    """
    some = videos[fakes | (videos["label"] == 0)]
    given = (some["label"], some["score"], some["group"])
    return auroc_interval(*given, n=n_bootstrap, seed=seed)


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
        entry = {"value": np.nan, "reason": "there is no such video in this data"}
        if fakes.any():
            entry = auroc_of(fakes, videos, n_bootstrap=n_bootstrap, seed=seed)
        rows.append({"name": name, "n": int(fakes.sum()), **entry})
    columns = ["name", "n", "value", "low", "high", "reason"]
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    return pd.DataFrame(rows).reindex(columns=columns).astype(numbers)


def compare(
    tables: Mapping[str, pd.DataFrame],
    kind: pd.Series,
    *,
    wanted: Sequence[str] = (),
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """`by_kind` of several detectors, or of one under several controls, kind by kind.

    Args:
        tables: of videos, by what they are of.

    The other arguments are those of `by_kind`.

    Returns:
        The columns of `by_kind`, the name now "blend, LSTM", and `kind` and `of`.
    """
    options = {"wanted": wanted, "n_bootstrap": n_bootstrap, "seed": seed}
    rows = [
        by_kind(videos, kind, **options).assign(of=of) for of, videos in tables.items()
    ]
    table = pd.concat(rows, ignore_index=True).rename(columns={"name": "kind"})
    order = list(dict.fromkeys(table["kind"]))
    table = table.sort_values("kind", key=lambda k: k.map(order.index), kind="stable")
    name = table["kind"] + ", " + table["of"]
    return table.assign(name=name).reset_index(drop=True)
