"""The README's tables, from what is published: lessons with their minutes, results.

readme.lessons_table(root, lessons.find(), badge=build.badge)
readme.results_table(root)
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from dfstudy import profiles
from dfstudy.course import published
from dfstudy.course.lessons import Lesson
from dfstudy.course.published import PAIR, RUNS, WHOLE, Time

# How fast a lesson is read: prose with figures, and code that is understood.
WORDS_A_MINUTE, LINES_A_MINUTE = 180, 15


def reading_minutes(path: Path) -> float:
    """How long a notebook takes to read, at WORDS_A_MINUTE and LINES_A_MINUTE."""
    words = lines = 0
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
        else:
            prose = re.sub(r"\]\([^)]*\)|<!--.*?-->|<[^>]+>", " ", cell.source)
            words += len(re.findall(r"\w[\w'’.-]*", prose))
    return words / WORDS_A_MINUTE + lines / LINES_A_MINUTE


def rendering(root: Path) -> str:
    """One sentence: what rendering the synthetic set costs; "" where not measured."""
    rows = {row.profile: row for row in published.times(root) if row.lesson == PAIR}
    if not rows:
        return ""
    parts = ", ".join(
        f"`{name}` {_minutes(row.seconds * profiles.get(name).pairs / 2)}"
        for name, row in rows.items()
    )
    return (
        "The first lesson on a machine renders the videos, once. Minutes on two cores,"
        f" as many as Colab has (its own may be slower): {parts}."
    )


def lessons_table(
    root: Path, every: Iterable[Lesson], *, badge: Callable[[Lesson], str]
) -> str:
    """The README's table of lessons: question, reading, minutes, memory, GPU, badge.

    Args:
        badge: a lesson -> Markdown.
    """
    known = {(row.profile, row.run, row.lesson): row for row in published.times(root)}
    names = profiles.NAMES
    lines = [
        f"| | question | read | {' | '.join(f'`{name}`' for name in names)}"
        " | memory | GPU | |",
        "|---|---|---:|" + "---:|" * len(names) + "---:|---|---|",
    ]
    for lesson in every:
        runs = {
            name: [known.get((name, run, lesson.name)) for run in RUNS]
            for name in names
        }
        cells = [_cell(runs[name], forecast=lesson.minutes[name]) for name in names]
        peaks = [row.peak_mb for row in runs["laptop"] if row]
        memory = (
            f"{max(peaks) / 1024:.1f} GB" if peaks else f"*{lesson.memory_gb:g} GB*"
        )
        link = f"[{lesson.number}](notebooks/{lesson.name}.ipynb)"
        read = f"{reading_minutes(lesson.path):.0f}"
        gpu = "T4" if lesson.gpu else "no"
        row = [link, lesson.question, read, *cells, memory, gpu, badge(lesson)]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join([*lines, "", _about_times(known)])


def picture(root: Path) -> str:
    """The picture that opens the README, with words for who cannot see it."""
    path = published.FOLDER / "overview.jpg"
    if not (root / path).exists():
        return "No picture has been published yet."
    words = (
        "Rows of frames of rendered heads: real, and four kinds of forgery; frames with"
        " an orange edge are forged. Below them the AUROC of each detector on each"
        " kind, as in the table under What the detectors reach."
    )
    return f"![{words}]({path.as_posix()})"


def results_table(root: Path) -> str:
    """The README's table of what detectors reach; one sentence where there is none."""
    found = published.results(root)
    if found is None:
        return "No run has been published yet."
    from dfstudy.training.results import cell

    about = found["about"]
    kinds = list(dict.fromkeys(k for row in found["detectors"] for k in row["kinds"]))
    lines = [
        f"| detector | lesson | runs | AUROC, all | {' | '.join(kinds)} |",
        "|---|---|---:|" + "---|" * (len(kinds) + 1),
    ]
    for row in found["detectors"]:
        cells = [
            cell(_numbers(row["kinds"][kind]))
            + ("" if row["kinds"][kind]["learned"] else " ¹")
            for kind in kinds
        ]
        start = [row["name"], row["lesson"], str(row["runs"])]
        lines.append(
            f"| {' | '.join([*start, cell(_numbers(row['auroc'])), *cells])} |"
        )
    for row in found["trivial"]:
        start = [f"*{row['name']}*", "trivial", "", cell(_numbers(row["auroc"]))]
        lines.append(f"| {' | '.join(start + [''] * len(kinds))} |")
    commits = ", ".join(
        name[:7] + "-dirty" * ("-" in name) for name in about["commits"]
    )
    seeds = ", ".join(map(str, about["seeds"]))
    note = (
        f"AUROC with 95 % interval on {about['videos']} {about['kind']} test videos"
        f" ({about['data']}) of {about['groups']} groups of people whom no detector has"
        f' seen; "all": {", ".join(about["families"])}. Profile `{about["profile"]}`,'
        f" backbone {about['backbone']}, start {about['pretrained']}; seeds {seeds};"
        f" {about['date']}, commit {commits}. ¹ never learned."
    )
    return "\n".join([*lines, "", note])


def _about_times(known: dict[tuple[str, str, str], Time]) -> str:
    notes = [
        "Minutes of the machine that a profile is for: first run, with nothing made"
        " before, then a later one; *in italics* a forecast. Reading at"
        f" {WORDS_A_MINUTE} words or {LINES_A_MINUTE} lines of code a minute."
    ]
    for name in profiles.NAMES:
        rows = [known.get((name, run, WHOLE)) for run in RUNS]
        said = [
            f"{row.run} {_minutes(row.seconds)} ({row.date}, commit {row.commit[:7]})"
            for row in rows
            if row
        ]
        if said:
            machine = next(row.machine for row in rows if row)
            notes.append(f"Whole course in `{name}`, {machine}: {', '.join(said)} min.")
    return " ".join(notes)


def _cell(rows: Sequence[Time | None], *, forecast: float) -> str:
    said = [_minutes(row.seconds) for row in rows if row]
    return ", ".join(said) or f"*{forecast:g}*"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f}" if seconds >= 57 else "< 1"


def _numbers(entry: dict[str, Any]) -> dict[str, float]:
    return {k: float("nan") if entry[k] is None else entry[k] for k in published.KEYS}
