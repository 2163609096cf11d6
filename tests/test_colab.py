"""The set-up cell on a Colab that is faked: what it installs, and what it leaves alone.

The fast tier has stand-ins for packages: wheels of nothing but a name, a version and
what they require, so that a package that moves shows. The slow one has Colab's own
versions of the real packages (fixtures/colab/versions.txt).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from dfstudy import environment
from dfstudy.course import build, colab

ROOT = Path(__file__).resolve().parents[1]
FAKE = Path(__file__).parent / "fixtures" / "colab"
# Those that Colab has set for years; a Kaggle kernel has the first as well.
VARIABLES = {
    "COLAB_RELEASE_TAG": "release-colab-external_20260601",
    "COLAB_GPU": "",
    "COLAB_BACKEND_VERSION": "next",
    "COLAB_JUPYTER_IP": "172.28.0.12",
}
ADDRESS = f"git+https://github.com/{build.REPOSITORY}"
LIST = (
    "import json; from importlib import metadata;"
    "print(json.dumps({d.name: d.version for d in metadata.distributions()}))"
)


class Machine:
    """A clean environment of a Python, with google.colab in it."""

    def __init__(self, folder: Path, python: Path, **env: str):
        self.folder, self.python = folder, python
        ours = {
            k: v for k, v in os.environ.items() if k[:7] not in ("DFSTUDY", "PYTHONP")
        }
        self.env = {**ours, **VARIABLES, "PYTHONPATH": str(FAKE), **env}

    def versions(self) -> dict[str, str]:
        """{distribution: version} as importlib.metadata sees them."""
        done = subprocess.run(
            [self.python, "-I", "-c", LIST], capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    def run(self, *cells: str) -> subprocess.CompletedProcess:
        """The cells in one kernel that starts in an empty folder."""
        (self.folder / "content").mkdir(exist_ok=True)
        (self.folder / "cells.json").write_text(json.dumps(cells))
        return subprocess.run(
            [self.python, FAKE / "session.py", self.folder / "cells.json"],
            capture_output=True,
            text=True,
            cwd=self.folder / "content",
            env=self.env,
        )


def colabs() -> dict[str, str]:
    """Colab's versions by name."""
    lines = (FAKE / "versions.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def cells(address: object, content: Path) -> list[str]:
    """Parameters and set-up as in every notebook, then again with the Drive mounted."""
    assert ADDRESS in build.SETUP
    parameters = build.PARAMETERS.replace("laptop", "smoke")
    setup = build.SETUP.replace(ADDRESS, str(address))
    mount = (
        "from pathlib import Path; from dfstudy.course import colab\n"
        f"colab.CONTENT = Path({str(content)!r})\n"
        "from google.colab import drive; drive.mount(str(colab.CONTENT / 'drive'))"
    )
    last = setup.splitlines()[-1]
    ask = "print('RUNS', study.runs); from dfstudy import paths; print(paths.home())"
    return [parameters, setup, mount, last, ask]


def wheel(folder: Path, name: str, version: str, *requires: str) -> Path:
    """A package that is nothing but its metadata."""
    plain = re.sub(r"[-_.]+", "_", name)
    info = f"{plain}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    path = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{info}/METADATA", head + needs)
        file.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n")
    return path


