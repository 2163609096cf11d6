"""Shards made by the workers of a Dask cluster: one task, one shard.

    prepare(manifest, view, out="s3://bucket/prepared", scheduler="tcp://head:8786")
    prepare(manifest, view, scheduler="local")      # a cluster of this machine's cores

A task decodes its videos, writes the shard, then the shard's part of the index, each in
one step. So a task may be done again, or by two workers at once, and nothing is lost
when a worker is: Dask gives its tasks to others. Every worker needs this package, the
same versions of what decodes, and the videos and the shards under the same addresses.
"""

import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np

from dfstudy import paths
from dfstudy.data import pool, shards
from dfstudy.data.store import Address, Store, is_remote, local
from dfstudy.data.view import View
from dfstudy.workers import cores

if TYPE_CHECKING:
    from distributed import Client, Future

Plan = dict[str, list[dict]]  # a shard's name -> rows of the manifest
Done = Callable[[int], object]
_AHEAD = 1000  # tasks that the scheduler knows at a time: a task carries its rows
_ANSWERS = 10  # seconds in which a scheduler has to


def writer(
    scheduler: str,
    to: Store,
    view: View,
    *,
    retries: int,
    workers: int | None,
    carefully: Callable[[Plan, Done], None],
) -> Callable[[Plan, Done], None]:
    """Makes the shards of a plan by the workers of `scheduler` (see `connected`).

    Args:
        retries: how often a task is tried again after an error.
        carefully: makes, here, the shards whose tasks have killed several workers; it
            has to survive a video that crashes its decoder.
    """

    def write(plan: Plan, done: Done) -> None:
        if not plan:
            return
        with connected(scheduler, workers=workers) as client:
            deadly = _make(client, to, view, plan, done, retries=retries)
        carefully({name: plan[name] for name in deadly}, done)
        if lost := shards.missing(to, plan, to.sizes()):
            raise OSError(
                f"{to.folder}: the workers have written no {lost[0]} there that is seen"
                " from here; it has to be a folder that all machines share, or an"
                " address such as s3://bucket/x"
            )

    return write


@contextmanager
def connected(scheduler: str, *, workers: int | None = None) -> Iterator["Client"]:
    """A client of the scheduler at an address such as tcp://head:8786.

    "local" starts a cluster here that ends with this: `workers` processes, by default
    one a core. ValueError where Dask is not installed, OSError where nobody answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise ValueError(
            f'a Dask cluster needs Dask ({error}): pip install "dfstudy[cluster]"'
        ) from error
    if scheduler == "local":
        with (
            LocalCluster(
                n_workers=workers or cores(),
                threads_per_worker=1,  # decoders and face detectors are not for two
                dashboard_address="127.0.0.1:0",
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_ANSWERS)
    except (OSError, ValueError, TypeError) as error:
        raise OSError(f"no Dask scheduler answers at {scheduler!r}: {error}") from error
    with client:
        yield client


def _make(
    client: "Client", to: Store, view: View, plan: Plan, done: Done, *, retries: int
) -> list[str]:
    """Have the shards made; the names of those that have killed several workers."""
    from distributed import KilledWorker, as_completed

    print(f"dashboard: {client.dashboard_link}", file=sys.stderr)
    if not client.nthreads():
        print("waiting for the first worker of the cluster ...", file=sys.stderr)
    folder = to.folder if to.is_remote else to.folder.resolve()
    left, names, deadly = iter(plan), {}, []

    def submit(name: str) -> "Future":
        rows = plan[name]
        # What is not there for us is a drop; what is not there for a worker, an error.
        seen = [row["path"] for row in rows if _is_here(row["path"])]
        future = client.submit(
            make_shard,
            *(folder, name, view, rows, seen, software()),
            retries=retries,
            pure=False,
        )
        names[future.key] = name
        return future

    running = as_completed([submit(name) for name in islice(left, _AHEAD)])
    for future in running:
        name = names.pop(future.key)
        if future.cancelled():
            raise OSError(f"{client.scheduler.address}: the scheduler is gone")
        error = future.exception()
        if isinstance(error, KilledWorker):
            deadly.append(name)
        elif error is not None:
            raise error
        else:
            done(len(plan[name]))
        running.update([submit(name) for name in islice(left, 1)])
    return deadly


def make_shard(
    folder: Address,
    name: str,
    view: View,
    rows: list[dict],
    seen: list[str],
    wanted: dict[str, str],
) -> None:
    """The task: one shard and its part of the index, by this process alone.

    Args:
        seen: the files of this machine among the videos' that the client sees.
        wanted: the client's `software()`.

    Raises:
        OSError: a file of `seen` is not here, or what `data.store` raises.
        ValueError: other software than the client's.
    """
    mine = software()
    if mine != wanted:
        other = [f"{k} {mine[k]}, not {v}" for k, v in wanted.items() if mine[k] != v]
        raise ValueError(f"the worker on {platform.node()} has {', '.join(other)}")
    if unseen := [path for path in seen if not _is_here(path)]:
        raise OSError(
            f"the worker on {platform.node()} does not see {unseen[0]}: videos have"
            " to be on a file system that all machines share, or at an address"
        )
    pool.one_thread(view)
    answers = pool.samples([row["path"] for row in rows], view, workers=0)
    shards.write_shard(Store(folder), name, view, zip(rows, answers, strict=True))


@lru_cache
def software() -> dict[str, str]:
    """What has to be the same everywhere, so that the same video is the same bytes."""
    return {
        "dfstudy": paths.code_sha256()[:12],
        "av": av.__version__,
        "cv2": cv2.__version__,
        "numpy": np.__version__,
        "torch": version("torch"),  # it finds faces; importing it would take seconds
    }


def _is_here(path: str) -> bool:
    return not is_remote(path) and local(path).exists()
