"""Exercises that answer: not attempted, correct, or what to look at again.

    from dfstudy.course.exercises import check, expect

    def test(share):                             # gets the student's function
        got = share(labels := rng.integers(0, 2, 50))
        expect(got <= 1, f"A share is at most 1; yours is {got}: divide by the number.")
        expect(np.isclose(got, labels.mean()), "...")

    check(share, test)                           # prints one line and goes on

A test compares with an oracle on inputs of its own and explains what it sees; nothing
that a student types stops the notebook. With DFSTUDY_SOLUTIONS=1, as the solutions are
run in the tests, anything but `correct` raises instead.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["not attempted", "correct", "try again"]


class WrongAnswer(AssertionError):
    """The answer is not right; the message says what to look at."""


class _NotAttempted(Exception):
    """The stub is untouched: it gave None or an ellipsis."""


@dataclass(frozen=True)
class Status:
    """What a check found; `message` is what the student read."""

    state: State
    message: str

    def _ipython_display_(self) -> None:
        """Show nothing: `check` has printed it already."""


def expect(condition: Any, message: str) -> None:
    """Raise WrongAnswer with `message` unless `condition` holds."""
    if not bool(condition):
        raise WrongAnswer(message)


def check(
    answer: Any, test: Callable[[Any], None], *, name: str = "Exercise"
) -> Status:
    """Try `test` on `answer`, print one line on how it went, and return it.

    Args:
        answer: a value, or a function. None and ... (a value, or what the function
            returns) and NotImplementedError mean that nobody has tried yet.
        test: gets the answer; returns if it is right, else raises (see `expect`).
        name: how the line begins, for example "Exercise 2".

    Raises:
        WrongAnswer: under DFSTUDY_SOLUTIONS=1, where the status is not `correct`.
    """
    status = _judge(answer, test)
    mark = {"correct": "✓", "try again": "✗", "not attempted": "…"}[status.state]
    print(f"{mark} {name}: {status.state}. {status.message}".rstrip())
    if os.environ.get("DFSTUDY_SOLUTIONS") == "1" and status.state != "correct":
        raise WrongAnswer(f"the solution of {name} is not correct: {status}")
    return status


def _judge(answer: Any, test: Callable[[Any], None]) -> Status:
    try:
        test(_attempt(answer))
    except (_NotAttempted, NotImplementedError):
        return Status("not attempted", "Write your answer, then run the cell again.")
    except AssertionError as error:
        return Status("try again", str(error) or "Not yet.")
    except Exception as error:  # the student's own code: any error is an answer
        return Status("try again", f"It stopped with {type(error).__name__}: {error}")
    return Status("correct", "")


def _attempt(answer: Any) -> Any:
    """`answer`; a function is wrapped so that an untouched one says so when called."""
    if answer is None or answer is ...:
        raise _NotAttempted
    if not callable(answer) or isinstance(answer, type):
        return answer

    @functools.wraps(answer)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = answer(*args, **kwargs)
        if result is None or result is ...:
            raise _NotAttempted
        return result

    return call
