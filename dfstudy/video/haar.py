"""OpenCV's classic face detector, to compare: a cascade of Haar features.

    tracks = track_faces(frames, HaarDetector())

Viola and Jones (2001): sums over rectangles, boosted into 25 stages, each of which
throws windows out. Needs no network and no download, but finds upright frontal faces
only, and now and then a face in a curtain. S3 names "OpenCV" as its face detector
without saying which of OpenCV's.
"""

import cv2
import numpy as np

from dfstudy.video.sample import reduce_to
from dfstudy.video.track import Detection, overlap

_CASCADE = "haarcascade_frontalface_default.xml"
_STEP, _NEIGHBOURS = 1.1, 3  # of sizes; windows that must agree: OpenCV's own defaults
_SMALL = 20  # pixels of the smallest face
_AROUND = 96  # pixels of the guessed box, in the patch where `refine` looks


class HaarDetector:
    """The frontal-face cascade on reduced frames, as `track.Detector` wants it.

    Its confidence is w / (1 + w), with w > 0 by how much the window passed the last
    stage: an order, no probability. `min_confidence` 0.75 is w = 3. `long_side` is that
    of the reduced frame in pixels. ValueError where this OpenCV has no cascades.
    """

    def __init__(self, *, min_confidence: float = 0.75, long_side: int = 480):
        if not 0 < min_confidence < 1 or long_side < 48:
            raise ValueError("need 0 < min_confidence < 1 and long_side >= 48")
        if not hasattr(cv2, "CascadeClassifier"):
            raise ValueError(
                f'no face detector "haar": OpenCV {cv2.__version__} has no cascades (5'
                ' dropped them); install "opencv-python<5" or use "mtcnn"'
            )
        self.min_confidence = min_confidence
        self.long_side = long_side
        self._cascade = None

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_cascade": None}

    def detect(self, frames: np.ndarray) -> list[list[Detection]]:
        """All faces of each frame, uint8 (N, H, W, 3); surest first, [] if none."""
        out = []
        for frame in frames:
            found = self._find(reduce_to(frame, self.long_side), frame.shape)
            sure = [face for face in found if face.confidence >= self.min_confidence]
            out.append(sorted(sure, key=lambda face: -face.confidence))
        return out

    def refine(self, frames: list[np.ndarray], boxes: np.ndarray) -> list[Detection]:
        """The face nearest to each guessed box, searched for around it only.

        Confidence 0 where there is none: a cascade cannot say how little it is sure.
        """
        out = []
        for frame, box in zip(frames, boxes, strict=True):
            near = [f for f in self._around(frame, box) if overlap(f.box, box) > 0]
            none = Detection(np.asarray(box, float), 0.0, _landmarks())
            out.append(max(near, key=lambda face: overlap(face.box, box), default=none))
        return out

    def _around(self, frame: np.ndarray, box: np.ndarray) -> list[Detection]:
        """Faces of about the size of `box` in its surroundings."""
        side = max(box[2] - box[0], box[3] - box[1])
        limits = np.array(frame.shape[1::-1])
        middle = (box[:2] + box[2:]) / 2
        x0, y0 = np.clip(np.floor(middle - side), 0, limits).astype(int)
        x1, y1 = np.clip(np.ceil(middle + side), 0, limits).astype(int)
        if min(x1 - x0, y1 - y0) < _SMALL:
            return []  # outside the frame, or too small for the cascade
        patch = frame[y0:y1, x0:x1]
        small = reduce_to(patch, round(max(patch.shape[:2]) * min(1, _AROUND / side)))
        found = self._find(small, patch.shape)
        shift = np.array([x0, y0, x0, y0])
        return [face._replace(box=face.box + shift) for face in found]

    def _find(self, small: np.ndarray, shape: tuple[int, ...]) -> list[Detection]:
        """Faces of a reduced frame, in pixels of the frame of `shape`."""
        grey = cv2.cvtColor(np.ascontiguousarray(small), cv2.COLOR_RGB2GRAY)
        boxes, _, weights = self._network().detectMultiScale3(
            grey, _STEP, _NEIGHBOURS, minSize=(_SMALL, _SMALL), outputRejectLevels=True
        )
        ratio = np.array([shape[1] / small.shape[1], shape[0] / small.shape[0]] * 2)
        return [
            Detection(np.array([x, y, x + w, y + h]) * ratio, sure, _landmarks())
            for (x, y, w, h), weight in zip(boxes, np.ravel(weights), strict=True)
            if (sure := float(weight / (1 + weight)) if weight > 0 else 0.0) > 0
        ]

    def _network(self) -> "cv2.CascadeClassifier":
        if self._cascade is None:
            self._cascade = cv2.CascadeClassifier(cv2.data.haarcascades + _CASCADE)
        return self._cascade


def _landmarks() -> np.ndarray:
    return np.full((5, 2), np.nan)  # a cascade has none
