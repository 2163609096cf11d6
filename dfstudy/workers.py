"""How a worker process of ours begins, and how many there is room for.

ProcessPoolExecutor(2, mp_context=spawn, initializer=workers.start)
with workers.side_by_side(3) as every:      # trainings, each on an idle core
    results = list(every(train, jobs))
"""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection

import cv2
import psutil

# How many threads the libraries of a process may use; read when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
THREADS += ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_ROOM = 4 * 2**30  # bytes of memory that a training may need


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def idle() -> int:
    """How many of them nobody used in the last half a second, which this waits for."""
    busy = psutil.cpu_percent(interval=0.5, percpu=True)
    return min(cores(), sum(share < 50 for share in busy))


@contextmanager
def side_by_side(most: int) -> Iterator[Callable[..., Iterator]]:
    """A `map` over as many processes as cores are idle now, at most `most`.

    Each has one thread for every library, as two trainings with two threads each are
    far slower than one. Where there is room for one only, it is the builtin `map`.
    """
    room = psutil.virtual_memory().available // _ROOM
    count = min(most, room, idle()) if most > 1 else 1
    if count < 2:
        yield map
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=spawn, initializer=_start_alone) as pool:
        yield pool.map


def _start_alone() -> None:
    os.environ.update(dict.fromkeys(THREADS, "1"))
    start()


def start() -> None:
    """One OpenCV thread, as there is a worker a core; an end when the parent ends."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)


def _die_with_parent() -> None:
    # A killed parent cannot shut its pool down, and idle workers would wait for ever.
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
