"""How often 95 % intervals cover the truth, and what they cost.

    python benchmarks/intervals.py            # a quarter of an hour
    python benchmarks/intervals.py 100        # repetitions; 1000 by default

Simulated videos at the size of the laptop test set: 48 groups of 2 reals and either 1
fake (a row of one family) or 4 (the row "all"). Where the truth is 95 %, 1000
repetitions show 93.6 to 96.4 %, nineteen times in twenty.
"""

import sys
import time
from functools import partial

import numpy as np

from dfstudy.metrics import bca, group_bootstrap, intervals, scores
from dfstudy.metrics.coverage import Clustered, coverage
from dfstudy.metrics.paired import compare_auroc

NAMES = ("auroc", "balanced_accuracy", "auprc_fake", "eer", "tpr_at_fpr_05", "ece")
ALIKE = {"hard": {"hard": 0.7}, "person": {"person": 1.0}, "very hard": {"hard": 1.0}}
APART = (0.0, 0.95, 1.8, 2.65)  # AUROC 0.5, 0.75, 0.9 and 0.97
SCATTER = ((1, 0.0, 0.0), (2, 0.15, 0.5), (3, 0.15, 0.5), (3, 0.4, 0.5), (5, 0.4, 0.5))


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


def main(repeats=1000):
    start = time.perf_counter()
    measure = partial(coverage, repeats=repeats)
    print(f"Share of {repeats} intervals that hold the truth; nominal: 0.950\n")
    print("AUROC of one detector, 48 groups of 2 reals and n fakes")
    print("n  alike      AUROC   groups  percentile  by video")
    for fakes in (1, 4):
        for alike, how in ALIKE.items():
            spread = np.sqrt(1 + sum(v**2 for v in how.values()))
            for apart in APART:
                made = Clustered(fakes=fakes, apart=(apart * spread,), **how)
                truth = made.truth()[0]
                ways = ("group", "percentile", "video")
                got = [measure(made, partial(one, by=by), truth) for by in ways]
                row = f"{got[0]:7.3f}  {got[1]:10.3f}  {got[2]:8.3f}"
                print(f"{fakes}  {alike:9}  {truth:5.2f}  {row}", flush=True)
    print("\nDifference of two detectors (compare_auroc); AUROC of the mean run")
    print("runs  skill  luck   groups  by video   mean, R - 1 of R  mean, R of R")
    for runs, skill, luck in SCATTER:
        how = {"hard": 0.7, "person": 0.7, "runs": runs, "skill": skill, "luck": luck}
        made = Clustered(apart=(2.0, 1.5), **how)
        first, second = made.truth()
        pair = [
            measure(made, partial(gap, by=by), first - second)
            for by in ("group", "video")
        ]
        mean = [
            measure(made, partial(mean_of_runs, fewer=fewer), first) for fewer in (1, 0)
        ]
        row = f"{pair[0]:6.3f}  {pair[1]:8.3f}   {mean[0]:16.3f}  {mean[1]:12.3f}"
        print(f"{runs:4}  {skill:5.2f}  {luck:4.2f}   {row}", flush=True)
    few_groups(max(20, repeats * 2 // 5))
    cost()
    print(f"\n{(time.perf_counter() - start) / 60:.1f} minutes")


def few_groups(repeats):
    """All metrics by number of groups; the truth is from 200,000 groups."""
    intervals.MIN_GROUPS = 2
    rng = np.random.default_rng(0)

    def clips(n_groups):
        made = Clustered(groups=n_groups, fakes=1, person=0.7, apart=(1.2,))
        labels, table, groups = made.draw(rng)
        return labels, 1 / (1 + np.exp(-table[0, 0])), groups

    truth = scores.compute(*clips(200_000)[:2], threshold=0.6)
    print(f"\nAll metrics by number of groups, {repeats} intervals each")
    print("groups  " + "  ".join(f"{name:>17}" for name in NAMES))
    for n_groups in (2, 3, 5, 8, 16, 48):
        hits = dict.fromkeys(NAMES, 0)
        for i in range(repeats):
            got = group_bootstrap(*clips(n_groups), threshold=0.6, n=300, seed=i)
            for name in NAMES:
                low, high = got[name].get("low"), got[name].get("high")
                hits[name] += low is not None and low <= truth[name]["value"] <= high
        shares = "  ".join(f"{hits[name] / repeats:17.3f}" for name in NAMES)
        print(f"{n_groups:6}  {shares}", flush=True)


def cost():
    """Seconds of the intervals of all metrics."""
    rng = np.random.default_rng(0)
    labels, table, groups = Clustered(groups=84, fakes=1).draw(rng)
    for frames in (1, 16):
        y, s, g = (np.repeat(a, frames) for a in (labels, table[0, 0], groups))
        start = time.perf_counter()
        group_bootstrap(y, s + 1e-6 * rng.random(s.size), g, threshold=0.5)
        seconds = time.perf_counter() - start
        print(f"1000 resamples of all metrics, 252 videos x {frames}: {seconds:.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
