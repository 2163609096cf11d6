"""Detectors and videos without a network: the redder a square, the more fake it is.

detector = red("a_0", VIEW, tmp_path)              # P(fake) from the red of a crop
path = squares(tmp_path / "a.mp4", LEFT, RIGHT)    # squares that `Squares` finds
"""

import json
from pathlib import Path

import cv2
import numpy as np

from dfstudy.data.view import View
from dfstudy.models import Built
from dfstudy.models.detector import Detector
from dfstudy.video.track import Detection
from dfstudy.video.write import write_video

FACES = View(frames=8, height=32, width=32, crop="face", margin=0.0, follow=1)
FRAMES = View(frames=8, height=36, width=64, follow=1)
LEFT, RIGHT = (30, 60, 60), (220, 60, 60)  # x, y, size
FPS, LENGTH, HEIGHT, WIDTH = 10, 40, 180, 320


class _Red:
    """Logits of uint8 (..., H, W, 3): 0 at a red of `middle`, and 1 for 16 more."""

    def __init__(self, middle):
        self.middle, self.asked = middle, []

    def predict_on_batch(self, x):
        clips = x[0] if isinstance(x, list) else x
        self.asked.append(x)
        red = clips[..., 0].reshape(len(clips), -1).mean(axis=1)
        return (red[:, None] - self.middle) / 16


def red(name, view, runs: Path, *, level="video", middle=128.0, **info):
    """A detector folder that is none: its card, and a network made of arithmetic."""
    built = Built(
        module=_Red(middle),
        name=name,
        framework="keras",
        network="slim",
        backbone="none",
        pretrained="none",
    )
    rule = {"aggregation": "mean", "threshold": 0.5, "strict": False}
    card = {
        "name": name,
        "level": level,
        "view": view.to_dict(),
        "data_kind": "synthetic",
        "temperature": 1.0,
        "rule": rule,
    } | info
    folder = runs / "models" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(json.dumps(card))
    return Detector(built, card, folder)


class Squares:
    """Finds what is bright green, blue or not, red or not: a face, for these tests.

    Confidence 0.99, or 0.92 (not sure) where a square is smaller than 23 pixels.
    """

    min_confidence = 0.9

    def detect(self, frames):
        return [self._squares(frame) for frame in frames]

    def refine(self, frames, boxes):
        raise AssertionError("follow=1 leaves nothing to follow")

    @staticmethod
    def _squares(frame):
        mask = cv2.erode((frame[..., 1] > 180).astype(np.uint8), np.ones((3, 3)))
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        return [
            Detection(
                np.array([x - 1, y - 1, x + w + 1, y + h + 1], float),
                0.99 if w > 20 else 0.92,
                np.zeros((5, 2)),
            )
            for x, y, w, h, _ in stats[1:]
        ]


def squares(path: Path, *faces, length=LENGTH, fps=FPS):
    """A video of squares (x, y, size, red); red may depend on the frame.

    A red of None leaves the square out of that frame.
    """
    frames = np.full((length, HEIGHT, WIDTH, 3), 40, np.uint8)
    for t, frame in enumerate(frames):
        for x, y, size, redness in faces:
            value = redness(t) if callable(redness) else redness
            if value is not None:
                frame[y : y + size, x : x + size] = (value, 230, 60)
    return write_video(path, frames, fps=fps)
