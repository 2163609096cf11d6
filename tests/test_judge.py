"""From scores to a verdict: one detector by its card, several by consent."""

import numpy as np
import pytest
from asked import FACES, red

from dfstudy.detect import judge
from dfstudy.detect.verdict import CANNOT_TELL, Opinion
from dfstudy.metrics import apply_temperature
from dfstudy.models.detector import DetectorError

LIMITS = {"alpha": 0.1, "real_up_to": 0.6, "fake_from": 0.4}


def opinion(name, verdict, probability, reason=None):
    return Opinion(
        detector=name,
        verdict=verdict,
        probability=probability,
        threshold=0.5,
        reason=reason,
        seconds=[],
        over_time=[],
    )


def test_probability_and_threshold_are_calibrated(tmp_path):
    rule = {"aggregation": "mean", "threshold": 0.3, "strict": False}
    detector = red("a_0", FACES, tmp_path, temperature=2.0, rule=rule)
    said = judge.judge(np.array([0.1, 0.3]), detector, name="a_0")
    assert said.verdict == "real"  # 0.2 is less than 0.3, with a temperature or without
    assert said.probability == pytest.approx(apply_temperature(0.2, 2.0))
    assert said.threshold == pytest.approx(apply_temperature(0.3, 2.0))
    assert said.probability > 0.2


def test_frames_vote_without_a_threshold(tmp_path):
    rule = {"aggregation": "vote", "threshold": 0.5, "strict": True}
    detector = red("a_0", FACES, tmp_path, rule=rule)
    said = judge.judge(np.array([0.51, 0.51, 0.0]), detector, name="a_0")
    assert said.verdict == "fake" and said.threshold is None
    assert said.probability == pytest.approx(0.34)


def test_what_is_no_number_or_has_no_rule_is_refused(tmp_path):
    detector = red("a_0", FACES, tmp_path)
    with pytest.raises(DetectorError, match="no numbers"):
        judge.judge(np.array([np.nan]), detector, name="a_0")
    del detector.info["rule"]
    with pytest.raises(DetectorError, match="no rule"):
        judge.judge(np.array([0.2]), detector, name="a_0")


def test_one_fake_face_decides_then_a_doubtful_one():
    real, doubt = opinion("a", "real", 0.3), opinion("a", CANNOT_TELL, 0.2, "why")
    surer, fake = opinion("a", "real", 0.4), opinion("a", "fake", 0.1)
    assert judge.deciding([real, surer]) == 1
    assert judge.deciding([real, doubt, surer]) == 1
    assert judge.deciding([real, fake, doubt]) == 1


def test_several_agree_or_say_who_says_what():
    real, fake = opinion("a", "real", 0.2), opinion("b", "fake", 0.9)
    doubt = opinion("c", CANNOT_TELL, 0.5, "both had such scores")
    assert judge.consensus([real, doubt]) == ("real", pytest.approx(0.35), None)
    verdict, p, reason = judge.consensus([real, fake, doubt])
    assert verdict == CANNOT_TELL and p == pytest.approx(1.6 / 3)
    assert reason == "a says real, b says fake, c says cannot tell"
    assert judge.consensus([doubt])[2] == "both had such scores"
    assert judge.consensus([doubt, doubt])[2].count("c: both had") == 2


def test_limits_of_validation_forbid_a_verdict(tmp_path):
    detector = red("a_0", FACES, tmp_path, conformal=LIMITS)
    assert judge.judge(np.array(0.5), detector, name="a").verdict == CANNOT_TELL
    assert judge.judge(np.array(0.7), detector, name="a").verdict == "fake"
