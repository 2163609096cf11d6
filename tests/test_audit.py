"""dfstudy audit: what is planted is found, what is clean is left alone."""

import json

import pandas as pd
import pytest
from audited import clean

from dfstudy import cli
from dfstudy.data import manifest
from dfstudy.report import audits
from dfstudy.study import audit as module
from dfstudy.study.audit import NA, NONE, SHORTCUT, audit, battery, planted, probes

ON_PAPER = [name for name in planted.SHORTCUTS if name != "background"]
QUICK = [name for name in module.PROBES if name != "background"]


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Fewer permutations: still enough for a corrected p below 0.01."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(battery, "PERMUTATIONS", 799)
        yield


def of(table, probe):
    return table.set_index("probe").loc[probe]


@pytest.fixture(scope="module")
def quiet():
    """The audit of a clean set."""
    return audit(clean(), probes=QUICK)


def test_a_clean_set_raises_no_alarm(quiet):
    assert set(quiet["verdict"]) == {NONE, NA}
    assert not module.found(quiet)
    assert "no shortcut found by 3 of 6 probes" in module.verdict(quiet)
    assert of(quiet, "metadata")["says"].startswith("only bit_rate differs")
    for constant in ("resolution", "dataset", "duration"):
        assert "the same in every video" in of(quiet, constant)["reason"]


@pytest.mark.parametrize("shortcut", ON_PAPER)
def test_each_planted_shortcut_is_found(shortcut):
    probe = planted.FINDS[shortcut]
    table = audit(planted.planted(clean(), shortcut, seed=1), probes=[probe])
    row = of(table, probe)
    assert row["verdict"] == SHORTCUT and row["p_holm"] < 0.01
    # Four of five fakes, and one of five reals, are marked.
    assert 0.55 < row["low"] < row["value"] < row["high"] < 0.95
    assert row["value"] > row["chance_high"]
    assert SHORTCUT in module.verdict(table) and module.found(table)


def test_a_mark_that_says_nothing_is_no_shortcut():
    even = planted.planted(clean(), "duration", seed=1, share=0.5)
    assert of(audit(even, probes=["duration"]), "duration")["verdict"] == NONE


def test_metadata_name_the_column_that_tells():
    short = planted.planted(clean(), "duration", seed=1)
    says = of(audit(short, probes=["metadata"]), "metadata")["says"]
    assert says.startswith(("most by itself: n_frames", "most by itself: duration_s"))


def test_what_is_missing_may_tell_as_well():
    table = clean()
    gone = table["bit_rate"].mask(table["label"] == 1)
    assert module.found(audit(table.assign(bit_rate=gone), probes=["metadata"]))


def test_a_folder_that_is_the_label_is_said_and_is_no_alarm():
    table = clean()
    folders = table["label"].map({0: "/v/real/", 1: "/v/fake/"})
    row = audit(
        table.assign(path=folders + table["video_id"] + ".mp4"), probes=["name"]
    )
    assert of(row, "name")["verdict"] == NONE
    assert "the folder is the label" in of(row, "name")["says"]


def test_a_person_with_one_label_is_found():
    table = clean(12)
    side = table["group"].str[1:].astype(int) % 2
    pure = table.assign(label=side, donor_identity=None)
    row = of(audit(pure, probes=["identity"]), "identity")
    assert row["verdict"] == SHORTCUT and row["value"] == 1


def test_people_with_both_labels_are_half_a_coin(quiet):
    row = of(quiet, "identity")
    assert row["value"] == row["low"] == 0.5 and row["verdict"] == NONE
    assert "the opposite" in row["says"]


def test_unknown_people_are_known_by_their_source():
    table = clean().assign(target_identity=None, donor_identity=None)
    alone = of(audit(table, probes=["identity"]), "identity")
    assert alone["verdict"] == NA and "fewer than 5 people" in alone["reason"]
    with_sources = table.assign(source_id=table["group"])
    assert of(audit(with_sources, probes=["identity"]), "identity")["verdict"] == NONE


