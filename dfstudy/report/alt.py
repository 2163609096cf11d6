"""What a figure shows, in words: for those who do not see it.

    alt.describe(figure)     # "ROC; across: reals called fake (FPR); up: ..."

Made of what the figure itself says (titles, axes, legends, words inside), so that it
can not go stale. A notebook keeps it as the plain text of the figure, a page as the
alternative text of the picture.
"""

import re
from collections.abc import Iterable, Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure

_MOST = 700  # characters; a reader cannot skip inside an alternative text

_NUMBER = re.compile(r"[-−+]?\d[\d.,]*((e|\^)[-−+]?\d+)?\s?%?")
_TEX = re.compile(r"\\mathdefault|[${}]")


def describe(figure: Figure) -> str:
    """One line, at most 700 characters; `figure` is not changed."""
    said = [text.get_text() for text in figure.texts]
    if figure.get_suptitle():
        said.insert(0, figure.get_suptitle())
    for legend in figure.legends:
        said.append("key: " + ", ".join(t.get_text() for t in legend.get_texts()))
    for ax in figure.axes:
        if ax.get_visible():
            said += _axes(ax)
    words = "; ".join(_once(said))
    if not words:
        words = f"figure of {len(figure.axes)} panels without a word"
    return words if len(words) <= _MOST else words[: _MOST - 2].rstrip() + " …"


def _axes(ax: Axes) -> Iterator[str]:
    yield from (ax.get_title(side) for side in ("left", "center", "right"))
    if ax.axison:
        for axis, way in ((ax.xaxis, "across"), (ax.yaxis, "up")):
            ticks = _once(tick.get_text() for tick in axis.get_ticklabels())
            # Names that were given; numbers on an axis say little in words.
            names = ", ".join(
                tick for tick in ticks if not _NUMBER.fullmatch(_TEX.sub("", tick))
            )
            label = axis.label.get_text()
            if label or names:
                yield f"{way}: {': '.join(filter(None, (label, names)))}"
    if legend := ax.get_legend():
        yield "key: " + ", ".join(_once(t.get_text() for t in legend.get_texts()))
    if inside := ", ".join(_once(text.get_text() for text in ax.texts)):
        yield inside
    if ax.images and not ax.get_title("left") and not ax.get_title("center"):
        yield "picture"


def _once(texts: Iterable[str]) -> list[str]:
    """Each text on one line, without repetitions and empty ones, in order."""
    lines = (re.sub(r"\s+", " ", text).strip() for text in texts)
    return list(dict.fromkeys(line for line in lines if line))
