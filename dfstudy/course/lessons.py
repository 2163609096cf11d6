"""The lessons there are, read from the built notebooks, in the order of their numbers.

    for lesson in lessons.find(): print(lesson.number, lesson.question)

What a lesson says of itself (question, minutes, memory) stands in its source's header
and goes from there into the notebook's metadata, `--list`, `--plan`, the README and the
run's index: typed once.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfstudy import paths, profiles

FIELDS = ("lesson", "slug", "question", "minutes", "memory_gb", "disk_gb", "gpu")
OPTIONAL = ("waits",)


class LessonError(ValueError):
    """A lesson's header is wrong, or a lesson that was asked for is not there."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """One notebook. Minutes are per profile; memory and disk for the profile laptop."""

    number: str  # two digits
    slug: str
    question: str
    minutes: dict[str, float]
    memory_gb: float
    disk_gb: float
    gpu: bool  # whether the profiles colab and paper need one
    path: Path
    waits: bool = False  # it reads what the lessons before it have left in the run

    @property
    def name(self) -> str:
        """`NN_slug`, the file's name."""
        return f"{self.number}_{self.slug}"


@dataclass(frozen=True, kw_only=True)
class Module:
    """Lessons that belong together; a quiz closes the last of them."""

    slug: str
    title: str
    numbers: tuple[str, ...]  # of its lessons, in order


MODULES = (
    Module(slug="seeing", title="Data and seeing", numbers=("00", "01", "02")),
    Module(slug="motion", title="A frame and motion", numbers=("03", "04", "05")),
    Module(slug="time", title="Time", numbers=("06", "07", "08")),
    Module(
        slug="experiments",
        title="Experiments and comparison",
        numbers=("09", "10", "11"),
    ),
    Module(slug="trust", title="Trust", numbers=("12", "13", "14", "15")),
    Module(slug="scale", title="Scale", numbers=("16",)),
)


def module_of(number: str) -> Module:
    """The module of lesson `number` ("03"); LessonError where it is in none."""
    for module in MODULES:
        if number in module.numbers:
            return module
    raise LessonError(f"lesson {number} is in no module: add it to lessons.MODULES")


def folder() -> Path:
    """Where the built notebooks are."""
    return paths.root() / "notebooks"


def describe(header: dict[str, Any], path: Path) -> Lesson:
    """The lesson whose header is `header`; LessonError says what is wrong with it."""
    lacking = [field for field in FIELDS if field not in header]
    unknown = sorted(set(header) - {*FIELDS, *OPTIONAL})
    if lacking or unknown:
        raise LessonError(
            f"{path.name}: the header's dfstudy block lacks {lacking or 'nothing'}"
            f" and has unknown {unknown or 'nothing'}"
        )
    minutes = header["minutes"]
    if set(minutes) != set(profiles.NAMES):
        raise LessonError(
            f"{path.name}: give minutes for {', '.join(profiles.NAMES)},"
            f" not for {', '.join(minutes)}"
        )
    lesson = Lesson(
        number=str(header["lesson"]),
        slug=header["slug"],
        question=header["question"],
        minutes={name: float(minutes[name]) for name in profiles.NAMES},
        memory_gb=float(header["memory_gb"]),
        disk_gb=float(header["disk_gb"]),
        gpu=bool(header["gpu"]),
        path=path,
        waits=bool(header.get("waits", False)),
    )
    if lesson.name != path.stem or not (
        len(lesson.number) == 2 and lesson.number.isdigit()
    ):
        raise LessonError(
            f"{path.name}: its header names it {lesson.name}; lesson is two digits in"
            ' quotes ("03"), and both must give the file its name'
        )
    return lesson


def find(place: Path | None = None) -> list[Lesson]:
    """Every lesson built into `place` (default: the course's own), in order."""
    found = []
    for path in sorted((place or folder()).glob("[0-9][0-9]_*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        header = notebook.get("metadata", {}).get("dfstudy")
        if header is None:
            raise LessonError(f"{path.name} was not built by dfstudy.course build")
        found.append(describe(header, path))
    return found


def select(
    every: Sequence[Lesson], *, only: Sequence[str] = (), start: str | None = None
) -> list[Lesson]:
    """The lessons named in `only`, from `start` on; by number, slug or both.

    LessonError where a name fits no lesson, with the numbers there are.
    """

    def at(name: str) -> int:
        wanted = name.zfill(2) if name.isdigit() else name
        for index, lesson in enumerate(every):
            if wanted in (lesson.number, lesson.slug, lesson.name):
                return index
        there_are = ", ".join(lesson.number for lesson in every) or "none"
        raise LessonError(f"no lesson {name!r}; there are: {there_are}")

    chosen = sorted({at(name) for name in only}) if only else range(len(every))
    first = at(start) if start is not None else 0
    return [every[index] for index in chosen if index >= first]
