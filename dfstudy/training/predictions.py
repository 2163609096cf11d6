"""What a detector said: one row a scored frame, or a video, of every face.

    predictions = table(video_ids, scores, frame_indices=indices)
    write(predictions, runs / "predictions" / "03_frame_keras_0.parquet")

Everything after training (rules, metrics, figures, other lessons) starts from this
table, so it can be computed again without the network.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from dfstudy import paths

_TYPES = {
    "video_id": "str",
    "face_id": "Int64",  # 0: the most prominent face, or the whole frame
    "frame_index": "Int64",  # of the video; missing where the model scores whole videos
    "score": "float64",  # P(fake) in [0, 1]
}
COLUMNS = tuple(_TYPES)
_KEY = list(COLUMNS[:3])


def table(
    video_ids: ArrayLike,
    scores: ArrayLike,
    *,
    frame_indices: ArrayLike | None = None,
    face_ids: ArrayLike | None = None,
) -> pd.DataFrame:
    """Predictions from arrays.

    Args:
        video_ids: (B,).
        scores: (B, T) of frames, or (B,) of videos; P(fake).
        frame_indices: (B, T); 0 .. T-1 where not given. A frame that was sampled twice
            (a video shorter than T) is kept once.
        face_ids: (B,); 0 where not given.

    Raises:
        ValueError: shapes differ, or what `check` refuses.
    """
    s = np.asarray(scores, dtype=np.float64)
    ids, shape = np.asarray(video_ids), s.shape
    faces = np.zeros(len(s), int) if face_ids is None else np.asarray(face_ids)
    if s.ndim not in (1, 2) or ids.shape != shape[:1] or faces.shape != shape[:1]:
        raise ValueError(f"scores {shape} for {ids.shape} videos, {faces.shape} faces")
    if s.ndim == 1:
        rows = {"video_id": ids, "face_id": faces, "frame_index": pd.NA, "score": s}
        return check(pd.DataFrame(rows))
    if frame_indices is None:
        frame_indices = np.broadcast_to(np.arange(shape[1]), shape)
    indices = np.asarray(frame_indices)
    if indices.shape != shape:
        raise ValueError(f"scores {shape} for frame indices {indices.shape}")
    rows = {
        "video_id": ids.repeat(shape[1]),
        "face_id": faces.repeat(shape[1]),
        "frame_index": indices.ravel(),
        "score": s.ravel(),
    }
    return check(pd.DataFrame(rows).drop_duplicates(_KEY))


def check(predictions: pd.DataFrame) -> pd.DataFrame:
    """The same table with its columns in order and in their types.

    Raises:
        ValueError: a column is missing, a score is no number in [0, 1], a frame is
            scored twice, or a face has frame scores and a video score.
    """
    missing = [name for name in COLUMNS if name not in predictions]
    if missing:
        raise ValueError(f"not a table of predictions: missing columns {missing}")
    out = predictions[list(COLUMNS)].astype(_TYPES).reset_index(drop=True)
    bad = ~out["score"].between(0, 1)
    if bad.any():
        first = out[bad].iloc[0]
        raise ValueError(
            f"{int(bad.sum())} of {len(out)} scores are not P(fake) in [0, 1], the"
            f" first {first['score']} of {first['video_id']}"
        )
    if (twice := out.duplicated(_KEY)).any():
        raise ValueError(f"scored twice: {out.loc[twice, _KEY].iloc[0].to_dict()}")
    whole = out["frame_index"].isna()
    if whole.any() and not whole.all():
        raise ValueError("frame scores and video scores are mixed in one table")
    return out


def write(predictions: pd.DataFrame, path: str | Path) -> Path:
    """Check and write as Parquet, in one step (a reader never sees half a file)."""
    path = Path(path)
    with paths.whole(path) as part:
        check(predictions).to_parquet(part, index=False)
    return path


def read(path: str | Path) -> pd.DataFrame:
    """Read and check a table of predictions."""
    return check(pd.read_parquet(path))


def frame_scores(predictions: pd.DataFrame) -> pd.DataFrame:
    """`video_id, frame_index, score`: of each frame, its most suspicious face."""
    rows = check(predictions).dropna(subset=["frame_index"])
    keys = ["video_id", "frame_index"]
    return rows.groupby(keys, as_index=False, sort=False)["score"].max()
