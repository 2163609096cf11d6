"""The AUROC of a class: against scikit-learn, and what it must not depend on."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from dfstudy.metrics.intervals import auroc_interval
from dfstudy.metrics.readers import readers_auroc


def crossed(students=8, clips=12, seed=0):
    """Labels, guesses, groups and readers: everybody judges every clip."""
    rng = np.random.default_rng(seed)
    labels = np.arange(clips) % 2
    guesses = labels + rng.normal(0, 0.7, clips) + rng.normal(size=(students, clips))
    return (
        np.tile(labels, students),
        guesses.round(1).ravel(),  # with ties
        np.tile(np.arange(clips), students),
        np.repeat(np.arange(students), clips),
    )


def test_the_value_is_the_mean_of_scikit_learns():
    labels, guesses, groups, readers = crossed()
    mine = [
        roc_auc_score(labels[readers == r], guesses[readers == r])
        for r in np.unique(readers)
    ]
    entry = readers_auroc(labels, guesses, groups, readers, n=50)
    assert np.isclose(entry["value"], np.mean(mine))
    assert (entry["readers"], entry["groups"]) == (8, 12)
    assert entry["low"] < entry["value"] < entry["high"]


def test_verdicts_alone_give_the_balanced_accuracy():
    labels, guesses, groups, readers = crossed()
    called = guesses > 0.5
    entry = readers_auroc(labels, called, groups, readers, n=50)
    shares = [(called[labels == 1]).mean(), (~called[labels == 0]).mean()]
    assert np.isclose(entry["value"], np.mean(shares))


def test_students_who_all_say_the_same_add_nothing():
    labels, guesses, groups, _ = crossed(students=1)
    class_of = [np.tile(column, 20) for column in (labels, guesses, groups)]
    entry = readers_auroc(*class_of, np.repeat(np.arange(20), 12), n=4000)
    one = auroc_interval(labels, guesses, groups, n=4000)
    assert np.isclose(entry["value"], one["value"])
    # Of clips alone: as wide as one student's, twenty times the same or not.
    assert abs((entry["high"] - entry["low"]) - (one["high"] - one["low"])) < 0.12
    alone = readers_auroc(*class_of, np.repeat(np.arange(20), 12), over="readers")
    assert np.isclose(alone["low"], alone["high"])


def test_both_is_wider_than_either():
    width = {}
    for over in ("both", "readers", "clips"):
        entry = readers_auroc(*crossed(), over=over, n=2000)
        width[over] = entry["high"] - entry["low"]
    assert width["both"] > max(width["readers"], width["clips"])


def test_more_clips_help_and_more_students_hardly_do():
    def width(**size):
        entry = readers_auroc(*crossed(**size), n=1000)
        return entry["high"] - entry["low"]

    small = width(students=10, clips=12)
    assert width(students=10, clips=96) < 0.7 * small
    assert width(students=80, clips=12) > 0.7 * small


def test_students_may_have_judged_different_clips():
    labels, guesses, groups, readers = crossed(students=10, clips=24)
    half = (groups < 12) == (readers < 5)
    entry = readers_auroc(labels[half], guesses[half], groups[half], readers[half])
    assert entry["groups"] == 24 and entry["low"] is not None


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ({"students": 4}, "4 readers"),
        ({"clips": 8}, "4 groups of a class"),
    ],
)
def test_too_few_for_an_interval(size, reason):
    entry = readers_auroc(*crossed(**size))
    assert entry["value"] is not None and entry["low"] is None
    assert reason in entry["reason"]


def test_one_class_has_no_auroc():
    labels, guesses, groups, readers = crossed()
    real = labels == 0
    entry = readers_auroc(labels[real], guesses[real], groups[real], readers[real])
    assert entry["value"] is None and "reals and fakes" in entry["reason"]


def test_the_order_of_rows_does_not_matter_and_a_seed_fixes_all():
    given = crossed()
    mixed = np.random.default_rng(1).permutation(len(given[0]))
    shuffled = [column[mixed] for column in given]
    assert readers_auroc(*given, seed=3) == readers_auroc(*shuffled, seed=3)


@pytest.mark.parametrize(
    "change",
    [
        lambda y, s, g, r: (y[1:], s, g, r),
        lambda y, s, g, r: (y + 1, s, g, r),
        lambda y, s, g, r: (y, s * np.nan, g, r),
    ],
)
def test_what_is_refused(change):
    with pytest.raises(ValueError, match="labels"):
        readers_auroc(*change(*crossed()))
