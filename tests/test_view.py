"""A view shows the right frames at the right size, and says what it could not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dfstudy.data.view import NO_FACE, View, see
from dfstudy.video.faces import Detection
from dfstudy.video.probe import VideoError
from dfstudy.video.sample import adaptive_pool, even_indices, resize_area
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
    for view in (FRAME, FACE, replace(FRAME, resize="adaptive", margin=0.0)):
        again = View.from_dict(json.loads(json.dumps(view.to_dict())))
        assert again == view and again.key() == view.key()
    # Written down, because a changed key would orphan every cache and model file.
    assert FRAME.key() == "frame-5x24x40-f450fb61"
    keys = {
        view.key()
        for view in (
            FRAME,
            FACE,
            replace(FRAME, frames=6),
            replace(FRAME, width=41),
            replace(FRAME, resize="adaptive"),
            replace(FACE, margin=0.2),
        )
    }
    assert len(keys) == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {"frames": 0},
        {"height": 0},
        {"margin": -0.1},
        {"crop": "hand"},
        {"resize": "nearest"},
        {"sampling": "first"},
        {"crop": "face"},
    ],
)
def test_views_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="View"):
        View(**{"height": 24, "width": 40, **wrong})
