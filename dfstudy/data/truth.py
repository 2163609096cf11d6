"""What only a renderer knows of a video, where it has written it down.

    kinds(study.data)                  # "real", "blend", "disorder, fast" by video_id

A `disorder` is fast (the order of frames is spoiled within about 0.1 s) or slow (within
0.5 to 1.5 s); together they hide that a detector may see only one of them. Of real
forgeries nobody has written this down: there are the manifest's methods, or "unknown".
"""

import pandas as pd

from dfstudy.data import layouts
from dfstudy.data.dataset import Dataset

DISORDERS = ("disorder, fast", "disorder, slow")
_TRUTH = ("video_id", "scale", "manipulated", "frame_order", "skin", "age")


def truth(data: Dataset) -> pd.DataFrame:
    """What the renderer did to each video.

    Columns: scale; manipulated, bool (n,), which of its n frames are forged;
    frame_order (n,), which frame of the authentic clip each one shows; skin, age, words
    for the person who is seen. Indexed by `video_id`; empty where no truth.parquet lies
    beside the videos.
    """
    files = [home / "truth.parquet" for home in layouts.homes(data.root)]
    tables = [
        pd.read_parquet(file, columns=list(_TRUTH)) for file in files if file.exists()
    ]
    if not tables:
        return pd.DataFrame(columns=list(_TRUTH)).set_index("video_id")
    return pd.concat(tables).set_index("video_id")


def kinds(data: Dataset) -> pd.Series:
    """The kind of every video, by `video_id`: its method, with the scale if it has one.

    "real" for real videos; "unknown" for a fake whose method is not written down.
    """
    rows = data.manifest.set_index("video_id")
    names = rows["method"].astype("object").fillna("unknown")
    names = names.where(rows["label"] == 1, "real")
    scale = truth(data)["scale"].reindex(rows.index)
    return (names + (", " + scale.astype("object")).fillna("")).rename("kind")
