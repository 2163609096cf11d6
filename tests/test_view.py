"""A view shows the right frames at the right size, and says what it could not."""

import json
from dataclasses import replace

import numpy as np
import pytest
from clips import TURNS, encode, encode_at, number, numbered, set_matrix

from dfstudy.data.view import NO_FACE, View, see
from dfstudy.video import clips as footage
from dfstudy.video.faces import Detection
from dfstudy.video.probe import VideoError
from dfstudy.video.sample import (
    adaptive_pool,
    beside_indices,
    count_repeats,
    even_indices,
    first_indices,
    resize_area,
    stretch_indices,
)
from dfstudy.video.write import write_video

FRAME = View(frames=5, height=24, width=40)
FACE = View(frames=5, height=32, width=32, crop="face")


class TwoFaces:
    """Finds a large face on the left and a small one on the right of every frame."""

    min_confidence = 0.9

    def detect(self, frames):
        return [list(self._faces()) for _ in frames]

    def refine(self, frames, boxes):
        faces = list(self._faces())
        return [min(faces, key=lambda f: abs(f.box - box).sum()) for box in boxes]

    def _faces(self):
        for x, side in ((10.0, 30.0), (60.0, 14.0)):
            box = np.array([x, 10.0, x + side, 10.0 + side])
            yield Detection(box, 0.99, np.full((5, 2), x + side / 2))


class NoFaces(TwoFaces):
    def _faces(self):
        return iter(())


