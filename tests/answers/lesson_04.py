"""Lesson 04: wrong answers that are typical, and words that the check must say."""

import numpy as np

from dfstudy.training.rule import Rule
from dfstudy.video.flow import photometric_error, warp


def last_doubled(flows):
    return np.concatenate([flows, flows[-1:]])


def zero_first(flows):
    return np.concatenate([np.zeros_like(flows[:1]), flows])


def without_warp(a, b, flow):
    return np.abs(a.astype(float) - b).mean()


def warped_first(a, b, flow):
    return np.abs(b - warp(a, flow)).mean()


def edge_counted(a, b, flow):
    return np.abs(a - warp(b, flow)).mean()


def wrong_unit(a, b, flow):
    return photometric_error(a, b, flow) / 255


WRONG = {
    "doubled": [
        (lambda flows: flows, "missing its twin"),
        (last_doubled, "the last flow"),
        (zero_first, "still picture"),
        (lambda f: np.repeat(f, 2, axis=0), "first axis"),
        (lambda f: np.concatenate([f, f[:1]]), "in their order"),
    ],
    "left_over": [
        (without_warp, "as they are"),
        (warped_first, "drawn back"),
        (edge_counted, "inside"),
        (wrong_unit, "random flow"),
        (lambda a, b, f: 7.0, "nothing is left"),
    ],
    "noisy_or": [
        (lambda s: s.prod(), "*all* frames"),
        (lambda s: (1 - s).prod(), "left to 1"),
        (lambda s: s.max(), "highest"),
        (lambda s: s.sum(), "add up"),
        (lambda s: s.mean(), "for certain"),
    ],
}
# The package's own, and answers of another form.
RIGHT = {
    "left_over": [photometric_error],
    "noisy_or": [Rule("noisy_or", None).aggregate],
}
