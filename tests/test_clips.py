"""Frames in bounded memory: what is kept, what is read again, what comes out."""

import numpy as np
import pytest
from clips import break_frame, encode, number, numbered

from dfstudy.video import clips
from dfstudy.video.clips import read_clip
from dfstudy.video.faces import Detection, crop_faces
from dfstudy.video.perturb import Perturbation
from dfstudy.video.read import read_frames
from dfstudy.video.sample import resize_area


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return encode(tmp_path_factory.mktemp("clips") / "a.mp4", numbered(30))


@pytest.fixture
def picks(monkeypatch):
    """The frames that are decoded a second time."""
    asked = []
    original = clips.pick

    def spy(path, wanted):
        asked.append(sorted(wanted))
        return original(path, wanted)

    monkeypatch.setattr(clips, "pick", spy)
    return asked


WANTED = np.array([4, 4, 9, 2, 29])
BOXES = np.tile(np.array([[10.0, 8, 50, 48], [30, 20, 70, 60]])[:, None], (1, 3, 1))
AT = np.array([3, 1, 4])


@pytest.mark.parametrize(
    ("room", "again"), [(10**9, []), (0, [[2, 4, 29]]), (2 * 64 * 96 * 3, [[29]])]
)
def test_cuts_are_the_same_whatever_fits(path, picks, monkeypatch, room, again):
    monkeypatch.setattr(clips, "_ROOM", room)
    clip = read_clip(path, lambda times: WANTED, faces=True)
    crops = clip.cut(BOXES, at=AT, size=20, margin=0.1)
    frames = read_frames(path, WANTED[AT])
    for got, boxes in zip(crops, BOXES, strict=True):
        assert np.array_equal(got, crop_faces(frames, boxes, size=20, margin=0.1))
    assert picks == again
    assert clip.n_frames == 30


def test_without_faces_only_what_is_shown_is_kept(path):
    clip = read_clip(
        path,
        lambda times: WANTED,
        resize=lambda frames: resize_area(frames, 32, 48),
        faces=False,
    )
    assert clip.shown.shape == (5, 32, 48, 3)
    assert all(kept.small is kept.whole is None for kept in clip._kept.values())
    whole = read_frames(path, WANTED)
    assert np.array_equal(clip.shown, resize_area(whole, 32, 48))


def test_damage_finds_the_same_frames_where_one_that_nobody_wants_is_broken(tmp_path):
    path = encode(tmp_path / "alone.mp4", numbered(30), g="1")
    break_frame(path, 6)
    resize = {"resize": lambda frames: frames, "faces": False, "again": True}
    clip = read_clip(path, lambda times: WANTED, **resize)
    damaged = clip.damaged(Perturbation(kind="h264", level=23))
    for look in (clip, damaged):
        assert [number(frame) for frame in look.shown] == WANTED.tolist()


def test_a_frame_that_repeats_is_searched_once(path):
    searched = []

    class Spy:
        min_confidence = 0.5

        def detect(self, frames):
            searched.extend(number(frame) for frame in frames)
            face = Detection(np.array([10.0, 42, 30, 62]), 0.9, np.zeros((5, 2)))
            return [[face] if number(frame) != 5 else [] for frame in frames]

    wanted = np.array([2, 2, 2, 5, 5, 9, 20])
    clip = read_clip(path, lambda times: wanted, faces=True)
    (track,) = clip.track(Spy(), count=6, every=1)
    assert searched == [2, 5, 9]
    assert track.present.tolist() == [True, True, True, False, False, True]
    assert track.boxes.shape == (6, 4) and track.detected.sum() == 4
