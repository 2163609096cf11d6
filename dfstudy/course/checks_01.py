"""The checks of lesson 01's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from dfstudy.course.exercises import Status, check, expect
from dfstudy.metrics.base_rates import precision_at


def people_on_both_sides(train: pd.DataFrame, test: pd.DataFrame) -> int:
    """How many people are in videos of `train` and of `test`, as target or donor."""
    return len(_people(train) & _people(test))


def _people(videos: pd.DataFrame) -> set[str]:
    seen = pd.concat([videos["target_identity"], videos["donor_identity"]])
    return set(seen.dropna())


def count_shared(answer: Callable | None) -> Status:
    """Exercise 1: `count_shared(train, test)` counts the people who are in both."""

    def videos(*pairs: tuple[str, str | None]) -> pd.DataFrame:
        return pd.DataFrame(pairs, columns=["target_identity", "donor_identity"])

    def test(count_shared: Callable) -> None:
        got = count_shared(
            videos(("ann", None), ("bea", None)), videos(("cat", None), ("dan", None))
        )
        expect(
            got == 0,
            f"Nobody is on both sides here, and you counted {got}: a missing donor is"
            " not a person. Drop what is missing (dropna).",
        )
        got = count_shared(videos(("ann", "bea")), videos(("bea", None)))
        expect(
            got == 1,
            f"Bea gave her face to a training video and is in a test video: that is 1,"
            f" yours is {got}. A video shows its target and its donor.",
        )
        got = count_shared(
            videos(("ann", None), ("ann", None)), videos(("ann", None), ("ann", "bea"))
        )
        expect(
            got == 1,
            f"Only Ann is on both sides, in several videos; you counted {got}. Count"
            " people, not videos: a set holds everybody once.",
        )
        rng = np.random.default_rng(0)
        for _ in range(20):
            names = np.array([*"abcdefgh", None], dtype=object)
            train, other = (videos(*rng.choice(names, (5, 2))) for _ in range(2))
            right = people_on_both_sides(train, other)
            got = count_shared(train, other)
            expect(
                got == right,
                f"Training videos (target, donor): {train.values.tolist()}, test:"
                f" {other.values.tolist()}. You count {got}, not {right}.",
            )

    return check(answer, test, name="Exercise 1")


def precision(answer: Callable | None) -> Status:
    """Exercise 2: `precision(base_rate, tpr, fpr)` of the videos called fake."""

    def test(precision: Callable) -> None:
        got = float(precision(0.01, 0.9, 0.2))
        expect(
            not np.isclose(got, 0.9 / 1.1),
            "This is what a test set with as many fakes as reals shows. Weigh the two"
            " kinds of videos: there are base_rate fakes to 1 - base_rate reals.",
        )
        expect(
            not np.isclose(got, 0.99 * 0.9 / (0.99 * 0.9 + 0.01 * 0.2)),
            "You swapped the classes: base_rate is the share of the *fakes*.",
        )
        expect(
            not np.isclose(got, 0.01 * 0.9 + 0.99 * 0.8),
            "This is the share of right verdicts among all videos. Look only at those"
            " that are called fake: how many of them are?",
        )
        rng = np.random.default_rng(1)
        for base_rate, tpr, fpr in rng.uniform(0.01, 0.99, (20, 3)):
            right = float(precision_at(base_rate, tpr=tpr, fpr=fpr))
            got = float(precision(base_rate, tpr, fpr))
            expect(
                np.isclose(got, right),
                f"base rate {base_rate:.2f}, TPR {tpr:.2f}, FPR {fpr:.2f}: of 100"
                f" videos {100 * base_rate * tpr:.1f} are fakes called fake and"
                f" {100 * (1 - base_rate) * fpr:.1f} reals called fake, which makes"
                f" {right:.3f}; yours is {got:.3f}.",
            )

    return check(answer, test, name="Exercise 2")
