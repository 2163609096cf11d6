import pickle

import cv2
import numpy as np
import pytest

from dfstudy.video.faces import (
    Detection,
    FaceDetector,
    FaceTrack,
    crop_faces,
    track_faces,
)
from dfstudy.video.track import overlap

HEIGHT, WIDTH = 180, 320


class Squares:
    """A detector of bright squares that counts its work and can be blind."""

    min_confidence = 0.9

    def __init__(self, *, reach: float = 0.5, blind: tuple[int, ...] = ()):
        self.reach = reach  # how far beside a guess `refine` sees, in sizes of the box
        self.blind = blind  # frames (by their marker pixel) where `refine` sees nothing
        self.detected: list[int] = []

    def detect(self, frames):
        self.detected += [int(frame[0, 0, 0]) for frame in frames]
        return [self._squares(frame) for frame in frames]

    def refine(self, frames, boxes):
        out = []
        for frame, box in zip(frames, boxes, strict=True):
            found = Detection(box, 0.0, np.zeros((5, 2)))
            middle, size = (box[:2] + box[2:]) / 2, box[2] - box[0]
            for face in self._squares(frame):
                away = np.abs((face.box[:2] + face.box[2:]) / 2 - middle).max()
                if away < self.reach * size and int(frame[0, 0, 0]) not in self.blind:
                    found = face
            out.append(found)
        return out

    @staticmethod
    def _squares(frame):
        mask = (frame[..., 1] > 200).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        return [
            Detection(
                np.array([x, y, x + w, y + h], float), 0.99, np.zeros((5, 2), float)
            )
            for x, y, w, h, _ in stats[1:]
        ]


def scene(*paths):
    """Frames (N, 180, 320, 3) with one square per path; a path is N boxes or None."""
    frames = np.full((len(paths[0]), HEIGHT, WIDTH, 3), 40, np.uint8)
    for t, frame in enumerate(frames):
        frame[0, 0] = t  # so that a detector can tell which frame it was given
        for i, path in enumerate(paths):
            if path[t] is not None:
                x0, y0, x1, y1 = path[t]
                size = (x1 - x0, y1 - y0)
                frame[y0:y1, x0:x1] = cv2.resize(pattern(i), size)
    return frames


def pattern(i):
    """What tells one square from another."""
    face = np.random.default_rng(i).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    face[..., 1] = 255
    return face


def moving(n, x, y, dx, dy, size):
    return [
        (x + t * dx, y + t * dy, x + t * dx + size, y + t * dy + size) for t in range(n)
    ]


def test_a_moving_face_is_followed_and_seldom_detected():
    path = moving(17, 10, 20, 9, 4, 50)
    detector = Squares()
    (track,) = track_faces(scene(path), detector, every=4)
    assert isinstance(track, FaceTrack) and track.face_id == 0
    assert np.allclose(track.boxes, path)
    assert track.present.all() and (track.confidences > 0.9).all()
    assert detector.detected == [0, 4, 8, 12, 16]
    assert np.flatnonzero(track.detected).tolist() == [0, 4, 8, 12, 16]


def test_the_last_frame_is_detected_too_and_short_clips_work():
    for n in (1, 2, 3, 6):
        detector = Squares()
        (track,) = track_faces(scene(moving(n, 10, 20, 5, 0, 50)), detector, every=4)
        assert detector.detected == sorted({*range(0, n, 4), n - 1})
        assert track.present.all() and track.boxes.shape == (n, 4)


def test_a_face_too_fast_to_link_is_detected_everywhere():
    path = moving(9, 10, 20, 25, 8, 50)  # two face sizes in four frames
    detector = Squares()
    (track,) = track_faces(scene(path), detector, every=4)
    assert np.allclose(track.boxes, path) and track.present.all()


def test_several_faces_are_ordered_by_area_times_presence():
    small = moving(9, 10, 10, 8, 0, 30)
    large = moving(9, 150, 60, -3, 2, 70)
    brief = [(230, 10, 310, 90) if t > 7 else None for t in range(9)]
    tracks = track_faces(scene(small, large, brief), Squares(), every=4)
    assert [track.face_id for track in tracks] == [0, 1, 2]
    assert np.allclose(tracks[0].boxes, large)
    assert np.allclose(tracks[1].boxes, small)
    assert tracks[2].present.sum() == 1


