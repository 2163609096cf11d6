"""A slider that lives without a kernel, and a strip where nobody can move it."""

import base64
import re

import cv2
import lesson
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest

from dfstudy.course import execute, lessons
from dfstudy.report import figures, style, widgets


def grey(value):
    return np.full((4, 6, 3), value, np.uint8)


def pictures(page):
    """The pictures of a page, decoded, and their captions."""
    found = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]*)"', page)
    decoded = [
        cv2.imdecode(np.frombuffer(base64.b64decode(code), np.uint8), cv2.IMREAD_COLOR)
        for code, _ in found
    ]
    return decoded, [alt for _, alt in found]


@pytest.fixture
def headless(monkeypatch):
    monkeypatch.setenv(widgets.HEADLESS, "1")


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv(widgets.HEADLESS, raising=False)


def test_live_every_value_is_there_and_one_is_shown(live):
    page = widgets.slider(grey, range(0, 90, 10), name="grey", start=3).data
    made, captions = pictures(page)
    assert [picture[0, 0, 0] for picture in made] == list(range(0, 90, 10))
    assert captions == [f"grey {value}" for value in range(0, 90, 10)]
    assert 'max="8" value="3"' in page
    assert 'data-lm-suppress-shortcuts="true"' in page.split("<input")[1]
    shown = re.findall(r'<figure( class="on")?', page)
    assert [bool(on) for on in shown] == [place == 3 for place in range(9)]


def test_headless_a_strip_from_the_first_value_to_the_last(headless):
    page = widgets.slider(grey, range(0, 90, 10), name="grey").data
    made, captions = pictures(page)
    assert [picture[0, 0, 0] for picture in made] == [0, 30, 50, 80]
    assert captions[0] == "grey 0" and captions[-1] == "grey 80"
    assert all(f"<figcaption>{text}</figcaption>" in page for text in captions)
    assert "<input" not in page and "display:none" not in page


def test_headless_only_the_strip_is_made(headless):
    asked = []
    widgets.slider(lambda v: asked.append(v) or grey(v), range(50), name="grey")
    assert len(asked) == widgets.STRIP


def test_few_values_are_all_in_the_strip(headless):
    made, _ = pictures(widgets.slider(grey, [1, 2], name="grey").data)
    assert len(made) == 2


def test_the_runner_is_headless(tmp_path, live):
    notebook = lesson.write(
        tmp_path, "42", "moved", "import os", f"print(os.environ['{widgets.HEADLESS}'])"
    )
    executed = tmp_path / "executed.ipynb"
    given = {"parameters": {}, "timeout_s": 120}
    done = execute.run(notebook, executed, tmp_path / "log", **given)
    assert done.status == "ok", done.error
    (output,) = nbformat.read(executed, as_version=4).cells[-1].outputs
    assert output.text == "1\n"


def test_figures_are_pictures_too_and_are_not_shown_twice(live):
    def line(value):
        fig, ax = plt.subplots(figsize=(2, 1))
        ax.plot([0, value])
        return fig

    made, _ = pictures(widgets.slider(line, [1, 2], name="to").data)
    assert made[0].shape == made[1].shape == (90, 180, 3)
    assert plt.get_fignums() == []


def test_two_sliders_do_not_move_each_other(live):
    pages = [widgets.slider(grey, [0, at], name="grey").data for at in (1, 2)]
    ids = [re.search(r'<div id="(\S+)"', page)[1] for page in pages]
    assert ids[0] != ids[1]
    assert all(f"#{key} figure" in page for key, page in zip(ids, pages, strict=True))


def test_on_paper_and_where_styles_are_taken_away_all_pictures_are_seen(live):
    page = widgets.slider(grey, [0, 1, 2], name="grey").data
    assert "@media screen" in page.split("display:none")[0]
    bare = re.sub(r"<style>.*?</style>", "", page)
    assert "display:none" not in bare and len(pictures(bare)[0]) == 3


def test_captions_are_escaped(live):
    page = widgets.slider(grey, [0, 1], name="<b>", caption='"{}"'.format).data
    assert "<b>" not in page and "&lt;b&gt; &quot;0&quot;" in page


def test_at_least_four_lessons_let_something_move():
    moving = [
        one.number
        for one in lessons.find()
        if "widgets.slider(" in one.path.read_text(encoding="utf-8")
    ]
    assert len(moving) >= 4, moving


@pytest.mark.parametrize(("values", "start"), [([], 0), ([1], 0), ([1, 2], 2)])
def test_nothing_to_move(live, values, start):
    with pytest.raises(ValueError, match="two values"):
        widgets.slider(grey, values, name="grey", start=start)


def test_an_operating_point_counts_what_reaches_the_threshold():
    labels, scores = [0, 0, 0, 1, 1], [0.1, 0.5, 0.2, 0.5, 0.9]
    fig = figures.operating_point(labels, scores, threshold=0.5)
    _, counts, curve = fig.axes
    assert [text.get_text() for text in counts.texts] == [
        "2\n67%",
        "1\n33%",
        "0\n0%",
        "2\n100%",
    ]
    point = curve.lines[1]
    assert (point.get_xdata()[0], point.get_ydata()[0]) == (1 / 3, 1)


def test_an_operating_point_of_one_class():
    style.apply()
    fig = figures.operating_point([0, 0], [0.1, 1.4], threshold=0.5)
    assert "one class only" in fig.axes[2].texts[0].get_text()
    assert fig.axes[0].get_xlim()[1] > 1.4
