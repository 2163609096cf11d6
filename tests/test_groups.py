"""Groups are the components of the definition; people part only where they merged."""

import pandas as pd
import pytest
from hypothesis import given, settings
from manifests import components, manifests, originals, pairs, row, swaps

from dfstudy.data import groups, manifest
from dfstudy.metrics import intervals


@given(table=manifests())
@settings(max_examples=50, deadline=None)
def test_units_are_the_components(table):
    """Whole: those of all links. By person: those of all links but the donors'."""
    nobody = pd.Series(False, table.index)
    faceless = table.assign(donor_identity=None)
    for parted, same in ((nobody, table), (~nobody, faceless)):
        units = groups._units(table, parted)
        truth = components(same)
        matched = set(zip(truth, units["unit"], strict=True))
        assert len(matched) == len(set(truth)) == units["unit"].nunique()
    assert not (units["donor"] == units["unit"]).any()


def test_a_fake_hangs_on_its_targets_unit_and_its_donors():
    table = manifest.from_rows(
        [
            row("r", target="a"),
            row("s", target="b"),
            row("f", "swap", "r", None, "b"),  # whose head? that of the source
            row("g", "swap", "r", "a", "c"),  # c is in no video of their own
            row("h", "swap", "r", "a", "a"),
        ]
    )
    units = groups.find(table, people=True).units
    a, b, c = (f"auto:{known}" for known in ("source:f", "identity:b", "identity:c"))
    assert units["unit"].tolist() == [a, b, a, a, a]
    assert units["donor"].fillna("").tolist() == ["", "", b, c, ""]


def test_names_say_what_is_known_and_keep_those_given():
    def names(*rows):
        return groups.find(manifest.from_rows(rows)).table["group"].tolist()

    assert names(row("a", target="p"), row("b", target="q")) == [
        "auto:identity:p",
        "auto:identity:q",
    ]
    assert names(row("a")) == ["auto:source:a"]
    assert names(row("a", "swap")) == ["auto:file:a"]
    assert names(row("a", group="x"), row("f", "swap", "a")) == ["x", "x"]


def test_our_names_tie_nothing_when_a_manifest_comes_back():
    table = manifest.from_rows(swaps("dfd", 6, 12, 30))
    whole = table.assign(group="auto:identity:dfd-0")  # as any split leaves it
    again = groups.find(whole, people=True).table
    assert again["group"].nunique() == 6
    theirs = table.assign(group="auto pilots")
    assert groups.find(theirs, people=True).table["group"].nunique() == 1


@pytest.mark.parametrize(
    ("rows", "by_person"),
    [
        (swaps("dfd", 28, 84, 600), True),
        (swaps("celeb", 40, 80, 500, strangers=100), True),  # 101 groups, one of fakes
        (originals(5, 2), False),  # few, but nobody is known
        (pairs(3).to_dict("records"), False),  # few, but closed
    ],
)
def test_people_are_parted_where_they_merged(rows, by_person):
    assert groups.find(manifest.from_rows(rows)).by_person == by_person


def test_groups_count_by_what_an_interval_feels():
    """25 closed trios are enough groups; with one giant among them they are not."""

    def trios(n):
        return [
            row(f"f{i}-{j}", "swap", None, f"p{i}-{j}", f"p{i}-{(j + 1) % 3}")
            for i in range(n)
            for j in range(3)
        ]

    assert not groups.find(manifest.from_rows(trios(25))).by_person
    assert groups.find(manifest.from_rows(trios(19))).by_person
    giant = trios(25) + swaps("x", 10, 10, 400)
    found = groups.find(manifest.from_rows([r | {"dataset": None} for r in giant]))
    assert found.by_person


def test_no_videos_no_groups():
    with pytest.raises(ValueError, match="no video"):
        groups.find(pairs(1).iloc[:0])


def test_enough_groups_are_more_than_an_interval_needs():
    assert groups.ENOUGH > intervals.MIN_GROUPS
