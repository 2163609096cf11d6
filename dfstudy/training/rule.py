"""From frame scores to the verdict on a video, chosen on validation videos only.

    rule, tried = choose_rule(val_predictions, val_labels)    # S1: mean, or 0.3 .. 0.7
    rule = MAJORITY                                           # S0: more than half

S1 (Notshe, Svoboda, Xiao) tries two rules: the mean frame score, and the share of
frames called fake. It reports the best of them on the data it chose on; here the choice
sees validation labels only. S0 (DeepSneak) fixes its rule beforehand.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dfstudy.metrics import scores
from dfstudy.training import predictions as tables

FRAME_THRESHOLD = 0.5  # where a frame votes fake
_POOL = {  # name -> from the (T,) scores of a video's frames to one number
    "mean": np.mean,
    "vote": lambda s: (s >= FRAME_THRESHOLD).mean(),
    "max": np.max,
    "top3": lambda s: np.sort(s)[-3:].mean(),
    "noisy_or": lambda s: 1 - np.prod(1 - s),
}
AGGREGATIONS = tuple(_POOL)
_REPORTED = ("balanced_accuracy", "accuracy", "precision", "recall", "f1", "auroc")


@dataclass(frozen=True)
class Rule:
    """How a video is judged by its scores.

    `aggregation`, of the scores of a video's frames:

    - "mean"; "max"; "top3", the mean of the three highest;
    - "vote": the share of frames with a score of at least 0.5;
    - "noisy_or": 1 - the product of (1 - score): a video is fake if any frame is, and
      frames err on their own (multiple-instance learning: Maron, Lozano-Perez 1998).

    Fake where this is >= `threshold`, or > `threshold` if `strict`. A threshold None is
    still to be chosen, see `choose_rule`.
    """

    aggregation: str
    threshold: float | None
    strict: bool = False

    def __post_init__(self):
        if self.aggregation not in AGGREGATIONS:
            known = ", ".join(AGGREGATIONS)
            raise ValueError(f"no aggregation {self.aggregation!r}: choose of {known}")

    def aggregate(self, frame_scores: ArrayLike) -> float:
        """One number in [0, 1] from the (T,) scores of one face in one video."""
        s = np.asarray(frame_scores, dtype=np.float64)
        if not s.size:
            raise ValueError("no frame was scored: there is nothing to judge by")
        return float(_POOL[self.aggregation](s))

    def is_fake(self, value: ArrayLike) -> np.ndarray | np.bool_:
        """Whether the rule calls fake what aggregates to `value`; any shape."""
        if self.threshold is None:
            raise ValueError("the threshold of this rule is not chosen: choose_rule")
        value = np.asarray(value)
        return value > self.threshold if self.strict else value >= self.threshold

    def video_scores(self, predictions: pd.DataFrame) -> pd.Series:
        """The aggregate of each video, by `video_id`: of several faces the highest."""
        # Sorted, so that the last digit of a mean does not depend on the order of rows.
        rows = tables.check(predictions).sort_values(["video_id", "frame_index"])
        faces = rows.groupby(["video_id", "face_id"], sort=False, dropna=False)["score"]
        pooled = faces.agg(self.aggregate)
        return pooled.groupby("video_id", sort=False).max().rename("score")

    @property
    def ranking(self) -> "Rule":
        """The rule whose values rank videos: this one, or the mean for a vote.

        A verdict needs a rule; ROC, AUROC and a probability need scores. A share of
        votes has only T + 1 values, and most videos tie at 0 or 1, so it ranks badly
        what the network has ranked well.
        """
        return MEAN if self.aggregation == "vote" else self


MAJORITY = Rule("vote", 0.5, strict=True)  # S0
MEAN = Rule("mean", None)  # of one score, that score: what judges whole videos
POOLINGS = tuple(Rule(name, None) for name in AGGREGATIONS)
S1_CANDIDATES = (
    MEAN,
    *(Rule("vote", share) for share in (0.3, 0.4, 0.5, 0.6, 0.7)),
)


def choose_rule(
    predictions: pd.DataFrame,
    labels: Mapping[str, int],
    *,
    candidates: Sequence[Rule] = S1_CANDIDATES,
) -> tuple[Rule, pd.DataFrame]:
    """The candidate with the best balanced accuracy; the first of equals.

    Args:
        predictions: of validation videos, see `training.predictions`.
        labels: video_id -> 0 real, 1 fake, of these videos (a dict or a Series).
        candidates: a free threshold (None) is set halfway between the two validation
            scores that it separates best; of equals, the one nearest to 0.5.

    Returns:
        The rule, and one row a candidate: aggregation, threshold, strict, `free` (its
        threshold was chosen), the metrics on validation, `chosen`. These metrics are
        what was maximised: they flatter, and are no result.

    Raises:
        ValueError: no candidates, or a video without label.
    """
    if not candidates:
        raise ValueError("no candidates to choose from")
    rows, rules = [], []
    for rule, free, y, s in _set(predictions, labels, candidates):
        kept = {"threshold": rule.threshold, "strict": rule.strict}
        values = scores.compute(y, s, **kept)
        rules.append(rule)
        reported = {name: values[name]["value"] for name in _REPORTED}
        rows.append({**asdict(rule), "free": free, **reported})
    table = pd.DataFrame(rows).astype(dict.fromkeys(_REPORTED, "float64"))
    if table["balanced_accuracy"].isna().all():
        warnings.warn(
            "validation lacks reals or fakes: nothing can be chosen on it, so the first"
            f" candidate is taken as it is, {rules[0]}",
            stacklevel=2,
        )
        best = 0
    else:
        best = int(table["balanced_accuracy"].argmax())
    table["chosen"] = np.arange(len(table)) == best
    return rules[best], table


def _set(
    predictions: pd.DataFrame, labels: Mapping[str, int], candidates: Sequence[Rule]
) -> Iterator[tuple[Rule, bool, np.ndarray, np.ndarray]]:
    """Each candidate with its threshold set, whether it was free, labels and scores."""
    for rule in candidates:
        videos = rule.video_scores(predictions)
        without = [name for name in videos.index if name not in labels]
        if without:
            raise ValueError(f"no label for {len(without)} videos: {without[:3]}")
        y = np.array([labels[name] for name in videos.index], dtype=int)
        s, free = videos.to_numpy(), rule.threshold is None
        if free:
            rule = replace(rule, threshold=best_threshold(y, s), strict=False)
        yield rule, free, y, s


def best_threshold(labels: np.ndarray, values: np.ndarray) -> float:
    """The threshold with the best balanced accuracy; 0.5 where a class is missing.

    Thresholds halfway between neighbouring values are tried; of equally good ones the
    nearest to 0.5 is taken.
    """
    y, distinct = np.asarray(labels), np.unique(values)
    if not 0 < y.sum() < y.size or distinct.size < 2:
        return 0.5
    middle = (distinct[1:] + distinct[:-1]) / 2
    reals, fakes = np.sort(values[y == 0]), np.sort(values[y == 1])
    tpr = 1 - np.searchsorted(fakes, middle) / fakes.size
    tnr = np.searchsorted(reals, middle) / reals.size
    good = middle[np.isclose(tpr + tnr, (tpr + tnr).max(), rtol=0, atol=1e-12)]
    return float(good[np.argmin(np.abs(good - 0.5))])
