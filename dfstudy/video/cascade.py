"""MTCNN's cascade on a batch of frames: the networks are facenet-pytorch's, and so is
every number; only the pictures that they look at are made faster.

    found = cascade(frames, MTCNN(keep_all=True))       # [(boxes, landmarks), ...]

Between its networks MTCNN makes hundreds of small pictures of a frame: the frame at
seven scales, then each of some fifty places at one size. One by one that takes as long
as the networks. Here all of a batch are looked up at once, in sums over the frames that
are made once (an integral image). The sums are whole numbers, so the means are the same
to the last bit.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from dfstudy.video.sample import bins

if TYPE_CHECKING:
    import torch
    from facenet_pytorch import MTCNN

_CELL = 12  # pixels of the picture that P-Net judges at once
_OVERLAP = (0.5, 0.7, 0.7)  # above it two boxes are one: in a scale, in a frame, last


def cascade(frames: np.ndarray, mtcnn: "MTCNN") -> list[tuple[np.ndarray, np.ndarray]]:
    """All faces of each frame, uint8 (N, H, W, 3), as `mtcnn.detect` finds them.

    Of each frame boxes with confidences, float32 (n, 5), and landmarks (n, 5, 2); the
    largest face first.
    """
    import torch
    from facenet_pytorch.models.utils import detect_face as steps

    height, width = frames.shape[1:3]
    sums = np.stack([cv2.integral(frame, sdepth=cv2.CV_32S) for frame in frames])
    boxes, of = _proposed(sums, mtcnn)
    points = torch.zeros(0, 5, 2)
    if len(boxes):
        places = steps.pad(boxes, width, height)
        moves, sure = steps.fixed_batch_process(_cut(sums, of, places, 24), mtcnn.rnet)
        sure = sure[:, 1]
        keep = sure > mtcnn.thresholds[1]
        boxes, of, moves = _scored(boxes, sure, keep), of[keep], moves[keep]
        keep = steps.batched_nms(boxes[:, :4], boxes[:, 4], of, _OVERLAP[1])
        boxes, of, moves = boxes[keep], of[keep], moves[keep]
        boxes = steps.rerec(steps.bbreg(boxes, moves))
    if len(boxes):
        places = steps.pad(boxes, width, height)
        moves, points, sure = steps.fixed_batch_process(
            _cut(sums, of, places, 48), mtcnn.onet
        )
        sure = sure[:, 1]
        keep = sure > mtcnn.thresholds[2]
        boxes, of, moves = _scored(boxes, sure, keep), of[keep], moves[keep]
        # Five x, then five y, in shares of the box; pixels count from 1.
        sides = boxes[:, 2:4] - boxes[:, :2] + 1
        marks = points[keep].reshape(-1, 2, 5).transpose(1, 2)
        points = sides[:, None] * marks + boxes[:, None, :2] - 1
        boxes = steps.bbreg(boxes, moves)
        keep = steps.batched_nms_numpy(
            boxes[:, :4], boxes[:, 4], of, _OVERLAP[2], "Min"
        )
        boxes, of, points = boxes[keep], of[keep], points[keep]
    found = []
    for i in range(len(frames)):
        own, marks = boxes[of == i].numpy(), points[of == i].numpy()
        area = (own[:, 2] - own[:, 0]) * (own[:, 3] - own[:, 1])
        order = np.argsort(area)[::-1]
        found.append((own[order], marks[order]))
    return found


def _proposed(
    sums: np.ndarray, mtcnn: "MTCNN"
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """P-Net over the frames at all scales: boxes (n, 5), and the frame of each (n,)."""
    import torch
    from facenet_pytorch.models.utils import detect_face as steps

    height, width = sums.shape[1] - 1, sums.shape[2] - 1
    scale = _CELL / mtcnn.min_face_size
    side = min(height, width) * scale
    boxes, of = [], []
    while side >= _CELL:
        x = _whole(sums, int(height * scale + 1), int(width * scale + 1))
        moves, sure = mtcnn.pnet(x)
        found, frame = steps.generateBoundingBox(
            moves, sure[:, 1], scale, mtcnn.thresholds[0]
        )
        keep = steps.batched_nms(found[:, :4], found[:, 4], frame, _OVERLAP[0])
        boxes.append(found[keep])
        of.append(frame[keep])
        scale, side = scale * mtcnn.factor, side * mtcnn.factor
    boxes, of = torch.cat(boxes), torch.cat(of)
    keep = steps.batched_nms(boxes[:, :4], boxes[:, 4], of, _OVERLAP[1])
    boxes, of = boxes[keep], of[keep]
    sides = boxes[:, 2:4] - boxes[:, :2]
    corners = boxes[:, :4] + boxes[:, 5:9] * sides.repeat(1, 2)
    return steps.rerec(torch.cat([corners, boxes[:, 4:5]], dim=1)), of


def _scored(
    boxes: "torch.Tensor", sure: "torch.Tensor", keep: "torch.Tensor"
) -> "torch.Tensor":
    import torch

    return torch.cat([boxes[keep, :4], sure[keep, None]], dim=1)


def _whole(sums: np.ndarray, height: int, width: int) -> "torch.Tensor":
    """The frames at another size, as networks want them: float32 (N, 3, h, w)."""
    top, bottom = bins(sums.shape[1] - 1, height)
    left, right = bins(sums.shape[2] - 1, width)
    rows = sums.take(bottom, axis=1) - sums.take(top, axis=1)
    total = rows.take(right, axis=2) - rows.take(left, axis=2)
    return _mean(total, (bottom - top)[:, None], (right - left)[None])


def _cut(
    sums: np.ndarray, of: "torch.Tensor", places: tuple, size: int
) -> "torch.Tensor":
    """M places of the frames `of` (M,) at one size: float32 (M, 3, size, size).

    `places` are the first row and the last, the first column and the last, from 1 on.
    """
    y, end_y, x, end_x = (np.asarray(side, np.int64)[:, None] for side in places)
    tall, wide = np.maximum(end_y - y + 1, 1), np.maximum(end_x - x + 1, 1)
    row, column = sums.shape[2], of.numpy()[:, None] * sums.shape[1]
    top, bottom = ((column + y - 1 + at) * row for at in bins(tall, size))
    left, right = (x - 1 + at for at in bins(wide, size))
    flat = sums.reshape(-1, 3)

    def look(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return flat.take(rows[:, :, None] + columns[:, None], axis=0, mode="clip")

    total = look(bottom, right) - look(bottom, left)
    total -= look(top, right) - look(top, left)
    return _mean(total, ((bottom - top) // row)[..., None], (right - left)[:, None])


def _mean(total: np.ndarray, tall: np.ndarray, wide: np.ndarray) -> "torch.Tensor":
    """Sums (N, h, w, 3) over bins to means in about [-1, 1], as torch divides."""
    import torch

    mean = total.astype(np.float32)
    mean /= tall[..., None].astype(np.float32)
    mean /= wide[..., None].astype(np.float32)
    mean -= np.float32(127.5)
    mean *= np.float32(0.0078125)
    return torch.from_numpy(mean).permute(0, 3, 1, 2)
