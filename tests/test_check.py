"""Every rule of the lessons fails for the one reason that it is there for."""

import nbformat
import pytest
from lesson import SOURCE, course, tiny

from dfstudy.course import build, check, rules


def markdown(notebook, text):
    """The Markdown cell that has `text`."""
    return next(
        c for c in notebook.cells if c.cell_type == "markdown" and text in c.source
    )


def add(notebook, kind, text, **metadata):
    make = getattr(nbformat.v4, f"new_{kind}_cell")
    notebook.cells.insert(
        -2, make(text, id=f"new-{len(notebook.cells)}", metadata=metadata)
    )


def replace(notebook, old, new):
    cell = next(cell for cell in notebook.cells if old in cell.source)
    cell.source = cell.source.replace(old, new)


def test_the_fixture_lesson_keeps_every_rule():
    assert check.lesson(tiny(), "42_tiny") == []


@pytest.mark.parametrize("heading", rules.HEADINGS)
def test_every_heading_is_missed(heading):
    notebook = tiny()
    shown = "Which method when" if heading.startswith("Which") else heading
    replace(notebook, f"## {shown}\n", f"## Not {shown}\n")
    assert f"lacks the heading `## {heading}`" in rules.skeleton(notebook, "42_tiny")


def test_headings_out_of_order():
    notebook = tiny()
    replace(notebook, "## Goals", "## X")
    replace(notebook, "## Before you start", "## Goals")
    replace(notebook, "## X", "## Before you start")
    assert "not in the order" in rules.skeleton(notebook, "42_tiny")[0]


def test_badge_and_title():
    assert len(rules.skeleton(tiny(), "41_other")) == 2
    notebook = tiny()
    replace(notebook, "# 42 · A tiny", "# 42 · A\n# 42 · tiny")
    assert "needs one title" in rules.skeleton(notebook, "42_tiny")[0]


def test_a_hash_in_a_code_block_is_no_heading():
    notebook = tiny()
    add(notebook, "markdown", "```\n# a comment\n```")
    assert rules.skeleton(notebook, "42_tiny") == []


def test_parameters_and_setup_have_their_place():
    notebook = tiny()
    setup = next(c for c in notebook.cells if "setup" in c.metadata.get("tags", []))
    notebook.cells.remove(setup)
    assert "tagged `setup`" in rules.skeleton(notebook, "42_tiny")[0]
    notebook.cells.append(setup)
    assert "before the sections" in rules.skeleton(notebook, "42_tiny")[0]


def test_the_last_lesson_of_a_module_closes_with_its_quiz():
    notebook = tiny()
    assert rules.closing_quiz(notebook, "42_tiny") == []
    assert "asks for ['motion']" in rules.closing_quiz(notebook, "05_tiny")[0]
    add(notebook, "code", 'quiz.show("motion")')
    add(notebook, "code", 'quiz.check(letters, "motion")')
    assert rules.closing_quiz(notebook, "05_tiny") == []
    assert "quiz.show of ['motion']" in rules.closing_quiz(notebook, "42_tiny")[0]
    assert len(rules.closing_quiz(notebook, "08_tiny")) == 2


@pytest.mark.parametrize("old", ["SEED = 0", "from dfstudy import course;"])
def test_fixed_cells_have_fixed_bytes(old):
    notebook = tiny()
    replace(notebook, old, f"{old} ")
    assert len(rules.fixed_cells(notebook, "42_tiny")) == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("### Exercise 2", "### Task 2", "at least two"),
        ("Hint</summary>`max`", "Help</summary>`max`", "Exercise 2 has no `Hint`"),
        ("Expected picture:** one label", "So:** one label", "Expected picture"),
        ("check(most, ", "print(most, ", "neither its cell nor the next"),
    ],
)
def test_exercises_are_whole(old, new, message):
    notebook = tiny()
    replace(notebook, old, new)
    assert message in rules.exercises(notebook, "42_tiny")[0]


def test_an_exercise_without_its_cell():
    notebook = tiny()
    cell = next(c for c in notebook.cells if "most = None" in c.source)
    cell.metadata.tags = []
    assert "no cell tagged" in rules.exercises(notebook, "42_tiny")[0]


def test_the_recap_mirrors_the_goals():
    notebook = tiny()
    replace(notebook, "- A coin's AUROC is 0.5.\n", "")
    assert rules.recap(notebook, "42_tiny") == [
        "`Goals` has 2 items and `What we saw` 1"
    ]


def test_a_recap_may_be_printed():
    notebook = tiny()
    replace(notebook, "- A coin's AUROC is 0.5.\n", "")
    place = next(i for i, c in enumerate(notebook.cells) if "What we saw" in c.source)
    printed = nbformat.v4.new_code_cell('print(f"- a coin: {auroc}")')
    notebook.cells[place].source = notebook.cells[place].source.split("## Which")[0]
    notebook.cells.insert(place + 1, printed)
    assert rules.recap(notebook, "42_tiny") == []


