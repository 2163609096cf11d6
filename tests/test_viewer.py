"""The scrubber: the right crop, box and heat at each moment, upright."""

import re
from dataclasses import replace

import numpy as np
import pytest
from asked import FACES, FRAMES, LEFT, RIGHT, Squares, red, squares

from dfstudy.app import viewer
from dfstudy.detect.predict import examine


def seen(path, views, tmp_path, heat=None):
    """HTML of a verdict by detectors of these views; `heat` is given to the first."""
    detectors = [
        red(f"d_{i}", view, tmp_path, level="frame") for i, view in enumerate(views)
    ]
    verdict, evidence = examine(path, detectors, faces=Squares())
    if heat is not None:
        shape = (len(evidence[0].sample.faces), FACES.frames, 32, 32)
        evidence[0] = replace(evidence[0], heat=np.full(shape, heat, np.float32))
    said, walk = viewer.show(path, verdict, evidence)
    return verdict, said, walk


def moments(walk):
    return walk.split('<div class="df-moment"')[1:]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The right square leaves after two of four seconds."""
    path = tmp_path_factory.mktemp("viewer") / "two.mp4"
    return squares(path, (*LEFT, 220), (*RIGHT, lambda t: 30 if t < 20 else None))


def test_every_moment_has_its_frame_its_faces_and_its_score(two, tmp_path):
    verdict, said, walk = seen(two, [FACES], tmp_path)
    parts = moments(walk)
    assert len(parts) == FACES.frames and 'max="7"' in walk
    assert [part.split('"')[1] for part in parts] == [str(i) for i in range(8)]
    assert [" hidden>" in part[:30] for part in parts] == [False] + 7 * [True]
    assert parts[0].count('class="df-box"') == 2 and "not in this" not in parts[0]
    assert parts[-1].count('class="df-box"') == 1 and "not in this frame" in parts[-1]
    assert "Called fake" in said and "face 0" in walk and "df-heat" not in parts[0]
    style = re.search(r'class="df-box" style="(.*?)"', parts[0])[1]
    left, top, width, height = map(float, re.findall(r"([\d.]+)%", style))
    found = verdict.faces[0].boxes[0]
    assert left == pytest.approx(100 * found[0] / 320, abs=0.01)
    assert top == pytest.approx(100 * found[1] / 180, abs=0.01)
    assert width == pytest.approx(100 * (found[2] - found[0]) / 320, abs=0.01)
    assert height == pytest.approx(100 * (found[3] - found[1]) / 180, abs=0.01)


def test_the_cursor_runs_along_the_axis(two, tmp_path):
    _, _, walk = seen(two, [FACES], tmp_path)
    lines = re.findall(r'data-at="\[(.*?)\]"', walk)
    assert len(lines) == 2  # one a face
    at = [float(value) for value in lines[0].split(",")]
    steps = np.diff(at)
    assert len(at) == 8 and 5 < at[0] < at[-1] < 100
    # Sampled evenly but for rounding to whole frames.
    assert steps.min() > 0 and steps.max() < 1.5 * steps.min()


def test_heat_can_be_shown_and_hidden(two, tmp_path):
    _, _, walk = seen(two, [FACES], tmp_path, heat=1.0)
    assert 'id="df-heat"' in walk and "df-file df-hot" in walk
    assert moments(walk)[0].count('class="df-heat"') == 2
    assert moments(walk)[0].count('class="df-plain"') == 2


def test_of_whole_frames_the_frame_is_what_was_looked_at(two, tmp_path):
    _, _, walk = seen(two, [FRAMES], tmp_path)
    assert moments(walk)[0].count("whole frame") >= 1
    assert walk.count("df-cursor") == 1  # the video's line
    assert "not scored by itself" in walk


def test_a_verdict_without_evidence_has_no_slider(two, tmp_path):
    path = squares(tmp_path / "none.mp4")
    _, said, walk = seen(path, [FACES], tmp_path)
    assert "Cannot tell" in said and "no face was found" in said
    assert "frames looked at" in walk
