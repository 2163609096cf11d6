"""The site of a run: complete, self-contained, its links lead somewhere."""

import re
import shutil

import nbformat
import pytest
from lesson import write as lesson_notebook
from matplotlib import rc_context
from matplotlib.figure import Figure

from dfstudy.course import lessons, run, site
from dfstudy.report import alt, comparison, markup, style

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
WORDS = r"""## The *question*

Is $\frac{a}{b} < 1$ so? See [lesson two](02_next.ipynb#the-question) and
[the glossary](../docs/glossary.md). [![Open](https://example.org/badge.svg)](https://example.org)

$$z = \sqrt{x}
\;\pm\; y$$

| one | two |
|---|---|
| 1 | 2 |

## The *question*
"""


def outputs():
    v4 = nbformat.v4
    bar = "\rread:   0%|    | 0/2\rread: 100%|####| 2/2\n"
    row = "<td>cell</td>" + "<td>a_long_name_of_a_model</td>" * 9
    table = f'<div><table border="1"><tr>{row}</tr></table></div>'
    picture = {"image/png": PNG, "text/plain": 'Scores; up: "share" <b>'}
    return [
        v4.new_output("stream", name="stdout", text="<i>printed</i>\n"),
        v4.new_output("stream", name="stderr", text=bar),
        v4.new_output("display_data", data=picture),
        v4.new_output("display_data", data={"text/html": table, "text/plain": "t"}),
        v4.new_output("display_data", data={"text/markdown": "- **saw** it"}),
        v4.new_output("execute_result", data={"text/plain": "42 < 43"}),
        v4.new_output(
            "error", ename="E", evalue="x", traceback=["\x1b[31mE\x1b[0m: <x>"]
        ),
    ]


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Two lessons, of which the first has run."""
    monkeypatch.setenv("DFSTUDY_RUNS", str(tmp_path / "runs"))
    for number, slug in (("01", "first"), ("02", "next")):
        lesson_notebook(tmp_path / "notebooks", number, slug, "1 + 1")
    found = lessons.find(tmp_path / "notebooks")
    job = run.Job(lessons=found, profile="smoke")
    text = nbformat.v4.new_markdown_cell(WORDS)
    code = nbformat.v4.new_code_cell(
        "x = 1  # <one>" + "-" * 200, outputs=outputs(), metadata={"tags": ["exercise"]}
    )
    added = nbformat.v4.new_code_cell(
        "PROFILE = 'x'", metadata={"tags": ["injected-parameters"]}
    )
    copy = job.record_path(found[0]).with_suffix(".ipynb")
    copy.parent.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[text, added, code]), copy)
    record = (
        '{"lesson": "01_first", "status": "ok", "seconds": 90.0, "inputs": "",'
        ' "peak_memory_mb": 512.0, "started": "2026-01-01", "error": null}'
    )
    job.record_path(found[0]).write_text(record)
    return job


def pages(job):
    run.write_pages(job)
    return {path: path.read_text("utf-8") for path in job.folder.rglob("*.html")}


def page_of(job, name="notebooks/01_first.html"):
    return pages(job)[job.folder / name]


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_elsewhere(job):
    assert len(pages(job)) == 4
    # The second lesson's headings come with its run.
    (said,) = site.problems(job.folder)
    assert "02_next.html#the-question: there is no such place" in said


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ('<a href="gone.html">', "the link gone.html leads nowhere"),
        ('<a href="#gone">', "the link #gone: there is no such place"),
        ('<img src="data:,">', "a picture without an alternative text"),
        ('<img src="data:," alt="<Figure size 1x1>">', "without an alternative text"),
        ('<img src="https://example.org/a.png" alt="a">', "loads https://example.org"),
        ('<script src="a.js"></script>', "loads a.js"),
        ('<b id="x"></b><b id="x"></b>', "two places are called x"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(tmp_path, html, problem):
    (tmp_path / "index.html").write_text(html)
    (said,) = site.problems(tmp_path)
    assert said.startswith("index.html: ") and problem in said


def test_a_folder_without_a_page_is_a_problem(tmp_path):
    assert "holds no page" in site.problems(tmp_path)[0]


def test_figures_and_formulas_have_alternative_texts(job):
    alts = [image["alt"] for image in site.Page(page_of(job)).images]
    assert 'Scores; up: "share" <b>' in alts
    assert r"\frac{a}{b} < 1" in alts and r"z = \sqrt{x} \;\pm\; y" in alts


def test_a_lesson_shows_what_its_cells_put_out(job):
    page = page_of(job)
    assert "&lt;i&gt;printed" in page and "42 &lt; 43" in page
    assert "<td>cell</td>" in page and "<strong>saw</strong>" in page
    assert "0/2" not in page and "2/2" in page  # a bar's last state
    assert "\x1b" not in page and "E</span>: &lt;x&gt;" in page
    assert "PROFILE = " not in page  # the runner's cell
    assert "Your turn" in page and "1.5 minutes" in page
    assert page.count('<div class="wide"><table') == 2


def test_sections_are_listed_and_have_anchors_of_their_own(job):
    page = page_of(job)
    assert '<li><a href="#the-question">The question</a></li>' in page
    assert '<li><a href="#the-question-1">The question</a></li>' in page
    assert 'href="02_next.html#the-question"' in page
    assert f'href="{"https://github.com/dfstudy/dfstudy"}/blob/main/docs/gl' in page


def test_lessons_lead_to_each_other_and_one_that_has_not_run_says_how(job):
    found = pages(job)
    first = found[job.folder / "notebooks" / "01_first.html"]
    after = found[job.folder / "notebooks" / "02_next.html"]
    assert 'rel="next" href="02_next.html"' in first and 'rel="prev"' not in first
    assert 'rel="prev" href="01_first.html"' in after and 'rel="next"' not in after
    assert "./run_all.sh --only 02" in after and "not run" in after


def test_a_lesson_that_failed_says_so_above_what_it_did(job):
    path = job.record_path(job.lessons[0])
    text = path.read_text().replace('"ok"', '"failed"')
    path.write_text(text.replace("null", '"cell 3: NameError: <x>"'))
    page = page_of(job)
    assert "cell 3: NameError: &lt;x&gt;" in page and "42 &lt; 43" in page
    assert "failed" in page and "finished" not in page


def test_the_same_run_gives_the_same_bytes(job):
    assert pages(job) == pages(job)
    markup.formula.cache_clear()
    again = pages(job)
    assert again == pages(job)


def test_the_comparison_belongs_to_the_site_where_there_is_one(job):
    assert comparison.NAME == "comparison"
    assert not any("comparison.html" in text for text in pages(job).values())
    (job.folder / "comparison.html").write_text("a page")
    assert all(
        'href="' + "../" * (path.parent.name == "notebooks") + 'comparison.html"'
        in text
        for path, text in pages(job).items()
        if path.name != "comparison.html"
    )


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")
def test_no_page_is_wider_than_a_phone_or_a_sheet(job):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        asked = []
        tab.on("request", lambda request: asked.append(request.url))
        for path in pages(job):
            tab.goto(path.as_uri())
            width = tab.evaluate("document.documentElement.scrollWidth")
            assert width == 390, path.name
        tab.set_viewport_size({"width": 700, "height": 1000})
        tab.emulate_media(media="print")
        for path in pages(job):
            tab.goto(path.as_uri())
            width = tab.evaluate("document.documentElement.scrollWidth")
            assert width == 700, f"{path.name} on paper"
        browser.close()
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]


def test_every_formula_of_the_course_can_be_drawn():
    drawn = 0
    for lesson in lessons.find():
        text = markup.Page()
        for cell in nbformat.read(lesson.path, as_version=4).cells:
            if cell.cell_type == "markdown":
                drawn += text.html(cell.source).count('class="math"')
    assert drawn > 10


def test_a_formula_that_cannot_be_drawn_is_an_error():
    with pytest.raises(ValueError, match="nonsense"):
        markup.formula(r"\nonsense{x}", block=False)


def test_a_figure_is_described_by_what_it_says():
    fig = style.figure(4, 4)
    left, right = fig.subplots(1, 2)
    left.plot([1, 2], [3, 4], label="one")
    left.set(title="Two\nlines", xlabel="epoch", ylabel="loss")
    left.legend()
    right.barh(["cat", "dog"], [1, 2])
    right.text(0, 0, "0.5")
    said = alt.describe(fig)
    assert said == ("Two lines; across: epoch; up: loss; key: one; up: cat, dog; 0.5")
    assert "2 panels" in alt.describe(_empty(2))
    many = style.figure(3, 3)
    many.subplots().set_title("word " * 400)
    assert len(alt.describe(many)) <= 700


def _empty(panels) -> Figure:
    fig = style.figure(3, 3)
    fig.subplots(1, panels)
    return fig


def test_a_notebook_keeps_the_description_with_the_figure(monkeypatch):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    monkeypatch.setattr(style, "get_ipython", lambda: shell)
    with rc_context():
        style.apply()
    fig = style.figure(3, 3)
    fig.subplots().set_title("What it shows")
    data, _ = shell.display_formatter.format(fig)
    assert data["text/plain"] == "What it shows"
    assert re.fullmatch(r"<Figure.*>", repr(fig))