@pytest.fixture
def machine(tmp_path):
    """Colab's versions as stand-ins; what it lacks waits in a folder of wheels."""
    venv = tmp_path / "venv"
    command = [sys.executable, "-m", "venv", "--without-pip", venv]
    subprocess.run(command, check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    # Real modules can be imported, but no metadata says so: only stand-ins have any.
    modules = tmp_path / "modules"
    modules.mkdir()
    for path in Path(pytest.__file__).parents[1].iterdir():
        tool = re.match(r"(pip|setuptools|wheel)-.*dist-info", path.name)
        says = path.suffix in (".dist-info", ".pth") or path.stem[:3] == "__e"
        if tool or not says:
            (modules / path.name).symlink_to(path)
    (site / "modules.pth").write_text(f"{modules}\n")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    has = colabs() | {"torch": "2.11.0+cu128"}
    for name, version in has.items():
        if name not in ("pip", "setuptools", "wheel"):
            with zipfile.ZipFile(wheel(tmp_path, name, version)) as file:
                file.extractall(site)
    for name, version, *requires in (
        ("av", "17.0"),
        ("captum", "0.8.0", "numpy>=1.26", "torch>=2"),
        ("captum", "9.9.0", "numpy>=2.4"),  # would move numpy: the older one has to do
        ("facenet-pytorch", "2.5.3", "numpy", "torchvision"),
        ("lightning", "2.6.0", "torch>=2.1", "torchmetrics"),
        ("torchmetrics", "1.9.0", "numpy>1.20"),
        ("papermill", "2.6.0", "nbclient>=0.2"),
        ("webdataset", "1.0.0", "numpy"),
        ("numpy", "2.4.6"),
        ("torch", "2.12.0"),
        ("pandas", "3.1.1"),
        ("jupyterlab", "4.5.0", "ipykernel>=6.5"),
        ("ipykernel", "7.1.0"),
    ):
        wheel(wheels, name, version, *requires)
    return Machine(
        tmp_path,
        venv / "bin" / "python",
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(wheels),
        PIP_NO_BUILD_ISOLATION="false",  # pip reads it as: without isolation
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        PIP_ROOT_USER_ACTION="ignore",
    )


@pytest.fixture
def clone(tmp_path):
    """What an installation is built from; building leaves files beside the sources."""
    clone = tmp_path / "clone"
    shutil.copytree(ROOT / "dfstudy", clone / "dfstudy")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    return clone


def test_the_set_up_cell_moves_nothing_and_brings_what_is_missing(machine, clone):
    before = machine.versions()
    content = machine.folder / "content"
    done = machine.run(*cells(clone, content))
    assert done.returncode == 0, done.stdout + done.stderr
    after = machine.versions()
    assert {name: after[name] for name in before} == before
    assert after.keys() - before.keys() == {
        *("dfstudy", "av", "captum", "facenet-pytorch", "lightning"),
        *("papermill", "torchmetrics", "webdataset"),
    }
    assert after["captum"] == "0.8.0"
    first, _, second = done.stdout.partition("Mounted at")
    assert "goes with this session" in first and "installing what Colab lacks" in first
    assert f"results: {content}/drive/MyDrive/dfstudy/runs" in second
    assert "installing" not in second
    assert f"RUNS {content}/drive/MyDrive/dfstudy/runs/smoke" in second
    assert second.splitlines()[-1] == f"{content}/data"


def test_a_broken_installation_ends_the_cell_with_advice(machine, clone):
    for path in (machine.folder / "wheels").glob("av-*"):
        path.unlink()
    done = machine.run(*cells(clone, machine.folder / "content"))
    assert done.returncode == 1
    assert "InstallError" in done.stdout
    assert "could not install av>=14, captum" in done.stdout
    assert "is this runtime online?" in done.stdout


@pytest.mark.slow
def test_colabs_own_versions_stay(tmp_path):
    """The real packages from the network: some 10 GB of disk, many minutes."""
    python = tmp_path / "venv" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    make = [*uv, "venv", "--python", "3.12", tmp_path / "venv"]
    subprocess.run(make, check=True)
    wanted = ["--python", python, "-r", FAKE / "versions.txt"]
    subprocess.run([*uv, "pip", "install", *wanted], check=True)
    machine = Machine(tmp_path, python)
    before = machine.versions()
    use = "import torch, tensorflow, keras, lightning, facenet_pytorch, captum, av"
    address = f"git+file://{ROOT}"
    done = machine.run(
        *cells(address, tmp_path / "content"), use, "len(study.data.manifest)"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    after = machine.versions()
    assert {name: after[name] for name in before} == before
    for name in ("torch", "numpy", "tensorflow", "pandas", "ipykernel", "pillow"):
        assert after[name] == colabs()[name]


def shell(monkeypatch, name):
    kernel = SimpleNamespace(get_ipython=lambda: f"<{name} object at 0x7f>")
    monkeypatch.setitem(sys.modules, "IPython", kernel)


def test_elsewhere_nothing_happens(monkeypatch, capsys):
    for name, value in VARIABLES.items():  # as on Kaggle
        monkeypatch.setenv(name, value)
    shell(monkeypatch, "ipykernel.zmqshell.ZMQInteractiveShell")
    monkeypatch.setattr(colab, "missing", lambda: pytest.fail("asked"))
    colab.prepare()
    assert capsys.readouterr().out == ""


def test_what_is_there_is_never_wanted(monkeypatch):
    lines = [
        "numpy>=99",
        "no-such-thing>=2",
        "jupyterlab>=4",
        "ruff>=0; extra == 'dev'",
    ]
    monkeypatch.setattr(environment.metadata, "requires", lambda _: lines)
    assert colab.missing() == ["no-such-thing>=2"]
    held = colab.held()
    names = [Requirement(line).name for line in held]
    assert any(line.startswith("numpy==") for line in held)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError'\n"
            "ERROR: No matching distribution found for av>=14",
            "is this runtime online?",
        ),
        (
            "ERROR: Cannot install captum because these package versions have"
            " conflicting dependencies.\nERROR: ResolutionImpossible: for help",
            "do not fit what Colab has",
        ),
        ("ERROR: something new", "pip: ERROR: something new"),
    ],
)
def test_a_failure_says_what_to_do(monkeypatch, said, advice):
    monkeypatch.setattr(colab, "missing", lambda: ["av>=14"])
    failed = SimpleNamespace(returncode=1, stderr=said)
    monkeypatch.setattr(colab.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(colab.InstallError, match="could not install av>=14") as caught:
        colab.install_missing()
    assert advice in str(caught.value)


def test_videos_stay_on_the_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(colab, "CONTENT", tmp_path)
    monkeypatch.setattr(colab.os, "environ", {})
    assert "goes with this session" in colab.places()
    assert colab.os.environ == {"DFSTUDY_HOME": str(tmp_path / "data")}
    (tmp_path / "drive" / "MyDrive").mkdir(parents=True)
    assert "your Drive keeps them" in colab.places()
    runs = tmp_path / "drive" / "MyDrive" / "dfstudy" / "runs"
    assert colab.os.environ["DFSTUDY_RUNS"] == str(runs)
    assert colab.os.environ["DFSTUDY_HOME"] == str(tmp_path / "data")


def test_a_users_own_folders_stay(monkeypatch, tmp_path):
    monkeypatch.setattr(colab, "CONTENT", tmp_path)
    (tmp_path / "drive" / "MyDrive").mkdir(parents=True)
    monkeypatch.setenv("DFSTUDY_RUNS", "/mine")
    monkeypatch.setenv("DFSTUDY_HOME", "/videos")
    assert "/mine" in colab.places() and "/videos" in colab.places()
    assert os.environ["DFSTUDY_RUNS"] == "/mine"


@pytest.mark.parametrize(
    ("says", "code", "expected"),
    [
        ("Tesla T4, 15360 MiB", 0, "GPU: Tesla T4, 15360 MiB"),
        ("NVIDIA-SMI has failed because it couldn't talk", 9, "no GPU"),
        (None, 0, "Change runtime type"),
    ],
)
def test_the_gpu_is_named_or_how_to_get_one(
    monkeypatch, tmp_path, says, code, expected
):
    if says:
        smi = tmp_path / "nvidia-smi"
        smi.write_text(f'#!/bin/sh\necho "{says}"\nexit {code}\n')
        smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if says else str(tmp_path))
    assert expected in colab.hardware()
