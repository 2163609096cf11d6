"""From a run's files to docs/published, and from there into the README, untouched."""

import json
import shutil

import pytest
from compared import write
from lesson import course
from PIL import Image

from dfstudy import paths
from dfstudy.course import __main__ as command
from dfstudy.course import build, check, published, readme, rules

HEAD = "lesson,status,seconds,peak_memory_mb,started\n"
TIMINGS = (
    HEAD
    + "41_other,ok,300.0,1024.0,2026-11-21T10:00:00+00:00\n"
    + "42_tiny,ok,420.0,2048.0,2026-11-21T10:03:00+00:00\n"  # for two minutes, both
    + "43_bad,failed,9.0,1.0,2026-11-21T10:20:00+00:00\n"
)
MARKS = "".join(
    build.BLOCK.format(name) + "\n<!-- end -->\n\n" for name in build.BLOCKS
)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """The fixture course with a README, and places of its own for runs."""
    root = course(tmp_path)
    (root / "README.md").write_text(f"# R\n\n{MARKS}")
    build.write(root)
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(paths, "root", lambda: root)
    return root


def timings(root, text=TIMINGS, profile="laptop"):
    folder = paths.runs(profile)
    (folder / "timings.csv").write_text(text)
    return folder


def test_before_anything_is_published_minutes_are_forecasts(root):
    page = (root / "README.md").read_text()
    assert "| *0.1* | *0.2* |" in page and "Whole course" not in page
    assert "No run has been published yet" in page
    assert "No picture has been published yet" in page


def test_times_of_a_run_reach_the_table(root):
    folder = timings(root)
    published.publish_times(root, folder, profile="laptop", run="first")
    timings(root, TIMINGS.replace("420.0,2048.0", "130.0,512.0"))
    published.publish_times(root, folder, profile="laptop", run="later")
    rows = {(row.run, row.lesson): row for row in published.times(root)}
    assert rows["first", "42_tiny"].seconds == 420
    assert rows["first", "42_tiny"].date == "2026-11-21"
    assert ("first", "43_bad") not in rows  # what failed is no measurement
    # 10:00 to 10:10; one after the other it would be twelve minutes.
    assert rows["first", published.WHOLE].seconds == 600
    assert rows["first", published.WHOLE].peak_mb == 2048
    build.write(root)
    page = (root / "README.md").read_text()
    assert "| *0.1* | 7, 2 |" in page and "| 2.0 GB | no |" in page
    assert "Whole course in `laptop`" in page and "first 10 (2026-11-21" in page
    assert check.in_sync(root) == []


def test_the_same_lesson_again_replaces_its_row(root):
    for seconds in ("420.0", "480.0"):
        folder = timings(root, TIMINGS.replace("420.0", seconds))
        published.publish_times(root, folder, profile="laptop", run="first")
    mine = [row for row in published.times(root) if row.lesson == "42_tiny"]
    assert [row.seconds for row in mine] == [480]


def test_an_older_table_is_a_problem(root):
    published.publish_times(root, timings(root), profile="laptop", run="first")
    (problem,) = check.in_sync(root)
    assert problem.startswith("README.md: its tables are older")
    build.write(root)
    table = root / published.FOLDER / "times.csv"
    table.write_text(table.read_text().replace("420.0", "900.0"))
    (problem,) = check.in_sync(root)
    assert problem.startswith("README.md: its tables are older")


@pytest.mark.parametrize("text", [None, HEAD, HEAD + "42_tiny,failed,1,1,2026-01-01\n"])
def test_a_run_without_a_lesson_that_ended_well_is_refused(root, text, capsys):
    if text is not None:
        timings(root, text)
    assert command.main(["publish", "--times", "first"]) == 2
    assert "timings.csv" in capsys.readouterr().err
    assert published.times(root) == []


def test_publish_wants_to_know_what(root, capsys):
    assert command.main(["publish"]) == 2
    assert "--results" in capsys.readouterr().err


def test_a_forecast_that_is_too_short_is_named(root, capsys):
    timings(root)
    assert command.main(["publish", "--times", "first"]) == 0
    assert "its header says 0.2 min" in capsys.readouterr().out
    assert "42_tiny" in (root / published.FOLDER / "times.csv").read_text()


