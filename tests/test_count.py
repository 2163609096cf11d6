"""Every exercise of the course is tried, and the one who tries is tried too."""

import pytest
from lesson import course

from dfstudy import paths
from dfstudy.course import __main__ as command
from dfstudy.course import build, count, lessons

EVERY = lessons.find()
GOOD = """
WRONG = {
    "share": [(lambda y: sum(y), "divide"), (lambda y: 0.5, "0.75 is the share")],
    "most": [(0, "Labels are"), (2, "Labels are")],
}
RIGHT = {"most": [1.0]}
GIVEN = {"labels": [0, 1, 1, 0]}
"""


@pytest.mark.parametrize("lesson", EVERY, ids=lambda lesson: lesson.number)
def test_every_stub_solution_and_wrong_answer_of(lesson):
    tried = count.lesson(lesson, paths.root())
    assert tried.problems == []
    assert tried.exercises >= count.LEAST
    assert tried.stubs == tried.right == tried.exercises
    assert tried.wrong >= count.LEAST * tried.exercises


@pytest.mark.parametrize("module", lessons.MODULES, ids=lambda module: module.slug)
def test_every_wrong_option_of_the_quiz(module):
    tried = count.questions(module)
    assert tried.problems == []
    assert tried.wrong >= 2 * tried.exercises


def test_every_lesson_has_planted_answers():
    folder = paths.root() / "tests" / "answers"
    there = {path.stem for path in folder.glob("lesson_*.py")}
    assert there == {f"lesson_{lesson.number}" for lesson in EVERY}


@pytest.fixture
def tiny(tmp_path):
    """Counts of the tiny course: give it the text of its planted answers."""
    root = course(tmp_path)
    build.write(root)
    folder = root / "tests" / "answers"
    folder.mkdir(parents=True)

    def tried(answers: str = GOOD) -> count.Count:
        (folder / "lesson_42.py").write_text(answers, encoding="utf-8")
        (lesson,) = lessons.find(root / "notebooks")
        return count.lesson(lesson, root)

    tried.root = root
    return tried


def test_a_sound_lesson_is_counted(tiny):
    tried = tiny()
    assert tried.problems == []
    counted = tried.exercises, tried.stubs, tried.wrong, tried.right, tried.others
    assert counted == (2, 2, 4, 2, 1)
    lines = list(count.table([tried, count.questions(lessons.MODULES[0])]))
    assert lines[1].split() == ["42", "2", "2", "4", "2", "1", "0"]
    assert lines[2].split()[:4] == ["all", "exercises", "2", "2"]
    assert lines[-1].split()[:3] == ["all", "quizzes", "7"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("lambda y: sum(y)", "lambda y: sum(y) / len(y)", "'correct', not 'try again'"),
        ("lambda y: sum(y)", "None", "'not attempted', not 'try again'"),
        ('"divide"', '"multiply"', "'multiply' is not in"),
        ('"divide"', '""', "'' is not in"),
        (', (2, "Labels are")', "", "Exercise 2: 1 wrong answers"),
        ('"most": [(0', '"least": [(0', "answers to 'least', which is no exercise"),
        ("[1.0]", "[3]", "others: 'try again', not 'correct'"),
    ],
)
def test_what_is_wrong_with_planted_answers(tiny, old, new, problem):
    assert old in GOOD
    tried = tiny(GOOD.replace(old, new))
    assert any(problem in text for text in tried.problems), tried.problems


def test_without_planted_answers(tiny):
    tried = tiny("GIVEN = {'labels': [0, 1]}")
    assert tried.problems == [
        "42_tiny, Exercise 1: 0 wrong answers",
        "42_tiny, Exercise 2: 0 wrong answers",
    ]


@pytest.mark.parametrize(
    ("place", "old", "new", "problem"),
    [
        ("", "return ...", "return 0.75", "stubs: 'correct', not 'not attempted'"),
        ("solutions/", "/ len(labels)", "", "right: 'try again', not 'correct'"),
    ],
)
def test_what_is_wrong_with_a_notebook(tiny, place, old, new, problem):
    path = tiny.root / "notebooks" / f"{place}42_tiny.ipynb"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert any(problem in text for text in tiny().problems)


def test_one_exercise_is_too_few(tiny):
    for place in ("", "solutions/"):
        path = tiny.root / "notebooks" / f"{place}42_tiny.ipynb"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("### Exercise 2", "### Beyond"), encoding="utf-8")
    assert any("has 1 exercises, not 2" in text for text in tiny().problems)


def test_the_command_prints_the_counts_and_fails_on_a_problem(monkeypatch, capsys):
    sound = count.Count("03", exercises=2, stubs=2, wrong=5, right=2)
    monkeypatch.setattr(count, "course", lambda root: [sound])
    assert command.main(["count"]) == 0
    assert "03" in capsys.readouterr().out
    sound.problems.append("03, Exercise 1: it passes")
    assert command.main(["count"]) == 1
    assert "it passes\n1 problems" in capsys.readouterr().out
