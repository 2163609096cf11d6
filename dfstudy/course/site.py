"""Is a run's site as it should be? Every page of it is read.

    problems = site.problems(paths.runs("laptop"))

Links lead to something that is there, pictures have an alternative text, and nothing is
loaded from elsewhere: the site can be read without a network.
"""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

_ELSEWHERE = ("http:", "https:", "mailto:")
_LOADS = {"img", "script", "video", "audio", "source", "iframe", "embed", "link"}


class Page(HTMLParser):
    """What one page links to, shows and loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.twice: list[str] = []  # ids that two places have
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by HTMLParser."""
        found = dict(attrs)
        if anchor := found.get("id"):
            self.twice += [anchor] if anchor in self.anchors else []
            self.anchors.add(anchor)
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        if tag == "img":
            self.images.append(found)
        if tag in _LOADS:
            names = ("src", "href", "poster", "srcset")
            self.loads += [found[name] or "" for name in names if name in found]


def problems(folder: Path) -> list[str]:
    """A line for each thing that is wrong with the pages of the run in `folder`."""
    pages = {
        path.resolve(): Page(path.read_text(encoding="utf-8"))
        for pattern in ("*.html", "notebooks/*.html")
        for path in sorted(folder.glob(pattern))
    }
    if not pages:
        return [f"{folder} holds no page"]
    found = []
    for path, page in pages.items():
        name = path.relative_to(folder.resolve())
        found += [f"{name}: two places are called {anchor}" for anchor in page.twice]
        for load in page.loads:
            if not load.startswith("data:"):
                found.append(f"{name}: loads {load[:80]}")
        for image in page.images:
            alt = (image.get("alt") or "").strip()
            if not alt or alt.startswith("<Figure"):  # matplotlib's own words
                found.append(f"{name}: a picture without an alternative text")
        for link in page.links:
            if link.startswith(_ELSEWHERE):
                continue
            place, _, anchor = unquote(link).partition("#")
            target = (path.parent / place).resolve() if place else path
            if not target.exists():
                found.append(f"{name}: the link {link} leads nowhere")
            elif anchor and target in pages and anchor not in pages[target].anchors:
                found.append(f"{name}: the link {link}: there is no such place")
    return found
