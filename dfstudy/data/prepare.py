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
from collections.abc import Callable, Iterator
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

FORMAT = 3  # of shards and their content; part of every key: old caches are not read
SHARD_VIDEOS = 64  # in a shard, at most
_WORTH_A_PROCESS = 8  # videos; starting a process takes as long as a few videos


def prepare(
    manifest: pd.DataFrame,
    view: View,
    *,
    out: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: bool = True,
    shard_videos: int = SHARD_VIDEOS,
) -> Prepared:
    """All videos of `manifest` through `view`, from the cache where they are there.

    A video that cannot be decoded, or without a face where the view is of faces, is
    recorded with its reason (`Prepared.dropped`, and `failures.csv` in the folder), and
    stops nothing.

    Args:
        out: folder for the folder of shards; by default `prepared/` under the data.
        workers: processes; by default one a core, 0 for this process.
        progress: show a bar over videos.
        shard_videos: videos in a shard, at most.
    """
    table = manifests.validate(manifest).sort_values("video_id")
    key = _key(_content(table), view, shard_videos)
    folder = _folder(table, view, key, out)

    def answers(rows: list[dict]) -> Iterator[Sample | str]:
        files = [row["path"] for row in rows]
        cores = min(os.cpu_count() or 1, len(files) // _WORTH_A_PROCESS)
        return pool.samples(files, view, workers=cores if workers is None else workers)

    parts = deal(table, shard_videos)
    with paths.alone(folder):
        return fill(folder, parts, answers, view=view, key=key, progress=progress)


def prepared_views(manifest: pd.DataFrame) -> list[View]:
    """The views that `prepare` has been asked for of these videos, in its usual place.

    One that was broken off is among them: `prepare` goes on with it.
    """
    table = manifests.validate(manifest).sort_values("video_id")
    content, found = _content(table), []
    for card in sorted((paths.home() / "prepared").glob("*/prepared.json")):
        about = json.loads(card.read_text())
        if about["format"] == FORMAT and about["view"].keys() <= View.settings():
            view = View.from_dict(about["view"])
            if about["key"] == _key(content, view, SHARD_VIDEOS):
                found.append(view)
    return found


def _folder(
    table: pd.DataFrame, view: View, key: str, out: str | os.PathLike[str] | None
) -> Path:
    base = Path(out) if out is not None else paths.home() / "prepared"
    return base / f"{_name(table)}-{view.key()}-{key[:12]}"


def fill(
    folder: Path,
    parts: list[list[dict]],
    answers: Callable[[list[dict]], Iterator[Sample | str]],
    *,
    view: View,
    key: str,
    progress: bool,
) -> Prepared:
    """Write those shards of `folder` that are not whole, then the index of them all.

    Args:
        parts: rows of the manifest, a list for each shard.
        answers: a generator from rows to what `view` shows of each, or why that is
            nothing; asked once, for the rows of all shards to be written, in order.
        key: what the shards depend on.
    """
    plan = {f"shard-{i:06d}.tar": rows for i, rows in enumerate(parts)}
    todo = [name for name in plan if not shards.is_whole(folder, name)]
    if todo or not (folder / "index.parquet").exists():
        folder.mkdir(parents=True, exist_ok=True)
        about = {"format": FORMAT, "key": key, "view": view.to_dict()}
        paths.put(folder / "prepared.json", json.dumps(about, indent=2) + "\n")
        missing = [row for name in todo for row in plan[name]]
        total = sum(len(rows) for rows in plan.values())
        with (
            closing(answers(missing)) as samples,
            tqdm(
                desc=f"prepare {view.crop}s",
                total=total,
                initial=total - len(missing),
                disable=not progress,
            ) as bar,
        ):
            counted = _counted(samples, bar)
            for name in todo:
                # Rows first: zip must not take a sample that belongs to the next shard.
                pairs = zip(plan[name], counted, strict=False)
                shards.write_shard(folder, name, view, pairs)
        rows = []
        for name in plan:
            rows += pq.read_table(shards.index_path(folder, name)).to_pylist()
        rows.sort(key=lambda row: row["video_id"])
        _write_failures(folder / "failures.csv", rows, parts)
        shards.write_table(rows, folder / "index.parquet")
    return Prepared.load(folder)


def _write_failures(path: Path, index: list[dict], parts: list[list[dict]]) -> None:
    """The videos that there is nothing of, as people read them: video, file, reason."""
    files = {row["video_id"]: row["path"] for rows in parts for row in rows}
    failed = [
        (row["video_id"], files[row["video_id"]], row["dropped"])
        for row in index
        if row["dropped"]
    ]
    table = pd.DataFrame(failed, columns=["video_id", "path", "reason"])
    paths.put(path, table.to_csv(index=False))


def _counted(samples: Iterator[Sample | str], bar: tqdm) -> Iterator[Sample | str]:
    for sample in samples:
        bar.update()
        yield sample


def deal(table: pd.DataFrame, shard_videos: int) -> list[list[dict]]:
    """Rows for each shard: all shards of the same size and the same mix of methods."""
    rows = manifests.rows(table)
    n_shards = math.ceil(len(rows) / shard_videos)
    # Dealt like cards from a deck sorted by method, then shuffled within the shard.
    rows.sort(key=lambda row: (row["label"], row["method"] or "", _shuffled(row)))
    return [sorted(rows[i::n_shards], key=_shuffled) for i in range(n_shards)]


def _shuffled(row: dict) -> bytes:
    return hashlib.sha256(row["video_id"].encode()).digest()


def _key(content: str, view: View, shard_videos: int) -> str:
    text = f"{FORMAT} {view.key()} {shard_videos}{content}"
    return hashlib.sha256(text.encode()).hexdigest()


def _content(table: pd.DataFrame) -> str:
    """What is known of the videos and their files."""
    parts = [manifests.sha256(table.drop(columns=["group", "split"]))]
    for path in table["path"]:
        # A file that is not there is a drop with a reason, not an error.
        stat = Path(path).stat() if Path(path).exists() else None
        parts.append(f"{path} {stat and (stat.st_size, stat.st_mtime_ns)}")
    return "".join(parts)


def _name(table: pd.DataFrame) -> str:
    names = "-".join(sorted(table["dataset"].dropna().unique()))
    return re.sub(r"[^A-Za-z0-9_-]+", "_", names)[:40] or "videos"
