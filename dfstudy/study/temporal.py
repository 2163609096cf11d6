"""Does a detector use time? Show it clips whose time is spoiled, and see what is left.

    tables = spoiled(trained.detector, study.data, split="val")
    kinds.compare(tables, kind)         # AUROC by forgery and control, with intervals

"shuffled" frames are the same frames in a random order, "frozen" ones the middle frame
over and over. A detector of single frames does not notice the first; what it finds in
`disorder` must be gone in both. The controls look at validation videos: the test set is
read once, for the result.
"""

import numpy as np
import pandas as pd

from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.models.detector import Detector
from dfstudy.training.experiment import learned
from dfstudy.video.flow import sampled_flow

CONTROLS = ("as it is", "shuffled", "frozen")


def spoil(
    clip: np.ndarray,
    flow: np.ndarray | None,
    control: str,
    rng: np.random.Generator,
    *,
    resample: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """A clip (T, H, W, 3) and its flow (T, H, W, 2), if it has one, under a control.

    Args:
        control: of CONTROLS.
        rng: of the order.
        resample: the flow is between the frames of the clip, so it is computed anew;
            else each frame keeps its own (flow to a neighbour that is not in the clip).

    Raises:
        ValueError: an unknown control.
    """
    if control == "as it is":
        return clip, flow
    if control == "frozen":
        still = np.repeat(clip[len(clip) // 2][None], len(clip), axis=0)
        return still, None if flow is None else np.zeros_like(flow)
    if control != "shuffled":
        raise ValueError(f"no control {control!r}: choose one of {', '.join(CONTROLS)}")
    order = rng.permutation(len(clip))
    clip = np.ascontiguousarray(clip[order])
    if flow is None:
        return clip, None
    return clip, sampled_flow(clip) if resample else flow[order]


def spoiled(
    detector: Detector, data: Dataset, *, split: str = "val", seed: int = 0
) -> dict[str, pd.DataFrame]:
    """The score of every real video, and of the forgeries that detectors learn.

    Returns:
        A table for each control: one row a video, video_id, label, group, score (the
        mean P(fake)).
    """
    view = detector.view
    rows = learned(data.manifest)
    rows = rows[rows["split"] == split]
    has_flow = view.flow != "none"
    videos = PreparedSet(data.prepared(view), rows, by="video", flow=has_flow)
    facts = rows.set_index("video_id").loc[videos.video_ids].reset_index()
    facts = facts[["video_id", "label", "group"]]
    resample = view.flow == "sampled"
    tables = {}
    for control in CONTROLS:
        rng = np.random.default_rng(seed)
        scores = []
        for x, _ in loader(videos, batch_size=8, shuffle=False):
            clips, flows = x if has_flow else (x, [None] * len(x))
            pairs = [
                spoil(
                    clip.numpy(),
                    None if flow is None else flow.numpy(),
                    control,
                    rng,
                    resample=resample,
                )
                for clip, flow in zip(clips, flows, strict=True)
            ]
            seen = np.stack([clip for clip, _ in pairs])
            moved = np.stack([flow for _, flow in pairs]) if has_flow else None
            out = detector.score(seen, moved)
            scores += out.reshape(len(seen), -1).mean(axis=1).tolist()
        tables[control] = facts.assign(score=scores)
    return tables