def clip(path, n, height=64, width=96):
    """Left third red, middle green, right blue; brightness rises with time."""
    level = np.linspace(60, 250, n).astype(np.uint8)
    frames = np.zeros((n, height, width, 3), np.uint8)
    for channel in range(3):
        columns = slice(channel * width // 3, (channel + 1) * width // 3)
        frames[:, :, columns, channel] = level[:, None, None]
    write_video(path, frames, fps=10)
    return level


def test_frames_are_evenly_spread_upright_and_rgb(tmp_path):
    level = clip(tmp_path / "a.mp4", 20)
    sample = see(tmp_path / "a.mp4", FRAME)
    assert sample.frames.shape == (5, 24, 40, 3) and sample.frames.dtype == np.uint8
    want = even_indices(20, 5)
    assert sample.indices.tolist() == want.tolist()
    assert (sample.n_frames, sample.repeated, sample.dropped) == (20, 0, None)
    assert sample.faces == []
    red = sample.frames[:, 12, 4].astype(int)  # (T, 3)
    assert (abs(red[:, 0] - level[want]) < 12).all() and (red[:, 1:] < 40).all()


def test_a_short_clip_repeats_and_says_so(tmp_path):
    clip(tmp_path / "a.mp4", 2)
    sample = see(tmp_path / "a.mp4", FRAME)
    assert len(sample.frames) == 5 and sample.n_frames == 2 and sample.repeated == 3


@pytest.mark.parametrize(
    ("resize", "how"), [("area", resize_area), ("adaptive", adaptive_pool)]
)
def test_resize_is_the_one_asked_for(tmp_path, resize, how):
    clip(tmp_path / "a.mp4", 5)
    whole = see(tmp_path / "a.mp4", View(frames=5, height=64, width=96)).frames
    small = see(tmp_path / "a.mp4", replace(FRAME, resize=resize)).frames
    assert np.array_equal(small, how(whole, 24, 40))


def test_every_face_is_cut_out_most_prominent_first(tmp_path):
    clip(tmp_path / "a.mp4", 20)
    sample = see(tmp_path / "a.mp4", FACE, detector=TwoFaces())
    assert sample.frames is None and sample.dropped is None
    assert [face.face_id for face in sample.faces] == [0, 1]
    large, small = sample.faces
    assert large.crops.shape == (5, 32, 32, 3) and large.crops.dtype == np.uint8
    assert large.present.all() and large.boxes.shape == (5, 4)
    assert large.crops[-1, 16, 8, 0] > 150  # over red ...
    assert small.crops[-1, 16, 16, 2] > 150  # ... and over blue


def test_a_view_of_frames_with_a_detector_has_both(tmp_path):
    clip(tmp_path / "a.mp4", 8)
    sample = see(tmp_path / "a.mp4", FRAME, detector=TwoFaces())
    assert sample.frames.shape == (5, 24, 40, 3) and len(sample.faces) == 2
    assert sample.faces[0].crops.shape == (5, 24, 24, 3)
    faceless = see(tmp_path / "a.mp4", FRAME, detector=NoFaces())
    assert faceless.dropped is None and faceless.faces == []


def test_no_face_and_no_detector_are_different_things(tmp_path):
    clip(tmp_path / "a.mp4", 8)
    sample = see(tmp_path / "a.mp4", FACE, detector=NoFaces())
    assert sample.dropped == NO_FACE and sample.frames is None and sample.faces == []
    with pytest.raises(ValueError, match="needs a detector"):
        see(tmp_path / "a.mp4", FACE)
    (tmp_path / "b.mp4").write_bytes(b"no video" * 50)
    with pytest.raises(VideoError):
        see(tmp_path / "b.mp4", FRAME)


def test_views_survive_a_model_file_and_have_a_stable_key():
    for view in (FRAME, FACE, replace(FACE, sampling="best", every=3, margin=0.0)):
        again = View.from_dict(json.loads(json.dumps(view.to_dict())))
        assert again == view and again.key() == view.key()
    # Written down, because a changed key would orphan every cache.
    assert FRAME.key() == "frame-5x24x40-36d8a7e0"
    keys = {
        view.key()
        for view in (
            FRAME,
            FACE,
            replace(FRAME, frames=6),
            replace(FRAME, width=41),
            replace(FRAME, resize="adaptive"),
            replace(FACE, margin=0.2),
            replace(FACE, detector="haar"),
            replace(FACE, drop="frame"),
            replace(FRAME, sampling="first"),
            replace(FRAME, sampling="best"),
            replace(FRAME, sampling="best", every=4),
            replace(FRAME, sampling="consecutive"),
            replace(FRAME, flow="sampled"),
            replace(FRAME, flow="adjacent"),
            replace(FRAME, flow="apart"),
            replace(FRAME, flow="apart", apart_s=0.2),
        )
    }
    assert len(keys) == 16


def test_a_model_file_of_an_older_version_still_has_its_view():
    # All that the first version wrote; what came later is at its default.
    old = {
        "height": 24,
        "width": 40,
        "frames": 5,
        "sampling": "even",
        "crop": "frame",
        "resize": "area",
        "margin": 0.3,
    }
    assert View.from_dict(old) == FRAME and View.from_dict(old).key() == FRAME.key()
    with pytest.raises(TypeError):
        View.from_dict(old | {"newer": 1})


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": 0},
        {"height": 0},
        {"margin": -0.1},
        {"crop": "hand"},
        {"resize": "nearest"},
        {"margin": 30},
        {"every": 0},
        {"sampling": "last"},
        {"detector": "retina"},
        {"flow": "raft"},
        {"flow": "apart", "apart_s": 0},
        {"apart_s": float("nan")},
        {"drop": "frame"},  # of whole frames
        {"flow": "sampled", "height": 8, "width": 8},
        {"crop": "face"},
    ],
)
def test_views_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="View"):
        View(**{"height": 24, "width": 40, **wrong})


class Marked:
    """A face in each frame of `numbered` whose number is in `shown`; counts its work.

    The box moves by a twentieth of a pixel a frame.
    """

    min_confidence = 0.9

    def __init__(self, shown):
        self.shown, self.searched = set(shown), []

    def detect(self, frames):
        numbers = [number(frame) for frame in frames]
        self.searched += numbers
        return [[self._face(i)] if i in self.shown else [] for i in numbers]

    def refine(self, frames, boxes):
        return [
            self._face(number(frame))
            if number(frame) in self.shown
            else Detection(box, 0.0, np.zeros((5, 2)))
            for frame, box in zip(frames, boxes, strict=True)
        ]

    def _face(self, i):
        # Around a corner that looks alike in every frame, or it would be many faces.
        box = np.array([4.0 + i / 20, 42.0, 24.0 + i / 20, 62.0])
        return Detection(box, 0.99, np.zeros((5, 2)))


WHOLE = View(frames=5, height=64, width=96)
SQUARE = View(frames=5, height=40, width=40, crop="face", margin=0.0)


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """60 numbered frames at 25 a second."""
    return encode(tmp_path_factory.mktemp("counted") / "a.mp4", numbered(60))


