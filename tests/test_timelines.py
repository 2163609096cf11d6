"""Scores over time: at the right seconds, over the stretch that is forged."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from dfstudy.report import figures, style

AT = np.array([2, 5, 8, 11])


def test_scores_stand_where_their_frames_are():
    scores = {"one": [0.1, 0.9, 0.8, 0.2], "two": [0.5, 0.5, 0.5, 0.5]}
    (ax,) = figures.frame_scores(scores, at=AT, fps=10).axes
    assert ax.get_xlabel() == "seconds"
    lines = {line.get_label(): line for line in ax.lines}
    assert np.allclose(lines["one"].get_xdata(), AT / 10)
    assert np.allclose(lines["one"].get_ydata(), scores["one"])
    assert not ax.patches
    (ax,) = figures.frame_scores(scores, at=AT).axes
    assert "frame" in ax.get_xlabel()
    assert np.allclose(ax.lines[0].get_xdata(), AT)


def test_every_forged_stretch_is_shaded():
    forged = np.zeros(14, bool)
    forged[[0, 1, 6, 7, 8, 13]] = True
    (ax,) = figures.frame_scores({"a": np.ones(4)}, at=AT, forged=forged).axes
    spans = sorted(patch.get_x() for patch in ax.patches)
    widths = [patch.get_width() for patch in ax.patches]
    assert np.allclose(spans, [-0.5, 5.5, 12.5]) and np.allclose(widths, [2, 3, 1])
    assert {patch.get_facecolor()[:3] for patch in ax.patches} == {to_rgb(style.FAKE)}


def test_scores_of_other_frames_are_refused():
    with pytest.raises(ValueError, match=r"a: \(2,\) scores"):
        figures.frame_scores({"a": [0.1, 0.2]}, at=AT)
