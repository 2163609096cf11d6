"""What the page refuses before a frame is decoded, and what it can allocate."""

import multiprocessing

import numpy as np
import pytest
from clips import audio_only, encode_at, numbered

from dfstudy.app.limits import MB, Limits, Refused, cap_memory
from dfstudy.video.decode import VideoError
from dfstudy.video.write import write_video

SHORT = Limits(max_seconds=10)


@pytest.fixture
def clip(tmp_path):
    return write_video(tmp_path / "clip.mp4", numbered(20), fps=10)


def test_a_short_video_passes(clip):
    SHORT.check(clip)


def test_ten_hours_are_refused_by_the_header(tmp_path):
    path = encode_at(tmp_path / "long.mp4", numbered(4), [0, 12000, 24000, 36000])
    with pytest.raises(Refused, match="600 minutes long"):
        SHORT.check(path)


def test_ten_hours_are_refused_whatever_the_header_says(tmp_path):
    path = encode_at(tmp_path / "long.mkv", numbered(4), [0, 12000, 24000, 36000])
    data = path.read_bytes()
    at = data.index(b"\x44\x89\x88")  # Matroska's Duration, a double
    assert data.count(b"\x44\x89\x88") == 1
    short = np.array(2000.0, ">f8").tobytes()
    lied = data[: at + 3] + short + data[at + 11 :]
    # Each track says it once more, as a tag.
    lied = lied.replace(b"10:00:0", b"00:00:0")
    path.write_bytes(lied)
    with pytest.raises(Refused, match="long or longer"):
        SHORT.check(path)


def test_too_many_frames_for_their_time_are_refused(tmp_path):
    times = np.arange(300) / 1000
    path = encode_at(tmp_path / "fast.mp4", numbered(300, 16, 16 * 6), times)
    with pytest.raises(Refused, match="more than 240 frames"):
        Limits(max_seconds=1).check(path)


def test_what_is_no_video_is_refused_with_its_reason(tmp_path):
    with pytest.raises(VideoError, match="no video stream"):
        SHORT.check(audio_only(tmp_path / "sound.m4a"))
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(VideoError, match="empty"):
        SHORT.check(empty)


def test_limits_are_positive():
    with pytest.raises(ValueError, match="1 or more"):
        Limits(max_mb=0)


def _allocate(megabytes, reply):
    cap_memory(64)
    try:
        reply.send(len(bytearray(megabytes * MB)))
    except MemoryError:
        reply.send("refused")


@pytest.mark.parametrize(("megabytes", "said"), [(8, 8 * MB), (32 * 1024, "refused")])
def test_memory_beyond_the_cap_is_refused_at_once(megabytes, said):
    pytest.importorskip("resource", reason="the system has no limit of address space")
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_allocate, args=(megabytes, theirs)
    )
    process.start()
    assert ours.poll(60) and ours.recv() == said
    process.join()
