import itertools

import av
import numpy as np
import pytest
from clips import TURNS, break_frame, encode, encode_at, number, numbered, set_matrix

from dfstudy.video import decode, read
from dfstudy.video.probe import VideoError
from dfstudy.video.read import (
    every,
    iter_frames,
    read_chosen,
    read_evenly,
    read_frames,
    shots,
)
from dfstudy.video.sample import even_indices, first_indices


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """120 numbered frames with B-frames, so that packets are not in display order."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return encode(path, numbered(120), bf="3", g="30")


def numbers(frames):
    return [number(frame) for frame in frames]


def test_frames_come_in_the_order_asked_for_with_repeats(clip):
    wanted = [7, 0, 119, 7, 64, 63]
    frames = read_frames(clip, wanted)
    assert frames.dtype == np.uint8 and frames.shape == (6, 64, 96, 3)
    assert numbers(frames) == wanted
    assert numbers(read_frames(clip)) == list(range(120))
    assert numbers(iter_frames(clip)) == list(range(120))


def test_colours_are_rgb(clip):
    frame = read_frames(clip, [3])[0]
    assert np.abs(frame[8, 8].astype(int) - (220, 30, 30)).max() < 12
    assert np.abs(frame[-8, 8].astype(int) - (30, 30, 220)).max() < 12


def test_asking_past_the_end_says_how_many_there_are(clip):
    with pytest.raises(VideoError, match="frame 120, but only 120"):
        read_frames(clip, [1, 120])
    for bad in ([], [-1]):
        with pytest.raises(ValueError, match="indices"):
            read_frames(clip, bad)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "h264"])
@pytest.mark.parametrize("n", [1, 5, 16, 33])
def test_evenly_is_even_over_what_decodes(tmp_path, suffix, n):
    path = encode(tmp_path / f"a.{suffix}", numbered(n))
    frames, indices, n_frames = read_evenly(path, 16)
    assert n_frames == n
    assert indices.tolist() == even_indices(n, 16).tolist() == numbers(frames)


@pytest.mark.parametrize("declared", [1, 40, 119, 121, 100_000])
def test_evenly_survives_a_wrong_declared_length(clip, monkeypatch, declared):
    opened = []
    original = read._shots
    monkeypatch.setattr(read, "_declared_times", lambda path: np.arange(declared) / 25)
    monkeypatch.setattr(
        read, "_shots", lambda path, *a: opened.append(path) or original(path, *a)
    )
    frames, indices, n_frames = read_evenly(clip, 16)
    assert n_frames == 120
    assert indices.tolist() == even_indices(120, 16).tolist() == numbers(frames)
    assert len(opened) <= 2


def test_a_right_declared_length_is_read_once_and_converts_no_more(clip, monkeypatch):
    converted = []
    original = read.to_rgb
    monkeypatch.setattr(
        read, "to_rgb", lambda *a, **k: converted.append(1) or original(*a, **k)
    )
    read_evenly(clip, 16)
    assert len(converted) == 16


@pytest.fixture
def alone(tmp_path):
    """40 numbered frames, each of them coded by itself."""
    return encode(tmp_path / "alone.mp4", numbered(40), g="1")


@pytest.fixture
def decoded(monkeypatch):
    """Grows by one for each frame that a decoder gives."""
    frames = []
    original = read.decode

    def spy(*args, **options):
        for frame in original(*args, **options):
            frames.append(frame.pts)
            yield frame

    monkeypatch.setattr(read, "decode", spy)
    return frames


def test_of_frames_coded_by_themselves_only_some_are_decoded(alone, decoded):
    frames, indices, n_frames = read_evenly(alone, 8)
    assert n_frames == 40 and len(decoded) == 9  # the first says how large all are
    assert numbers(frames) == indices.tolist() == even_indices(40, 8).tolist()
    assert numbers(read_frames(alone, [30, 4, 30])) == [30, 4, 30]
    assert len(decoded) == 9 + 3
    assert [shot.index for shot in every(alone, 16)] == [0, 16, 32, 39]
    assert len(decoded) == 9 + 3 + 4
    near, indices, times = read_chosen(alone, lambda t: t.argsort()[-2:], seconds=0.5)
    assert len(times) == 13 and sorted(near) == indices.tolist() == [11, 12]
    assert [number(near[i]) for i in (11, 12)] == [11, 12]
    assert numbers(iter_frames(alone)) == list(range(40))
    with pytest.raises(VideoError, match="frame 40, but only 40"):
        read_frames(alone, [1, 40])


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        *itertools.product(["libx264", "mjpeg"], ["mkv", "avi", "mov"]),
        ("libx264", "ts"),
    ],
)
def test_they_are_known_in_any_container(tmp_path, decoded, codec, suffix):
    path = encode(
        tmp_path / f"a.{suffix}", numbered(20), codec=codec, g="1", strict="-1"
    )
    assert numbers(read_frames(path, [3, 17])) == [3, 17]
    assert len(decoded) == 3


def test_a_file_that_wrongly_calls_every_frame_a_key_frame_is_decoded(clip, tmp_path):
    data = clip.read_bytes()
    assert data.count(b"stss") == 1  # the list of its key frames
    path = tmp_path / "lies.mp4"
    path.write_bytes(data.replace(b"stss", b"free"))
    frames, indices, n_frames = read_evenly(path, 8)
    assert n_frames == 120
    assert numbers(frames) == indices.tolist() == even_indices(120, 8).tolist()


@pytest.mark.parametrize("broken", [18, 20])
def test_a_broken_frame_that_is_wanted_is_not_shown(alone, decoded, broken):
    break_frame(alone, broken)
    frames, indices, times = read_chosen(alone, lambda t: even_indices(len(t), 8))
    assert len(times) == 40
    assert all(number(frames[i]) == i for i in indices.tolist())
    if broken in even_indices(40, 8):  # then it is chosen of the 39 others
        assert len(decoded) > 39
        left = np.delete(np.arange(40), broken)
        assert indices.tolist() == left[even_indices(39, 8)].tolist()
    else:
        assert indices.tolist() == even_indices(40, 8).tolist()
    with pytest.raises(VideoError):
        read_frames(alone, [broken])


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_times_are_those_of_the_file_not_of_its_rate(tmp_path, suffix):
    times = np.cumsum([0.0, 0.04, 0.04, 0.2, 0.01, 0.5, 0.033, 0.033, 0.1])
    path = encode_at(tmp_path / f"vfr.{suffix}", numbered(9), times)
    got = [shot.time for shot in shots(path)]
    assert np.allclose(np.array(got) - got[0], times, atol=0.0011)


def test_a_stream_without_a_clock_is_timed_by_its_rate(tmp_path):
    path = encode(tmp_path / "raw.h264", numbered(6), bf="2")
    steps = np.diff([shot.time for shot in shots(path)])
    assert (steps > 0).all() and np.allclose(steps, steps[0])


def test_what_is_chosen_by_real_times_is_what_comes_back(tmp_path):
    # The header's mean rate is about 10 a second; the first frames come at 50.
    times = np.concatenate([np.arange(20) * 0.02, 0.4 + np.arange(20) * 0.2])
    path = encode_at(tmp_path / "vfr.mp4", numbered(40), times)
    frames, indices, read_to = read_chosen(
        path, lambda seconds: first_indices(seconds, 30), seconds=1.0
    )
    want = [max(i for i in range(40) if times[i] <= t / 30 + 1e-3) for t in range(30)]
    assert indices.tolist() == want
    assert all(number(frames[i]) == i for i in want)
    assert len(read_to) == 24  # it read no further than a second


@pytest.mark.parametrize(("step", "want"), [(1, range(120)), (7, [*range(0, 120, 7)])])
def test_every_so_many_frames_and_the_last(clip, step, want):
    want = [*want] + ([119] if 119 % step else [])
    read = [(shot.index, number(shot.rgb())) for shot in every(clip, step)]
    assert read == [(i, i) for i in want]


def test_only_what_is_kept_is_in_memory(clip):
    kept, indices, _ = read_chosen(
        clip, lambda times: even_indices(len(times), 4), keep=lambda image: image.shape
    )
    assert kept == {i: (64, 96, 3) for i in indices.tolist()}


@pytest.mark.parametrize("name", TURNS)
def test_frames_are_upright_whatever_the_display_matrix(tmp_path, name):
    path = encode(tmp_path / "a.mp4", numbered(4), qp="10")
    plain = read_frames(path)
    matrix, turn = TURNS[name]
    turned = read_frames(set_matrix(path, matrix))
    assert np.array_equal(turned, np.stack([turn(frame) for frame in plain]))


def test_a_file_that_breaks_off_gives_the_frames_before(clip, tmp_path):
    path = encode(tmp_path / "whole.ts", numbered(100), g="10")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    frames, indices, n_frames = read_evenly(path, 8)
    assert 30 < n_frames < 70
    assert numbers(frames) == indices.tolist() == even_indices(n_frames, 8).tolist()


@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
def test_damaged_bytes_give_frames_or_a_clear_error(tmp_path, suffix):
    whole = encode(tmp_path / f"whole.{suffix}", numbered(40)).read_bytes()
    path = tmp_path / f"damaged.{suffix}"
    for seed in range(20):
        rng = np.random.default_rng(seed)
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 10 * (seed + 1)):
            data[at] = rng.integers(0, 256)
        path.write_bytes(data)
        try:
            frames, indices, n_frames = read_evenly(path, 8)
        except VideoError as error:
            assert str(error).startswith(path.name)
        else:
            assert frames.shape[0] == 8 and indices.max() < n_frames


@pytest.mark.parametrize("error", [av.InvalidDataError(1, "x"), IndexError()])
def test_a_demuxer_that_fails_on_the_way_only_ends_the_file(clip, error):
    class Failing:
        def __init__(self, container):
            self.container = container

        def demux(self, stream):
            for count, packet in enumerate(self.container.demux(stream)):
                if count == 50:
                    raise error
                yield packet

    with decode.open_video(clip) as (container, stream):
        frames = list(decode.decode(Failing(container), stream))
    assert 40 <= len(frames) <= 50


def test_a_stream_that_changes_its_size_keeps_the_first(tmp_path):
    parts = []
    for i, (height, width) in enumerate([(64, 96), (128, 192)]):
        part = encode(tmp_path / f"{i}.h264", numbered(4, height, width))
        parts.append(part.read_bytes())
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(parts))
    frames = read_frames(path)
    assert frames.shape == (8, 64, 96, 3)


def test_av1_and_vp9_decode(tmp_path):
    for codec, suffix in (("libsvtav1", "mp4"), ("libvpx-vp9", "webm")):
        if codec not in av.codecs_available:
            pytest.skip(f"this PyAV cannot write {codec}")
        path = encode(tmp_path / f"a.{suffix}", numbered(8), codec=codec)
        assert numbers(read_frames(path)) == list(range(8))
