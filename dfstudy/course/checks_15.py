"""The checks of lesson 15's exercises; each tells what to look at again."""

import math
from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.metrics.base_rates import probability_at


def of_video(answer: Callable | None) -> Status:
    """Exercise 1: `of_video(faces)` is P(fake) of a video from those of its faces."""

    def test(of_video: Callable) -> None:
        alone = float(of_video([0.3]))
        expect(
            np.isclose(alone, 0.3), f"One face with 0.3 makes 0.3; yours is {alone:g}."
        )
        faces = [0.2, 0.95, 0.05, 0.3]
        got = float(of_video(list(faces)))
        expect(
            not np.isclose(got, np.mean(faces)),
            f"Of four faces one is forged, 0.95, and your video has {got:.2f}: the real"
            " ones have outvoted it. A mean hides one among many.",
        )
        expect(
            not np.isclose(got, np.median(faces)),
            "The median of four faces is between two real ones: one forged face among"
            " four is enough for a forged video.",
        )
        expect(
            not np.isclose(got, faces[0]),
            "Your video has the score of its first face. The forged one need not be the"
            " most prominent: S4 says of its own page that it takes any one face.",
        )
        expect(np.isclose(got, 0.95), f"Faces {faces} make 0.95; yours is {got:.2f}.")
        some = float(of_video([0.2, None, 0.4]))
        expect(
            np.isclose(some, 0.4),
            f"Faces 0.2, not scored and 0.4 make 0.4; yours is {some:g}. A face that"
            " nobody scored says nothing.",
        )
        rng = np.random.default_rng(0)
        for n in (2, 5, 9):
            p = rng.random(n).tolist()
            expect(np.isclose(float(of_video(list(p))), max(p)), f"Not for {p}.")
        for faces in ([None, None], []):
            nobody = float(of_video(list(faces)))
            expect(
                math.isnan(nobody),
                f"Nobody was scored in {faces}, and your video has {nobody:g}: without"
                " a score there is no probability, neither 0 nor a half.",
            )

    return check(answer, test, name="Exercise 1")


def answer(answer: Callable | None) -> Status:
    """Exercise 2: `answer(p, real_up_to, fake_from)` is one of three words."""

    def test(say: Callable) -> None:
        words = ("real", "fake", "cannot tell")
        got = say(0.5, 0.7, 0.3)
        expect(got in words, f"The answers are {', '.join(words)}; yours is {got!r}.")
        expect(
            got == "cannot tell",
            "At 0.5 reals (up to 0.7) and fakes (from 0.3) are both possible, and you"
            f" say {got!r}.",
        )
        for p, right in ((0.1, "real"), (0.9, "fake")):
            got = say(p, 0.7, 0.3)
            expect(
                got == right, f"At {p} only {right!r} is possible, and you say {got!r}."
            )
        got = say(0.5, 0.3, 0.7)
        expect(
            got == "cannot tell",
            f"At 0.5, with limits 0.3 and 0.7, neither is possible, and you say {got!r}"
            ": a video like none of validation.",
        )
        for p, limits in ((0.3, (0.3, 0.6)), (0.6, (0.3, 0.6))):
            right = "real" if p == 0.3 else "fake"
            got = say(p, *limits)
            expect(
                got == right,
                f"A limit belongs to its label: at p = {p}, limits {limits}, it is"
                f" {right!r} and not {got!r}.",
            )
        for p, limits, right in (
            (0.9, (None, 0.3), "cannot tell"),
            (0.1, (None, 0.3), "real"),
            (0.9, (0.7, None), "fake"),
            (0.1, (0.7, None), "cannot tell"),
            (0.5, (None, None), "cannot tell"),
        ):
            got = say(p, *limits)
            expect(
                got == right,
                f"A limit None leaves its label possible everywhere: at p = {p}, limits"
                f" {limits}, it is {right!r}; you say {got!r}.",
            )

    return check(answer, test, name="Exercise 2")


def elsewhere(answer: Callable | None) -> Status:
    """Exercise 3: `elsewhere(p, share, base_rate)` is the posterior elsewhere."""

    def test(elsewhere: Callable) -> None:
        same = float(elsewhere(0.8, 0.6, 0.6))
        expect(
            np.isclose(same, 0.8),
            "Where as many videos are fake as in validation nothing changes: 0.8 is to"
            f" stay; yours is {same:.3g}.",
        )
        rare = float(elsewhere(0.9, 0.5, 0.001))
        expect(
            0 <= rare <= 1,
            f"You give {rare:.3g}: odds are no probability yet, p = o / (1 + o).",
        )
        expect(
            not np.isclose(rare, [0.9 * 0.001, 0.9 * 0.001 / 0.5], rtol=0.01).any(),
            "You multiply p by the base rate. That forgets the reals, who become more:"
            " multiply the *odds*.",
        )
        half = float(probability_at(0.9, calibrated_at=0.5, base_rate=0.001))
        expect(
            np.isclose(rare, half, rtol=1e-3),
            f"0.9 of a half becomes {half:.3g} at one in a thousand; yours is"
            f" {rare:.3g}.",
        )
        for p, share, rate in ((0.9, 2 / 3, 0.01), (0.2, 0.3, 0.7), (0.99, 0.8, 0.1)):
            right = float(probability_at(p, calibrated_at=share, base_rate=rate))
            got = float(elsewhere(p, share, rate))
            ignored = float(probability_at(p, calibrated_at=0.5, base_rate=rate))
            expect(
                not np.isclose(got, ignored, rtol=1e-3),
                f"You put in the new odds, and leave the old ones in: p was calibrated"
                f" where {share:.2f} of the videos was fake, not a half.",
            )
            expect(
                np.isclose(got, right, rtol=1e-3),
                f"p = {p} of a share {share:.2f} becomes {right:.3g} at {rate}; yours"
                f" is {got:.3g}.",
            )

    return check(answer, test, name="Exercise 3")
