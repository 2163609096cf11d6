"""Lesson 10: wrong answers that are typical, and words that the check must say."""

import re

from dfstudy.data.layouts import faceforensics
from dfstudy.data.misquote import untrue


def hidden_errors(reals, fakes, accuracy, area):
    return [
        (missed, alarms)
        for missed in range(fakes + 1)
        for alarms in range(reals + 1)
        if round(1 - (missed + alarms) / (reals + fakes), 4) == accuracy
        and round(1 - (missed / fakes + alarms / reals) / 2, 3) == area
    ]


def other_way_round(reals, fakes, accuracy, area):
    return [pair[::-1] for pair in hidden_errors(reals, fakes, accuracy, area)]


def by_accuracy_alone(reals, fakes, accuracy, area):
    every = [(m, a) for m in range(fakes + 1) for a in range(reals + 1)]
    return [p for p in every if round(1 - sum(p) / (reals + fakes), 4) == accuracy]


def not_rounded(reals, fakes, accuracy, area):
    every = [(m, a) for m in range(fakes + 1) for a in range(reals + 1)]
    return [p for p in every if 1 - sum(p) / (reals + fakes) == accuracy + 1e-6]


def by_place(said, true):
    pairs = list(zip(said.split(), true.split(), strict=False))
    return sum(a != b for a, b in pairs) / len(pairs)


def one_pair_missing(*numbers):
    return hidden_errors(*numbers)[1:] or [(0, 0)]


WRONG = {
    "describe": [
        (lambda n: n.replace("_", " "), "who plays"),
        (lambda n: re.sub(r"[\d_]+", " ", n), "left of the id"),
        (lambda n: n.split("__")[1], "make spaces"),
        (lambda n: "", "divided by"),
    ],
    "untrue": [
        (lambda s, t: 1 - untrue(s, t), "*not* there"),
        (lambda s, t: 4 * untrue(s, t), "at most 1"),
        (by_place, "another order"),
        (lambda s, t: untrue(t, s), "leaves things out"),
    ],
    "hidden_errors": [
        (other_way_round, "first the fakes"),
        (by_accuracy_alone, "Both numbers"),
        (not_rounded, "Round before"),
        (one_pair_missing, "is missing"),
    ],
}
# The package's own, and answers of another form.
RIGHT = {
    "describe": [faceforensics.describe],
    "untrue": [untrue],
}
