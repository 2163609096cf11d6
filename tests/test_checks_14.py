"""Lesson 14: the suspects, and what is said of them (its answers: see answers/)."""

import pytest

from dfstudy.course import bugs, checks_14


def always(part):
    return True


@pytest.mark.parametrize("untouched", [None, ..., lambda part: None])
def test_untouched(untouched):
    for part in bugs.PARTS.values():
        assert checks_14.finds(part, untouched).state == "not attempted"
    assert checks_14.convicts(untouched).state == "not attempted"


def test_suspects_differ_and_have_bugs():
    several = [bugs.suspect(seed) for seed in range(20)]
    assert all(2 <= len(one.broken) <= 4 for one in several)
    assert len({one.broken for one in several}) > 5
    assert set().union(*(one.broken for one in several)) == set(bugs.PARTS)


def test_convict_must_be_right_about_every_part(monkeypatch):
    study = bugs.Suspect(parts={"deal": always}, broken=frozenset({"deal", "crop"}))
    monkeypatch.setattr(bugs, "suspect", lambda seed: study)
    assert checks_14.convicts(lambda parts: ["crop", "deal"]).state == "correct"
    wrong = checks_14.convicts(lambda parts: list(bugs.PARTS))
    assert wrong.state == "try again" and "innocent" in wrong.message
    missed = checks_14.convicts(lambda parts: ["deal"])
    assert missed.state == "try again" and "['crop'] go" in missed.message
    assert "no parts" in checks_14.convicts(lambda parts: ["face"]).message


def test_what_the_lesson_says_of_a_study(capsys):
    checks_14.compare(None)
    assert "No check is written" in capsys.readouterr().out
    checks_14.compare({"deal": True, "area": False})
    assert "BROKEN" in capsys.readouterr().out
