"""Lesson 14: checks that are asleep, that cry wolf, or that know one disguise only."""

import tempfile

import numpy as np
import pandas as pd

from dfstudy.training.rule import best_threshold
from dfstudy.video.write import write_video


def always(part):
    return True


def never(part):
    return False


def by_video(deal):
    frames = pd.DataFrame({"video_id": np.repeat(list("abcdef"), 4), "group": "g"})
    return (deal(frames).groupby(frames["video_id"]).nunique() > 1).any()


def two_videos(area):
    return area([0, 1], [0.4, 0.6]) < 1


def at_half(area):
    labels, scores = np.array([0, 0, 1, 1]), np.array([0.6, 0.7, 0.8, 0.9])
    return area(labels, scores) < 1


def as_bright(read):
    red = np.zeros((8, 64, 64, 3), np.uint8)
    red[..., 0] = 200
    path = write_video(f"{tempfile.mkdtemp()}/r.mp4", red, fps=10)
    first, *others = read(path).mean((0, 1, 2))
    return first < max(others) - 1


def the_first(score):
    clips = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
    return not np.allclose(score(clips)[0], score(clips[:1])[0], atol=1e-4)


def order_alone(score):
    clips = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
    return not np.allclose(score(clips)[::-1], score(clips[::-1]), atol=1e-4)


def equals_the_best_on_test(choose):
    labels, scores = np.arange(20) % 2, np.random.default_rng(0).random(20)
    val, test = (labels, scores), (1 - labels, scores**2)
    return choose(val, test) == best_threshold(*test)


def one_length(sample):
    return max(sample(160, 16)) < 140


def still(crop):
    frames = np.full((3, 64, 64, 3), 255, np.uint8)
    return (crop(frames, np.array([[10.0, 10, 40, 40]] * 3)) < 200).any()


ASLEEP = (never, "got past")
WOLF = (always, "False alarm")
WRONG = {
    "cuts_groups": [ASLEEP, WOLF, (by_video, "ask for the group")],
    "cuts_scores": [
        *(ASLEEP, WOLF),
        (two_videos, "cuts the scores at 0.5"),
        (at_half, "got past"),
    ],
    "turns_colours": [ASLEEP, WOLF, (as_bright, "as bright")],
    "mixes_clips": [
        *(ASLEEP, WOLF),
        (the_first, "nobody before it"),
        (order_alone, "mean of the batch"),
    ],
    "peeks": [ASLEEP, WOLF, (equals_the_best_on_test, "together")],
    "misses_parts": [ASLEEP, WOLF, (one_length, "31 frames")],
    "lets_go": [ASLEEP, WOLF, (still, "long way")],
    "convict": [
        (lambda parts: list(parts), "innocent"),
        (lambda parts: [], "go"),
        (lambda parts: ["face"], "no parts"),
    ],
}
