"""The checks' checker: untouched, two typical wrong answers, the solution."""

import pytest

from dfstudy.course.exercises import Status, WrongAnswer, check, expect


def share_test(share):
    expect(share([1, 0]) <= 1, "A share is at most 1: divide by the number.")
    expect(share([1, 1, 1, 0]) == 0.75, "Three of four: 0.75.")


def value_test(value):
    expect(value == 3, "Three.")


def unfinished(labels):
    raise NotImplementedError


@pytest.mark.parametrize(
    "answer", [None, ..., lambda x: None, lambda x: ..., unfinished]
)
def test_untouched(answer, capsys):
    assert check(answer, share_test).state == "not attempted"
    assert "not attempted" in capsys.readouterr().out


def test_correct(capsys):
    status = check(lambda x: sum(x) / len(x), share_test, name="Exercise 2")
    assert status == Status("correct", "")
    assert capsys.readouterr().out == "✓ Exercise 2: correct.\n"
    assert check(3, value_test).state == "correct"


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda x: sum(x) * 2, "divide by the number"),
        (lambda x: 0.5, "Three of four"),
        (lambda x: x / 0, "stopped with TypeError"),
        (lambda: 1, "stopped with TypeError"),
    ],
)
def test_wrong_answers_are_taught_and_stop_nothing(answer, message):
    status = check(answer, share_test)
    assert status.state == "try again"
    assert message in status.message


def test_a_plain_assert_teaches_too():
    def test(value):
        assert value == 3

    assert check(4, test).state == "try again"


def test_zero_and_false_are_answers():
    assert check(0, value_test).state == "try again"
    assert check(False, value_test).state == "try again"


def test_a_broken_solution_fails(monkeypatch):
    monkeypatch.setenv("DFSTUDY_SOLUTIONS", "1")
    assert check(3, value_test).state == "correct"
    for answer in (None, 4):
        with pytest.raises(
            WrongAnswer, match="the solution of Exercise is not correct"
        ):
            check(answer, value_test)
