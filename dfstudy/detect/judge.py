"""From scores to a verdict: of one detector by its own rule, of several by consent.

    opinion = judge(scores, detector, name="frame_torch_0")     # of one face
    opinions[deciding(opinions)]                                # of the video, by faces
    consensus(opinions)              # verdict, probability and reason of several

A detector says "cannot tell" where its score does not decide: where reals and fakes of
validation both had such scores, or neither (see metrics.conformal). Several detectors
say "real" or "fake" only where all of them that can tell agree. Nothing was chosen for
them as a group: their mean is calibrated no better than each of them is, and its errors
were not measured.
"""

from collections.abc import Sequence

import numpy as np

from dfstudy.detect.verdict import CANNOT_TELL, FAKE, REAL, Opinion
from dfstudy.metrics import conformal
from dfstudy.metrics.calibration import apply_temperature
from dfstudy.models.detector import Detector, DetectorError
from dfstudy.training.rule import Rule

_ORDER = (REAL, CANNOT_TELL, FAKE)  # of faces: the last one counts


def judge(
    scores: np.ndarray,
    detector: Detector,
    *,
    name: str,
    seconds: Sequence[float] = (),
    over_time: Sequence[float | None] = (),
) -> Opinion:
    """What a detector says, by the rule, temperature and limits of its own card.

    Args:
        scores: P(fake), (T,) of a frame model, () of a video model.
        name: of the detector.
        seconds, over_time: of `Opinion`, calibrated already (see `calibrated`).

    Raises:
        DetectorError: the detector has no rule yet.
    """
    rule = rule_of(detector)
    scores = np.ravel(np.asarray(scores, np.float64))
    if not np.isfinite(scores).all():
        raise DetectorError(f"{name}: its network gives scores that are no numbers")
    probability = float(calibrated(rule.ranking.aggregate(scores), detector))
    called = FAKE if rule.is_fake(rule.aggregate(scores)) else REAL
    verdict, reason = _limited(probability, called, detector.info.get("conformal"))
    return Opinion(
        detector=name,
        verdict=verdict,
        probability=probability,
        threshold=threshold(detector),
        reason=reason,
        seconds=[float(s) for s in seconds],
        over_time=[None if p is None else float(p) for p in over_time],
    )


def rule_of(detector: Detector) -> Rule:
    """The rule on its card; DetectorError where validation has not chosen one yet."""
    if "rule" not in detector.info:
        raise DetectorError(
            f"{detector.folder or detector.info['name']} has no rule yet: its training"
            " was not finished, train it again"
        )
    return Rule(**detector.info["rule"])


def threshold(detector: Detector) -> float | None:
    """Where "fake" begins, on the calibrated probability; None where frames vote."""
    rule = rule_of(detector)
    if rule.ranking != rule:
        return None
    return float(calibrated(rule.threshold, detector))


def calibrated(scores: np.ndarray | float, detector: Detector) -> np.ndarray:
    """P(fake) of any shape, with the detector's temperature."""
    return apply_temperature(scores, detector.temperature)


def deciding(opinions: Sequence[Opinion]) -> int:
    """Which face decides on the video.

    One manipulated face is enough for a manipulated video, and one that may be is
    enough to doubt.
    """
    order = [(_ORDER.index(one.verdict), one.probability) for one in opinions]
    return order.index(max(order))


def consensus(opinions: Sequence[Opinion]) -> tuple[str, float, str | None]:
    """Verdict, mean probability, and why "cannot tell", of at least one opinion."""
    probability = float(np.mean([one.probability for one in opinions]))
    said = {one.verdict for one in opinions} - {CANNOT_TELL}
    if len(said) == 1:
        return said.pop(), probability, None
    if said:
        parts = [f"{one.detector} says {one.verdict}" for one in opinions]
        return CANNOT_TELL, probability, ", ".join(parts)
    if len(opinions) == 1:
        return CANNOT_TELL, probability, opinions[0].reason
    parts = [f"{one.detector}: {one.reason}" for one in opinions]
    return CANNOT_TELL, probability, "; ".join(parts)


def _limited(
    probability: float, called: str, chosen: dict | None
) -> tuple[str, str | None]:
    """The verdict `called` by the rule, if the conformal limits allow it; else why."""
    if chosen is None:  # a detector of an older version
        return called, None
    limits = conformal.Limits(**chosen)
    verdict = str(limits.verdicts(probability))
    if verdict == called:
        return called, None
    if verdict == conformal.NEITHER:
        reason = "hardly a real and hardly a fake of validation had such a score"
    elif verdict != conformal.BOTH:
        reason = f"the detector's rule says {called}, its score is that of a {verdict}"
    elif None in (limits.real_up_to, limits.fake_from):
        reason = (
            f"it takes {conformal.needed(limits.alpha)} reals and as many fakes of"
            " validation to rule one of them out, and there were fewer"
        )
    else:
        reason = "reals and fakes of validation both had such scores"
    return CANNOT_TELL, reason
