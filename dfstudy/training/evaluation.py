"""From predictions to the metrics of a result: each split and family, with intervals.

    metrics, frame_metrics = evaluate(
        predictions, manifest, rule, temperature,
        train_families=["blend"], n_bootstrap=1000, seed=0,
    )
    metrics["test"]["all"]["auroc"]        # {"value": 0.93, "low": 0.88, "high": 0.97}

A family row scores that family's fakes against all reals, so that rows of one split
differ by the fakes alone; "all" is the families that the detector was trained on.
"""

from collections.abc import Sequence
from copy import deepcopy
from functools import lru_cache

import numpy as np
import pandas as pd

from dfstudy.metrics import apply_temperature, group_bootstrap
from dfstudy.training import predictions as tables
from dfstudy.training.rule import FRAME_THRESHOLD, Rule

SPLITS = ("val", "test")  # nobody is told a training score
_NEEDED = ["video_id", "label", "method", "group", "split"]

# [split]["all" | family][metric] -> entry of metrics.intervals.group_bootstrap
Metrics = dict[str, dict[str, dict[str, dict]]]


def evaluate(
    predictions: pd.DataFrame,
    manifest: pd.DataFrame,
    rule: Rule,
    temperature: float,
    *,
    train_families: Sequence[str],
    n_bootstrap: int,
    seed: int,
) -> tuple[Metrics, Metrics | None]:
    """Metrics of the videos, and of their frames where frames were scored.

    Args:
        predictions: of validation and test videos; training videos in it are ignored.
        manifest: with `label, method, group, split` of these videos.
        rule: judges a video; what ranks it are the values of `rule.ranking`.
        temperature: makes these values probabilities, for log_loss and ece. Frames
            are judged at 0.5 and keep their raw score.
        train_families: methods of the "all" row.
        n_bootstrap: resamples of each interval. seed: of the resampling.

    Returns:
        (metrics, frame_metrics), [split]["all" | method][metric]; only splits that were
        scored; frame_metrics is None for a model that scores whole videos.

    Raises:
        ValueError: a predicted video is not in the manifest, or has no group.
    """
    facts = _facts(manifest)
    options = {"train_families": train_families, "n": n_bootstrap, "seed": seed}
    videos = _join(rule.ranking.video_scores(predictions).reset_index(), facts)
    videos["probability"] = apply_temperature(videos["score"], temperature)
    called = rule.is_fake(rule.video_scores(predictions)[videos["video_id"]])
    # The rule has decided, perhaps not by this score: 0 is called fake, 2 never.
    videos["threshold"] = np.where(called, 0.0, 2.0)
    options["families"] = families(manifest)
    metrics = _by_split(videos, **options)
    frames = tables.frame_scores(predictions)
    if frames.empty:
        return metrics, None
    frames = _join(frames, facts).assign(
        probability=lambda t: t["score"], threshold=FRAME_THRESHOLD
    )
    return metrics, _by_split(frames, **options)


def trivial_rows(
    manifest: pd.DataFrame,
    *,
    train_families: Sequence[str],
    n_bootstrap: int,
    seed: int,
) -> dict[str, Metrics]:
    """What needs no video: the rows that every table carries.

    "all fake" and "all real" never look; "prior coin" calls fake with the probability
    of a fake among the training videos. Their scores are constant: their AUROC is 0.5.

    Returns:
        {name: metrics}, of the videos in `manifest`; the shape is that of `evaluate`.
    """
    facts = _facts(manifest).sort_values("video_id").reset_index()
    rows = tuple(facts.itertuples(index=False, name=None))
    return deepcopy(_trivial_rows(rows, tuple(train_families), n_bootstrap, seed))


@lru_cache(maxsize=8)  # the same for every detector of the same videos
def _trivial_rows(
    facts: tuple, train_families: tuple[str, ...], n_bootstrap: int, seed: int
) -> dict[str, Metrics]:
    facts = pd.DataFrame(facts, columns=_NEEDED)
    train = facts[facts["split"] == "train"]
    prior = float(train.loc[of_families(train, train_families), "label"].mean())
    prior = 0.5 if np.isnan(prior) else prior
    coin = np.random.default_rng(seed).random(len(facts))
    rows = {"all fake": (1.0, 0.5), "all real": (0.0, 0.5), "prior coin": (prior, coin)}
    out = {}
    for name, (score, threshold) in rows.items():
        table = facts.assign(score=score, probability=score, threshold=threshold)
        metrics = _by_split(
            table,
            train_families=train_families,
            families=families(facts),
            n=n_bootstrap,
            seed=seed,
        )
        for split in metrics.values():
            for entries in split.values():
                for entry in entries.values():
                    entry.pop("note", None)  # a recall of 1 is by construction here
        out[name] = metrics
    return out


def families(manifest: pd.DataFrame) -> list[str]:
    """The forgery methods of a manifest, sorted; "unknown" where none is written."""
    fakes = manifest.loc[manifest["label"] == 1, "method"]
    return sorted(fakes.astype("object").fillna("unknown").unique())


def scored_counts(
    predictions: pd.DataFrame, manifest: pd.DataFrame
) -> dict[str, dict[str, int]]:
    """{split: {"real": n, "fake": n}} of the videos that got a score.

    Beside the counts of the manifest it shows how many were dropped, of which class: a
    detector that skips faceless videos is measured on what is left.
    """
    seen = manifest[manifest["video_id"].isin(set(predictions["video_id"]))]
    return {
        split: {
            "real": int((rows["label"] == 0).sum()),
            "fake": int((rows["label"] == 1).sum()),
        }
        for split, rows in seen.groupby("split", sort=True)
    }


def _by_split(
    table: pd.DataFrame,
    *,
    train_families: Sequence[str],
    families: Sequence[str],
    n: int,
    seed: int,
) -> Metrics:
    """Metrics of each split; a row is called fake at its column `threshold`."""
    metrics = {}
    for split in SPLITS:
        part = table[table["split"] == split]
        if part.empty:
            continue
        metrics[split] = {}
        for name in ("all", *families):
            rows = part[of_families(part, train_families if name == "all" else [name])]
            metrics[split][name] = group_bootstrap(
                rows["label"],
                rows["score"],
                rows["group"],
                threshold=rows["threshold"],
                probabilities=rows["probability"],
                n=n,
                seed=seed,
            )
    return metrics


def of_families(videos: pd.DataFrame, methods: Sequence[str]) -> pd.Series:
    """Which videos a row is of: all reals, and the fakes of these methods; bool."""
    known = videos["method"].astype("object").fillna("unknown")
    return (videos["label"] == 0) | known.isin(list(methods))


def _facts(manifest: pd.DataFrame) -> pd.DataFrame:
    facts = manifest[_NEEDED].copy()
    facts["method"] = facts["method"].astype("object").fillna("unknown")
    return facts.set_index("video_id")


def _join(scored: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    unknown = sorted(set(scored["video_id"]) - set(facts.index))
    if unknown:
        raise ValueError(
            f"{len(unknown)} predicted videos are not in the manifest: {unknown[:3]}"
        )
    return scored.join(facts, on="video_id")
