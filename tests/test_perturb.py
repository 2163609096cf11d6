"""Each perturbation damages, more with its level, and the same way each time."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from clips import encode, number, numbered

from dfstudy.data import pool
from dfstudy.data.view import View, see, see_damaged
from dfstudy.video.faces import Detection
from dfstudy.video.flow import sampled_flow
from dfstudy.video.perturb import KINDS, Perturbation, ladder
from dfstudy.video.read import iter_frames
from dfstudy.video.sample import resize_area
from dfstudy.video.write import write_video

SAME_SIZE = [name for name in KINDS if name != "crop"]
FRAMEWISE = [name for name, kind in KINDS.items() if kind.of_one_frame]


def scene(n=12, height=64, width=96):
    """Something with texture that moves."""
    rng = np.random.default_rng(0)
    big = cv2.resize(rng.integers(0, 256, (24, 40, 3)).astype(np.uint8), (200, 120))
    return np.stack([big[i : i + height, 2 * i : 2 * i + width] for i in range(n)])


def through(kind, level, frames):
    return list(Perturbation(kind=kind, level=level)(iter(frames)))


@pytest.mark.parametrize("kind", [k for k in SAME_SIZE if k != "frame_rate"])
def test_heavier_is_worse_and_shapes_stay(kind):
    frames, errors = scene(), []
    for level in KINDS[kind].levels:
        out = np.stack(through(kind, level, frames))
        assert out.shape == frames.shape and out.dtype == np.uint8
        errors.append(float(np.abs(out.astype(int) - frames).mean()))
    assert errors[0] > 0 and (np.diff(errors) > 0).all(), errors


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_each_time_and_nothing_is_written_to(kind):
    frames = scene()
    before = frames.copy()
    level = KINDS[kind].levels[2]
    first, second = through(kind, level, frames), through(kind, level, frames)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert np.array_equal(frames, before)
    assert through(kind, level, []) == []


@pytest.mark.parametrize("kind", FRAMEWISE)
def test_what_says_so_changes_a_frame_by_itself(kind):
    frames = scene()
    level = KINDS[kind].levels[2]
    all_of_it = through(kind, level, frames)
    assert np.array_equal(through(kind, level, frames[5:6])[0], all_of_it[5])


def test_oracles():
    frames = scene(1)
    assert np.abs(through("brightness", 25, frames)[0] - frames[0] * 0.25).max() <= 0.5
    noise = through("noise", 10, np.full((1, 200, 200, 3), 128, np.uint8))[0]
    assert noise.std() == pytest.approx(10, rel=0.02)
    assert noise.mean() == pytest.approx(128, abs=0.2)
    step = np.zeros((1, 9, 61, 3), np.uint8)
    step[:, :, 31:] = 255
    edge = through("blur", 3, step)[0][4, :, 0].astype(float)
    gain = np.diff(edge)  # a blurred step rises like the bell that blurred it
    at = np.arange(60) + 0.5
    middle = (gain * at).sum() / gain.sum()
    assert ((gain * (at - middle) ** 2).sum() / gain.sum()) ** 0.5 == pytest.approx(
        3, rel=0.05
    )
    _, coded = cv2.imencode(".jpg", frames[0], [cv2.IMWRITE_JPEG_QUALITY, 30])
    blue_first = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    ours = through("jpeg", 30, frames[..., ::-1])[0]
    assert np.array_equal(ours[..., ::-1], blue_first)


def test_fewer_frames_hold_the_last_one():
    shown = [number(f) for f in through("frame_rate", 3, numbered(8))]
    assert shown == [0, 0, 0, 3, 3, 3, 6, 6]


def test_h264_uses_what_stands_before():
    """Frame by frame it would be another codec: most of a still clip is copied."""
    still = np.repeat(scene(1), 10, axis=0)
    whole = through("h264", 38, still)
    alone = [through("h264", 38, still[i : i + 1])[0] for i in range(10)]
    assert not np.array_equal(whole[9], alone[9])
    assert [number(f) for f in through("h264", 28, numbered(20))] == list(range(20))


def test_h264_takes_odd_sizes():
    frames = scene(3, height=63, width=95)
    assert {f.shape for f in through("h264", 28, frames)} == {(63, 95, 3)}


def test_a_crop_keeps_the_middle_and_moves_boxes():
    frames = scene(2)
    crop = Perturbation(kind="crop", level=10)
    out = list(crop(iter(frames)))
    assert np.array_equal(out[1], frames[1][6:58, 9:87])
    box = np.array([[20.0, 10.0, 40.0, 30.0]])
    assert crop.moved(box, (64, 96)).tolist() == [[11, 4, 31, 24]]
    assert Perturbation(kind="blur", level=1).moved(box, (64, 96)) is box


def test_ladder_climbs_to_the_heaviest():
    steps = ladder(["h264", "jpeg"], levels=3)
    assert [(s.kind, s.level) for s in steps] == [
        ("h264", 23),
        ("h264", 37),
        ("h264", 51),
        ("jpeg", 75),
        ("jpeg", 25),
        ("jpeg", 5),
    ]
    assert [s.level for s in ladder(["jpeg"], levels=1)] == [5]
    assert len(ladder(list(KINDS), levels=5)) == 40
    assert str(steps[1]) == "H.264, CRF 37" and str(steps[5]) == "JPEG, quality 5"
    with pytest.raises(ValueError, match="five levels"):
        ladder(["jpeg"], levels=6)
    with pytest.raises(ValueError, match=r"'rain'.*h264"):
        Perturbation(kind="rain", level=1)


# The way of a damaged video: the file's own size, then the view.

VIEW = View(frames=4, height=24, width=32, flow="sampled")
FACE = View(frames=4, height=32, width=32, crop="face")
DAMAGES = ladder(["jpeg", "h264", "crop"], levels=1)


class OneFace:
    min_confidence = 0.9
    calls = 0

    def detect(self, frames):
        self.calls += 1
        box = np.array([30.0, 20.0, 60.0, 50.0])
        return [[Detection(box, 0.99, np.full((5, 2), 45.0))] for _ in frames]

    def refine(self, frames, boxes):
        self.calls += 1
        return [self.detect(frames)[0][0] for _ in boxes]


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("v") / "a.mp4", scene(20), fps=10)


def test_undamaged_is_what_see_shows(video):
    first, *others = see_damaged(video, VIEW, DAMAGES)
    alone = see(video, VIEW)
    assert np.array_equal(first.frames, alone.frames)
    assert np.array_equal(first.flow, alone.flow)
    assert len(others) == 3
    assert all(np.array_equal(o.indices, alone.indices) for o in others)


def test_damage_comes_before_the_view(video):
    """Damaged at the file's size, then sampled and resized: as a damaged file."""
    whole = list(iter_frames(video))
    for damage, sample in zip(
        DAMAGES, [*see_damaged(video, VIEW, DAMAGES)][1:], strict=True
    ):
        out = list(damage(iter(whole)))
        want = resize_area(np.stack([out[i] for i in sample.indices]), 24, 32)
        assert np.array_equal(sample.frames, want), damage
        assert np.array_equal(sample.flow, sampled_flow(sample.frames))


