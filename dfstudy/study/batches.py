"""Is a score the video's own? Exchange its neighbours in the batch; then its frames.

    battery(trained.detector, study.data, reads_order=True)

A detector's verdict on a video must not depend on which other videos are scored with
it. One that reads time must notice when the frames are shuffled, one that does not must
not. A widely copied LSTM fails both ways at once (lesson 08). Validation videos only.
"""

import numpy as np
import pandas as pd

from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet, X
from dfstudy.data.view import View
from dfstudy.models import text
from dfstudy.models.detector import Detector
from dfstudy.study.controls import is_moved, spoil


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
    said = text.encode(rows["description"]) if view.text else None
    watched = PreparedSet(
        data.prepared(view), rows, by="video", flow=view.flow != "none", text=said
    )
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(watched))[: 2 * videos]
    batch = [_parts(watched[i][0], view) for i in some]
    half = (len(batch) + 1) // 2
    clips, others = batch[:half], batch[half:]

    def score(parts: list) -> np.ndarray:
        clips, flows, texts = zip(*parts, strict=True)
        flow = None if view.flow == "none" else np.stack(flows)
        more = {"text": np.stack(texts)} if view.text else {}
        return _one_each(detector.score(np.stack(clips), flow, **more))

    together = score(clips)
    # Each video in its old place, all its neighbours exchanged.
    apart = [
        score([*others[:i], clip, *others[i : half - 1]])[min(i, len(others))]
        for i, clip in enumerate(clips)
    ]
    alone = np.concatenate([score([clip]) for clip in clips])
    resample = view.flow == "sampled"
    mixed = score(
        [
            (*spoil(clip, flow, "shuffled", rng, resample=resample), words)
            for clip, flow, words in clips
        ]
    )
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
    moved = table["change"].map(lambda change: is_moved(change, together))
    passed = (moved == (table["must"] == "change")).astype("boolean")
    return table.assign(passed=passed.mask(table["must"] == "-"))


def _one_each(scores: np.ndarray) -> np.ndarray:
    """(B,) of the scores of clips, or of their frames (B, T)."""
    return np.asarray(scores, float).reshape(len(scores), -1).mean(axis=1)


def _parts(x: X, view: View) -> tuple[np.ndarray | None, ...]:
    """Clip, flow and text of an item; None for what the view does not have."""
    parts = [part.numpy() for part in (x if isinstance(x, tuple) else (x,))]
    words = parts.pop() if view.text else None
    return parts[0], parts[1] if view.flow != "none" else None, words