def test_clean():
    notebook = tiny()
    cell = notebook.cells[4]
    cell.outputs = [nbformat.v4.new_output("stream", text="3")]
    cell.execution_count = 3
    cell.metadata["colab"] = {}
    notebook.metadata["vscode"] = {}
    notebook.cells[5].id = cell.id
    assert len(rules.clean(notebook, "42_tiny")) == 5


@pytest.mark.parametrize(
    "text",
    [
        "fit(epochs=3)",
        "batch_size = 16",
        "see(frame_size=(108, 192))",
        "n_frames = 8",
        "%time fit(1)\nfit(lr=1e-3)",
    ],
)
def test_no_sizes(text):
    notebook = tiny()
    add(notebook, "code", text)
    assert len(rules.no_sizes(notebook, "42_tiny")) == 1


@pytest.mark.parametrize(
    "text", ["fit(epochs=study.profile.epochs)", "plot(size=12)", "n_frames = len(x)"]
)
def test_sizes_from_elsewhere_are_fine(text):
    notebook = tiny()
    add(notebook, "code", text)
    assert rules.no_sizes(notebook, "42_tiny") == []


@pytest.mark.parametrize(
    "text",
    [
        'if PROFILE == "smoke":\n    pass',
        "quick = PROFILE in names",
        'n = 3 if study.profile.name == "smoke" else 5',
        'if "smoke" != profile.name: pass',
    ],
)
def test_no_profile_branches(text):
    notebook = tiny()
    add(notebook, "code", text)
    assert rules.no_profile_branches(notebook, "42_tiny")


@pytest.mark.parametrize(
    "text",
    [
        "We reached an AUROC of 0.93.",
        "Accuracy is 87 % here.",
        "An accuracy of 87.5% is good.",
        "87 per cent accuracy",
        "| model | AUROC |\n|---|---|\n| ours | 0.81 |",
        "Its EER\nis 0.12",
    ],
)
def test_no_typed_metrics(text):
    notebook = tiny()
    add(notebook, "markdown", text)
    assert len(rules.no_typed_metrics(notebook, "42_tiny")) == 1
    notebook.cells[-3].metadata["tags"] = ["paper-figures"]
    assert rules.no_typed_metrics(notebook, "42_tiny") == []


@pytest.mark.parametrize(
    "text",
    [
        "An AUROC of 0.5 is a coin's; 1 is perfect.",
        "The interval covers the AUROC in 95 % of runs.",
        "Margin 0.3. The AUROC comes next.",
        "Python 3.12 computes the accuracy.",
        "Resize to 108x192, then accuracy.",
    ],
)
def test_landmarks_and_other_numbers_are_fine(text):
    notebook = tiny()
    add(notebook, "markdown", text)
    assert rules.no_typed_metrics(notebook, "42_tiny") == []


def test_no_solution_is_shown():
    notebook = nbformat.reads(build.build(SOURCE, solutions=True), as_version=4)
    assert rules.no_solutions(notebook, "42_tiny")
    assert rules.no_solutions(tiny(), "42_tiny") == []


def ran(*counts):
    """A notebook whose code cells have these execution counts."""
    cells = [
        nbformat.v4.new_code_cell("1", id=f"c{place}", execution_count=count)
        for place, count in enumerate(counts)
    ]
    return nbformat.v4.new_notebook(cells=cells)


def test_executed_in_order():
    assert check.executed(ran(1, 2, 3), "n") == []


@pytest.mark.parametrize(
    ("counts", "message"),
    [((1, 3, 2), "out of order"), ((1, 2, None), "cell 3 was not executed")],
)
def test_executed_out_of_order_or_partially(counts, message):
    assert message in check.executed(ran(*counts), "n")[0]


def test_an_error_in_an_executed_copy():
    notebook = ran(1, 2)
    notebook.cells[1].outputs = [
        nbformat.v4.new_output("error", ename="NameError", evalue="x", traceback=[])
    ]
    assert check.executed(notebook, "n") == ["n: cell 2 raised NameError"]


def test_executed_folder(tmp_path):
    assert "no executed notebook" in check.executed_folder(tmp_path)[0]
    nbformat.write(ran(1, 2), tmp_path / "01_x.ipynb")
    assert check.executed_folder(tmp_path) == []


def test_built_files_follow_their_source(tmp_path):
    root = course(tmp_path)
    assert len(check.in_sync(root)) == 2  # not built
    build.write(root)
    assert check.course(root) == []
    built = root / "notebooks" / "42_tiny.ipynb"
    built.write_text(built.read_text().replace("Half of them", "All of them"))
    assert "42_tiny.ipynb differs from its source" in check.in_sync(root)[0]
    build.write(root)
    built.with_name("43_stray.ipynb").write_text("{}")
    assert "43_stray.ipynb has no source" in check.in_sync(root)[0]


def test_an_old_readme_table(tmp_path):
    root = course(tmp_path)
    readme = root / "README.md"
    readme.write_text(build.BLOCK.format("lessons") + "\n<!-- end -->\n")
    build.write(root)
    readme.write_text(readme.read_text().replace("0.2", "9"))
    assert "README.md" in check.in_sync(root)[0]
