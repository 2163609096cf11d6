"""Heat over a picture: grey where nothing spoke, coloured and outlined where it did."""

import numpy as np
import pytest

from dfstudy.report import heat

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (80, 120, 3), dtype=np.uint8)


def spot(height=80, width=120, at=(20, 30)):
    y, x = np.mgrid[:height, :width]
    return np.exp(-((y - at[0]) ** 2 + (x - at[1]) ** 2) / 60)


def colour(picture):
    """How far each pixel is from grey."""
    return np.ptp(picture.astype(int), axis=2)


def test_only_heat_has_colour():
    out = heat.overlay(PICTURE, spot())
    assert out.dtype == np.uint8 and out.shape == PICTURE.shape
    assert colour(out)[20, 30] > 100
    assert colour(out)[50:, 70:].max() == 0
    assert (colour(heat.overlay(PICTURE, np.zeros((80, 120)))) == 0).all()


def test_a_line_shows_the_hottest_part_without_colour():
    flat = np.full((80, 120, 3), 128, np.uint8)
    grey = heat.overlay(flat, spot()).mean(axis=2)
    near = grey[8:33, 18:43]
    assert (near == 255).any() and (near == 0).any()
    assert not np.isin(grey[45:], (0, 255)).any()


def test_maps_can_share_one_scale():
    weak, flat = 0.01 * spot(), np.full((80, 120, 3), 128, np.uint8)
    alone = heat.overlay(flat, weak)
    together = heat.overlay(flat, weak, highest=1.0)
    assert colour(alone).max() > 100
    assert colour(together).max() < 5


def test_a_coarse_map_is_stretched():
    out = heat.overlay(PICTURE, spot()[::8, ::8])
    hottest = np.unravel_index(colour(out).argmax(), out.shape[:2])
    assert abs(hottest[0] - 20) < 12 and abs(hottest[1] - 30) < 12


@pytest.mark.parametrize(
    ("picture", "map_"),
    [
        (PICTURE / 255, spot()),
        (PICTURE[..., 0], spot()),
        (PICTURE, spot()[None]),
        (PICTURE, np.full((80, 120), np.nan)),
    ],
)
def test_what_is_no_picture_or_map_is_refused(picture, map_):
    with pytest.raises(ValueError, match=r"picture is|one finite map"):
        heat.overlay(picture, map_)
