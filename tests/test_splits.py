"""Splits never cut a group: checked on random manifests by a plain union-find."""

import json
import random

import pandas as pd
import pytest

from dfstudy.data import manifest, proof, splits


def pairs(n):
    """Closed pairs of people, as in the synthetic set: 2 real clips, 2 fakes a pair."""
    rows = []
    for i in range(n):
        for a, b in ((f"p{i}a", f"p{i}b"), (f"p{i}b", f"p{i}a")):
            rows.append(real := row(f"real-{a}", target=a))
            method = "blend" if a.endswith("a") else "disorder"
            rows.append(row(f"fake-{a}", method, real["video_id"], a, b))
    return manifest.from_rows(rows)


def row(video_id, method="real", source=None, target=None, donor=None, group=None):
    return {
        "video_id": video_id,
        "path": f"/v/{video_id}.mp4",
        "label": int(method != "real"),
        "method": method,
        "source_id": source or (video_id if method == "real" else None),
        "target_identity": target,
        "donor_identity": donor,
        "group": group,
    }


def random_manifest(rng):
    """People in several clips; fakes between people; some facts unknown."""
    people = [f"p{i}" for i in range(rng.randint(3, 60))]
    rows = []
    for i in range(rng.randint(5, 150)):
        target, donor = rng.choice(people), rng.choice(people)
        reals = [r["video_id"] for r in rows if r["label"] == 0]
        known = rng.random() < 0.8
        group = rng.choice([None, None, f"g{rng.randint(0, 30)}"])
        if not reals or rng.random() < 0.4:
            rows.append(row(f"v{i}", target=target if known else None, group=group))
        else:
            near = donor if rng.random() < 0.2 else target
            source = rng.choice([*reals, None, f"gone{rng.randint(0, 9)}"])
            method = rng.choice(["blend", "swap", "mask"])
            rows.append(row(f"v{i}", method, source, target if known else None, near))
    return manifest.from_rows(rows)


def components(table):
    """The oracle: union-find over rows that share a value, no graph library."""
    parent = list(range(len(table)))

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    seen = {}
    for i, r in enumerate(table.itertuples()):
        for key in (
            ("file", r.video_id),
            ("file", r.source_id),
            ("face", r.target_identity),
            ("face", r.donor_identity),
            ("group", r.group),
        ):
            if pd.notna(key[1]):
                parent[find(i)] = find(seen.setdefault(key, i))
    return [find(i) for i in range(len(table))]


@pytest.mark.parametrize("case", range(25))
def test_no_component_is_ever_cut(case):
    table = random_manifest(random.Random(case))
    truth = components(table)
    done, proof = splits.split(table, seed=case)
    # Same partition: each oracle component is one group and the other way round.
    matched = set(zip(truth, done["group"], strict=True))
    assert len(matched) == len(set(truth)) == done["group"].nunique()
    assert (done.groupby("group")["split"].nunique() == 1).all()
    assert set(done["split"]) <= set(manifest.SPLITS)
    assert proof["overlap"] == 0 and not any(proof["shared"].values())
    assert sum(proof["groups"].values()) == len(set(truth))
    assert done["video_id"].tolist() == table["video_id"].tolist()
    json.dumps(proof)


@pytest.mark.parametrize("case", range(5))
def test_row_order_is_of_no_account_and_a_second_split_changes_nothing(case):
    table = random_manifest(random.Random(case))
    done, proof = splits.split(table, seed=3)
    shuffled, same = splits.split(table.sample(frac=1, random_state=case), seed=3)
    by_id = done.set_index("video_id")
    pd.testing.assert_frame_equal(
        shuffled.set_index("video_id").loc[by_id.index], by_id
    )
    assert same == proof
    again, _ = splits.split(done, seed=3)
    pd.testing.assert_frame_equal(again, done)


@pytest.mark.parametrize(("n", "want"), [(120, (48, 24, 48)), (12, (5, 2, 5))])
def test_closed_pairs_are_shared_out_exactly(n, want):
    for seed in range(3):
        done, proof = splits.split(pairs(n), seed=seed)
        assert tuple(proof["groups"].values()) == want
        assert proof["proof"] == "identity" and not proof["warnings"]
        for part, count in zip(manifest.SPLITS, want, strict=True):
            assert proof["videos"][part] == {"real": 2 * count, "fake": 2 * count}
            assert proof["methods"][part]["blend"] == count
        assert done["group"].nunique() == n


def test_seeds_differ_and_the_test_part_is_not_the_first_rows():
    a, _ = splits.split(pairs(40), seed=0)
    b, _ = splits.split(pairs(40), seed=1)
    assert (a["split"] != b["split"]).mean() > 0.3


