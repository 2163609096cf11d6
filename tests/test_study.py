"""What every lesson begins with, and the scales there are."""

import dataclasses

import pytest

from dfstudy import paths, profiles
from dfstudy.course import start


def test_start_says_the_scale(places, capsys):
    study = start("smoke", 3)
    assert "profile smoke" in capsys.readouterr().out
    assert study.seed == 3
    assert study.runs == places / "runs" / "smoke"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("huge",), "choose one of smoke, laptop"),
        (("smoke", -1), "SEED"),
        (("smoke", "0"), "SEED"),
        (("smoke", 0, "/no/such/folder"), "no such folder"),
    ],
)
def test_bad_parameters_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        start(*arguments)


def test_profiles_grow():
    smoke, laptop, colab, paper = map(profiles.get, profiles.NAMES)
    for name in ("pairs", "clip_frames", "epochs", "bootstrap", "timeout_minutes"):
        sizes = [getattr(p, name) for p in (smoke, laptop, paper)]
        assert sizes == sorted(sizes), name
    for profile in (smoke, laptop, colab, paper):
        assert sum(profile.split) == pytest.approx(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        smoke.pairs = 1


def test_places_follow_the_environment(places, monkeypatch):
    assert paths.home() == places / "data"
    monkeypatch.delenv("DFSTUDY_HOME")
    assert paths.home() == paths.root() / "data"
