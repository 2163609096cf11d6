"""How often 95 % intervals hold the truth, and what they cost against plain ones.

Simulated videos at the size of the laptop test set: 48 groups of 2 reals and either 1
fake (a row of one family) or 4 (the row "all"). Where the truth is 95 %, 1000
repetitions show 93.6 to 96.4 %, nineteen times in twenty.
"""

from functools import partial

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.measure import Scale, benchmark, in_turns
from dfstudy.metrics import bca, group_bootstrap, intervals, scores
from dfstudy.metrics.coverage import Clustered, coverage
from dfstudy.metrics.paired import compare_auroc
from dfstudy.metrics.readers import readers_auroc

NAMES = ("auroc", "balanced_accuracy", "auprc_fake", "eer", "tpr_at_fpr_05", "ece")
ALIKE = {"hard": {"hard": 0.7}, "person": {"person": 1.0}, "very hard": {"hard": 1.0}}
APART = (0.0, 0.95, 1.8, 2.65)  # AUROC 0.5, 0.75, 0.9 and 0.97
SCATTER = ((1, 0.0, 0.0), (2, 0.15, 0.5), (3, 0.15, 0.5), (3, 0.4, 0.5), (5, 0.4, 0.5))
SIZES = ((20, 12), (10, 24), (30, 24))  # students of a class, clips
OVER = ("both", "clips", "readers")