def test_where_following_is_unsure_the_frame_is_detected():
    path = moving(9, 10, 20, 9, 4, 50)
    detector = Squares(blind=(2, 7))
    (track,) = track_faces(scene(path), detector, every=4)
    assert np.allclose(track.boxes, path) and track.present.all()
    assert sorted(detector.detected) == [0, 2, 4, 7, 8]
    assert sorted(np.flatnonzero(track.detected)) == [0, 2, 4, 7, 8]


def test_a_face_that_is_hidden_between_detections_is_not_invented():
    path = moving(9, 10, 20, 12, 5, 50)
    path[2] = path[3] = None
    (track,) = track_faces(scene(path), Squares(), every=4)
    assert np.flatnonzero(~track.present).tolist() == [2, 3]
    assert (track.confidences[[2, 3]] == 0).all()
    assert not track.detected[[2, 3]].any()
    # The box is still a number, so that a crop can be cut: in between, or held.
    assert np.isfinite(track.boxes).all()


def test_a_face_that_comes_and_goes_is_caught_to_the_frame():
    path = moving(13, 10, 20, 12, 5, 50)
    path = [box if 3 <= t <= 9 else None for t, box in enumerate(path)]
    (track,) = track_faces(scene(path), Squares(), every=4)
    assert np.flatnonzero(track.present).tolist() == list(range(3, 10))


def test_a_face_seen_only_between_two_empty_detections_is_found():
    path = [(50, 50, 100, 100) if t == 2 else None for t in range(9)]
    (track,) = track_faces(scene(path), Squares(), every=4)
    assert np.flatnonzero(track.present).tolist() == [2]


def test_faces_that_pass_each_other_stay_two():
    left = moving(9, 10, 30, 24, 0, 40)
    right = moving(9, 230, 100, -24, 0, 40)
    first, second = track_faces(scene(left, right), Squares(), every=2)
    assert np.allclose(first.boxes, left) or np.allclose(first.boxes, right)
    assert first.present.all() and second.present.all()
    assert not np.allclose(first.boxes, second.boxes)


def test_nothing_to_find_gives_no_track():
    assert track_faces(scene([None] * 7), Squares(), every=4) == []
    assert track_faces(np.zeros((0, 8, 8, 3), np.uint8), Squares(), every=4) == []
    with pytest.raises(ValueError, match="every"):
        track_faces(scene([None]), Squares(), every=0)


def test_crops_are_square_centred_and_area_resized():
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (2, 120, 160, 3), dtype=np.uint8)
    box = np.array([40, 30, 60, 70], float)  # 20 x 40: the side is 40
    crops = crop_faces(frames, np.stack([box, box]), size=20, margin=0.0)
    expected = frames[:, 30:70, 30:70].reshape(2, 20, 2, 20, 2, 3).mean(axis=(2, 4))
    assert crops.shape == (2, 20, 20, 3) and crops.dtype == np.uint8
    assert np.abs(crops - expected).max() <= 0.51
    whole = crop_faces(frames, np.stack([box, box]), size=80, margin=0.5)
    assert np.array_equal(whole, frames[:, 10:90, 10:90])  # 40 + half of it per end


def test_crops_repeat_the_edge_outside_the_frame():
    ramp = np.arange(100, dtype=np.uint8)[None, :, None].repeat(80, 0).repeat(3, 2)
    boxes = np.array(
        [[-20, 10, 20, 50], [80, 40, 120, 80], [500, 500, 540, 540]], float
    )
    crops = crop_faces(np.stack([ramp] * 3), boxes, size=40, margin=0.0)
    assert (crops[0, :, :20] == 0).all() and crops[0, 0, 39, 0] == 19
    assert (crops[1, :, 20:] == 99).all() and crops[1, 0, 0, 0] == 80
    assert (crops[2] == 99).all()


