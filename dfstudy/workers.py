"""How a worker process of ours begins.

ProcessPoolExecutor(2, mp_context=spawn, initializer=workers.start)
"""

import multiprocessing
import os
import threading
from multiprocessing import connection

import cv2


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def start() -> None:
    """One OpenCV thread, as there is a worker a core; an end when the parent ends."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)


def _die_with_parent() -> None:
    # A killed parent cannot shut its pool down, and idle workers would wait for ever.
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)
