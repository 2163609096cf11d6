"""Downloads from a false Kaggle: what arrives, what breaks, and what is said then."""

import errno
import json
import os
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import kagglehub
import numpy as np
import pytest
import requests
from kagglehub.exceptions import (
    DataCorruptionError,
    KaggleApiHTTPError,
    UnauthenticatedError,
)

from dfstudy import cli
from dfstudy.data import download, index
from dfstudy.video.write import write_video

NAMES = [f"{letter * 10}.mp4" for letter in "abcd"]
FOLDER = "train_sample_videos"


class Kaggle:
    """Serves the sample out of memory as kagglehub 1.0 lays it down in its cache."""

    def __init__(self, video: bytes):
        listed = {name: {"label": "REAL", "split": "train"} for name in NAMES}
        self.files = {f"{FOLDER}/{name}": video for name in NAMES}
        self.files[f"{FOLDER}/metadata.json"] = json.dumps(listed).encode()
        self.archive = dict(self.files)  # what the archive holds, broken or not
        self.error: dict[str | None, BaseException] = {}
        self.asked: list[tuple[str | None, bool]] = []

    def competition_download(self, handle, path=None, *, force_download=False):
        assert handle == "deepfake-detection-challenge"
        self.asked.append((path, force_download))
        if path in self.error:
            raise self.error[path]
        root = Path(os.environ["KAGGLEHUB_CACHE"]) / "competitions" / handle
        wanted = self.archive if path is None else {path: self.files[path]}
        for name, data in wanted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        return str(root / path if path else root)


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    frames = np.zeros((2, 32, 48, 3), np.uint8)
    path = tmp_path_factory.mktemp("v") / "v.mp4"
    return write_video(path, frames, fps=25).read_bytes()


@pytest.fixture
def kaggle(monkeypatch, tmp_path, video):
    fake = Kaggle(video)
    monkeypatch.setattr(kagglehub, "competition_download", fake.competition_download)
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("KAGGLEHUB_CACHE", raising=False)
    free(monkeypatch, 10**12)
    return fake


def free(monkeypatch, n):
    usage = namedtuple("usage", "total used free")(n, 0, n)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def http(code):
    response = requests.Response()
    response.status_code = code
    return KaggleApiHTTPError("said the server", response=response)


def test_the_sample_is_fetched_and_can_be_indexed(kaggle, tmp_path, capsys):
    assert cli.main(["download", "dfdc-sample"]) == 0
    folder = Path(capsys.readouterr().out.strip())
    assert folder.is_relative_to(tmp_path / "home" / "dfdc-sample")
    assert len(index.index(folder, progress=False)) == 4
    assert kaggle.asked == [(f"{FOLDER}/metadata.json", False), (None, False)]
    assert "KAGGLEHUB_CACHE" not in os.environ
    # Again: it is all there, so nobody is asked.
    assert cli.main(["download", "dfdc-sample"]) == 0
    assert len(kaggle.asked) == 2


def test_a_few_videos_go_on_where_they_stopped(kaggle, tmp_path):
    kaggle.error[f"{FOLDER}/{NAMES[1]}"] = requests.ConnectionError("gone")
    with pytest.raises(download.DownloadError, match="no connection"):
        download.download("dfdc-sample", out=tmp_path / "x", videos=3)
    kaggle.error.clear()
    kaggle.asked.clear()
    folder = download.download("dfdc-sample", out=tmp_path / "x", videos=3)
    assert [path for path, _ in kaggle.asked] == [
        f"{FOLDER}/{name}" for name in NAMES[1:3]
    ]
    assert sorted(path.name for path in folder.glob("*.mp4")) == NAMES[:3]


def test_what_is_broken_is_fetched_again(kaggle, tmp_path, video):
    kaggle.archive[f"{FOLDER}/{NAMES[2]}"] = video[:-7]
    kaggle.archive[f"{FOLDER}/{NAMES[3]}"] = b""
    folder = download.download("dfdc-sample", out=tmp_path)
    assert kaggle.asked[2:] == [(f"{FOLDER}/{name}", True) for name in NAMES[2:]]
    assert all(download.is_whole(folder / name) for name in NAMES)
    (folder / NAMES[0]).unlink()
    kaggle.files[f"{FOLDER}/{NAMES[0]}"] = video + b"more"
    kaggle.archive[f"{FOLDER}/{NAMES[0]}"] = video + b"more"
    with pytest.raises(download.DownloadError, match=f"1 of 4 videos.*{NAMES[0]}"):
        download.download("dfdc-sample", out=tmp_path)


