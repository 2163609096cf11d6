"""Clips whose time is spoiled: what stays, what goes, and who notices."""

import numpy as np
import pandas as pd
import pytest
from clips import number, numbered
from sklearn.metrics import roc_auc_score

from dfstudy.data.loader import PreparedSet, loader
from dfstudy.study import temporal
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
    table = temporal.spoiled(tiny_model.detector, tiny_data)
    wide = table.pivot(index="video_id", columns="control", values="score")
    val = tiny_data.manifest[tiny_data.manifest["split"] == "val"]
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


def test_summary_is_scikit_learns_auroc_of_each_family():
    random = np.random.default_rng(0)
    one = pd.DataFrame(
        {
            "video_id": [f"v{i}" for i in range(60)],
            "label": [0, 1, 1] * 20,
            "method": ["real", "blend", "disorder"] * 20,
            "group": [f"g{i // 3}" for i in range(60)],
        }
    )
    table = pd.concat(
        one.assign(control=control, score=random.random(60))
        for control in ("shuffled", "as it is")
    )
    rows = temporal.summary(table, n_bootstrap=50)
    assert rows["control"].tolist() == ["shuffled"] * 2 + ["as it is"] * 2
    assert rows["method"].tolist() == ["blend", "disorder"] * 2
    for row in rows.itertuples():
        some = table[(table["control"] == row.control)]
        some = some[(some["label"] == 0) | (some["method"] == row.method)]
        assert row.value == pytest.approx(roc_auc_score(some["label"], some["score"]))
        assert row.low <= row.value <= row.high


def test_summary_without_reals_says_why():
    fakes = pd.DataFrame(
        {
            "label": [1, 1],
            "method": "blend",
            "group": ["a", "b"],
            "control": "frozen",
            "score": [0.2, 0.4],
        }
    )
    (row,) = temporal.summary(fakes, n_bootstrap=50).to_dict("records")
    assert pd.isna(row["value"]) and row["reason"]
