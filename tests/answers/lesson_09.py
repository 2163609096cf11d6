"""Lesson 09: wrong answers that are typical, and words that the check must say."""

from itertools import product

import numpy as np

from dfstudy.models import xception
from dfstudy.training.fitted import Variant


def brighter(clip, rng):
    return np.clip(clip * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)


def brighter_frame_by_frame(clip, rng):
    return np.stack([brighter(frame, rng) for frame in clip])


def brighter_in_place(clip, rng):
    clip[:] = brighter(clip, rng)
    return clip


def focal(p, y, alpha, gamma, *, q=None, weight=None):
    q = np.where(y == 1, p, 1 - p) if q is None else q
    weight = np.where(y == 1, alpha, 1 - alpha) if weight is None else weight
    return np.mean(weight * (1 - q) ** gamma * -np.log(q))


FOCAL = {"gamma": 2.0}


WRONG = {
    "brighter": [
        (brighter_frame_by_frame, "once a clip"),
        (lambda c, r: c * r.uniform(0.9, 1.1), "uint8"),
        (
            lambda c, r: (c * r.uniform(0.9, 1.1)).astype(int).astype(np.uint8),
            "starts again at 0",
        ),
        (brighter_in_place, "changed the clip"),
        (lambda c, r: c, "draw it from rng"),
        (
            lambda c, r: np.clip(c * r.uniform(0.5, 1.5), 0, 255).astype(np.uint8),
            "between 0.9 and 1.1",
        ),
    ],
    "focal": [
        (lambda p, y, a, g: focal(p, y, a, 0), "in full"),
        (lambda p, y, a, g: focal(p, y, a, g, weight=a), "1 - alpha"),
        (lambda p, y, a, g: focal(p, y, a, g, q=p), "for reals, too"),
        (lambda p, y, a, g: focal(p, y, 1 - a, g), "swapped"),
        (lambda p, y, a, g: -focal(p, y, a, g), "torchvision has"),
    ],
    "best_of": [
        (lambda v, n: max(v), "best of all"),
        (lambda v, n: max(v[:n]), "first"),
        (lambda v, n: np.mean(v), "mean run"),
        (
            lambda v, n: np.mean([max(some) for some in product(v, repeat=n)]),
            "drawn twice",
        ),
        (lambda v, n: 0.0, "over every choice"),
    ],
    "next_step": [
        (
            lambda: ("xception", Variant(loss=FOCAL, longer=1.5)),
            "the one with the LSTM",
        ),
        (lambda: ("xception_lstm", Variant(longer=1.5)), "should be focal"),
        (lambda: ("xception_lstm", Variant(loss=FOCAL, longer=15)), "a factor"),
        (lambda: ("xception_lstm", Variant(loss=FOCAL)), "10 epochs"),
        (
            lambda: (
                "xception_lstm",
                Variant(loss=FOCAL, longer=1.5, shape={"reader": "mean"}),
            ),
            "without a memory",
        ),
        (lambda: "xception_lstm", "two things"),
    ],
}
GIVEN = {"paper": xception.PAPER}
