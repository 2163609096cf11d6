"""The checks of lesson 13: untouched, typical mistakes, solutions."""

import numpy as np
import pytest

from dfstudy.course import checks_13
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


test_and_training_only.__test__ = False


def mark(labels, share, rng):
    return rng.random(len(labels)) < np.where(labels == 1, share, 1 - share)


def fakes_only(labels, share, rng):
    return (labels == 1) & (rng.random(len(labels)) < share)


def without_label(labels, share, rng):
    return rng.random(len(labels)) < share


def seeded(labels, share, rng):
    return mark(labels, share, np.random.default_rng(0))


def kth(p, alpha):
    return np.sort(p)[int(np.ceil(round((len(p) + 1) * (1 - alpha), 9))) - 1]


def from_one(p, alpha):
    ordered = np.append(np.sort(p), np.nan)
    return ordered[int(np.ceil(round((len(p) + 1) * (1 - alpha), 9))) - 2]


def without_the_next(p, alpha):
    return np.sort(p)[int(np.ceil(round(len(p) * (1 - alpha), 9))) - 1]


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (checks_13.cut_groups, by_video, "look at the groups"),
        (checks_13.cut_groups, test_and_training_only, "in validation"),
        (checks_13.cut_groups, once_a_video, "each group once"),
        (checks_13.cut_groups, lambda v: v["group"].tolist(), "in one part"),
        (checks_13.marked, fakes_only, "of the reals are marked"),
        (checks_13.marked, without_label, "says nothing"),
        (checks_13.marked, lambda y, s, rng: y == 1, "share asked for"),
        (checks_13.marked, seeded, "very same"),
        (checks_13.marked, lambda y, s, rng: s, "One True or False"),
        (checks_13.limit, lambda p, a: np.quantile(p, 1 - a), "interpolated"),
        (checks_13.limit, without_the_next, "one more"),
        (checks_13.limit, from_one, "from 0"),
    ],
)
def test_lesson_13_tells_why(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_13.cut_groups, cut),
        (checks_13.cut_groups, lambda v: set(cut(v))),
        (checks_13.marked, mark),
        (checks_13.limit, kth),
        (
            checks_13.limit,
            lambda p, a: conformal.calibrate(np.zeros(len(p)), p, alpha=a).real_up_to,
        ),
    ],
)
def test_lesson_13_knows_its_solutions(check, right):
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"
    status = check(right)
    assert status.state == "correct", status.message
