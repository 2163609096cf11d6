"""Every exercise is tried and counted: its stub, its solution, wrong answers to it.

    python -m dfstudy.course count

A check must call an untouched stub "not attempted", a solution "correct", and a typical
wrong answer "try again" with a message that helps. Stubs and solutions are those of the
built notebooks; wrong answers are planted in `tests/answers/lesson_NN.py`:

    WRONG = {"share": [(lambda labels: labels.sum(), "divide by the number"), ...]}

by the name that the student gives the answer, each with words that its message must
have. `RIGHT` may hold other answers that must pass, `GIVEN` what a check's call needs
from the rest of the lesson. The quizzes are tried with every wrong option.
"""

import ast
import contextlib
import importlib.util
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat

from dfstudy.course import lessons, quiz, rules
from dfstudy.course.exercises import Status

LEAST = 2  # exercises of a lesson, wrong answers to each


@dataclass
class Count:
    """What of one lesson or quiz was tried and went as it must, and what did not."""

    name: str
    exercises: int = 0
    stubs: int = 0  # not attempted
    wrong: int = 0  # told why
    right: int = 0  # correct
    others: int = 0  # other right answers, correct
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Exercise:
    """One exercise: the answer's name, its two cells, and the call that checks it."""

    title: str
    name: str
    stub: str
    solution: str
    call: str
    imports: str


def course(root: Path) -> list[Count]:
    """All lessons of the course in `root`, then its quizzes."""
    place = root / "notebooks"
    return [lesson(one, root) for one in lessons.find(place)] + [
        questions(module) for module in lessons.MODULES
    ]


def lesson(one: lessons.Lesson, root: Path) -> Count:
    """Try the exercises of one lesson."""
    count = Count(one.number)
    planted = answers(root / "tests" / "answers" / f"lesson_{one.number}.py")
    seen = exercises(one.path, one.path.parent / "solutions" / one.path.name)
    count.exercises = len(seen)
    if len(seen) < LEAST:
        count.problems.append(f"{one.name} has {len(seen)} exercises, not {LEAST}")
    untouched, solved = dict(planted.GIVEN), dict(planted.GIVEN)
    for exercise in seen:
        tell = partial(_tell, count, exercise.title)
        tell("stubs", _run(exercise, exercise.stub, untouched))
        tell("right", _run(exercise, exercise.solution, solved))

        def ask(answer: Any, exercise: Exercise = exercise) -> Status:
            return _ask(exercise, solved | {exercise.name: answer})

        for answer in planted.RIGHT.get(exercise.name, ()):
            tell("others", ask(answer))
        wrong = planted.WRONG.get(exercise.name, ())
        if len(wrong) < LEAST:
            count.problems.append(f"{exercise.title}: {len(wrong)} wrong answers")
        for answer, message in wrong:
            tell("wrong", ask(answer), message)
    names = {exercise.name for exercise in seen}
    for stray in (set(planted.WRONG) | set(planted.RIGHT)) - names:
        count.problems.append(f"{one.name}: answers to {stray!r}, which is no exercise")
    return count


def questions(module: lessons.Module) -> Count:
    """Try the quiz of a module: untouched, right, and every wrong option by itself."""
    count = Count(f"quiz {module.slug}")
    asked = quiz.questions(module.slug)
    count.exercises = len(asked)
    key = "".join(question.key for question in asked)

    def given(letters: str | None) -> Status:
        with contextlib.redirect_stdout(io.StringIO()):
            return quiz.check(letters, module.slug)

    _tell(count, count.name, "stubs", given(None))
    _tell(count, count.name, "right", given(key))
    for at, question in enumerate(asked):
        where = f"{count.name}, question {at + 1}"
        for letter, option in zip(quiz.LETTERS, question.options, strict=False):
            if not option.right:
                status = given(key[:at] + letter + key[at + 1 :])
                _tell(count, where, "wrong", status, option.why)
    return count


def answers(path: Path) -> SimpleNamespace:
    """WRONG, RIGHT and GIVEN of a file of planted answers; empty where it is not."""
    found = SimpleNamespace(WRONG={}, RIGHT={}, GIVEN={})
    if path.exists():
        spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name in vars(found):
            setattr(found, name, getattr(module, name, {}))
    return found


