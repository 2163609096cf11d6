"""dfstudy.frameworks: no import order that kills the process, no log noise."""

import importlib.metadata as metadata
import logging
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from dfstudy import frameworks

ROOT = Path(__file__).resolve().parents[1]
# Every module of the package but the ones that run when imported. Where the guard
# refuses one, the next is tried: none may end the process.
EVERYTHING = """
import importlib, pkgutil, dfstudy
refused = 0
for module in pkgutil.walk_packages(dfstudy.__path__, "dfstudy."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        assert "Restart the kernel and import dfstudy first" in str(error), error
        refused += 1
print(refused, "refused")
"""
ORDERS = {
    "ours first": EVERYTHING + "import tensorflow",
    "tensorflow first": "import tensorflow" + EVERYTHING,
    "torch first": "import torch" + EVERYTHING,
}


@pytest.fixture
def tensorflow_first(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    return monkeypatch


def triton(monkeypatch: pytest.MonkeyPatch, version: str | None) -> None:
    def find(name: str) -> str:
        assert name == "triton"
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(frameworks.metadata, "version", find)


@pytest.mark.parametrize("version", ["3.7.0", "3.10.1", "4.0"])
def test_guard_refuses_tensorflow_before_a_new_triton(tensorflow_first, version):
    triton(tensorflow_first, version)
    with pytest.raises(ImportError, match=r"Restart the kernel and import dfstudy"):
        frameworks.import_keras()


@pytest.mark.parametrize("version", ["3.6.0", "2.3", None])
def test_guard_lets_an_old_or_no_triton_pass(tensorflow_first, version):
    triton(tensorflow_first, version)
    frameworks.guard()


def test_guard_lets_a_triton_that_came_first_pass(tensorflow_first):
    triton(tensorflow_first, "3.7.0")
    tensorflow_first.setitem(sys.modules, "triton", types.ModuleType("triton"))
    frameworks.guard()


def test_guard_lets_a_process_without_tensorflow_pass(monkeypatch):
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.delitem(sys.modules, "triton", raising=False)
    triton(monkeypatch, "3.7.0")
    frameworks.guard()


def test_quiet_stderr_hides_noise_and_shows_it_when_something_fails(capfd):
    with frameworks._quiet_stderr():
        os.write(2, b"noise\n")
    assert "noise" not in capfd.readouterr().err
    with pytest.raises(RuntimeError), frameworks._quiet_stderr():
        os.write(2, b"the reason\n")
        raise RuntimeError
    assert "the reason" in capfd.readouterr().err


def test_every_module_can_be_imported_in_both_orders_and_says_nothing():
    names = ("ours first", "tensorflow first")
    started = [_start(sys.executable, ORDERS[name]) for name in names]
    ours, theirs = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0, 0], (ours, theirs)
    assert ours == ("0 refused\n", "")


@pytest.mark.slow
def test_newest_torch_imports_in_every_order_or_says_what_to_do(tmp_path):
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [python, "-m", "pip", "install", "--quiet"]
    requirements = [
        line for line in metadata.requires("dfstudy") if "extra ==" not in line
    ]
    subprocess.run([*pip, "torch", "torchvision", *requirements], check=True)
    for name, code in ORDERS.items():
        process = _start(python, code)
        out, err = process.communicate()
        assert process.returncode == 0, (name, err[-2000:])
        assert out == "0 refused\n" or name == "tensorflow first", (name, out)


def _start(python: str | Path, code: str) -> subprocess.Popen:
    return subprocess.Popen(
        [python, "-W", "ignore", "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_building_many_networks_is_not_reported():
    frameworks.import_keras()
    import tensorflow

    def passes(message: str) -> bool:
        record = logging.LogRecord("tensorflow", 30, "", 0, message, (), None)
        return bool(tensorflow.get_logger().filter(record))

    assert not passes("5 out of the last 8 calls triggered tf.function retracing.")
    assert passes("something else is wrong")


def test_tensorflow_leaves_room_on_a_gpu():
    """On one T4 a lesson trains in both frameworks; a user's own choice stays."""
    code = "import os; from dfstudy import frameworks; frameworks.import_keras();"
    code += "print(os.environ['TF_FORCE_GPU_ALLOW_GROWTH'])"
    for given, expected in ((None, "true"), ("false", "false")):
        env = {**os.environ, "TF_FORCE_GPU_ALLOW_GROWTH": given or ""}
        if given is None:
            del env["TF_FORCE_GPU_ALLOW_GROWTH"]
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.split()[-1] == expected
