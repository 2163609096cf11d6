"""The runner: one process a lesson; failures, time-outs and Ctrl-C end as they should.

The lessons are tiny, but they do run in kernels of their own: the runner's promises are
about processes.
"""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import nbformat
import psutil
import pytest
from lesson import write

from dfstudy.course import __main__ as command
from dfstudy.course import check, execute, lessons, plan, run, screen
from dfstudy.report import index


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(lessons, "folder", lambda: tmp_path / "notebooks")
    return tmp_path


def job(place, **options):
    found = lessons.find(place / "notebooks")
    return run.Job(lessons=found, profile="smoke", **options)


def timings(place):
    with (place / "runs" / "smoke" / "timings.csv").open(encoding="utf-8") as file:
        return {row["lesson"]: row for row in csv.DictReader(file)}


def test_one_run_from_start_to_index(place, capsys):
    seen = (
        "print(PROFILE, SEED, repr(DATA), sys.executable, os.environ['DFSTUDY_RUNS'])"
    )
    write(place / "notebooks", "01", "good", f"import os, sys\n{seen}")
    write(place / "notebooks", "02", "raises", "1 + 1", "unknown_name", "2")
    assert command.main(["run", "--profile", "smoke", "--seed", "7"]) == 1
    out = capsys.readouterr().out
    assert "cell 3: NameError: name 'unknown_name' is not defined" in out

    folder = place / "runs" / "smoke"
    rows = timings(place)
    assert [rows[name]["status"] for name in rows] == ["ok", "failed"]
    assert float(rows["01_good"]["peak_memory_mb"]) > 50
    good = nbformat.read(folder / "notebooks" / "01_good.ipynb", as_version=4)
    text = good.cells[-1].outputs[0].text
    assert text.split() == ["smoke", "7", "''", sys.executable, str(place / "runs")]
    assert check.executed(good, "01_good") == []
    failed = nbformat.read(folder / "notebooks" / "02_raises.ipynb", as_version=4)
    assert "cell 3 raised NameError" in check.executed(failed, "02_raises")[0]
    for name in ("01_good", "02_raises"):
        assert (folder / "notebooks" / f"{name}.html").exists()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "notebooks/01_good.html" in page and "unknown_name" in page

    # Again: the finished lesson is skipped, the failed one runs.
    (place / "notebooks" / "02_raises.ipynb").unlink()
    write(place / "notebooks", "02", "raises", "3")
    assert command.main(["run", "--profile", "smoke", "--seed", "7"]) == 0
    out = capsys.readouterr().out
    assert "01_good                      finished" in out
    assert "02_raises                    ok" in out


def test_a_time_out_ends_the_lesson_and_its_children(place, monkeypatch):
    sleeper = "[sys.executable, '-c', 'import time; time.sleep(600)']"
    options = f"{sleeper}, start_new_session=True"
    start = f"import subprocess, sys\np = subprocess.Popen({options})"
    told = place / "pid"
    tell = f"import pathlib\npathlib.Path({str(told)!r}).write_text(str(p.pid))"
    write(place / "notebooks", "01", "sleeps", f"{start}\n{tell}", "p.wait()")
    # The clock jumps once the lesson has its child, however slow this machine is.
    late = SimpleNamespace(
        monotonic=lambda: time.monotonic() + 1e6 * told.exists(), sleep=time.sleep
    )
    monkeypatch.setattr(execute, "time", late)
    assert run.run(job(place, timeout_minutes=9), out=io.StringIO()) == 1
    assert timings(place)["01_sleeps"]["status"] == "timeout"
    record = run.records(job(place))[0]
    assert "limit of 9.0 minutes" in record.error
    assert not _alive(int(told.read_text()))


@pytest.mark.parametrize(
    ("written", "kept"), [('{"cells": []}', True), ('{"cells": [', False)]
)
def test_a_copy_that_is_half_written_is_dropped(tmp_path, written, kept):
    copy = tmp_path / "01_one.ipynb"
    execute._drop_half(copy)  # none at all: nothing to do
    copy.write_text(written)
    execute._drop_half(copy)
    assert copy.exists() == kept


def test_a_dead_kernel_is_a_failure(place):
    write(place / "notebooks", "01", "dies", "import os\nos._exit(9)")
    assert run.run(job(place), out=io.StringIO()) == 1
    assert "Kernel died" in run.records(job(place))[0].error


def test_side_by_side_both_run_at_once_and_a_failure_is_told(place):
    """Each waits for a word of the other: one after another would never end."""
    for mine, other in (("01", "02"), ("02", "01")):
        here = f"p = pathlib.Path({str(place)!r})\n(p / 'said-{mine}').touch()"
        wait = f"while not (p / 'said-{other}').exists(): time.sleep(0.1)"
        write(place / "notebooks", mine, "x", f"import pathlib, time\n{here}", wait)
    write(place / "notebooks", "03", "raises", "unknown_name")
    out = io.StringIO()
    assert run.run(job(place, side_by_side=2), out=out) == 1
    states = [row["status"] for row in timings(place).values()]
    assert states == ["ok", "ok", "failed"]
    assert "this run, side by side" in out.getvalue()


