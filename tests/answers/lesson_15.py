"""Lesson 15: wrong answers that are typical, and words that the check must say."""

import numpy as np

NAN = float("nan")


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


WRONG = {
    "of_video": [
        (mean, "outvoted"),
        (median, "one forged face among"),
        (first, "most prominent"),
        (nobody_is_real, "neither 0"),
        (lambda faces: max(faces), "TypeError"),
    ],
    "answer": [
        (fake_first, "both possible"),
        (neither_is_fake, "neither is possible"),
        (strict, "belongs to its label"),
        (none_is_impossible, "possible everywhere"),
        (lambda p, r, f: 1, "The answers are"),
    ],
    "elsewhere": [
        (lambda p, s, b: p * b / s, "forgets the reals"),
        (odds, "nothing changes"),
        (from_a_half, "leave the old ones"),
        (lambda p, s, b: p, "one in a thousand"),
    ],
}
