"""Poolings of frame scores against NumPy by hand; what ranks videos, what judges."""

import numpy as np
import pandas as pd
import pytest

from dfstudy.training import predictions as tables
from dfstudy.training.rule import AGGREGATIONS, MEAN, POOLINGS, Rule, choose_rule

BY_HAND = {
    "mean": lambda s: sum(s) / len(s),
    "vote": lambda s: sum(x >= 0.5 for x in s) / len(s),
    "max": lambda s: sorted(s)[-1],
    "top3": lambda s: sum(sorted(s, reverse=True)[:3]) / min(3, len(s)),
    "noisy_or": lambda s: 1 - np.exp(sum(np.log1p(-min(x, 1 - 1e-16)) for x in s)),
}


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_poolings_equal_what_one_writes_by_hand(name):
    rng = np.random.default_rng(0)
    rule, videos = Rule(name, None), {}
    for n in (1, 2, 3, 4, 16):
        for k in range(5):
            videos[f"{n}-{k}"] = rng.random(n) ** 3
    for scores in videos.values():
        assert rule.aggregate(scores) == pytest.approx(BY_HAND[name](scores))
        assert rule.aggregate(list(scores)) == rule.aggregate(scores)
    rows = [
        tables.table([video], scores[None].astype(np.float32))
        for video, scores in videos.items()
    ]
    pooled = rule.video_scores(pd.concat(rows))
    want = {video: BY_HAND[name](scores) for video, scores in videos.items()}
    assert pooled.to_dict() == pytest.approx(want, abs=1e-6)
    assert pooled.between(0, 1).all()


def test_poolings_of_four_frames():
    scores = [0.9, 0.5, 0.1, 0.2]
    got = {name: Rule(name, None).aggregate(scores) for name in AGGREGATIONS}
    assert got == pytest.approx(
        {
            "mean": 0.425,
            "vote": 0.5,
            "max": 0.9,
            "top3": 1.6 / 3,
            "noisy_or": 1 - 0.1 * 0.5 * 0.9 * 0.8,
        }
    )


def test_fewer_than_three_frames_have_a_top3():
    assert Rule("top3", None).aggregate([0.4]) == 0.4
    assert Rule("top3", None).aggregate([0.4, 0.8]) == pytest.approx(0.6)


@pytest.mark.parametrize("name", ["max", "noisy_or"])
def test_one_frame_that_is_certain_decides_a_multiple_instance_rule(name):
    assert Rule(name, None).aggregate([0.0, 1.0, 0.3]) == 1
    assert Rule(name, None).aggregate([0.0, 0.0]) == 0


def test_the_order_of_poolings_is_that_of_their_boldness():
    rng = np.random.default_rng(1)
    for scores in rng.random((50, 16)):
        values = [
            Rule(name, None).aggregate(scores)
            for name in ("mean", "top3", "max", "noisy_or")
        ]
        assert values == sorted(values)


def test_noisy_or_of_many_frames_saturates():
    # Why its threshold is chosen, and not 0.5: sixteen frames at 0.1 are 0.81.
    assert Rule("noisy_or", None).aggregate([0.1] * 16) == pytest.approx(1 - 0.9**16)


def test_of_several_faces_each_is_pooled_first():
    faces = [
        tables.table(["a"], np.array([scores]), face_ids=[i])
        for i, scores in enumerate(([0.5, 0.5], [0.1, 0.8]))
    ]
    both = pd.concat(faces)
    assert Rule("max", None).video_scores(both)["a"] == pytest.approx(0.8)
    assert Rule("noisy_or", None).video_scores(both)["a"] == pytest.approx(0.82)


def test_only_a_vote_ranks_by_another_rule():
    for rule in POOLINGS:
        assert rule.ranking == (MEAN if rule.aggregation == "vote" else rule)
    assert [rule.aggregation for rule in POOLINGS] == list(AGGREGATIONS)
    assert all(rule.threshold is None for rule in POOLINGS)


def test_a_video_with_one_forged_frame_is_found_by_the_bold_rules():
    rng = np.random.default_rng(2)
    frames = rng.uniform(0, 0.3, (40, 16))
    frames[::2, 3] = 0.9  # in every other video, one frame is forged
    frames[1::2, 3] = 0.6  # in the others, one looks a little odd
    labels = {f"v{i}": int(i % 2 == 0) for i in range(40)}
    frames[1::2, 4:6] += 0.15  # a mean cannot tell these from one certain frame
    table = tables.table(list(labels), frames)
    rule, tried = choose_rule(table, labels, candidates=POOLINGS)
    reached = tried.set_index("aggregation")["balanced_accuracy"]
    assert rule.aggregation == "max" and reached["max"] == 1
    assert max(reached["mean"], reached["vote"]) < 0.8


def test_unknown_poolings_and_empty_videos_are_refused():
    with pytest.raises(ValueError, match="choose of mean, vote, max, top3, noisy_or"):
        Rule("median", 0.5)
    for name in AGGREGATIONS:
        with pytest.raises(ValueError, match="no frame was scored"):
            Rule(name, 0.5).aggregate([])
