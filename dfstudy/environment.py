"""Is this machine ready? One [OK] or [FAIL] line for each thing that a lesson needs.

    dfstudy check          # paste its output into a bug report

Versions are read from the package's own metadata, so that a requirement is written
down once, in pyproject.toml. Heavy libraries are imported in processes of their own:
one that crashes on import gives a line here, not a dead report.
"""

import importlib.metadata as metadata
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psutil
from packaging.requirements import Requirement

from dfstudy import paths, system

_IMPORTS = {
    "OpenCV": "import cv2",
    "PyAV": "import av",
    "PyTorch": "import torch, torchvision; torchvision.ops.nms",
    "Keras": "from dfstudy.frameworks import import_keras; import_keras()",
    "MTCNN": "from facenet_pytorch import MTCNN; MTCNN()",
}


@dataclass(frozen=True)
class Check:
    """One line of the report. `required` ones decide the exit code."""

    name: str
    ok: bool
    detail: str
    required: bool = True

    def __str__(self) -> str:
        mark = "[OK]" if self.ok else "[FAIL]" if self.required else "[--]"
        return f"{mark:6} {self.name}: {self.detail}"


def report() -> list[Check]:
    """Every check, in the order in which one would mend what fails."""
    # Two at a time: each import takes a core for seconds, and memory.
    with ThreadPoolExecutor(2) as pool:
        imports = pool.map(_imports, _IMPORTS.keys(), _IMPORTS.values())
        gpu = pool.submit(_gpu)
        return [_python(), *_packages(), *imports, gpu.result(), *_machine()]


def _python() -> Check:
    version = platform.python_version()
    detail = f"{version} on {platform.system()} {platform.machine()}"
    return Check("Python", sys.version_info >= (3, 11), f"{detail} (3.11 or newer)")


def requirements(distribution: str = "dfstudy") -> list[tuple[Requirement, str | None]]:
    """What `distribution` needs, each with the version that is installed, if any."""
    found = []
    for line in metadata.requires(distribution) or []:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            version = None
        found.append((requirement, version))
    return found


def is_met(requirement: Requirement, version: str | None) -> bool:
    """Whether this installed version will do."""
    return version is not None and requirement.specifier.contains(version, True)


def _packages() -> list[Check]:
    checks = []
    for requirement, version in requirements():
        bound = str(requirement.specifier)
        if version is None:
            detail = f"missing: pip install '{requirement.name}{bound}'"
        else:
            detail = f"{version} (needs {bound})"
        ok = is_met(requirement, version)
        checks.append(Check(requirement.name, ok, detail))
    return checks


def _imports(name: str, code: str) -> Check:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True
    )
    if done.returncode == 0:
        return Check(f"import {name}", True, "works")
    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return Check(f"import {name}", False, system.advice(name, last))


def _gpu() -> Check:
    code = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    name = done.stdout.strip()
    detail = name or "none found: profiles smoke and laptop need none"
    return Check("GPU", bool(name), detail, required=False)


def _machine() -> list[Check]:
    free = shutil.disk_usage(paths.home()).free / 2**30
    memory = psutil.virtual_memory()
    writable = os.access(paths.home(), os.W_OK)
    return [
        Check("cores", True, str(os.cpu_count())),
        Check(
            "memory",
            memory.available > 4 * 2**30,
            f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GB free"
            " (4 needed)",
        ),
        Check("disk", free > 5, f"{free:.0f} GB free in {paths.home()} (5 needed)"),
        Check("data folder", writable, f"{paths.home()} can be written"),
    ]
