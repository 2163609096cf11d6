"""The checks of lesson 11's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.metrics import paired
from dfstudy.study.comparison import front


def difference_interval(answer: Callable | None) -> Status:
    """Exercise 1: `difference_interval(first, second)` from paired resamples."""

    def test(difference_interval: Callable) -> None:
        rng = np.random.default_rng(0)
        hard = 0.05 * rng.normal(size=2000)
        first = 0.82 + hard + 0.01 * rng.normal(size=2000)
        second = 0.78 + hard + 0.01 * rng.normal(size=2000)
        low, high = (float(end) for end in difference_interval(first, second))
        right = np.quantile(first - second, [0.025, 0.975])
        each = [np.quantile(rows, [0.025, 0.975]) for rows in (first, second)]
        apart = each[0][0] - each[1][1], each[0][1] - each[1][0]
        expect(
            low <= high,
            f"The low end, {low:.3f}, is above the high one, {high:.3f}.",
        )
        expect(
            not np.allclose((low, high), apart, atol=2e-3),
            "You subtracted the ends of two intervals. What makes a resample hard for"
            " both then counts twice, though it cancels: subtract first, resample by"
            " resample, and take the quantiles of what is left.",
        )
        expect(
            not np.allclose((-high, -low), right, atol=2e-3),
            f"[{low:.3f}, {high:.3f}] is second minus first; asked is first minus"
            " second.",
        )
        expect(
            not np.allclose(
                (low, high), np.quantile(first - second, [0.05, 0.95]), atol=5e-4
            ),
            "That leaves out 5 % on each side, so it covers 90 %. For 95 % leave out"
            " 2.5 % on each.",
        )
        expect(
            np.allclose((low, high), right, atol=2e-3),
            f"For the check's resamples it is [{right[0]:.3f}, {right[1]:.3f}], and"
            f" yours is [{low:.3f}, {high:.3f}]: the quantiles 0.025 and 0.975 of"
            " first - second.",
        )

    return check(answer, test, name="Exercise 1")


def holm(answer: Callable | None) -> Status:
    """Exercise 2: `holm(p)` corrects M p-values by Holm's steps."""

    def test(holm: Callable) -> None:
        p = np.array([0.03, 0.01, 0.04, 0.02])
        got, right = np.asarray(holm(p.copy()), float), paired.holm(p)
        expect(
            got.shape == p.shape,
            f"Of {p.size} p-values there are {p.size} corrected ones; yours has the"
            f" shape {got.shape}.",
        )
        expect(
            not np.allclose(got, np.minimum(p * p.size, 1)),
            "You multiply every p by their number. That is Bonferroni's correction; it"
            " is not wrong, but it finds less. Holm multiplies only the smallest by M,"
            " the next by M - 1, and so on.",
        )
        falls = np.empty_like(p)
        falls[np.argsort(p)] = np.sort(p) * np.arange(p.size, 0, -1)
        expect(
            not np.allclose(got, falls),
            "Sorted, yours fall somewhere: a larger p would become surer than a smaller"
            " one. Each is at least the one before it (`np.maximum.accumulate`).",
        )
        expect(
            not np.allclose(got, np.sort(right)) or np.allclose(got, right),
            "The values are right and in another order: give each to the p that it"
            " belongs to.",
        )
        many = np.array([0.9, 0.001, 0.6])
        most = float(np.max(holm(many.copy())))
        expect(most <= 1, f"A p-value is at most 1; yours reaches {most:.2f}.")
        rng = np.random.default_rng(1)
        for values in (p, many, rng.uniform(0, 0.2, 12), np.array([0.04])):
            got, right = np.asarray(holm(values.copy()), float), paired.holm(values)
            expect(
                np.allclose(got, right),
                f"Of {_shown(values)} Holm makes {_shown(right)}; you make"
                f" {_shown(got)}.",
            )

    return check(answer, test, name="Exercise 2")


def on_front(answer: Callable | None) -> Status:
    """Exercise 3: `on_front(cost, quality)`: who is beaten by nobody in both."""

    def test(on_front: Callable) -> None:
        cost = np.array([1.0, 2.0, 3.0, 2.0, 4.0])
        quality = np.array([0.6, 0.8, 0.7, 0.8, 0.9])
        got = np.asarray(on_front(cost.copy(), quality.copy()), bool)
        right = front.pareto(cost, quality)
        expect(got.shape == right.shape, "Give one True or False a detector.")
        expect(
            got[0],
            "The cheapest of all is worse than others, and still on the front: nobody"
            " else is as cheap.",
        )
        expect(
            not got[2],
            "A detector at cost 3 with 0.7 stays on your front, though another has 0.8"
            " at cost 2: it is beaten in both.",
        )
        expect(
            got[1] and got[3],
            "Two detectors with the same cost and the same quality do not beat each"
            " other: to beat one must be better in at least one of the two.",
        )
        rng = np.random.default_rng(0)
        for _ in range(20):
            cost, quality = rng.integers(1, 5, 8), rng.integers(1, 5, 8) / 5
            got = np.asarray(on_front(cost, quality), bool)
            right = front.pareto(cost, quality)
            expect(
                np.array_equal(got, right),
                f"At cost {cost.tolist()} and quality {quality.tolist()} the front is"
                f" {np.flatnonzero(right).tolist()}, and yours"
                f" {np.flatnonzero(got).tolist()}.",
            )

    return check(answer, test, name="Exercise 3")


def _shown(values: np.ndarray) -> list[float]:
    return np.round(values, 3).tolist()
