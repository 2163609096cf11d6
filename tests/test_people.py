"""The search for people who stay together: checked by its rule, one video at a time."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from manifests import manifests, pairs, swaps

from dfstudy.data import assign, groups, manifest, people

SHARES = {"train": 0.5, "val": 0.2, "test": 0.3}


def worth(table, units, part_of):
    """The rule of the module, from its words."""
    kept = Counter()
    for unit in set(units["unit"]):
        kept[part_of[unit], "people"] += 1
    for r, unit, donor in zip(
        table.itertuples(), units["unit"], units["donor"].fillna(""), strict=True
    ):
        if not donor or part_of[donor] == part_of[unit]:
            kept[part_of[unit], f"label {r.label}"] += 1
            kept[part_of[unit], f"method {r.method}"] += 1
    strata = {"people"} | {f"label {v}" for v in table["label"]}
    strata |= {f"method {v}" for v in table["method"]}
    return sum(
        share * math.log(kept[part, one] + 0.5)
        for part, share in SHARES.items()
        for one in strata
    )


@given(table=manifests(max_size=16))
@settings(max_examples=30, deadline=None)
def test_no_exchange_gains_any_more(table):
    found = groups.find(table, people=True)
    table, units = found.table, found.units
    start = assign.place(table, units["unit"], shares=SHARES, seed=0)
    end = people.settle(start, table, units, shares=SHARES)
    assert set(end) == set(units["unit"]) | set(units["donor"].dropna())
    hang = units[units["donor"].notna()]
    movable = sorted({*hang["unit"], *hang["donor"]})
    assert all(end[unit] == part for unit, part in start.items() if unit not in movable)
    best = worth(table, units, end)
    free = dict.fromkeys(movable, "train")
    assert best >= worth(table, units, free | start) - 1e-6
    for a in movable:
        for part in SHARES:
            assert worth(table, units, end | {a: part}) <= best + 1e-6
        for b in movable:
            assert worth(table, units, end | {a: end[b], b: end[a]}) <= best + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_closed_pairs_find_each_other(seed):
    found = groups.find(pairs(30), people=True)
    table, units = found.table, found.units
    start = assign.place(table, units["unit"], shares=SHARES, seed=seed)
    assert people.parts(units, start).isna().sum() > 20
    part = people.parts(units, people.settle(start, table, units, shares=SHARES))
    assert part.notna().all()
    assert (part.value_counts() / 4).to_dict() == {"train": 15, "test": 9, "val": 6}


def test_more_is_kept_than_by_a_split_that_does_not_look():
    found = groups.find(manifest.from_rows(swaps("dfd", 28, 363, 3068)))
    table, units = found.table, found.units
    for seed in range(3):
        start = assign.place(table, units["unit"], shares=SHARES, seed=seed)
        end = people.settle(start, table, units, shares=SHARES)
        before, after = (people.parts(units, p).value_counts() for p in (start, end))
        assert (after > before).all() and after.sum() > 1.05 * before.sum()


def test_a_fake_is_in_no_part_when_its_two_people_are_apart():
    found = groups.find(pairs(1), people=True)
    a, b = "auto:identity:p0a", "auto:identity:p0b"
    apart = people.parts(found.units, {a: "train", b: "test"})
    assert apart.fillna("").tolist() == ["train", "", "test", ""]
    together = people.parts(found.units, {a: "test", b: "test"})
    assert set(together) == {"test"}
