"""On Colab: install what the course needs and Colab lacks, and move nothing else.

A lesson's set-up cell installs dfstudy itself without its requirements; this installs
those that are missing, while everything that Colab brings is held where it is by a
constraints file. (A course that let pip move torch under a running Colab broke every
import: Lightning-AI/tutorials#182.)
"""

import os
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from dfstudy import environment


def on_colab() -> bool:
    """Whether this runs on Colab."""
    return "COLAB_RELEASE_TAG" in os.environ


def missing(distribution: str = "dfstudy") -> list[str]:
    """Requirements of `distribution` that are not installed, or are too old."""
    return [
        f"{requirement.name}{requirement.specifier}"
        for requirement, version in environment.requirements(distribution)
        if not environment.is_met(requirement, version)
    ]


def held(wanted: list[str]) -> list[str]:
    """Constraints that keep every installed distribution that is not in `wanted`."""
    names = {Requirement(line).name.lower() for line in wanted}
    return sorted(
        f"{found.name}=={found.version}"
        for found in metadata.distributions()
        if found.name and found.name.lower() not in names
    )


def install_missing() -> None:
    """On Colab install what is missing; elsewhere do nothing."""
    if not on_colab():
        return
    wanted = missing()
    if not wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder) / "held.txt"
        constraints.write_text("\n".join(held(wanted)), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--quiet"]
        subprocess.run([*command, "-c", str(constraints), *wanted], check=True)
