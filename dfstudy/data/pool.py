"""Videos through a view by all cores, in order.

    for sample in samples(paths, view, workers=2): ...    # Sample, or why there is none

What goes wrong with a video, up to a decoder that takes its process along, is the
answer for that video and stops nothing. Workers import as little as they can: starting
one takes as long as a few videos.
"""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

import cv2

from dfstudy.data.store import here
from dfstudy.data.view import Sample, View, see, see_damaged
from dfstudy.frameworks import keep_freed_memory
from dfstudy.video.perturb import Perturbation
from dfstudy.video.probe import VideoError
from dfstudy.workers import start

if TYPE_CHECKING:
    from dfstudy.video.track import Detector


def samples(
    paths: Iterable[str], view: View, *, workers: int
) -> Iterator[Sample | str]:
    """One answer a path, in order: the sample, or in words why it cannot be had.

    `workers` processes; 0 for this one. Only a few samples are in memory at a time.
    ValueError where the view's face detector is not installed, RuntimeError where
    processes cannot start.
    """
    with closing(damaged(paths, view, (), workers=workers)) as answers:
        for answer in answers:
            yield answer if isinstance(answer, str) else answer[0]


def damaged(
    paths: Iterable[str],
    view: View,
    damages: Sequence[Perturbation],
    *,
    workers: int,
) -> Iterator[list[Sample] | str]:
    """As `samples`; of each video the sample of it as it is, and under each damage."""
    detector = _detector_for(view)  # first here: a worker could not say what is wrong
    if workers <= 0:
        for path in paths:
            yield _try_see(path, view, damages, detector)
        return
    waiting: deque[tuple[str, Future]] = deque()
    left = iter(paths)
    ahead = workers * (2 if damages else 4)  # many samples of one video are large
    pool = _pool(view, workers)
    try:
        while True:
            for path in islice(left, ahead - len(waiting)):
                waiting.append((path, pool.submit(_work, path, view, damages)))
            if not waiting:
                return
            path, future = waiting.popleft()
            try:
                answer = future.result()
            except BrokenProcessPool:
                # Some decoders crash on damaged files and take the process along, and
                # nothing says on which file. So this one alone, then the others again.
                answer = _alone(path, view, damages)
                pool.shutdown()
                pool = _pool(view, workers)
                waiting = deque(
                    (p, pool.submit(_work, p, view, damages)) for p, _ in waiting
                )
            yield answer
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(
    path: str, view: View, damages: Sequence[Perturbation]
) -> list[Sample] | str:
    with _pool(view, 1) as pool:
        try:
            return pool.submit(_work, path, view, damages).result()
        except BrokenProcessPool:
            return "the process that decoded it died"


def _pool(view: View, workers: int) -> ProcessPoolExecutor:
    # Forking a process that has threads (torch, TensorFlow) can hang, so: spawn.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start, initargs=(view,)
    )
    try:
        # One for each, so that they start side by side and not one when another is up.
        ready = [pool.submit(os.getpid) for _ in range(workers)]
        ready[0].result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "worker processes cannot start: in a script, call this from under "
            "`if __name__ == '__main__':`, or use workers=0"
        ) from error
    return pool


_detector: "Detector | None" = None  # of a worker process: made once, used for all


def _start(view: View) -> None:
    """Set up a worker: one thread (there is a worker a core), one detector."""
    global _detector
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    start()
    keep_freed_memory()
    _detector = _detector_for(view)
    one_thread(view)


def one_thread(view: View) -> None:
    """What decodes and finds faces leaves the other cores to the other workers."""
    cv2.setNumThreads(1)
    if view.needs_faces and view.detector == "mtcnn":
        import torch

        torch.set_num_threads(1)


def _detector_for(view: View) -> "Detector | None":
    if not view.needs_faces:
        return None
    from dfstudy.video import faces

    return faces.new_detector(view.detector)


def _work(path: str, view: View, damages: Sequence[Perturbation]) -> list[Sample] | str:
    return _try_see(path, view, damages, _detector)


def _try_see(
    path: str,
    view: View,
    damages: Sequence[Perturbation],
    detector: "Detector | None",
) -> list[Sample] | str:
    try:
        # A server that stays away is no reason to drop a video: that error goes up.
        with here(path) as file:
            try:
                if not damages:
                    return [see(file, view, detector=detector)]
                return list(see_damaged(file, view, damages, detector=detector))
            except (VideoError, OSError) as error:
                return str(error)
    except FileNotFoundError as error:
        return str(error)
