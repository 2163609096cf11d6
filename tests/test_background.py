"""What the background's probe sees, and what it does not."""

import numpy as np
import pytest

from dfstudy.study.audit import background

BOX = np.array([60.0, 30.0, 100.0, 80.0])  # x0, y0, x1, y1 in frames of 120 x 160
FACE = (slice(5, 105), slice(40, 120))  # grown by half of its sides


def frames(seed=0):
    return np.random.default_rng(seed).integers(0, 255, (2, 120, 160, 3), np.uint8)


def test_nothing_of_a_face_is_seen():
    before, after = frames(), frames()
    after[:, *FACE] = 255 - after[:, *FACE]
    numbers = background.of_frames(before, [BOX])
    assert numbers.shape == (sum(background.SIZES.values()),)
    assert np.isfinite(numbers).all()
    np.testing.assert_allclose(background.of_frames(after, [BOX]), numbers, atol=1e-6)


def test_what_is_beside_the_face_is_seen():
    before, after = frames(), frames()
    after[:, :15, :20] = 255
    change = background.of_frames(after, [BOX]) - background.of_frames(before, [BOX])
    picture = change[: background.SIZES["picture"]].reshape(*background.GRID, 3)
    assert (picture[0, :2] > 0.2).all()
    np.testing.assert_allclose(picture[3:], 0, atol=0.02)


def test_a_softer_picture_is_seen():
    sharp = frames()
    soft = sharp.repeat(2, axis=1).repeat(2, axis=2)[:, ::2, ::2] // 2 + 64
    n = background.SIZES["sharpness"]
    numbers = [background.of_frames(each, [BOX])[-n:] for each in (sharp, soft)]
    assert (numbers[0] > numbers[1] + 0.5).all()


def test_every_face_is_masked_in_every_frame():
    before, after = frames(), frames()
    other = np.array([0.0, 0.0, 20.0, 20.0])
    after[1, :30, :30] = 0
    both = [BOX, other]
    np.testing.assert_allclose(
        background.of_frames(after, both), background.of_frames(before, both)
    )


def test_why_there_is_nothing():
    assert background.of_frames(frames(), []) == background.NO_FACE
    whole = np.array([0.0, 0.0, 160.0, 120.0])
    assert background.of_frames(frames(), [whole]) == background.FULL


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_videos_are_read_and_bad_ones_have_a_reason(tiny_data, tmp_path, workers):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"this is no video")
    paths = [tiny_data.manifest["path"].iloc[0], str(bad), str(tmp_path / "none.mp4")]
    numbers, reasons = background.read(paths, workers=workers)
    assert np.isfinite(numbers[0]).all() and reasons[0] is None
    assert np.isnan(numbers[1:]).all()
    assert "not a video" in reasons[1] and "no such file" in reasons[2]
