"""The quiz that closes each module: questions whose wrong answers explain themselves.

    quiz.show("seeing")                    # the questions; their answers are folded
    quiz.check("abcabca", "seeing")        # one letter a question

The questions are `quizzes/<module>.toml`: what is asked, the right option, and wrong
ones, each with its reason; a wrong one is a mistake that is really made in this field.
"""

import hashlib
import html
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from IPython.display import HTML

from dfstudy.course import lessons
from dfstudy.course.exercises import Status, expect
from dfstudy.course.exercises import check as check_answer

LETTERS = "abcd"
_NOT_YET = "-"
_LETTERED = '<ol style="list-style-type:lower-alpha">'
_FOLDER = Path(__file__).parent / "quizzes"


@dataclass(frozen=True)
class Option:
    """One answer to choose; `why` says what is right or wrong with it."""

    text: str
    why: str
    right: bool


@dataclass(frozen=True)
class Question:
    """What is asked, and its options in the order in which they are shown."""

    ask: str
    options: tuple[Option, ...]

    @property
    def key(self) -> str:
        """The letter of the right option."""
        return next(
            letter
            for letter, option in zip(LETTERS, self.options, strict=False)
            if option.right
        )


def questions(module: str) -> tuple[Question, ...]:
    """The questions of a module (its slug, as in `lessons.MODULES`), in order.

    ValueError for a module that is not there.
    """
    slugs = [one.slug for one in lessons.MODULES]
    if module not in slugs:
        raise ValueError(f"no module {module!r}; there are: {', '.join(slugs)}")
    text = (_FOLDER / f"{module}.toml").read_text(encoding="utf-8")
    return tuple(_question(entry) for entry in tomllib.loads(text)["question"])


def _question(entry: dict) -> Question:
    options = [Option(*entry["right"], right=True)]
    options += [Option(*wrong, right=False) for wrong in entry["wrong"]]

    def place(option: Option) -> str:
        """Where it stands: the same for everybody, and nothing to learn from."""
        return hashlib.sha256(f"{option.text}|{entry['ask']}".encode()).hexdigest()

    return Question(entry["ask"], tuple(sorted(options, key=place)))


def show(module: str) -> HTML:
    """The questions as text; the answers are under a fold, one for each question."""
    items = []
    for question in questions(module):
        options = "".join(f"<li>{_text(one.text)}</li>" for one in question.options)
        reasons = "".join(
            f"<li><b>{'right' if one.right else 'wrong'}:</b> {_text(one.why)}</li>"
            for one in question.options
        )
        items.append(
            f'<li style="margin-bottom:1em"><b>{_text(question.ask)}</b>'
            f"{_LETTERED}{options}</ol>"
            "<details><summary>answers, once you have yours</summary>"
            f"{_LETTERED}{reasons}</ol></details></li>"
        )
    return HTML(f'<ol style="max-width:46em">{"".join(items)}</ol>')


def _text(text: str) -> str:
    """Escaped; what stands between backticks is code."""
    parts = html.escape(text, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts)
    )


def check(answers: str | Sequence[str] | None, module: str) -> Status:
    """Score the answers, one letter a question; wrong ones get their explanation.

    A `-` stands for a question without an answer yet. Blanks and commas do not count.
    """
    asked = questions(module)

    def test(given: str | Sequence[str]) -> None:
        expect(
            isinstance(given, str | list | tuple),
            'Write your answers as letters, "abc", in the order of the questions.',
        )
        letters = "".join(map(str, given)).replace(" ", "").replace(",", "").lower()
        expect(
            len(letters) == len(asked),
            f"There are {len(asked)} questions and you gave {len(letters)} letters: one"
            f" for each, and `{_NOT_YET}` where you have none yet.",
        )
        right, said = 0, []
        for number, (question, letter) in enumerate(
            zip(asked, letters, strict=True), start=1
        ):
            there = LETTERS[: len(question.options)]
            if letter == _NOT_YET:
                said.append(f"{number}: no answer yet.")
            elif letter not in there:
                said.append(f"{number}: choose of {', '.join(there)}, not {letter}.")
            elif letter == question.key:
                right += 1
            else:
                why = question.options[there.index(letter)].why
                said.append(f"{number}, {letter}: {why}")
        head = f"{right} of {len(asked)} are right."
        expect(not said, "\n  ".join([head, *said]))

    nothing = isinstance(answers, str) and not answers.strip(f"{_NOT_YET} ,")
    return check_answer(None if nothing else answers, test, name="Quiz")
