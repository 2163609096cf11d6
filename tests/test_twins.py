"""A detector from each start; on idle cores the twins are trained side by side."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from conftest import TINY

from dfstudy import workers
from dfstudy.training import experiment, fitted
from dfstudy.training import twins as module
from dfstudy.training.rule import MAJORITY
from dfstudy.training.twins import twins

PROFILE = replace(TINY, network="slim", pretrained="synthetic-tracks")


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """A `train` that takes `seconds`, and who was trained where, in order."""
    calls = SimpleNamespace(here=[], ahead=[], seconds=60.0)

    def train(model, *, start, **options):
        calls.here.append(start)
        result = {"pretrained": start, "cost": {"train_s": calls.seconds}}
        return SimpleNamespace(result=result, **options)

    def ahead(jobs):
        calls.ahead += [job["start"] for job in jobs]

    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path))
    monkeypatch.setattr(module, "train", train)
    monkeypatch.setattr(module, "_ahead", ahead)
    return calls


def options(**changes):
    return {"lesson": "03", "data": None, "profile": PROFILE, "seed": 0} | changes


def test_each_start_has_its_own_and_the_profiles_comes_first(asked):
    found = twins("frame_torch", rules=[MAJORITY], **options(seed=3))
    assert list(found) == ["synthetic-tracks", "synthetic-identity", "none"]
    assert asked.here == list(found)
    assert {one.seed for one in found.values()} == {3}
    assert asked.ahead == ["synthetic-identity", "none"]


def test_quick_ones_are_worth_no_process(asked):
    asked.seconds = 1.0
    twins("frame_torch", rules=[MAJORITY], **options())
    assert asked.ahead == []


def test_what_is_there_is_not_trained_ahead(asked):
    where = {name: value for name, value in options().items() if name != "data"}
    there = experiment.result_file("frame_torch", start="none", **where)
    there.parent.mkdir(parents=True)
    there.touch()
    twins("frame_torch", rules=[MAJORITY], **options())
    assert asked.ahead == ["synthetic-identity"]


def test_processes_leave_what_the_same_call_finds(tiny_data, places, monkeypatch):
    monkeypatch.setattr(workers, "idle", lambda: 2)
    jobs = [
        options(data=tiny_data, profile=TINY, seed=seed)
        | {"model": "frame_torch", "start": "none", "rules": [MAJORITY]}
        for seed in (71, 72)
    ]
    module._ahead(jobs)
    monkeypatch.setattr(fitted, "_fit", None)  # nothing is trained any more
    for job in jobs:
        assert experiment.train(**job).result["seed"] == job["seed"]
