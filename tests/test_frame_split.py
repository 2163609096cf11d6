"""Frames dealt out: the leak is as said, and the honest table has the same shape."""

import numpy as np
import pytest
from manifests import pairs, swaps

from dfstudy.data import frame_split, manifest, splits

FRACTIONS = {"train": 0.5, "val": 0.25, "test": 0.25}


def test_every_video_has_frames_in_every_part():
    table = pairs(10)
    rows, facts = frame_split.deal(table, frames=8, seed=0, fractions=FRACTIONS)
    assert len(rows) == 8 * len(table)
    counts = rows.groupby(["video_id", "split"]).size().unstack()
    for part, share in FRACTIONS.items():
        assert (counts[part] == 8 * share).all()
    frames = rows.groupby("video_id")["frame"].agg(list)
    assert all(sorted(one) == list(range(8)) for one in frames)
    assert facts["leaky"] and facts["proof"] == facts["kind"] == "frame"
    assert facts["shared"] == {"source": 40, "identity": 20, "group": 10}
    assert facts["videos"]["test"] == {"real": 20, "fake": 20}
    assert "faces of the training part" in facts["warnings"][0]


def test_uneven_shares_hold_on_average_and_places_are_random():
    fractions = {"train": 0.4, "val": 0.2, "test": 0.4}
    rows, _ = frame_split.deal(pairs(100), frames=7, seed=0, fractions=fractions)
    for part, share in fractions.items():
        assert abs((rows["split"] == part).mean() - share) < 0.02
    first = rows[rows["frame"] == 0]["split"].value_counts(normalize=True)
    assert abs(first["train"] - 0.4) < 0.1
    assert rows.groupby("video_id")["split"].nunique().min() == 3


def test_the_seed_and_the_video_decide_not_the_order_of_rows():
    table = pairs(5)
    a, proof_a = frame_split.deal(table, frames=8, seed=0, fractions=FRACTIONS)
    b, proof_b = frame_split.deal(table[::-1], frames=8, seed=0, fractions=FRACTIONS)
    keys = ["video_id", "frame"]
    assert (
        a.sort_values(keys)
        .reset_index(drop=True)
        .equals(b.sort_values(keys).reset_index(drop=True))
    )
    assert proof_a == proof_b
    c, _ = frame_split.deal(table, frames=8, seed=1, fractions=FRACTIONS)
    assert not a.equals(c)


def test_too_few_frames_are_refused():
    with pytest.raises(ValueError, match="3 frames are too few"):
        frame_split.deal(pairs(2), frames=3, seed=0, fractions=FRACTIONS)
    with pytest.raises(ValueError, match="sum to 1"):
        frame_split.deal(pairs(2), frames=9, seed=0, fractions=FRACTIONS | {"val": 1})


def test_an_honest_split_spreads_to_the_same_table_without_what_is_dropped():
    table = manifest.from_rows(swaps("dfd", 28, 56, 200))
    done, _ = splits.split(table, seed=0)
    dealt, _ = frame_split.deal(table, frames=8, seed=0, fractions=FRACTIONS)
    rows = frame_split.spread(done, frames=8)
    kept = done[done["split"].notna()]
    assert list(rows) == list(dealt) and len(rows) == 8 * len(kept) < len(dealt)
    assert (rows.groupby("video_id")["split"].nunique() == 1).all()
    one = rows[rows["video_id"] == kept["video_id"].iloc[0]]
    assert one["frame"].tolist() == list(range(8))


def test_one_nearest_neighbour_sees_the_leak():
    """As lesson 01 does: a thumbnail is its video's own and a little noise."""
    from sklearn.neighbors import KNeighborsClassifier

    table = pairs(40)
    rng = np.random.default_rng(0)
    look = dict(zip(table["video_id"], rng.normal(size=(len(table), 8)), strict=True))

    def accuracy(rows):
        x = np.stack([look[v] for v in rows["video_id"]])
        x = x + 0.1 * rng.normal(size=x.shape)
        train, test = rows["split"] == "train", rows["split"] == "test"
        model = KNeighborsClassifier(1).fit(x[train], rows["label"][train])
        return model.score(x[test], rows["label"][test])

    leaky, _ = frame_split.deal(table, frames=8, seed=0, fractions=FRACTIONS)
    honest = frame_split.spread(splits.split(table, seed=0)[0], frames=8)
    assert accuracy(leaky) > 0.95
    assert accuracy(honest) < 0.7
