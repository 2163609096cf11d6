"""How often 95 % intervals cover the truth, and what they cost.

    python benchmarks/intervals.py            # about five minutes on one core
    python benchmarks/intervals.py 200        # repetitions; 1000 by default

Simulated videos at the size of the laptop test set: 48 groups of 2 reals and either 1
fake (a row of one family) or 4 (the row "all"). Of 1000 repetitions a true 95 % gives
93.6 to 96.4 %, nineteen times in twenty.
"""

import sys
import time
from functools import partial

import numpy as np

from dfstudy.metrics import group_bootstrap, intervals, scores
from dfstudy.metrics.coverage import Clustered, coverage
from dfstudy.metrics.paired import compare_auroc

NAMES = ("auroc", "balanced_accuracy", "auprc_fake", "eer", "tpr_at_fpr_05", "ece")
ALIKE = {
    "hard": {"hard": 1.0},
    "person": {"person": 1.0},
    "both": {"hard": 0.7, "person": 0.7},
}
APART = {
    "0.5": 0.0,
    "0.75": 0.95,
    "0.9": 1.8,
    "0.97": 2.65,
}  # about these AUROC, x spread


def one(labels, table, groups, seed, *, by="group", n=1000):
    """AUROC of one detector, one run."""
    what = groups if by == "group" else np.arange(labels.size)
    entry = intervals.auroc_interval(labels, table[0, 0], what, n=n, seed=seed)
    return entry["low"], entry["high"]


def gap(labels, table, groups, seed, *, by="group", n=1000):
    """The paired difference of two detectors, seeds x groups."""
    what = groups if by == "group" else np.arange(labels.size)
    pair = dict(zip("ab", table, strict=True))
    row = compare_auroc(labels, pair, what, n=n, seed=seed)[1].iloc[0]
    return row["low"], row["high"]


def mean_of_runs(labels, table, groups, seed, *, fewer=1, n=1000):
    """AUROC of the mean run, with R - `fewer` of R runs in a resample."""
    rng = np.random.default_rng(seed)
    weights = intervals.drawn_groups(groups.max() + 1, n, rng)
    of = [scores.auroc_by_group(labels, run, groups)(weights) for run in table[0]]
    of, runs = np.stack(of), len(of)
    some = rng.integers(0, runs, (max(1, runs - fewer), n))
    return np.quantile(
        np.take_along_axis(of, some, axis=0).mean(axis=0), [0.025, 0.975]
    )


def main(repeats=1000):
    start = time.perf_counter()
    measure = partial(coverage, repeats=repeats)
    print(f"{repeats} repetitions; share of 95 % intervals that hold the truth\n")
    print("AUROC of one detector, 48 groups of 2 reals and n fakes")
    print("n  alike   AUROC  groups  videos")
    for fakes in (1, 4):
        for alike, how in ALIKE.items():
            spread = np.sqrt(1 + sum(v**2 for v in how.values()))
            for apart in APART.values():
                made = Clustered(fakes=fakes, apart=(apart * spread,), **how)
                truth = made.truth()[0]
                shares = [
                    measure(made, partial(one, by=by), truth)
                    for by in ("group", "video")
                ]
                print(
                    f"{fakes}  {alike:6}  {truth:5.2f}  "
                    + "  ".join(f"{s:6.3f}" for s in shares)
                )
    print("\nDifference of two detectors (compare_auroc), and AUROC of the mean run")
    print("runs  skill  luck   groups  videos   mean, R - 1 of R   R of R")
    for runs in (1, 2, 3, 5):
        for skill, luck in ((0.0, 0.0), (0.0, 0.7), (0.15, 0.5), (0.4, 0.5)):
            if runs == 1 and (skill or luck):
                continue  # of one run nobody can know how runs scatter
            how = {
                "hard": 0.7,
                "person": 0.7,
                "runs": runs,
                "skill": skill,
                "luck": luck,
            }
            made = Clustered(apart=(2.0, 1.5), **how)
            truth = made.truth()
            pair = [
                measure(made, partial(gap, by=by), truth[0] - truth[1])
                for by in ("group", "video")
            ]
            mean = [
                measure(made, partial(mean_of_runs, fewer=f), truth[0]) for f in (1, 0)
            ]
            print(
                f"{runs:4}  {skill:5.2f}  {luck:4.2f}   {pair[0]:6.3f}  {pair[1]:6.3f}   {mean[0]:16.3f}   {mean[1]:6.3f}"
            )
    print(f"\n{(time.perf_counter() - start) / 60:.1f} minutes so far")
    few_groups(max(50, repeats * 2 // 5))
    cost()


def few_groups(repeats):
    """All metrics by number of groups; the truth is from 200,000 groups."""
    intervals.MIN_GROUPS = 2
    rng = np.random.default_rng(0)

    def clips(n_groups):
        labels, table, groups = Clustered(
            groups=n_groups, fakes=1, person=0.7, apart=(1.2,)
        ).draw(rng)
        return labels, 1 / (1 + np.exp(-table[0, 0])), groups

    truth = scores.compute(*clips(200_000)[:2], threshold=0.6)
    print("\ngroups  " + "  ".join(f"{name:>17}" for name in NAMES))
    for n_groups in (2, 3, 5, 8, 16, 48):
        hits = dict.fromkeys(NAMES, 0)
        for i in range(repeats):
            got = group_bootstrap(*clips(n_groups), threshold=0.6, n=300, seed=i)
            for name in NAMES:
                low, high = got[name].get("low"), got[name].get("high")
                hits[name] += low is not None and low <= truth[name]["value"] <= high
        shares = "  ".join(f"{hits[name] / repeats:17.3f}" for name in NAMES)
        print(f"{n_groups:6}  {shares}")


def cost():
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
