""" "Cannot tell" of a score that does not decide: chosen on validation, said once."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from dfstudy.commands import verdicts as command
from dfstudy.detect import judge
from dfstudy.detect.verdict import CANNOT_TELL, Opinion, Verdict
from dfstudy.metrics import apply_temperature, conformal
from dfstudy.training import experiment, predictions
from dfstudy.training.rule import MAJORITY, MEAN, Rule

HALF = Rule("mean", 0.5)


class Asked:
    temperature = 1.0

    def __init__(self, rule, **limits):
        self.info = {"rule": asdict(rule)}
        if limits:
            self.info["conformal"] = {"alpha": 0.1, **limits}


def said(*scores, rule=HALF, **limits):
    opinion = judge.judge(np.array(scores), Asked(rule, **limits), name="a_0")
    return opinion.verdict, opinion.reason


def test_a_score_that_decides_is_the_rules_verdict():
    limits = {"real_up_to": 0.6, "fake_from": 0.4}
    assert said(0.39, **limits) == ("real", None)
    assert said(0.61, **limits) == ("fake", None)


def test_reasons_differ():
    verdict, reason = said(0.5, real_up_to=0.6, fake_from=0.4)
    assert verdict == CANNOT_TELL and "both had such scores" in reason
    verdict, reason = said(0.5, real_up_to=0.4, fake_from=0.6)
    assert verdict == CANNOT_TELL and "hardly a real and hardly a fake" in reason
    verdict, reason = said(0.45, real_up_to=0.3, fake_from=0.4)
    assert verdict == CANNOT_TELL and "rule says real" in reason
    verdict, reason = said(0.99, real_up_to=None, fake_from=0.4)
    assert verdict == CANNOT_TELL and "9 reals" in reason


def test_an_older_detector_has_its_rule_alone():
    assert said(0.5) == ("fake", None) and said(0.49) == ("real", None)


def test_votes_and_their_mean_may_disagree():
    # Two of three vote, the mean is low.
    limits = {"real_up_to": 0.4, "fake_from": 0.4}
    verdict, reason = said(0.51, 0.51, 0.0, rule=MAJORITY, **limits)
    assert verdict == CANNOT_TELL and "rule says fake" in reason


def test_limits_are_those_of_validation(tiny_model, tiny_data):
    """What the card has is what conformal.calibrate makes of validation videos."""
    card = json.loads((tiny_model.detector.folder / "model.json").read_text())
    val = tiny_model.videos(tiny_data.manifest, "val")
    p = apply_temperature(val["score"], card["temperature"])
    assert card["conformal"] == conformal.calibrate(val["label"], p).to_dict()


def test_of_a_class_as_many_as_promised_keep_their_label():
    rng = np.random.default_rng(0)
    labels = pd.Series(np.tile([0, 1], 40), [f"v{i}" for i in range(80)])
    val = predictions.table(
        labels.index, np.clip(0.3 * labels + 0.6 * rng.random(80), 0, 1)
    )
    temperature, limits = experiment._calibrated(MEAN, val, labels)
    verdicts = limits.verdicts(apply_temperature(val["score"], temperature))
    keeps = {0: {"real", "cannot tell"}, 1: {"fake", "cannot tell"}}
    kept = [v in keeps[y] for v, y in zip(verdicts, labels, strict=True)]
    assert np.mean(kept) == pytest.approx(37 / 40)  # ceil(41 x 0.9) of 40


def test_the_line_says_why():
    reason = "reals and fakes of validation both had such scores"
    said = {"verdict": CANNOT_TELL, "probability": 0.5, "reason": reason}
    opinion = Opinion(detector="a_0", threshold=0.4, seconds=[], over_time=[], **said)
    verdict = Verdict(
        file="a.mp4",
        opinions=[opinion],
        frames={"with_face": 4, "sampled": [0, 1, 2, 3]},
        **said,
    )
    line = command._line(verdict)
    assert "cannot tell (reals and fakes" in line and "threshold: 0.40" in line
