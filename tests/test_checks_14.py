"""Lesson 14: a check must find the bug, also in disguise, and nothing else."""

import numpy as np
import pytest

from dfstudy.course import bugs, checks_14
from dfstudy.training.rule import best_threshold
from dfstudy.video.write import write_video


def always(part):
    return True


def never(part):
    return False


def by_video(deal):
    frames = bugs.pd.DataFrame({"video_id": np.repeat(list("abcdef"), 4), "group": "g"})
    return (deal(frames).groupby(frames["video_id"]).nunique() > 1).any()


def two_videos(area):
    return area([0, 1], [0.4, 0.6]) < 1


def at_half(area):
    labels, scores = np.array([0, 0, 1, 1]), np.array([0.6, 0.7, 0.8, 0.9])
    return area(labels, scores) < 1


def as_bright(tmp_path):
    def alarms(read):
        red = np.zeros((8, 64, 64, 3), np.uint8)
        red[..., 0] = 200
        first, *others = read(write_video(tmp_path / "r.mp4", red, fps=10)).mean(
            (0, 1, 2)
        )
        return first < max(others) - 1

    return alarms


def the_first(score):
    clips = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
    return not np.allclose(score(clips)[0], score(clips[:1])[0], atol=1e-4)


def order_alone(score):
    clips = np.random.default_rng(0).normal(size=(4, 6, 5)).astype(np.float32)
    return not np.allclose(score(clips)[::-1], score(clips[::-1]), atol=1e-4)


def equals_the_best_on_test(choose):
    labels, scores = np.arange(20) % 2, np.random.default_rng(0).random(20)
    val, test = (labels, scores), (1 - labels, scores**2)
    return choose(val, test) == best_threshold(*test)


def one_length(sample):
    return max(sample(160, 16)) < 140


def still(crop):
    frames = np.full((3, 64, 64, 3), 255, np.uint8)
    return (crop(frames, np.array([[10.0, 10, 40, 40]] * 3)) < 200).any()


@pytest.mark.parametrize("part", bugs.PARTS.values(), ids=lambda part: part.name)
def test_a_check_that_knows_nothing_is_worthless(part):
    status = checks_14.finds(part, never)
    assert status.state == "try again" and "got past" in status.message
    status = checks_14.finds(part, always)
    assert status.state == "try again" and "False alarm" in status.message


@pytest.mark.parametrize(
    ("part", "hasty", "message"),
    [
        (bugs.DEAL, by_video, "ask for the group"),
        (
            bugs.AREA,
            two_videos,
            "cuts the scores at 0.5",
        ),
        (bugs.SCORE, the_first, "nobody before it"),
        (bugs.SCORE, order_alone, "mean of the batch"),
        (bugs.SAMPLE, one_length, "31 frames"),
        (bugs.CROP, still, "long way"),
    ],
    ids=lambda part: getattr(part, "name", ""),
)
def test_a_hasty_check_is_told_what_it_missed(part, hasty, message):
    status = checks_14.finds(part, hasty)
    assert status.state == "try again" and message in status.message


def test_a_check_for_one_disguise_only(tmp_path):
    assert "as bright" in checks_14.finds(bugs.READ, as_bright(tmp_path)).message
    assert checks_14.finds(bugs.AREA, at_half).state == "try again"
    assert "together" in checks_14.finds(bugs.CHOOSE, equals_the_best_on_test).message


@pytest.mark.parametrize("untouched", [None, ..., lambda part: None])
def test_untouched(untouched):
    for part in bugs.PARTS.values():
        assert checks_14.finds(part, untouched).state == "not attempted"
    assert checks_14.convicts(untouched).state == "not attempted"


def test_suspects_differ_and_have_bugs():
    several = [bugs.suspect(seed) for seed in range(20)]
    assert all(2 <= len(one.broken) <= 4 for one in several)
    assert len({one.broken for one in several}) > 5
    assert set().union(*(one.broken for one in several)) == set(bugs.PARTS)


def test_convict_must_be_right_about_every_part(monkeypatch):
    study = bugs.Suspect(parts={"deal": always}, broken=frozenset({"deal", "crop"}))
    monkeypatch.setattr(bugs, "suspect", lambda seed: study)
    assert checks_14.convicts(lambda parts: ["crop", "deal"]).state == "correct"
    wrong = checks_14.convicts(lambda parts: list(bugs.PARTS))
    assert wrong.state == "try again" and "innocent" in wrong.message
    missed = checks_14.convicts(lambda parts: ["deal"])
    assert missed.state == "try again" and "['crop'] go" in missed.message
    assert "no parts" in checks_14.convicts(lambda parts: ["face"]).message


def test_what_the_lesson_says_of_a_study(capsys):
    checks_14.compare(None)
    assert "No check is written" in capsys.readouterr().out
    checks_14.compare({"deal": True, "area": False})
    assert "BROKEN" in capsys.readouterr().out
