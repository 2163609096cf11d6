"""The scores of a detector on any videos, as they are or changed on the way in.

    prepared = data.prepared(detector.view)
    score(detector, prepared, rows)                       # training.predictions
    score(detector, prepared, rows, change=lambda clip, flow: (clip[::-1], flow))

Test videos are read through `training.protocol.Protocol`, which counts the look.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.prepare import Prepared
from dfstudy.models import text
from dfstudy.models.detector import Detector
from dfstudy.training import predictions
from dfstudy.training.features import features

Clip = tuple[np.ndarray, np.ndarray | None]  # (T, H, W, 3) and its flow (T, H, W, 2)


def score(
    detector: Detector,
    prepared: Prepared,
    rows: pd.DataFrame,
    *,
    change: Callable[[np.ndarray, np.ndarray | None], Clip] | None = None,
) -> pd.DataFrame:
    """What the detector says of the videos of `rows`.

    Args:
        prepared: of the detector's view.
        rows: of the manifest; those without an array are left out.
        change: of each clip, uint8 (T, H, W, 3), and its flow (T, H, W, 2) or None;
            shapes stay.

    Returns:
        Predictions (`training.predictions.table`): a row a frame, or a video.
    """
    view = detector.view
    has_flow = view.flow != "none"
    said = text.encode(rows["description"]) if view.text else None
    seen = None
    if detector.info.get("frozen") and change is None:
        # Its spatial network has perhaps seen these frames already.
        seen = features(detector.built.spatial, prepared, rows)
    videos = PreparedSet(
        prepared, rows, by="video", flow=has_flow, features=seen, text=said
    )
    judge = detector.score if seen is None else detector.score_features
    scores = []
    for x, _ in loader(videos, batch_size=8, shuffle=False):
        parts = [part.numpy() for part in (x if isinstance(x, tuple) else (x,))]
        more = {"text": parts.pop()} if view.text else {}
        clips, flow = parts[0], parts[1] if has_flow else None
        if change is not None:
            flows = [None] * len(clips) if flow is None else flow
            pairs = [change(*pair) for pair in zip(clips, flows, strict=True)]
            clips = np.stack([clip for clip, _ in pairs])
            flow = np.stack([moved for _, moved in pairs]) if has_flow else None
        scores.append(judge(clips, flow, **more))
    return predictions.table(videos.video_ids, np.concatenate(scores))
