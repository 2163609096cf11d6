"""What the renderer knows: kinds of forgery, the forged frames, AUROC by kind."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from dfstudy.data import dataset
from dfstudy.data.truth import DISORDERS, kinds, truth
from dfstudy.study.kinds import by_kind, compare
from dfstudy.video.write import write_video


def test_a_disorder_has_its_scale_and_the_rest_its_method(tiny_data):
    kind = kinds(tiny_data)
    rows = tiny_data.manifest.set_index("video_id")
    assert kind.index.tolist() == rows.index.tolist()
    assert (kind[rows["label"] == 0] == "real").all()
    disorders = kind[rows["method"] == "disorder"]
    assert set(disorders) <= set(DISORDERS) and len(disorders)
    others = kind[(rows["label"] == 1) & (rows["method"] != "disorder")]
    assert (others == rows["method"][others.index]).all()


def test_the_truth_says_which_frames_are_forged(tiny_data):
    table = truth(tiny_data)
    rows = tiny_data.manifest.set_index("video_id")
    for name in rows.index[rows["method"] == "partial"]:
        forged = np.asarray(table.loc[name, "manipulated"])
        assert forged.shape == (rows.loc[name, "n_frames"],) and 0 < forged.mean() < 1


def test_of_real_videos_nobody_has_written_it_down(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    for part in ("real", "fake"):
        (tmp_path / part).mkdir()
        write_video(tmp_path / part / f"{part}.mp4", frames, fps=5)
    rows = pd.DataFrame(
        {"video_id": ["a", "b"], "label": [0, 1], "method": [None, None]}
    )
    data = dataset.Dataset("mine", "real", tmp_path, rows, {})
    assert truth(data).empty
    assert kinds(data).to_dict() == {"a": "real", "b": "unknown"}


@pytest.fixture
def videos():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    table = pd.DataFrame(
        {
            "video_id": [f"v{i}" for i in range(60)],
            "label": labels,
            "group": [f"g{i % 10}" for i in range(60)],
            "score": np.clip(rng.normal(0.4 + 0.2 * labels, 0.15), 0, 1),
        }
    )
    names = np.where(labels == 0, "real", "blend").astype(object)
    names[45:] = DISORDERS[0]
    return table, pd.Series(names, index=table["video_id"])


def test_each_kind_is_scored_against_all_reals(videos):
    table, kind = videos
    rows = by_kind(table, kind, n_bootstrap=50).set_index("name")
    assert rows["n"].to_dict() == {"blend": 15, DISORDERS[0]: 15}
    for name, row in rows.iterrows():
        some = table[table["video_id"].map(kind).isin(["real", name])]
        assert row["value"] == pytest.approx(
            roc_auc_score(some["label"], some["score"])
        )
        assert row["low"] <= row["value"] <= row["high"]


def test_a_kind_that_is_not_there_says_so(videos):
    table, kind = videos
    rows = by_kind(table, kind, wanted=[*DISORDERS, "blend"], n_bootstrap=20)
    assert rows["name"].tolist() == [*DISORDERS, "blend"]
    slow = rows.iloc[1]
    assert slow["n"] == 0 and np.isnan(slow["value"])
    assert slow["reason"] == "there is no such video in this data"


def test_detectors_stand_side_by_side_kind_by_kind(videos):
    table, kind = videos
    other = table.assign(score=1 - table["score"])
    rows = compare({"one": table, "turned": other}, kind, n_bootstrap=50)
    names = [f"{k}, {of}" for k in ("blend", DISORDERS[0]) for of in ("one", "turned")]
    assert rows["name"].tolist() == names
    alone = by_kind(table, kind, n_bootstrap=50)["value"]
    values = rows.set_index("of")["value"]
    np.testing.assert_array_equal(values["one"], alone)
    np.testing.assert_allclose(values["turned"], 1 - alone)


def test_without_reals_it_says_why(videos):
    table, kind = videos
    rows = compare({"one": table[table["label"] == 1]}, kind, n_bootstrap=50)
    assert rows["value"].isna().all() and rows["reason"].str.len().all()
