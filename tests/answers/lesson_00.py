"""Lesson 00: wrong answers that are typical, and words that the check must say."""

from types import SimpleNamespace

import numpy as np


def wald(right, n):
    share = right / n
    half = 1.96 * np.sqrt(share * (1 - share) / n)
    return share - half, share + half


def wald_clipped(right, n):
    low, high = wald(right + (right == n) * -0.5, n)
    return max(low, 0), min(high, 1)


def half_as_wide(right, n):
    middle = (right + 1.92) / (n + 3.84)
    half = 1.96 * np.sqrt(right * (n - right) / n + 0.96) / (n + 3.84)
    return middle - half / 2, middle + half / 2


WRONG = {
    "guesses": [
        ([0, 1], "4 clips"),
        ([0, 1, 2, 0], "between 0"),
        ([0.2, "fake", 0.9, 0.5], "between 0"),
        ([0.5, 0.5, 0.5, 0.5], "the same of all"),
        ("0101", "list"),
    ],
    "interval": [
        (wald, "perfect"),
        (wald_clipped, "SciPy"),
        (half_as_wide, "SciPy"),
    ],
}
RIGHT = {"guesses": [[0, 1, 1, 0], np.linspace(0, 1, 4)]}
GIVEN = {"quiz": range(4), "study": SimpleNamespace(seed=0)}
