"""One detector trained several times: what its runs say, and what its best run says.

    trained = train("xception", seeds=[0, 1, 2], name="E1", lesson="09", ...)
    runs = [run.videos(videos, "test") for run in trained]
    interval(runs)                  # of the mean run: other people, other seeds
    interval_of_best(runs)          # S3's: of the best run alone
    best_of([0.83, 0.86, 0.93], 2)  # what the better of two runs is expected to reach
    simulate(5, spread(runs))       # claimed and true, where test or validation chooses

S3 (Correia and Neves) repeats each experiment five times and prints the mean, the best
run, and a bootstrap interval of the best. That interval knows that other videos could
have been drawn, not that another seed could have, and its centre was chosen on test.
"""

import io
import warnings
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dfstudy.metrics import bca, scores
from dfstudy.metrics.intervals import (
    MIN_GROUPS,
    all_but_one,
    auroc_interval,
    drawn_groups,
    drawn_runs,
)
from dfstudy.study import papers
from dfstudy.training import experiment
from dfstudy.training.experiment import Trained


def s3_table() -> pd.DataFrame:
    """What S3 prints: metric, name, mean and best of five runs, low, high of the best.

    `outside` says whether the interval of the best leaves out the mean of its own runs,
    `sd` what the runs must scatter by for the best of five to be so far from the mean,
    if they are normal.
    """
    tables = {
        "AUROC": papers.S3_AUROC,
        "accuracy": papers.S3_ACCURACY,
        "F1": papers.S3_F1,
        # Table 4 has no intervals.
        "EER": {name: (*eer, None, None) for name, eer in papers.S3_EER.items()},
    }
    rows = [
        dict(zip(("metric", "name", "mean", "best", "low", "high"), row, strict=True))
        for metric, printed in tables.items()
        for row in ((metric, name, *numbers) for name, numbers in printed.items())
    ]
    table = pd.DataFrame(rows).astype({"low": "float64", "high": "float64"})
    table["outside"] = (table["mean"] < table["low"]) | (table["mean"] > table["high"])
    table["sd"] = (table["best"] - table["mean"]).abs() / best_of_normals(
        papers.S3_RUNS
    )
    return table


def train(
    model: str, *, seeds: Sequence[int], name: str = "", **options: Any
) -> list[Trained]:
    """The same training from several seeds, with a line a run instead of one an epoch.

    Args:
        model: a name of models.FAMILIES. name: how the line begins; `model` by default.
        options: of training.experiment.train, without its seed.
    """
    runs = []
    for seed in seeds:
        with redirect_stdout(io.StringIO()):
            run = experiment.train(model, seed=seed, **options)
        runs.append(run)
        found = run.result["metrics"]["val"]["all"]["auroc"]["value"]
        told = "none" if found is None else f"{found:.3f}"
        seconds = run.result["cost"]["train_s"]
        print(
            f"{name or model}, seed {seed}: AUROC {told} on validation,"
            f" trained in {seconds:.0f} s"
        )
    return runs


