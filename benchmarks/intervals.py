"""How often a group-bootstrap interval covers the truth, and what it costs.

    python benchmarks/intervals.py        # about a minute

Simulated sets: two reals and a fake a group, which share an effect; the truth is from
200,000 groups. Prints the coverage of nominal 95 % intervals by number of groups.
"""

import time

import numpy as np

from dfstudy.metrics import group_bootstrap, intervals, scores

NAMES = ("auroc", "balanced_accuracy", "auprc_fake", "eer", "tpr_at_fpr_05", "ece")


def clips(n_groups, rng):
    """Labels, scores and groups of 3 * n_groups simulated clips."""
    groups = np.repeat(np.arange(n_groups), 3)
    y = np.tile([0, 0, 1], n_groups)
    z = 0.7 * rng.normal(size=n_groups)[groups] + rng.normal(size=y.size) + 1.2 * y
    return y, 1 / (1 + np.exp(-z)), groups


def main(repeats=400):
    intervals.MIN_GROUPS = 2
    rng = np.random.default_rng(0)
    truth = scores.compute(*clips(200_000, rng)[:2], threshold=0.6)
    print("groups  " + "  ".join(f"{name:>17}" for name in NAMES))
    for n_groups in (2, 3, 5, 8, 16, 48):
        hits = dict.fromkeys(NAMES, 0)
        for i in range(repeats):
            got = group_bootstrap(*clips(n_groups, rng), threshold=0.6, n=300, seed=i)
            for name in NAMES:
                low, high = got[name].get("low"), got[name].get("high")
                hits[name] += low is not None and low <= truth[name]["value"] <= high
        shares = "  ".join(f"{hits[name] / repeats:17.3f}" for name in NAMES)
        print(f"{n_groups:6}  {shares}")
    for frames in (1, 16):
        y, s, groups = (np.repeat(a, frames) for a in clips(84, rng))
        start = time.perf_counter()
        group_bootstrap(y, s + 1e-6 * rng.random(s.size), groups, threshold=0.5)
        seconds = time.perf_counter() - start
        print(f"1000 resamples of all metrics, 252 videos x {frames}: {seconds:.2f} s")


if __name__ == "__main__":
    main()
