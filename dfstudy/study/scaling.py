"""From what was measured here to a thousand hours, and what a lost worker costs.

forecast(hours=1000, watched_s=80, took_s=4, n_bytes=6e6)   # a table
with one_dies(client, folder) as death: prepare(...)        # death["worker"]
"""

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from distributed import Client


def forecast(
    *,
    hours: float,
    watched_s: float,
    took_s: float,
    n_bytes: float,
    cores: Sequence[int] = (1, 16, 256),
) -> pd.DataFrame:
    """What `hours` of such video cost, as if every core were as fast as this one.

    Args:
        watched_s: seconds of video that were prepared, by one process, in `took_s`.
        n_bytes: of the shards that were made of them.
        cores: how many, a row each.

    Returns:
        Columns: cores, hours (of work), terabytes (of shards), megabytes a second
        (written by all cores together: what network and store have to bear).
    """
    work = hours * 3600 / watched_s * took_s  # seconds of one core
    size = hours * 3600 / watched_s * n_bytes
    return pd.DataFrame(
        {
            "cores": cores,
            "hours": [work / n / 3600 for n in cores],
            "terabytes": [size / 1e12] * len(cores),
            "megabytes a second": [size / (work / n) / 1e6 for n in cores],
        }
    )


@contextmanager
def one_dies(client: "Client", folder: Path) -> Iterator[dict]:
    """While this holds, a worker at work is killed as soon as `folder` has a shard.

    SIGKILL, as a machine that is switched off: the worker can say and save nothing.
    Yields what is filled in then: `worker`, its address; `made`, the shards that were
    there; `pids`, the processes of all workers before.
    """
    death: dict = {"pids": client.run(os.getpid)}
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            made = len(list(folder.rglob("shard-*.tar")))
            busy = [worker for worker, tasks in client.processing().items() if tasks]
            if made and busy:
                os.kill(death["pids"][busy[0]], signal.SIGKILL)
                death.update(worker=busy[0], made=made)
                return
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield death
    finally:
        over.set()
        thread.join()
