"""A new student in JupyterLab: opens lesson 05 first, runs all, does an exercise.

    DFSTUDY_SHOTS=shots .venv/bin/python -m pytest -m slow tests/test_lab.py

A real browser clicks and types; nothing was rendered or trained before. The pictures of
the way are kept in the folder DFSTUDY_SHOTS, to be looked at.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from dfstudy import profiles
from dfstudy.course import execute, lessons

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine"),
]
LESSON = "05_two_stream_video"
LIMIT_MS = profiles.get("smoke").timeout_minutes * 60 * 1000
SETTINGS = {  # no question about news; cells out of sight are there to be counted
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
WEIGHTS_ONLY = '''def parameters(inputs: int, outputs: int) -> int:
    """How many numbers a linear layer learns."""
    return inputs * outputs


checks.parameters(parameters)'''
RIGHT = WEIGHTS_ONLY.replace("inputs * outputs", "inputs * outputs + outputs")
BROKEN = WEIGHTS_ONLY.replace("inputs * outputs", "inputs * weights")


@contextmanager
def lab(folder: Path):
    """JupyterLab on `folder`, as `jupyter lab` starts it; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder.parent / "settings"
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--port={port}", "--ip=127.0.0.1", "--IdentityProvider.token="]
    command += [f"--ServerApp.root_dir={folder}"]
    command += [f"--LabApp.user_settings_dir={settings}"]
    with (
        execute.own_jupyter() as own,
        (folder.parent / "lab.log").open("wb") as log,
    ):
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | own
        )
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(240):
                try:
                    urlopen(f"{address}/api/status", timeout=5).close()
                    break
                except (URLError, TimeoutError):
                    time.sleep(0.5)
            yield address
        finally:
            process.terminate()  # and it ends its kernels
            process.wait(60)


class Student:
    """One tab of JupyterLab with the lesson open."""

    def __init__(self, tab, shots: Path) -> None:
        self.tab, self.shots = tab, shots
        self.count = 0

    def picture(self, name: str) -> None:
        self.count += 1
        self.tab.screenshot(path=self.shots / f"{self.count:02}-{name}.png")

    def cell(self, text: str):
        """The code cell in which `text` stands."""
        return self.tab.locator(".jp-CodeCell", has_text=re.compile(text)).first

    def write(self, text: str, code: str) -> None:
        """Replace what stands in that cell."""
        editor = self.cell(text).locator(".cm-content")
        editor.scroll_into_view_if_needed()
        editor.click()
        self.tab.keyboard.press("Control+a")
        self.tab.keyboard.insert_text(code)

    def run_all(self) -> None:
        """Run, Run All Cells; again, as a student would, where nothing begins to run.

        JupyterLab 4.6 was seen to drop it in the first second after its kernel came up.
        """
        menu = self.tab.get_by_role("menuitem", name="Run", exact=True)
        item = self.tab.get_by_role("menuitem", name="Run All Cells", exact=True)
        begun = self.tab.locator(".jp-InputPrompt", has_text=re.compile(r"[*\d]"))
        for _ in range(3):
            menu.click()
            item.hover()
            item.click()
            for _ in range(20):
                if begun.count():
                    return self.wait()
                self.tab.wait_for_timeout(500)
            self.picture("did-not-begin")
        raise AssertionError("no cell began to run")

    def run(self, text: str) -> str:
        """Run that cell; what stands below it afterwards."""
        cell = self.cell(text)
        before = cell.locator(".jp-InputPrompt").first.inner_text()
        cell.locator(".cm-content").click()
        self.tab.keyboard.press("Control+Enter")
        self.tab.wait_for_function(
            "([cell, before]) => { const now = cell.querySelector('.jp-InputPrompt')"
            ".innerText; return now !== before && !now.includes('*'); }",
            arg=[cell.element_handle(), before],
        )
        return cell.locator(".jp-OutputArea").inner_text()

    def wait(self) -> None:
        """Until every code cell has run."""
        self.tab.wait_for_function(
            "() => [...document.querySelectorAll('.jp-CodeCell')].every(cell => "
            r"/\d/.test(cell.querySelector('.jp-InputPrompt').innerText) ||"
            " !cell.querySelector('.cm-content').innerText.trim())",
            timeout=LIMIT_MS,
        )


@pytest.fixture
def student(tmp_path, monkeypatch):
    playwright = pytest.importorskip("playwright.sync_api")
    for name in ("HOME", "RUNS"):  # a set that is there may be used again
        if not os.environ.get(f"DFSTUDY_{name}") or name == "RUNS":
            monkeypatch.setenv(f"DFSTUDY_{name}", str(tmp_path / name.lower()))
    monkeypatch.delenv("DFSTUDY_SOLUTIONS", raising=False)
    shots = Path(os.environ.get("DFSTUDY_SHOTS", tmp_path / "shots"))
    shots.mkdir(parents=True, exist_ok=True)
    place = tmp_path / "notebooks"
    place.mkdir()
    shutil.copy(lessons.folder() / f"{LESSON}.ipynb", place)
    with lab(place) as address, playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(60_000)
        tab.goto(f"{address}/lab/tree/{LESSON}.ipynb")
        tab.locator(".jp-CodeCell").first.wait_for()
        tab.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
        yield Student(tab, shots)
        browser.close()


def test_a_new_student_opens_lesson_05_first(student):
    tab = student.tab
    student.picture("opened")
    student.write(r"PROFILE = ", 'PROFILE = "smoke"\nSEED = 0\nDATA = ""')
    student.run_all()
    student.picture("after-run-all")
    for text in ("from dfstudy import course", "trained = experiment.train"):
        student.cell(re.escape(text)).scroll_into_view_if_needed()
        student.picture("cell-" + text.split()[0])
    errors = tab.locator(".jp-RenderedText[data-mime-type*='vnd.jupyter.error']")
    assert errors.all_inner_texts() == []
    for ordinal, name in enumerate(("parameters", "steps_back", "soft_f1"), start=1):
        cell = student.cell(rf"def {name}\(")
        cell.scroll_into_view_if_needed()
        student.picture(f"exercise-{ordinal}-untouched")
        said = cell.locator(".jp-OutputArea").inner_text()
        assert f"… Exercise {ordinal}: not attempted" in said
    figures = tab.locator(".jp-OutputArea img")
    assert figures.count() >= 8
    for place in (0, 3, figures.count() - 1):
        figures.nth(place).scroll_into_view_if_needed()
        student.picture(f"figure-{place}")

    for name, code, answer in (
        ("wrong", WEIGHTS_ONLY, "each of the 128 outputs has a bias"),
        ("broken", BROKEN, "It stopped with NameError: name 'weights'"),
        ("right", RIGHT, "✓ Exercise 1: correct"),
    ):
        student.write(r"def parameters\(", code)
        said = student.run(r"def parameters\(")
        student.picture(f"exercise-1-{name}")
        assert answer in said
        assert ("✗ Exercise 1: try again" in said) == (name != "right")
    student.cell("the layer after the flattened maps").scroll_into_view_if_needed()
    student.picture("after-the-exercise")
