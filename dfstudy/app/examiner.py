"""What the worker does: one video in, the parts of the page out.

    examiner = Examiner({"frame_torch_0": folder}, examples, Limits())
    examiner({"path": ..., "name": "clip.mp4", "detectors": ["frame_torch_0"]})

Runs in the worker's process alone (see `worker`), where it is limited.
"""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from dfstudy.app import viewer
from dfstudy.app.limits import Limits
from dfstudy.detect.predict import examine
from dfstudy.models import detector as detectors
from dfstudy.report import verdict as reports
from dfstudy.video.track import Detector

_LOADED = 4  # detectors kept in memory
_WINDOWS = 4  # points over time of a detector that scores a clip as a whole


class Examiner:
    """Answers requests of the page; keeps the detectors that were asked last."""

    def __init__(
        self,
        folders: Mapping[str, str],
        examples: Mapping[str, str],
        limits: Limits,
        *,
        load: Callable[[str], detectors.Detector] = detectors.load,
        faces: Detector | None = None,
        explain: bool = True,
    ) -> None:
        """What a visitor names is looked up in `folders` and `examples`.

        `faces` finds them (default: what each detector's view says); `explain` draws
        heat maps.
        """
        self._folders, self._examples, self._limits = folders, examples, limits
        self._load = lru_cache(_LOADED)(load)
        self._faces, self._explain = faces, explain
        if folders and examples:
            # Once before anybody asks: the first time, libraries load and build things.
            name = next(iter(folders))
            text = "talking" if self._load(folders[name]).view.text else None
            first = {"example": next(iter(examples)), "detectors": [name], "text": text}
            self(first, lambda stage: None)

    def __call__(self, request: dict, tell: Callable[[str], None]) -> dict:
        """Verdict, HTML and report on request["path"], or on one of the examples.

        Raises:
            Refused, VideoError: the video cannot be used; a sentence says why.
        """
        if name := request.get("example"):
            path, shown = Path(self._examples[name]), f"example: {name} (rendered)"
        else:
            path, shown = Path(request["path"]), _readable(request.get("name"))
        self._limits.check(path)
        tell("loading the detectors")
        chosen = [self._load(self._folders[name]) for name in request["detectors"]]
        verdict, evidence = examine(
            path,
            chosen,
            text=request.get("text"),
            faces=self._faces,
            explain=self._explain,
            windows=_WINDOWS if any(d.level == "video" for d in chosen) else 1,
            progress=lambda share, stage: tell(stage),
        )
        tell("drawing the report")
        verdict = replace(verdict, file=shown)
        with tempfile.TemporaryDirectory() as folder:
            out = reports.write([(verdict, evidence)], Path(folder) / "report.html")
            report = out.read_text(encoding="utf-8")
        said, walk = viewer.show(path, verdict, evidence)
        return {
            "said": said,
            "walk": walk,
            "report": report,
            "verdict": verdict.to_dict(),
        }


def _readable(name: object) -> str:
    """A visitor's file name, for people to read: it never becomes a path."""
    last = re.split(r"[/\\]", str(name or ""))[-1]
    return "".join(c for c in last if c.isprintable())[:80] or "your video"
