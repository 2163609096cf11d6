"""The checks of lesson 03's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np
from sklearn.metrics import balanced_accuracy_score

from dfstudy.course.exercises import Status, check, expect
from dfstudy.training.rule import MAJORITY


def majority(answer: Callable | None) -> Status:
    """Exercise 2: `majority(scores)` is S0's verdict on a video, 0 or 1."""

    def test(majority: Callable) -> None:
        tie = np.array([0.6, 0.6, 0.1, 0.1])
        expect(
            int(majority(tie)) == 0,
            "Two of four frames are called fake and you say fake: S0 asks for strictly"
            " more than half.",
        )
        loud = np.array([1.0, 1.0, 0.4, 0.4, 0.4])
        expect(
            int(majority(loud)) == 0,
            "You took the mean of the scores: a vote counts frames, however sure each"
            " of them is.",
        )
        edge = np.array([0.5, 0.5, 0.1])
        expect(
            int(majority(edge)) == 1,
            "A frame with a score of exactly 0.5 counts as fake (S0: p >= 0.5).",
        )
        rng = np.random.default_rng(0)
        for _ in range(50):
            scores = rng.random(rng.integers(1, 20))
            right = int(MAJORITY.is_fake(MAJORITY.aggregate(scores)))
            expect(
                int(majority(scores)) == right,
                f"For the scores {scores.round(2)} the verdict should be {right}.",
            )

    return check(answer, test, name="Exercise 2")


def balanced_accuracy(answer: Callable | None) -> Status:
    """Exercise 1: `balanced_accuracy(labels, called)` from 0/1 arrays."""

    def test(balanced_accuracy: Callable) -> None:
        labels = np.array([1] * 94 + [0] * 6)
        got = float(balanced_accuracy(labels, np.ones(100, int)))
        expect(
            not np.isclose(got, 0.94),
            "This is the accuracy: calling everything fake gets 0.94 of it. Take the"
            " recall of each class first, then their mean.",
        )
        expect(
            np.isclose(got, 0.5),
            f"Calling everything fake finds every fake and no real: that is 0.5, yours"
            f" is {got:.2f}.",
        )
        rng = np.random.default_rng(1)
        for _ in range(20):
            labels = np.array([0, 1, *rng.integers(0, 2, 30)])
            called = rng.integers(0, 2, labels.size)
            right = balanced_accuracy_score(labels, called)
            got = float(balanced_accuracy(labels, called))
            expect(
                np.isclose(got, right),
                f"scikit-learn has {right:.3f} where yours is {got:.3f}: which share of"
                " the reals is called real, which of the fakes fake?",
            )

    return check(answer, test, name="Exercise 1")


def class_weights(answer: Callable | None) -> Status:
    """Exercise 3: `class_weights(labels)` gives (real, fake), 1 / frequency."""

    def test(class_weights: Callable) -> None:
        labels = np.array([0] * 363 + [1] * 3068)
        real, fake = (float(value) for value in class_weights(labels))
        expect(
            real > fake,
            "The rarer class (here the reals) must weigh more: divide by its share.",
        )
        expect(
            np.isclose(real / fake, 3068 / 363),
            f"Your reals weigh {real / fake:.2f} times as much as your fakes; S0 has"
            f" 3,068 fakes to 363 reals, so it should be {3068 / 363:.2f} times.",
        )
        labels = np.array([0, 1] * 10)
        real, fake = class_weights(labels)
        expect(np.isclose(real, fake), "Two classes of one size should weigh the same.")

    return check(answer, test, name="Exercise 3")
