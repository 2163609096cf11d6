"""Decode once: every video of a manifest as one view shows it, in shards.

    prepared = prepare(manifest, View(frames=16, height=108, width=192))

Decoding and finding faces cost far more than an epoch, so they are done once, by all
cores, and kept. A run that was cut off goes on where it was; the same call again
returns at once; another view, file or label makes another folder. Splits have no part
in it.
"""

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import numpy as np
import pandas as pd
from tqdm import tqdm

from dfstudy import paths
from dfstudy.data import cluster, pool, shards, store
from dfstudy.data import manifest as manifests
from dfstudy.data.cluster import Done, Plan
from dfstudy.data.shards import Prepared
from dfstudy.data.store import Address, Store
from dfstudy.data.view import Sample, View
from dfstudy.workers import cores

__all__ = ["Prepared", "prepare"]

FORMAT = 3  # of shards and their content; part of every key: old caches are not read
SHARD_VIDEOS = 64  # in a shard, at most
_WORTH_A_PROCESS = 8  # videos; starting a process takes as long as a few videos
# Makes the shards of a plan, calls its second argument with each number of videos done.
Write = Callable[[Plan, Done], None]


def prepare(
    manifest: pd.DataFrame,
    view: View,
    *,
    out: Address | None = None,
    workers: int | None = None,
    progress: bool = True,
    shard_videos: int = SHARD_VIDEOS,
    by_split: bool = False,
    scheduler: str | None = None,
    retries: int = 3,
) -> Prepared:
    """All videos of `manifest` through `view`, from the cache where they are there.

    A video that cannot be decoded, or without a face where the view is of faces, is
    recorded with its reason (`Prepared.dropped`, and `failures.csv` in the folder), and
    stops nothing. Paths of the manifest may be addresses, too (`s3://bucket/a.mp4`):
    such a video is copied to a temporary file while it is decoded.

    The shards are the same bytes whoever makes them. A server that fails is asked again
    for minutes (`data.store`); what cannot be reached then ends the run, and the same
    call goes on.

    Args:
        out: folder for the folder of shards, or an address such as `s3://bucket/x`; by
            default `prepared/` under the data.
        workers: processes; by default one a core, 0 for this process.
        progress: show a bar over videos.
        shard_videos: videos in a shard, at most.
        by_split: shards of one split each (`Prepared.urls("train")`), for training from
            the stream of shards; videos without a split are left out. By default the
            split has no part in it, and one cache serves every split.
        scheduler: the address of a Dask scheduler, whose workers then make a shard
            each; "local" starts a cluster of `workers` processes here.
        retries: how often a shard is tried again by the cluster, after an error.

    Raises:
        ValueError: `by_split` without splits, or where a group is in two.
        OSError: no such bucket, no right to it, no scheduler, a server that stays away.
    """
    table = manifests.validate(manifest).sort_values("video_id")
    if by_split:
        table = _with_split(table)
    key = _key(_content(table), view, shard_videos, _splits(table) if by_split else "")
    to = Store(_address(_name(table, view, key), out))

    def decoded(rows: list[dict], workers: int | None = workers) -> Iterator:
        files = [row["path"] for row in rows]
        most = min(cores(), len(files) // _WORTH_A_PROCESS)
        return pool.samples(files, view, workers=most if workers is None else workers)

    write = one_by_one(to, view, decoded)
    if scheduler is not None:
        write = cluster.writer(
            scheduler,
            to,
            view,
            retries=retries,
            workers=workers,
            carefully=one_by_one(to, view, partial(decoded, workers=1)),
        )
    plan = {}
    for split, part in table.groupby("split") if by_split else [("", table)]:
        plan |= named(deal(part, shard_videos), split)
    # At an address two who make the same do no harm: see `shards.write_shard`.
    alone = contextlib.nullcontext() if to.is_remote else paths.alone(to.folder)
    with alone:
        return fill(to, plan, write, view=view, key=key, progress=progress)


def videos_in(megabytes: float, view: View) -> int:
    """How many videos make a shard of this size, with one face each; at least 1.

    Shards are written and read in one sweep, so 100 MB to 1 GB suit an object store; a
    set needs several shards for every process that reads it.
    """
    values = 3 + (0 if view.flow == "none" else 2 * np.dtype(np.float16).itemsize)
    one = view.frames * view.height * view.width * values
    return max(1, int(megabytes * 1e6) // one)


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


def _address(name: str, out: Address | None) -> str:
    base = Store(paths.home() / "prepared" if out is None else out)
    return base.url(name)


def fill(
    to: Store, plan: Plan, write: Write, *, view: View, key: str, progress: bool
) -> Prepared:
    """Write those shards of a plan that are not whole, then the index of them all.

    Args:
        write: makes the shards that it is given, each with its part of the index.
        key: what the shards depend on.
    """
    there = to.sizes(patience=store.FIRST)
    todo = shards.missing(to, plan, there)
    if todo or "index.parquet" not in there:
        about = {"format": FORMAT, "key": key, "view": view.to_dict()}
        to.put("prepared.json", json.dumps(about, indent=2) + "\n")
        left = {name: plan[name] for name in todo}
        total, to_do = (sum(map(len, p.values())) for p in (plan, left))
        with tqdm(
            desc=f"prepare {view.crop}s",
            total=total,
            initial=total - to_do,
            disable=not progress,
        ) as bar:
            write(left, bar.update)
        rows = shards.read_parts(to, plan)
        rows.sort(key=lambda row: row["video_id"])
        files = {row["video_id"]: row["path"] for p in plan.values() for row in p}
        _write_failures(to, rows, files)
        shards.write_table(rows, to, "index.parquet")
    return Prepared.load(to.folder)


def _write_failures(to: Store, index: list[dict], files: dict[str, str]) -> None:
    """The videos that there is nothing of, as people read them: video, file, reason."""
    failed = [
        (row["video_id"], files[row["video_id"]], row["dropped"])
        for row in index
        if row["dropped"]
    ]
    table = pd.DataFrame(failed, columns=["video_id", "path", "reason"])
    to.put("failures.csv", table.to_csv(index=False))


def one_by_one(
    to: Store, view: View, answers: Callable[[list[dict]], Iterator[Sample | str]]
) -> Write:
    """Shards written here, one after the other.

    Args:
        answers: a generator from rows to what `view` shows of each, or why that is
            nothing; asked once, for the rows of all shards to be written, in order.
    """

    def write(plan: Plan, done: Done) -> None:
        with closing(answers([row for rows in plan.values() for row in rows])) as found:
            counted = _counted(found, done)
            for name, rows in plan.items():
                # Rows first: zip must not take a sample that belongs to the next shard.
                shards.write_shard(to, name, view, zip(rows, counted, strict=False))

    return write


def _counted(samples: Iterator[Sample | str], done: Done) -> Iterator[Sample | str]:
    for sample in samples:
        done(1)
        yield sample


def named(parts: list[list[dict]], split: str = "") -> Plan:
    """Rows of each shard under its name, which says the split where there is one."""
    begin = f"shard-{split}-" if split else "shard-"
    return {f"{begin}{i:06d}.tar": rows for i, rows in enumerate(parts)}


def _with_split(table: pd.DataFrame) -> pd.DataFrame:
    table = table[table["split"].notna()]
    if table.empty:
        raise ValueError("no video has a split: dfstudy split MANIFEST")
    cut = table.groupby("group")["split"].nunique()
    if (cut > 1).any():
        raise ValueError(f"groups in two splits: {cut.index[cut > 1].tolist()[:5]}")
    return table


def deal(table: pd.DataFrame, shard_videos: int) -> list[list[dict]]:
    """Rows for each shard: all shards of the same size and the same mix of methods."""
    rows = manifests.rows(table)
    n_shards = math.ceil(len(rows) / shard_videos)
    # Dealt like cards from a deck sorted by method, then shuffled within the shard.
    rows.sort(key=lambda row: (row["label"], row["method"] or "", _shuffled(row)))
    return [sorted(rows[i::n_shards], key=_shuffled) for i in range(n_shards)]


def _shuffled(row: dict) -> bytes:
    return hashlib.sha256(row["video_id"].encode()).digest()


def _key(content: str, view: View, shard_videos: int, splits: str = "") -> str:
    text = f"{FORMAT} {view.key()} {shard_videos}{content}{splits}"
    return hashlib.sha256(text.encode()).hexdigest()


def _content(table: pd.DataFrame) -> str:
    """What is known of the videos and their files."""
    parts = [manifests.sha256(table.drop(columns=["group", "split"]))]
    # A file that is not there is a drop with a reason, not an error.
    stamps = store.stamps(table["path"].tolist(), patience=store.FIRST)
    parts += map("{} {}".format, table["path"], stamps)
    return "".join(parts)


def _splits(table: pd.DataFrame) -> str:
    return manifests.sha256(table[["video_id", "split"]])


def _name(table: pd.DataFrame, view: View, key: str) -> str:
    names = "-".join(sorted(table["dataset"].dropna().unique()))
    safe = re.sub(r"[^A-Za-z0-9_-]+", "_", names)[:40] or "videos"
    return f"{safe}-{view.key()}-{key[:12]}"
