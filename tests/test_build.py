"""Lessons from source to notebooks: stubs, solutions, equal bytes, clear errors."""

import json

import nbformat
import pytest
from lesson import COURSE, SOURCE, course

from dfstudy.course import build, lessons, rules


def code(text: str) -> list[str]:
    cells = nbformat.reads(text, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def test_students_get_stubs_and_nothing_of_a_solution():
    text = build.build(SOURCE)
    assert any(
        cell.endswith("# Write your code here.\n    return ...") for cell in code(text)
    )
    assert "# Write your code here.\nmost = None" in code(text)
    for trace in ("SOLUTION", "STUB", "sum(labels) / len", "mean of the labels"):
        assert trace not in text


def test_solutions_keep_the_code_and_lose_the_marks():
    text = build.build(SOURCE, solutions=True)
    assert any("return sum(labels) / len(labels)" in cell for cell in code(text))
    assert "mean of the labels" in text
    for trace in ("SOLUTION", "STUB", "Write your code"):
        assert trace not in text
    assert "notebooks/solutions/42_tiny.ipynb" in text


def test_equal_sources_give_equal_bytes():
    assert build.build(SOURCE) == build.build(SOURCE)


def test_an_edit_changes_one_cell_and_no_other_id(tmp_path):
    edited = tmp_path / SOURCE.name
    edited.write_text(SOURCE.read_text().replace("labels = [0, 1", "labels = [1, 1"))
    ids = [
        [cell["id"] for cell in json.loads(build.build(path))["cells"]]
        for path in (SOURCE, edited)
    ]
    assert sum(a != b for a, b in zip(*ids, strict=True)) == 1
    assert len(set(ids[0])) == len(ids[0])


def test_equal_cells_have_different_ids(tmp_path):
    twice = tmp_path / SOURCE.name
    twice.write_text(SOURCE.read_text() + "\n# %%\nlabels\n\n# %%\nlabels\n")
    ids = [cell["id"] for cell in json.loads(build.build(twice))["cells"]]
    assert len(set(ids)) == len(ids)


def test_built_notebooks_are_clean():
    notebook = nbformat.reads(build.build(SOURCE), as_version=4)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"dfstudy", "kernelspec"}
    for cell in notebook.cells:
        assert set(cell.metadata) <= {"tags"}
        assert not cell.get("outputs") and cell.get("execution_count") is None


def test_what_the_header_says_is_filled_in():
    first = nbformat.reads(build.build(SOURCE), as_version=4).cells[0].source
    assert "blob/main/notebooks/42_tiny.ipynb)" in first
    assert "| `laptop` | 2 cores, no GPU, no network | 0.2 |" in first
    assert "<!--" not in first


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# STUB: return ...\n", "", "without a line"),
        ("    # END SOLUTION\n", "", "without `# END SOLUTION`"),
        ("# STUB: return ...", "# STUB: return (", "not Python"),
        ("    # BEGIN SOLUTION\n", "", "without its partner"),
        ('# %% tags=["exercise"]\ndef', "# %%\ndef", "without the tag"),
        ('lesson: "42"', 'lesson: "41"', "names it 41_tiny"),
        ("#   gpu: false\n", "", "lacks ['gpu']"),
        ("smoke: 0.1, ", "", "give minutes for"),
        ("# dfstudy:", "# another:", "no `dfstudy:` block"),
    ],
)
def test_a_broken_source_says_what_is_wrong(tmp_path, old, new, message):
    text = SOURCE.read_text()
    assert old in text
    broken = tmp_path / SOURCE.name
    broken.write_text(text.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"42_tiny\.py") as caught:
        build.build(broken)
    assert message in str(caught.value)


def test_write_touches_only_what_changed(tmp_path):
    root = course(tmp_path)
    (root / "README.md").write_text(
        "# R\n" + build.BLOCK.format("lessons") + "\n<!-- end -->\nrest\n"
    )
    stray = root / "notebooks" / "41_gone.ipynb"
    stray.write_text("{}")
    touched = {path.relative_to(root).as_posix() for path in build.write(root)}
    assert touched == {
        "notebooks/42_tiny.ipynb",
        "notebooks/solutions/42_tiny.ipynb",
        "notebooks/41_gone.ipynb",
        "README.md",
    }
    assert not stray.exists()
    assert "[42](notebooks/42_tiny.ipynb) | Does" in (root / "README.md").read_text()
    assert build.write(root) == []


def test_a_lesson_that_uses_a_gpu_asks_colab_for_one(tmp_path):
    path = tmp_path / SOURCE.name
    path.write_text(SOURCE.read_text().replace("gpu: false", "gpu: true"))
    notebook = nbformat.reads(build.build(path), as_version=4)
    assert notebook.metadata["accelerator"] == "GPU"
    assert notebook.metadata["colab"] == {"gpuType": "T4"}
    assert rules.clean(notebook, "42_tiny") == []
    del notebook.metadata["accelerator"]
    assert "asks Colab for" in rules.clean(notebook, "42_tiny")[0]
    without = nbformat.reads(build.build(SOURCE), as_version=4)
    without.metadata |= build.COLAB_T4
    assert "asks Colab for" in rules.clean(without, "42_tiny")[0]


def test_find_and_select(tmp_path):
    root = course(tmp_path)
    build.write(root)
    found = lessons.find(root / "notebooks")
    assert [lesson.name for lesson in found] == ["42_tiny"]
    assert found[0].minutes["laptop"] == 0.2
    for name in ("42", "tiny", "42_tiny"):
        assert lessons.select(found, only=[name]) == found
        assert lessons.select(found, start=name) == found
    with pytest.raises(lessons.LessonError, match="no lesson '7'; there are: 42"):
        lessons.select(found, only=["7"])


def test_the_fixture_has_no_built_files():
    assert not list(COURSE.rglob("*.ipynb"))
