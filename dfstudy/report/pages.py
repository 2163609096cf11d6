"""Every page we make comes from here: one base template and one style sheet.

    html = pages.render("run.html.j2", title="smoke", lessons=[...])

The style sheet is written into the page, so that a page can be mailed or moved. Values
are escaped; templates never see HTML that was made elsewhere.
"""

from pathlib import Path
from typing import Any

import jinja2

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
