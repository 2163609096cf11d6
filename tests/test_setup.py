"""From a bare machine to `.venv`: what run_all.sh says, and that the lists agree."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dfstudy import system

ROOT = Path(__file__).resolve().parents[1]


def project() -> list[str]:
    """Requirements of pyproject.toml, those of the tests included."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*table["dependencies"], *table["optional-dependencies"]["dev"]]


def locked() -> dict[str, list[Requirement]]:
    """Exact requirements by name; a name may have one line for each Python."""
    found: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            found.setdefault(canonicalize_name(requirement.name), []).append(
                requirement
            )
    return found


def conda() -> tuple[list[str], list[str]]:
    """(conda's own lines, pip's lines) of environment.yml."""
    lines = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    own = [line for line in lines if isinstance(line, str)]
    (pip,) = [line["pip"] for line in lines if isinstance(line, dict)]
    return own, pip


def test_conda_has_the_projects_packages():
    own, pip = conda()
    assert pip == [*project(), "--editable ."]
    assert own == ["python >=3.11,<3.13", "pip"]


def test_the_lock_has_the_projects_packages_at_fitting_versions():
    lock = locked()
    for wanted in map(Requirement, project()):
        for exact in lock[canonicalize_name(wanted.name)]:
            version = next(iter(exact.specifier)).version
            assert wanted.specifier.contains(version), f"{exact} against {wanted}"


@pytest.mark.parametrize("extra", ["app", "cluster", "offline-text"])
def test_the_lock_brings_page_cluster_and_text_encoder_along(extra):
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted in map(Requirement, table["optional-dependencies"][extra]):
        (exact,) = locked()[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(next(iter(exact.specifier)).version)


def test_the_lock_is_exact_and_names_no_place():
    for requirements in locked().values():
        for requirement in requirements:
            assert [spec.operator for spec in requirement.specifier] == ["=="]
            assert requirement.url is None
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"://|--(extra-)?index|--find-links|^-|(^|\s)/\w", text, re.M)


def test_torch_is_one_that_bears_tensorflow():
    # torch 2.12 comes with triton 3.7: TensorFlow imported first kills the process.
    (torch,) = locked()["torch"]
    assert str(torch.specifier) == "==2.11.0"


def test_run_all_is_short_and_ci_calls_it():
    assert len((ROOT / "run_all.sh").read_text().splitlines()) < 60
    assert "./run_all.sh --test" in (ROOT / ".ci" / "run").read_text()
    for script in ("run_all.sh", ".ci/run", ".ci/tiers"):
        assert os.access(ROOT / script, os.X_OK)
        subprocess.run(["bash", "-n", ROOT / script], check=True)


@pytest.fixture
def bare(tmp_path):
    """A machine with a few commands and a copy of what run_all.sh reads."""
    home = tmp_path / "clone"
    home.mkdir()
    for name in ("run_all.sh", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, home)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "env", "dirname", "sed", "cat", "rm"):
        (commands / name).symlink_to(shutil.which(name))

    def start(*options, **env):
        return subprocess.run(
            [home / "run_all.sh", *options],
            env={"PATH": str(commands), "HOME": str(tmp_path), **env},
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )

    def python(name, *lines):
        script = commands / name
        script.write_text("\n".join(("#!/usr/bin/env bash", *lines)))
        script.chmod(0o755)

    return start, python


def test_no_python_at_all(bare):
    start, _ = bare
    done = start()
    assert done.returncode == 1
    assert "needs Python 3.11 or 3.12 and found none" in done.stderr
    assert "apt install" in done.stderr and "Traceback" not in done.stderr


def test_a_python_that_is_too_old_or_too_new(bare):
    start, python = bare
    python("python3", f'exec {sys.executable} -c "import sys; sys.exit(1)"')
    assert "found none." in start().stderr
    done = start(PYTHON="python9")
    assert done.returncode == 1
    assert "found none in PYTHON=python9" in done.stderr


def test_a_python_without_venv_names_debians_package(bare):
    start, python = bare
    python(
        "python3",
        'case "$*" in',
        '  *ensurepip*) echo "No module named ensurepip" >&2; exit 1 ;;',
        '  *_base_executable*) echo "$0"; exit ;;',
        "esac",
        f'exec {sys.executable} "$@"',
    )
    done = start("--list")
    assert done.returncode == 1
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert "cannot make virtual environments" in done.stderr
    assert f"apt install {package}" in done.stderr


def test_help_installs_nothing(bare):
    start, _ = bare
    done = start("--help")
    assert done.returncode == 0
    for option in (
        "--profile",
        "--data",
        "--only",
        "--from",
        "--list",
        "--plan",
        "--test",
    ):
        assert option in done.stdout
    assert "#" not in done.stdout and "set -e" not in done.stdout


@pytest.mark.parametrize(
    ("message", "library", "package"),
    [
        ("libGL.so.1: cannot open shared object file: No such", "libGL.so.1", "libgl1"),
        (
            "libgthread-2.0.so.0: cannot open shared object file",
            "libgthread-2.0.so.0",
            "libglib2.0-0",
        ),
        ("libxcb.so.1: cannot open", "libxcb.so.1", "libxcb1"),
        (
            "libodd-9.so.2: cannot open",
            "libodd-9.so.2",
            "apt-file search libodd-9.so.2",
        ),
    ],
)
def test_a_missing_system_library_is_named(message, library, package):
    said = system.advice("cv2", message)
    assert f"cv2 needs the system library {library}" in said
    assert package in said


def test_other_import_errors_are_passed_on():
    assert system.advice("cv2", "DLL load failed") == (
        "cv2 cannot be imported: DLL load failed"
    )
    assert system.problems(("json", "no_such_module")) == [
        "no_such_module cannot be imported: No module named 'no_such_module'"
    ]
    assert system.problems() == []


def test_workflows_are_yaml_and_call_the_same_scripts():
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        assert yaml.safe_load(path.read_text())["jobs"], path
    tests = (ROOT / ".github" / "workflows" / "tests.yml").read_text()
    assert ".ci/run" in tests and '"3.11", "3.12"' in tests
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repo["repo"] for repo in hooks["repos"]] == ["local"]


def test_the_course_is_light_to_import():
    code = (
        "import sys; import dfstudy.course, dfstudy.course.__main__;"
        "heavy = {'torch', 'tensorflow', 'keras', 'cv2', 'pandas'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
