"""Many items by several processes: order, deaths, hangs, errors."""

import os
import time

import pytest

from dfstudy.detect.many import Lost, many


class Start:
    """Pickled into each process; asks for what an item says."""

    def __call__(self):
        return do


def do(item):
    what, value = item
    if what == "die":
        os._exit(3)
    if what == "sleep":
        time.sleep(value)
    return what, value, os.getpid()


class Fails:
    def __call__(self):
        raise ValueError("no such detector")


def test_answers_in_order_whatever_an_item_does():
    items = [("sleep", 0.3), ("is", 1), ("die", 2), ("is", 3), ("sleep", 60), ("is", 5)]
    start = time.perf_counter()
    answers = list(many(items, Start(), workers=2, seconds=3))
    assert time.perf_counter() - start < 55
    lost = {
        i: answer.reason for i, answer in enumerate(answers) if isinstance(answer, Lost)
    }
    assert list(lost) == [2, 4]
    assert "died (exit code 3)" in lost[2] and "not done after 3 s" in lost[4]
    fine = [answer[:2] for answer in answers if not isinstance(answer, Lost)]
    assert fine == [items[0], items[1], items[3], items[5]]
    assert os.getpid() not in {a[2] for a in answers if not isinstance(a, Lost)}


def test_what_no_process_can_do_is_said_once():
    with pytest.raises(ValueError, match="no such detector"):
        list(many([("is", 1)], Fails(), workers=1, seconds=9))
    with pytest.raises(ValueError, match="a worker"):
        list(many([("is", 1)], Start(), workers=0, seconds=9))
    assert list(many([], Start(), workers=2, seconds=9)) == []


def test_who_stops_asking_leaves_no_process():
    import psutil

    answers = many([("is", i) for i in range(9)], Start(), workers=2, seconds=9)
    mine = psutil.Process()
    assert next(answers)[:2] == ("is", 0)
    pids = {child.pid for child in mine.children()}
    answers.close()
    left = {child.pid for child in mine.children() if child.pid in pids}
    names = [psutil.Process(pid).cmdline() for pid in left]
    assert not any("spawn_main" in " ".join(name) for name in names)
