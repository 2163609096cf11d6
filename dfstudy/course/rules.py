"""The rules that a lesson keeps, one small function each.

    problems = [text for rule in rules.LESSON for text in rule(notebook, "03_baseline")]

Each takes a notebook and the name of its file and returns its problems as sentences;
none means fine. The skeleton, in this order: Colab badge, title, `## The question`,
`## Goals` (a list), `## Before you start`, `## Time and hardware`, the cells tagged
`parameters` and `setup`, the sections, `## What we saw` (one item a goal, written or
printed), `## Which method when`, `## References`. There are at least two `### Exercise
N`, each with a hint, an expected picture, a cell tagged `exercise`, and a check in that
cell or the next. The last lesson of a module closes with its quiz.
"""

import ast
import re
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from dfstudy.course import build, lessons

Rule = Callable[[NotebookNode, str], list[str]]
HEADINGS = (  # regular expressions
    "The question",
    "Goals",
    "Before you start",
    "Time and hardware",
    "What we saw",
    r"Which [\w ]+ when\??",
    "References",
)
# Names that say how much; the profile gives their values, so no lesson types a number.
SIZES = re.compile(
    r"((n|num|max)_)?(epochs|frames|pairs|clips|videos|seeds|resamples|bootstrap)"
    r"|(batch|image|frame|clip|crop)_size|clip_frames|patience|learning_rate|lr"
)
_METRIC = re.compile(
    r"\b(AUROC|ROC AUC|AUC|AUPRC|EER|F1|ECE|accuracy|precision|recall|log[- ]loss"
    r"|sensitivity|specificity|error rate)\b",
    re.IGNORECASE,
)
_SENTENCE = r"\n\s*\n|\n(?=[#*-])|(?<=[.!?;])\s"
_GENERATED = re.compile(
    r"<!--[^>]*(?:written|generated) by .*?-->.*?<!-- end -->", re.DOTALL
)
_FIGURE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(\s?(?:%|per ?cent))?(?!\w|\.\d)")


def skeleton(notebook: NotebookNode, name: str) -> list[str]:
    """Badge, title and headings in order, parameters and set-up between them."""
    found = []
    cells = notebook.cells
    first = cells[0].source if cells else ""
    if f"/{name}.ipynb)" not in first or "colab-badge" not in first:
        found.append("the first cell has no Colab badge of this notebook")
    titles = [text for level, text, _ in _headings(notebook) if level == 1]
    if len(titles) != 1 or not titles[0].startswith(name[:2]):
        found.append(f"needs one title, `# {name[:2]} · ...`; has {titles}")
    order = {
        pattern: place
        for level, text, place in _headings(notebook)
        for pattern in HEADINGS
        if level == 2 and re.fullmatch(pattern, text)
    }
    missing = [text for text in HEADINGS if text not in order]
    found += [f"lacks the heading `## {text}`" for text in missing]
    places = [order[text] for text in HEADINGS if text in order]
    if places != sorted(places):
        found.append(f"headings are not in the order {', '.join(HEADINGS)}")
    tagged = [
        [
            place
            for place, cell in enumerate(cells)
            if tag in cell.metadata.get("tags", [])
        ]
        for tag in ("parameters", "setup")
    ]
    if [len(places) for places in tagged] != [1, 1]:
        found.append("needs one cell tagged `parameters` and one tagged `setup`")
    elif not missing and not (
        order["Time and hardware"][0] < tagged[0][0] < tagged[1][0]
        and tagged[1][0] < order["What we saw"][0]
    ):
        found.append("parameters, then set-up, belong before the sections")
    return found


def fixed_cells(notebook: NotebookNode, name: str) -> list[str]:
    """The parameters and set-up cells have the same bytes in every lesson."""
    found = []
    for tag, text in (("parameters", build.PARAMETERS), ("setup", build.SETUP)):
        for cell in notebook.cells:
            if tag in cell.metadata.get("tags", []) and cell.source != text:
                found.append(f"the {tag} cell must be exactly:\n{text}")
    return found


