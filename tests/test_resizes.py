"""The four ways to make a frame small, against OpenCV and torch."""

import cv2
import numpy as np
import pytest
import torch

from dfstudy.data.view import View, see
from dfstudy.video import sample

RNG = np.random.default_rng(0)


def frames(height=54, width=96):
    return RNG.integers(0, 256, (2, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("resize", sample.RESIZES.values())
def test_all_give_what_is_asked_for(resize):
    for size in ((28, 28), (27, 48), (60, 100)):
        out = resize(frames(), *size)
        assert out.shape == (2, *size, 3) and out.dtype == np.uint8
        flat = np.full((1, 54, 96, 3), 77, np.uint8)
        assert (resize(flat, *size) == 77).all()
    with pytest.raises(ValueError, match="uint8"):
        resize(frames().astype(float), 8, 8)


def test_bilinear_is_torchs_without_antialiasing():
    x = frames()
    ours = sample.resize_bilinear(x, 20, 30).astype(float)
    tensor = torch.from_numpy(x).permute(0, 3, 1, 2).double()
    theirs = torch.nn.functional.interpolate(tensor, (20, 30), mode="bilinear")
    assert np.abs(ours - theirs.permute(0, 2, 3, 1).numpy()).max() <= 1


def test_a_centre_crop_keeps_proportions_and_loses_the_sides():
    x = frames(54, 96)
    out = sample.centre_crop(x, 27, 27)
    middle = x[0, :, 21:75]
    np.testing.assert_array_equal(out[0], cv2.resize(middle, (27, 27), interpolation=3))
    changed = x.copy()
    changed[:, :, :21] = 255 - changed[:, :, :21]
    np.testing.assert_array_equal(sample.centre_crop(changed, 27, 27), out)
    tall = frames(96, 54)
    assert sample.centre_crop(tall, 10, 20).shape == (2, 10, 20, 3)


def test_a_view_resizes_in_its_own_way(tmp_path, tiny_data):
    path = tiny_data.manifest["path"].iloc[0]
    seen = {
        way: see(path, View(frames=2, height=32, width=32, resize=way)).frames
        for way in sample.RESIZES
    }
    for a in seen:
        for b in seen:
            if (a, b) != ("area", "adaptive") and a < b:
                assert (seen[a] != seen[b]).any(), (a, b)


def test_text_and_follow_leave_older_keys_as_they_are():
    old = View(frames=16, height=112, width=112, resize="adaptive")
    assert old.key() == "frame-16x112x112-7dddb1f6"  # of a folder made before
    said = View(frames=16, height=112, width=112, resize="adaptive", text=True)
    assert said.key() != old.key()
    assert View.from_dict(said.to_dict()) == said
