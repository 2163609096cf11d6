"""Frames of rendered people who are in no set, to pretrain the slim backbone on.

    people = render(128, seed=0)
    people.frames.shape                          # (3072, 108, 192, 3)

Few frames of many scenes, half a second apart: neighbouring frames teach nothing new.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from multiprocessing import get_context

import numpy as np

from dfstudy.data import synth
from dfstudy.video.sample import resize_area

TRACKS = ("yaw", "pitch", "mouth", "blink", "gaze_x", "gaze_y")
SCENES = 4  # of a person
FRAMES = 6  # of a scene
_FPS = 2.0
_RENDERED = (216, 384)  # as the course's clips are, then averaged down
_SEEN = (108, 192)
_CHUNK = 8  # people rendered by one job


@dataclass(frozen=True)
class Strangers:
    """N frames and what the renderer knows of them.

    frames uint8 (N, 108, 192, 3); tracks float32 (N, 6), columns TRACKS, in the
    renderer's units; boxes float32 (N, 4) of the face: centre x, centre y, width,
    height as shares of the frame; person int64 (N,).
    """

    frames: np.ndarray
    tracks: np.ndarray
    boxes: np.ndarray
    person: np.ndarray


def render(people: int, *, seed: int, workers: int | None = None) -> Strangers:
    """SCENES x FRAMES frames of each of `people` strangers, the same for a seed.

    Args:
        people: how many; at least 1.
        seed: of the people and their scenes.
        workers: processes; by default one a core, 0 for this process.
    """
    jobs = [
        (start, min(_CHUNK, people - start), seed)
        for start in range(0, people, _CHUNK)
    ]
    if workers is None:
        workers = min(os.cpu_count() or 1, len(jobs))
    if workers > 1:
        # Forking a process that has threads (torch and TensorFlow have) can hang.
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            parts = list(pool.map(_render, jobs))
    else:
        parts = [_render(job) for job in jobs]
    return Strangers(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(Strangers)
        )
    )


def _render(job: tuple[int, int, int]) -> Strangers:
    start, people, seed = job
    height, width = _RENDERED
    clips = list(
        synth.strangers(
            people,
            clips_each=SCENES,
            frames=FRAMES,
            size=_RENDERED,
            seed=seed * 10_000 + start,  # each job its own people
            fps=_FPS,
        )
    )
    x0, y0, x1, y1 = np.concatenate([clip.boxes for _, clip in clips]).T
    boxes = (
        (x0 + x1) / 2 / width,
        (y0 + y1) / 2 / height,
        (x1 - x0) / width,
        (y1 - y0) / height,
    )
    return Strangers(
        frames=np.concatenate([resize_area(c.frames, *_SEEN) for _, c in clips]),
        tracks=np.concatenate(
            [np.stack([c.tracks[name] for name in TRACKS], 1) for _, c in clips]
        ).astype(np.float32),
        boxes=np.stack(boxes, 1).astype(np.float32),
        person=np.repeat([start + index for index, _ in clips], FRAMES),
    )
