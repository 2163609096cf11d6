"""How a worker process of ours begins, and whether there is room for one more.

ProcessPoolExecutor(2, mp_context=spawn, initializer=workers.start)
if workers.room():
    process = workers.begin(train, jobs)    # with the time that nobody else wants
"""

import atexit
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

import cv2
import psutil

# How many threads the libraries of a process may use; read when they are imported.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
THREADS += ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_WATCHED = 6.0  # seconds
_ROOM = 4 * 2**30  # bytes of memory that a training may need


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def room() -> bool:
    """Whether a training has a core that nobody uses, and memory.

    Takes the seconds in which it watches the cores: one that a lesson leaves for a
    moment is not worth a process, whose imports alone take 20.
    """
    busy = psutil.cpu_percent(interval=_WATCHED, percpu=True)
    idle = sum(100 - share for share in busy) / 100
    # Cores that this process may not use may be the idle ones.
    idle -= len(busy) - cores()
    return idle > 0.6 and psutil.virtual_memory().available > _ROOM


def begin(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Run `work(*arguments)` in a process of its own, of the lowest priority.

    Its libraries have one thread each, as two trainings with two threads each are far
    slower than one. It ends with this process at the latest.
    """
    spawn = multiprocessing.get_context("spawn")
    # Pickled here, so that it begins to import libraries when it has one thread.
    process = spawn.Process(target=_alone, args=(pickle.dumps((work, arguments)),))
    process.start()
    atexit.register(process.kill)
    return process


def _alone(work: bytes) -> None:
    os.environ.update(dict.fromkeys(THREADS, "1"))
    if hasattr(os, "nice"):
        os.nice(19)
    start()
    function, arguments = pickle.loads(work)
    function(*arguments)


def start() -> None:
    """One OpenCV thread, as there is a worker a core; an end when the parent ends."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)


def _die_with_parent() -> None:
    # A killed parent cannot shut its pool down, and idle workers would wait for ever.
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
