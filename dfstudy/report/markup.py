"""Markdown as HTML that needs no network: formulas are drawn here.

    page = markup.Page()
    html = page.html("## The loss\\n\\nIt is $-\\\\log p$.")
    page.sections            # [("the-loss", "The loss")]

nbconvert reads the Markdown as Jupyter does. matplotlib's mathtext draws the formulas,
with their TeX as alternative text, where Jupyter would ask a server for MathJax.
"""

import html
import re
from collections.abc import Callable
from functools import cache

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from dfstudy.report import pages

_POINTS = 10  # of Computer Modern: its letters are then as large as the page's


class Page:
    """The Markdown of one page, cell by cell; headings get anchors that stay unique.

    Args:
        links: what becomes of a link's target; as it stands by default.
    """

    def __init__(self, *, links: Callable[[str], str] = str) -> None:
        self.sections: list[tuple[str, str]] = []  # (anchor, words) of each `##`
        self._markdown = MarkdownWithMath(renderer=_Renderer(self, links))
        self._anchors: set[str] = set()

    def html(self, markdown: str) -> Markup:
        """`markdown` as HTML; ValueError for a formula that can not be drawn."""
        return Markup(self._markdown.render(markdown))

    def anchor(self, words: str) -> str:
        """An id for a heading of these words, as GitHub makes it."""
        plain = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
        anchor, count = plain, 1
        while anchor in self._anchors:
            anchor, count = f"{plain}-{count}", count + 1
        self._anchors.add(anchor)
        return anchor


@cache
def formula(tex: str, *, block: bool) -> Markup:
    """A formula as a picture that is as large as the text around it.

    Raises:
        ValueError: mathtext does not know something in it.
    """
    tex = " ".join(tex.split())
    font = FontProperties(size=_POINTS, math_fontfamily="cm")
    width, height, depth, *_ = MathTextParser("path").parse(f"${tex}$", 72, font)
    with rc_context({"svg.hashsalt": tex, "svg.fonttype": "path"}):
        figure = Figure(figsize=(width / 72, height / 72))
        figure.patch.set_alpha(0)
        figure.text(0, depth / height, f"${tex}$", fontproperties=font, color="black")
        drawn = pages.data_url("image/svg+xml", pages.svg(figure))
    size = f"width:{width / _POINTS:.2f}em;vertical-align:{-depth / _POINTS:.2f}em"
    picture = (
        f'<img class="math" style="{size}" src="{drawn}" alt="{html.escape(tex)}">'
    )
    return Markup(f'<p class="formula wide">{picture}</p>' if block else picture)


class _Renderer(IPythonRenderer):
    def __init__(self, page: Page, links: Callable[[str], str]) -> None:
        super().__init__(escape=False)
        self._page, self._links = page, links

    def heading(self, text: str, level: int, **attrs: object) -> str:
        words = html.unescape(re.sub(r"<[^>]+>", "", text))
        anchor = self._page.anchor(words)
        if level == 2:
            self._page.sections.append((anchor, words))
        return f'<h{level} id="{html.escape(anchor)}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, self._links(url), title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        # A badge from another site would be asked for by everyone who reads the page.
        if url.startswith(("http:", "https:")):
            return html.escape(text)
        return super().image(text, url, title)

    def block_math(self, body: str) -> str:
        return formula(body, block=True)

    def inline_math(self, body: str) -> str:
        return formula(body, block=False)


def table_boxes(text: str) -> str:
    """Each table of an HTML text in a box of its own that scrolls sideways."""
    return re.sub(
        r"<table\b.*?</table>",
        lambda found: f'<div class="wide">{found[0]}</div>',
        text,
        flags=re.DOTALL,
    )
