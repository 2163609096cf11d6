"""Seven bugs of this field, planted: right parts of a study, and broken ones.

    from dfstudy.course import bugs
    bugs.SAMPLE.planted["the first ones"](48, 16)      # 0, 1, 2 ... 15
    suspect = bugs.suspect(seed=3)                     # a study; some parts are broken
    suspect.parts["sample"](48, 16)

Each `Part` has what is right, more than one way, and what is broken, plainly and in a
disguise that a hasty check does not see. Most of these stood, or stand, in public code
or in a paper of this course; lesson 14 names them. Introduced in lesson 14.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from dfstudy.metrics.scores import auroc
from dfstudy.training.rule import best_threshold
from dfstudy.video.faces import crop_faces
from dfstudy.video.read import read_evenly
from dfstudy.video.sample import even_indices


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a study: `right` ways by name, and `planted` bugs by name."""

    name: str
    right: Mapping[str, Callable]
    planted: Mapping[str, Callable]


def _by(column: str) -> Callable[[pd.DataFrame], pd.Series]:
    """Deals a table of frames into three parts, by the values of a column."""

    def deal(frames: pd.DataFrame) -> pd.Series:
        values = frames[column] if column in frames else frames.index.to_series()
        names = np.random.default_rng(0).permutation(values.unique())
        parts = np.array(["train", "val", "test"])[np.arange(len(names)) % 3]
        return values.map(dict(zip(names, parts, strict=True))).rename("split")

    return deal


def _largest_first(frames: pd.DataFrame) -> pd.Series:
    """Another honest way: whole groups, the largest first, in turn."""
    order = frames["group"].value_counts().index
    parts = {name: ("train", "test", "val")[i % 3] for i, name in enumerate(order)}
    return frames["group"].map(parts).rename("split")


DEAL = Part(
    name="deal",
    right={"by group": _by("group"), "largest group first": _largest_first},
    planted={"by frame": _by("frame"), "by video": _by("video_id")},
)


def _midpoint(labels: np.ndarray, scores: np.ndarray) -> float:
    return roc_auc_score(labels, scores > np.mean(scores))


AREA = Part(
    name="area",
    right={"ours": auroc, "scikit-learn's": roc_auc_score},
    planted={
        "of labels at 0.5": lambda y, s: roc_auc_score(y, np.asarray(s) >= 0.5),
        "of labels at the mean": _midpoint,
    },
)


def _read(path: str) -> np.ndarray:
    """Four frames of a video, uint8 (4, H, W, 3), RGB."""
    return read_evenly(path, 4)[0]


def _opencv(path: str) -> np.ndarray:
    """All frames as OpenCV gives them."""
    video, frames = cv2.VideoCapture(str(path)), []
    while (read := video.read())[0]:
        frames.append(read[1])
    return np.stack(frames)


READ = Part(
    name="read",
    right={
        "ours": _read,
        "OpenCV's, turned": lambda path: _opencv(path)[..., ::-1],
    },
    planted={
        "BGR": _opencv,
        "turned twice": lambda path: _opencv(path)[..., ::-1][..., ::-1],
        "grey in three channels": lambda path: np.repeat(
            _read(path).mean(axis=-1, keepdims=True).astype(np.uint8), 3, axis=-1
        ),
    },
)


def _recurrent(**options: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Scores clips (B, T, F) of features by an LSTM with fixed random weights."""

    def score(clips: np.ndarray) -> np.ndarray:
        import torch

        return _scores(torch, clips, **options)

    return score


def _scores(
    torch: Any,
    clips: np.ndarray,
    *,
    batch_first: bool = True,
    training: bool = False,
    centred: bool = False,
) -> np.ndarray:
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(0)
        norm = torch.nn.BatchNorm1d(clips.shape[-1]).train(training)
        lstm = torch.nn.LSTM(clips.shape[-1], 8, batch_first=batch_first)
        last = torch.nn.Linear(8, 1)
        x = torch.from_numpy(np.ascontiguousarray(clips, np.float32))
        if training:
            x = norm(x.transpose(1, 2)).transpose(1, 2)
        if centred:
            x = x - x.mean(dim=1, keepdim=True)
        out, _ = lstm(x)
        return torch.sigmoid(last(out[:, -1]))[:, 0].numpy()


SCORE = Part(
    name="score",
    right={"over time": _recurrent(), "centred in time": _recurrent(centred=True)},
    planted={
        "over the batch": _recurrent(batch_first=False),
        "batch norm in training mode": _recurrent(training=True),
    },
)


def _on(*names: str) -> Callable[..., float]:
    """Chooses the threshold with the best balanced accuracy on these parts."""

    def choose(
        val: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
    ) -> float:
        parts = {"val": val, "test": test}
        labels, scores = (
            np.concatenate([parts[name][i] for name in names]) for i in (0, 1)
        )
        return best_threshold(labels, scores)

    return choose


CHOOSE = Part(
    name="choose",
    right={"on validation": _on("val"), "fixed at 0.5": lambda val, test: 0.5},
    planted={"on test": _on("test"), "on both": _on("val", "test")},
)


def _by_step(n: int, count: int) -> np.ndarray:
    """Every step-th frame, where the step is rounded down: the end is never seen."""
    return np.arange(count) * max(1, n // count) % n


SAMPLE = Part(
    name="sample",
    right={
        "ours": even_indices,
        "with both ends": lambda n, count: np.linspace(0, n - 1, count).astype(int),
    },
    planted={
        "the first ones": lambda n, count: np.arange(count) % n,
        "a step rounded down": _by_step,
    },
)


def _crop(frames: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Square crops uint8 (T, 64, 64, 3) of frames (T, H, W, 3) at boxes (T, 4)."""
    return crop_faces(list(frames), boxes, size=64, margin=0.0)


def _tight(frames: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    return crop_faces(list(frames), boxes, size=32, margin=0.1)


CROP = Part(
    name="crop",
    right={"ours": _crop, "smaller, with a margin": _tight},
    planted={
        "the first box for all": lambda frames, boxes: _crop(
            frames, np.repeat(boxes[:1], len(boxes), axis=0)
        ),
        "one frame late": lambda frames, boxes: _crop(frames, np.roll(boxes, 1, 0)),
    },
)

PARTS = {part.name: part for part in (DEAL, AREA, READ, SCORE, CHOOSE, SAMPLE, CROP)}


@dataclass(frozen=True, kw_only=True)
class Suspect:
    """A study made of one version of each part; `broken` names those with a bug."""

    parts: Mapping[str, Callable]
    broken: frozenset[str] = field(repr=False)


def suspect(seed: int = 0) -> Suspect:
    """A study with two to four bugs, another one for each seed."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 5))
    broken = frozenset(rng.choice(list(PARTS), size=count, replace=False).tolist())
    chosen = {}
    for name, part in PARTS.items():
        versions = part.planted if name in broken else part.right
        chosen[name] = versions[str(rng.choice(list(versions)))]
    return Suspect(parts=chosen, broken=broken)
