"""The drawings draw what they are given, and stay out of pyplot."""

import numpy as np
import pytest
from drawn import words

from dfstudy.report import diagrams, style

FRAME = np.full((20, 30, 3), 100, np.uint8)


@pytest.fixture(autouse=True)
def theme():
    style.apply()


def test_recurrence_has_a_cell_for_every_frame():
    said = words(diagrams.recurrence([FRAME] * 4))
    assert said.count("cell") == said.count("2D network") == 4
    assert said.count("P(fake)") == 1


def test_inflation_shows_slices_that_add_up_to_the_filter():
    fig = diagrams.inflation(np.array([[3.0, -6.0], [0.0, 9.0]]), depth=3)
    words(fig)
    flat, *slices = [ax.images[0].get_array() for ax in fig.axes if ax.images]
    assert len(slices) == 3
    np.testing.assert_allclose(sum(slices), flat)


def test_over_time_names_each_kind_with_its_number_and_real_is_blue():
    lines = {"real": np.ones((4, 7)), "blend": np.zeros((2, 7))}
    (ax,) = diagrams.over_time(lines, ylabel="y", xlabel="x").axes
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["real (n = 4)", "blend (n = 2)"]
    assert ax.lines[0].get_color() == style.REAL
    np.testing.assert_allclose(ax.lines[0].get_ydata(), 1)


def test_heat_over_is_dark_where_there_is_none_and_bright_where_there_is_most():
    heat = np.zeros((20, 30), np.float32)
    heat[:, 15:] = 2.0
    picture = diagrams.heat_over(FRAME, heat, most=2.0)
    assert picture.shape == FRAME.shape
    assert picture.dtype == np.uint8
    assert picture[:, 20:].mean() > picture[:, :10].mean() + 50
    # Below 0 counts as 0, above the most as the most; no heat at all is no error.
    np.testing.assert_array_equal(picture, diagrams.heat_over(FRAME, 2 * heat, most=2))
    higher = diagrams.heat_over(FRAME, heat + 1, least=1, most=3)
    np.testing.assert_array_equal(picture, higher)
    assert diagrams.heat_over(FRAME, heat * 0, most=0.0).max() < 60