@pytest.mark.parametrize(("at_once", "said"), [(1, 30), (2, 15), (9, 10)])
def test_minutes_of_lessons_that_run_at_once_are_shared(place, at_once, said):
    for number in ("01", "02", "03"):
        write(place / "notebooks", number, "x", "1")
    begun = job(place, side_by_side=at_once)
    long = [replace(lesson, minutes={"smoke": 10.0}) for lesson in begun.lessons]
    out = io.StringIO()
    screen.Screen(out, replace(begun, lessons=long))
    assert f"about {said} minutes" in out.getvalue()


def test_a_lesson_that_reads_the_others_begins_when_they_are_done(place):
    """The first ends after a word of the fourth: that one begins before the third."""
    start = f"import pathlib, time\np = pathlib.Path({str(place)!r})"
    until = "while not (p / 'said-04').exists(): time.sleep(0.1)"
    write(place / "notebooks", "01", "x", start, until, "(p / 'said-01').touch()")
    write(place / "notebooks", "02", "x", start, "(p / 'said-02').touch()")
    heard = "print(sorted(each.name for each in p.glob('said-*')))"
    write(place / "notebooks", "03", "reads", start, heard, waits=True)
    write(place / "notebooks", "04", "x", start, "(p / 'said-04').touch()")
    two = job(place, side_by_side=2)
    assert run.run(two, out=io.StringIO()) == 0
    read = nbformat.read(two.record_path(two.lessons[2]).with_suffix(".ipynb"), 4)
    assert "'said-01', 'said-02'" in read.cells[-1].outputs[0].text

    # Again: skipped, until there is another result or one before it runs.
    def begun() -> list[str]:
        out = io.StringIO()
        assert run.run(two, out=out) == 0
        return [line[:2] for line in out.getvalue().splitlines() if "starts" in line]

    assert begun() == []
    another = two.folder / "results" / "01_x_0.json"
    another.parent.mkdir()
    point = {"value": 0.7, "low": None, "high": None, "reason": "few"}
    another.write_text(json.dumps(result("synthetic", point)))
    assert begun() == ["03"]
    two.record_path(two.lessons[1]).unlink()
    assert begun() == ["02", "03"]


def test_side_by_side_needs_cores_and_memory(monkeypatch):
    ours = lessons.find()
    memory = SimpleNamespace(available=64 * 2**30)
    monkeypatch.setattr(run.psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(run.workers, "cores", lambda: 2)
    assert run.at_once("laptop", ours) == 2
    assert run.at_once("colab", ours) == 1  # a GPU has its own memory
    memory.available = 2**30
    assert run.at_once("laptop", ours) == 1
    memory.available = 64 * 2**30
    monkeypatch.setattr(run.workers, "cores", lambda: 1)
    assert run.at_once("laptop", ours) == 1


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)]
)
def test_ctrl_c_leaves_nothing_behind(place, number, code):
    write(place / "notebooks", "01", "waits", "import time\ntime.sleep(600)")
    script = (
        "from dfstudy.course import __main__, lessons, run;"
        f"from pathlib import Path; p = Path({str(place / 'notebooks')!r});"
        "lessons.folder = lambda: p;"
        "import sys; sys.exit(__main__.main(['run', '--profile', 'smoke']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        # A job in the background of a script is started deaf to Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    log = place / "runs" / "smoke" / "logs" / "01_waits.log"
    _until(lambda: log.exists() and "Executing Cell 3" in log.read_text())
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert "the same command goes on" in out
    assert len(family) >= 2
    assert not [member for member in family if _alive(member.pid)]
    assert "not run" in (place / "runs" / "smoke" / "index.html").read_text()


def test_the_kernel_is_this_interpreter_whatever_the_home_says(place, monkeypatch):
    home = place / "user"
    theirs = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    theirs.mkdir(parents=True)
    theirs.joinpath("kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"})
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    path = write(
        place / "notebooks", "01", "kernel", "import os\nos.environ['MPLBACKEND']"
    )
    done = execute.run(
        path, place / "out.ipynb", place / "log", parameters={}, timeout_s=60
    )
    assert done.status == "ok", done.error
    copy = nbformat.read(place / "out.ipynb", as_version=4)
    assert "inline" in copy.cells[-1].outputs[0].data["text/plain"]
    left = {path.name for path in home.iterdir()}
    assert left <= {".local", ".cache"}, "Jupyter or IPython wrote into the home"


