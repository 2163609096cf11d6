"""What files say of themselves is asked once, and again when they change."""

import json
import os

import pytest
from clips import encode, numbered

from dfstudy.data import probed as module
from dfstudy.data.probed import probed
from dfstudy.video.probe import VideoInfo, probe


@pytest.fixture
def opened(monkeypatch):
    """Names of the files that are opened."""
    names = []

    def watched(path):
        names.append(path.name)
        return probe(path)

    monkeypatch.setattr(module, "probe", watched)
    return names


@pytest.fixture
def files(tmp_path):
    return [encode(tmp_path / f"{i}.mp4", numbered(2 + i)) for i in range(3)]


def ask(files, tmp_path):
    return probed(files, kept=tmp_path / "kept" / "probed.json", workers=2)


def test_a_file_is_opened_once(files, tmp_path, opened):
    first = ask(files, tmp_path)
    assert first == [probe(file) for file in files]
    assert sorted(opened) == ["0.mp4", "1.mp4", "2.mp4"]
    opened.clear()
    assert ask(files[::-1], tmp_path) == first[::-1]
    assert opened == []


def test_a_file_that_is_new_or_has_changed_is_opened(files, tmp_path, opened):
    ask(files[:2], tmp_path)
    opened.clear()
    # Of another length, at the same time of the clock; and one that was touched alone.
    before = files[0].stat()
    encode(files[0], numbered(9))
    os.utime(files[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    os.utime(files[1], ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    again = ask(files, tmp_path)
    assert sorted(opened) == ["0.mp4", "1.mp4", "2.mp4"]
    assert again[0].n_frames == 9


def test_what_cannot_be_used_is_asked_again(files, tmp_path, opened):
    (tmp_path / "noise.mp4").write_bytes(b"no video")
    some = [files[0], tmp_path / "noise.mp4", tmp_path / "missing.mp4"]
    for _ in range(2):
        good, noise, missing = ask(some, tmp_path)
        assert isinstance(good, VideoInfo)
        assert isinstance(noise, str) and isinstance(missing, str)
    assert sorted(opened) == ["0.mp4", *2 * ["missing.mp4"], *2 * ["noise.mp4"]]


def test_what_another_version_has_kept_does_not_count(files, tmp_path, opened):
    ask(files, tmp_path)
    kept = tmp_path / "kept" / "probed.json"
    for text in (
        json.dumps(json.loads(kept.read_text()) | {"code": "older"}),
        kept.read_text()[:50],
    ):
        opened.clear()
        kept.write_text(text)
        ask(files, tmp_path)
        assert len(opened) == 3
