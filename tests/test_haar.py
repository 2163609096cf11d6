"""OpenCV's cascade behind the tracker's interface, on rendered people."""

import pickle

import cv2
import numpy as np
import pytest

from dfstudy.video.faces import FaceDetector, new_detector, track_faces
from dfstudy.video.haar import HaarDetector
from dfstudy.video.track import overlap

pytestmark = pytest.mark.skipif(
    not hasattr(cv2, "CascadeClassifier"), reason="this OpenCV has no cascades"
)


@pytest.fixture(scope="module")
def detector():
    return HaarDetector()


@pytest.fixture(scope="module")
def clip():
    from dfstudy.data import synth

    person = synth.Person.random(np.random.default_rng(3))
    clip = synth.render_clip(person, 5, frames=12, size=(216, 384), fps=24)
    return clip.frames[::2], clip.boxes[::2]


def test_faces_are_found_where_they_are(detector, clip):
    frames, truth = clip
    for faces, box in zip(detector.detect(frames), truth, strict=True):
        assert overlap(faces[0].box, box) > 0.4
        assert faces[0].confidence >= detector.min_confidence
        assert np.isnan(faces[0].landmarks).all()
        confidences = [face.confidence for face in faces]
        assert confidences == sorted(confidences, reverse=True)


def test_large_frames_give_the_same_boxes(detector, clip):
    frame = clip[0][0]
    large = cv2.resize(frame, None, fx=4, fy=4)
    small, big = (detector.detect(f[None])[0][0].box for f in (frame, large))
    assert overlap(4 * small, big) > 0.7


def test_the_tracker_works_with_it(detector, clip):
    frames, truth = clip
    track = track_faces(frames, detector, every=3)[0]
    assert track.present.all()
    assert min(overlap(a, b) for a, b in zip(track.boxes, truth, strict=True)) > 0.4


def test_refine_finds_the_face_near_the_guess_and_nothing_elsewhere(detector, clip):
    frame = clip[0][0]
    box = detector.detect(frame[None])[0][0].box
    side = box[2] - box[0]
    guesses = [box + 0.15 * side, box, np.array([-500.0, -500, -460, -460])]
    frames = [frame, np.full_like(frame, 128), frame]
    near, empty, outside = detector.refine(frames, np.stack(guesses))
    assert overlap(near.box, box) > overlap(guesses[0], box) and near.confidence > 0.5
    assert empty.confidence == outside.confidence == 0
    assert np.array_equal(empty.box, box)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (19, 40), (2, 300)])
def test_tiny_frames_and_darkness_hold_no_face(detector, size):
    assert detector.detect(np.zeros((2, *size, 3), np.uint8)) == [[], []]
    assert detector.detect(np.zeros((0, *size, 3), np.uint8)) == []


def test_it_can_be_sent_and_made_by_name(detector, clip):
    again = pickle.loads(pickle.dumps(detector))
    a, b = (d.detect(clip[0][:1])[0][0] for d in (detector, again))
    assert np.array_equal(a.box, b.box) and a.confidence == b.confidence
    assert isinstance(new_detector("haar"), HaarDetector)
    assert isinstance(new_detector("mtcnn"), FaceDetector)
    with pytest.raises(ValueError, match="retina"):
        new_detector("retina")
    with pytest.raises(ValueError, match="min_confidence"):
        HaarDetector(min_confidence=1.0)


def test_an_opencv_without_cascades_is_named(monkeypatch):
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(ValueError, match="opencv-python<5"):
        new_detector("haar")
