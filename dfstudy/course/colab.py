"""On Colab: install what is missing and move nothing, keep results, say what is there.

A lesson's set-up cell installs dfstudy itself without its requirements; `prepare`
installs those that are missing, while everything that Colab brings is held where it is
by a constraints file. (A course that let pip move torch under a running Colab broke
every import: Lightning-AI/tutorials#182.) Results go to the Drive where it is mounted;
videos stay on the machine, because thousands of small reads from a Drive are slow.
"""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from dfstudy import environment

CONTENT = Path("/content")
# What Colab does itself, with versions of its own that its pages depend on.
_COLABS_OWN = {"ipykernel", "jupyterlab"}


class InstallError(RuntimeError):
    """What the course needs could not be installed; the message says what to do."""


def on_colab() -> bool:
    """Whether this is a Colab kernel: the same question as the set-up cell asks.

    Its environment variables (COLAB_RELEASE_TAG) would be Kaggle's as well.
    """
    ipython = sys.modules.get("IPython")
    return ipython is not None and "google.colab" in str(ipython.get_ipython())


def prepare() -> None:
    """On Colab install what is missing and say what a lesson has; elsewhere nothing."""
    if on_colab():
        install_missing()
        print(places())
        print(hardware())


def install_missing() -> None:
    """Install the requirements that are missing; all that is there stays as it is.

    Raises:
        InstallError: no network, no room, or versions that do not fit together.
    """
    wanted = missing()
    if not wanted:
        return
    print(f"installing what Colab lacks: {', '.join(wanted)}")
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "held.txt"
        constraints.write_text("\n".join(held()), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
        done = subprocess.run(
            [*command, "-c", str(constraints), *wanted], capture_output=True, text=True
        )
    if done.returncode:
        raise InstallError(_advice(wanted, done.stderr))
    importlib.invalidate_caches()


def missing(distribution: str = "dfstudy") -> list[str]:
    """Requirements of `distribution` that are not installed.

    One that is there is left, old as it may be: its neighbours were built for it.
    """
    return [
        f"{requirement.name}{requirement.specifier}"
        for requirement, version in environment.requirements(distribution)
        if version is None and canonicalize_name(requirement.name) not in _COLABS_OWN
    ]


def held() -> list[str]:
    """Constraints that keep every installed distribution at its version."""
    lines = {}
    for found in metadata.distributions():
        line = f"{found.name}=={found.version}"
        try:
            name = canonicalize_name(Requirement(line).name)
        except InvalidRequirement:  # the system's own, which pip could not move either
            continue
        lines.setdefault(name, line)  # what comes first on the path is what is imported
    return sorted(lines.values())


def places() -> str:
    """Choose where results and videos go, and say so in one line.

    DFSTUDY_RUNS and DFSTUDY_HOME are set, unless the user has set them.
    """
    home = os.environ.setdefault("DFSTUDY_HOME", str(CONTENT / "data"))
    drive = CONTENT / "drive" / "MyDrive"
    if drive.is_dir():
        runs = os.environ.setdefault("DFSTUDY_RUNS", str(drive / "dfstudy" / "runs"))
        return f"results: {runs} (your Drive keeps them); videos: {home} (faster)"
    runs = os.environ.get("DFSTUDY_RUNS", str(CONTENT / "runs"))
    return (
        f"results: {runs}, which goes with this session. To keep them, run first:"
        " from google.colab import drive; drive.mount('/content/drive')"
    )


def hardware() -> str:
    """One line: the GPU and the cores, and which profiles they are for."""
    cores = f"{os.cpu_count()} cores"
    if smi := shutil.which("nvidia-smi"):
        query = [smi, "--query-gpu=name,memory.total", "--format=csv,noheader"]
        done = subprocess.run(query, capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip():
            return f'GPU: {done.stdout.splitlines()[0]}; {cores}; PROFILE = "colab"'
    return (
        f'no GPU, {cores}: enough for PROFILE = "smoke" or "laptop". For "colab":'
        " Runtime > Change runtime type > T4 GPU"
    )


def _advice(wanted: list[str], said: str) -> str:
    """What to do about a failed installation; `said` is pip's standard error."""
    lines = [line for line in said.splitlines() if line.startswith("ERROR")]
    if "No space left" in said:
        do = "the disk is full: Runtime > Disconnect and delete runtime, then start"
        do += " again"
    elif "conflicting dependencies" in said or "ResolutionImpossible" in said:
        do = "they do not fit what Colab has: please report this, with the output of"
        do += " !dfstudy check"
    elif "connection" in said or "No matching distribution" in said:
        do = "is this runtime online? Wait a minute and run this cell again"
    else:
        do = "run this cell again; if it stays, please report it"
    return f"could not install {', '.join(wanted)}: {do}.\npip: " + (
        lines[-1] if lines else said.strip()[-300:]
    )
