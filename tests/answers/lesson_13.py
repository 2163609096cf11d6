"""Lesson 13: wrong answers that are typical, and words that the check must say."""

import numpy as np

from dfstudy.metrics import conformal


def cut(videos):
    parts = videos.groupby("group")["split"].nunique()
    return parts.index[parts > 1].tolist()


def by_video(videos):
    parts = videos.groupby("video_id")["split"].nunique()
    return parts.index[parts > 1].tolist()


def test_and_training_only(videos):
    return cut(videos[videos["split"] != "val"])


def once_a_video(videos):
    home = videos.drop_duplicates("group").set_index("group")["split"]
    other = videos[videos["split"] != videos["group"].map(home)]
    return other["group"].tolist()


def mark(labels, share, rng):
    return rng.random(len(labels)) < np.where(labels == 1, share, 1 - share)


def fakes_only(labels, share, rng):
    return (labels == 1) & (rng.random(len(labels)) < share)


def without_label(labels, share, rng):
    return rng.random(len(labels)) < share


def seeded(labels, share, rng):
    return mark(labels, share, np.random.default_rng(0))


def from_one(p, alpha):
    ordered = np.append(np.sort(p), np.nan)
    return ordered[int(np.ceil(round((len(p) + 1) * (1 - alpha), 9))) - 2]


def without_the_next(p, alpha):
    return np.sort(p)[int(np.ceil(round(len(p) * (1 - alpha), 9))) - 1]


def ours(p, alpha):
    return conformal.calibrate(np.zeros(len(p)), p, alpha=alpha).real_up_to


WRONG = {
    "cut_groups": [
        (by_video, "look at the groups"),
        (test_and_training_only, "in validation"),
        (once_a_video, "each group once"),
        (lambda v: v["group"].tolist(), "in one part"),
    ],
    "marked": [
        (fakes_only, "of the reals are marked"),
        (without_label, "says nothing"),
        (lambda y, s, rng: y == 1, "share asked for"),
        (seeded, "very same"),
        (lambda y, s, rng: s, "One True or False"),
    ],
    "limit": [
        (lambda p, a: np.quantile(p, 1 - a), "interpolated"),
        (without_the_next, "one more"),
        (from_one, "from 0"),
    ],
}
# The package's own, and answers of another form.
RIGHT = {
    "cut_groups": [lambda v: set(cut(v))],
    "limit": [
        lambda p, a: conformal.calibrate(np.zeros(len(p)), p, alpha=a).real_up_to
    ],
}
