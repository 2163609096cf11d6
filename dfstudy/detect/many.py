"""Many items by several processes: in order, and whatever an item does to its process.

    for answer in many(files, start, workers=2, seconds=600): ...    # or a Lost

`start()` makes, once in each process, the function that is asked about every item. A
pool of `concurrent.futures` is broken by a worker that dies and cannot say at which
item; decoders do die of damaged files, so here each worker has its own pipe: the item
is Lost, the worker is replaced, and the others never notice.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any, TypeVar

from dfstudy import workers as processes

Item = TypeVar("Item")
Answer = TypeVar("Answer")
_AHEAD = 4  # finished answers a worker that wait for an earlier one


@dataclass(frozen=True)
class Lost:
    """Why there is no answer for an item."""

    reason: str


def many(
    items: Sequence[Item],
    start: Callable[[], Callable[[Item], Answer]],
    *,
    workers: int,
    seconds: float,
) -> Iterator[Answer | Lost]:
    """One answer an item, in the order of the items.

    Args:
        start: called in each process; it and its answers can be pickled. What it raises
            is raised here: it would be the same in every process.
        workers: at least 1. The cores are shared out among them.
        seconds: after so many, an item is Lost.

    Raises:
        ValueError: no workers.
        RuntimeError: processes cannot start.
    """
    if workers < 1:
        raise ValueError(f"it takes a worker at least, not {workers}")
    waiting = deque(enumerate(items))
    crew: list[_Worker] = []
    answers: dict[int, Answer | Lost] = {}
    place = 0
    try:
        while place < len(items):
            busy = sum(worker.at is not None for worker in crew)
            while len(crew) < min(workers, busy + len(waiting)):
                crew.append(
                    _Worker(start, max(1, processes.cores() // workers), seconds)
                )
            for worker in crew:
                ahead = waiting and waiting[0][0] - place >= _AHEAD * workers
                if worker.ready and worker.at is None and waiting and not ahead:
                    worker.give(*waiting.popleft())
            left = [worker.left for worker in crew if worker.left is not None]
            timeout = max(0.0, min(left)) if left else None
            told = connection.wait([worker.pipe for worker in crew], timeout)
            for worker in list(crew):
                if worker.pipe not in told and not worker.late:
                    continue
                at, answer = worker.end() if worker.late else worker.hear()
                if at is not None:
                    answers[at] = answer
                if worker.ended:
                    crew.remove(worker)
            while place in answers:
                yield answers.pop(place)
                place += 1
    finally:
        for worker in crew:
            worker.end()


class _Worker:
    """A process and the item that it is at."""

    def __init__(self, start: Callable, threads: int, seconds: float):
        # Forking a process that has threads (torch, TensorFlow) can hang, so: spawn.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs, start, threads), daemon=True
        )
        self.process.start()
        theirs.close()
        self.seconds = seconds
        self.ready = self.ended = False
        self.at: int | None = None
        self.since = 0.0

    @property
    def left(self) -> float | None:
        """Seconds that it still has for its item."""
        if self.at is None:
            return None
        return self.since + self.seconds - time.monotonic()

    @property
    def late(self) -> bool:
        return self.left is not None and self.left <= 0 and not self.pipe.poll()

    def give(self, at: int, item: Any) -> None:
        self.at, self.since = at, time.monotonic()
        # Where it has died already, the next `hear` says so.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(item)

    def hear(self) -> tuple[int | None, Any]:
        """Which item is answered, and how; None where it only says that it is ready."""
        at = self.at
        try:
            kind, answer = self.pipe.recv()
        except (EOFError, OSError):
            self.end()
            if not self.ready:
                raise RuntimeError(
                    "worker processes cannot start (exit code"
                    f" {self.process.exitcode}): in a script, call this from under"
                    " `if __name__ == '__main__':`"
                ) from None
            code = self.process.exitcode
            return at, Lost(f"the process that examined it died (exit code {code})")
        if kind == "failed":
            raise answer
        self.ready, self.at = True, None
        return at, answer

    def end(self) -> tuple[int | None, Lost]:
        """Stop it, whatever it does."""
        self.ended = True
        self.process.kill()
        self.process.join()
        self.pipe.close()
        return self.at, Lost(f"not done after {self.seconds:.0f} s: given up")


def _serve(pipe, start: Callable[[], Callable], threads: int) -> None:
    """Answer one item after the other, until the pipe closes; runs in a process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
        os.environ.setdefault(name, str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    processes.start()
    try:
        ask = start()
    except Exception as error:
        pipe.send(("failed", error))
        return
    pipe.send(("ready", None))
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        pipe.send(("answer", ask(item)))
