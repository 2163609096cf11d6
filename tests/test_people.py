"""Who is who in two samples of a video, and who cannot be scored."""

import numpy as np
from asked import FACES, FRAMES

from dfstudy.data.view import FaceClip, Sample
from dfstudy.detect.people import WHOLE, Crowd, same_people, unfit


def face(i, x, *, count=4, size=40, present=None):
    box = np.array([x, 50, x + size, 50 + size], float)
    here = np.ones(count, bool) if present is None else np.array(present, bool)
    return FaceClip(
        face_id=i,
        crops=np.zeros((count, 32, 32, 3), np.uint8),
        boxes=np.tile(box, (count, 1)),
        confidences=np.where(here, 0.99, 0.0),
        present=here,
        detected=here,
    )


def sample(*places, count=4, start=0.0, **more):
    faces = [face(i, x, count=count, **more) for i, x in enumerate(places)]
    return Sample(
        frames=None,
        faces=faces,
        indices=np.arange(count),
        n_frames=count,
        repeated=0,
        dropped=None,
        seconds=start + np.arange(count) / 2,
        size=(180, 320),
    )


def test_people_are_told_by_place_whatever_their_order():
    assert same_people(sample(10, 200), sample(203, 12)) == [1, 0]
    assert same_people(sample(10, 200), sample(100, 205)) == [None, 1]
    assert same_people(sample(), sample(10)) == [None]


def test_a_moving_face_is_compared_at_the_nearest_moment():
    walks, other = sample(0), sample(0, start=0.1)
    for one in (walks, other):
        one.faces[0].boxes[:, [0, 2]] += 60 * np.arange(4)[:, None]
    assert same_people(walks, other) == [0]
    # The same places, at other times: he is not there when he is looked for.
    other.faces[0].boxes[:] = other.faces[0].boxes[::-1].copy()
    assert same_people(walks, other) == [None]


def test_absent_boxes_are_guesses_and_count_for_nothing():
    first = sample(10, present=[1, 0, 0, 0])
    first.faces[0].boxes[1:] += 150
    assert same_people(first, sample(10)) == [0]


def test_who_is_new_comes_last_and_is_known_the_next_time():
    crowd = Crowd(sample(10))
    second = sample(200, 12)
    assert crowd.meet(crowd.first) == [0]
    assert crowd.meet(second) == [1, 0]
    assert crowd.meet(second) == [1, 0]
    assert crowd.meet(sample(198)) == [1]
    assert len(crowd.people) == 2
    new = crowd.verdicts()[1]
    assert new.boxes == [None] * 4 and new.verdict is None and new.reason == WHOLE


def test_too_small_and_too_seldom():
    assert unfit(face(0, 10), FACES) is None
    assert unfit(face(0, 10, size=4), FACES) == "too small: 4 pixels"
    assert unfit(face(0, 10, size=4), FRAMES) is None
    rare = face(0, 10, count=8, present=[1] + [0] * 7)
    assert unfit(rare, FACES) == "in 1 of 8 sampled frames only"
    assert unfit(face(0, 10, count=8, present=[1, 1] + [0] * 6), FACES) is None
