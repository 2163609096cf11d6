"""The checks of lesson 10's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.data import misquote
from dfstudy.data.layouts import faceforensics
from dfstudy.study import recount, titles


def describe(answer: Callable | None) -> Status:
    """Exercise 1: `describe(name)` keeps of a DFD name what is said of the scene."""

    def test(describe: Callable) -> None:
        videos = titles.like_dfd(seed=0)
        some = [*videos["name"].head(40), *videos["name"].tail(40)]
        for name in some:
            got = " ".join(str(describe(name)).split())
            right = faceforensics.describe(name)
            extra = sorted(set(got.replace("_", " ").split()) - set(right.split()))
            expect(
                not any(part.isdigit() for part in extra),
                f"{name!r} becomes {got!r}: who plays is still in it, and a fake names"
                " two actors where a real names one.",
            )
            expect(
                not extra,
                f"{name!r} becomes {got!r}: {extra[:1]} is left of the id, and only"
                " fakes have one. Upper case, lower case or without its digits, its"
                " being there is enough.",
            )
            expect(
                "_" not in got,
                f"{name!r} becomes {got!r}: make spaces of the _ between words, or the"
                " encoder takes them for one.",
            )
            expect(
                got == right,
                f"{name!r} should become {right!r}; yours is {got!r}. The parts of the"
                ' name are divided by "__".',
            )

    return check(answer, test, name="Exercise 1")


def untrue(answer: Callable | None) -> Status:
    """Exercise 2: `untrue(said, true)` is the share of what is said that is untrue."""

    def test(untrue: Callable) -> None:
        said, true = "kitchen talking pan serious", "outside talking pan laughing"
        got = float(untrue(said, true))
        expect(
            got <= 1,
            f"A share is at most 1 and yours is {got:g}: divide by how many words.",
        )
        expect(
            float(untrue(true, true)) == 0,
            f"Of {true!r}, said of itself, nothing is untrue; you say"
            f" {float(untrue(true, true)):g}. Count the words that are *not* there.",
        )
        turned = "pan laughing outside talking"
        expect(
            float(untrue(turned, true)) == 0,
            f"{turned!r} says the same as {true!r} in another order: compare sets of"
            " words, not places.",
        )
        short = "outside talking"
        expect(
            float(untrue(short, true)) == 0,
            f"{short!r} leaves things out of {true!r} but says nothing wrong: divide by"
            " the words that are said, and count those of them that are not true.",
        )
        rng = np.random.default_rng(0)
        words = ["outside", "kitchen", "wall", "talking", "still", "pan", "smiling"]
        for _ in range(30):
            a, b = (
                " ".join(rng.permutation(words)[: rng.integers(1, 6)]) for _ in range(2)
            )
            right, got = misquote.untrue(a, b), float(untrue(a, b))
            expect(
                np.isclose(got, right),
                f"{a!r}, said of a video of {b!r}: {right:.2f} of it is untrue, and you"
                f" say {got:.2f}.",
            )

    return check(answer, test, name="Exercise 2")


def hidden_errors(answer: Callable | None) -> Status:
    """Exercise 3: `hidden_errors(reals, fakes, accuracy, area)` finds the errors."""

    def test(hidden_errors: Callable) -> None:
        cases = ((36, 307, 0.9592, 0.904), (35, 307, 0.9737, 0.909), (4, 6, 0.5, 0.5))
        for reals, fakes, accuracy, area in cases:
            printed = {"accuracy": accuracy, "auc": area}
            counted = recount.matrices(printed, reals + fakes, reals=reals)
            right = [(matrix.fn, matrix.fp) for matrix in counted]
            got = [
                tuple(int(n) for n in pair)
                for pair in hidden_errors(reals, fakes, accuracy, area)
            ]
            where = f"Of {reals} reals and {fakes} fakes at {accuracy} and {area}"
            expect(
                got,
                f"{where} you find none; there is {right}. Round before you"
                " compare: accuracy to four digits, the area to three.",
            )
            turned = [pair[::-1] for pair in right]
            expect(
                sorted(got) != sorted(turned) or sorted(right) == sorted(turned),
                f"{where} you say {got}: first the fakes that are called real, then the"
                " reals that are called fake.",
            )
            expect(
                set(right) <= set(got),
                f"{where} you find {got}, and {right} is missing: go through every"
                " number of errors from none to all.",
            )
            expect(
                sorted(got) == sorted(right),
                f"{where} you find {len(got)}: {got[:4]}. Both numbers must fit. The"
                " area under the ROC of verdicts is the mean of the two shares that"
                " are called right.",
            )

    return check(answer, test, name="Exercise 3")
