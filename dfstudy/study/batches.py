"""Is a score the video's own? Exchange its neighbours in the batch; then its frames.

    battery(trained.detector, study.data, reads_order=True)

A detector's verdict on a video must not depend on which other videos are scored with
it. One that reads time must notice when the frames are shuffled, one that does not must
not. A widely copied LSTM fails both ways at once (lesson 08). Validation videos only.
"""

import numpy as np
import pandas as pd

from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet
from dfstudy.models.detector import Detector
from dfstudy.study.temporal import spoil

# Of the spread of the scores, so that a detector that is sure of nothing is judged like
# one that is. Sums in another order differ in the last digits, a leak by more.
TOLERANCE, DIGITS = 1e-3, 1e-6


def battery(
    detector: Detector,
    data: Dataset,
    *,
    reads_order: bool | None = None,
    split: str = "val",
    videos: int = 8,
    seed: int = 0,
) -> pd.DataFrame:
    """Ask the detector these questions with some videos of a split.

    Args:
        reads_order: whether it is meant to notice the order of frames; None: unknown,
            then the change is told and not judged.
        videos: in a batch; as many others are their new neighbours.

    Returns:
        One row a question: question, must ("stay", "change" or "-"), change (the
        largest of the videos), passed (bool, missing where it is not judged).
    """
    view = detector.view
    rows = data.manifest[data.manifest["split"] == split]
    watched = PreparedSet(
        data.prepared(view), rows, by="video", flow=view.flow != "none"
    )
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(watched))[: 2 * videos]
    batch = [_pair(watched[i][0]) for i in some]
    half = (len(batch) + 1) // 2
    clips, others = batch[:half], batch[half:]

    def score(pairs: list) -> np.ndarray:
        frames = np.stack([frame for frame, _ in pairs])
        flow = None if view.flow == "none" else np.stack([f for _, f in pairs])
        return _one_each(detector.score(frames, flow))

    together = score(clips)
    # Each video in its old place, all its neighbours exchanged.
    apart = [
        score([*others[:i], clip, *others[i : half - 1]])[min(i, len(others))]
        for i, clip in enumerate(clips)
    ]
    alone = np.concatenate([score([clip]) for clip in clips])
    resample = view.flow == "sampled"
    mixed = score([spoil(*clip, "shuffled", rng, resample=resample) for clip in clips])
    must = {None: "-", True: "change", False: "stay"}[reads_order]
    table = pd.DataFrame(
        [
            (
                "neighbours in the batch exchanged",
                "stay",
                np.abs(apart - together).max(),
            ),
            ("scored alone", "stay", np.abs(alone - together).max()),
            ("frames shuffled", must, np.abs(mixed - together).max()),
        ],
        columns=["question", "must", "change"],
    )
    moved = table["change"] > max(TOLERANCE * np.ptp(together), DIGITS)
    passed = (moved == (table["must"] == "change")).astype("boolean")
    return table.assign(passed=passed.mask(table["must"] == "-"))


def _one_each(scores: np.ndarray) -> np.ndarray:
    """(B,) of the scores of clips, or of their frames (B, T)."""
    return np.asarray(scores, float).reshape(len(scores), -1).mean(axis=1)


def _pair(x) -> tuple[np.ndarray, np.ndarray | None]:
    return (x[0].numpy(), x[1].numpy()) if isinstance(x, tuple) else (x.numpy(), None)
