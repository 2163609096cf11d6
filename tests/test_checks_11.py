"""The checks of lesson 11: untouched, typical wrong answers, the solution."""

import numpy as np
import pytest

from dfstudy.course import checks_11 as checks
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


WRONG = [
    (checks.difference_interval, subtracted_ends, "it cancels"),
    (
        checks.difference_interval,
        lambda a, b: paired_interval(b, a),
        "second minus first",
    ),
    (
        checks.difference_interval,
        lambda a, b: tuple(np.quantile(a - b, [0.05, 0.95])),
        "covers 90 %",
    ),
    (checks.difference_interval, lambda a, b: paired_interval(a, b)[::-1], "above"),
    (checks.holm, bonferroni, "Bonferroni"),
    (checks.holm, falling, "accumulate"),
    (checks.holm, not_capped, "at most 1"),
    (checks.holm, lambda p: np.sort(holm(p)), "another order"),
    (checks.holm, lambda p: p, "Holm makes"),
    (checks.on_front, only_the_best, "nobody else is as cheap"),
    (checks.on_front, without_ties, "do not beat each other"),
    (checks.on_front, lambda c, q: np.ones(len(c), bool), "beaten in both"),
]
RIGHT = [
    (checks.difference_interval, paired_interval),
    (checks.holm, holm),
    (checks.on_front, pareto),
]


@pytest.mark.parametrize(("check", "wrong", "says"), WRONG)
def test_a_wrong_answer_is_told_why(check, wrong, says):
    status = check(wrong)
    assert status.state == "try again"
    assert says in status.message


@pytest.mark.parametrize(("check", "right"), RIGHT)
def test_the_solution_is_correct(check, right):
    assert check(right).state == "correct"


@pytest.mark.parametrize("check", [check for check, _ in RIGHT])
def test_untouched_is_not_attempted(check):
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"
