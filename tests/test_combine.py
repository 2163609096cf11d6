"""Several data sets as one: ids unique, groups apart, the set's name tells nothing."""

import pandas as pd
import pytest
from manifests import originals, pairs, row, swaps

from dfstudy.data import filters, groups, manifest, splits
from dfstudy.data.combine import combine, dataset_auroc

S4 = {"dfdc": (1727, 1566), "ff": (995, 995), "celeb": (580, 588)}  # real, fake


def made(reals, fakes, name):
    """A manifest with these counts; every set numbers its videos and people alike."""
    table = [row(f"v{i}", target=f"id{i % 90}") for i in range(reals)]
    for i in range(fakes):
        original = i % reals
        face, donor = f"id{original % 90}", f"id{(original + 1) % 90}"
        table.append(row(f"f{i}", "swap", f"v{original}", face, donor, dataset="old"))
    frame = manifest.from_rows(table)
    return frame.assign(path=f"/{name}/" + frame["video_id"] + ".mp4")


@pytest.fixture(scope="module")
def s4():
    return combine({name: made(*counts, name) for name, counts in S4.items()})


def test_counts_are_those_of_the_parts_and_ids_are_unique(s4):
    assert s4["video_id"].is_unique
    assert s4["dataset"].value_counts().to_dict() == {
        name: sum(counts) for name, counts in S4.items()
    }
    assert len(s4) == 6451  # S4's total


def test_balanced_has_as_many_reals_as_fakes_inside_each_set(s4):
    kept = filters.balanced(s4, seed=0)
    counts = pd.crosstab(kept["dataset"], kept["label"])
    for name, (reals, fakes) in S4.items():
        assert counts.loc[name].tolist() == [min(reals, fakes)] * 2
    assert dataset_auroc(kept) == 0.5


def test_no_group_reaches_over_two_sets(s4):
    found = groups.find(s4, people=False).table
    assert (found.groupby("group")["dataset"].nunique() == 1).all()
    # Without the names in front, "id0" of one set would be "id0" of the other.
    one = made(20, 20, "a")
    alike = pd.concat([one, one.assign(video_id="b" + one["video_id"])])
    alike["dataset"] = ["a"] * 40 + ["b"] * 40
    merged = groups.find(manifest.validate(alike), people=False).table
    assert (merged.groupby("group")["dataset"].nunique() == 2).any()


def test_what_a_row_says_stays_and_what_is_missing_stays_missing():
    parts = {"x": pairs(3), "y": manifest.from_rows(originals(4, 2))}
    parts["y"]["path"] = "/y" + parts["y"]["path"]
    both = combine(parts)
    assert both["label"].tolist() == [*parts["x"]["label"], *parts["y"]["label"]]
    assert both["path"].tolist() == [*parts["x"]["path"], *parts["y"]["path"]]
    assert both["method"].tolist() == [*parts["x"]["method"], *parts["y"]["method"]]
    fake = both[both["video_id"] == "y-dfdc-f0-0"].iloc[0]
    assert fake["source_id"] == "y-dfdc-r0" and pd.isna(fake["target_identity"])
    assert both["split"].isna().all()


def test_the_whole_splits_by_group():
    both = combine(
        {
            "x": pairs(12),
            "y": manifest.from_rows(swaps("s", 40, 80, 80)),
        }
    )
    fractions = {"train": 0.4, "val": 0.2, "test": 0.4}
    table, _ = splits.split(both, fractions=fractions, seed=0)
    kept = table[table["split"].notna()]
    assert (kept.groupby("group")["split"].nunique() == 1).all()
    assert (pd.crosstab(kept["dataset"], kept["split"]) > 0).all(axis=None)


def test_dataset_auroc_is_what_the_name_gives_away():
    def table(counts):
        rows = []
        for name, (reals, fakes) in counts.items():
            labels = ["real"] * reals + ["swap"] * fakes
            rows += [
                row(f"{name}{i}", method, dataset=name)
                for i, method in enumerate(labels)
            ]
        return manifest.from_rows(rows)

    assert dataset_auroc(table({"a": (5, 0), "b": (0, 5)})) == 1.0
    assert dataset_auroc(table({"a": (5, 5), "b": (7, 7)})) == 0.5
    # By hand: P(fake from b > real from a) + half of the ties
    expected = 0.9 * 0.9 + 0.5 * (0.9 * 0.1 + 0.1 * 0.9)
    assert dataset_auroc(table({"a": (9, 1), "b": (1, 9)})) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "nothing"),
        ({"a.b": pairs(1)}, "a.b"),
        ({"a": pairs(1), "b": pairs(1)}, "two of the sets"),
    ],
)
def test_what_cannot_be_combined_is_refused(tables, message):
    with pytest.raises(ValueError, match=message):
        combine(tables)
