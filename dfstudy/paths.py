"""Where files live: data and caches in one place, everything a run makes in another.

`DFSTUDY_HOME` moves the data (default `data/`), `DFSTUDY_RUNS` the runs (default
`runs/`), for example onto a Drive or a scratch disk. The defaults are folders of the
clone, or of the working folder where the package is installed without a clone.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


def root() -> Path:
    """The clone's folder, or the working folder where there is no clone."""
    clone = Path(__file__).resolve().parents[1]
    return clone if (clone / "pyproject.toml").exists() else Path.cwd()


def home() -> Path:
    """Data sets, prepared shards and pretrained weights. Made if missing."""
    return _made(Path(os.environ.get("DFSTUDY_HOME") or root() / "data"))


def runs(profile: str) -> Path:
    """Results, models, predictions and pages of one profile. Made if missing."""
    return _made(Path(os.environ.get("DFSTUDY_RUNS") or root() / "runs") / profile)


def detectors() -> list[Path]:
    """The folders of trained detectors in all runs, the newest first.

    FileNotFoundError, which says how to train one, where there is none.
    """
    cards = list(runs("").glob("**/models/*/model.json"))
    if not cards:
        raise FileNotFoundError(
            f"no trained detector under {runs('')}: train one with"
            " ./run_all.sh --only 03, or name one with --model FOLDER"
        )
    newest = sorted(cards, key=lambda file: file.stat().st_mtime, reverse=True)
    return [file.parent for file in newest]


def code_sha256() -> str:
    """Hash of the package's own files and of the lock: what a kept result rests on."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    files = [
        path for path in package.rglob("*") if path.suffix in {".py", ".j2", ".toml"}
    ]
    for path in [*sorted(files), root() / "requirements.lock"]:
        if path.exists():
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write a file so that it appears in one step: nobody reads half of it.

    Its folder is made if it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    yield part
    part.replace(path)


def put(path: Path, text: str) -> None:
    """Write a text file in one step."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """While this holds, no other process makes `path`: two lessons may run at once.

    The lock is a file under the data folder and goes with the process that holds it.
    Whoever waited finds `path` made. Nested in itself it does nothing.
    """
    lock = _lock(path)
    try:
        lock.acquire(timeout=2)
    except Timeout:
        print(f"waiting for another process, which makes {path.name} ...")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def is_free(path: Path) -> bool:
    """Whether nobody makes `path` now: neither another process nor another thread."""
    try:
        with _lock(path).acquire(timeout=0):
            return True
    except Timeout:
        return False


def _lock(path: Path) -> FileLock:
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    return FileLock(_made(home() / "locks") / f"{name}.lock", is_singleton=True)


def _made(folder: Path) -> Path:
    folder = folder.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
