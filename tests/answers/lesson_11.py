"""Lesson 11: wrong answers that are typical, and words that the check must say."""

import numpy as np

from dfstudy.metrics.paired import holm
from dfstudy.study.comparison.front import pareto


def paired_interval(first, second):
    return tuple(np.quantile(first - second, [0.025, 0.975]))


def subtracted_ends(first, second):
    a, b = (np.quantile(rows, [0.025, 0.975]) for rows in (first, second))
    return a[0] - b[1], a[1] - b[0]


def bonferroni(p):
    return np.minimum(p * len(p), 1)


def falling(p):
    out = np.empty_like(p)
    out[np.argsort(p)] = np.minimum(np.sort(p) * np.arange(len(p), 0, -1), 1)
    return out


def not_capped(p):
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty_like(p)
    out[order] = steps
    return out


def without_ties(cost, quality):
    c, q = np.asarray(cost), np.asarray(quality)
    as_good = (c[:, None] <= c) & (q[:, None] >= q)
    return as_good.sum(axis=0) == 1


def only_the_best(cost, quality):
    return quality == quality.max()


WRONG = {
    "difference_interval": [
        (subtracted_ends, "it cancels"),
        (lambda a, b: paired_interval(b, a), "second minus first"),
        (lambda a, b: tuple(np.quantile(a - b, [0.05, 0.95])), "covers 90 %"),
        (lambda a, b: paired_interval(a, b)[::-1], "above"),
    ],
    "holm": [
        (bonferroni, "Bonferroni"),
        (falling, "accumulate"),
        (not_capped, "at most 1"),
        (lambda p: np.sort(holm(p)), "another order"),
        (lambda p: p, "Holm makes"),
    ],
    "on_front": [
        (only_the_best, "nobody else is as cheap"),
        (without_ties, "do not beat each other"),
        (lambda c, q: np.ones(len(c), bool), "beaten in both"),
    ],
}
# The package's own, and answers of another form.
RIGHT = {
    "holm": [holm],
    "on_front": [pareto],
}
