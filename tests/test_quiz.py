"""The quizzes teach: one right answer a question, and a reason for every other."""

import re
from collections import Counter

import nbformat
import pytest

from dfstudy.course import lessons, quiz

SLUGS = [module.slug for module in lessons.MODULES]
EVERY = [(slug, at, q) for slug in SLUGS for at, q in enumerate(quiz.questions(slug))]


def key(slug):
    return "".join(question.key for question in quiz.questions(slug))


def wrong_sets(slug):
    """The right answers with one wrong one in every place: (letters, its reason)."""
    right = key(slug)
    for at, question in enumerate(quiz.questions(slug)):
        for letter, option in zip(quiz.LETTERS, question.options, strict=False):
            if not option.right:
                yield right[:at] + letter + right[at + 1 :], option.why


@pytest.mark.parametrize("slug", SLUGS)
def test_five_to_eight_questions_of_three_or_four_options(slug):
    asked = quiz.questions(slug)
    assert 5 <= len(asked) <= 8
    assert all(3 <= len(question.options) <= 4 for question in asked)
    assert all(sum(o.right for o in question.options) == 1 for question in asked)
    assert len({question.ask for question in asked}) == len(asked)


def test_every_option_has_a_reason_of_its_own():
    options = [option for _, _, question in EVERY for option in question.options]
    reasons = Counter(option.why for option in options)
    assert reasons.most_common(1)[0][1] == 1
    assert all(len(option.why) > 20 and option.why[-1] in ".?" for option in options)
    for _, _, question in EVERY:
        assert len({option.text for option in question.options}) == len(
            question.options
        )


def test_neither_place_nor_length_tells_the_answer():
    places = Counter(question.key for _, _, question in EVERY)
    assert max(places.values()) <= 0.45 * len(EVERY)
    assert len(places) == 4
    for slug in SLUGS:
        assert len(set(key(slug))) >= 3
    ranks = [
        sorted(question.options, key=lambda o: len(o.text)) for _, _, question in EVERY
    ]
    assert sum(options[-1].right for options in ranks) <= 0.45 * len(EVERY)
    assert sum(options[0].right for options in ranks) <= 0.45 * len(EVERY)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_wrong_answer_is_explained_and_the_right_ones_pass(slug, capsys):
    assert quiz.check(key(slug), slug).state == "correct"
    assert quiz.check(list(key(slug).upper()), slug).state == "correct"
    assert quiz.check(", ".join(key(slug)), slug).state == "correct"
    planted = list(wrong_sets(slug))
    assert len(planted) == sum(len(q.options) - 1 for q in quiz.questions(slug))
    for letters, why in planted:
        status = quiz.check(letters, slug)
        assert status.state == "try again"
        assert why in status.message
        assert f"{len(letters) - 1} of {len(letters)} are right" in status.message
    assert "try again" in capsys.readouterr().out


@pytest.mark.parametrize("untouched", [None, ..., "", "-------", "- - -"])
def test_untouched(untouched):
    assert quiz.check(untouched, "time").state == "not attempted"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ("ab", "7 questions and you gave 2"),
        ({1: "a"}, "as letters"),
        ("zbaabcb", "1: choose of a, b, c, d, not z"),
        ("-" + "baabcb", "1: no answer yet"),
    ],
)
def test_answers_of_another_form(answers, message):
    status = quiz.check(answers, "time")
    assert status.state == "try again" and message in status.message


def test_the_page_folds_its_answers_and_needs_no_kernel():
    for slug in SLUGS:
        shown = quiz.show(slug).data
        asked = quiz.questions(slug)
        assert shown.count("<details>") == shown.count("</details>") == len(asked)
        for part in re.sub(r"<details>.*?</details>", "", shown).split("</ol>"):
            assert "right:" not in part and "wrong:" not in part
        assert "`" not in shown and "<script" not in shown
    assert "<code>batch_first</code>" in quiz.show("time").data


def test_a_module_that_is_not_there():
    with pytest.raises(ValueError, match="seeing, motion"):
        quiz.questions("cooking")


@pytest.mark.parametrize("module", lessons.MODULES, ids=SLUGS)
def test_the_solution_of_the_closing_lesson_is_the_key(module):
    (lesson,) = lessons.select(
        lessons.find(lessons.folder() / "solutions"), only=[module.numbers[-1]]
    )
    code = "\n".join(
        cell.source
        for cell in nbformat.read(lesson.path, as_version=4).cells
        if cell.cell_type == "code"
    )
    assert f'letters = "{key(module.slug)}"' in code


def test_every_lesson_is_in_one_module():
    numbers = [number for module in lessons.MODULES for number in module.numbers]
    assert numbers == [lesson.number for lesson in lessons.find()]
    assert lessons.module_of("07").slug == "time"
    with pytest.raises(lessons.LessonError, match=r"lessons\.MODULES"):
        lessons.module_of("99")
