"""What only a renderer knows of a video, where it has written it down.

    kinds(study.data)                  # "real", "blend", "disorder, fast" by video_id
    masks(study.data, view, ["a", "b"])     # where they are forged, as a detector sees

A `disorder` is fast (the order of frames is spoiled within about 0.1 s) or slow (within
0.5 to 1.5 s); together they hide that a detector may see only one of them. Of real
forgeries nobody has written this down: there are the manifest's methods, or "unknown".
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dfstudy.data import layouts, synth
from dfstudy.data.dataset import Dataset
from dfstudy.data.view import View
from dfstudy.video.sample import RESIZES

DISORDERS = ("disorder, fast", "disorder, slow")
_DETAILS = (
    "skin",
    "age",
    "hair",
    "accessories",
    "region",
    "strength",
    "box_y0",
    "box_y1",
)
_TRUTH = ("video_id", "scale", "manipulated", "frame_order", "skin", "age")


def truth(data: Dataset) -> pd.DataFrame:
    """What the renderer did to each video.

    Columns: scale; manipulated, bool (n,), which of its n frames are forged;
    frame_order (n,), which frame of the authentic clip each one shows; skin, age, words
    for the person who is seen. Indexed by `video_id`; empty where no truth.parquet lies
    beside the videos.
    """
    table = _written(data, columns=list(_TRUTH))
    if table is None:
        return pd.DataFrame(columns=list(_TRUTH)).set_index("video_id")
    return table


def known_of(data: Dataset) -> pd.DataFrame:
    """All that the renderer has written down, and `kind`, by `video_id`.

    Of other videos the columns that are asked for are there, and empty.
    """
    table, names = _written(data), data.manifest["video_id"]
    if table is None:
        empty = dict.fromkeys(_DETAILS, pd.Series(np.nan, dtype=object))
        return pd.DataFrame(empty, index=pd.Index(names)).assign(kind=kinds(data))
    return table.reindex(names).assign(kind=kinds(data))


def _written(data: Dataset, columns: list[str] | None = None) -> pd.DataFrame | None:
    """What truth.parquet says beside the videos, by `video_id`; None without one."""
    files = [home / "truth.parquet" for home in layouts.homes(data.root)]
    tables = [pd.read_parquet(file, columns=columns) for file in files if file.exists()]
    return pd.concat(tables).set_index("video_id") if tables else None


def kinds(data: Dataset) -> pd.Series:
    """The kind of every video, by `video_id`: its method, with the scale if it has one.

    "real" for real videos; "unknown" for a fake whose method is not written down.
    """
    rows = data.manifest.set_index("video_id")
    names = rows["method"].astype("object").fillna("unknown")
    names = names.where(rows["label"] == 1, "real")
    scale = truth(data)["scale"].reindex(rows.index)
    return (names + (", " + scale.astype("object")).fillna("")).rename("kind")


def masks(data: Dataset, view: View, video_ids: Sequence[str]) -> np.ndarray | None:
    """Where videos are forged, as `view` shows them: bool (N, T, H, W).

    Of the frames that are shown, each cut and resized as `see` does it; of faces, the
    most prominent one. Only composites have a mask, the others are False everywhere.
    None where no renderer has written masks down: of real videos.
    """
    homes = [h for h in layouts.homes(data.root) if (h / "masks").is_dir()]
    if not homes:
        return None
    prepared = data.prepared(view)
    sizes = data.manifest.set_index("video_id")[["height", "width"]]
    out = np.zeros((len(video_ids), view.frames, view.height, view.width), bool)
    for target, video_id in zip(out, video_ids, strict=True):
        home = next((h for h in homes if synth.has_mask(h, video_id)), None)
        if home is not None:
            whole = synth.read_mask(home, video_id)
            size = tuple(sizes.loc[video_id].astype(int))
            target[:] = _seen(whole, prepared.record(video_id), prepared.view, size)
    return out


def _seen(
    mask: np.ndarray, record: dict, view: View, size: tuple[int, int]
) -> np.ndarray:
    """The mask (n, H / 2, W / 2) of a whole clip as `view` shows it, bool (T, h, w)."""
    indices = np.array(record["indices"])[: view.frames]
    height, width = size
    large = mask[indices].repeat(2, axis=1).repeat(2, axis=2)
    # Half of an odd side is rounded down: the last row is that before it.
    edges = [(0, max(0, height - large.shape[1])), (0, max(0, width - large.shape[2]))]
    large = np.pad(large, [(0, 0), *edges], mode="edge")[:, :height, :width]
    frames = large[..., None].repeat(3, axis=-1) * np.uint8(255)
    if view.crop == "face":
        from dfstudy.video.faces import crop_faces  # slow to import

        boxes = np.array(record["faces"][0]["boxes"])[: view.frames]
        cut = {"size": view.height, "margin": view.margin}
        seen = crop_faces(list(frames), boxes, **cut)
    else:
        seen = RESIZES[view.resize](frames, view.height, view.width)
    return seen[..., 0] >= 128