def test_results_are_the_comparisons_own(root):
    runs = paths.runs("smoke")
    write(runs, "frame_torch", skill=0.0)
    write(runs, "xception", skill=2.0, lesson="09")
    write(runs, "xception", skill=2.2, lesson="09", seed=1)
    published.publish_results(root, runs)
    build.write(root)
    found = published.results(root)
    assert [row["name"] for row in found["detectors"]] == ["xception", "frame_torch"]
    assert found["about"]["kind"] == "synthetic" and found["about"]["seeds"] == [0, 1]
    page = (root / "README.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith("| xception |"))
    best = found["detectors"][0]
    auroc = best["auroc"]
    said = f"{auroc['value']:.2f} [{auroc['low']:.2f}, {auroc['high']:.2f}]"
    assert f"| 09 | 2 | {said} |" in row
    assert len(best["kinds"]) == 4 and row.count("[") == 5
    assert "| *all fake* | trivial |" in page and "profile `smoke`" in page.casefold()
    assert rules.typed_metrics(page) == []  # within marks that say who wrote them
    assert rules.typed_metrics(page.replace("written by", "from")) != []
    # A figure that is changed by hand, on either side, is found.
    (root / "README.md").write_text(page.replace(said, said.replace("0.", "0.9")))
    assert check.in_sync(root) != []


def test_a_run_without_results_is_refused(root, capsys):
    assert command.main(["publish", "--results"]) == 2
    assert "has no results" in capsys.readouterr().err


def test_rendering_is_measured_and_said_in_every_lesson(root):
    row = {"profile": "colab", "run": "any", "lesson": published.PAIR}
    about = {"date": "2026-11-21", "commit": "ab", "machine": "2 cores"}
    published._add(root, [published.Time(seconds=30, peak_mb=0, **row, **about)])
    # 120 pairs of 30 seconds on two cores
    assert "`colab` 30." in readme.rendering(root)
    build.write(root)
    lesson = json.loads((root / "notebooks" / "42_tiny.ipynb").read_text())
    assert "`colab` 30." in "".join(lesson["cells"][0]["source"])


def test_reading_time_counts_prose_and_code(root, tmp_path):
    notebook = root / "notebooks" / "42_tiny.ipynb"
    before = readme.reading_minutes(notebook)
    longer = tmp_path / "42_tiny.py"
    source = (root / "notebooks" / "source" / "42_tiny.py").read_text()
    words, lines = "# word " * readme.WORDS_A_MINUTE, "x = 1\n" * readme.LINES_A_MINUTE
    longer.write_text(f"{source}\n# %% [markdown]\n{words}\n\n# %%\n{lines}")
    notebook.write_text(build.build(longer))
    assert readme.reading_minutes(notebook) == pytest.approx(before + 2)


def test_our_readme_is_what_is_published():
    """The tables of this clone; an edit by hand, or an old table, fails."""
    assert check.in_sync(paths.root()) == []


def test_the_picture_is_drawn_from_rendered_videos(tiny_data, root, monkeypatch):
    from dfstudy.data import dataset

    runs = paths.runs("smoke")
    write(runs, "frame_torch", skill=1.0)
    published.publish_results(root, runs)
    monkeypatch.setattr(dataset, "load", lambda *_, **__: tiny_data)
    path = published.publish_picture(root, "smoke")
    with Image.open(path) as picture:
        assert picture.width > 900
    assert path.stat().st_size < 400_000
    build.write(root)
    page = (root / "README.md").read_text()
    assert "(docs/published/overview.jpg)" in page and "![Rows of frames" in page
    assert check.links(root) == []


def test_no_strip_of_videos_that_nobody_has_written_down(tiny_data, tmp_path):
    from dataclasses import replace

    from dfstudy.report import overview

    bare = tmp_path / "bare"
    shutil.copytree(tiny_data.root, bare)
    (bare / "truth.parquet").unlink()
    (bare / "synth.json").unlink()
    with pytest.raises(ValueError, match="is no synthetic set"):
        overview.strips(replace(tiny_data, root=bare, name="bare"))