def exercises(stubs: Path, solutions: Path) -> list[Exercise]:
    """The exercises of a lesson, from its two notebooks."""
    notebook, solved = (
        nbformat.read(path, as_version=4) for path in (stubs, solutions)
    )
    imports = [
        node
        for _, tree in rules.code(solved)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    found = []
    pairs = zip(
        rules.exercise_parts(notebook), rules.exercise_parts(solved), strict=True
    )
    for (title, cells), (_, solution_cells) in pairs:
        (name, stub, call), (_, solution, _) = _cell(cells), _cell(solution_cells)
        tree = ast.parse(f"{solution}\n{call}")
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        wanted = [
            ast.unparse(node)
            for node in imports
            if any((one.asname or one.name.split(".")[0]) in used for one in node.names)
        ]
        found.append(
            Exercise(
                title=f"{stubs.stem}, {title.split(' ·')[0]}",
                name=name,
                stub=stub,
                solution=solution,
                call=call,
                imports="\n".join(wanted),
            )
        )
    return found


def _cell(cells: list[nbformat.NotebookNode]) -> tuple[str, str, str]:
    """The answer's name, its code, and the call that checks it, there or a cell on."""
    tags = [cell.metadata.get("tags", []) for cell in cells]
    place = next(at for at, some in enumerate(tags) if "exercise" in some)
    *code, last = ast.parse(cells[place].source).body
    answer = code[-1] if _is_check(last) else last
    if answer is last:
        *more, call = ast.parse(cells[place + 1].source).body
        code, last = [*code, last, *more], call
    name = answer.name if hasattr(answer, "name") else answer.targets[0].id
    return name, "\n".join(map(ast.unparse, code)), ast.unparse(last.value)


def _is_check(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr | ast.Assign) and "check" in ast.unparse(
        getattr(statement.value, "func", statement)
    )


def _run(exercise: Exercise, code: str, names: dict[str, Any]) -> Status:
    """Run a cell of the exercise in `names`, then its check."""
    exec(f"{exercise.imports}\n{code}", names)
    return _ask(exercise, names)


def _ask(exercise: Exercise, names: dict[str, Any]) -> Status:
    with contextlib.redirect_stdout(io.StringIO()):
        return eval(exercise.call, names)


_MUST = {
    "stubs": "not attempted",
    "wrong": "try again",
    "right": "correct",
    "others": "correct",
}


def _tell(count: Count, where: str, what: str, status: Status, says: str = "") -> None:
    """Count a status that is as it must be; else note what is wrong with it."""
    if status.state != _MUST[what]:
        count.problems.append(
            f"{where}, {what}: {status.state!r}, not {_MUST[what]!r}: {status.message}"
        )
    elif says not in status.message or (what == "wrong" and not says):
        count.problems.append(f"{where}: {says!r} is not in {status.message!r}")
    else:
        setattr(count, what, getattr(count, what) + 1)


_COLUMNS = {
    "exercises": "asked",
    "stubs": "untouched",
    "wrong": "told why",
    "right": "correct",
    "others": "also right",
    "problems": "problems",
}


def table(counts: list[Count]) -> Iterator[str]:
    """The counts as lines of text, with their sums."""
    yield f"{'':<17}" + "".join(f"{said:>11}" for said in _COLUMNS.values())
    quizzes = [one for one in counts if one.name.startswith("quiz")]
    for what, some in (
        ("all exercises", [one for one in counts if one not in quizzes]),
        ("all quizzes", quizzes),
    ):
        numbers = [[_number(one, name) for name in _COLUMNS] for one in some]
        sums = [sum(column) for column in zip(*numbers, strict=True)]
        for name, row in zip(
            [*(one.name for one in some), what], [*numbers, sums], strict=True
        ):
            yield f"{name:<17}" + "".join(f"{number:>11}" for number in row)


def _number(count: Count, name: str) -> int:
    value = getattr(count, name)
    return value if isinstance(value, int) else len(value)
