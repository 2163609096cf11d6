"""The proof: refuses a cut group, is a file, and reads well."""

import json

import pytest
from manifests import pairs, row, swaps

from dfstudy.data import manifest, proof, splits
from dfstudy.metrics import intervals


@pytest.mark.parametrize("link", ["source_id", "donor_identity", "group"])
def test_a_cut_group_is_refused(link):
    table, _ = splits.split(pairs(6), seed=0)
    proof.verify(table)
    parts = table["split"].unique()
    a, b = (table.index[table["split"] == part][0] for part in parts[:2])
    table.loc[a, link] = table.loc[b, link] = "the same"
    with pytest.raises(proof.SplitError, match="the same"):
        proof.verify(table)
    table.loc[a, "split"] = None  # dropped: nobody sees it
    proof.verify(table)


def test_the_proof_says_what_was_known():
    def proof_of(*rows):
        return splits.split(manifest.from_rows(rows), seed=0)[1]["proof"]

    assert proof_of(row("a", target="p"), row("b", target="q")) == "identity"
    assert proof_of(row("a", target="p"), row("b")) == "source"
    assert proof_of(row("a", group="x"), row("b", group="y")) == "groups"
    assert proof_of(row("a", group="x"), row("b", "swap")) == "file"
    assert proof_of(row("a", group="x"), row("b")) == "source"


def test_the_proof_is_a_file(tmp_path):
    _, facts = splits.split(pairs(4), seed=0)
    path = proof.write(facts, tmp_path / "run" / "split_proof.json")
    assert json.loads(path.read_text()) == facts


def test_the_summary_has_every_count():
    _, facts = splits.split(manifest.from_rows(swaps("dfd", 28, 84, 600)), seed=0)
    text = proof.summary(facts)
    lines = text.splitlines()
    assert "split by people (group was asked for), proof: identity" in lines[0]
    for line, part in zip(lines[1:], manifest.SPLITS, strict=False):
        videos = facts["videos"][part]
        assert line.split()[0] == part
        assert f" {videos['real']} real" in line and f" {videos['fake']} fake" in line
    n = facts["dropped"]["videos"]["fake"]
    assert f"{n} fake (swap {n})" in lines[4]
    assert [f"warning: {w}" for w in facts["warnings"]] == lines[5:]
    _, facts = splits.split(pairs(12), seed=0)
    assert "dropped" not in proof.summary(facts)


def test_it_warns_of_the_test_parts_that_get_no_interval():
    few, enough = (
        splits.split(pairs(n), seed=0, fractions={"train": 0.5, "test": 0.5})[1]
        for n in (2 * intervals.MIN_GROUPS - 2, 2 * intervals.MIN_GROUPS)
    )
    assert sum("no interval" in text for text in few["warnings"]) == 2
    assert not enough["warnings"]
