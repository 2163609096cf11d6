"""A detector from each start, and what is trained ahead of a lesson on idle cores."""

import itertools
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from conftest import TINY

from dfstudy import paths, workers
from dfstudy.training import ahead as module
from dfstudy.training import experiment, fitted
from dfstudy.training import twins as of_twins
from dfstudy.training.ahead import Ahead, ahead
from dfstudy.training.rule import MAJORITY
from dfstudy.training.twins import jobs, twins

SEEDS = itertools.count(70)  # the place of what is trained lasts for the session
PROFILE = replace(TINY, network="slim", pretrained="synthetic-tracks")


def options(**changes):
    every = {"lesson": "03", "data": None, "profile": PROFILE, "seed": 0}
    return every | {"rules": [MAJORITY]} | changes


def test_each_start_has_its_own_and_the_profiles_comes_first(monkeypatch):
    asked = []

    def train(model, *, start, **options):
        return SimpleNamespace(result={"pretrained": start}, **options)

    monkeypatch.setattr(of_twins, "train", train)
    monkeypatch.setattr(of_twins, "ahead", asked.extend)
    found = twins("frame_torch", **options(seed=3))
    assert list(found) == ["synthetic-tracks", "synthetic-identity", "none"]
    assert {one.seed for one in found.values()} == {3}
    assert [job["start"] for job in asked] == ["synthetic-identity", "none"]


@pytest.fixture
def two_jobs(tiny_data, places, monkeypatch):
    """Trainings of TINY, for which there is always a core, and worth it."""
    monkeypatch.setattr(workers, "room", lambda: True)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return [
        options(
            data=tiny_data, profile=TINY, seed=seed, model="frame_torch", start="none"
        )
        for seed in itertools.islice(SEEDS, 2)
    ]


def test_the_lesson_finds_what_was_trained_ahead(two_jobs, monkeypatch):
    Ahead(two_jobs).run()
    monkeypatch.setattr(fitted, "_fit", None)  # nothing is trained any more
    for job in two_jobs:
        assert experiment.train(**job).result["seed"] == job["seed"]


def test_what_is_there_or_under_way_is_left_alone(two_jobs):
    one = two_jobs[0]
    fit = {name: one[name] for name in one if name not in ("data", "rules")}
    there = experiment.result_file(**fit)
    assert all(map(module._is_left, two_jobs))
    there.parent.mkdir(parents=True, exist_ok=True)
    there.touch()
    place = {name: two_jobs[1][name] for name in ("profile", "seed", "start")}
    folder = fitted.folder_of("frame_torch", **place)
    seen = []
    with paths.alone(folder):
        # From a thread, as a lock does not stop who holds it.
        asking = threading.Thread(
            target=lambda: seen.extend(map(module._is_left, two_jobs))
        )
        asking.start()
        asking.join()
    assert seen == [False, False]
    assert module._is_left(two_jobs[1])


def test_a_failure_is_told_in_a_log_and_ends_it(two_jobs, places):
    broken = two_jobs[0] | {"rules": []}
    Ahead([broken, two_jobs[1] | {"model": "no_such"}]).run()
    log = paths.runs(TINY.name) / "logs" / "ahead.log"
    assert "no_such" in log.read_text()
    assert module._is_left(broken)


def test_little_work_one_core_or_a_gpu_is_worth_no_process(two_jobs, monkeypatch):
    large = replace(PROFILE, pairs=120, epochs=15)
    begun = []
    monkeypatch.setattr(Ahead, "start", lambda self: begun.append(self))
    assert ahead(jobs("frame_torch", **options())) is None
    ahead(jobs("frame_torch", **options(profile=large)))
    assert len(begun) == 1
    assert (
        ahead(jobs("frame_torch", **options(profile=replace(large, network="full"))))
        is None
    )
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert ahead(jobs("frame_torch", **options(profile=large))) is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(workers, "cores", lambda: 1)
    assert ahead(jobs("frame_torch", **options(profile=large))) is None
