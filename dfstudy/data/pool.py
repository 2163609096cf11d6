"""Videos through a view by all cores: one record each, in order.

    for record in records(jobs, view, workers=2): ...

A job is one row of a manifest as a dict. What goes wrong with a video, up to a decoder
that takes its process along, becomes the reason in that video's record.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import connection

import cv2
import numpy as np

from dfstudy.data.shards import Record
from dfstudy.data.view import Sample, View, see
from dfstudy.video.faces import FaceDetector
from dfstudy.video.probe import VideoError

# What a record keeps of its row: enough to train from the stream of shards alone.
_KEPT = ("label", "dataset", "method", "source_id", "description", "path")


def records(jobs: list[dict], view: View, *, workers: int) -> Iterator[Record]:
    """One record a job, in order, with a bounded number of them in memory.

    `workers` processes; 0 for this one. RuntimeError where processes cannot start.
    """
    if workers <= 0:
        detector = FaceDetector() if view.crop == "face" else None
        for job in jobs:
            yield _record(job, view, detector)
        return
    waiting: deque[tuple[dict, Future]] = deque()
    left = iter(jobs)
    pool = _pool(view, workers)
    try:
        while True:
            for job in islice(left, 4 * workers - len(waiting)):
                waiting.append((job, pool.submit(_work, job, view)))
            if not waiting:
                return
            job, future = waiting.popleft()
            try:
                record = future.result()
            except BrokenProcessPool:
                # Some decoders crash on damaged files and take the process along, and
                # nothing says on which file. So this one alone, then the others again.
                record = _alone(job, view)
                pool.shutdown()
                pool = _pool(view, workers)
                waiting = deque((j, pool.submit(_work, j, view)) for j, _ in waiting)
            yield record
    finally:
        pool.shutdown(cancel_futures=True)


def _alone(job: dict, view: View) -> Record:
    with _pool(view, 1) as pool:
        try:
            return pool.submit(_work, job, view).result()
        except BrokenProcessPool:
            return _dropped(job, view, "the process that decoded it died")


def _pool(view: View, workers: int) -> ProcessPoolExecutor:
    # Forking a process that has threads (torch, TensorFlow) can hang, so: spawn.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start, initargs=(view,)
    )
    try:
        pool.submit(os.getpid).result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "worker processes cannot start: in a script, call prepare from under "
            "`if __name__ == '__main__':`, or pass workers=0"
        ) from error
    return pool


_detector: FaceDetector | None = None  # of a worker process: made once, used for all


def _start(view: View) -> None:
    """Set up a worker: one thread (there is a worker a core), one detector."""
    global _detector
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    threading.Thread(target=_die_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    if view.crop == "face":
        import torch

        torch.set_num_threads(1)
        _detector = FaceDetector()


def _die_with_parent() -> None:
    # A killed parent cannot shut its pool down, and idle workers would wait for ever.
    connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def _work(job: dict, view: View) -> Record:
    return _record(job, view, _detector)


def _record(job: dict, view: View, detector: FaceDetector | None) -> Record:
    try:
        sample = see(job["path"], view, detector=detector)
    except (VideoError, OSError) as error:
        return _dropped(job, view, str(error))
    return _packed(job, view, sample)


def _packed(job: dict, view: View, sample: Sample) -> Record:
    faces = sample.faces
    about = {
        "video_id": job["video_id"],
        **{name: job[name] for name in _KEPT},
        "view": view.to_dict(),
        "indices": sample.indices.tolist(),
        "n_frames": sample.n_frames,
        "repeated": sample.repeated,
        "faces": [
            {
                "face_id": face.face_id,
                "boxes": face.boxes.round(2).tolist(),
                "confidences": face.confidences.round(4).tolist(),
                "present": face.present.tolist(),
                "detected": face.detected.tolist(),
            }
            for face in faces
        ],
    }
    facts = {
        "n_frames": sample.n_frames,
        "repeated": sample.repeated,
        "faces": len(faces),
        "present": float(faces[0].present.mean()) if faces else None,
        "dropped": sample.dropped,
    }
    array = sample.frames
    if view.crop == "face":
        array = np.stack([face.crops for face in faces]) if faces else None
    return Record(
        video_id=job["video_id"],
        kind=f"{view.crop}s",
        array=array,
        about=about,
        facts=facts,
    )


def _dropped(job: dict, view: View, reason: str) -> Record:
    return Record(
        video_id=job["video_id"],
        kind=f"{view.crop}s",
        array=None,
        about={},
        facts={"dropped": reason},
    )