def interval(
    runs: Sequence[pd.DataFrame],
    *,
    metric: str = "auroc",
    threshold: float = 0.5,
    n_bootstrap: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict:
    """The mean of the runs, with an interval over people *and* seeds.

    A resample draws groups, the same ones for every run, and then runs
    (metrics.intervals.drawn_runs).

    Args:
        runs: of each, the same videos: video_id, label, score, group, as
            `Trained.videos` gives them.
        metric: of metrics.scores. threshold: for those that need one.

    Returns:
        value, low, high; of one run, an interval over groups alone; without enough
        groups or a class, a `reason`.

    Raises:
        ValueError: no runs, or runs of other videos.
    """
    values, whole, without, reason = _resampled(
        runs, metric, threshold, n_bootstrap, seed
    )
    if not np.isfinite(whole).all():
        return {"value": None, "reason": "reals or fakes are missing"}
    entry = {"value": float(whole.mean())}
    if reason:
        return entry | {"low": None, "high": None, "reason": reason}
    rng = np.random.default_rng([seed, 1])
    means = drawn_runs(values[:, np.isfinite(values).all(axis=0)], rng)
    given = metric, means, entry["value"], without.mean(axis=0)
    low, high = bca.interval(*given, level=level, runs=len(runs))
    return entry | {"low": low, "high": high}


def interval_of_best(
    runs: Sequence[pd.DataFrame], *, n_bootstrap: int = 1000, seed: int = 0
) -> dict:
    """As S3 gives it: the best AUROC of the runs, its videos resampled one by one."""
    aurocs = [_auroc(run) for run in runs]
    if not np.isfinite(aurocs).all():
        return {"value": None, "reason": "reals or fakes are missing"}
    best = runs[int(np.argmax(aurocs))]
    given = (best["label"], best["score"], best["video_id"])
    return auroc_interval(*given, n=n_bootstrap, seed=seed)


def summary(
    experiments: Mapping[str, Sequence[pd.DataFrame]],
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """AUROC of several experiments, each with its runs: one row an experiment.

    Columns: name, runs, mean, sd (missing of one run), best, best_low, best_high (S3's
    interval), low, high (over people and seeds), outside (S3's interval leaves out the
    mean of its own runs), reason.
    """
    rows = []
    for name, runs in experiments.items():
        options = {"n_bootstrap": n_bootstrap, "seed": seed}
        mean, best = interval(runs, **options), interval_of_best(runs, **options)
        aurocs = np.array([_auroc(run) for run in runs])
        low, high = best.get("low"), best.get("high")
        rows.append(
            {
                "name": name,
                "runs": len(runs),
                "mean": mean["value"],
                "sd": aurocs.std(ddof=1) if len(runs) > 1 else np.nan,
                "best": best["value"],
                "best_low": low,
                "best_high": high,
                "low": mean.get("low"),
                "high": mean.get("high"),
                "outside": low is not None and not low <= mean["value"] <= high,
                "reason": mean.get("reason"),
            }
        )
    numbers = ("mean", "best", "best_low", "best_high", "low", "high")
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))


def best_of(values: ArrayLike, n: int) -> float:
    """Expected highest of `n` different ones of the measured values.

    Exact: the k-th smallest of R is the highest of a draw in C(k-1, n-1) of C(R, n).
    ValueError where n is not 1 .. R.
    """
    ordered = np.sort(np.asarray(values, float))
    if not 1 <= n <= ordered.size:
        raise ValueError(f"the best of {n} out of {ordered.size} values")
    ways = np.array([comb(k, n - 1) for k in range(ordered.size)], float)
    return float(ways @ ordered / comb(ordered.size, n))


def best_of_normals(n: int, *, draws: int = 200_000, seed: int = 0) -> float:
    """Expected highest of `n` standard normal numbers, by simulation: 1.163 of five."""
    return float(np.random.default_rng(seed).normal(size=(draws, n)).max(axis=1).mean())


@dataclass(frozen=True)
class Spread:
    """Why runs differ, as standard deviations of one metric.

    `skill`: they are better or worse detectors, on any videos. `luck`: they differ on
    the videos at hand alone, which other videos would not repeat.
    """

    skill: float
    luck: float


