"""One notebook, one process: run it, watch its clock and memory, keep what it made.

    outcome = execute.run(notebook, folder, parameters={"PROFILE": "smoke"}, ...)

papermill runs in a process of its own, so that frameworks never meet in one process and
one lesson's crash is one lesson's crash. The kernel is always this interpreter, with
settings of its own: what the user has under their home is neither used nor changed.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

Outcome = Literal["ok", "failed", "timeout"]
POLL_SECONDS = 1.0  # at 4 a second, to ask for memory took a tenth of a core


@dataclass(frozen=True, kw_only=True)
class Execution:
    """How one notebook went. Memory: resident, of all its processes, at its highest."""

    status: Outcome
    seconds: float
    peak_memory_mb: float
    error: str | None  # one line


def run(
    notebook: Path,
    executed: Path,
    log: Path,
    *,
    parameters: dict[str, Any],
    timeout_s: float,
    env: dict[str, str] | None = None,
    progress: Callable[[float, int], None] | None = None,
    stop: threading.Event | None = None,
) -> Execution:
    """Execute `notebook` into `executed`; what papermill says into `log`.

    Args:
        parameters: values for the cell tagged `parameters`.
        env: variables on top of this process' own.
        progress: called about once a second with the seconds so far and how many
            cells were begun.
        stop: once it is set, the notebook is ended and KeyboardInterrupt raised (a
            Ctrl-C reaches the main thread only).

    Whatever ends this function (also Ctrl-C), no process of the notebook's stays.
    """
    executed.parent.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    executed.unlink(missing_ok=True)
    started, peak, status = time.monotonic(), 0.0, "ok"
    with own_jupyter() as jupyter, log.open("wb") as output:
        command = [sys.executable, "-m", "papermill", str(notebook), str(executed)]
        command += ["--kernel", "python3", "--cwd", str(notebook.parent)]
        command += ["--log-output", "--no-progress-bar", "-y", json.dumps(parameters)]
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            # Headless: nobody is there to move a slider (report.widgets).
            env=os.environ | {"DFSTUDY_HEADLESS": "1"} | jupyter | (env or {}),
            start_new_session=True,
        )
        family: dict[int, psutil.Process] = {}
        try:
            while process.poll() is None:
                seconds = time.monotonic() - started
                peak = max(peak, _memory(process.pid, family))
                if progress:
                    progress(seconds, _cells_begun(log))
                if stop and stop.is_set():
                    raise KeyboardInterrupt
                if seconds > timeout_s:
                    status = "timeout"
                    break
                with suppress(subprocess.TimeoutExpired):
                    process.wait(POLL_SECONDS)
        finally:
            _end(process, family)
            if process.returncode:
                _drop_half(executed)
    if status == "ok" and process.returncode:
        status = "failed"
    error = None
    if status == "timeout":
        error = f"stopped at its limit of {timeout_s / 60:.1f} minutes"
        if cell := _cells_begun(log):
            error += f", in cell {cell}"
    elif status == "failed":
        error = what_failed(executed, log)
    return Execution(
        status=status,
        seconds=round(time.monotonic() - started, 1),
        peak_memory_mb=round(peak, 1),
        error=error,
    )


def what_failed(executed: Path, log: Path) -> str:
    """One line: the first cell that raised and its error, or the end of the log."""
    if executed.exists():
        notebook = json.loads(executed.read_text(encoding="utf-8"))
        for ordinal, cell in enumerate(lesson_cells(notebook), start=1):
            for output in cell.get("outputs", []):
                if output["output_type"] == "error":
                    text = f"cell {ordinal}: {output['ename']}: {output['evalue']}"
                    return " ".join(text.split())
    lines = [line for line in _tail(log).splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it stopped without a word"


def lesson_cells(notebook: dict[str, Any]) -> list[Any]:
    """The cells of an executed copy that are the lesson's: papermill adds its own."""
    added = {"injected-parameters", "papermill-error-cell-tag"}
    return [
        cell
        for cell in notebook["cells"]
        if not added & set(cell["metadata"].get("tags", []))
    ]


@contextmanager
def own_jupyter() -> Iterator[dict[str, str]]:
    """Variables for a Jupyter that knows this interpreter and nothing of the user's."""
    with tempfile.TemporaryDirectory(prefix="dfstudy-jupyter-") as name:
        folder = Path(name)
        kernel = folder / "share" / "kernels" / "python3"
        kernel.mkdir(parents=True)
        launch = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": launch, "display_name": "Python 3", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        yield {
            "JUPYTER_PATH": str(folder / "share"),  # searched before any other place
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "IPYTHONDIR": str(folder / "ipython"),
            # A user's MPLBACKEND=Agg would leave every figure out of the notebook.
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else a warning in every notebook
        }


def _memory(pid: int, family: dict[int, psutil.Process]) -> float:
    """Resident MB of the process tree; `family` collects everyone ever seen in it."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_info().rss
                family.setdefault(process.pid, process)
    return total / 2**20


def _end(process: subprocess.Popen[bytes], family: dict[int, psutil.Process]) -> None:
    """End the process and everyone it started.

    The kernel and its workers live in sessions of their own, so the process group is
    not enough; psutil's identities (pid and start time) never hit a stranger.
    """
    _memory(process.pid, family)
    for member in family.values():
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def _drop_half(executed: Path) -> None:
    """Remove a copy that papermill was writing when it was ended."""
    try:
        json.loads(executed.read_text(encoding="utf-8"))
    except FileNotFoundError:
        pass
    except ValueError:
        executed.unlink()


def _cells_begun(log: Path) -> int:
    """The cell that runs, counted as in the lesson: without the injected parameters."""
    found = re.findall(r"Executing Cell (\d+)", _tail(log))
    return max(int(found[-1]) - 1, 1) if found else 0


def _tail(log: Path, size: int = 20_000) -> str:
    with log.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - size))
        return file.read().decode("utf-8", errors="replace")
