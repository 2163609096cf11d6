"""CONTRIBUTING's recipes, followed to the letter: nothing else has to be touched."""

import importlib
import re
import subprocess
import sys

import numpy as np
import pytest
from conftest import TINY
from lesson import course

from dfstudy import models, paths
from dfstudy.course import build, check, lessons
from dfstudy.data import index, layouts
from dfstudy.detect import predict
from dfstudy.models import detector
from dfstudy.study.comparison import compare
from dfstudy.training import experiment
from dfstudy.training.rule import MAJORITY
from dfstudy.video.write import write_video

ROOT = paths.root()
RECIPES = re.findall(
    r"^## Add (a .+?)\n(.+?)(?=^## )",
    (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


def add(folder, package, source, monkeypatch, *changes):
    """A copy of a module as `package.added`, in a folder that `package` looks into."""
    text = (ROOT / source).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "added.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, f"{package.__name__}.added", raising=False)
    importlib.invalidate_caches()


@pytest.mark.parametrize(("what", "text"), RECIPES)
def test_a_recipe_is_short_and_names_what_is_there(what, text):
    steps = re.search(r"^1\. .+?(?=\n\n|\Z)", text.strip(), re.DOTALL | re.MULTILINE)
    assert 4 <= len(steps[0].splitlines()) < 10, what
    for path in re.findall(r"`((?:dfstudy|notebooks|tests|data)/[\w/.]+)`", text):
        if not re.search(r"NAME|NN", path):
            assert (ROOT / path).exists(), path


def test_there_are_three_recipes():
    assert [what for what, _ in RECIPES] == ["a detector", "a data set", "a lesson"]


def test_a_detector(tiny_data, tmp_path, monkeypatch):
    named = ('NAME = "frame_torch"', 'NAME = "added"')
    add(tmp_path, models, "dfstudy/models/frame_torch.py", monkeypatch, named)
    monkeypatch.setattr(models, "FAMILIES", (*models.FAMILIES, "added"))
    trained = experiment.train(
        "added",
        lesson="03",
        data=tiny_data,
        profile=TINY,
        seed=0,
        rules=[MAJORITY],
        start="none",
        runs=tmp_path / "runs",
    )
    assert trained.result["model"] == "added-scratch"
    card = (trained.detector.folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "added" in card.splitlines()[0]
    clip = tiny_data.manifest["path"].iloc[0]
    verdict = predict.predict(clip, [detector.load(trained.detector.folder)])
    assert 0 <= verdict.probability <= 1
    (one,) = compare(tmp_path / "runs", n_bootstrap=20)
    assert "added-scratch" in one.others["name"].tolist()  # a twin by its start
    assert (tmp_path / "runs" / "results" / "03_added-scratch_0.json").exists()


def test_a_data_set(tmp_path, monkeypatch):
    modules = tmp_path / "modules"
    modules.mkdir()
    words = ('"fake"}', '"forged"}'), ('== "fake"', '== "forged"')
    add(modules, layouts, "dfstudy/data/layouts/plain.py", monkeypatch, *words)
    added = importlib.import_module("dfstudy.data.layouts.added")
    monkeypatch.setattr(layouts, "_LAYOUTS", (added, *layouts._LAYOUTS))
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)
    for name in ("real/a.mp4", "forged/b.mp4"):
        path = tmp_path / "videos" / name
        path.parent.mkdir(parents=True)
        write_video(path, frames, fps=25)
    table = index.index(tmp_path / "videos", progress=False)
    assert table.set_index("video_id")["label"].to_dict() == {"a": 0, "b": 1}


def test_a_lesson(tmp_path):
    root = course(tmp_path)
    text = (ROOT / "notebooks/source/03_baseline_2d_cnn.py").read_text(encoding="utf-8")
    for old, new in (
        ('lesson: "03"', 'lesson: "90"'),
        ("slug: baseline_2d_cnn", "slug: added"),
        ("# # 03 ·", "# # 90 ·"),
    ):
        assert old in text
        text = text.replace(old, new)
    source = root / "notebooks" / "source" / "90_added.py"
    source.write_text(text, encoding="utf-8")
    build.write(root)
    assert [lesson.number for lesson in lessons.find(root / "notebooks")] == [
        "42",
        "90",
    ]
    assert check.course(root) == []
    # What is missing is said: a lesson without its second exercise.
    source.write_text(re.sub(r"### Exercise [2-9]", "### More", text), encoding="utf-8")
    build.write(root)
    assert any("at least two" in problem for problem in check.course(root))


def test_a_script_without_a_main_part_is_told_so(tmp_path):
    """Each worker would run it again, and wait for its parent for ever."""
    script = tmp_path / "script.py"
    script.write_text(
        "import multiprocessing\n"
        "from dfstudy import course\n"
        "course.start('smoke')\n"
        "multiprocessing.get_context('spawn').Process(target=print).start()\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120
    )
    assert 'begins its work with `if __name__ == "__main__":`' in done.stderr
