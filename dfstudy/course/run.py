"""Run the lessons: one process each, all failures collected, finished ones skipped.

    python -m dfstudy.course run --profile smoke --only 03
    python -m dfstudy.course run --side-by-side 1     # one after another
    python -m dfstudy.course run --data ../videos      # results in runs/videos/laptop/

Everything lands in `runs/<profile>/`: `notebooks/` (executed copies and their pages),
`logs/`, `timings.csv`, `index.html`, and what the lessons write themselves. A run on
`--data FOLDER` has `runs/<folder's name>/<profile>/` instead, so that results of real
and of synthetic videos never share a folder.
"""

import csv
import hashlib
import json
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import psutil

from dfstudy import paths, profiles, workers
from dfstudy.course import execute
from dfstudy.course.lessons import MODULES, Lesson, find
from dfstudy.course.screen import Screen
from dfstudy.report import index

COLUMNS = ("lesson", "status", "seconds", "peak_memory_mb", "started")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What is known of a lesson's last run; kept as JSON beside its executed copy."""

    lesson: str
    status: str  # ok, failed, timeout
    seconds: float
    peak_memory_mb: float
    started: str  # ISO 8601, UTC
    error: str | None
    inputs: str  # hash of everything that it was made from


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of some lessons: which, how large, on what, and where it all goes."""

    lessons: Sequence[Lesson]
    profile: str
    seed: int = 0
    data: Path | None = None  # None: the synthetic set
    timeout_minutes: float | None = None  # None: the profile's
    side_by_side: int = 1  # lessons that run at once

    @property
    def folder(self) -> Path:
        """Where the run's files are: `runs/[<data>/]<profile>`."""
        return paths.runs(
            f"{self.data.name}/{self.profile}" if self.data else self.profile
        )

    def record_path(self, lesson: Lesson) -> Path:
        """Where the lesson's record is."""
        return self.folder / "notebooks" / f"{lesson.name}.json"


def run(job: Job, *, fresh: bool = False, out: TextIO | None = None) -> int:
    """Run `job`; 0 if every lesson is finished, 1 if one failed, 130 after Ctrl-C."""
    _claim(job)
    screen = Screen(out or sys.stdout, job)
    package = paths.code_sha256()
    code, stop = 0, threading.Event()
    todo: list[Lesson] = []
    for lesson in job.lessons:
        inputs = fingerprint(job, lesson, package)
        done = read_record(job, lesson)
        is_done = done and done.status == "ok" and done.inputs == inputs
        # What one that waits will read is not known while one before it is to run.
        if is_done and not fresh and not (lesson.waits and todo):
            screen.skipped(lesson, done)
        else:
            todo.append(lesson)
    write_pages(job)  # to be looked at from the start; no link of theirs is dead
    signal.signal(signal.SIGTERM, _terminate)
    going: dict[Future[Record], Lesson] = {}
    with ThreadPoolExecutor(job.side_by_side) as pool:
        try:
            while todo or going:
                while len(going) < job.side_by_side and (
                    lesson := _next(todo, going.values())
                ):
                    todo.remove(lesson)
                    begun = pool.submit(_run_one, job, lesson, package, screen, stop)
                    going[begun] = lesson
                # Where a Ctrl-C arrives.
                wait(going, execute.POLL_SECONDS, FIRST_COMPLETED)
                for ended in [run for run in going if run.done()]:
                    del going[ended]
                    code |= int(ended.result().status != "ok")
                screen.show()
        except KeyboardInterrupt:
            stop.set()
            pool.shutdown(cancel_futures=True)
            screen.interrupted()
            code = 130
    write_pages(job)
    screen.table(records(job))
    return code


def _next(todo: Sequence[Lesson], going: Iterable[Lesson]) -> Lesson | None:
    """The first that can begin: one that waits, only where none before it is left."""
    for lesson in todo:
        before = [one for one in (*todo, *going) if one.number < lesson.number]
        if not (lesson.waits and before):
            return lesson
    return None


def _run_one(
    job: Job, lesson: Lesson, package: str, screen: Screen, stop: threading.Event
) -> Record:
    folder, inputs = job.folder, fingerprint(job, lesson, package)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    job.record_path(lesson).unlink(missing_ok=True)
    screen.begins(lesson)
    minutes = job.timeout_minutes or profiles.get(job.profile).timeout_minutes
    done = execute.run(
        lesson.path,
        folder / "notebooks" / f"{lesson.name}.ipynb",
        folder / "logs" / f"{lesson.name}.log",
        parameters={
            "PROFILE": job.profile,
            "SEED": job.seed,
            "DATA": str(job.data or ""),
        },
        timeout_s=minutes * 60 * job.side_by_side,
        env=_environment(job),
        progress=partial(screen.progress, lesson),
        stop=stop,
    )
    record = Record(lesson=lesson.name, started=started, inputs=inputs, **asdict(done))
    path = job.record_path(lesson)
    path.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    screen.ended(lesson, record)
    with _PAGES:
        write_pages(job, only=lesson)
    return record


