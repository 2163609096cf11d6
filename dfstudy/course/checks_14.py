"""The checks of lesson 14: does the student's check find the bug, and only the bug?

checks.finds(bugs.SAMPLE, check_sample)

A check that never alarms and one that always does are both worthless, so each is tried
on parts that are right, in more than one way, and on parts with a bug, plain and
disguised (`course.bugs`).
"""

from collections.abc import Callable, Mapping

from dfstudy.course import bugs
from dfstudy.course.bugs import Part
from dfstudy.course.exercises import Status, check, expect

# What to look at again, by part and by the bug that was not found.
_MISSED = {
    "deal": {
        "by frame": "the frames of one video lie in several parts",
        "by video": "no video is in two parts, but two videos of one group are: ask"
        " for the group",
    },
    "area": {
        "of labels at 0.5": "it cuts the scores at 0.5 first: ask it about a ranking"
        " without a mistake in which nearly all scores lie below 0.5",
        "of labels at the mean": "it cuts the scores at their mean. Take scores that"
        " are ranked without a mistake, of which one fake is far above all others",
    },
    "read": {
        "BGR": "its first channel is blue: read a video that is red and nothing else",
        "turned twice": "its channels were turned twice, and are BGR again",
        "grey in three channels": "all its channels are the same: the first must be"
        " brighter than the others, not only as bright",
    },
    "score": {
        "over the batch": "its LSTM runs along the batch: score a clip alone, then"
        " behind others (the first of a batch has nobody before it)",
        "batch norm in training mode": "it takes the mean of the batch at hand. Compare"
        " the same clip in two batches, with a small tolerance",
    },
    "choose": {
        "on test": "its threshold moves when the test labels change",
        "on both": "it looks at validation and test together: change the test part a"
        " lot (turn its labels round, draw other scores), leave validation as it is",
    },
    "sample": {
        "the first ones": "of a long video it takes the beginning",
        "a step rounded down": "for some lengths it is right, for others the end is"
        " never seen: try several, such as 31 frames of which 16 are taken",
    },
    "crop": {
        "the first box for all": "it keeps the place of the first face: let the marker"
        " move a long way, and look at every crop",
        "one frame late": "it is one frame late: let the marker move from frame to"
        " frame by more than half its size",
    },
}


def finds(part: Part, answer: Callable | None) -> Status:
    """Whether a student's check tells the right versions of `part` from the broken."""

    def test(alarms: Callable) -> None:
        for name, version in part.right.items():
            expect(
                not alarms(version),
                f"False alarm: {name!r} is right, and your check calls it broken. What"
                " is right may look different: ask only for what must hold.",
            )
        for name, version in part.planted.items():
            expect(
                alarms(version),
                f"A bug got past your check: {_MISSED[part.name][name]}.",
            )

    number = list(bugs.PARTS).index(part.name) + 1
    return check(answer, test, name=f"Exercise {number}")


def convicts(answer: Callable | None) -> Status:
    """Exercise 8: `convict(parts)` names the broken parts of a study."""

    def test(convict: Callable) -> None:
        for seed in range(100, 108):
            suspect = bugs.suspect(seed)
            named = set(convict(suspect.parts))
            unknown = sorted(named - set(bugs.PARTS))
            expect(not unknown, f"There are no parts called {unknown}.")
            wrongly = sorted(named - suspect.broken)
            expect(
                not wrongly,
                f"Of study {seed} you accuse {wrongly}, which are innocent: a part is"
                " broken where its own check says True.",
            )
            free = sorted(suspect.broken - named)
            expect(
                not free,
                f"Of study {seed} you let {free} go. Ask every part, each with its"
                " own check.",
            )

    return check(answer, test, name="Exercise 8")


def compare(found: Mapping[str, bool] | None) -> None:
    """Print what the checks of the exercises say of the lesson's own study."""
    if not found:
        print("No check is written yet: this study keeps its number, and its bugs.")
        return
    for name, broken in found.items():
        print(f"{name:8} {'BROKEN' if broken else 'nothing found'}")