def test_a_damaged_file_on_disk_gives_the_same(video, tmp_path):
    damage = Perturbation(kind="h264", level=38)
    options = {"crf": "38", "threads": "1", "preset": "veryfast"}
    options["x264-params"] = "mbtree=0"
    encode(tmp_path / "b.mp4", list(iter_frames(video)), **options)
    _, sample = see_damaged(video, VIEW, [damage])
    assert np.array_equal(sample.frames, see(tmp_path / "b.mp4", VIEW).frames)


def test_faces_are_those_of_the_video_as_it_is(video):
    finder = OneFace()
    see(video, FACE, detector=finder)
    once, finder.calls = finder.calls, 0
    first, jpeg, _, crop = see_damaged(video, FACE, DAMAGES, detector=finder)
    assert finder.calls == once  # not searched again
    assert np.array_equal(first.faces[0].boxes, jpeg.faces[0].boxes)
    assert not np.array_equal(first.faces[0].crops, jpeg.faces[0].crops)
    # A crop takes the border away; the face that it leaves is the same one.
    moved = first.faces[0].boxes - np.array([19, 12, 19, 12])
    assert np.array_equal(crop.faces[0].boxes, moved)
    near = np.abs(crop.faces[0].crops[:, 8:-8, 8:-8].astype(int))
    assert np.array_equal(near, first.faces[0].crops[:, 8:-8, 8:-8])


def test_no_room_in_memory_changes_nothing(video, monkeypatch):
    want = [
        s.faces[0].crops for s in see_damaged(video, FACE, DAMAGES, detector=OneFace())
    ]
    monkeypatch.setattr("dfstudy.video.clips._ROOM", 0)
    got = [
        s.faces[0].crops for s in see_damaged(video, FACE, DAMAGES, detector=OneFace())
    ]
    assert all(np.array_equal(a, b) for a, b in zip(want, got, strict=True))


def test_the_pool_gives_all_samples_or_a_reason(video, tmp_path):
    view = replace(VIEW, flow="none")
    good, bad = pool.damaged(
        [str(video), str(tmp_path / "no.mp4")], view, DAMAGES, workers=0
    )
    assert len(good) == 4 and "no such file" in bad
