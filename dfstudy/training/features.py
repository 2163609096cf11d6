"""What a frozen network makes of every frame, computed once and kept.

    table = features(built.spatial, prepared, rows)           # float32 (videos, T, F)
    videos = PreparedSet(prepared, rows, by="video", features=table)

A network that is not trained says the same of a frame in every epoch. With its features
on disk, what stands on top of it trains in seconds. They are kept by the network's
weights and by the frames, so whoever has the same of both shares them: also two sets
that differ by their flow alone.
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from dfstudy import paths
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.prepare import Prepared
from dfstudy.data.view import View
from dfstudy.models import all_weights, forward


def features(spatial: Any, prepared: Prepared, rows: pd.DataFrame) -> np.ndarray:
    """Features of the videos of `rows` that have frames, in the order of the rows.

    A video that is there more than once is seen once.

    Args:
        spatial: a Keras model or a torch module, from uint8 (N, H, W, 3) to (N, F).
        prepared: of the view whose frames it sees.
        rows: of the manifest.

    Returns:
        float32 (videos, T, F), kept; made at the first call.
    """
    once = rows.drop_duplicates("video_id")
    if len(once) < len(rows):
        table = features(spatial, prepared, once)
        ids = PreparedSet(prepared, once, by="video").video_ids
        wanted = PreparedSet(prepared, rows, by="video").video_ids
        return table[pd.Index(ids).get_indexer(wanted)]
    videos = PreparedSet(prepared, rows, by="video")
    frames = prepared.view.frames
    folder = paths.home() / "features" / _key(spatial, prepared.view, videos)
    with paths.alone(folder):
        return _kept(folder, spatial, videos, frames)


def _kept(folder: Path, spatial: Any, videos: PreparedSet, frames: int) -> np.ndarray:
    # Of the same videos prepared, a longer look begins with a shorter one.
    there = sorted(int(file.stem) for file in folder.glob("*.npy"))
    if longer := [count for count in there if count >= frames]:
        return np.load(folder / f"{longer[0]}.npy", mmap_mode="c")[:, :frames]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{frames}.npy"
    part = path.with_suffix(".part")
    out, done = None, 0
    batches = loader(videos, batch_size=8, shuffle=False)
    for clips, _ in tqdm(batches, desc="features of frames", disable=len(videos) < 100):
        flat = clips.numpy().reshape(-1, *clips.shape[2:])
        seen = forward(spatial, flat).reshape(len(clips), frames, -1)
        if out is None:
            shape = (len(videos), *seen.shape[1:])
            out = np.lib.format.open_memmap(part, "w+", np.float32, shape)
        out[done : done + len(clips)] = seen
        done += len(clips)
    out.flush()
    part.replace(path)
    return np.load(path, mmap_mode="c")


def _key(spatial: Any, view: View, videos: PreparedSet) -> str:
    # What `first` prepared of more frames begins with the same ones.
    seen = view.with_frames(1) if view.sampling == "first" else view
    seen = replace(seen, flow="none", apart_s=View.apart_s, text=False)
    digest = hashlib.sha256(seen.key().encode())
    digest.update("\n".join(videos.video_ids).encode())
    for i in range(len(videos)):  # enough to know the files by
        digest.update(videos[i][0][0].numpy().tobytes())
    for weight in all_weights(spatial):
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()[:16]