@benchmark("AUROC of 1000 resamples of groups", "the same with scikit-learn", long=True)
def intervals_coverage(scale: Scale) -> dict:
    """A quarter of an hour: coverage by way to resample, and the cost of one."""
    repeats = scale.of(1000, 2)
    tables = {
        f"AUROC of one detector, share of {repeats} intervals": _one_detector(repeats),
        "difference of two detectors, AUROC of the mean run": _two_detectors(repeats),
        "all metrics by number of groups": _few_groups(scale.of(repeats * 2 // 5, 2)),
    }
    labels, table, groups = Clustered(groups=84, fakes=1).draw(np.random.default_rng(0))
    drawn, rng = scale.of(1000, 5), np.random.default_rng(1)

    def ours() -> None:
        intervals.auroc_interval(labels, table[0, 0], groups, n=drawn)

    def plain() -> None:
        members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
        for _ in range(drawn):
            some = [members[g] for g in rng.integers(0, len(members), len(members))]
            rows = np.concatenate(some)
            roc_auc_score(labels[rows], table[0, 0][rows])

    return in_turns(ours, plain, repeats=scale.of(3, 1)) | {"tables": tables}


def one(labels, table, groups, seed, *, by):
    """AUROC of one detector: ours, percentiles of the same, or by video."""
    if by == "video":
        entry = intervals.auroc_interval(
            labels, table[0, 0], np.arange(labels.size), n=200, seed=seed
        )
    elif by == "group":
        entry = intervals.auroc_interval(labels, table[0, 0], groups, seed=seed)
    else:
        return np.quantile(resampled(labels, table, groups, seed)[0], [0.025, 0.975])
    return entry["low"], entry["high"]


def resampled(labels, table, groups, seed):
    """(R, n) AUROC of the runs in each resample, and (R, G) without each group."""
    n_groups, rng = groups.max() + 1, np.random.default_rng(seed)
    draws = intervals.drawn_groups(n_groups, 1000, rng)
    of = [scores.auroc_by_group(labels, run, groups) for run in table[0]]
    each = np.stack([f(draws) for f in of])
    return each, np.stack([f(intervals.all_but_one(n_groups)) for f in of])


def gap(labels, table, groups, seed, *, by="group"):
    """The paired difference of two detectors, seeds x groups."""
    what, n = (groups, 1000) if by == "group" else (np.arange(labels.size), 200)
    pair = dict(zip("ab", table, strict=True))
    row = compare_auroc(labels, pair, what, n=n, seed=seed)[1].iloc[0]
    return row["low"], row["high"]


def mean_of_runs(labels, table, groups, seed, *, fewer):
    """AUROC of the mean run, with R - `fewer` of R runs in a resample."""
    each, without = resampled(labels, table, groups, seed)
    runs, n = each.shape
    some = np.random.default_rng(seed).integers(0, runs, (max(1, runs - fewer), n))
    drawn = np.take_along_axis(each, some, axis=0).mean(axis=0)
    value = np.mean([scores.auroc(labels, run) for run in table[0]])
    return bca.interval("auroc", drawn, value, without.mean(axis=0), runs=runs)


def _one_detector(repeats: int) -> list[dict]:
    rows = []
    for fakes in (1, 4):
        for alike, how in ALIKE.items():
            spread = np.sqrt(1 + sum(v**2 for v in how.values()))
            for apart in APART:
                made = Clustered(fakes=fakes, apart=(apart * spread,), **how)
                truth = made.truth()[0]
                row = {"fakes": fakes, "alike": alike, "AUROC": float(truth)}
                for by in ("group", "percentile", "video"):
                    row[by] = coverage(
                        made, partial(one, by=by), truth, repeats=repeats
                    )
                rows.append(row)
    return rows


def _two_detectors(repeats: int) -> list[dict]:
    rows = []
    for runs, skill, luck in SCATTER:
        how = {"hard": 0.7, "person": 0.7, "runs": runs, "skill": skill, "luck": luck}
        made = Clustered(apart=(2.0, 1.5), **how)
        first, second = made.truth()
        row = {"runs": runs, "skill": skill, "luck": luck}
        for by in ("group", "video"):
            way = partial(gap, by=by)
            row[f"gap by {by}"] = coverage(made, way, first - second, repeats=repeats)
        for fewer in (1, 0):
            way = partial(mean_of_runs, fewer=fewer)
            row[f"mean, R - {fewer} of R"] = coverage(made, way, first, repeats=repeats)
        rows.append(row)
    return rows


def _few_groups(repeats: int) -> list[dict]:
    """All metrics by number of groups; the truth is from 200,000 groups."""
    rng = np.random.default_rng(0)

    def clips(n_groups):
        made = Clustered(groups=n_groups, fakes=1, person=0.7, apart=(1.2,))
        labels, table, groups = made.draw(rng)
        return labels, 1 / (1 + np.exp(-table[0, 0])), groups

    truth = scores.compute(*clips(200_000)[:2], threshold=0.6)
    least, intervals.MIN_GROUPS = intervals.MIN_GROUPS, 2
    rows = []
    try:
        for n_groups in (2, 3, 5, 8, 16, 48):
            hits = dict.fromkeys(NAMES, 0)
            for i in range(repeats):
                got = group_bootstrap(*clips(n_groups), threshold=0.6, n=300, seed=i)
                for name in NAMES:
                    low, high = got[name].get("low"), got[name].get("high")
                    held = low is not None and low <= truth[name]["value"] <= high
                    hits[name] += held
            shares = {name: hits[name] / repeats for name in NAMES}
            rows.append({"groups": n_groups} | shares)
    finally:
        intervals.MIN_GROUPS = least
    return rows


@benchmark("AUROC of a class over students and clips", "over clips alone", long=True)
def readers_coverage(scale: Scale) -> dict:
    """Classes are simulated: clips are hard or easy for everybody, students see more
    or less. The truth is the mean over many classes.
    """
    rng = np.random.default_rng(0)
    classes, drawn = scale.of(250, 2), scale.of(300, 20)
    truth = np.mean([_area(*_judged(rng, 50, 60)) for _ in range(scale.of(300, 5))])

    def interval(students: int, clips: int, seed: int, over: str) -> dict:
        labels, guesses = _judged(np.random.default_rng(seed), students, clips)
        given = (
            np.tile(labels, students),
            guesses.ravel(),
            np.tile(np.arange(clips), students),
            np.repeat(np.arange(students), clips),
        )
        return readers_auroc(*given, over=over, n=drawn, seed=seed)

    rows = []
    for students, clips in SIZES:
        row = {"students": students, "clips": clips}
        for over in OVER:
            got = [interval(students, clips, seed, over) for seed in range(classes)]
            row[over] = float(np.mean([e["low"] <= truth <= e["high"] for e in got]))
        rows.append(row)
    times = in_turns(
        lambda: interval(20, 12, 0, "both"),
        lambda: interval(20, 12, 0, "clips"),
        repeats=scale.of(5, 1),
    )
    return times | {"tables": {f"share of {classes} intervals": rows}}


def _judged(rng: np.random.Generator, students: int, clips: int):
    """Labels (C,) and guesses (R, C) of a class."""
    labels = np.arange(clips) % 2
    hard = rng.normal(0, 0.7, clips)
    skill = 1.2 * np.exp(rng.normal(0, 0.4, students) - 0.08)
    noise = rng.normal(size=(students, clips))
    return labels, skill[:, None] * labels + hard + noise


def _area(labels: np.ndarray, guesses: np.ndarray) -> float:
    """Mean AUROC of the students."""
    fake, real = guesses[:, labels == 1], guesses[:, labels == 0]
    return float((fake[:, :, None] > real[:, None, :]).mean())
