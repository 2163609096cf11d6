"""A run folder with results of detectors that were never trained: known skills."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy.training import predictions, results
from dfstudy.training.rule import Rule

KINDS = ("blend", "disorder, fast", "disorder, slow", "flicker")
FAMILIES = ["blend", "disorder", "flicker"]


def manifest(pairs: int = 30, kinds=KINDS) -> pd.DataFrame:
    """Per pair two reals and a fake of each kind; a third of the pairs a split."""
    rows = [
        {"video_id": f"p{pair:02}_{i}", "label": int(kind != "real"), "kind": kind}
        | {"method": kind.split(",")[0], "dataset": "made", "group": f"g{pair:02}"}
        | {"split": ("train", "val", "test")[pair % 3]}
        | {"skin": ("light", "dark")[pair % 2], "age": ("young", "old")[pair // 2 % 2]}
        for pair in range(pairs)
        for i, kind in enumerate(("real", "real", *kinds))
    ]
    return pd.DataFrame(rows)


def write(
    runs: Path,
    model: str,
    *,
    skill: float | Mapping[str, float] = 1.0,
    seed: int = 0,
    lesson: str = "03",
    videos: pd.DataFrame | None = None,
    split: str = "one",
    kind: str = "synthetic",
    without: tuple[str, ...] = (),
    hard: Mapping[str, float] | None = None,
    **more,
) -> Path:
    """One detector's files; fakes score higher by `skill`, of all kinds or of each.

    `without`: videos that it did not score. `hard`: of each group, what makes its fakes
    score lower. `more` goes into the result.
    """
    table = manifest() if videos is None else videos
    facts = runs / "videos" / f"{split}.parquet"
    facts.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(facts, index=False)
    seen = table[(table["split"] != "train") & ~table["video_id"].isin(without)]
    rng = np.random.default_rng([seed, *model.encode()])
    each = skill if isinstance(skill, Mapping) else dict.fromkeys(KINDS, skill)
    z = rng.normal(size=len(seen)) + seen["kind"].map(each).fillna(0).to_numpy()
    z -= seen["group"].map(hard or {}).fillna(0).to_numpy() * seen["label"].to_numpy()
    scored = predictions.table(seen["video_id"], 1 / (1 + np.exp(-z)))
    predictions.write(scored, runs / "predictions" / f"{lesson}_{model}_{seed}.parquet")
    families = more.pop("train_families", FAMILIES)
    options = {"train_families": families, "n_bootstrap": 20, "seed": 0}
    rule = Rule("mean", 0.6)
    metrics, frames = results.evaluate(scored, table, rule, 1.0, **options)
    given = {
        "framework": "torch",
        "profile": "smoke",
        "backbone": "slim",
        "pretrained": "synthetic-tracks",
        "data": {
            "name": "made",
            "kind": kind,
            "manifest_sha256": "ab",
            "split_sha256": split,
            "counts": {},
        },
        "protocol": {
            "aggregation": "mean",
            "threshold": 0.6,
            "strict": False,
            "temperature": 1.0,
            "checkpoint": "ef",
            "test_reads": 1,
        },
        "cost": {"parameters": 1000, "infer_ms_per_video": 5.0, "device": "cpu"},
    }
    return results.write_result(
        runs,
        lesson=lesson,
        model=model,
        seed=seed,
        train_families=families,
        metrics=metrics,
        frame_metrics=frames,
        trivial=results.trivial_rows(table, **options),
        **(given | more),
    )