def test_a_broken_list_is_not_kept(kaggle, tmp_path):
    good = kaggle.files[f"{FOLDER}/metadata.json"]
    kaggle.files[f"{FOLDER}/metadata.json"] = good[:-9]
    with pytest.raises(download.DownloadError, match="not whole"):
        download.download("dfdc-sample", out=tmp_path)
    assert not list(tmp_path.rglob("metadata.json"))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UnauthenticatedError(), ["KAGGLE_API_TOKEN", "kaggle.json"]),
        (http(401), ["KAGGLE_API_TOKEN", "does not know"]),
        (http(403), ["accept the rules", "deepfake-detection-challenge/rules"]),
        (http(404), ["no such file"]),
        (http(429), ["slow down"]),
        (http(500), ["said the server"]),
        (requests.ConnectionError("x" * 999), ["no connection", "run it again"]),
        (requests.ReadTimeout("slow"), ["no connection", "ReadTimeout"]),
        (DataCorruptionError("md5"), ["MD5", "run it again"]),
        (zipfile.BadZipFile("bad"), ["deepfake-detection-challenge.archive"]),
        (OSError(errno.ENOSPC, "No space left on device"), ["full", "goes on"]),
        (PermissionError(errno.EACCES, "denied", "/some/file"), ["/some/file"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize(
    "where", [f"{FOLDER}/metadata.json", None], ids=["list", "all"]
)
def test_every_failure_is_one_message(kaggle, capsys, error, words, where):
    kaggle.error[where] = error
    assert cli.main(["download", "dfdc-sample"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("dfstudy download: ")
    assert len(err) < 400 and all(word in err for word in words)
    assert "KAGGLEHUB_CACHE" not in os.environ


def test_the_disk_is_looked_at_first(kaggle, monkeypatch, capsys):
    free(monkeypatch, 3 * 10**9)
    assert cli.main(["download", "dfdc-sample"]) == 1
    err = capsys.readouterr().err
    assert "3.0 GB free" in err and "--out" in err
    assert [path for path, _ in kaggle.asked] == [f"{FOLDER}/metadata.json"]
    assert cli.main(["download", "dfdc-sample", "--videos", "2"]) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dfdc", ["ai.meta.com/datasets/dfdc", "dfdc_train_part_0", "dfdc-sample"]),
        ("ffpp", ["form", "ondyari/FaceForensics", "original_sequences"]),
        ("dfd", ["form", "ondyari/FaceForensics", "DeepFakeDetection"]),
        ("celebdf", ["form", "yuezunli/celeb-deepfakeforensics", "Celeb-synthesis"]),
    ],
)
def test_where_a_form_must_be_signed_it_says_which(
    kaggle, tmp_path, capsys, name, words
):
    folder = tmp_path / "mine"
    assert cli.main(["download", name, "--out", str(folder)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and not kaggle.asked and not folder.exists()
    assert all(word in err for word in [*words, f"dfstudy index {folder}"])
    assert cli.main(["download", name]) == 1
    assert str(tmp_path / "home") in capsys.readouterr().err


def test_unknown_names(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["download", "imagenet"])
    assert stop.value.code == 2
    with pytest.raises(ValueError, match="celebdf"):
        download.download("imagenet")


def test_a_whole_file_ends_where_its_boxes_do(tmp_path, video):
    def whole(data):
        path = tmp_path / "f.mp4"
        path.write_bytes(data)
        return download.is_whole(path)

    assert whole(video)
    assert not any(
        whole(video[:n]) for n in (0, 7, 30, len(video) // 2, len(video) - 1)
    )
    assert not whole(video + b"\0") and not whole(b"<html>no such file</html>" * 99)
    free_box = (24).to_bytes(4, "big") + b"free" + bytes(16)
    assert whole(video + free_box) and not whole(free_box * 9)
    wide = (1).to_bytes(4, "big") + b"free" + (24).to_bytes(8, "big") + bytes(8)
    to_the_end = bytes(4) + b"free" + bytes(99)
    assert whole(video + wide) and whole(video + to_the_end)
    assert not whole(video + bytes(3) + b"\1free" + bytes(8) + bytes(8))
    assert not download.is_whole(tmp_path / "nowhere.mp4")
