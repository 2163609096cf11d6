"""The checks of lesson 00's exercises; each tells what to look at again."""

from collections.abc import Callable, Sequence
from numbers import Real

from scipy.stats import binomtest

from dfstudy.course.exercises import Status, check, expect


def guesses(answer: Sequence[float] | None, n: int) -> Status:
    """Exercise 1: one guess for each of `n` clips; their form, not whether they hit."""

    def test(guesses: Sequence[float]) -> None:
        expect(
            not isinstance(guesses, str) and hasattr(guesses, "__len__"),
            "Write your guesses as a list, [0.2, 0.9, ...].",
        )
        expect(
            len(guesses) == n,
            f"There are {n} clips and you guessed {len(guesses)}: give one for each, in"
            " their order.",
        )
        odd = [guess for guess in guesses if not _is_share(guess)]
        expect(
            not odd,
            "A guess is between 0 (surely real) and 1 (surely fake), 0.5 where you do"
            f" not know; yours has {odd[:1]}.",
        )
        expect(
            n < 2 or len(set(guesses)) > 1,
            "You said the same of all of them: then nobody can see which you find more"
            " suspicious. Let the surer ones differ.",
        )

    return check(answer, test, name="Exercise 1, one guess a clip")


def _is_share(guess: object) -> bool:
    return isinstance(guess, Real) and 0 <= guess <= 1


def interval(answer: Callable | None) -> Status:
    """Exercise 2: `interval(right, n)` is Wilson's 95 % interval of a share."""

    def test(interval: Callable) -> None:
        low, high = (float(end) for end in interval(12, 12))
        expect(
            low < high and low < 0.9,
            f"Of 12 clips, 12 right: you are sure of [{low:.2f}, {high:.2f}]. Somebody"
            " who misses one clip in ten is perfect on 12 quite often, so look at the"
            " terms of z that do not vanish.",
        )
        low, high = (float(end) for end in interval(1, 12))
        expect(
            low >= 0,
            f"Yours begins at {low:.2f}, but no share is negative: the middle is not"
            " right / n, it is drawn towards one half.",
        )
        for right, n in ((6, 12), (9, 12), (0, 5), (70, 100), (610, 1000)):
            wilson = binomtest(right, n).proportion_ci(method="wilson")
            got = tuple(float(end) for end in interval(right, n))
            expect(
                len(got) == 2 and got[0] < got[1],
                f"Give two numbers, the lower first; yours: {got}.",
            )
            close = abs(got[0] - wilson.low) < 2e-3 and abs(got[1] - wilson.high) < 2e-3
            expect(
                close,
                f"{right} right of {n}: SciPy has {wilson.low:.3f} to"
                f" {wilson.high:.3f}, yours is {got[0]:.3f} to {got[1]:.3f}. Compare"
                " each term with the formula; z is 1.96.",
            )

    return check(answer, test, name="Exercise 2")