def test_inputs_that_make_a_lesson_run_again(place):
    path = write(place / "notebooks", "01", "x", "1")
    videos = place / "videos"
    videos.mkdir()
    (lesson,) = lessons.find(place / "notebooks")
    base = run.fingerprint(job(place), lesson)
    assert run.fingerprint(job(place), lesson) == base
    assert run.fingerprint(job(place, seed=1), lesson) != base
    with_data = run.fingerprint(job(place, data=videos), lesson)
    assert with_data != base
    (videos / "new.mp4").write_bytes(b"1")
    assert run.fingerprint(job(place, data=videos), lesson) != with_data
    path.write_text(path.read_text().replace('"1"', '"2"'))
    assert run.fingerprint(job(place), lesson) != base


def test_data_has_a_folder_of_its_own(place):
    write(
        place / "notebooks",
        "01",
        "x",
        "import os\nprint(DATA, os.environ['DFSTUDY_RUNS'])",
    )
    videos = place / "a" / "videos"
    videos.mkdir(parents=True)
    assert command.main(["run", "--profile", "smoke", "--data", str(videos)]) == 0
    folder = place / "runs" / "videos" / "smoke"
    copy = nbformat.read(folder / "notebooks" / "01_x.ipynb", as_version=4)
    said = copy.cells[-1].outputs[0].text.split()
    assert said == [str(videos), str(place / "runs" / "videos")]
    other = place / "b" / "videos"
    other.mkdir(parents=True)
    with pytest.raises(ValueError, match="holds the results of"):
        run.run(job(place, data=other), out=io.StringIO())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--only", "77"], "no lesson '77'; there are: 01, 02"),
        (["--from", "nothing"], "no lesson 'nothing'"),
        (["--data", "/not/there"], "there is no such folder"),
        (["--only", "01", "--from", "02"], "no lessons to run"),
    ],
)
def test_options_that_fit_nothing(place, capsys, options, message):
    for number in ("01", "02"):
        write(place / "notebooks", number, "x", "1")
    assert command.main(["run", "--profile", "smoke", *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "options", [["--profile", "huge"], ["--unknown"], ["--seed", "x"]]
)
def test_options_that_are_wrong(place, options):
    with pytest.raises(SystemExit) as caught:
        command.main(["run", *options])
    assert caught.value.code == 2


def test_list_and_plan_run_nothing(place, capsys):
    for number in ("01", "02", "03"):
        write(place / "notebooks", number, "x", "1")
    assert command.main(["run", "--list", "--only", "01,03", "--only", "2"]) == 0
    assert "3 lessons" in capsys.readouterr().out
    assert command.main(["run", "--plan", "--from", "02"]) == 0
    out = capsys.readouterr().out
    assert "02_x" in out and "01_x" not in out
    assert "this machine" in out and "all, one after another" in out
    assert not list((place / "runs").rglob("*.ipynb"))


def test_the_plan_says_what_is_short(place, monkeypatch):
    write(place / "notebooks", "01", "x", "1")

    class Little:
        available = 2**20
        free = 2**20

    monkeypatch.setattr(plan.psutil, "virtual_memory", Little)
    monkeypatch.setattr(plan.shutil, "disk_usage", lambda _: Little)
    text = plan.forecast(job(place))
    assert "not enough memory" in text and "not enough disk" in text


def result(kind, value):
    family = {
        "auroc": value,
        "balanced_accuracy": {"value": None, "reason": "only one class"},
    }
    return {
        "lesson": "03",
        "model": "frame",
        "seed": 0,
        "backbone": "slim",
        "pretrained": "none",
        "train_families": ["blend"],
        "data": {"kind": kind},
        "metrics": {"test": {"all": family, "blend": family}},
        "trivial": {"all_fake": {"test": {"all": family}}},
    }


def test_the_index_keeps_real_and_synthetic_apart(tmp_path):
    (tmp_path / "results").mkdir()
    value = {"value": 0.8125, "low": 0.7, "high": 0.9}
    point = {"value": 0.75, "low": None, "high": None, "reason": "fewer than 2 groups"}
    for name, text in (
        ("a", result("synthetic", value)),
        ("b", result("real", point)),
    ):
        (tmp_path / "results" / f"{name}.json").write_text(json.dumps(text))
    tables = index.results(tmp_path)
    assert {kind: len(rows) for kind, rows in tables.items()} == {
        "real": 3,
        "synthetic": 3,
    }
    index.write(tmp_path, profile="smoke", data=None, lessons=[])
    page = (tmp_path / "results.html").read_text()
    for text in ("0.81", "0.70 to 0.90", "only one class", "fewer than 2 groups"):
        assert text in page


def test_the_index_escapes_what_lessons_say(tmp_path):
    row = {
        "number": "01",
        "name": "01_x",
        "module": "",
        "question": "<script>alert(1)</script>",
        "forecast_minutes": 1.0,
        "status": "failed",
        "seconds": 1.0,
        "peak_memory_mb": 1.0,
        "error": "<b>",
    }
    page = index.write(tmp_path, profile="smoke", data="<i>", lessons=[row]).read_text()
    assert "<script>" not in page and "<b></code>" not in page and "<i>" not in page


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _until(done, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
