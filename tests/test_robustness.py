"""Curves over damages: right scores, every look logged, and free the second time."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dfstudy.data import pool
from dfstudy.data.view import see
from dfstudy.metrics import auroc, group_bootstrap
from dfstudy.models import detector as detectors
from dfstudy.report import robustness as figures
from dfstudy.study import robustness
from dfstudy.study.damaged import AS_IT_IS, damaged
from dfstudy.training.protocol import ProtocolError
from dfstudy.video.perturb import KINDS, ladder
from dfstudy.video.read import iter_frames
from dfstudy.video.write import write_video

DAMAGES = ladder(["jpeg", "h264"], levels=2)


def reads(detector):
    return (detector.folder / "test_reads.jsonl").read_text().count('"read"')


@pytest.fixture
def detector(tiny_model, tmp_path):
    """A copy: looks at its test set are counted, and other tests count, too."""
    folder = tmp_path / "frame_torch_0"
    shutil.copytree(tiny_model.detector.folder, folder)
    shutil.rmtree(folder / "damaged", ignore_errors=True)
    return detectors.load(folder)


@pytest.fixture
def tables(detector, tiny_data):
    both = {"one": detector, "two": detectors.load(detector.folder)}
    return damaged(both, tiny_data, DAMAGES, workers=0)


def test_as_it_is_gives_the_scores_of_the_result(tables, tiny_model, tiny_data):
    table = tables["one"]
    clean = table[table["perturbation"] == AS_IT_IS].set_index("video_id")
    want = tiny_model.videos(tiny_data.manifest, "test").set_index("video_id")
    assert set(clean.index) == set(want.index)
    for name in ("score", "called"):
        np.testing.assert_allclose(clean.loc[want.index, name], want[name], atol=1e-5)
    assert clean["probability"].between(0, 1).all()
    assert len(table) == 5 * len(want)
    pd.testing.assert_frame_equal(table, tables["two"])
    kinds = set(table["kind"]) - {"real", "blend", "flicker", "partial"}
    assert kinds <= {"disorder, fast", "disorder, slow"}


def test_a_damaged_score_is_that_of_the_damaged_file(
    tables, detector, tiny_data, tmp_path
):
    """The damaged frames, written without loss and shown to the detector as a file."""
    row = tables["one"].query("perturbation == 'jpeg'").iloc[-1]
    path = tiny_data.manifest.set_index("video_id").loc[row["video_id"], "path"]
    damage = next(d for d in DAMAGES if (d.kind, d.level) == ("jpeg", row["level"]))
    write_video(tmp_path / "a.mp4", damage(iter_frames(path)), fps=24, qp=0)
    frames = see(tmp_path / "a.mp4", detector.view).frames
    # MP4 keeps half of the colour's detail, so not to the last digit.
    assert detector.score(frames[None]).mean() == pytest.approx(row["score"], abs=0.02)


def test_each_look_is_logged_once_and_then_kept(detector, tiny_data, monkeypatch):
    damages = ladder(["blur"], levels=1)
    before = reads(detector)
    call = {"detectors": {"one": detector}, "data": tiny_data, "damages": damages}
    first = damaged(**call, workers=0)["one"]
    assert reads(detector) == before + 1
    monkeypatch.setattr(pool, "damaged", None)  # nobody may be shown again
    again = damaged(**call, workers=0)["one"]
    assert reads(detector) == before + 1
    pd.testing.assert_frame_equal(first, again)


def test_validation_is_no_look_at_test(detector, tiny_data):
    before = reads(detector)
    call = {"detectors": {"one": detector}, "data": tiny_data, "split": "val"}
    table = damaged(**call, damages=DAMAGES[:1], workers=0)["one"]
    split = tiny_data.manifest.set_index("video_id")["split"]
    assert set(split[table["video_id"]]) == {"val"}
    assert reads(detector) == before


def test_a_changed_rule_is_refused(detector, tiny_data):
    card = detector.folder / "protocol.json"
    fixed = json.loads(card.read_text())
    card.write_text(json.dumps(fixed | {"temperature": fixed["temperature"] + 1}))
    with pytest.raises(ProtocolError, match="changed"):
        damaged({"one": detector}, tiny_data, ladder(["noise"], levels=1), workers=0)


def test_some_groups_are_whole_groups(detector, tiny_data):
    call = {"detectors": {"one": detector}, "data": tiny_data}
    table = damaged(**call, damages=DAMAGES[:1], groups=1, workers=0)["one"]
    assert table["group"].nunique() == 1
    test = tiny_data.manifest.query("split == 'test' and method != 'mismatch'")
    mine = test[test["group"] == table["group"].iloc[0]]
    assert set(table["video_id"]) == set(mine["video_id"])
    empty = replace(tiny_data, manifest=test.assign(split="train"))
    with pytest.raises(ValueError, match="no video"):
        damaged({"one": detector}, empty, DAMAGES)


def made(rng, shift, groups=20):
    """A table of `damaged`: fakes score higher, less so under damage."""
    rows = []
    for kind, level, gap in (
        (AS_IT_IS, 0.0, 2.0),
        ("jpeg", 90.0, 1.5),
        ("jpeg", 10.0, 0.0),
    ):
        for group in range(groups):
            for label, method in ((0, "original"), (1, "blend"), (1, "disorder")):
                up = gap * (method == "blend") + shift
                s = 1 / (1 + np.exp(-rng.normal(up, 1)))
                rows.append(
                    (f"{group}{method}", label, method, f"g{group}", kind, level, s)
                )
    names = ["video_id", "label", "method", "group", "perturbation", "level", "score"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(probability=table["score"], called=(table["score"] >= 0.5) * 1)


def test_curves_are_the_metrics_of_each_level():
    table = made(np.random.default_rng(0), 0.0)
    got = robustness.curves({"A": table}, n_bootstrap=100, seed=1)
    assert list(dict.fromkeys(got["level"])) == [0, 90, 10]  # from mild to heavy
    assert set(got["family"]) == {"all", "blend", "disorder", "real"}
    for level, perturbation in ((0, AS_IT_IS), (10, "jpeg")):
        rows = robustness.at(table, perturbation, level)
        some = rows[rows["method"] != "disorder"]
        want = group_bootstrap(
            some["label"], some["score"], some["group"], threshold=0.5, n=100, seed=1
        )["auroc"]
        (point,) = got.query("level == @level and family == 'blend'").to_dict("records")
        for name in ("value", "low", "high"):
            assert point[name] == pytest.approx(want[name])
        assert point["n"] == 20
        (point,) = got.query("level == @level and family == 'real'").to_dict("records")
        reals = rows[rows["label"] == 0]
        assert point["value"] == pytest.approx(reals["called"].mean())
        assert point["low"] < point["value"] < point["high"]


def test_a_family_that_is_not_there_has_a_reason():
    table = made(np.random.default_rng(0), 0.0)
    got = robustness.curves({"A": table}, families=["flicker"], n_bootstrap=20)
    rows = got.query("family == 'flicker'")
    assert rows["value"].isna().all() and (rows["n"] == 0).all()
    assert set(rows["reason"]) == {"there are no such fakes"}


def test_gains_are_paired_and_of_the_second():
    rng = np.random.default_rng(5)
    worse = made(rng, 0.0)
    better = worse.assign(score=(worse["score"] + worse["label"]) / 2)
    got = robustness.gains({"clean": worse, "mixed": better}, n_bootstrap=200)
    assert got["detector"].unique().tolist() == ["mixed - clean"]
    assert got["level"].tolist() == [0, 90, 10]
    rows = robustness.at(worse, "jpeg", 10)
    gap = 1 - auroc(rows["label"], rows["score"])  # the better one makes no error
    assert got["value"].iloc[2] == pytest.approx(gap)
    assert (got["low"] > 0).all() and (got["p_holm"] >= got["p"]).all()
    few = {name: t[t["group"] < "g12"] for name, t in (("a", worse), ("b", better))}
    got = robustness.gains(few, n_bootstrap=20)
    assert got["low"].isna().all() and got["reason"].str.contains("4 groups").all()


def test_families_may_be_kinds():
    table = made(np.random.default_rng(0), 0.0).assign(kind="disorder, slow")
    got = robustness.curves({"A": table}, by="kind", n_bootstrap=20)
    assert set(got["family"]) == {"all", "disorder, slow", "real"}


def test_the_figure_has_a_panel_a_perturbation_and_a_line_a_detector():
    rng = np.random.default_rng(2)
    tables = {"clean": made(rng, 0.0), "mixed": made(rng, 0.3)}
    table = robustness.curves(tables, n_bootstrap=20)
    fig = figures.curves(table, families=["all", "blend", "real"])
    panels = fig.get_axes()
    titles = {ax.get_title() + ax.get_title(loc="left") for ax in panels}
    assert titles == {KINDS["jpeg"].title}
    assert len(panels) == 3
    lines = {line.get_label(): line for line in panels[1].get_lines()}
    want = table.query("detector == 'mixed' and family == 'blend'")["value"]
    np.testing.assert_allclose(lines["mixed"].get_ydata(), want)
    names = [tick.get_text() for tick in panels[-1].get_xticklabels()]
    assert names == ["as it is", "90", "10"]
    assert {t.get_text() for t in fig.legends[0].get_texts()} == {"clean", "mixed"}


def test_many_perturbations_stand_in_rows():
    one = robustness.curves({"A": made(np.random.default_rng(0), 0.0)}, n_bootstrap=20)
    table = pd.concat([one.assign(perturbation=kind) for kind in KINDS])
    panels = figures.curves(table, families=["all", "blend"]).get_axes()
    assert len(panels) == 2 * len(KINDS) == 16


def test_examples_show_each_level():
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    fig = figures.examples(frame, DAMAGES)
    assert len([ax for ax in fig.get_axes() if ax.images]) == 5
