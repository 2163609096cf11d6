"""Harmless edits of authentic faces: where they are, and who minds them."""

from dataclasses import asdict
from types import SimpleNamespace

import numpy as np
import pytest

from dfstudy import cli
from dfstudy.data import manifest
from dfstudy.report import audits
from dfstudy.study.audit import blending
from dfstudy.study.audit.blending import EDITS, Edit
from dfstudy.training.rule import Rule

NOTHING = Edit(gain=np.ones(3), shift=np.zeros(2), scale=1.0, sharpen=0.0, ratio=1.0)
FRAME = np.random.default_rng(0).integers(0, 255, (80, 100, 3), np.uint8)
CENTRE, RADIUS = np.array([40.0, 30.0]), np.array([20.0, 16.0])


def far():
    y, x = np.ogrid[:80, :100]
    return np.hypot((x - 40) / 20, (y - 30) / 16)


def test_an_edit_that_changes_nothing_leaves_all_as_it_is():
    np.testing.assert_array_equal(NOTHING.apply(FRAME, CENTRE, RADIUS), FRAME)


def test_an_edit_stays_in_its_ellipse():
    for seed in range(5):
        edit = Edit.draw(np.random.default_rng(seed))
        out = edit.apply(FRAME, CENTRE, RADIUS)
        np.testing.assert_array_equal(out[far() > 1], FRAME[far() > 1])
        assert (out[far() < 0.6] != FRAME[far() < 0.6]).mean() > 0.5


def test_brightness_is_what_it_says_in_the_middle_and_soft_at_the_edge():
    flat = np.full((80, 100, 3), 100, np.uint8)
    gain = np.array([1.1, 1.0, 0.9])
    bright = Edit(gain=gain, shift=np.zeros(2), scale=1.0, sharpen=0.0, ratio=0.5)
    out = bright.apply(flat, CENTRE, RADIUS)
    assert out[30, 40].tolist() == [105, 100, 95]
    rim = out[(far() > 0.75) & (far() < 0.9)][:, 0]
    assert 100 < rim.mean() < 105


def test_a_shift_moves_to_the_right_and_down():
    dot = np.zeros((80, 100, 3), np.uint8)
    dot[30, 40] = 255
    moved = Edit(
        gain=np.ones(3), shift=np.array([0.05, 0.0625]), scale=1.0, sharpen=0.0, ratio=1
    )
    out = moved.apply(dot, CENTRE, RADIUS)
    assert np.argwhere(out[..., 0] > 200).tolist() == [[32, 42]]


@pytest.mark.parametrize("seed", range(8))
def test_the_patch_beside_is_beside(seed):
    rng = np.random.default_rng(seed)
    clip = np.broadcast_to(FRAME, (4, *FRAME.shape)).copy()
    boxes = np.tile([40.0, 20.0, 70.0, 60.0], (4, 1))
    whole, patch, beside = blending._edited(clip, boxes, rng)
    changed = [(c != clip).any(axis=(0, 3)) for c in (whole, patch, beside)]
    inside = np.zeros(FRAME.shape[:2], bool)
    inside[20:61, 40:71] = True
    assert changed[0].any() and not changed[0][~inside].any()
    assert changed[1].any() and changed[1][inside].sum() > 0.7 * changed[1].sum()
    assert changed[2].any() and not changed[2][inside].any()


class Suspicious:
    """Calls every clip fake whose frames are not those of the first; a torch family."""

    def __init__(self, detector, rule):
        self.view = detector.view
        self.info = {"rule": asdict(rule)}
        self.seen = []

    def score(self, clips, flow=None, *, text=None):
        self.seen.append(clips)
        same = (clips == clips[:1]).all(axis=(2, 3, 4))  # (B, T)
        return 1 - same.astype(np.float32)


@pytest.fixture
def given(tiny_model, tiny_data):
    detector = Suspicious(tiny_model.detector, Rule("mean", 0.5))
    rows = blending.reals(tiny_data.manifest, split="train")
    return detector, tiny_data.prepared(detector.view), rows


def test_shares_called_fake_and_their_change(given):
    table = blending.edits(*given, n_bootstrap=50)
    assert tuple(table["edit"]) == EDITS and tuple(table) == blending.COLUMNS
    assert table["value"].tolist() == [0, 1, 1, 1]
    assert table["change"].tolist() == table["change_low"].tolist() == [0, 1, 1, 1]
    detector, _, rows = given
    assert set(table["n"]) == {len(detector.seen)}
    # In small, squeezed frames a face may be missed.
    assert len(rows) / 2 < len(detector.seen) <= len(rows)
    assert all(len(clips) == len(EDITS) for clips in detector.seen)


def test_intervals_are_over_groups():
    groups = np.repeat(["a", "b", "c", "d"], 6)
    called = np.zeros((24, 4))
    called[:12, 1:] = 1  # all or nothing of a group
    table = blending._shares(called, groups, n=500, seed=0)
    assert table["value"].tolist() == [0, 0.5, 0.5, 0.5]
    assert table["low"].iloc[1] <= 0.05 and table["high"].iloc[1] >= 0.95


def test_a_real_detector_has_its_shares(tiny_model, tiny_data):
    detector = tiny_model.detector
    rows = blending.reals(tiny_data.manifest)
    assert (rows["label"] == 0).all() and set(rows["split"]) == {"val"}
    table = blending.edits(detector, tiny_data.prepared(detector.view), rows)
    assert table[["value", "low", "high"]].stack().between(0, 1).all()
    assert len(audits.edited(table).axes[0].get_yticklabels()) == len(EDITS)


def test_at_most_so_many_are_taken(tiny_data):
    rows = blending.reals(tiny_data.manifest, split="train", most=3)
    assert len(rows) == 3 and rows["group"].nunique() == 3


def test_bad_input_is_refused(given, tiny_data):
    with pytest.raises(ValueError, match="no real video in split 'val'"):
        blending.reals(tiny_data.manifest.assign(split="train"))
    detector, prepared, rows = given
    untrained = SimpleNamespace(info={}, view=detector.view)
    with pytest.raises(ValueError, match="has no rule"):
        blending.edits(untrained, prepared, rows)


def test_the_command_takes_a_detector(tiny_model, tiny_data, tmp_path, capfd):
    path = manifest.write(tiny_data.manifest, tmp_path / "set.parquet")
    folder = str(tiny_model.detector.folder)
    call = ["audit", str(path), "--model", folder, "--probes", "dataset"]
    assert cli.main(call) == 0
    out = capfd.readouterr().out
    assert "synthetic data" in out
    assert "authentic validation videos that the detector calls fake" in out
    assert "patch beside it" in out
    assert cli.main([*call[:2], "--model", str(tmp_path)]) == 1
