"""Nothing is told by colour alone; `conftest` asks this of every figure drawn."""

import numpy as np
import pytest
from colours import SEEN, confused, lightness
from matplotlib.figure import Figure

from dfstudy.report import style


def test_each_deficiency_leaves_greys_alone():
    for matrix in SEEN.values():
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-4)


def test_lightness_of_known_colours():
    for colour, expected in (("#000000", 0), ("#777777", 50.03), ("#ffffff", 100)):
        assert lightness(colour) == pytest.approx(expected, abs=0.02)
    # To a protanope red is dark; to a tritanope it stays as it is.
    assert lightness("#ff0000", "protanopia") < lightness("#ff0000") - 10
    assert lightness("#ff0000", "tritanopia") > lightness("#ff0000") - 10


def drawn(*looks):
    fig = Figure()  # not `style.figure`: conftest would find what is planted here
    ax = fig.subplots()
    for i, look in enumerate(looks):
        ax.plot([0, 1], [i, i], label=f"line {i}", **look)
    ax.legend()
    return fig


@pytest.mark.parametrize(
    "look",
    [
        {"color": "#005000"},
        {"color": "#c00000", "linestyle": "--"},
        {"color": "#c00000", "marker": "s"},
    ],
)
def test_lines_that_differ_in_more_than_hue_can_be_told_apart(look):
    assert confused(drawn({"color": "#00a000"}, look)) == []


def test_lines_that_differ_in_hue_alone_are_found():
    (said,) = confused(drawn(*({"color": c, "ls": "-"} for c in style.PALETTE[:2])))
    assert said == "'line 0' and 'line 1' look alike in greyscale"


def test_bars_that_differ_in_hue_alone_are_found():
    fig = Figure()  # not `style.figure`: conftest would find what is planted here
    ax = fig.subplots()
    ax.bar([0], [1], color=style.REAL, label="one")
    ax.bar([1], [1], color=style.FAKE, label="two")
    ax.legend()
    assert confused(fig)
    ax.patches[1].set_hatch("//")
    ax.legend()
    assert confused(fig) == []


def test_what_is_many_series_at_once_differs_in_marker_or_line_too():
    joined = [style.series(i) for i in range(12)]
    assert confused(drawn(*joined)) == []
    assert confused(drawn(*[style.line(i) for i in range(6)])) == []
    assert confused(drawn(*[style.points(i) | {"ls": ""} for i in range(12)])) == []
    fig = Figure()
    ax = fig.subplots()
    for i in range(6):
        ax.bar(i, 1, **style.area(i), label=str(i))
    ax.legend()
    assert confused(fig) == []
    assert confused(drawn(style.TRAINING, style.VALIDATION)) == []


def test_conftest_asks_it_of_every_figure(readable_without_colour):
    assert "drawn" in style.figure.__code__.co_freevars
