"""`dfstudy app`: its options, what there is to choose from, and Gradio missing."""

import importlib.util
import json
import os

import pytest

from dfstudy import cli
from dfstudy.app import server, shelf

CARD = {"data_kind": "real", "view": {"height": 8, "width": 8}}


def folder(runs, name, *, profile="laptop", age=0, card=None, **info):
    """A detector's folder, by its files alone; `age` in seconds."""
    made = runs / profile / "models" / name
    made.mkdir(parents=True)
    (made / "model.json").write_text(json.dumps(CARD | info))
    if card:
        (made / shelf.CARD).write_text(card)
    os.utime(made / "model.json", (1e9 - age, 1e9 - age))
    return made


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def test_detectors_of_all_runs_newest_first_and_variants_last(runs):
    folder(runs, "old_0", age=99)
    folder(runs, "new-scratch_0", age=1)
    folder(runs, "new_0", age=2, data_kind="synthetic", card="# What it is")
    found = shelf.detectors()
    assert list(found) == ["new_0", "old_0", "new-scratch_0"]
    assert found["new_0"].synthetic and found["new_0"].card == "# What it is"
    assert not found["old_0"].synthetic and found["old_0"].card is None


def test_a_name_of_two_runs_says_which(runs):
    folder(runs, "cnn_0", age=1)
    folder(runs, "cnn_0", profile="smoke")
    assert list(shelf.detectors()) == ["cnn_0, smoke", "cnn_0, laptop"]


def test_a_detector_that_reads_is_known_by_its_card(runs):
    made = folder(runs, "fusion_0", view=CARD["view"] | {"text": True})
    assert shelf.detectors([made])["fusion_0"].text


def test_a_folder_without_a_detector_is_refused(runs, tmp_path):
    with pytest.raises(ValueError, match=r"no model\.json"):
        shelf.detectors([tmp_path])
    with pytest.raises(FileNotFoundError, match="no trained detector"):
        shelf.detectors()


def test_examples_are_rendered_once(tmp_path, monkeypatch):
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path))
    made = shelf.examples(frames=6)
    assert list(made) == ["real", "blend", "disorder"]
    times = [path.stat().st_mtime_ns for path in made.values()]
    assert all(path.stat().st_size < 2**20 for path in made.values())
    again = shelf.examples(frames=6)
    assert again == made
    assert [path.stat().st_mtime_ns for path in again.values()] == times


def test_without_gradio_the_command_says_how_to_get_it(runs, capsys, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "gradio" else there(name, *rest),
    )
    assert cli.main(["app"]) == 1
    assert "dfstudy[app]" in capsys.readouterr().err


def test_without_a_detector_the_command_says_how_to_train_one(runs, capsys):
    pytest.importorskip("gradio", reason="needs the extra app")
    assert cli.main(["app"]) == 1
    assert "run_all.sh --only 03" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "warns"), [("127.0.0.1", False), ("localhost", False), ("0.0.0.0", True)]
)
def test_who_else_can_reach_the_page_is_said(host, warns, capsys):
    server.warn(host)
    assert ("no password" in capsys.readouterr().err) == warns


def test_this_machine_alone_is_the_default():
    options = cli._parser().parse_args(["app"])
    assert options.host == "127.0.0.1" and options.model is None
    assert server.Options(detectors={}).host == "127.0.0.1"
