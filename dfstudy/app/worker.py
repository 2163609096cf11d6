"""A process that opens what strangers send, watched: time, memory, and an end.

    worker = Worker(partial(Examiner, folders), limits=Limits(), scratch=folder)
    with worker.job({"path": ..., "detectors": [...]}) as job:
        while (reply := job.poll()) is None:
            await asyncio.sleep(0.05)

The process lives long, as networks are slow to load, and does one job at a time. It is
killed, and another one started, when a job takes too long or too much memory, or when
nobody waits for it any more. What comes back is JSON, never a pickle: a decoder that a
video has taken over cannot make the server run its code by answering.
"""

import json
import multiprocessing
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from dfstudy.app.limits import MB, Limits, Refused, cap_memory
from dfstudy.video.decode import VideoError

# JSON values in, JSON values out; tells what it does on the way.
Work = Callable[[dict, Callable[[str], None]], dict]

_STARTING = 600  # seconds until a new process must be ready
_MOST = 256 * MB  # of a reply
FAULT = "Something went wrong in looking at this video; it was not judged."


class Worker:
    """One process at a time, made by `factory`, which must be picklable."""

    def __init__(
        self, factory: Callable[[], Work], *, limits: Limits, scratch: Path
    ) -> None:
        self.limits = limits
        self._factory, self._scratch = factory, scratch
        self._start()

    @property
    def pid(self) -> int:
        """Of the process that would do the next job."""
        return self._process.pid

    @contextmanager
    def job(self, request: dict) -> Iterator["Job"]:
        """Hand out one job; leaving before its reply ends the process."""
        if not self._process.is_alive():
            self._restart()
        job = Job(self, request)
        try:
            yield job
        finally:
            if not job.done:
                self._restart()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join(10)
        self.connection.close()

    def _restart(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.ready = False
        self._process = context.Process(
            target=_serve,
            args=(theirs, self._factory, self.limits.memory_mb, self._scratch),
            daemon=True,
            name="dfstudy-app-worker",
        )
        self._process.start()
        theirs.close()  # so that its end is seen here
        self.watched = psutil.Process(self._process.pid)


class Job:
    """What a worker is asked, until there is a reply."""

    def __init__(self, worker: Worker, request: dict) -> None:
        self.done = False
        self.stage = "loading the detectors"
        self._worker, self._request = worker, request
        self._asked = False
        self._since = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been loading, or working."""
        return time.monotonic() - self._since

    def poll(self) -> dict | None:
        """The reply, or None while there is none.

        Raises:
            Refused: it took too long or too much, or the process has died.
        """
        worker, limits = self._worker, self._worker.limits
        try:
            if not worker.ready and worker.connection.poll():
                worker.connection.recv_bytes(16)
                worker.ready = True
            if not worker.ready:
                self._in_time(_STARTING, "The detectors took too long to load.")
                self._in_memory()
                return None
            if not self._asked:
                worker.connection.send_bytes(json.dumps(self._request).encode())
                self._asked, self._since = True, time.monotonic()
            while worker.connection.poll():
                reply = json.loads(worker.connection.recv_bytes(_MOST))
                if stage := reply.get("stage"):
                    self.stage = stage
                    continue
                self.done = True
                if error := reply.get("error"):
                    raise Refused(error)
                return reply
        except (EOFError, OSError, psutil.NoSuchProcess) as error:
            print(f"dfstudy app: the worker died: {error!r}", file=sys.stderr)
            raise Refused(
                "The video made the process that reads it break off; it was not judged."
            ) from error
        self._in_time(
            limits.job_seconds,
            f"This took longer than the {limits.job_seconds} seconds that the page"
            " allows; a shorter or smaller video may do.",
        )
        self._in_memory()
        return None

    def _in_time(self, most: float, message: str) -> None:
        if self.seconds > most:
            raise Refused(message)

    def _in_memory(self) -> None:
        most = self._worker.limits.memory_mb
        if self._worker.watched.memory_info().rss > most * MB:
            raise Refused(_TOO_MUCH.format(most))


_TOO_MUCH = (
    "Reading this video takes more than the {} MB of memory that the page allows;"
    " a smaller one may do."
)


def _serve(
    connection: Connection, factory: Callable[[], Work], memory_mb: int, scratch: Path
) -> None:
    """What the process does until its server ends."""
    from dfstudy import workers

    workers.start()
    tempfile.tempdir = str(scratch)  # swept by the server, should this be killed
    work = factory()
    connection.send_bytes(b"ready")
    while True:
        try:
            request = json.loads(connection.recv_bytes())
        except EOFError:  # the server has gone
            return
        cap_memory(memory_mb)

        def tell(stage: str) -> None:
            connection.send_bytes(json.dumps({"stage": stage}).encode())

        reply = _answer(partial(work, request, tell), request, memory_mb)
        connection.send_bytes(json.dumps(reply).encode())


def _answer(work: Callable[[], dict], request: dict, memory_mb: int) -> dict:
    try:
        return work()
    except (Refused, VideoError) as error:
        # Messages about files begin with a name, here one of our own making.
        name = Path(str(request.get("path"))).name
        sentence = str(error).removeprefix(f"{name}: ")
        return {"error": sentence[:1].upper() + sentence[1:]}
    except MemoryError:
        return {"error": _TOO_MUCH.format(memory_mb)}
    except Exception:
        # A visitor gets a sentence; what happened is for whoever runs the page.
        traceback.print_exc()
        return {"error": FAULT}
