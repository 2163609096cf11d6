"""What a run would take, before it takes it: minutes, memory, disk.

    python -m dfstudy.course run --plan --profile laptop

Minutes come from this machine's own last run of the same profile where there is one,
otherwise from the lesson's header (measured on the machine that the profile is for).
"""

import shutil

import psutil

from dfstudy import paths, profiles, workers
from dfstudy.course.lessons import Lesson
from dfstudy.course.run import Job, fingerprint, read_record


def listing(lessons: list[Lesson], profile: str) -> str:
    """The lessons with question and minutes, as text."""
    lines = [
        f"{lesson.number}  {lesson.question}  ({lesson.minutes[profile]:g} min)"
        for lesson in lessons
    ]
    total = sum(lesson.minutes[profile] for lesson in lessons)
    return "\n".join([*lines, f"{len(lines)} lessons, {total:g} min ({profile})"])


def forecast(job: Job) -> str:
    """The plan of `job` as text, beside what this machine has free."""
    head = f"{'lesson':<28} {'minutes':>8} {'memory':>8} {'disk':>8}"
    lines = [f"profile {job.profile}: {profiles.get(job.profile).machine}", head]
    minutes = memory = disk = 0.0
    for lesson in job.lessons:
        record = read_record(job, lesson)
        ours = record is not None and record.status == "ok"
        takes = record.seconds / 60 if ours else lesson.minutes[job.profile]
        notes = ["measured here"] if ours else []
        if ours and record.inputs == fingerprint(job, lesson):
            takes, notes = 0.0, ["finished, will be skipped"]
        if lesson.gpu and job.profile in ("colab", "paper"):
            notes.append("needs a GPU")
        minutes, disk = minutes + takes, disk + lesson.disk_gb
        memory = max(memory, lesson.memory_gb)
        lines.append(
            f"{lesson.name:<28} {takes:8.1f} {lesson.memory_gb:5.1f} GB"
            f" {lesson.disk_gb:5.1f} GB  {', '.join(notes)}".rstrip()
        )
    total = (
        f"{'all, one after another':<28} {minutes:8.1f} {memory:5.1f} GB {disk:5.1f} GB"
    )
    has_memory = psutil.virtual_memory().available / 2**30
    has_disk = shutil.disk_usage(paths.home()).free / 2**30
    lines += [
        total,
        f"this machine: {workers.cores()} cores, {has_memory:.1f} GB of memory and"
        f" {has_disk:.1f} GB of disk free ({paths.home()})",
    ]
    if job.profile in ("colab", "paper"):
        lines.append("memory and disk are those of the profile laptop: plan for more")
    if has_memory < memory:
        lines.append("not enough memory: close other programs, or use --profile smoke")
    if has_disk < disk:
        lines.append("not enough disk: make room, or set DFSTUDY_HOME to another disk")
    return "\n".join(lines)
