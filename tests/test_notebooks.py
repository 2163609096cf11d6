"""The notebooks tier: every lesson and every solution runs, in the profile smoke.

One folder of data and one of runs for all lessons, and for all solutions: what one has
made the next finds there. With `-n 2 --dist loadgroup` the two run side by side.
"""

import os
from pathlib import Path

import pytest

from dfstudy import profiles
from dfstudy.course import check, execute, lessons, run, site

pytestmark = pytest.mark.notebooks
LESSONS = [lesson.name for lesson in lessons.find()]
SOLUTIONS = [lesson.name for lesson in lessons.find(lessons.folder() / "solutions")]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The shared folder; the environment names it for lessons and their processes.

    Of this worker alone: two that write into one would read each other's halves.
    """
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        # Data that is there already may be used again: set DFSTUDY_HOME to say so.
        if not os.environ.get("DFSTUDY_HOME"):
            patch.setenv("DFSTUDY_HOME", str(folder / "data"))
        patch.setenv("DFSTUDY_RUNS", str(folder / "runs"))
        yield folder


def test_there_are_lessons():
    assert LESSONS and LESSONS == SOLUTIONS


@pytest.mark.xdist_group("lessons")
@pytest.mark.parametrize("name", LESSONS)
def test_lesson(place, name):
    (lesson,) = lessons.select(lessons.find(), only=[name])
    job = run.Job(lessons=[lesson], profile="smoke")
    code = run.run(job)
    record = run.read_record(job, lesson)
    assert code == 0, record and record.error
    copies = check.executed_folder(job.folder / "notebooks")
    assert copies == []
    assert (job.folder / "notebooks" / f"{name}.html").exists()
    assert name in (job.folder / "index.html").read_text(encoding="utf-8")
    assert site.problems(job.folder) == []
    if writes_results(lesson.path):
        assert list((job.folder / "results").glob(f"{lesson.number}_*.json"))


@pytest.mark.xdist_group("solutions")
@pytest.mark.parametrize("name", SOLUTIONS)
def test_solution(place, name):
    done = execute.run(
        lessons.folder() / "solutions" / f"{name}.ipynb",
        place / "solutions" / f"{name}.ipynb",
        place / "solutions" / f"{name}.log",
        parameters={"PROFILE": "smoke", "SEED": 0, "DATA": ""},
        timeout_s=profiles.get("smoke").timeout_minutes * 60,
        env={"DFSTUDY_SOLUTIONS": "1"},
    )
    assert done.status == "ok", done.error


def writes_results(notebook: Path) -> bool:
    """Whether the lesson promises results: those that train what is compared do."""
    return int(notebook.stem[:2]) in range(3, 11)
