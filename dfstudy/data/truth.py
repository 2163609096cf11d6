"""What only a renderer knows of its videos, beside the manifest.

    scales(data)      # "fast" or "slow" of a disorder, by video_id
    kinds(data)       # "disorder fast", "blend", ...: the method, and its scale

The synthetic set has a table `truth.parquet`; of other sets nothing is known. No
detector reads it: it tells what a forgery is, and serves to sort results.
"""

import pandas as pd

from dfstudy.data import layouts
from dfstudy.data.dataset import Dataset


def scales(data: Dataset) -> pd.Series:
    """At which scale of time a video of the manifest is forged, by `video_id`.

    "fast" (windows of about 0.1 s are re-ordered) or "slow" (of 0.5 s and more) for
    `disorder`; missing for anything else, and for all where there is no truth table.
    """
    found = pd.Series(pd.NA, index=data.manifest["video_id"], dtype="object")
    for home in layouts.homes(data.root):
        path = home / "truth.parquet"
        if path.exists():
            table = pd.read_parquet(path, columns=["video_id", "scale"])
            known = table.dropna().set_index("video_id")["scale"]
            found = found.fillna(known)
    return found.rename("scale")


def kinds(data: Dataset) -> pd.Series:
    """The method of every video, "unknown" where none is written, with its scale."""
    rows = data.manifest.set_index("video_id")
    method = rows["method"].astype("object").fillna("unknown")
    scale = scales(data)
    return (method + (" " + scale).fillna("")).rename("kind")
