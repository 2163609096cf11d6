"""One prepared set serves several views: with flow and without, long and short."""

from dataclasses import replace

import numpy as np
import pytest

from dfstudy import models
from dfstudy.data import prepare
from dfstudy.data.loader import PreparedSet
from dfstudy.data.view import View, see
from dfstudy.training.features import features
from dfstudy.video.faces import new_detector

FACES = View(
    frames=6, height=32, width=32, crop="face", sampling="first", drop="frame", follow=4
)
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


@pytest.mark.parametrize("margin", [0.1, 0.2])  # either is asked for first
def test_faces_are_followed_as_far_whichever_length_is_asked_for_first(
    tiny_data, margin
):
    long = replace(FACES, margin=margin)
    short = replace(long, frames=2, search=6)
    order = [long, short] if margin == 0.1 else [short, long]
    folders = {tiny_data.prepared(view).folder for view in order}
    prepared = tiny_data.prepared(short)
    assert len(folders) == 1 and prepared.view == short
    assert tiny_data.prepared(long).view == long
    assert tiny_data.prepared(replace(short, frames=3)).folder in folders
    detector = new_detector("mtcnn")
    for row in prepared.kept(tiny_data.manifest).head(3).itertuples():
        sample = see(row.path, short, detector=detector)
        crops = sample.faces[0].crops
        np.testing.assert_array_equal(prepared.array(row.video_id)[0], crops)


def test_faces_that_are_followed_less_far_are_others(tiny_data):
    longer = tiny_data.prepared(FACES)
    alone = replace(FACES, frames=2)
    prepared = tiny_data.prepared(alone)
    assert prepared.folder != longer.folder and prepared.view == alone
    spatial = models.family("resnext_lstm").build(network="slim", pretrained="none")
    rows = prepared.kept(tiny_data.manifest).head(2)
    of_longer, of_first, of_alone = (
        features(spatial.spatial, tiny_data.prepared(view), rows)
        for view in (FACES, replace(alone, search=6), alone)
    )
    np.testing.assert_array_equal(of_first, of_longer[:, :2])
    assert not np.array_equal(of_alone, of_first)
