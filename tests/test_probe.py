import numpy as np
import pytest
from clips import TURNS, audio_only, encode, numbered, set_matrix

from dfstudy.video import decode
from dfstudy.video.probe import VideoError, probe


def test_probe_tells_what_was_written(tmp_path):
    path = encode(tmp_path / "a clip ' [1]: ü.mp4", numbered(50), fps=25)
    info = probe(path)
    assert (info.width, info.height, info.n_frames) == (96, 64, 50)
    assert info.fps == pytest.approx(25)
    assert info.duration_s == pytest.approx(2, abs=0.05)
    assert info.codec == "h264"
    assert info.bit_rate == pytest.approx(path.stat().st_size * 8 / 2, rel=0.05)
    assert info.rotation == 0
    assert info.audio is False


@pytest.mark.parametrize("name", ["90", "180", "270"])
def test_size_is_of_the_upright_frame(tmp_path, name):
    path = set_matrix(encode(tmp_path / "a.mp4", numbered(3)), TURNS[name][0])
    info = probe(path)
    assert info.rotation == int(name)
    assert (info.width, info.height) == ((96, 64) if name == "180" else (64, 96))


@pytest.mark.parametrize("suffix", ["mkv", "ts", "avi", "h264"])
def test_length_is_counted_where_it_is_not_declared(tmp_path, suffix):
    info = probe(encode(tmp_path / f"a.{suffix}", numbered(30), fps=25))
    # AVI counts a packet more for the delay of B-frames.
    assert 30 <= info.n_frames <= 31
    assert info.fps == pytest.approx(25)
    assert info.duration_s == pytest.approx(1.2, abs=0.1)


def bad_files(folder):
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    # FFmpeg would render a text file as a film, and follow a playlist to other files.
    (folder / "notes.mp4").write_text("These are notes.\n" * 200)
    (folder / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n")
    (folder / "concat.mp4").write_text("ffconcat version 1.0\nfile other.mp4\n")
    whole = encode(folder / "whole.mp4", numbered(10)).read_bytes()
    (folder / "no index.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "folder.mp4").mkdir()
    audio_only(folder / "audio.mp4")
    names = ["empty", "noise", "notes", "list", "concat", "audio", "folder", "missing"]
    return [folder / f"{name}.mp4" for name in [*names, "no index"]]


def test_what_is_no_video_is_refused_in_one_sentence(tmp_path):
    for path in bad_files(tmp_path):
        with pytest.raises(VideoError) as caught:
            probe(path)
        message = str(caught.value)
        assert message.startswith(path.name) and message.endswith(".")
        assert "\n" not in message and str(tmp_path) not in message


def test_frames_beyond_the_limit_are_refused_before_decoding(tmp_path, monkeypatch):
    path = encode(tmp_path / "a.mp4", numbered(3))
    monkeypatch.setattr(decode, "MAX_PIXELS", 96 * 64 - 1)
    with pytest.raises(VideoError, match="96 x 64"):
        probe(path)


def test_absurd_size_in_the_header_is_no_crash(tmp_path):
    path = encode(tmp_path / "a.mp4", numbered(3))
    data = path.read_bytes()
    at = data.index(b"avc1", data.index(b"stsd")) + 28  # width, height: 16 bits each
    assert data[at : at + 4] == bytes([0, 96, 0, 64])
    path.write_bytes(data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])
    # The codec's own header knows better; what counts is that 12 GB are not allocated.
    assert (probe(path).width, probe(path).height) == (96, 64)