def numbers(sample):
    return [number(frame) for frame in sample.frames]


SAMPLINGS = {
    "even": lambda n, k: even_indices(n, k),
    "first": lambda n, k: first_indices(np.arange(n) / 25, k),
    "consecutive": lambda n, k: stretch_indices(n, k),
}


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("frames", [1, 2, 16, 33, 100])
def test_every_sampling_shows_its_frames(counted, sampling, frames):
    sample = see(counted, replace(WHOLE, sampling=sampling, frames=frames))
    want = SAMPLINGS[sampling](60, frames)
    assert sample.indices.tolist() == want.tolist() == numbers(sample)
    assert sample.repeated == count_repeats(want)


@pytest.mark.parametrize("sampling", [*SAMPLINGS, "best"])
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17])
@pytest.mark.parametrize("flow", ["adjacent", "apart"])
def test_short_videos_repeat_in_every_sampling(tmp_path, sampling, n, flow):
    path = encode(tmp_path / "a.mp4", numbered(n))
    view = replace(WHOLE, sampling=sampling, frames=16, flow=flow)
    sample = see(path, view, detector=Marked(range(n)))
    assert sample.frames.shape == (16, 64, 96, 3) and sample.flow.shape[0] == 16
    assert sample.repeated == count_repeats(sample.indices) >= max(16 - n, 0)
    assert numbers(sample) == sample.indices.tolist()


def test_first_goes_by_the_clock_and_reads_no_further(tmp_path):
    times = np.concatenate([np.arange(20) * 0.02, 0.4 + np.arange(40) * 0.2])
    path = encode_at(tmp_path / "vfr.mkv", numbered(60), times)
    sample = see(path, replace(WHOLE, sampling="first", frames=30))
    assert numbers(sample) == first_indices(times, 30).tolist()
    assert sample.n_frames < 30


def test_best_is_the_stretch_with_the_face_searched_densely(counted):
    view = replace(SQUARE, sampling="best", frames=16, every=6)
    detector = Marked(range(30, 54))
    sample = see(counted, view, detector=detector)
    start = int(sample.indices[0])
    assert sample.indices.tolist() == list(range(start, start + 16))
    assert 30 <= start <= 38
    assert detector.searched == [*range(0, 60, 6), *range(start, start + 16)]
    (face,) = sample.faces
    assert face.present.all() and face.detected.all()
    assert np.allclose(face.boxes[:, 0], 4 + sample.indices / 20)
    whole = see(counted, replace(view, crop="frame", width=96), detector=detector)
    assert whole.indices.tolist() == sample.indices.tolist()
    faceless = see(counted, replace(view, crop="frame"), detector=Marked([]))
    assert faceless.dropped == NO_FACE
    with pytest.raises(ValueError, match="needs a detector"):
        see(counted, replace(view, crop="frame"))


@pytest.mark.parametrize("sampling", ["even", "first", "consecutive", "best"])
def test_frames_without_the_face_are_left_out_and_later_ones_move_up(counted, sampling):
    shown = {i for i in range(60) if i % 3}
    view = replace(SQUARE, sampling=sampling, drop="frame", frames=8)
    sample = see(counted, view, detector=Marked(shown))
    assert set(sample.indices.tolist()) <= shown
    assert (np.diff(sample.indices) >= 0).all() and len(sample.indices) == 8
    assert sample.searched == 16
    candidates = see(
        counted, replace(view, frames=16, drop="video"), detector=Marked(shown)
    )
    kept = [i for i in candidates.indices.tolist() if i in shown]
    assert sample.faceless == candidates.faceless == 16 - len(kept)
    (face,) = sample.faces
    assert face.present.all() and face.crops.shape == (8, 40, 40, 3)
    if sampling == "even":
        assert sample.indices.tolist() == [kept[i] for i in even_indices(len(kept), 8)]
    else:
        assert sample.indices.tolist() == kept[:8]


