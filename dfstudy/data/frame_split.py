"""The worst split: frames dealt out, so that every video is in every part.

    frames, facts = deal(manifest, frames=8, seed=0)   # the leak
    frames = spread(split(manifest, seed=0)[0], frames=8)   # the same table, honest

One row a frame, for teaching. A manifest cannot say this: there a video is in one part.
"""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dfstudy.data import assign, groups
from dfstudy.data import proof as proofs

_OF_VIDEO = ["video_id", "label", "method", "group", "split"]


def deal(
    manifest: pd.DataFrame,
    *,
    frames: int,
    seed: int,
    fractions: Mapping[str, float],
) -> tuple[pd.DataFrame, dict]:
    """Deal the frames of each video out to train, val and test.

    Args:
        manifest: see `data.manifest`.
        frames: how many are sampled from a video; enough that each part gets one.
        seed: which frame goes where.
        fractions: as in `splits.split`.

    Returns:
        One row a frame, in the order of the manifest: video_id, label, method, group,
        frame (0 .. frames-1, its place among those sampled), split; and the proof
        (`data.proof.build`) of the videos that have frames in each part.

    Raises:
        ValueError: `fractions` cannot be, or give some part no frame of a video.
    """
    shares = assign.fractions(fractions)
    if frames * min(shares.values()) < 1:
        raise ValueError(f"{frames} frames are too few to deal out by {shares}")
    found = groups.find(manifest)
    table = found.table
    ends = np.cumsum(list(shares.values()))[:-1]
    dealt = []
    for video_id in table["video_id"]:
        key = hashlib.sha256(f"{seed}:{video_id}".encode()).digest()
        rng = np.random.default_rng(list(key))
        # Evenly spaced from a random start: the shares hold on average, and no part is
        # without a frame.
        place = (np.arange(frames) + rng.random()) / frames
        part = np.array(list(shares))[np.searchsorted(ends, place, side="right")]
        dealt.append(rng.permutation(part))
    rows = _rows(table, frames).assign(split=np.ravel(dealt))
    # A video once for each part that has frames of it.
    where = rows[["video_id", "split"]].drop_duplicates()
    seen = table.drop(columns="split").reset_index().merge(where, on="video_id")
    seen = seen.set_index("index").sort_values(["video_id", "split"])
    return rows, proofs.build(
        found, seen, kind="frame", asked="frame", seed=seed, fractions=shares
    )


def spread(table: pd.DataFrame, *, frames: int) -> pd.DataFrame:
    """The frames of the videos that have a `split`, each in the part of its video.

    Args:
        table: what `splits.split` returns.
        frames: how many are sampled from a video.

    Returns:
        One row a frame, with the columns of `deal`.
    """
    return _rows(table[table["split"].notna()], frames)


def _rows(table: pd.DataFrame, frames: int) -> pd.DataFrame:
    rows = table[_OF_VIDEO].loc[table.index.repeat(frames)].reset_index(drop=True)
    rows.insert(len(_OF_VIDEO) - 1, "frame", np.tile(range(frames), len(table)))
    return rows
