"""S3's augmentations: torchvision's, alike in all frames of a clip, by a given rng."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from dfstudy.training.augment import AUGMENTATIONS
from dfstudy.training.augment_s3 import _Blur, jpeg, s3, s3_jpeg


def clips(n=6, frames=4, size=48, seed=0):
    """Smooth pictures, (n, frames, size, size, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = torch.from_numpy(rng.uniform(60, 200, (n * frames, 3, 6, 6)))
    smooth = torch.nn.functional.interpolate(coarse, size, mode="bicubic")
    smooth = smooth.clamp(1, 255).round().byte().permute(0, 2, 3, 1).contiguous()
    return smooth.view(n, frames, size, size, 3)


def still(n=40, frames=5, size=48):
    return clips(n, 1, size).expand(n, frames, size, size, 3)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("change", [s3, s3_jpeg])
def test_shape_and_type_stay_and_the_input_too(change):
    for x in (clips(), clips()[:, 0]):
        before = x.clone()
        y = change(x, rng())
        assert y.shape == x.shape and y.dtype == torch.uint8
        assert torch.equal(x, before)
        assert not torch.equal(y, x)


@pytest.mark.parametrize("change", [s3, s3_jpeg])
def test_all_frames_of_a_clip_change_alike_and_clips_differ(change):
    y = change(still(), rng(1))
    assert torch.equal(y, y[:, :1].expand_as(y))
    # The same picture in every clip comes out differently.
    same = clips(1, 1).expand(8, 1, 48, 48, 3)
    z = change(same, rng(1))
    assert len({item.numpy().tobytes() for item in z}) == 8


@pytest.mark.parametrize("change", [s3, s3_jpeg])
def test_the_same_rng_gives_the_same_and_torchs_own_is_left_alone(change):
    x = clips()
    torch.manual_seed(3)
    want = torch.rand(2)
    torch.manual_seed(3)
    a = change(x, rng(5))
    assert torch.equal(torch.rand(2), want)
    torch.rand(7)
    assert torch.equal(change(x, rng(5)), a)
    assert not torch.equal(change(x, rng(6)), a)


def test_how_often_and_how_large_is_erased():
    x = torch.full((600, 40, 40, 3), 200, dtype=torch.uint8)
    black = (s3(x, rng(2)) == 0).all(-1).float().mean((1, 2))  # (600,) share
    erased = black > 0
    assert erased.float().mean() == pytest.approx(0.7, abs=0.06)
    assert black[erased].min() > 0.015 and black[erased].max() < 0.11


def test_half_are_mirrored():
    ramp = torch.linspace(40, 220, 40).byte().view(1, 1, 40, 1)
    y = s3(ramp.expand(400, 40, 40, 3).contiguous(), rng(3)).float()
    falls = y[:, :, 5:15].mean((1, 2, 3)) > y[:, :, 25:35].mean((1, 2, 3))
    assert falls.float().mean() == pytest.approx(0.5, abs=0.08)


def test_a_crop_keeps_four_fifths_at_least():
    """Of a ramp from side to side, what is left spans sqrt(0.8 * 0.9) of it or more."""
    ramp = torch.linspace(0, 250, 100).byte().view(1, 1, 100, 1)
    y = s3(ramp.expand(200, 100, 100, 3).contiguous(), rng(4)).float()
    line = y[:, :, :, 0].median(dim=1).values
    span = (line.amax(1) - line.amin(1)) / 250
    assert span.min() > 0.8 * np.sqrt(0.8 * 0.9)  # colours change by a tenth, too


def test_a_flow_is_refused_with_the_reason():
    x = clips()[:, 0]
    flow = torch.zeros((*x.shape[:-1], 2), dtype=torch.float16)
    for change in (s3, s3_jpeg):
        with pytest.raises(ValueError, match="mirror_shift"):
            change((x, flow), rng())


def test_jpeg_is_pillows_at_that_quality():
    frames = clips(1, 3)[0].numpy()
    for quality in (10, 50, 90):
        got = jpeg(frames, quality)
        assert got.shape == frames.shape and got.dtype == np.uint8
        for mine, frame in zip(got, frames, strict=True):
            file = io.BytesIO()
            Image.fromarray(frame).save(file, "JPEG", quality=quality)
            theirs = np.asarray(Image.open(file)).astype(int)
            assert np.abs(mine.astype(int) - theirs).mean() < 2


def test_less_quality_is_less_detail():
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    errors = [np.abs(jpeg(noise, q) - noise.astype(float)).mean() for q in (10, 50, 95)]
    assert errors[0] > errors[1] > errors[2]


def test_the_jpeg_of_e2_takes_detail_that_the_six_leave():
    noise = np.random.default_rng(0).integers(0, 256, (30, 64, 64, 3), dtype=np.uint8)
    x = torch.from_numpy(noise)

    def detail(y):
        return y.float().diff(dim=2).abs().mean()

    assert detail(s3_jpeg(x, rng())) < 0.8 * detail(s3(x, rng()))


@pytest.mark.parametrize("sigma", [0.1, 0.5, 1.5])
def test_the_blur_is_torchvisions(sigma):
    x = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (2, 3, 20, 30), dtype=np.uint8)
    )
    theirs = v2.functional.gaussian_blur(x, [3, 3], [sigma, sigma])
    for item, want in ((x, theirs), (x[0], theirs[0])):
        got = _Blur(3).transform(item, {"sigma": [sigma, sigma]})
        assert got.dtype == torch.uint8
        assert (got.int() - want.int()).abs().max() <= 1


@pytest.mark.parametrize(("name", "change"), [("s3", s3), ("s3_jpeg", s3_jpeg)])
def test_both_have_a_name(name, change):
    x = torch.randint(0, 256, (2, 24, 24, 3), dtype=torch.uint8)
    named, same = (
        f(x, np.random.default_rng(3)) for f in (AUGMENTATIONS[name], change)
    )
    torch.testing.assert_close(named, same, rtol=0, atol=0)
    assert (named != x).any()