def test_too_few_frames_with_a_face_repeat_and_none_drops_the_video(counted):
    view = replace(SQUARE, sampling="first", drop="frame", frames=20)
    sample = see(counted, view, detector=Marked(range(3, 9)))
    assert sample.indices.tolist()[-1] == 8 and set(sample.indices) == set(range(3, 9))
    assert sample.repeated == 14 and sample.dropped is None
    nothing = see(counted, view, detector=Marked([]))
    assert nothing.dropped == NO_FACE
    assert nothing.searched == nothing.faceless == 40


def test_where_the_first_frames_have_the_face_no_others_are_searched(counted):
    view = replace(SQUARE, sampling="first", drop="frame", frames=8)
    first = see(counted, replace(view, drop="video"), detector=Marked(range(60)))
    needed = set(first.indices.tolist())
    for shown in (range(60), needed):  # what comes later does not matter
        sample = see(counted, view, detector=Marked(shown))
        assert (sample.searched, sample.faceless) == (8, 0)
        np.testing.assert_array_equal(sample.indices, first.indices)
        np.testing.assert_array_equal(sample.faces[0].crops, first.faces[0].crops)
    hidden = max(needed)
    missing = see(counted, view, detector=Marked(set(range(60)) - {hidden}))
    both = replace(view, drop="video", frames=16)
    both = see(counted, both, detector=Marked(range(60))).indices.tolist()
    assert missing.searched == 16 and missing.faceless == both.count(hidden) > 0
    assert missing.indices.tolist() == [i for i in both if i != hidden][:8]


@pytest.mark.parametrize("drop", ["frame", "video"])
@pytest.mark.parametrize("hidden", [set(), {3}, {3, 4, *range(12, 60)}])
def test_the_first_faces_of_a_longer_search_are_those_of_a_longer_view(
    counted, drop, hidden
):
    shown = set(range(60)) - hidden
    long = replace(SQUARE, sampling="first", drop=drop, frames=16, flow="adjacent")
    short = long.with_frames(5)
    assert (short.frames, short.search, short.reach) == (5, 16, 16)
    of_long = see(counted, long, detector=(far := Marked(shown)))
    of_short = see(counted, short, detector=(near := Marked(shown)))
    assert near.searched == far.searched
    assert of_short.searched == of_long.searched
    assert of_short.faceless == of_long.faceless
    np.testing.assert_array_equal(of_short.indices, of_long.indices[:5])
    for name in ("crops", "boxes", "flow", "present"):
        a, b = (getattr(sample.faces[0], name) for sample in (of_short, of_long))
        np.testing.assert_array_equal(a, b[:5])


def test_a_view_of_another_length_follows_faces_as_far():
    faces = replace(SQUARE, sampling="first", frames=16)
    assert faces.with_frames(5).with_frames(16) == faces
    assert faces.with_frames(5).with_frames(20) == replace(faces, frames=20)
    assert replace(SQUARE, frames=16).with_frames(5) == SQUARE
    assert faces.with_frames(5).key() != replace(faces, frames=5).key()
    for changes in ({"sampling": "even"}, {"crop": "frame"}, {"frames": 8}):
        with pytest.raises(ValueError, match="search"):
            replace(replace(faces, frames=5, search=8), **changes)


def test_a_video_view_keeps_the_frames_without_a_face_and_counts_them(counted):
    sample = see(counted, replace(SQUARE, frames=12), detector=Marked(range(20)))
    assert sample.indices.tolist() == even_indices(60, 12).tolist()
    assert sample.faceless == int((sample.indices >= 20).sum()) > 0
    assert sample.faceless == int((~sample.faces[0].present).sum())
    unsearched = see(counted, WHOLE)
    assert unsearched.searched == unsearched.faceless == 0


@pytest.mark.parametrize("name", TURNS)
def test_every_way_to_see_is_upright(tmp_path, name):
    frames = numbered(6)[:, :64, :64]  # square, so that the turn does not show in sizes
    matrix, turn = TURNS[name]
    plain = encode(tmp_path / "plain.mp4", frames, qp="10")
    turned = set_matrix(encode(tmp_path / "turned.mp4", frames, qp="10"), matrix)
    for view in (
        View(frames=4, height=64, width=64, sampling="consecutive"),
        View(frames=4, height=64, width=64, sampling="first"),
        View(frames=4, height=64, width=64, sampling="best", every=2),
    ):
        a = see(plain, view, detector=TwoFaces()).frames
        b = see(turned, view, detector=TwoFaces()).frames
        assert np.array_equal(b, np.stack([turn(frame) for frame in a]))


