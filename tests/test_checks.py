"""The checks of the exercises: untouched, two typical wrong answers, the solution."""

import numpy as np
import pytest

from dfstudy.course import checks_02, checks_03


def first_frames(n_frames, k):
    return np.minimum(np.arange(k), n_frames - 1)


def without_half(n_frames, k):
    return np.minimum(np.floor(np.arange(k) * n_frames / k).astype(int), n_frames - 1)


def off_the_end(n_frames, k):
    return np.floor((np.arange(k) + 1) * n_frames / k).astype(int)


def floats(n_frames, k):
    return np.linspace(0, n_frames - 1, k)


def grown_once(box, margin):
    middle = (box[:2] + box[2:]) / 2
    half = (box[2:] - box[:2]).max() * (1 + margin) / 2
    return np.concatenate([middle - half, middle + half])


def from_the_corner(box, margin):
    side = (box[2:] - box[:2]).max() * (1 + 2 * margin)
    return np.array([*box[:2], *(box[:2] + side)])


def not_square(box, margin):
    grow = (box[2:] - box[:2]) * margin
    return np.concatenate([box[:2] - grow, box[2:] + grow])


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (checks_02.spread, first_frames, "first frames"),
        (checks_02.spread, without_half, "half"),
        (checks_02.spread, off_the_end, "Clip"),
        (checks_02.spread, floats, "whole number"),
        (checks_02.square, grown_once, "each of"),
        (checks_02.square, from_the_corner, "middle"),
        (checks_02.square, not_square, "longer side"),
        (checks_03.majority, lambda s: int((s >= 0.5).mean() >= 0.5), "strictly"),
        (checks_03.majority, lambda s: int((s > 0.5).mean() > 0.5), "exactly 0.5"),
        (checks_03.majority, lambda s: int(s.mean() >= 0.5), "mean of the scores"),
        (checks_03.balanced_accuracy, lambda y, c: (y == c).mean(), "the accuracy"),
        (
            checks_03.balanced_accuracy,
            lambda y, c: ((c == 1).mean() + (c == 0).mean()) / 2,
            "scikit-learn",
        ),
        (checks_03.class_weights, lambda y: (1 - y.mean(), y.mean()), "rarer"),
        (checks_03.class_weights, lambda y: (2.0, 1.0), "3,068"),
    ],
)
def test_typical_wrong_answers_are_told_why(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    "check",
    [
        checks_02.spread,
        checks_02.square,
        checks_03.majority,
        checks_03.balanced_accuracy,
        checks_03.class_weights,
    ],
)
def test_an_untouched_exercise_goes_on(check):
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"
