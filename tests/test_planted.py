"""Shortcuts in real files: the mark, and nothing but the mark."""

from pathlib import Path

import numpy as np
import pytest
from audited import clean

from dfstudy.data import manifest
from dfstudy.study.audit.planted import SHORTCUTS, planted
from dfstudy.video.probe import probe
from dfstudy.video.read import read_frames
from dfstudy.video.write import write_video


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """Three small real videos and three fakes."""
    folder = tmp_path_factory.mktemp("some")
    rng = np.random.default_rng(0)
    table = clean(3).groupby("label").head(3).reset_index(drop=True)
    rows = []
    for row in manifest.rows(table):
        still = rng.integers(0, 255, (8, 8, 3), np.uint8).repeat(8, 0).repeat(12, 1)
        path = write_video(
            folder / f"{row['video_id']}.mp4", [still] * 8, fps=24, qp=22
        )
        rows.append(row | {"path": str(path), "n_frames": 8, "duration_s": 8 / 24})
    return manifest.from_rows(rows)


def marked(some, shortcut, folder):
    """All fakes and no real one."""
    return planted(some, shortcut, seed=0, share=1.0, out=folder)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_files_are_new_and_their_facts_are_their_own(some, tmp_path, shortcut):
    table = marked(some, shortcut, tmp_path)
    if shortcut == "dataset":
        assert table["path"].tolist() == some["path"].tolist()
        assert table["dataset"].eq("second").tolist() == table["label"].eq(1).tolist()
        return
    kept = ["video_id", "label", "group", "method", "target_identity"]
    assert table[kept].equals(some[kept])
    for row in table.itertuples():
        info = probe(row.path)
        assert Path(row.path).parent == tmp_path
        facts = (info.width, info.height, info.n_frames, info.bit_rate)
        assert facts == (row.width, row.height, row.n_frames, row.bit_rate)


def test_only_fakes_are_marked(some, tmp_path):
    def split(shortcut, column):
        table = marked(some, shortcut, tmp_path / shortcut)
        return (set(table.query(f"label == {k}")[column]) for k in (0, 1))

    reals, fakes = split("bit_rate", "bit_rate")
    assert max(fakes) < min(reals)
    assert [*split("resolution", "width")] == [{96}, {72}]
    assert [*split("duration", "n_frames")] == [{8}, {6}]
    reals, fakes = split("name", "path")
    assert all(path.endswith("_01.mp4") for path in fakes)
    assert not any(path.endswith("_01.mp4") for path in reals)


def test_a_watermark_is_in_its_corner_alone(some, tmp_path):
    table = marked(some, "background", tmp_path)
    for before, after in zip(some.itertuples(), table.itertuples(), strict=True):
        change = np.abs(
            read_frames(after.path, [0])[0].astype(int) - read_frames(before.path, [0])
        )[0]
        assert (change[:8, :12].mean() > 20) == (after.label == 1)
        assert change[16:, 24:].mean() < 5


def test_most_fakes_and_few_reals_are_marked():
    table = planted(clean(200), "dataset", seed=0)
    share = table["dataset"].eq("second").groupby(table["label"]).mean()
    np.testing.assert_allclose(share, [0.2, 0.8], atol=0.04)


def test_on_paper_only_the_shortcut_changes():
    table = clean()
    for shortcut, columns in {
        "bit_rate": {"bit_rate"},
        "resolution": {"width", "height"},
        "duration": {"n_frames", "duration_s"},
        "dataset": {"dataset"},
        "name": {"path"},
    }.items():
        dirty = planted(table, shortcut, seed=0)
        manifest.validate(dirty)
        assert {c for c in table if not dirty[c].equals(table[c])} == columns


def test_what_cannot_be_planted_is_refused():
    with pytest.raises(ValueError, match="no shortcut 'smell': choose of bit_rate"):
        planted(clean(), "smell", seed=0)
    with pytest.raises(ValueError, match="planted in files"):
        planted(clean(), "background", seed=0)
    with pytest.raises(ValueError, match="a share of the fakes"):
        planted(clean(), "name", seed=0, share=80)
