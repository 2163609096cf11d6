"""Pictures of flow: hues by the compass, length by colour, one scale for all."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from dfstudy.report.motion import colour_wheel, flow_colours, show_flow


def picture(dx, dy, most=2.0):
    return flow_colours(np.full((1, 1, 2), (dx, dy), np.float16), most=most)[0, 0]


@pytest.mark.parametrize(
    ("motion", "colour"),
    [
        ((0, 0), (255, 255, 255)),
        ((2, 0), (255, 0, 0)),
        ((-2, 0), (0, 255, 255)),
        ((0, 2), (128, 255, 0)),  # down, in pixels of a picture
        ((0, -2), (128, 0, 255)),
        ((1, 0), (255, 128, 128)),
        ((9, 0), (255, 0, 0)),  # longer than the scale
    ],
)
def test_a_motion_has_its_colour(motion, colour):
    assert picture(*motion) == pytest.approx(np.array(colour), abs=1)


def test_the_scale_is_the_callers():
    assert picture(2, 0, most=4) == pytest.approx(np.array([255, 128, 128]), abs=1)
    with pytest.raises(ValueError, match="more than 0"):
        picture(1, 0, most=0)


def test_the_wheel_is_white_inside_and_out_and_agrees_with_the_pictures():
    wheel = colour_wheel(41)
    assert wheel.shape == (41, 41, 3)
    assert (wheel[20, 20] == 255).all() and (wheel[0, 0] == 255).all()
    assert wheel[20, 40] == pytest.approx(picture(2, 0), abs=1)
    assert wheel[40, 20] == pytest.approx(picture(0, 2), abs=1)


def test_arrows_stand_where_something_moves_and_point_there():
    flow = np.zeros((60, 96, 2), np.float16)
    flow[:, 48:] = (-3, 4)  # left and down, in pixels of a picture
    ax = Figure().subplots()
    show_flow(ax, flow, most=5)
    (picture,), (arrows,) = ax.images, ax.collections
    assert (picture.get_array() == flow_colours(flow, most=5)).all()
    assert arrows.XY[:, 0].min() >= 48 and arrows.N > 20
    assert (arrows.U == -3).all() and (arrows.V == 4).all()
    assert arrows.scale == pytest.approx(5 / 8)  # `most` reaches to the next arrow
    assert ax.yaxis_inverted() and arrows.angles == "xy"


def test_what_stands_still_has_no_arrow():
    ax = Figure().subplots()
    show_flow(ax, np.zeros((20, 20, 2)), most=1)
    assert ax.collections[0].N == 0
