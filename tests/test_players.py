"""Players hold whole videos: what is in the page decodes to the frames given."""

import base64
import re

import numpy as np
import pytest

from dfstudy.report import players
from dfstudy.video.read import read_frames

RNG = np.random.default_rng(0)
LEVELS = np.array([40, 120, 200], np.uint8)
CLIP = np.broadcast_to(LEVELS[:, None, None, None], (3, 16, 24, 3)).copy()


def test_the_video_in_the_page_is_the_clip(tmp_path):
    page = players.show([CLIP, CLIP[::-1]], fps=12).data
    found = re.findall(r"video/mp4;base64,([\w+/=]+)", page)
    assert len(found) == 2
    for text, levels in zip(found, (LEVELS, LEVELS[::-1]), strict=True):
        path = tmp_path / "out.mp4"
        path.write_bytes(base64.b64decode(text))
        got = read_frames(path)
        assert got.shape == CLIP.shape
        np.testing.assert_allclose(got.mean((1, 2, 3)), levels, atol=6)


def test_titles_are_text_not_html():
    page = players.show([CLIP], fps=12, titles=["<b>&"]).data
    assert "&lt;b&gt;&amp;" in page and "<b>" not in page


@pytest.mark.parametrize(
    ("clips", "titles", "message"),
    [([], None, "no clips"), ([CLIP], ["a", "b"], "2 titles")],
)
def test_bad_input(clips, titles, message):
    with pytest.raises(ValueError, match=message):
        players.show(clips, fps=12, titles=titles)
