"""A run's files without a run: results, predictions and videos with planted scores.

facts = videos(groups=30)                       # what is known of the videos
write(tmp_path, facts, {("03", "frame_keras", 0): scores})
"""

import numpy as np
import pandas as pd

from dfstudy.training import predictions, results
from dfstudy.training.rule import Rule

SPLIT = "planted"
KINDS = ("blend", "disorder, fast", "flicker", "partial")


def videos(*, groups=30, kinds=KINDS, seed=0):
    """Per group two reals and a fake of each kind; a third of the groups is val."""
    rng = np.random.default_rng(seed)
    rows = []
    for g in range(groups):
        for i, kind in enumerate(("real", "real", *kinds)):
            rows.append(
                {
                    "video_id": f"v{g:03d}_{i}",
                    "label": int(i > 1),
                    "method": kind.split(",")[0],
                    "dataset": "synthetic",
                    "group": f"g{g:03d}",
                    "split": "val" if g % 3 == 0 else "test",
                    "kind": kind,
                    "skin": ("light", "medium", "dark")[g % 3 if i % 2 else g % 2],
                    "age": rng.choice(["young", "middle", "old"]),
                }
            )
    return pd.DataFrame(rows)


def scores(facts, *, apart=1.0, only=None, noise=1.0, seed=0, common=0):
    """P(fake), (N,): fakes (of the kinds `only`) lie `apart` above the reals."""
    shared = np.random.default_rng(common).normal(size=len(facts))
    own = np.random.default_rng([seed, 3]).normal(size=len(facts))
    found = (facts["label"] == 1) & (facts["kind"].isin(only or facts["kind"]))
    return 1 / (1 + np.exp(-(apart * found + shared + noise * own - apart / 2)))


def write(runs, facts, detectors, *, kind="synthetic", split=SPLIT, **more):
    """Write the files of `detectors`: {(lesson, model, seed): scores (N,)}.

    `more` are fields of the results, for all of them or, as a function of the model's
    name, for each.
    """
    options = {"n_bootstrap": 20, "seed": 0}
    families = sorted(set(facts.loc[facts["label"] == 1, "method"]))
    rule = Rule("mean", 0.5)
    data = {"name": SPLIT, "kind": kind, "manifest_sha256": "ab", "counts": {}}
    for (lesson, model, seed), values in detectors.items():
        given = {"train_families": families, "cost": {"real_time_factor": 0.5}}
        given |= {"backbone": "slim", "pretrained": "synthetic-tracks"}
        given |= {k: v(model) if callable(v) else v for k, v in more.items()}
        table = predictions.table(facts["video_id"], np.asarray(values))
        stem = f"{lesson}_{model}_{seed}"
        predictions.write(table, runs / "predictions" / f"{stem}.parquet")
        chosen = {"train_families": given["train_families"], **options}
        metrics, frames = results.evaluate(table, facts, rule, 1.0, **chosen)
        results.write_result(
            runs,
            lesson=lesson,
            model=model,
            framework="torch",
            profile="smoke",
            seed=seed,
            data=data | {"split_sha256": split},
            protocol={"aggregation": "mean", "threshold": 0.5, "strict": False}
            | {"temperature": 1.0, "checkpoint": "c", "test_reads": 1},
            metrics=metrics,
            frame_metrics=frames,
            trivial=results.trivial_rows(facts, **chosen),
            **given,
        )
    path = runs / "videos" / f"{split}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    facts.to_parquet(path, index=False)
    return runs
