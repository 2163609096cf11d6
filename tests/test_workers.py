"""Room for one more training, and the process that it gets."""

import json
import os

import psutil
import pytest

from dfstudy import workers


@pytest.mark.parametrize(
    ("busy", "cores", "free", "room"),
    [
        ([3, 99], 2, 99, True),
        ([97, 99], 2, 99, False),
        ([3, 4], 2, 1, False),  # memory is short
        ([50, 55], 2, 99, True),  # one process that moves from core to core
        ([99, 2], 1, 99, False),  # the idle one may be that of another
    ],
)
def test_there_is_room_where_a_core_is_idle(monkeypatch, busy, cores, free, room):
    memory = psutil.virtual_memory()._replace(available=free * 2**30)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: busy)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(workers, "cores", lambda: cores)
    assert workers.room() == room


def _tell(path):
    seen = {"nice": os.nice(0), "threads": [os.environ[n] for n in workers.THREADS]}
    path.write_text(json.dumps(seen))


def test_a_process_has_one_thread_and_the_lowest_priority(monkeypatch, tmp_path):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    workers.begin(_tell, tmp_path / "seen.json").join()
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen == {"nice": 19, "threads": ["1"] * len(workers.THREADS)}
    assert os.environ["OMP_NUM_THREADS"] == "7"
