"""The checks of lesson 05's exercises; each tells what to look at again."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from dfstudy.course.exercises import Status, check, expect


def parameters(answer: Callable | None) -> Status:
    """Exercise 1: `parameters(inputs, outputs)` of a linear layer."""

    def test(parameters: Callable) -> None:
        got = int(parameters(73600, 128))
        expect(
            got != 73600 * 128,
            "These are the weights; each of the 128 outputs has a bias, too.",
        )
        expect(
            got != 73600 * 128 + 73600,
            "A bias belongs to an output, not to an input: there are 128.",
        )
        expect(
            got == 73600 * 128 + 128,
            f"From 73,600 inputs to 128 outputs there are 73,600 x 128 weights and 128"
            f" biases; yours are {got:,}.",
        )
        expect(
            int(parameters(3, 2)) == 8,
            "It should hold for any size: 3 inputs and 2 outputs need 8 numbers.",
        )

    return check(answer, test, name="Exercise 1")


def steps_back(answer: Callable | None) -> Status:
    """Exercise 2: `steps_back(order, indices)` counts the steps back in time."""

    def test(steps_back: Callable) -> None:
        order = np.array([2, 1, 0, 5, 4, 3])
        every, third = np.arange(6), np.array([0, 3])
        got = int(steps_back(order, third))
        expect(
            got != 4,
            "You counted in the whole clip: a network sees `order[indices]` alone.",
        )
        expect(
            got == 0,
            f"Of the places 0 and 3 the frames 2 and 5 are seen: no step back, yours"
            f" is {got}.",
        )
        got = int(steps_back(order, every))
        expect(
            got != 0,
            "The places always ascend; look at the frames that stand there,"
            " `order[indices]`.",
        )
        expect(
            got != 1,
            "You counted the steps forward: time goes back where a difference is"
            " negative.",
        )
        expect(got == 4, f"2 1 0 5 4 3 has four steps back; yours are {got}.")
        rng = np.random.default_rng(0)
        for _ in range(20):
            order = rng.permutation(12)
            places = np.sort(rng.choice(12, 5, replace=False))
            frames = order[places].tolist()
            right = sum(b < a for a, b in pairwise(frames))
            got = int(steps_back(order, places))
            expect(
                got == right,
                f"The frames {frames} have {right} steps back; yours are {got}.",
            )

    return check(answer, test, name="Exercise 2")


def soft_f1(answer: Callable | None) -> Status:
    """Exercise 3: `soft_f1(labels, p)` counts with probabilities."""

    def test(soft_f1: Callable) -> None:
        labels, p = np.array([1, 1, 0, 0]), np.array([0.9, 0.6, 0.4, 0.1])
        got = float(soft_f1(labels, p))
        expect(
            not np.isclose(got, 1),
            "You made verdicts at 0.5 first: then nothing has a slope. Count the"
            " probabilities themselves.",
        )
        expect(
            not np.isclose(got, 0.25),
            "This is 1 - F1, the loss; the exercise asks for F1 itself.",
        )
        expect(
            not np.isclose(got, 1.5 / 2.5),
            "The true positives count twice, above and below the line.",
        )
        expect(
            np.isclose(got, 0.75),
            f"For labels {labels} and p {p} the true positives are 1.5, the false"
            f" positives 0.5 and the false negatives 0.5: that is 0.75, yours is"
            f" {got:.3f}.",
        )
        rng = np.random.default_rng(0)
        for _ in range(20):
            labels = np.array([1, *rng.integers(0, 2, 9)])
            p = rng.random(10)
            right = 2 * (p * labels).sum() / (p.sum() + labels.sum())
            got = float(soft_f1(labels, p))
            expect(
                np.isclose(got, right),
                f"For labels {labels} and p {p.round(2)} it should be {right:.3f},"
                f" yours is {got:.3f}.",
            )

    return check(answer, test, name="Exercise 3")
