"""Two processes that want the same thing: one makes it, the other waits for it."""

import subprocess
import sys

import pytest

from dfstudy import paths

MAKE = """
import sys, time
from pathlib import Path
from dfstudy import paths
made, log = map(Path, sys.argv[1:])
with paths.alone(made):
    if not made.exists():
        with log.open("a") as file:
            file.write("makes\\n")
        time.sleep(0.5)
        made.write_text("x")
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path / "home"))


def test_only_one_of_two_processes_makes_it(tmp_path):
    made, log = tmp_path / "deep" / "made", tmp_path / "log"
    made.parent.mkdir()
    command = [sys.executable, "-c", MAKE, str(made), str(log)]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    assert log.read_text() == "makes\n"
    assert [path.name for path in made.parent.iterdir()] == ["made"]


def test_nested_in_itself_and_after_an_error(tmp_path):
    with paths.alone(tmp_path / "a"), paths.alone(tmp_path / "a"):
        pass
    with pytest.raises(KeyError), paths.alone(tmp_path / "a"):
        raise KeyError
    with paths.alone(tmp_path / "a"):
        pass


def test_who_waits_says_so(tmp_path, capsys):
    made, log = tmp_path / "made", tmp_path / "log"
    slow = MAKE.replace("0.5", "4")
    other = subprocess.Popen([sys.executable, "-c", slow, str(made), str(log)])
    while not log.exists():
        assert other.poll() is None
    with paths.alone(tmp_path / "made"):
        assert (tmp_path / "made").exists()
    assert "waiting for another process, which makes made" in capsys.readouterr().out
    assert other.wait(timeout=60) == 0
