"""Every page we make comes from here: one base template and one style sheet.

    html = pages.render("run.html.j2", title="smoke", lessons=[...])

The style sheet is written into the page, so that a page can be mailed or moved. Values
are escaped, but for what `trusted` was said of.
"""

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

_FOLDER = Path(__file__).parent / "templates"
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=jinja2.StrictUndefined,  # a misspelt name is an error, not a gap
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(template: str, **values: Any) -> str:
    """The page that `template` makes of `values`."""
    css = (_FOLDER / "style.css").read_text(encoding="utf-8")
    return _ENVIRONMENT.get_template(template).render(css=css, **values)


def trusted(text: str) -> Markup:
    """HTML of our own making (what a lesson's cell returned) that is not escaped."""
    return Markup(text)


def data_url(kind: str, content: bytes) -> str:
    """`content` of the media type `kind`, as an address that holds it."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def svg(figure: "Figure") -> bytes:
    """A figure as SVG, the same bytes for the same figure."""
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def jpeg(picture: "np.ndarray", *, quality: int = 85) -> bytes:
    """A picture uint8 (H, W, 3) RGB as JPEG."""
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, content = cv2.imencode(".jpg", picture[..., ::-1], options)
    return content.tobytes()
