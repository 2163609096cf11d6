"""Faces in frames: found, followed, cut out.

    detector = FaceDetector()
    tracks = track_faces(frames, detector)               # most prominent face first
    crops = crop_faces(frames, tracks[0].boxes, size=224, margin=0.3)

MTCNN (Zhang et al., 2016) is three networks in a row: the first proposes boxes all over
the frame, the others only look at what was proposed. Nearly all the time goes into the
first, and it grows with the frame, so the cascade runs on reduced frames. The last one
alone (O-Net, 48 x 48 pixels) costs a hundredth of that: `refine` lets the tracker ask
it whether a face is where one should be.
"""

from collections.abc import Sequence
from contextlib import contextmanager

import cv2
import numpy as np

from dfstudy.video.cascade import cascade
from dfstudy.video.haar import HaarDetector
from dfstudy.video.sample import resize_area
from dfstudy.video.track import Detection, Detector, FaceTrack, track_faces

__all__ = [
    "Detection",
    "FaceDetector",
    "FaceTrack",
    "crop_faces",
    "new_detector",
    "track_faces",
]

_BATCH = 8  # frames a pass: more gains no time on a CPU and costs memory
_SMALL = 40  # pixels high in the reduced frame: there may be smaller ones beside it


def new_detector(name: str) -> Detector:
    """The face detector called "mtcnn" or "haar", with its usual settings.

    ValueError for another name, and for "haar" where this OpenCV has none.
    """
    if name == "mtcnn":
        return FaceDetector()
    if name == "haar":
        return HaarDetector()
    raise ValueError(f'a face detector is "mtcnn" or "haar", not {name!r}')


class FaceDetector:
    """MTCNN on reduced frames, again at twice the size where no or small faces are.

    Holds no network until it is first used, so it can be sent to a worker process.
    Deterministic. `min_confidence` is O-Net's probability; `long_side` the longer side
    in pixels of the reduced frame, in which faces from 20 pixels up are found.
    """

    def __init__(self, *, min_confidence: float = 0.9, long_side: int = 480):
        if not 0 < min_confidence < 1 or long_side < 48:
            raise ValueError("need 0 < min_confidence < 1 and long_side >= 48")
        self.min_confidence = min_confidence
        self.long_side = long_side
        self._mtcnn = None

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_mtcnn": None}

    def detect(self, frames: np.ndarray) -> list[list[Detection]]:
        """All faces of each frame, uint8 (N, H, W, 3); surest first, [] if none."""
        found = self._detect_at(frames, self.long_side)
        scale = self.long_side / max(frames.shape[1:3])
        if scale >= 1:
            return found
        doubtful = [
            i
            for i, faces in enumerate(found)
            if not faces or min(f.box[3] - f.box[1] for f in faces) * scale < _SMALL
        ]
        if doubtful:
            again = self._detect_at(frames[doubtful], 2 * self.long_side)
            for i, faces in zip(doubtful, again, strict=True):
                found[i] = faces or found[i]
        return found

    def refine(self, frames: list[np.ndarray], boxes: np.ndarray) -> list[Detection]:
        """Look at one box in each of M frames with O-Net alone.

        `frames` are M arrays uint8 (H, W, 3), `boxes` (M, 4) the guesses. Returns M
        detections: the moved boxes and how sure it is that each holds a face.
        """
        import torch

        if not len(frames):
            return []
        boxes = _square(np.asarray(boxes, dtype=np.float64))
        patches = np.stack([_patch(f, b) for f, b in zip(frames, boxes, strict=True)])
        x = torch.from_numpy(patches).permute(0, 3, 1, 2).float()
        with _one_thread(), torch.inference_mode():
            # The networks were trained on pixels scaled to about [-1, 1].
            shift, points, probability = self._network().onet((x - 127.5) / 128)
        shift, points = shift.double().numpy(), points.double().numpy()
        size = (boxes[:, 2:] - boxes[:, :2]).repeat(2, axis=0).reshape(-1, 4)
        moved = boxes + shift * size
        # Landmarks come as five x, then five y, in shares of the box.
        marks = points.reshape(-1, 2, 5).transpose(0, 2, 1)
        marks = boxes[:, None, :2] + marks * (boxes[:, None, 2:] - boxes[:, None, :2])
        return [
            Detection(box, float(p), mark)
            for box, p, mark in zip(moved, probability[:, 1], marks, strict=True)
        ]

    def _detect_at(self, frames: np.ndarray, long_side: int) -> list[list[Detection]]:
        import torch

        height, width = frames.shape[1:3]
        scale = min(1.0, long_side / max(height, width))
        small = (round(height * scale), round(width * scale))
        network = self._network()
        if min(small) < network.min_face_size:  # MTCNN fails where no scale fits
            return [[] for _ in frames]
        out = []
        for start in range(0, len(frames), _BATCH):
            batch = frames[start : start + _BATCH]
            if scale < 1:
                batch = resize_area(batch, *small)
            with _one_thread(), torch.inference_mode():
                results = cascade(batch, network)
            ratio = np.array([width / small[1], height / small[0]])
            for boxes, marks in results:
                faces = [
                    Detection(box[:4] * np.tile(ratio, 2), float(box[4]), mark * ratio)
                    for box, mark in zip(boxes, marks, strict=True)
                    if box[4] >= self.min_confidence
                ]
                out.append(sorted(faces, key=lambda face: -face.confidence))
        return out

    def _network(self):
        if self._mtcnn is None:
            import torch
            from facenet_pytorch import MTCNN

            mtcnn = MTCNN(keep_all=True, device="cpu").eval()
            # A third of the time on a CPU was max-pooling of the other order.
            self._mtcnn = mtcnn.to(memory_format=torch.channels_last)
        return self._mtcnn