def moving(path, n=20, step=2):
    """Coarse noise that moves right by `step` pixels a frame, 25 frames a second."""
    return encode(path, frames_of_motion(n, step), qp="4")


def frames_of_motion(n, step=2):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (8, 40, 3), dtype=np.uint8)
    wide = resize_area(coarse[None], 64, 320)[0]
    return [wide[:, 100 + 96 - step * t : 196 + 96 - step * t] for t in range(n)]


def inner(flow):
    return flow[..., 8:-8, 12:-12, 0].astype(float)


def test_flow_is_in_pixels_of_the_resized_frame(tmp_path):
    path = moving(tmp_path / "a.mp4")
    view = View(frames=4, height=64, width=96, sampling="consecutive")
    for flow in ("sampled", "adjacent"):
        sample = see(path, replace(view, flow=flow))
        assert sample.flow.shape == (4, 64, 96, 2) and sample.flow.dtype == np.float16
        assert np.abs(inner(sample.flow) - 2).mean() < 0.1
    small = see(path, replace(view, height=32, width=48, flow="adjacent"))
    assert np.abs(inner(small.flow) - 1).mean() < 0.1
    # Evenly spread frames lie 5 apart: 10 pixels, and 2 to each one's neighbour.
    spread = replace(view, sampling="even")
    sampled = see(path, replace(spread, flow="sampled"))
    assert np.diff(sampled.indices).tolist() == [5, 5, 5]
    assert np.array_equal(sampled.flow[0], sampled.flow[1])
    assert np.abs(np.median(inner(sampled.flow)) - 10) < 0.5
    near = see(path, replace(spread, flow="adjacent"))
    assert np.abs(inner(near.flow) - 2).mean() < 0.1


def test_the_last_frame_has_adjacent_flow_too(tmp_path):
    path = moving(tmp_path / "a.mp4", n=4)
    view = View(frames=4, height=64, width=96, sampling="consecutive", flow="adjacent")
    sample = see(path, view)
    assert sample.indices.tolist() == [0, 1, 2, 3]
    assert beside_indices(sample.indices, 4).tolist() == [1, 2, 3, 2]
    assert np.abs(inner(sample.flow) - 2).mean() < 0.1


def test_flow_apart_spans_its_seconds_in_any_video(tmp_path):
    view = View(frames=4, height=64, width=96, flow="apart", apart_s=0.2)
    # Five frames of 2 pixels; the last ones look back and are turned round.
    path = moving(tmp_path / "a.mp4")
    sample = see(path, view)
    assert sample.indices.tolist() == [3, 8, 13, 18]
    assert np.abs(np.median(inner(sample.flow), axis=(1, 2)) - 10).max() < 0.5
    # Frames that lie apart_s from each other: what "sampled" has, apart from the ends.
    between = see(path, replace(view, flow="sampled")).flow
    assert np.array_equal(sample.flow[:3], between[1:])
    # Half as many frames a second: half as many frames of the same motion.
    times = np.arange(20) * 0.08
    slow = encode_at(tmp_path / "slow.mkv", frames_of_motion(20), times)
    assert np.abs(np.median(inner(see(slow, view).flow)) - 4) < 0.3
    first = replace(view, sampling="first", frames=3)
    assert np.abs(np.median(inner(see(path, first).flow)) - 10) < 0.5


def test_in_a_clip_too_short_flow_apart_spans_what_there_is(tmp_path):
    path = moving(tmp_path / "a.mp4", n=4)
    view = View(frames=4, height=64, width=96, sampling="consecutive", flow="apart")
    flow = see(path, view).flow  # 15 frames are asked for
    assert beside_indices(np.arange(4), 4, step=15).tolist() == [3, 3, 0, 0]
    spans = np.median(inner(flow), axis=(1, 2))
    assert np.abs(spans - [6, 4, 4, 6]).max() < 0.3


class Fixed(TwoFaces):
    def _faces(self):
        yield Detection(np.array([24.0, 8, 72, 56]), 0.99, np.zeros((5, 2)))