def spread(
    experiments: Mapping[str, Sequence[pd.DataFrame]],
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> Spread:
    """Of the differences between runs of one experiment, how much is luck?

    All runs of an experiment see the same videos, so only what one run gains on its
    siblings counts. By how much that changes when the people are drawn anew is luck;
    what more the runs differ by is skill. Both are averaged over the experiments.

    Without an experiment that has two runs, or with too few people to resample, nobody
    can tell: both are NaN, and a warning says so.
    """
    luck, total = [], []
    for runs in experiments.values():
        if len(runs) < 2:
            continue
        values, whole, _, reason = _resampled(runs, "auroc", 0.5, n_bootstrap, seed)
        if reason or not np.isfinite(whole).all():
            continue
        values = values[:, np.isfinite(values).all(axis=0)]
        gains = values - values.mean(axis=0)
        # Of R runs each is a part of the mean that it is compared with.
        more = len(runs) / (len(runs) - 1)
        luck.append(gains.var(axis=1).mean() * more)
        total.append(whole.var(ddof=1))
    if not total:
        warnings.warn(
            "skill and luck cannot be told apart: no experiment has two runs on enough"
            " people",
            stacklevel=2,
        )
        return Spread(skill=np.nan, luck=np.nan)
    skill = max(0.0, float(np.mean(total) - np.mean(luck)))
    return Spread(skill=skill**0.5, luck=float(np.mean(luck)) ** 0.5)


def simulate(
    most: int, why: Spread, *, draws: int = 20_000, seed: int = 0
) -> pd.DataFrame:
    """Choose the best of n runs, again and again: claimed and true, above the mean run.

    Each run has a skill, and luck of its own on test and on as many validation videos;
    all three are normal.

    Args:
        most: the largest n. why: the standard deviations. draws: of n runs.

    Returns:
        One row an n: n; claimed, the test metric of the run that test chose; true, its
        metric on videos without end; honest, the test metric of the run that validation
        chose. All are differences from the mean run.
    """
    rng = np.random.default_rng(seed)
    skill = why.skill * rng.normal(size=(draws, most))
    test = skill + why.luck * rng.normal(size=(draws, most))
    val = skill + why.luck * rng.normal(size=(draws, most))
    rows, every = [], np.arange(draws)
    for n in range(1, most + 1):
        best, chosen = test[:, :n].argmax(axis=1), val[:, :n].argmax(axis=1)
        rows.append(
            {
                "n": n,
                "claimed": test[every, best].mean(),
                "true": skill[every, best].mean(),
                "honest": test[every, chosen].mean(),
            }
        )
    return pd.DataFrame(rows)


def chosen_by(val: Sequence[float], test: Sequence[float]) -> dict[str, float]:
    """The test metric of the mean run, the run that is best on test or on validation.

    Args:
        val, test: (R,) the metric of each run.
    """
    val, test = np.asarray(val, float), np.asarray(test, float)
    return {
        "mean of the runs": float(test.mean()),
        "best on test": float(test.max()),
        "best on validation": float(test[int(np.argmax(val))]),
    }


def _auroc(run: pd.DataFrame) -> float:
    found = scores.compute(run["label"], run["score"], threshold=0.5)["auroc"]
    return np.nan if found["value"] is None else found["value"]


def _resampled(
    runs: Sequence[pd.DataFrame], metric: str, threshold: float, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str | None]:
    """Each run on the same resampled groups (R, n), all (R,), all but one; why not."""
    if not runs:
        raise ValueError("no runs")
    runs = [run.sort_values("video_id") for run in runs]
    first = runs[0]
    if any(run["video_id"].tolist() != first["video_id"].tolist() for run in runs):
        raise ValueError("the runs have scored different videos")
    codes = np.unique(first["group"].astype(str), return_inverse=True)[1]
    n_groups = codes.max() + 1
    few = [
        name
        for label, name in ((0, "reals"), (1, "fakes"))
        if np.unique(codes[first["label"] == label]).size < MIN_GROUPS
    ]
    rng = np.random.default_rng(seed)
    draws = drawn_groups(n_groups, n, rng)
    weighted = [
        scores.weighted(run["label"], run["score"], threshold=threshold, groups=codes)
        for run in runs
    ]
    values = np.stack([f(draws)[metric] for f in weighted])
    whole = np.stack([f(np.ones((1, n_groups)))[metric][0] for f in weighted])
    without = np.stack([f(all_but_one(n_groups))[metric] for f in weighted])
    reason = f"the {' and the '.join(few)} come from too few groups" if few else None
    return values, whole, without, reason