def exercises(notebook: NotebookNode, name: str) -> list[str]:
    """Two or more, each with a hint, an expected picture, its cell and a check."""
    found, parts = [], exercise_parts(notebook)
    if len(parts) < 2:
        found.append(f"needs at least two `### Exercise N`; has {len(parts)}")
    for title, cells in parts:
        words = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        place = next(
            (i for i, cell in enumerate(cells) if _tagged(cell, "exercise")), None
        )
        if "Hint" not in words:
            found.append(f"{title} has no `Hint`")
        if "Expected picture" not in words:
            found.append(f"{title} does not say its `Expected picture`")
        if place is None:
            found.append(f"{title} has no cell tagged `exercise`")
        elif not any("check" in cell.source for cell in cells[place : place + 2]):
            found.append(f"{title}: neither its cell nor the next one checks it")
    return found


def closing_quiz(notebook: NotebookNode, name: str) -> list[str]:
    """The last lesson of a module shows its quiz and scores it; no other has one."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    wanted = {m.slug for m in lessons.MODULES if m.numbers[-1] == name[:2]}
    found = []
    for call in ("show", "check"):
        calls = set(re.findall(rf"quiz\.{call}\(.*?\"(\w+)\"\)", code))
        if calls != wanted:
            found.append(
                f"has quiz.{call} of {sorted(calls) or 'nothing'}; its module asks"
                f" for {sorted(wanted) or 'nothing'}"
            )
    return found


def recap(notebook: NotebookNode, name: str) -> list[str]:
    """`What we saw` has one item for each of the `Goals`."""
    counts = [len(_items(notebook, text)) for text in ("Goals", "What we saw")]
    if counts[0] == 0 or counts[0] != counts[1]:
        return [f"`Goals` has {counts[0]} items and `What we saw` {counts[1]}"]
    return []


def clean(notebook: NotebookNode, name: str) -> list[str]:
    """No outputs, counts or traces of an editor; stable ids; a T4 if it uses one."""
    found = []
    more = set(notebook.metadata) - {"dfstudy", "kernelspec"}
    if extra := more - set(build.COLAB_T4):
        found.append(f"metadata of an editor: {sorted(extra)}")
    asks = {key: notebook.metadata[key] for key in more & set(build.COLAB_T4)}
    if asks != (build.COLAB_T4 if notebook.metadata["dfstudy"]["gpu"] else {}):
        found.append(f"asks Colab for {asks}, against `gpu` in its header")
    ids = [cell.get("id", "") for cell in notebook.cells]
    if len(set(ids)) != len(ids) or not all(ids):
        found.append("cells without an id of their own")
    for ordinal, cell in enumerate(notebook.cells, start=1):
        if cell.get("outputs"):
            found.append(f"cell {ordinal} has outputs")
        if cell.get("execution_count") is not None:
            found.append(f"cell {ordinal} has an execution count")
        if extra := set(cell.metadata) - {"tags"}:
            found.append(f"cell {ordinal} has metadata of an editor: {sorted(extra)}")
    return found


def no_sizes(notebook: NotebookNode, name: str) -> list[str]:
    """No size or epoch is typed in a cell: `epochs=3`, `batch_size = 16`."""
    found = []
    for ordinal, tree in code(notebook):
        pairs: list[tuple[str, ast.expr]] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg:
                pairs.append((node.arg, node.value))
            elif isinstance(node, ast.Assign):
                names = [t.id for t in node.targets if isinstance(t, ast.Name)]
                pairs += [(target, node.value) for target in names]
        found += [
            f"cell {ordinal}: {name} = {ast.unparse(value)}; the profile says how much"
            for name, value in pairs
            if SIZES.fullmatch(name) and _is_number(value)
        ]
    return found


def no_profile_branches(notebook: NotebookNode, name: str) -> list[str]:
    """No lesson asks which profile it runs in; `PROFILE` is for the set-up cell."""
    found = []
    for ordinal, tree in code(notebook):
        cell = notebook.cells[ordinal - 1]
        if _tagged(cell, "parameters") or _tagged(cell, "setup"):
            continue
        for node in ast.walk(tree):
            named = isinstance(node, ast.Name) and node.id == "PROFILE"
            branch = isinstance(node, ast.Compare) and any(
                re.search(r"profile(\.name)?$", ast.unparse(side))
                for side in (node.left, *node.comparators)
            )
            if named or branch:
                found.append(
                    f"cell {ordinal}: branches on the profile: {ast.unparse(node)}"
                )
    return found


def no_typed_metrics(notebook: NotebookNode, name: str) -> list[str]:
    """No metric stands in Markdown by hand; the papers' do, tagged `paper-figures`.

    Landmarks that no run produces (0, 0.5, 1; 0, 50, 95 and 100 %) may be named.
    """
    return [
        f"cell {ordinal}: a metric typed by hand: {text}"
        for ordinal, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "markdown" and not _tagged(cell, "paper-figures")
        for text in typed_metrics(cell.source)
    ]


def typed_metrics(markdown: str) -> list[str]:
    """Metrics with a value in Markdown, outside of generated blocks.

    A generated block begins with a comment that says `written by` or `generated by` and
    ends with `<!-- end -->`.
    """
    found = []
    for sentence in re.split(_SENTENCE, _GENERATED.sub("\n\n", markdown)):
        if not _METRIC.search(sentence):
            continue
        for number, percent in _FIGURE.findall(sentence):
            landmarks = {0, 50, 95, 100} if percent else {0, 0.5, 1}
            fraction = "." in number and float(number) <= 1
            if (percent or fraction) and float(number) not in landmarks:
                found.append(f"{number}{percent} in {' '.join(sentence.split())!r}")
    return found


def no_solutions(notebook: NotebookNode, name: str) -> list[str]:
    """Nothing of a solution is left in what students open."""
    return [
        f"cell {ordinal} shows (a part of) a solution"
        for ordinal, cell in enumerate(notebook.cells, start=1)
        if "SOLUTION" in cell.source
        or "# STUB:" in cell.source
        or _tagged(cell, "solution")
    ]


LESSON: tuple[Rule, ...] = (
    skeleton,
    fixed_cells,
    exercises,
    closing_quiz,
    recap,
    clean,
    no_sizes,
    no_profile_branches,
    no_typed_metrics,
    no_solutions,
)


def _tagged(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def _headings(notebook: NotebookNode) -> Iterator[tuple[int, str, tuple[int, int]]]:
    """(level, text, (cell, line)) of every heading outside code blocks."""
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        fenced = False
        for row, line in enumerate(cell.source.splitlines()):
            fenced ^= line.startswith("```")
            if not fenced and (match := re.match(r"(#{1,6}) +(.*)", line)):
                yield len(match[1]), match[2].strip(), (place, row)


def _items(notebook: NotebookNode, heading: str) -> list[str]:
    """List items under `## heading`: in Markdown, or printed (`print("- ...")`)."""
    text = "\n".join(
        cell.source
        if cell.cell_type == "markdown"
        else "\n".join(
            re.findall(r"""^print\(f?["'](- .*)""", cell.source, re.MULTILINE)
        )
        for cell in notebook.cells
    )
    part = re.search(
        rf"^## {re.escape(heading)}\s*$(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    return re.findall(r"^(?:[-*]|\d+\.) ", part[1], re.MULTILINE) if part else []


def exercise_parts(notebook: NotebookNode) -> list[tuple[str, list[NotebookNode]]]:
    """The cells from each `### Exercise N` to the next heading in another cell."""
    stops = sorted({place[0] for level, _, place in _headings(notebook) if level <= 3})
    exercise = {
        place[0]: text
        for level, text, place in _headings(notebook)
        if level == 3 and text.startswith("Exercise")
    }
    parts = []
    for place, text in exercise.items():
        end = next((stop for stop in stops if stop > place), len(notebook.cells))
        parts.append((text, notebook.cells[place:end]))
    return parts


def code(notebook: NotebookNode) -> Iterator[tuple[int, ast.Module]]:
    """(ordinal, syntax tree) of every code cell."""
    for ordinal, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            plain = re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.MULTILINE)
            yield ordinal, ast.parse(plain)


def _is_number(value: ast.expr) -> bool:
    try:
        literal = ast.literal_eval(value)
    except ValueError:
        return False
    parts = literal if isinstance(literal, tuple | list) and literal else [literal]
    return all(type(part) in (int, float) and part not in (0, 1) for part in parts)
