"""`dfstudy predict` on files, folders and patterns; what it prints and writes."""

import csv
import importlib
import json
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest
from asked import FACES, LEFT, RIGHT, Squares, red, squares

from dfstudy import cli
from dfstudy.commands import verdicts as commands
from dfstudy.detect import many as pool
from dfstudy.detect import predict as detect
from dfstudy.models import detector as detectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("videos")
    (root / "sub [1]").mkdir()
    squares(root / "a.mp4", (*LEFT, 220), length=8)
    squares(root / "sub [1]" / "b.mp4", (*LEFT, 30), (*RIGHT, 30), length=8)
    squares(root / "sub [1]" / "a.mp4", length=8)
    (root / "notes.txt").write_text("no video")
    (root / ".hidden.mp4").write_text("no video")
    return root


@pytest.fixture
def dfstudy(capfd, tmp_path, monkeypatch):
    """Call the command with detectors made of arithmetic; (code, out, err)."""
    made = {name: red(name, FACES, tmp_path) for name in ("x_0", "y_0")}
    load = detectors.load

    def loaded(place):
        return made[place.name] if place.name in made else load(place)

    monkeypatch.setattr(detectors, "load", loaded)
    monkeypatch.setattr(detect, "_FINDERS", {"mtcnn": Squares()})

    def call(*arguments, models=("x_0",)):
        chosen = [part for name in models for part in ("--model", name)]
        options = [str(part) for part in arguments]
        if "--workers" not in options:
            options += ["--workers", "0"]
        code = cli.main(["predict", *chosen, *options])
        return code, *capfd.readouterr()

    return call


def test_files_folders_and_patterns(folder, monkeypatch):
    every = ["a.mp4", "sub [1]/a.mp4", "sub [1]/b.mp4"]

    def found(*names):
        files = commands.files_of(names)
        return [file.relative_to(folder).as_posix() for file in files]

    assert found(folder) == every
    assert found(folder / "**" / "*.mp4") == every
    assert found(folder / "*") == ["a.mp4"]
    assert found(folder / "[ab].mp4") == ["a.mp4"]
    # A name that exists is no pattern, whatever is in it.
    assert found(folder / "sub [1]" / "b.mp4", folder / "sub [1]") == [
        "sub [1]/b.mp4",
        *every[1:],
    ]
    assert commands.files_of(["nowhere.mp4"]) == [Path("nowhere.mp4")]
    monkeypatch.chdir(folder)
    assert commands.files_of(["s*/b.*"]) == [Path("sub [1]/b.mp4")]


def test_nothing_to_examine_is_said(dfstudy, folder, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = dfstudy(tmp_path / "empty")
    assert code == 1 and "no video in this folder" in err
    code, _, err = dfstudy(folder / "*.mkv")
    assert code == 1 and "*.mkv: matches no video" in err


def test_no_detector_is_said_once(dfstudy, folder, tmp_path):
    code, out, err = dfstudy(folder, models=[str(tmp_path / "nothing")])
    assert code == 1 and not out and err.count("no detector folder") == 1
    code, out, err = dfstudy(folder, "--text", "outside")
    assert code == 1 and not out and err.count("reads no description") == 1


def test_a_folder_is_a_list_in_order(dfstudy, folder):
    code, out, err = dfstudy(folder, "--json")
    said = json.loads(out)
    assert code == 0 and "means nothing" in err
    assert [one["verdict"] for one in said] == ["fake", "cannot tell", "real"]
    assert [len(one["faces"]) for one in said] == [1, 0, 2]
    code, out, _ = dfstudy(folder)
    assert [line.split(": ")[1].split(",")[0] for line in out.splitlines()] == [
        "fake",
        "cannot tell (no face was found in the sampled frames)",
        "real",
    ]


def test_several_detectors_are_asked(dfstudy, folder):
    code, out, _ = dfstudy(folder / "a.mp4", "--json", models=("x_0", "y_0"))
    said = json.loads(out)
    assert code == 0
    assert [one["detector"] for one in said["opinions"]] == ["x_0", "y_0"]
    _, out, _ = dfstudy(folder / "a.mp4", models=("x_0", "y_0"))
    assert "threshold: 0.50 / 0.50" in out


def test_a_row_for_each_video_and_each_face(dfstudy, folder, tmp_path):
    table = tmp_path / "new" / "verdicts.csv"
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"this is no video")
    code, *_ = dfstudy(folder, bad, "--csv", table)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert code == 1
    assert [(Path(row["file"]).name, row["face"]) for row in rows] == [
        ("a.mp4", ""),
        ("a.mp4", "0"),
        ("a.mp4", ""),
        ("b.mp4", ""),
        ("b.mp4", "0"),
        ("b.mp4", "1"),
        ("bad.mp4", ""),
    ]
    assert rows[1]["by_detector"].startswith("x_0: fake 0.9")
    assert "not a video" in rows[-1]["error"] and rows[-1]["verdict"] == ""


