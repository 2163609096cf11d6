"""A slider over pictures in a notebook, on Colab and on a page; a strip on paper.

    widgets.slider(picture, np.linspace(0, 1, 11), name="strength", start=0.7)

The pictures are made beforehand and lie in the cell's output, so that moving needs no
kernel, no extension and no second server. Run headless (`DFSTUDY_HEADLESS=1`, set by
the runner of the course), there is nobody to move anything: a few of the values stand
side by side, each with its caption.
"""

import hashlib
import html
import io
import os
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML
from matplotlib.figure import Figure

from dfstudy.report import pages

HEADLESS = "DFSTUDY_HEADLESS"
STRIP = 4  # pictures of a strip, at most: one line of a page
Picture = Figure | np.ndarray


def slider(
    picture: Callable[[Any], Picture],
    values: Sequence[Any],
    *,
    name: str,
    start: int = 0,
    caption: Callable[[Any], str] = "{:g}".format,
    columns: int = 4,
) -> HTML:
    """A picture that follows a slider over `values`; headless, a strip of some of them.

    Args:
        picture: of one value, a Figure or uint8 (H, W, 3) RGB; all of one size.
        values: what the slider goes through, in order. start: the place it begins at.
        name: of what is moved; captions are "name caption(value)".
        columns: pictures in one line of the strip.

    Raises:
        ValueError: fewer than two values, or a start outside of them.
    """
    if len(values) < 2 or not 0 <= start < len(values):
        raise ValueError(f"a slider needs two values and a start; got {len(values)}")
    if headless := os.environ.get(HEADLESS) == "1":
        places = np.unique(np.linspace(0, len(values) - 1, STRIP).round().astype(int))
        values = [values[place] for place in places]
    said = [f"{name} {caption(value)}" for value in values]
    urls = [pages.data_url("image/png", _png(picture(value))) for value in values]
    figures = [
        f'<figure style="margin:0"><img src="{url}" alt="{html.escape(text)}"'
        ' style="width:100%;height:auto">'
        f"<figcaption>{html.escape(text)}</figcaption></figure>"
        for url, text in zip(urls, said, strict=True)
    ]
    width = f"minmax(min(100%,{56 / columns:.0f}em),1fr)"
    grid = f"display:grid;grid-template-columns:repeat(auto-fill,{width});gap:1em"
    if headless:
        return HTML(f'<div style="{grid}">{"".join(figures)}</div>')
    # Hidden by a style sheet, not one by one: what cannot move shows the strip.
    key = "dfslider-" + hashlib.sha256("".join(urls).encode()).hexdigest()[:12]
    figures[start] = figures[start].replace("<figure", '<figure class="on"', 1)
    return HTML(
        f"<style>@media screen{{#{key} figure:not(.on){{display:none}}}}"
        f"@media print{{#{key} label{{display:none}}#{key} div{{{grid}}}}}</style>"
        f'<div id="{key}"><label>{html.escape(name)} '
        f'<input type="range" min="0" max="{len(values) - 1}" value="{start}"'
        f' style="width:min(30em,60%);vertical-align:middle" oninput="{_MOVE}"'
        # Else JupyterLab takes the arrow keys for its own.
        ' data-lm-suppress-shortcuts="true"'
        f' aria-valuetext="{html.escape(said[start])}"></label>'
        f"<div>{''.join(figures)}</div></div>"
    )


# Only its own pictures: two sliders of a notebook must not move each other's.
_MOVE = (
    "const all=this.closest('div').querySelectorAll('figure');"
    "all.forEach((one,i)=>one.classList.toggle('on',i==this.value));"
    "this.setAttribute('aria-valuetext',all[this.value].innerText)"
)


def _png(picture: Picture) -> bytes:
    """Without loss, so that what is seen is the picture's and not the file's."""
    if isinstance(picture, Figure):
        stream = io.BytesIO()
        picture.savefig(stream, format="png", dpi=90)
        plt.close(picture)  # one that pyplot knows would be shown a second time
        return stream.getvalue()
    _, content = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    return content.tobytes()
