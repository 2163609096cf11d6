"""The page of the comparison: complete, self-contained, never older than it says."""

import base64
import re
from xml.etree import ElementTree

import pytest
from compared import manifest, write

from dfstudy import cli
from dfstudy.course import rules
from dfstudy.report import comparison
from dfstudy.study.errata import errata


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    write(folder, "frame_keras", skill=0.0)
    write(folder, "xception", skill=2.0, lesson="09")
    write(folder, "xception-scratch", skill=1.0, lesson="09", pretrained="none")
    write(folder, "cnn_3d", split="two", kind="real", lesson="07")
    comparison.write(folder)
    return folder


@pytest.fixture
def page(runs):
    return (runs / "comparison.html").read_text(encoding="utf-8")


def test_the_page_needs_nothing_beside_it(page):
    assert not re.findall(r"<(?:link|script)", page)
    sources = re.findall(r'<img[^>]* src="([^"]{0,40})', page)
    assert sources and all(s.startswith("data:image/svg+xml;base64,") for s in sources)
    assert len(re.findall(r'<img[^>]* alt="[^"]+"', page)) == len(sources)
    first = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)[1]
    assert ElementTree.fromstring(base64.b64decode(first)).tag.endswith("svg")


def test_every_table_says_what_it_is_of(runs, page):
    text = (runs / "comparison.md").read_text(encoding="utf-8")
    for shown in (page, text):
        for word in ("synthetic videos (made)", "real videos (made)", "profile smoke"):
            assert word in shown
        for word in ("xception-scratch", "all fake", "Holm", "slim"):
            assert word in shown
    linked = re.findall(r"\]\((comparison/[^)]+)\)", text)
    assert linked and all((runs / place).exists() for place in linked)


def test_errata_are_on_the_page(runs):
    text = (runs / "comparison.md").read_text(encoding="utf-8")
    assert all(erratum.where in text for erratum in errata())


def test_synthetic_and_real_have_sections_of_their_own(page):
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert "Detectors: synthetic videos" in titles
    assert "Detectors: real videos" in titles


def test_the_generated_page_is_no_typed_metric(runs):
    assert not rules.typed_metrics((runs / "comparison.md").read_text(encoding="utf-8"))


def test_a_page_that_is_older_than_its_results_fails(tmp_path, capsys):
    few = manifest(18)
    write(tmp_path, "frame_keras", videos=few)
    given = ["report", "--runs", str(tmp_path), "--out", str(tmp_path / "page")]
    assert cli.main([*given, "--check"]) == 1  # there is none yet
    assert cli.main(given) == 0
    assert cli.main([*given, "--check"]) == 0
    path = write(tmp_path, "frame_keras", videos=few, skill=2.0)
    assert cli.main([*given, "--check"]) == 1
    assert "shows other results" in capsys.readouterr().out
    assert cli.main(given) == 0
    assert cli.main([*given, "--check"]) == 0
    path.unlink()
    assert cli.main([*given, "--check"]) == 1


def test_no_results_is_no_page(tmp_path, capsys):
    assert cli.main(["report", "--runs", str(tmp_path)]) == 1
    assert "lessons 03 to 10 write them" in capsys.readouterr().err
