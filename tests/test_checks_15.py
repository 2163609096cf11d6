"""The checks of lesson 15: untouched, typical mistakes, solutions."""

import numpy as np
import pytest

from dfstudy.course import checks_15

NAN = float("nan")


def highest(faces):
    scores = [p for p in faces if p is not None]
    return max(scores) if scores else NAN


def known(faces):
    return [p for p in faces if p is not None]


def mean(faces):
    return np.mean(known(faces)) if known(faces) else NAN


def median(faces):
    return np.median(known(faces)) if known(faces) else NAN


def first(faces):
    return known(faces)[0] if known(faces) else NAN


def nobody_is_real(faces):
    return max(known(faces), default=0.0)


def three(p, real_up_to, fake_from):
    real = real_up_to is None or p <= real_up_to
    fake = fake_from is None or p >= fake_from
    return "cannot tell" if real == fake else "real" if real else "fake"


def fake_first(p, real_up_to, fake_from):
    fake = fake_from is None or p >= fake_from
    return "fake" if fake else "real"


def neither_is_fake(p, real_up_to, fake_from):
    real = real_up_to is None or p <= real_up_to
    fake = fake_from is None or p >= fake_from
    return "cannot tell" if real and fake else "real" if real else "fake"


def strict(p, real_up_to, fake_from):
    real = real_up_to is None or p < real_up_to
    fake = fake_from is None or p > fake_from
    return "cannot tell" if real == fake else "real" if real else "fake"


def none_is_impossible(p, real_up_to, fake_from):
    real = real_up_to is not None and p <= real_up_to
    fake = fake_from is not None and p >= fake_from
    return "cannot tell" if real == fake else "real" if real else "fake"


def odds(p, share, rate):
    return p / (1 - p) * (1 - share) / share * rate / (1 - rate)


def moved(p, share, rate):
    o = odds(p, share, rate)
    return o / (1 + o)


def from_a_half(p, share, rate):
    return p if share == rate else moved(p, 0.5, rate)


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (checks_15.of_video, mean, "outvoted"),
        (checks_15.of_video, median, "one forged face among"),
        (checks_15.of_video, first, "most prominent"),
        (checks_15.of_video, nobody_is_real, "neither 0"),
        (checks_15.of_video, lambda faces: max(faces), "TypeError"),
        (checks_15.answer, fake_first, "both possible"),
        (checks_15.answer, neither_is_fake, "neither is possible"),
        (checks_15.answer, strict, "belongs to its label"),
        (checks_15.answer, none_is_impossible, "possible everywhere"),
        (checks_15.answer, lambda p, r, f: 1, "The answers are"),
        (checks_15.elsewhere, lambda p, s, b: p * b / s, "forgets the reals"),
        (checks_15.elsewhere, odds, "nothing changes"),
        (checks_15.elsewhere, from_a_half, "leave the old ones"),
        (checks_15.elsewhere, lambda p, s, b: p, "one in a thousand"),
    ],
)
def test_lesson_15_tells_why(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again", status
    assert message in status.message


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_15.of_video, highest),
        (checks_15.answer, three),
        (checks_15.elsewhere, moved),
    ],
)
def test_lesson_15_knows_right_and_untouched(check, right):
    assert check(right).state == "correct"
    assert check(lambda *given: None).state == "not attempted"
    assert check(None).state == "not attempted"