_PAGES = threading.Lock()


def _environment(job: Job) -> dict[str, str]:
    """Of a lesson's process, on top of ours."""
    places = {"DFSTUDY_RUNS": str(job.folder.parent), "DFSTUDY_HOME": str(paths.home())}
    if job.side_by_side == 1:
        return places
    # Each lesson its own cores: with all of them for both, threads wait for threads
    # (training, both together: 14 steps a second; 66 with one alone, 95 like this).
    threads = str(max(1, workers.cores() // job.side_by_side))
    return places | dict.fromkeys(workers.THREADS, threads)


def at_once(profile: str, lessons: Sequence[Lesson]) -> int:
    """How many lessons this machine runs side by side: two, where they have room.

    One where a GPU does the work, or there is a single core, or too little memory.
    """
    if profile not in ("smoke", "laptop") or workers.cores() < 2:
        return 1
    most = sorted((lesson.memory_gb for lesson in lessons), reverse=True)[:2]
    return 2 if sum(most) < psutil.virtual_memory().available / 2**30 else 1


def read_record(job: Job, lesson: Lesson) -> Record | None:
    """What is known of the lesson's last run; None if its executed copy is gone."""
    path = job.record_path(lesson)
    if not path.exists() or not path.with_suffix(".ipynb").exists():
        return None
    return Record(**json.loads(path.read_text(encoding="utf-8")))


def records(job: Job) -> list[Record]:
    """The last run of every lesson that this folder knows, in order."""
    found = sorted((job.folder / "notebooks").glob("*.json"))
    return [Record(**json.loads(path.read_text(encoding="utf-8"))) for path in found]


def fingerprint(job: Job, lesson: Lesson, package: str | None = None) -> str:
    """Hash of what a lesson's outcome rests on: unchanged, it need not run again."""
    digest = hashlib.sha256((package or paths.code_sha256()).encode())
    digest.update(lesson.path.read_bytes())
    digest.update(f"{job.profile}|{job.seed}|{job.data}|{sys.version}".encode())
    if job.data:  # names, sizes and times: reading a terabyte to skip it would be odd
        for path in sorted(job.data.rglob("*")):
            stat = path.stat()
            digest.update(f"{path}|{stat.st_size}|{stat.st_mtime_ns}".encode())
    if lesson.waits:
        for path in sorted((job.folder / "results").glob("*.json")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def write_pages(job: Job, *, only: Lesson | None = None) -> Path:
    """Write `timings.csv` and the site: `index.html`, results, a page for each lesson.

    With `only`, of the lessons' pages that one's alone. Returns the path of the front
    page.
    """
    import nbformat

    from dfstudy.report import lesson as page  # nbconvert takes a second to load

    known = records(job)
    with (job.folder / "timings.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(asdict(record) for record in known)
    every = find(job.lessons[0].path.parent)
    rows = index.rows(job.folder, [_row(job, lesson) for lesson in every])
    for lesson in every:
        if only in (None, lesson):
            notebook = None
            if read_record(job, lesson):
                copy = job.record_path(lesson).with_suffix(".ipynb")
                notebook = nbformat.read(copy, as_version=4)
                notebook.cells = execute.lesson_cells(notebook)
            page.write(job.folder, rows, lesson.name, notebook)
    return index.write(
        job.folder,
        profile=job.profile,
        data=str(job.data) if job.data else None,
        lessons=rows,
    )


def _row(job: Job, lesson: Lesson) -> dict[str, Any]:
    record = read_record(job, lesson)
    row = {"name": lesson.name, "number": lesson.number, "question": lesson.question}
    row["module"] = next((m.title for m in MODULES if lesson.number in m.numbers), "")
    row["forecast_minutes"] = lesson.minutes[job.profile]
    return row | (asdict(record) if record else {"status": "not run"})


def _claim(job: Job) -> None:
    """Note whose results this folder holds; refuse the folder of other videos."""
    if job.data is None:
        return
    note = job.folder.parent / "data.txt"
    if note.exists() and (theirs := note.read_text(encoding="utf-8").strip()) != str(
        job.data
    ):
        raise ValueError(
            f"{note.parent} holds the results of {theirs}, not of {job.data}: move it"
            " away, or set DFSTUDY_RUNS to another folder"
        )
    note.write_text(f"{job.data}\n", encoding="utf-8")


def _terminate(*_: Any) -> None:
    raise KeyboardInterrupt
