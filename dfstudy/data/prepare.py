"""Decode once: every video of a manifest as one view shows it, in shards.

    prepared = prepare(manifest, View(frames=16, height=108, width=192))

Decoding and finding faces cost far more than an epoch, so they are done once, by all
cores, and kept. A run that was cut off goes on where it was; the same call again
returns at once; another view, file or label makes another folder. Splits have no part
in it.
"""

import hashlib
import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from tqdm import tqdm

from dfstudy import paths
from dfstudy.data import manifest as manifests
from dfstudy.data import pool, shards
from dfstudy.data.shards import Prepared
from dfstudy.data.view import Sample, View

__all__ = ["Prepared", "prepare"]

_FORMAT = 2  # of shards and index; part of the key, so old caches are not misread
_WORTH_A_PROCESS = 8  # videos; starting a process takes as long as a few videos


def prepare(
    manifest: pd.DataFrame,
    view: View,
    *,
    out: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: bool = True,
    shard_videos: int = 64,
) -> Prepared:
    """All videos of `manifest` through `view`, from the cache where they are there.

    A video that cannot be decoded, or without a face where the view is of faces, is
    recorded with its reason (`Prepared.dropped`), and stops nothing.

    Args:
        out: folder for the folder of shards; by default `prepared/` under the data.
        workers: processes; by default one a core, 0 for this process.
        progress: show a bar over videos.
        shard_videos: videos in a shard, at most.
    """
    table = manifests.validate(manifest).sort_values("video_id")
    base = Path(out) if out is not None else paths.home() / "prepared"
    key = _key(table, view, shard_videos)
    folder = base / f"{_name(table)}-{view.key()}-{key[:12]}"
    plan = _plan(table, shard_videos)
    todo = [name for name in plan if not shards.is_whole(folder, name)]
    if todo or not (folder / "index.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        about = {"format": _FORMAT, "key": key, "view": view.to_dict()}
        (folder / "prepared.json").write_text(json.dumps(about, indent=2) + "\n")
        files = [row["path"] for name in todo for row in plan[name]]
        if workers is None:
            workers = min(os.cpu_count() or 1, len(files) // _WORTH_A_PROCESS)
        with (
            closing(pool.samples(files, view, workers=workers)) as samples,
            tqdm(
                desc=f"prepare {view.crop}s",
                total=len(table),
                initial=len(table) - len(files),
                disable=not progress,
            ) as bar,
        ):
            counted = _counted(samples, bar)
            for name in todo:
                # Rows first: zip must not take a sample that belongs to the next shard.
                answers = zip(plan[name], counted, strict=False)
                shards.write_shard(folder, name, view, answers)
        rows = []
        for name in plan:
            rows += pq.read_table(shards.index_path(folder, name)).to_pylist()
        rows.sort(key=lambda row: row["video_id"])
        shards.write_table(rows, folder / "index.parquet")
    return Prepared.load(folder)


def _counted(samples: Iterator[Sample | str], bar: tqdm) -> Iterator[Sample | str]:
    for sample in samples:
        bar.update()
        yield sample


def _plan(table: pd.DataFrame, shard_videos: int) -> dict[str, list[dict]]:
    """Shard -> rows: every shard of the same size and the same mix of methods."""
    rows = table.astype("object").where(table.notna(), None).to_dict("records")
    n_shards = math.ceil(len(rows) / shard_videos)
    # Dealt like cards from a deck sorted by method, then shuffled within the shard.
    rows.sort(key=lambda row: (row["label"], row["method"] or "", _shuffled(row)))
    return {
        f"shard-{i:06d}.tar": sorted(rows[i::n_shards], key=_shuffled)
        for i in range(n_shards)
    }


def _shuffled(row: dict) -> bytes:
    return hashlib.sha256(row["video_id"].encode()).digest()


def _key(table: pd.DataFrame, view: View, shard_videos: int) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {view.key()} {shard_videos}".encode())
    digest.update(manifests.sha256(table.drop(columns=["group", "split"])).encode())
    for path in table["path"]:
        # A file that is not there is a drop with a reason, not an error.
        stat = Path(path).stat() if Path(path).exists() else None
        digest.update(f"{path} {stat and (stat.st_size, stat.st_mtime_ns)}".encode())
    return digest.hexdigest()


def _name(table: pd.DataFrame) -> str:
    names = "-".join(sorted(table["dataset"].dropna().unique()))
    return re.sub(r"[^A-Za-z0-9_-]+", "_", names)[:40] or "videos"
