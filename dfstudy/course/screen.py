"""What a run of lessons says: one line a lesson, and the table at its end."""

import json
import shutil
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from dfstudy import profiles
from dfstudy.course.lessons import Lesson

if TYPE_CHECKING:
    from dfstudy.course.run import Job, Record


class Screen:
    """Progress for people: one line a lesson, its clock running where that works."""

    def __init__(self, out: TextIO, job: "Job"):
        self.out, self.job, self.live = out, job, out.isatty()
        self.begun = time.monotonic()
        self.running: dict[str, str] = {}  # by the number of the lesson
        self.cells = {lesson.number: _cells(lesson) for lesson in job.lessons}
        what = f"on {job.data}" if job.data else "on the synthetic set"
        minutes = sum(lesson.minutes[job.profile] for lesson in job.lessons)
        minutes /= min(job.side_by_side, len(job.lessons))
        self.say(
            f"{len(job.lessons)} lessons, profile {job.profile}, {what}: about"
            f" {minutes:.0f} minutes ({profiles.get(job.profile).machine})"
        )

    def say(self, text: str) -> None:
        """Print one line, in place of the running clocks."""
        wipe = "\r\033[K" if self.live else ""
        print(f"{wipe}{text}", file=self.out, flush=True)

    def begins(self, lesson: Lesson) -> None:
        """A lesson starts."""
        if not self.live:
            self.say(f"{lesson.name:<28} starts")

    def progress(self, lesson: Lesson, seconds: float, cell: int) -> None:
        """How far a lesson is; `show` shows it."""
        of = self.cells[lesson.number]
        text = f"{lesson.name}  {clock(seconds)}  cell {cell} of {of}"
        self.running[lesson.number] = text

    def show(self) -> None:
        """The running lessons, where a terminal can redraw its last line."""
        if self.live:
            text = "   ".join(dict(sorted(self.running.items())).values())
            text = text[: shutil.get_terminal_size().columns - 1]
            print(f"\r\033[K{text}", end="", file=self.out, flush=True)

    def ended(self, lesson: Lesson, record: "Record") -> None:
        """A lesson has ended, well or not."""
        self.running.pop(lesson.number, None)
        self.say(
            f"{lesson.name:<28} {record.status:<8} {clock(record.seconds)}"
            f"  {record.peak_memory_mb / 1024:.1f} GB"
        )
        if record.error:
            log = self.job.folder / "logs" / f"{lesson.name}.log"
            self.say(f"    {record.error}\n    log: {log}")

    def skipped(self, lesson: Lesson, record: "Record") -> None:
        """A lesson was finished before, from the same inputs."""
        self.say(
            f"{lesson.name:<28} finished, {clock(record.seconds)} (--fresh: again)"
        )

    def interrupted(self) -> None:
        """After a Ctrl-C."""
        self.say("stopped; finished lessons are kept, the same command goes on")

    def table(self, known: Iterable["Record"]) -> None:
        """All lessons of the job, how long this run took, and where its page is."""
        rule = "-" * min(64, shutil.get_terminal_size().columns)
        self.say(f"\n{'lesson':<28} {'status':<8} {'time':>6} {'memory':>8}\n{rule}")
        mine = {lesson.name for lesson in self.job.lessons}
        for record in known:
            if record.lesson in mine:
                self.say(
                    f"{record.lesson:<28} {record.status:<8}"
                    f" {clock(record.seconds):>6} {record.peak_memory_mb / 1024:6.1f}GB"
                )
        took = clock(time.monotonic() - self.begun)
        beside = ", side by side" if self.job.side_by_side > 1 else ""
        self.say(f"{rule}\n{f'this run{beside}':<37} {took:>6}")
        self.say(str(self.job.folder / "index.html"))


def _cells(lesson: Lesson) -> int:
    return len(json.loads(lesson.path.read_text(encoding="utf-8"))["cells"])


def clock(seconds: float) -> str:
    """Minutes and seconds: `3:07`."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
