"""Clips that play inside a notebook and in the page made from it: nothing to download.

players.show([frames_a, frames_b], fps=24, titles=["clip 1", "clip 2"])

The files are part of the page (data URLs), so keep the clips short and small:
`video.preview` makes them so.
"""

import html
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from IPython.display import HTML

from dfstudy.report import pages
from dfstudy.video.write import write_video

_QP = 26  # of a look, not of data; about 8 kB a frame of 216 x 384
_GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(17em,1fr));gap:1em"


def show(
    clips: Sequence[np.ndarray], *, fps: float, titles: Sequence[str] | None = None
) -> HTML:
    """The clips side by side, each with its controls, playing round.

    Args:
        clips: each uint8 (N, H, W, 3), H and W even; sizes may differ.
        fps: frames per second. titles: one short line a clip.

    Raises:
        ValueError: no clips, or titles for another number of them.
    """
    if not len(clips):
        raise ValueError("no clips to show")
    if titles is not None and len(titles) != len(clips):
        raise ValueError(f"{len(clips)} clips, but {len(titles)} titles")
    names = titles or [""] * len(clips)
    boxes = [_box(clip, fps, name) for clip, name in zip(clips, names, strict=True)]
    return HTML(f'<div style="{_GRID}">{"".join(boxes)}</div>')


def _box(frames: np.ndarray, fps: float, name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = write_video(Path(folder) / "clip.mp4", frames, fps=fps, qp=_QP)
        video = pages.data_url("video/mp4", path.read_bytes())
    # What is seen before it plays, on paper, and where H.264 cannot be played.
    poster = pages.data_url("image/jpeg", pages.jpeg(frames[0], quality=95))
    return (
        '<figure style="margin:0"><video controls loop muted playsinline'
        f' style="width:100%" src="{video}" poster="{poster}">This browser plays no'
        f" H.264 video.</video><figcaption>{html.escape(name)}</figcaption></figure>"
    )