@pytest.mark.parametrize("flow", ["sampled", "adjacent", "apart"])
@pytest.mark.parametrize("drop", ["video", "frame"])
def test_faces_have_flow_of_their_own(tmp_path, flow, drop):
    path = moving(tmp_path / "a.mp4")
    view = View(
        frames=4,
        height=48,
        width=48,
        crop="face",
        margin=0.0,
        sampling="consecutive",
        flow=flow,
        apart_s=0.04,
        drop=drop,
    )
    sample = see(path, view, detector=Fixed())
    assert sample.flow is None
    (face,) = sample.faces
    assert face.flow.shape == (4, 48, 48, 2) and face.flow.dtype == np.float16
    assert np.abs(inner(face.flow) - 2).mean() < 0.1


@pytest.mark.parametrize("drop", ["video", "frame"])
@pytest.mark.parametrize("flow", ["none", "adjacent"])
def test_frames_that_do_not_fit_into_memory_give_the_same(
    counted, monkeypatch, drop, flow
):
    view = replace(SQUARE, frames=7, drop=drop, flow=flow)
    detector = Marked(range(10, 50))
    plenty = see(counted, view, detector=detector)
    for room in (0, 3 * 64 * 96 * 3):
        monkeypatch.setattr(footage, "_ROOM", room)
        scarce = see(counted, view, detector=detector)
        assert np.array_equal(scarce.indices, plenty.indices)
        for a, b in zip(scarce.faces, plenty.faces, strict=True):
            assert np.array_equal(a.crops, b.crops)
            assert flow == "none" or np.array_equal(a.flow, b.flow)


def test_faces_of_large_frames_are_cut_from_the_whole_ones(tmp_path):
    large = np.stack([np.kron(f, np.ones((20, 20, 1), np.uint8)) for f in numbered(3)])
    path = encode(tmp_path / "a.mp4", large, preset="ultrafast", qp="4")
    view = View(frames=3, height=300, width=300, crop="face", margin=0.0)

    class Corner(TwoFaces):
        def detect(self, frames):
            assert frames.shape[1:3] == (640, 960)  # reduced from 1280 x 1920
            return super().detect(frames)

        def _faces(self):
            yield Detection(np.array([0.0, 0, 150, 150]), 0.99, np.zeros((5, 2)))

    (face,) = see(path, view, detector=Corner()).faces
    assert np.allclose(face.boxes, [0, 0, 300, 300])
    mean = np.abs(face.crops.astype(int) - large[:, :300, :300]).mean()
    assert mean < 4  # only the codec's error: nothing was enlarged


def test_times_size_and_rate_are_those_of_the_video(tmp_path):
    times = np.array([5, 5.1, 5.2, 5.3, 6.4, 6.5])
    path = encode_at(tmp_path / "a.mkv", numbered(6), times)
    sample = see(path, FRAME)
    assert sample.seconds == pytest.approx(times[sample.indices] - 5, abs=0.002)
    assert sample.size == (64, 96)
    assert sample.fps == pytest.approx(5 / 1.5, abs=0.01)
    matrix, _ = TURNS["90"]
    path = set_matrix(encode(tmp_path / "b.mp4", numbered(1)), matrix)
    sample = see(path, FRAME)
    assert sample.size == (96, 64) and sample.fps is None
    assert sample.seconds.tolist() == [0] * 5


def test_who_is_not_cut_out_is_named(tmp_path):
    class Doubtful(TwoFaces):
        def _faces(self):
            large, small = super()._faces()
            yield large
            yield small
            box = np.array([40.0, 40.0, 52.0, 52.0])
            yield Detection(box, 0.93, np.zeros((5, 2)))

    clip(tmp_path / "a.mp4", 10)
    sample = see(tmp_path / "a.mp4", FACE, detector=Doubtful())
    assert len(sample.faces) == 2
    (doubtful,) = sample.others
    assert not doubtful.sure and doubtful.confidences.max() == 0.93
    sample = see(tmp_path / "a.mp4", FACE, detector=Doubtful(), most=1)
    (face,) = sample.faces
    assert [other.sure for other in sample.others] == [True, False]
    assert [other.face_id for other in sample.others] == [1, 2]
    assert sample.others[0].boxes.shape == (5, 4)
    assert face.boxes[0][2] - face.boxes[0][0] == pytest.approx(30)