def test_crops_refuse_what_does_not_fit():
    frames = np.zeros((2, 20, 20, 3), np.uint8)
    with pytest.raises(ValueError, match="2 frames but 1"):
        crop_faces(frames, np.zeros((1, 4)), size=8, margin=0.0)
    with pytest.raises(ValueError, match="finite"):
        crop_faces(frames, np.full((2, 4), np.nan), size=8, margin=0.0)


def test_overlap_is_intersection_over_union():
    a = np.array([0, 0, 10, 10], float)
    assert overlap(a, a) == 1
    assert overlap(a, a + 20) == 0
    assert overlap(a, np.array([5, 0, 15, 10], float)) == pytest.approx(1 / 3)


# From here on the real detector, on rendered people whose face boxes are known.


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


@pytest.fixture(scope="module")
def clip():
    from dfstudy.data import synth

    person = synth.Person.random(np.random.default_rng(3))
    clip = synth.render_clip(person, 5, frames=24, size=(216, 384), fps=24)
    return clip.frames[::3], clip.boxes[::3]


def upscaled(frames, factor):
    return np.stack(
        [cv2.resize(f, None, fx=factor, fy=factor) for f in frames], dtype=np.uint8
    )


def test_reduced_frames_give_the_boxes_of_full_ones(detector, clip):
    small = detector.detect(clip[0][:3])
    large = detector.detect(upscaled(clip[0][:3], 4))  # 1536 wide: reduced to 480
    for a, b in zip(small, large, strict=True):
        assert len(a) == len(b) == 1
        assert b[0].confidence >= 0.9
        assert overlap(4 * a[0].box, b[0].box) > 0.8
        inside = b[0].landmarks
        assert (inside > b[0].box[:2]).all() and (inside < b[0].box[2:]).all()


def test_rendered_faces_are_tracked_where_they_are(detector, clip):
    frames, truth = clip
    (track,) = track_faces(frames, detector, every=4)
    assert track.present.all() and not track.detected.all()
    assert min(overlap(a, b) for a, b in zip(track.boxes, truth, strict=True)) > 0.5


def test_refine_moves_a_wrong_box_onto_the_face_and_knows_an_empty_place(
    detector, clip
):
    frame = clip[0][0]
    box = detector.detect(frame[None])[0][0].box
    size = box[3] - box[1]
    face, nothing = detector.refine(
        [frame, np.full_like(frame, 128)], np.stack([box + 0.15 * size, box])
    )
    assert face.confidence > 0.9
    assert overlap(face.box, box) > overlap(box + 0.15 * size, box)
    assert nothing.confidence < 0.5
    assert detector.refine([], np.zeros((0, 4))) == []


def test_small_faces_in_large_frames_are_found_at_the_second_size(detector, clip):
    small = clip[0][0][::3, ::3]
    frame = np.full((900, 1600, 3), 120, np.uint8)
    frame[400 : 400 + small.shape[0], 700 : 700 + small.shape[1]] = small
    sizes = []
    original = detector._detect_at

    def spy(frames, long_side):
        sizes.append(long_side)
        return original(frames, long_side)

    detector._detect_at = spy
    try:
        detector.detect(frame[None])
    finally:
        del detector._detect_at
    assert sizes == [480, 960]


def test_detection_is_deterministic_and_the_detector_can_be_sent(detector, clip):
    frames = clip[0][:2]
    again = pickle.loads(pickle.dumps(detector))
    assert again.min_confidence == detector.min_confidence
    for a, b in zip(detector.detect(frames), again.detect(frames), strict=True):
        assert np.array_equal(a[0].box, b[0].box)
        assert a[0].confidence == b[0].confidence


@pytest.mark.parametrize("size", [(8, 8), (19, 40), (2, 300)])
def test_frames_too_small_for_a_face_have_none(detector, size):
    frames = np.zeros((2, *size, 3), np.uint8)
    assert detector.detect(frames) == [[], []]


def test_noise_and_darkness_hold_no_face(detector):
    noise = np.random.default_rng(0).integers(0, 256, (2, 120, 160, 3), dtype=np.uint8)
    assert detector.detect(noise) == [[], []]
    assert detector.detect(np.zeros_like(noise)) == [[], []]


def test_options_are_checked():
    with pytest.raises(ValueError, match="min_confidence"):
        FaceDetector(min_confidence=1.5)
