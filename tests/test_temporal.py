"""Clips whose time is spoiled: what stays, what goes, and who notices."""

import numpy as np
import pandas as pd
import pytest
from clips import number, numbered

from dfstudy.data.loader import PreparedSet, loader
from dfstudy.study import temporal
from dfstudy.training.experiment import learned
from dfstudy.video.flow import sampled_flow

CLIP = numbered(8)
FLOW = sampled_flow(CLIP)


def rng():
    return np.random.default_rng(3)


def test_as_it_is_changes_nothing():
    clip, flow = temporal.spoil(CLIP, FLOW, "as it is", rng())
    assert clip is CLIP and flow is FLOW


def test_shuffled_is_the_same_frames_in_another_order():
    clip, flow = temporal.spoil(CLIP, None, "shuffled", rng())
    order = [number(frame) for frame in clip]
    assert sorted(order) == list(range(8)) and order != list(range(8))
    assert flow is None


def test_the_flow_of_a_shuffled_clip_is_computed_anew():
    clip, flow = temporal.spoil(CLIP, FLOW, "shuffled", rng())
    np.testing.assert_array_equal(flow, sampled_flow(clip))
    assert not np.array_equal(flow, FLOW)


def test_flow_to_neighbours_outside_the_clip_stays_with_its_frame():
    marked = np.zeros_like(FLOW) + np.arange(8, dtype=np.float16)[:, None, None, None]
    clip, flow = temporal.spoil(CLIP, marked, "shuffled", rng(), resample=False)
    assert [number(frame) for frame in clip] == flow[:, 0, 0, 0].tolist()


def test_frozen_is_the_middle_frame_without_motion():
    clip, flow = temporal.spoil(CLIP, FLOW, "frozen", rng())
    assert [number(frame) for frame in clip] == [4] * 8
    assert clip.shape == CLIP.shape
    assert flow.shape == FLOW.shape and not flow.any()
    assert temporal.spoil(CLIP, None, "frozen", rng())[1] is None


def test_unknown_controls_are_named():
    with pytest.raises(ValueError, match=r"backwards.*as it is, shuffled, frozen"):
        temporal.spoil(CLIP, FLOW, "backwards", rng())


def test_a_frame_detector_does_not_notice_the_order(tiny_model, tiny_data):
    tables = temporal.spoiled(tiny_model.detector, tiny_data)
    wide = pd.DataFrame(
        {name: table.set_index("video_id")["score"] for name, table in tables.items()}
    )
    val = learned(tiny_data.manifest).query("split == 'val'")
    assert set(wide.index) == set(val["video_id"])
    np.testing.assert_allclose(wide["shuffled"], wide["as it is"], atol=1e-5)
    assert not np.allclose(wide["frozen"], wide["as it is"], atol=1e-5)

    detector = tiny_model.detector
    videos = PreparedSet(tiny_data.prepared(detector.view), val, by="video")
    right = []
    for x, _ in loader(videos, batch_size=4, shuffle=False):
        right += detector.score(x.numpy()).mean(axis=1).tolist()
    scores = wide.loc[videos.video_ids, "as it is"]
    np.testing.assert_allclose(scores, right, atol=1e-5)
