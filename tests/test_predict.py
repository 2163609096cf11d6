"""One video, one verdict: faces, time, several detectors, what was left out."""

import json
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from asked import FACES, FRAMES, LEFT, RIGHT, Squares, red, squares

from dfstudy.data.view import View
from dfstudy.detect import predict as detect
from dfstudy.detect.people import MOST_FACES, WHOLE
from dfstudy.detect.verdict import CANNOT_TELL

ASKED = {"faces": Squares()}


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    return SimpleNamespace(
        two=squares(folder / "two.mp4", (*LEFT, 220), (*RIGHT, 30)),
        later=squares(folder / "later.mp4", (*LEFT, lambda t: 220 if t >= 20 else 30)),
        away=squares(folder / "away.mp4", (*LEFT, lambda t: 220 if t < 20 else None)),
        none=squares(folder / "none.mp4"),
        crowd=squares(
            folder / "crowd.mp4",
            *[(10 + 50 * (i % 6), 10 + 60 * (i // 6), 34, 30) for i in range(10)],
            (100, 140, 20, 250),
        ),
    )


def test_a_verdict_for_each_face_and_one_for_the_video(videos, tmp_path):
    detector = red("a_0", FACES, tmp_path)
    verdict, (evidence,) = detect.examine(videos.two, [detector], **ASKED)
    assert [face.verdict for face in verdict.faces] in (
        ["fake", "real"],
        ["real", "fake"],
    )
    assert verdict.verdict == "fake"
    assert verdict.probability == max(face.probability for face in verdict.faces)
    (opinion,) = verdict.opinions
    assert opinion.detector == "a_0" and len(opinion.over_time) == 1
    assert evidence.people == [0, 1] and evidence.heat is None
    assert (evidence.sample.faces[0].crops[0, 16, 16, 0] > 128) == (
        verdict.faces[0].verdict == "fake"
    )
    frames = verdict.frames
    assert (frames["height"], frames["width"], frames["decoded"]) == (180, 320, 40)
    assert frames["fps"] == pytest.approx(10)
    assert frames["seconds"] == pytest.approx([i / 10 for i in frames["sampled"]])
    assert verdict.warning and verdict.detectors[0]["reason"] is None
    assert json.loads(json.dumps(verdict.to_dict()))["faces"][0]["face_id"] == 0


def test_seconds_of_the_stages_add_up_to_the_whole(videos, tmp_path):
    import time

    class Slow(Squares):
        def detect(self, frames):
            time.sleep(0.2)
            return super().detect(frames)

    start = time.perf_counter()
    verdict = detect.predict(
        videos.two, [red("a_0", FACES, tmp_path)], faces=Slow(), windows=2
    )
    whole = time.perf_counter() - start
    spent = verdict.seconds
    assert set(spent) == {"read", "faces", "network"} and min(spent.values()) >= 0
    assert 0.4 <= spent["faces"] <= sum(spent.values()) <= whole


def test_a_frame_detector_tells_every_frame(videos, tmp_path):
    detector = red("a_0", FACES, tmp_path, level="frame")
    verdict = detect.predict(videos.later, [detector], **ASKED)
    (opinion,) = verdict.opinions
    assert opinion.seconds == verdict.frames["seconds"]
    fake = np.array(opinion.seconds) >= 2
    assert fake.any() and np.array_equal(np.array(opinion.over_time) > 0.5, fake)


def test_frames_without_the_face_are_gaps(videos, tmp_path):
    detector = red("a_0", FACES, tmp_path, level="frame")
    (face,) = detect.predict(videos.away, [detector], **ASKED).faces
    known = [p is not None for p in face.opinions[0].over_time]
    assert known == [box is not None for box in face.boxes] == [True] * 4 + [False] * 4


@pytest.mark.parametrize("level", ["video", "frame"])
@pytest.mark.parametrize("sampling", ["even", "consecutive"])
def test_windows_show_when_and_do_not_change_the_verdict(
    videos, tmp_path, level, sampling
):
    detector = red("a_0", replace(FACES, sampling=sampling), tmp_path, level=level)
    once = detect.predict(videos.later, [detector], **ASKED)
    more = detect.predict(videos.later, [detector], windows=4, **ASKED)
    assert (more.verdict, more.probability) == (once.verdict, once.probability)
    (opinion,) = more.faces[0].opinions
    assert len(opinion.over_time) == (4 if level == "video" else 32)
    late = np.array(opinion.seconds) > 1.99
    assert np.array_equal(np.array(opinion.over_time) > 0.5, late)


def test_windows_past_the_end_are_left_out(videos, tmp_path):
    # 4 s at the clock of 30 a second are 120 ticks: 3 windows of 40, and 5 of nothing.
    view = replace(FACES, frames=40, sampling="first")
    detector = red("a_0", view, tmp_path)
    (opinion,) = detect.predict(
        videos.later, [detector], windows=8, faces=Squares()
    ).opinions
    assert len(opinion.seconds) <= 3 and opinion.seconds[-1] < 4
    # Where every window would only repeat frames, there is the one point of one clip.
    short = squares(tmp_path / "short.mp4", (*LEFT, 220), length=3)
    detector = red("b_0", FACES, tmp_path)
    (opinion,) = detect.predict(short, [detector], windows=4, **ASKED).opinions
    assert len(opinion.over_time) == 1


def test_flow_of_a_window_begins_like_that_of_a_clip(videos, tmp_path):
    detector = red("a_0", replace(FACES, flow="sampled"), tmp_path)
    detect.predict(videos.later, [detector], windows=2, **ASKED)
    _, windows = detector.module.asked
    flow = windows[1]
    assert flow.shape == (2, 8, 32, 32, 2)
    np.testing.assert_array_equal(flow[:, 0], flow[:, 1])


def test_whole_frames_are_one_clip_and_faces_are_not_scored(videos, tmp_path):
    detector = red("a_0", FRAMES, tmp_path, level="frame", middle=50.0)
    verdict, (evidence,) = detect.examine(videos.two, [detector], windows=2, **ASKED)
    assert verdict.verdict in ("real", "fake") and len(verdict.opinions) == 1
    assert len(verdict.opinions[0].over_time) == 16
    assert {(f.verdict, f.reason) for f in verdict.faces} == {(None, WHOLE)}
    assert evidence.sample.frames.shape == (8, 36, 64, 3)


def test_no_face_is_cannot_tell(videos, tmp_path):
    detectors = [red("a_0", FACES, tmp_path), red("b_0", FRAMES, tmp_path)]
    verdict, evidence = detect.examine(
        videos.none, detectors, explain=True, windows=2, **ASKED
    )
    assert verdict.verdict == CANNOT_TELL and verdict.probability is None
    assert verdict.reason == detect.NOBODY and verdict.opinions == []
    assert [one["reason"] for one in verdict.detectors] == [detect.NOBODY] * 2
    assert [one.heat for one in evidence] == [None, None]
    assert verdict.frames["with_face"] == 0


def test_who_is_not_scored_is_there_with_the_reason(videos, tmp_path):
    verdict = detect.predict(videos.crowd, [red("a_0", FACES, tmp_path)], **ASKED)
    scored = [face for face in verdict.faces if face.verdict]
    left = [face.reason for face in verdict.faces if not face.verdict]
    assert len(scored) == MOST_FACES and len(verdict.faces) == 11
    assert [face.face_id for face in verdict.faces] == list(range(11))
    assert sum("most prominent" in reason for reason in left) == 2
    assert sum("perhaps no face" in reason for reason in left) == 1
    assert verdict.verdict == "real"  # the fake square is no sure face
    assert all(any(face.boxes) for face in verdict.faces)


def test_several_detectors_read_a_view_once_and_share_people(
    videos, tmp_path, monkeypatch
):
    seen = []
    see = detect.see
    monkeypatch.setattr(
        detect,
        "see",
        lambda path, view, **kw: seen.append(view) or see(path, view, **kw),
    )
    detectors = [
        red("a_0", FACES, tmp_path),
        red("b_0", FACES, tmp_path, level="frame"),
        red("c_0", replace(FACES, frames=5, height=40, width=40), tmp_path),
        red("d_0", FRAMES, tmp_path, middle=20.0),
    ]
    verdict, evidence = detect.examine(videos.two, detectors, **ASKED)
    assert len(seen) == 3
    assert [one.detector for one in verdict.opinions] == ["a_0", "b_0", "c_0", "d_0"]
    assert verdict.verdict == "fake"
    assert verdict.probability == pytest.approx(
        np.mean([one.probability for one in verdict.opinions])
    )
    for face in verdict.faces:
        assert [one.detector for one in face.opinions] == ["a_0", "b_0", "c_0"]
        assert len({one.verdict for one in face.opinions}) == 1
    assert {one.people[0] for one in evidence} == {0}


def test_several_that_disagree_cannot_tell_and_say_who_said_what(videos, tmp_path):
    detectors = [red("a_0", FACES, tmp_path), red("b_0", FACES, tmp_path, middle=250.0)]
    verdict = detect.predict(videos.two, detectors, **ASKED)
    assert verdict.verdict == CANNOT_TELL
    assert verdict.reason == "a_0 says fake, b_0 says real"


def test_fake_needs_one_face_on_which_they_agree(videos, tmp_path):
    turned = red("b_0", FACES, tmp_path)
    network = turned.module.predict_on_batch
    turned.module.predict_on_batch = lambda x: -network(x)
    verdict = detect.predict(videos.two, [red("a_0", FACES, tmp_path), turned], **ASKED)
    assert [one.verdict for one in verdict.opinions] == ["fake", "fake"]
    assert verdict.verdict == CANNOT_TELL and "which face" in verdict.reason


def test_text_goes_to_those_that_read_it(videos, tmp_path, monkeypatch):
    reader = red("r_0", replace(FACES, text=True), tmp_path)
    said = []
    monkeypatch.setattr(
        type(reader),
        "_read",
        lambda self, text, count: said.append((text, count)) or np.zeros((count, 1)),
    )
    plain = red("a_0", FACES, tmp_path)
    verdict = detect.predict(videos.two, [plain, reader], text="outside", **ASKED)
    assert said == [(["outside"] * 2, 2)] and len(verdict.opinions) == 2
    with pytest.raises(ValueError, match="--text"):
        detect.predict(videos.two, [plain, reader], **ASKED)
    with pytest.raises(ValueError, match="reads no description"):
        detect.predict(videos.two, [plain], text="outside", **ASKED)


def test_bad_calls(videos, tmp_path):
    detector = red("a_0", FACES, tmp_path)
    with pytest.raises(ValueError, match="at least one"):
        detect.predict(videos.two, [])
    with pytest.raises(ValueError, match="twice"):
        detect.predict(videos.two, [detector, detector])
    with pytest.raises(ValueError, match="windows"):
        detect.predict(videos.two, [detector], windows=0)


def test_two_of_one_name_are_told_apart(videos, tmp_path):
    detectors = [red("a_0", FACES, tmp_path / run) for run in ("smoke", "laptop")]
    verdict = detect.predict(videos.two, detectors, **ASKED)
    names = [one.detector for one in verdict.opinions]
    assert "smoke" in names[0] and "laptop" in names[1]


def test_heat_is_in_the_order_of_the_faces(videos, tmp_path, monkeypatch):
    asked = []

    def gradcam(detector, clips, flow=None, *, text=None):
        asked.append(clips.shape)
        return np.full(clips.shape[:4], 2.0, np.float32)

    monkeypatch.setitem(
        sys.modules, "dfstudy.detect.gradcam", SimpleNamespace(gradcam=gradcam)
    )
    path = squares(tmp_path / "sizes.mp4", (*LEFT, 220), (250, 40, 24, 220))
    steps = []
    # 24 pixels, enlarged 3.75 times or 5 times.
    for size, unfit in ((90, []), (120, [1])):
        view = replace(FACES, height=size, width=size)
        verdict, (evidence,) = detect.examine(
            path,
            [red(f"a_{size}", view, tmp_path)],
            explain=True,
            progress=lambda share, what: steps.append((share, what)),
            **ASKED,
        )
        assert evidence.heat.shape == (2, 8, size, size)
        small = [i for i, heat in enumerate(evidence.heat) if not heat.any()]
        assert small == unfit
        assert [f.face_id for f in verdict.faces if f.verdict is None] == unfit
        assert "explanation" in verdict.seconds
    assert asked == [(2, 8, 90, 90, 3), (1, 8, 120, 120, 3)]
    assert [share for share, _ in steps[:3]] == pytest.approx([0, 1 / 3, 2 / 3])


def test_a_view_keeps_its_own_face_finder(monkeypatch):
    from dfstudy.video import faces

    made = []
    monkeypatch.setattr(detect, "_FINDERS", {})
    monkeypatch.setattr(faces, "new_detector", lambda name: made.append(name) or name)
    assert [detect._finder(n) for n in ("haar", "mtcnn", "haar")] == [*made, "haar"]
    assert View(height=8, width=8).detector == "mtcnn"
