"""Splits share no person and no source: on any manifest, on the shapes of real sets.

What a split shares is counted by a plain union-find and plain sets: tests/manifests.py.
"""

import json
import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifests import components, manifests, originals, pairs, row, shared, swaps

from dfstudy.data import groups, manifest, proof, splits

SPACES = {"source": "file", "identity": "face", "group": "group"}


@given(table=manifests(), kind=st.sampled_from(splits.KINDS), seed=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_any_manifest(table, kind, seed):
    if kind == "official":
        table["split"] = ["test", *["train"] * (len(table) - 1)]
    done, facts = splits.split(table, seed=seed, kind=kind)
    kept = done[done["split"].notna()]

    # Every video is in one part, or counted as dropped.
    assert done["video_id"].tolist() == table["video_id"].tolist()
    assert set(kept["split"]) <= set(manifest.SPLITS)
    dropped = done[done["split"].isna()]
    for label, word in ((0, "real"), (1, "fake")):
        for part in manifest.SPLITS:
            n = sum((kept["split"] == part) & (kept["label"] == label))
            assert facts["videos"][part][word] == n
        assert facts["dropped"]["videos"][word] == sum(dropped["label"] == label)
    assert facts["dropped"]["methods"] == dict(dropped["method"].value_counts())

    # The proof is the truth; that of an honest split is that it shares nothing.
    truth = shared(done)
    for space, ours in SPACES.items():
        assert facts["shared"][space] == sum(one == ours for one, _ in truth)
    if kind in ("group", "people"):
        assert not truth and not facts["leaky"] and facts["proof"] in groups.KNOWN
        given_groups = shared(table.assign(split=done["split"]))
        assert not given_groups  # nor those of groups.csv, before ours took their place
        asked = table.loc[kept.index].assign(split=kept["split"])
        whole = pd.Series(components(asked), asked.index)
        assert (asked.groupby(whole)["split"].nunique() == 1).all()
    if kind in ("source", "video", "official"):
        assert dropped.empty
    json.dumps(facts)


@given(table=manifests(), kind=st.sampled_from(splits.KINDS[:2]), data=st.data())
@settings(max_examples=25, deadline=None)
def test_row_order_is_of_no_account_and_a_second_split_changes_nothing(
    table, kind, data
):
    done, facts = splits.split(table, seed=3, kind=kind)
    order = data.draw(st.permutations(range(len(table))))
    shuffled, same = splits.split(table.iloc[order], seed=3, kind=kind)
    back = shuffled.set_index("video_id").loc[done["video_id"]].reset_index()
    pd.testing.assert_frame_equal(back[list(done)], done)
    assert same == facts
    again, _ = splits.split(done, seed=3, kind=kind)
    pd.testing.assert_frame_equal(again, done)


@pytest.mark.parametrize(("n", "want"), [(120, (48, 24, 48)), (12, (5, 2, 5))])
def test_closed_pairs_are_shared_out_exactly(n, want):
    for seed in range(3):
        done, facts = splits.split(pairs(n), seed=seed)
        assert tuple(facts["groups"].values()) == want
        assert facts["proof"] == "identity" and not facts["warnings"]
        assert facts["kind"] == "group" and facts["group_is"] == "component"
        for part, count in zip(manifest.SPLITS, want, strict=True):
            assert facts["people"][part] == 2 * count
            assert facts["videos"][part] == {"real": 2 * count, "fake": 2 * count}
            assert facts["methods"][part]["blend"] == count
        assert done["group"].nunique() == n and done["split"].notna().all()


def test_seeds_differ_and_the_test_part_is_not_the_first_rows():
    a, _ = splits.split(pairs(40), seed=0)
    b, _ = splits.split(pairs(40), seed=1)
    assert (a["split"] != b["split"]).mean() > 0.3


def test_dfd_splits_its_28_people_and_counts_what_it_drops():
    table = manifest.from_rows(swaps("dfd", 28, 363, 3068))
    assert len(set(components(table))) == 1  # one group: nothing to share out
    done, facts = splits.split(
        table, seed=0, fractions={"train": 0.8, "val": 0.1, "test": 0.1}
    )
    assert facts["kind"] == "people" and facts["asked"] == "group"
    assert facts["proof"] == "identity" and not facts["leaky"] and not shared(done)
    assert tuple(facts["people"].values()) == (22, 3, 3)
    assert sum(part["real"] for part in facts["videos"].values()) == 363
    kept = sum(part["fake"] for part in facts["videos"].values())
    dropped = facts["dropped"]
    assert dropped["videos"] == {"real": 0, "fake": 3068 - kept}
    assert dropped["methods"] == {"swap": 3068 - kept}
    assert any(text.startswith(f"{3068 - kept} of 3431") for text in facts["warnings"])
    # A tenth of the people at random holds 3 x 2 of 28 x 27 pairs: 24 fakes.
    chance = 3068 * (3 * 2) / (28 * 27)
    assert min(facts["videos"][part]["fake"] for part in ("val", "test")) > 1.3 * chance
    # The person is the group: the real videos and the fakes that show their head.
    person = done.groupby("group")["target_identity"].nunique()
    assert len(person) == 28 and (person == 1).all()
    assert facts["group_is"] == "person"
    assert any("share a donor" in text for text in facts["warnings"])
    assert any("no interval" in text for text in facts["warnings"])  # of 3 people


def test_celeb_df_keeps_its_strangers_and_parts_its_people():
    rows = swaps("celeb", 59, 590, 5639, strangers=300)
    done, facts = splits.split(manifest.from_rows(rows), seed=0)
    assert not shared(done) and facts["kind"] == "people"
    assert facts["proof"] == "source"  # strangers may be anybody
    kept = 590 + 5639 - facts["dropped"]["videos"]["fake"]
    assert facts["known"] == {"file": 0, "source": 300, "groups": 0, "identity": kept}
    assert facts["dropped"]["videos"]["real"] == 0
    for part, share in facts["fractions"].items():
        assert abs(facts["people"][part] / 59 - share) < 0.05
        assert abs(facts["videos"][part]["real"] / 890 - share) < 0.05
        strangers = done["target_identity"].isna() & (done["split"] == part)
        assert strangers.sum() > 0


def test_only_the_set_whose_people_merged_is_parted():
    rows = originals(60, 3) + swaps("dfd", 28, 84, 600)
    done, facts = splits.split(manifest.from_rows(rows), seed=0)
    assert not shared(done)
    dropped = done[done["split"].isna()]
    assert set(dropped["dataset"]) == {"dfd"}
    dfdc = done[done["dataset"] == "dfdc"]
    assert dfdc["group"].nunique() == 60
    for part, share in facts["fractions"].items():
        assert abs((dfdc["split"] == part).mean() - share) < 0.1


def test_many_components_are_left_whole_and_people_can_still_be_asked_for():
    ring = []
    for i in range(30):  # A has the face of B, B that of C, C that of A
        for j in range(3):
            me, next_one = f"p{i}-{j}", f"p{i}-{(j + 1) % 3}"
            ring += [row(me, target=me), row(f"f-{me}", "swap", me, me, next_one)]
    table = manifest.from_rows(ring)
    done, facts = splits.split(table, seed=0)
    assert facts["kind"] == "group" and done["group"].nunique() == 30
    few = manifest.from_rows(ring[: 6 * 19])
    assert splits.split(few, seed=0)[1]["kind"] == "people"
    done, facts = splits.split(table, seed=0, kind="people")
    assert done["group"].nunique() == 90 and not shared(done)
    assert facts["kind"] == facts["asked"] == "people"


def test_labels_and_methods_are_balanced_over_groups_of_any_size():
    rng = random.Random(0)
    rows = []
    for i in range(200):  # as in DFDC: an original and some of its fakes
        rows.append(row(f"r{i}"))
        for j in range(rng.randint(0, 9)):
            rows.append(row(f"f{i}-{j}", rng.choice(["a", "b"]), f"r{i}"))
    table = manifest.from_rows(rows)
    _, facts = splits.split(table, seed=0)
    assert facts["proof"] == "source" and "unknown" in facts["warnings"][0]
    for part, share in facts["fractions"].items():
        assert abs(facts["groups"][part] / 200 - share) < 0.02
        for method, n in table["method"].value_counts().items():
            assert abs(facts["methods"][part][method] / n - share) < 0.02


def test_a_rare_class_reaches_every_split_where_it_can():
    rows = [row(f"r{i}") for i in range(60)]
    rows += [row(f"f{i}", "swap", f"s{i}") for i in range(3)]
    _, facts = splits.split(manifest.from_rows(rows), seed=0)
    assert [part["fake"] for part in facts["videos"].values()] == [1, 1, 1]
    few = [*rows[:60], *rows[60:62]]
    _, facts = splits.split(manifest.from_rows(few), seed=0)
    assert any("no fake video" in text for text in facts["warnings"])


def test_too_few_groups_warn_but_do_not_leak():
    star = [row("r0", target="a")]
    star += [row(f"f{i}", "swap", None, "a", f"p{i}") for i in range(9)]
    done, facts = splits.split(manifest.from_rows(star), seed=0)
    assert done["split"].nunique() == 1
    assert any("too few groups" in text for text in facts["warnings"])
    one_class = manifest.from_rows([row(f"r{i}") for i in range(10)])
    _, facts = splits.split(one_class, seed=0)
    assert any("no fake video" in text for text in facts["warnings"])


@pytest.mark.parametrize("kind", ["source", "video"])
def test_leaky_splits_say_so_and_keep_the_true_groups(kind):
    table = pairs(30)
    done, facts = splits.split(table, seed=0, kind=kind)
    honest, _ = splits.split(table, seed=0)
    assert facts["leaky"] and facts["kind"] == facts["proof"] == kind
    assert facts["shared"]["identity"] > 0 and facts["overlap"] > 0
    assert (facts["shared"]["source"] == 0) == (kind == "source")
    assert done["group"].tolist() == honest["group"].tolist()
    with pytest.raises(proof.SplitError, match="identity"):
        proof.verify(done)


def test_an_assignment_that_cuts_is_never_returned(monkeypatch):
    def cutting(table, units, *, shares, seed):
        return dict.fromkeys(units, "train") | {units.iloc[0]: "test"}

    def one_each(table, parted):
        alone = pd.Series(pd.NA, table.index, dtype="str")
        return pd.DataFrame({"unit": table["video_id"], "donor": alone})

    monkeypatch.setattr(splits.assign, "place", cutting)
    monkeypatch.setattr(groups, "_units", one_each)
    with pytest.raises(proof.SplitError, match="cuts a group"):
        splits.split(pairs(4), seed=0)


def official(n=40, **parts):
    """FF++-like pairs with the lists' parts, by pair number."""
    table = pairs(n)
    number = table["target_identity"].str.extract(r"p(\d+)")[0].astype(int)
    for name, numbers in parts.items():
        table.loc[number.isin(numbers), "split"] = name
    return table


def test_an_official_split_without_a_leak_is_taken_as_it_is():
    lists = {"train": range(20), "val": range(20, 30), "test": range(30, 38)}
    table = official(**lists)
    done, facts = splits.split(table, seed=0, kind="official")
    assert done["split"].equals(table["split"])
    assert not facts["leaky"] and facts["proof"] == "identity"
    assert facts["fractions"] is None and facts["kind"] == "official"
    assert facts["groups"] == {"train": 20, "val": 10, "test": 8}
    # Two pairs are on no list.
    assert facts["dropped"]["videos"] == {"real": 4, "fake": 4}
    assert any("8 of 160 videos are dropped" in text for text in facts["warnings"])


def test_celeb_dfs_official_list_shares_people_and_the_proof_counts_them():
    table = manifest.from_rows(swaps("celeb", 20, 100, 400, strangers=30))
    rng = random.Random(1)
    table.loc[rng.sample(range(530), 90), "split"] = "test"
    done, facts = splits.split(table, seed=0, kind="official")
    # Only the test list is given: the rest trains, and a fifth of its people validates.
    assert ((done["split"] == "test") == (table["split"] == "test")).all()
    assert done["split"].notna().all()
    training = done[done["split"] != "test"]
    assert training.groupby("group")["split"].nunique().max() == 1
    assert 0.1 < (training["split"] == "val").mean() < 0.3
    assert facts["leaky"] and facts["proof"] == "official"
    faces = {value for space, value in shared(done) if space == "face"}
    assert facts["shared"]["identity"] == len(faces) > 10
    assert any(f"{len(faces)} by identity" in text for text in facts["warnings"])


def test_no_official_split_is_made_up():
    with pytest.raises(ValueError, match="no official split"):
        splits.split(pairs(4), seed=0, kind="official")
    ours, _ = splits.split(pairs(4), seed=0)
    with pytest.raises(ValueError, match="index the data set again"):
        splits.split(ours, seed=0, kind="official")


@pytest.mark.parametrize("kind", ["frame", "groups", ""])
def test_an_unknown_kind_is_refused(kind):
    with pytest.raises(ValueError, match="choose one of group, people, official"):
        splits.split(pairs(4), seed=0, kind=kind)


def test_no_videos_no_split():
    empty = pairs(1).iloc[:0]
    with pytest.raises(ValueError, match="no video"):
        splits.split(empty, seed=0)
