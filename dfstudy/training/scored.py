"""The videos of a result, from the files of its run alone: no data set, no network.

    for result in results.read_results(runs):
        scored.videos(runs, result)          # who is in it, its score, the verdict

A run keeps its predictions, and once for each split what a comparison must know of the
videos: which group, which kind of forgery, which subgroup.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dfstudy import paths
from dfstudy.data.dataset import Dataset
from dfstudy.data.truth import kinds, truth
from dfstudy.metrics import apply_temperature
from dfstudy.training import predictions
from dfstudy.training.rule import Rule
from dfstudy.training.schema import ResultError

_FROM_MANIFEST = ["video_id", "label", "method", "dataset", "group", "split"]
SUBGROUPS = ("skin", "age")  # of the truth table; words


def keep(runs: str | Path, data: Dataset) -> Path:
    """Write down what `videos` needs of a data set; at once where it is there."""
    path = _facts(runs, data.identity()["split_sha256"])
    if path.exists():
        return path
    table = data.manifest[_FROM_MANIFEST].set_index("video_id")
    known = truth(data).reindex(table.index)
    table = table.assign(kind=kinds(data), **{k: known[k] for k in SUBGROUPS})
    with paths.whole(path) as part:
        table.reset_index().to_parquet(part, index=False)
    return path


def videos(
    runs: str | Path, result: Mapping, *, split: str | None = "test"
) -> pd.DataFrame:
    """One row a video that the detector of `result` has scored, sorted by `video_id`.

    Args:
        runs: the folder of the run, `runs/<profile>`.
        result: the content of one of its result files.
        split: "val" or "test"; None for both.

    Returns:
        Columns: video_id, label, method, dataset, group, split, kind ("blend",
        "disorder, fast"), skin and age (words; missing where nobody wrote them down),
        score (what ranks a video), probability (P(fake) after the temperature), called
        (the verdict, 0 or 1).

    Raises:
        ResultError: the predictions, or what is known of the videos, are not there.
    """
    name = f"{result['lesson']}_{result['model']}_{result['seed']}"
    path = Path(runs) / "predictions" / f"{name}.parquet"
    facts = _facts(runs, result["data"]["split_sha256"])
    for file in (path, facts):
        if not file.exists():
            raise ResultError(
                f"{name}: {file} is missing; run lesson {result['lesson']} again"
            )
    choice = result["protocol"]
    rule = Rule(choice["aggregation"], choice["threshold"], choice.get("strict", False))
    rows = pd.read_parquet(facts)
    about = rows.columns.drop("video_id")
    table = judged(rule, predictions.read(path), rows, about=about)
    table["probability"] = apply_temperature(table["score"], choice["temperature"])
    if split is not None:
        table = table[table["split"] == split]
    return table.sort_values("video_id", ignore_index=True)


def judged(
    rule: Rule,
    said: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    about: Sequence[str] = ("label", "method", "group"),
) -> pd.DataFrame:
    """The videos of `rows` that were scored, in their order, and the verdict on each.

    Args:
        rule: chosen on validation. said: predictions.
        rows: of the manifest, or a table with its columns.
        about: what to keep of them.

    Returns:
        Columns: video_id, those of `about`, score (what ranks it: Rule.ranking), called
        (0 or 1).
    """
    scores = rule.ranking.video_scores(said)
    table = rows.set_index("video_id")[list(about)].join(scores, how="inner")
    pooled = rule.video_scores(said)[table.index]
    return table.assign(called=rule.is_fake(pooled).astype(int)).reset_index()


def known(runs: str | Path, split_sha256: str) -> pd.DataFrame | None:
    """What `keep` has written down of the videos of a data set; None: nothing."""
    path = _facts(runs, split_sha256)
    return pd.read_parquet(path) if path.exists() else None


def _facts(runs: str | Path, split_sha256: str) -> Path:
    return Path(runs) / "videos" / f"{split_sha256}.parquet"
