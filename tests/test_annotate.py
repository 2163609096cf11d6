"""The verdict drawn into the video."""

import weakref
from fractions import Fraction

import av
import numpy as np
import pytest
from asked import FACES, FRAMES, LEFT, RIGHT, Squares, red, squares
from clips import TURNS, encode, encode_at, numbered, set_matrix

from dfstudy.detect.annotate import _COLOURS, annotate, box_at
from dfstudy.detect.predict import predict
from dfstudy.detect.verdict import CANNOT_TELL, FAKE, REAL, Verdict
from dfstudy.video.probe import probe
from dfstudy.video.read import read_frames, shots

FACELESS = {"seconds": [0.0], "sampled": [0]}


def near(frame, box, colour):
    """Whether the edge of a box is drawn in this colour."""
    x0, y0, x1, _ = (round(v) for v in box)
    edge = frame[max(y0, 0), x0 + 5 : x1 - 5].astype(int)
    return np.abs(edge - colour).max(axis=1).mean() < 60


@pytest.mark.parametrize("level", ["video", "frame"])
def test_each_face_has_a_box_of_its_verdict(tmp_path, level):
    path = squares(tmp_path / "in.mp4", (*LEFT, 220), (*RIGHT, 30))
    detector = red("a_0", FACES, tmp_path, level=level)
    verdict = predict(path, [detector], faces=Squares(), windows=4)
    out = annotate(path, verdict, tmp_path / "new" / "out.mp4")
    frames = read_frames(out, [0, 17, 39])
    assert frames.shape == (3, 180, 320, 3)
    for face in verdict.faces:
        for frame in frames[1:2]:
            assert near(frame, face.boxes[4], _COLOURS[face.verdict])
    assert {face.verdict for face in verdict.faces} == {REAL, FAKE}
    assert not list(out.parent.glob("*.part"))


def test_it_plays_in_browsers_at_the_times_of_the_source(tmp_path):
    times = [0.0, 0.04, 0.08, 0.3, 0.7, 0.74, 1.5]
    path = encode_at(tmp_path / "vary.mkv", numbered(7), times)
    verdict = Verdict(file="", verdict=CANNOT_TELL, frames=FACELESS)
    out = annotate(path, verdict, tmp_path / "out.mp4")
    assert [shot.time for shot in shots(out)] == pytest.approx(times, abs=0.002)
    with av.open(str(out)) as container:
        (stream,) = container.streams
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.time_base <= Fraction(1, 1000)
    data = out.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # starts before it is all there
    steady = encode(tmp_path / "steady.mp4", numbered(30), fps=24)
    assert probe(annotate(steady, verdict, out)).fps == pytest.approx(24)


def test_a_turned_video_is_upright_and_odd_sides_become_even(tmp_path):
    matrix, turn = TURNS["90"]
    path = set_matrix(encode(tmp_path / "in.mp4", numbered(5, 160, 200)), matrix)
    verdict = Verdict(file="", verdict=CANNOT_TELL, frames=FACELESS)
    out = annotate(path, verdict, tmp_path / "out.mp4")
    info = probe(out)
    assert (info.width, info.height, info.rotation) == (160, 200, 0)
    upright = turn(numbered(1, 160, 200)[0])
    above = read_frames(out, [0])[0][:100]
    assert np.abs(above.astype(int) - upright[:100]).mean() < 12
    odd = encode(tmp_path / "odd.mkv", numbered(3, 65, 97), codec="ffv1")
    info = probe(annotate(odd, verdict, out))
    assert (info.width, info.height) == (98, 66)


def test_the_curve_is_drawn_and_time_runs_over_it(tmp_path):
    path = squares(tmp_path / "in.mp4", (*LEFT, lambda t: 220 if t >= 20 else 30))
    detector = red("a_0", FRAMES, tmp_path, level="frame", middle=47.0)
    verdict = predict(path, [detector], faces=Squares(), windows=4)
    frames = read_frames(annotate(path, verdict, tmp_path / "out.mp4"))
    white = [(frame[-30:].min(axis=2) > 170).sum(axis=0) for frame in frames]
    at = [int(np.argmax(columns)) for columns in white]
    assert at[5] < at[20] < at[38] and at[20] == pytest.approx(160, abs=12)
    colour = np.array(_COLOURS[verdict.verdict])
    curve = np.abs(frames[0][-60:].astype(int) - colour).max(axis=2) < 60
    left, right = (np.argwhere(part)[:, 0].mean() for part in np.split(curve, 2, 1))
    assert right < left  # more fake, so higher, in the second half


def test_boxes_between_sampled_frames():
    seconds = [0.0, 1.0, 2.0, 6.0]
    boxes = [[0, 0, 10, 10], [10, 0, 20, 10], None, [50, 0, 60, 10]]
    assert box_at(seconds, boxes, 0.25).tolist() == [2.5, 0, 12.5, 10]
    assert box_at(seconds, boxes, 1.0).tolist() == boxes[1]
    assert box_at(seconds, boxes, 1.2).tolist() == boxes[1]  # a moment longer
    assert box_at(seconds, boxes, 1.5) is None and box_at(seconds, boxes, 2.0) is None
    assert box_at(seconds, boxes, 4.0) is None  # nobody looked
    assert box_at(seconds, boxes, 5.9).tolist() == boxes[3]
    assert box_at(seconds, boxes, 6.2).tolist() == boxes[3]
    assert box_at(seconds, boxes, 9.0) is None
    far = [[0, 0, 10, 10], [90, 0, 99, 10]]
    assert box_at([0.0, 40.0], far, 20.0) is None


def test_few_frames_are_in_memory(tmp_path, monkeypatch):
    from dfstudy.detect import annotate as module

    alive, most = [], 0

    class Shot:
        def __init__(self, shot):
            self.time, self.shot = shot.time, shot

        def rgb(self):
            nonlocal most
            frame = self.shot.rgb()
            alive.append(weakref.ref(frame))
            most = max(most, sum(one() is not None for one in alive))
            return frame

    monkeypatch.setattr(
        module, "shots", lambda path: (Shot(shot) for shot in shots(path))
    )
    path = encode(tmp_path / "in.mp4", numbered(40))
    verdict = Verdict(file="", verdict=CANNOT_TELL, frames=FACELESS)
    annotate(path, verdict, tmp_path / "out.mp4")
    assert len(alive) == 40 and most <= 3


def test_what_cannot_be_drawn(tmp_path):
    path = encode(tmp_path / "in.mp4", numbered(5))
    with pytest.raises(ValueError, match="itself"):
        annotate(path, Verdict(file="", verdict=CANNOT_TELL, frames=FACELESS), path)
    with pytest.raises(ValueError, match="no verdict to draw: broken"):
        annotate(path, Verdict(file="", error="broken"), tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()
