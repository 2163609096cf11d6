"""S0's score and window, and its clip of a video whose face comes late."""

import numpy as np
import pytest

from dfstudy.video.faces import FaceDetector
from dfstudy.video.probe import VideoError
from dfstudy.video.region import best_start, best_window, frame_score
from dfstudy.video.track import Detection
from dfstudy.video.write import write_video


def face(box, confidence):
    return Detection(np.array(box, float), confidence, np.zeros((5, 2)))


def test_score_is_confidence_times_the_fraction_inside():
    def score(*faces):
        return frame_score(list(faces), 100, 200)

    assert score() == 0
    assert score(face((10, 10, 50, 50), 0.9)) == pytest.approx(0.9)
    assert score(face((-20, 10, 20, 50), 0.9)) == pytest.approx(0.45)
    assert score(face((180, 80, 220, 120), 0.8)) == pytest.approx(0.2)
    assert score(face((300, 10, 340, 50), 0.99)) == 0
    # Of several, the best: a surer one that is half outside loses.
    assert score(
        face((-20, 10, 20, 50), 1.0), face((60, 60, 80, 80), 0.7)
    ) == pytest.approx(0.7)


def test_window_is_the_best_of_all_windows():
    rng = np.random.default_rng(0)
    for n in range(1, 101):
        scores = rng.integers(0, 4, n) / 4  # with many ties
        for k in (1, 3, 16):
            sums = [scores[i : i + k].sum() for i in range(max(n - k, 0) + 1)]
            assert best_window(scores, k) == sums.index(max(sums))


def test_equal_windows_give_the_earliest():
    assert best_window(np.full(50, 0.1), 16) == 0
    assert best_window(np.zeros(50), 16) == 0


class Bright:
    """A face where the frame is bright, the surer the brighter; keeps what it saw."""

    min_confidence = 0.5

    def __init__(self):
        self.seen = []

    def detect(self, frames):
        self.seen += [frame.shape for frame in frames]
        level = [float(frame.mean()) / 255 for frame in frames]
        box = (10, 10, 30, 30)
        return [[face(box, v)] if v > 0.5 else [] for v in level]


def brightness(path, levels, height=64, width=96):
    frames = np.empty((len(levels), height, width, 3), np.uint8)
    frames[:] = np.asarray(levels, np.uint8)[:, None, None, None]
    return write_video(path, frames, fps=25)


def test_best_start_finds_the_stretch_with_the_face(tmp_path):
    levels = np.full(100, 20)
    levels[48:80] = 220
    path = brightness(tmp_path / "a.mp4", levels)
    detector = Bright()
    start = best_start(path, 16, detector=detector, every=8)
    assert start >= 48 and start + 16 <= 80
    assert len(detector.seen) == 13  # 0, 8 ... 96: coarse, not dense
    # A brighter part inside is better still.
    levels[60:76] = 250
    path = brightness(tmp_path / "b.mp4", levels)
    assert abs(best_start(path, 16, detector=Bright(), every=4) - 60) <= 4


def test_short_faceless_and_broken_videos(tmp_path):
    dark = brightness(tmp_path / "dark.mp4", np.full(40, 20))
    assert best_start(dark, 16, detector=Bright(), every=8) == 0
    one = brightness(tmp_path / "one.mp4", [200])
    assert best_start(one, 16, detector=Bright(), every=8) == 0
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 40)
    with pytest.raises(VideoError):
        best_start(tmp_path / "broken.mp4", 16, detector=Bright(), every=8)


def test_large_frames_are_searched_reduced(tmp_path):
    path = brightness(tmp_path / "a.mp4", np.full(3, 200), 1200, 2400)
    detector = Bright()
    best_start(path, 2, detector=detector, every=1)
    assert detector.seen == [(480, 960, 3)] * 3


def test_the_real_detector_finds_a_rendered_face_that_comes_late(tmp_path):
    from dfstudy.data import synth

    person = synth.Person.random(np.random.default_rng(3))
    clip = synth.render_clip(person, 5, frames=24, size=(216, 384), fps=24)
    empty = np.full((40, 216, 384, 3), 90, np.uint8)
    frames = np.concatenate([empty, clip.frames, empty[:20]])
    path = write_video(tmp_path / "late.mp4", frames, fps=24)
    start = best_start(path, 16, detector=FaceDetector(), every=4)
    assert start >= 40 and start + 16 <= 64
