"""How many trainings run at once, and with how many threads each."""

import os

import psutil
import pytest

from dfstudy import workers


@pytest.mark.parametrize(
    ("busy", "cores", "idle"), [([3, 99], 2, 1), ([3, 4], 2, 2), ([1, 2, 3, 4], 2, 2)]
)
def test_an_idle_core_is_one_that_nobody_uses(monkeypatch, busy, cores, idle):
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: busy)
    monkeypatch.setattr(workers, "cores", lambda: cores)
    assert workers.idle() == idle


def test_on_idle_cores_there_are_processes_of_one_thread(monkeypatch):
    monkeypatch.setattr(workers, "idle", lambda: 2)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with workers.side_by_side(2) as every:
        assert list(every(os.getenv, [*workers.THREADS])) == ["1"] * 5
        assert every is not map
    assert os.environ["OMP_NUM_THREADS"] == "7"


@pytest.mark.parametrize(("most", "idle", "free"), [(1, 4, 99), (4, 1, 99), (4, 4, 7)])
def test_without_room_it_is_one_after_the_other(monkeypatch, most, idle, free):
    monkeypatch.setattr(workers, "idle", lambda: idle)
    memory = psutil.virtual_memory()._replace(available=free * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    with workers.side_by_side(most) as every:
        assert every is map
