"""What a lesson asks for later is trained meanwhile, on cores that nobody uses.

    ahead(jobs("frame_keras", rules=S1_CANDIDATES, **common))      # training.twins
    ...
    twins("frame_keras", rules=S1_CANDIDATES, **common)     # all there, or soon

A thread watches. While a core is idle, a process of the lowest priority trains what
nobody trains yet, the last first, as the lesson itself comes from the other end. Every
training holds the lock of its folder, so none is done twice, and whoever needs one that
is under way waits for it. A process that fails leaves its error in a log and its work
to the lesson, which then meets the error itself.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch

from dfstudy import paths, workers
from dfstudy.profiles import Profile
from dfstudy.training.experiment import result_file, train
from dfstudy.training.variant import folder_of

Job = Mapping[str, Any]  # the arguments of `experiment.train`
_WORTH = 500  # epochs times pairs of people; a process imports its libraries for 20 s
_SETTLE = 20.0  # seconds after which a new process shows how busy it keeps a core
_BEGUN: list[BaseProcess] = []  # for every call in this process


def ahead(jobs: Sequence[Job]) -> "Ahead | None":
    """Begin to train `jobs` where cores are idle, and return at once.

    Args:
        jobs: in the order in which the lesson will ask for them.

    Returns:
        The thread; None where it is worth nothing: with so little to train, one core,
        or a GPU, which works for one training at a time.
    """
    small = all(_size(job["profile"]) < _WORTH for job in jobs)
    if small or workers.cores() < 2 or torch.cuda.is_available():
        return None
    thread = Ahead(jobs)
    thread.start()
    return thread


def _size(profile: Profile) -> int:
    return profile.pairs * profile.epochs if profile.network == "slim" else 0


class Ahead(threading.Thread):
    """Watches for idle cores; ends when all of `jobs` are trained, or in work."""

    def __init__(self, jobs: Sequence[Job]):
        super().__init__(name="ahead", daemon=True)
        self._jobs = list(reversed(jobs))
        self._log = paths.runs(jobs[0]["profile"].name) / "logs" / "ahead.log"

    def run(self) -> None:
        """Start a process whenever there is an idle core, and something for it."""
        mine: list[BaseProcess] = []
        # The error of one that failed is for the lesson to meet.
        while any(map(_is_left, self._jobs)) and not any(p.exitcode for p in mine):
            working = [process for process in _BEGUN if process.is_alive()]
            # One core is the lesson's own, even while it waits for a file or a lock.
            if len(working) >= workers.cores() - 1:
                working[0].join(_SETTLE)
            elif workers.room():
                mine.append(workers.begin(_train, self._jobs, self._log))
                _BEGUN.append(mine[-1])
                mine[-1].join(_SETTLE)
        for process in mine:
            process.join()


def _is_left(job: Job) -> bool:
    """Whether nobody has trained this, nor does so now."""
    fit = {name: job[name] for name in job if name not in ("lesson", "data", "rules")}
    fit["start"] = job.get("start") or job["profile"].pretrained
    there = result_file(**fit, lesson=job["lesson"]).exists()
    return not there and paths.is_free(folder_of(**fit))


def _train(jobs: Sequence[Job], log: Path) -> None:
    """Of a process: train what is left; 1 is its exit status if one fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    # What it prints belongs under no cell of a notebook.
    with log.open("a", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    for job in jobs:
        if _is_left(job):
            train(**job)
