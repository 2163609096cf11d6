"""Rules against hand-made cases; the test set is logged, counted and guarded."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score

from dfstudy.training import predictions as tables
from dfstudy.training.protocol import (
    MAJORITY,
    S1_CANDIDATES,
    Protocol,
    ProtocolError,
    Rule,
    checkpoint_sha,
    choose_rule,
    read_predictions,
    write_predictions,
)


def frames_of(scores, **more):
    """Predictions from {video: frame scores}."""
    return tables.table(list(scores), np.array([*scores.values()]), **more)


# ---- predictions


def test_predictions_round_trip(tmp_path):
    table = frames_of(
        {"a": [0.1, 0.9], "b": [0.2, 0.4]}, frame_indices=[[3, 8], [1, 2]]
    )
    path = write_predictions(table, tmp_path / "new" / "p.parquet")
    pd.testing.assert_frame_equal(read_predictions(path), table)
    assert tuple(table) == ("video_id", "face_id", "frame_index", "score")
    assert table["frame_index"].dtype == "Int64"


def test_video_level_predictions_have_no_frame_index(tmp_path):
    table = tables.table(["a", "b"], np.float32([0.1, 0.9]))
    assert table["frame_index"].isna().all()
    path = write_predictions(table, tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(read_predictions(path), table)
    assert tables.frame_scores(table).empty


def test_a_frame_sampled_twice_counts_once():
    table = frames_of({"a": [0.0, 0.0, 0.9]}, frame_indices=[[0, 0, 1]])
    assert Rule("mean", 0.5).video_scores(table)["a"] == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": [0.1, 1.2]}, "not P.fake."),
        ({"score": [0.1, np.nan]}, "not P.fake."),
        ({"frame_index": [1, 1]}, "scored twice"),
        ({"frame_index": [1, None]}, "mixed"),
    ],
)
def test_bad_predictions_are_refused(change, message):
    good = {"video_id": ["a", "a"], "face_id": 0, "frame_index": [0, 1], "score": 0.5}
    with pytest.raises(ValueError, match=message):
        tables.check(pd.DataFrame(good | change))
    with pytest.raises(ValueError, match="missing columns"):
        tables.check(pd.DataFrame({"video_id": ["a"], "score": [0.5]}))


# ---- rules


def test_mean_and_vote_by_hand():
    table = frames_of({"a": [0.5, 0.4, 0.9, 0.0], "b": [0.6, 0.6, 0.1, 0.7]})
    assert Rule("mean", 0.5).video_scores(table).to_dict() == pytest.approx(
        {"a": 0.45, "b": 0.5}
    )
    assert Rule("vote", 0.5).video_scores(table).to_dict() == {"a": 0.5, "b": 0.75}
    for rule in (Rule("mean", 0.5), Rule("vote", 0.5)):
        one = table[table["video_id"] == "a"]["score"]
        assert rule.aggregate(one) == rule.video_scores(table)["a"]


def test_majority_is_strictly_more_than_half():
    assert [bool(MAJORITY.is_fake(v)) for v in (8 / 16, 9 / 16)] == [False, True]
    assert bool(Rule("vote", 0.5).is_fake(8 / 16))


def test_a_share_of_exactly_t_is_fake():
    for rule in S1_CANDIDATES[1:]:
        votes = [1.0] * round(rule.threshold * 10) + [0.0] * round(
            10 - rule.threshold * 10
        )
        assert rule.is_fake(rule.aggregate(votes))
    assert [r.threshold for r in S1_CANDIDATES] == [None, 0.3, 0.4, 0.5, 0.6, 0.7]


def test_of_several_faces_the_most_suspicious_counts():
    table = frames_of({"a": [0.1, 0.3]})
    other = tables.table(["a"], np.array([[0.7, 0.9]]), face_ids=[1])
    both = pd.concat([table, other])
    assert Rule("mean", 0.5).video_scores(both)["a"] == pytest.approx(0.8)
    assert tables.frame_scores(both)["score"].tolist() == [0.7, 0.9]


def test_choice_is_the_best_on_validation():
    rng = np.random.default_rng(0)
    labels = {f"v{i}": int(i % 3 == 0) for i in range(60)}
    table = frames_of(
        {
            v: np.clip(rng.normal(0.35 + 0.2 * y, 0.2, 16), 0, 1)
            for v, y in labels.items()
        }
    )
    rule, tried = choose_rule(table, labels)
    y = [*labels.values()]
    for candidate, row in zip(S1_CANDIDATES, tried.itertuples(), strict=True):
        values = candidate.video_scores(table)[[*labels]]
        cuts = [candidate.threshold] if candidate.threshold else np.linspace(0, 1, 2001)
        best = max(balanced_accuracy_score(y, values >= cut) for cut in cuts)
        assert row.balanced_accuracy == pytest.approx(best)
    best = tried.query("chosen")["balanced_accuracy"].item()
    assert best == tried["balanced_accuracy"].max()
    assert tried["chosen"].sum() == 1 and rule.threshold is not None
    assert (
        rule == choose_rule(table.sample(frac=1, random_state=1), pd.Series(labels))[0]
    )


def test_without_both_classes_the_first_candidate_is_taken_with_a_warning():
    table = frames_of({"a": [0.1, 0.2], "b": [0.3, 0.2]})
    with pytest.warns(UserWarning, match="nothing can be chosen"):
        rule, tried = choose_rule(table, {"a": 0, "b": 0})
    assert rule == Rule("mean", 0.5) and tried["balanced_accuracy"].isna().all()


def test_a_video_without_label_is_refused():
    with pytest.raises(ValueError, match="no label for 1"):
        choose_rule(frames_of({"a": [0.1], "b": [0.3]}), {"a": 0})
    with pytest.raises(ValueError, match="no aggregation"):
        Rule("median", 0.5)
    with pytest.raises(ValueError, match="nothing to judge"):
        MAJORITY.aggregate([])


# ---- protocol


@pytest.fixture
def detector(tmp_path):
    folder = tmp_path / "frame_torch_0"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "model.json").write_text(
        json.dumps({"name": "x", "view": {"frames": 16}})
    )
    return folder


def predict():
    return frames_of({"a": [0.1, 0.9]})


def test_reads_are_logged_and_counted(detector):
    protocol = Protocol(detector)
    protocol.fix(MAJORITY, 1.5, checkpoint_sha(detector))
    assert protocol.test_reads == 0
    for _ in range(2):
        pd.testing.assert_frame_equal(protocol.read_test(predict), predict())
    assert Protocol(detector).test_reads == 2
    lines = (detector / "test_reads.jsonl").read_text().splitlines()
    assert all(json.loads(line)["time"].endswith("+00:00") for line in lines)
    block = protocol.block()
    assert block == {
        "aggregation": "vote",
        "threshold": 0.5,
        "strict": True,
        "temperature": 1.5,
        "checkpoint": checkpoint_sha(detector),
        "test_reads": 2,
    }


def test_nothing_is_read_before_the_choices_are_fixed(detector):
    with pytest.raises(ProtocolError, match="before the test set"):
        Protocol(detector).read_test(predict)
    assert Protocol(detector).test_reads == 0
    with pytest.raises(ValueError, match="not chosen yet"):
        Protocol(detector).fix(Rule("mean", None), 1.0, "sha")


def test_before_the_first_read_everything_may_change(detector):
    protocol = Protocol(detector)
    protocol.fix(MAJORITY, 1.0, "one")
    protocol.fix(Rule("mean", 0.4), 2.0, "two")
    protocol.read_test(predict)
    assert protocol.block()["threshold"] == 0.4


@pytest.mark.parametrize(
    "again",
    [
        (Rule("vote", 0.6), 1.0, "sha"),
        (Rule("vote", 0.5), 1.0, "sha"),  # no longer strict
        (MAJORITY, 1.1, "sha"),
        (MAJORITY, 1.0, "other"),
    ],
)
def test_after_a_read_no_choice_may_change(detector, again):
    protocol = Protocol(detector)
    protocol.fix(MAJORITY, 1.0, "sha")
    protocol.read_test(predict)
    protocol.fix(MAJORITY, 1.0, "sha")  # the same: nothing happens
    with pytest.raises(ProtocolError, match=r"something changed: \w+ was"):
        protocol.fix(*again)
    protocol.read_test(predict)  # the old choices still stand
    assert protocol.test_reads == 2


@pytest.mark.parametrize("file", ["model.safetensors", "model.json", "protocol.json"])
def test_files_changed_behind_its_back_are_noticed(detector, file):
    protocol = Protocol(detector)
    protocol.fix(MAJORITY, 1.0, "sha")
    protocol.read_test(predict)
    changed = (detector / file).read_text().replace("16", "8").replace("0.5", "0.4")
    (detector / file).write_text(changed.replace("weights", "others"))
    called = []
    with pytest.raises(ProtocolError, match="something changed"):
        protocol.read_test(lambda: called.append(1))
    assert not called and protocol.test_reads == 1


def test_a_read_that_breaks_off_counts(detector):
    protocol = Protocol(detector)
    protocol.fix(MAJORITY, 1.0, "sha")

    def broken():
        raise OSError("disk full")

    with pytest.raises(OSError):
        protocol.read_test(broken)
    assert protocol.test_reads == 1


def test_training_anew_frees_the_choices_but_keeps_the_count(detector):
    protocol = Protocol(detector)
    protocol.fix(MAJORITY, 1.0, "sha")
    protocol.read_test(predict)
    protocol.retrained()
    with pytest.raises(ProtocolError, match="before the test set"):
        protocol.read_test(predict)
    protocol.fix(Rule("mean", 0.3), 2.0, "new")
    protocol.read_test(predict)
    assert protocol.test_reads == 2
    with pytest.raises(ProtocolError):
        protocol.fix(MAJORITY, 1.0, "sha")