def test_windows_and_annotated_videos(dfstudy, folder, tmp_path):
    out = tmp_path / "drawn"
    code, text, _ = dfstudy(folder, "--annotated", out, "--windows", 2, "--json")
    assert code == 0
    assert sorted(p.name for p in out.iterdir()) == ["a-2.mp4", "a.mp4", "b.mp4"]
    one = tmp_path / "one.mp4"
    assert dfstudy(folder / "a.mp4", "--annotated", one)[0] == 0 and one.exists()
    code, _, err = dfstudy(folder, "--annotated", one)
    assert code == 1 and "name a folder" in err
    code, _, err = dfstudy(folder / "a.mp4", "--annotated", tmp_path / "a.avi")
    assert code == 1 and "name it .mp4" in err
    # Never over the video itself; the verdict is there all the same.
    video = squares(tmp_path / "in.mp4", (*LEFT, 220), length=8)
    code, text, _ = dfstudy(video, "--annotated", video, "--json")
    said = json.loads(text)
    assert code == 1 and said["verdict"] == "fake" and "itself" in said["error"]


def test_the_report_gets_every_verdict_with_its_evidence(
    dfstudy, folder, tmp_path, monkeypatch
):
    given = []

    def write(items, out):
        given.extend(items)
        return out

    def gradcam(detector, clips, flow=None, *, text=None):
        return clips[..., 0].astype("float32")

    for name, value in {
        "dfstudy.report.verdict": SimpleNamespace(write=write),
        "dfstudy.detect.gradcam": SimpleNamespace(gradcam=gradcam),
    }.items():
        monkeypatch.setitem(sys.modules, name, value)
        package, attribute = name.rsplit(".", 1)
        package = importlib.import_module(package)
        monkeypatch.setattr(package, attribute, value, raising=False)
    page = tmp_path / "new" / "report.html"
    code, _, err = dfstudy(folder, "--html", page)
    assert code == 0 and str(page) in err and page.parent.is_dir()
    assert [len(evidence) for _, evidence in given] == [1, 1, 1]
    assert given[0][1][0].heat.shape == (1, 8, 32, 32)
    code, _, err = dfstudy(folder, "--html", tmp_path)
    assert code == 1 and "name a file" in err


def test_a_bug_in_one_file_leaves_the_others(dfstudy, folder, monkeypatch):
    examine = detect.examine

    def fails(path, *args, **options):
        if path.name == "b.mp4":
            raise RuntimeError("out of something")
        return examine(path, *args, **options)

    monkeypatch.setattr(detect, "examine", fails)
    code, out, err = dfstudy(folder, "--json")
    said = json.loads(out)
    assert code == 1 and "Traceback" in err
    assert [one["error"] for one in said] == [
        None,
        None,
        "RuntimeError: out of something",
    ]


def test_who_dies_or_hangs_has_an_error_of_his_own(dfstudy, folder, monkeypatch):
    def many(items, start, *, workers, seconds):
        assert (workers, seconds) == (2, 7)
        ask = start()
        yield ask(items[0])
        yield pool.Lost("the process that examined it died (exit code -9)")
        yield ask(items[2])

    monkeypatch.setattr(pool, "many", many)
    code, out, _ = dfstudy(folder, "--json", "--workers", "2", "--timeout", "7")
    said = json.loads(out)
    assert code == 1 and said[0]["error"] is None and said[2]["error"] is None
    assert said[1]["error"].startswith("a.mp4: the process that examined it died")


def test_processes_are_as_many_as_there_is_room_for(monkeypatch):
    import psutil

    monkeypatch.setattr("dfstudy.workers.cores", lambda: 8)
    free = Namespace(available=5 * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    assert commands._fitting(100) == 2
    free.available = 2**40
    assert commands._fitting(100) == 8 and commands._fitting(3) == 3
    free.available = 0
    assert commands._fitting(3) == 1
