"""One prepared set serves several views: with flow and without, long and short."""

from dataclasses import replace

import numpy as np
import pytest

from dfstudy.data import prepare
from dfstudy.data.loader import PreparedSet
from dfstudy.data.view import View, see

LONG = View(frames=6, height=24, width=32, sampling="first", flow="sampled")


@pytest.mark.parametrize("changes", [{"frames": 3}, {"frames": 3, "flow": "none"}])
def test_the_first_frames_are_those_of_a_longer_set(tiny_data, changes):
    longer = tiny_data.prepared(LONG)
    short = replace(LONG, **changes)
    prepared = tiny_data.prepared(short)
    assert prepared.folder == longer.folder
    assert prepared.view.frames == 3
    row = tiny_data.manifest.iloc[0]
    shown = see(row["path"], short).frames
    np.testing.assert_array_equal(prepared.array(row["video_id"]), shown)
    for by, shape in (("frame", (24, 32, 3)), ("video", (3, 24, 32, 3))):
        videos = PreparedSet(prepared, tiny_data.manifest, by=by)
        assert videos[0][0].shape == shape
        assert len(videos) == len(tiny_data.manifest) * (3 if by == "frame" else 1)
        last = videos[len(videos) - 1][0].numpy()
        want = prepared.array(tiny_data.manifest["video_id"].iloc[-1])
        np.testing.assert_array_equal(last, want[-1] if by == "frame" else want)


@pytest.mark.parametrize(
    "changes", [{"sampling": "even", "frames": 3}, {"height": 25}, {"frames": 7}]
)
def test_other_frames_are_prepared_anew(tiny_data, changes):
    longer = tiny_data.prepared(LONG)
    other = replace(LONG, **changes)
    assert tiny_data.prepared(other).folder != longer.folder
    assert other in prepare.prepared_views(tiny_data.manifest)


def test_a_set_of_a_later_version_is_left_alone(tiny_data):
    folder = tiny_data.prepared(LONG).folder
    card = folder.with_name("later") / "prepared.json"
    card.parent.mkdir()
    text = (folder / "prepared.json").read_text()
    card.write_text(text.replace('"follow"', '"not_yet_known"'))
    views = prepare.prepared_views(tiny_data.manifest)
    card.unlink()
    card.parent.rmdir()
    assert views.count(LONG) == 1