def crop_faces(
    frames: Sequence[np.ndarray], boxes: np.ndarray, *, size: int, margin: float
) -> np.ndarray:
    """Cut one face from each of N frames uint8 (H, W, 3): uint8 (N, size, size, 3).

    The crop is a square around the middle of the box, its side the longer side of the
    box enlarged by `margin` on each end (0.3: 30 % of that side per end). Outside the
    frame the edge pixels repeat.
    """
    if len(frames) != len(boxes):
        raise ValueError(f"{len(frames)} frames but {len(boxes)} boxes")
    if not np.isfinite(boxes).all():
        raise ValueError("boxes must be finite numbers")
    out = np.empty((len(frames), size, size, 3), np.uint8)
    for target, frame, box in zip(out, frames, _square(boxes), strict=True):
        side = max(1, round((box[2] - box[0]) * (1 + 2 * margin)))
        x0, y0 = np.rint((box[:2] + box[2:] - side) / 2).astype(int)
        part = _window(_window(frame, 0, y0, side), 1, x0, side)
        target[:] = resize_area(part[None], size, size)[0]
    return out


def _window(frame: np.ndarray, axis: int, start: int, length: int) -> np.ndarray:
    """`length` of the rows (axis 0) or columns from `start`; outside the edge's."""
    if start >= 0 and start + length <= frame.shape[axis]:
        return frame[(slice(None),) * axis + (slice(start, start + length),)]
    at = np.clip(np.arange(start, start + length), 0, frame.shape[axis] - 1)
    return frame.take(at, axis=axis)


@contextmanager
def _one_thread():
    """MTCNN's many small steps gain nothing from a second thread.

    Measured on a busy machine of two cores, two threads that wait for each other were
    ten times slower than one.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _square(boxes: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) made square around their middle, by their longer side."""
    boxes = np.asarray(boxes, dtype=np.float64)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _patch(frame: np.ndarray, box: np.ndarray) -> np.ndarray:
    """What O-Net sees of a box: the part inside the frame, uint8 (48, 48, 3)."""
    height, width = frame.shape[:2]
    x0, y0, x1, y1 = np.rint(box).astype(int)
    x0, x1 = np.clip([x0, max(x1, x0 + 1)], 0, width)
    y0, y1 = np.clip([y0, max(y1, y0 + 1)], 0, height)
    if x0 == x1 or y0 == y1:
        return np.zeros((48, 48, 3), np.uint8)  # outside: nothing there, no face
    inside = np.ascontiguousarray(frame[y0:y1, x0:x1])
    return cv2.resize(inside, (48, 48), interpolation=cv2.INTER_AREA)