def test_labels_and_methods_are_balanced_over_groups_of_any_size():
    rng = random.Random(0)
    rows = []
    for i in range(200):  # as in DFDC: an original and some of its fakes
        rows.append(row(f"r{i}"))
        for j in range(rng.randint(0, 9)):
            rows.append(row(f"f{i}-{j}", rng.choice(["a", "b"]), f"r{i}"))
    table = manifest.from_rows(rows)
    _, proof = splits.split(table, seed=0)
    assert proof["proof"] == "source" and "unknown" in proof["warnings"][0]
    for part, share in proof["fractions"].items():
        assert abs(proof["groups"][part] / 200 - share) < 0.02
        for method, n in table["method"].value_counts().items():
            assert abs(proof["methods"][part][method] / n - share) < 0.02


def test_a_rare_class_reaches_every_split_where_it_can():
    rows = [row(f"r{i}") for i in range(60)]
    rows += [row(f"f{i}", "swap", f"s{i}") for i in range(3)]
    _, proof = splits.split(manifest.from_rows(rows), seed=0)
    assert [part["fake"] for part in proof["videos"].values()] == [1, 1, 1]
    few = [*rows[:60], *rows[60:62]]
    _, proof = splits.split(manifest.from_rows(few), seed=0)
    assert any("no fake video" in text for text in proof["warnings"])


def test_too_few_groups_warn_but_do_not_leak():
    star = [row("r0", target="a")]
    star += [row(f"f{i}", "swap", None, "a", f"p{i}") for i in range(9)]
    done, proof = splits.split(manifest.from_rows(star), seed=0)
    assert done["split"].nunique() == 1
    assert any("too few groups" in text for text in proof["warnings"])
    one_class = manifest.from_rows([row(f"r{i}") for i in range(10)])
    _, proof = splits.split(one_class, seed=0)
    assert any("no fake video" in text for text in proof["warnings"])


def test_the_proof_says_what_was_known():
    def proof_of(*rows):
        return splits.split(manifest.from_rows(rows), seed=0)[1]["proof"]

    assert proof_of(row("a", target="p"), row("b", target="q")) == "identity"
    assert proof_of(row("a", target="p"), row("b")) == "source"
    assert proof_of(row("a", group="x"), row("b", group="y")) == "groups"
    assert proof_of(row("a", group="x"), row("b", "swap")) == "file"
    assert proof_of(row("a", group="x"), row("b")) == "source"


@pytest.mark.parametrize("kind", ["source", "video"])
def test_leaky_splits_say_so_and_keep_the_true_groups(kind):
    table = pairs(30)
    done, proof = splits.split(table, seed=0, kind=kind)
    honest, _ = splits.split(table, seed=0)
    assert proof["leaky"] and proof["kind"] == proof["proof"] == kind
    assert proof["shared"]["identity"] > 0 and proof["overlap"] > 0
    assert (proof["shared"]["source"] == 0) == (kind == "source")
    assert done["group"].tolist() == honest["group"].tolist()
    with pytest.raises(proof.SplitError, match="identity"):
        proof.verify(done)


@pytest.mark.parametrize("link", ["source_id", "donor_identity", "group"])
def test_a_cut_group_is_refused(link):
    table, _ = splits.split(pairs(6), seed=0)
    proof.verify(table)
    parts = table["split"].unique()
    a, b = (table.index[table["split"] == part][0] for part in parts[:2])
    table.loc[a, link] = table.loc[b, link] = "the same"
    with pytest.raises(proof.SplitError, match="the same"):
        proof.verify(table)


def test_an_assignment_that_cuts_is_never_returned(monkeypatch):
    def cutting(table, units, fractions, seed):
        return dict.fromkeys(units, "train") | {units.iloc[0]: "test"}

    def one_each(table):
        return table["video_id"]

    monkeypatch.setattr(splits, "_assign", cutting)
    monkeypatch.setattr(splits.groups, "names", one_each)
    with pytest.raises(proof.SplitError, match="cuts a group"):
        splits.split(pairs(4), seed=0)


def test_two_parts_take_validation_from_training():
    _, proof = splits.split(pairs(100), seed=0, fractions={"train": 0.8, "test": 0.2})
    assert tuple(proof["groups"].values()) == (64, 16, 20)


@pytest.mark.parametrize(
    "fractions",
    [
        {"train": 0.5, "val": 0.5, "test": 0.5},
        {"train": 1.0},
        {"train": 0.8, "val": 0.2, "test": 0.0},
        {"train": 0.5, "val": 0.2, "exam": 0.3},
    ],
)
def test_wrong_fractions_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions"):
        splits.split(pairs(4), seed=0, fractions=fractions)


def test_the_proof_is_a_file(tmp_path):
    _, proof = splits.split(pairs(4), seed=0)
    path = splits.write_proof(proof, tmp_path / "run" / "split_proof.json")
    assert json.loads(path.read_text()) == proof
