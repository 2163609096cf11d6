"""The process that opens what strangers send: its answers, its limits, its end."""

import time
from functools import partial

import psutil
import pytest
from app_work import planted

from dfstudy.app.limits import Limits, Refused
from dfstudy.app.worker import FAULT, Worker, _answer

LIMITS = Limits(job_seconds=3, memory_mb=700)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("worker")


@pytest.fixture(scope="module")
def worker(folder):
    made = Worker(partial(planted, folder), limits=LIMITS, scratch=folder)
    yield made
    made.close()


def ask(worker, folder, words):
    """The reply to a "video" of these words."""
    path = folder / "job"
    path.write_text(words)
    with worker.job({"path": str(path)}) as job:
        while (reply := job.poll()) is None:
            time.sleep(0.01)
    return reply


def test_one_process_answers_many_jobs(worker, folder):
    replies = [ask(worker, folder, f"say {i}") for i in range(3)]
    assert [reply["said"][0] for reply in replies] == ["0", "1", "2"]
    assert {reply["verdict"]["pid"] for reply in replies} == {worker.pid}


def test_a_refusal_is_a_sentence_without_our_names(worker, folder):
    with pytest.raises(Refused) as told:
        ask(worker, folder, "refuse the file is empty.")
    assert str(told.value) == "The file is empty."


def test_a_fault_of_ours_tells_a_visitor_nothing(worker, folder, capsys):
    with pytest.raises(Refused) as told:
        ask(worker, folder, "fault 1")
    assert str(told.value) == FAULT

    def fault():
        raise RuntimeError("secret")

    assert _answer(fault, {}, 700) == {"error": FAULT}
    assert "RuntimeError: secret" in capsys.readouterr().err  # for whoever runs it


def test_an_allocation_that_is_too_large_fails_and_the_process_lives(worker, folder):
    pytest.importorskip("resource", reason="the system has no limit of address space")
    before = worker.pid
    with pytest.raises(Refused, match="more than the 700 MB of memory"):
        ask(worker, folder, "ask 60000")
    assert worker.pid == before and "0" in ask(worker, folder, "say 0")["said"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("sleep 60", "longer than the 3 seconds"),
        ("eat 700", "more than the 700 MB of memory"),
        ("die 1", "break off"),
    ],
)
def test_a_process_that_goes_too_far_is_replaced(worker, folder, words, message):
    before = worker.pid
    with pytest.raises(Refused, match=message):
        ask(worker, folder, words)
    assert worker.pid != before and not psutil.pid_exists(before)
    assert str(worker.pid) in ask(worker, folder, "say 0")["said"]  # the next one works


def test_a_job_that_nobody_waits_for_ends_at_once(worker, folder):
    (folder / "job").write_text("sleep 60")
    with worker.job({"path": str(folder / "job")}) as job:
        while job.stage != "sleeping":
            assert job.poll() is None
            time.sleep(0.01)
        busy = worker.pid
    assert worker.pid != busy and not psutil.pid_exists(busy)
    assert "0" in ask(worker, folder, "say 0")["said"]


def test_nothing_remains_of_a_worker_that_is_closed(folder):
    made = Worker(partial(planted, folder), limits=LIMITS, scratch=folder)
    pid = made.pid
    made.close()
    assert not psutil.pid_exists(pid)