def test_the_same_seed_gives_the_same_table():
    first, again = (audit(clean(), probes=["metadata"], seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)


def test_without_groups_those_of_the_splitter_are_used(quiet):
    table = audit(clean().assign(group=None), probes=["metadata"])
    assert of(table, "metadata")["groups"] == 24


def test_too_few_groups_are_said():
    table = audit(clean().head(3), probes=QUICK)
    assert set(table["verdict"]) == {NA}
    assert "of 1 groups: 5 are needed at least" in of(table, "metadata")["reason"]
    assert "nothing could be tried" in module.verdict(table)


def test_nothing_known_is_no_alarm():
    facts = ("fps", "n_frames", "duration_s", "codec", "bit_rate", "width", "height")
    bare = clean().assign(**dict.fromkeys(facts))
    table = audit(bare, probes=["metadata", "resolution", "duration"])
    assert set(table["verdict"]) == {NA}


def test_files_that_are_not_there_are_counted():
    row = of(audit(clean(8), probes=["background"]), "background")
    assert row["verdict"] == NA and "there is no such file" in row["reason"]


def test_of_many_videos_some_of_every_group_are_read(monkeypatch):
    monkeypatch.setattr(battery, "MOST", 60)
    row = of(audit(clean(24), probes=["metadata"]), "metadata")
    assert (row["n"], row["groups"]) == (60, 24)
    assert "60 of 120 videos" in row["says"]


def test_a_real_and_a_fake_of_each_group_come_first():
    table = clean(6)
    chosen = probes.some(table, 8, seed=0)
    counts = chosen.groupby(["group", "label"]).size()
    assert len(chosen) == 8 and set(counts) == {1} and chosen["group"].nunique() == 4
    assert not probes.some(table, 8, seed=1).equals(chosen)
    pd.testing.assert_frame_equal(probes.some(table, 30, seed=0), table)
    assert len(probes.some(table, 29, seed=0)) == 29


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="no probe faces: choose of metadata, name"):
        audit(clean(), probes=["faces"])
    reals = clean().query("label == 0")
    with pytest.raises(ValueError, match="the manifest has no fakes"):
        audit(reals)
    with pytest.raises(manifest.ManifestError):
        audit(clean().drop(columns="fps"))


def write(table, folder):
    return str(manifest.write(table, folder / "set.csv"))


def test_the_command_says_what_to_do_and_exits_with_3(tmp_path, capfd):
    path = write(planted.planted(clean(), "bit_rate", seed=1), tmp_path)
    out = tmp_path / "report.json"
    assert cli.main(["audit", path, "--probes", "metadata", "--out", str(out)]) == 3
    text = capfd.readouterr().out
    assert "SHORTCUT" in text and "only bit_rate differs" in text
    assert "code all videos again" in text and "real data: first" in text
    document = json.loads(out.read_text())
    assert document["shortcut"] and document["probes"][0]["verdict"] == SHORTCUT


def test_the_command_exits_with_0_on_a_clean_set(tmp_path, capfd):
    call = ["audit", write(clean(), tmp_path), "--json", "--probes", "metadata", "name"]
    assert cli.main(call) == 0
    document = json.loads(capfd.readouterr().out)
    assert [row["probe"] for row in document["probes"]] == ["metadata", "name"]
    assert document["shortcut"] is False and document["edits"] is None


@pytest.mark.parametrize("name", ["none.csv", "none", "reals.csv"])
def test_the_command_fails_with_1(tmp_path, capfd, name):
    manifest.write(clean().query("label == 0"), tmp_path / "reals.csv")
    assert cli.main(["audit", str(tmp_path / name)]) == 1
    assert capfd.readouterr().err.startswith("dfstudy audit: ")


def test_the_command_knows_the_probes():
    assert cli._PROBES == module.PROBES


def test_the_figure_has_a_point_a_probe(quiet):
    dirty = audit(planted.planted(clean(), "bit_rate", seed=1), probes=QUICK)
    fig = audits.probes({"as it is": quiet, "bit rate planted": dirty})
    (ax,) = fig.axes
    assert [t.get_text() for t in ax.get_yticklabels()] == quiet["title"].tolist()
    words = [t.get_text() for t in ax.texts]
    assert sum("SHORTCUT" in word for word in words) == 1
    assert words.count("n/a") == 6
    marks = [
        line for line in ax.lines if line.get_marker() in "os" and len(line.get_xdata())
    ]
    assert len(marks) == 6


def test_the_matrix_frames_the_alarm(quiet):
    dirty = audit(planted.planted(clean(), "name", seed=1), probes=QUICK)
    (ax,) = audits.matrix({"as it is": quiet, "file name": dirty}).axes
    (frame,) = [patch for patch in ax.patches if not patch.fill]
    assert (frame.get_x() + 0.46, frame.get_y() + 0.43) == (1, 1)
    assert len(ax.texts) == 12
