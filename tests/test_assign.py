"""Shares: what may be asked for, and what whole units make of it."""

import pytest
from manifests import pairs

from dfstudy.data import assign, splits


@pytest.mark.parametrize(
    ("asked", "groups"),
    [
        ((0.8, 0.1, 0.1), (80, 10, 10)),
        ((0.7, 0.3), (56, 14, 30)),
        ((0.8, 0.2), (64, 16, 20)),
    ],
)
def test_two_parts_take_validation_from_training(asked, groups):
    _, facts = splits.split(pairs(100), seed=0, fractions=assign.named(asked))
    assert tuple(facts["groups"].values()) == groups
    assert list(facts["fractions"]) == ["train", "val", "test"]


@pytest.mark.parametrize(
    "fractions",
    [
        {"train": 0.5, "val": 0.5, "test": 0.5},
        {"train": 1.0},
        {"train": 0.8, "val": 0.2, "test": 0.0},
        {"train": 0.5, "val": 0.2, "exam": 0.3},
        {"train": float("nan"), "val": 0.2, "test": 0.3},
        {},
    ],
)
def test_wrong_fractions_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions"):
        splits.split(pairs(4), seed=0, fractions=fractions)


@pytest.mark.parametrize("shares", [(), (1.0,), (0.4, 0.2, 0.2, 0.2)])
def test_two_or_three_fractions(shares):
    with pytest.raises(ValueError, match="two or three"):
        assign.named(shares)


def test_a_unit_is_placed_whole_and_every_unit_is():
    table = pairs(10)
    units = table["target_identity"].str[:-1]
    part_of = assign.place(table, units, shares={"train": 0.8, "test": 0.2}, seed=1)
    assert set(part_of) == set(units)
    assert sorted(part_of.values()) == ["test"] * 2 + ["train"] * 8
