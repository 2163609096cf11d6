"""What lesson 12 draws: pictures with their heat and the truth, and heat over time.

pictures = heat_of(detector, data, rows)                 # one frame a video
moments = over_time(detector, data, rows)                # the share of each frame
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from dfstudy.data.dataset import Dataset
from dfstudy.data.truth import truth
from dfstudy.detect.gradcam import finer, gradcam
from dfstudy.detect.scored_maps import Heat, seen, spread
from dfstudy.models.detector import Detector
from dfstudy.profiles import Profile
from dfstudy.training import experiment
from dfstudy.training.rule import MEAN
from dfstudy.training.variant import PLAIN, Variant

# All layers learn, longer than lesson 09's few, one kind that every frame shows. Found
# on the tuning set: with the maximum over coarse maps as good a detector (AUROC 0.997),
# whose Grad-CAM pointed at the forgery in 0.36 of the frames; with this one in 0.84.
_FACES = Variant(
    shape={"trainable": 99, "fine": True},
    learning_rate=2e-3,
    batch_size=32,
    augmentation="mirror_shift",
    longer=6.0,
    families=("blend",),
)
# Pixels: the finer maps of slim networks have a place every eight. On the tuning set
# the hottest pixel was in the forgery in 0.95 of the frames without, 0.99 with it.
_HALF_A_PLACE = 4.0


class Pictures(NamedTuple):
    """K frames of N videos, uint8 (N, K, H, W, 3), their heat and masks (N, K, H, W).

    `truth` is None where nobody knows where the videos are forged.
    """

    frames: np.ndarray
    heat: np.ndarray
    truth: np.ndarray | None


class Moments(NamedTuple):
    """Of N videos: the share of heat in each of T frames, and which are forged."""

    share: np.ndarray  # (N, T), a video without heat has 1 / T everywhere
    forged: np.ndarray | None  # bool (N, T)


def of_faces(
    runs: Path, *, data: Dataset, profile: Profile, seed: int
) -> experiment.Trained:
    """S3's detector of faces, trained on what every frame shows; apart from lesson 09.

    Trained once, and kept under `runs`/explained.
    """
    return experiment.train(
        "xception",
        lesson="12",
        data=data,
        profile=profile,
        seed=seed,
        rules=[MEAN],
        variant=_FACES if profile.network == "slim" else PLAIN,
        runs=runs / "explained",
    )


def places(detector: Detector, clips: np.ndarray) -> np.ndarray:
    """Heat place by place (HiResCAM), of finer maps where a slim network has them.

    Slopes of single places are noisy, so the heat is smoothed over half a place.
    """
    slim = detector.built.network == "slim"
    maps = finer(detector) if slim else None
    heat = gradcam(detector, clips, maps=maps, each_place=True)
    deviations = (0, 0, _HALF_A_PLACE, _HALF_A_PLACE)
    return gaussian_filter(heat, deviations) if slim else heat


def examples(
    rows: pd.DataFrame, methods: Sequence[str], *, count: int = 3
) -> pd.DataFrame:
    """`count` videos of each method, of other people each; of all fakes, without it."""
    fakes = rows[rows["label"] == 1]
    found = [fakes[fakes["method"] == method] for method in methods]
    found = [part for part in found if len(part)] or [fakes]
    return pd.concat(
        [part.drop_duplicates("group").head(count) for part in found], ignore_index=True
    )


def heat_of(
    detector: Detector,
    data: Dataset,
    rows: pd.DataFrame,
    *,
    explain: Heat = gradcam,
    frames: int = 1,
) -> Pictures:
    """`frames` of each video, evenly spread, with their heat.

    One alone is the one of which most is forged, where that is known, else the middle.
    """
    clips, where = seen(detector, data, rows)
    heat = explain(detector, clips)
    length = clips.shape[1]
    at = np.tile(spread(length, frames), (len(clips), 1))
    if frames == 1 and where is not None and where.any():
        most = where.sum((2, 3)).argmax(1)
        at[:, 0] = np.where(where.any((1, 2, 3)), most, at[:, 0])
    n = np.arange(len(clips))[:, None]
    return Pictures(clips[n, at], heat[n, at], None if where is None else where[n, at])


def through_time(
    detector: Detector, data: Dataset, rows: pd.DataFrame, *, moments: int = 6
) -> Pictures:
    """`heat_of` some moments of each video, evenly spread."""
    return heat_of(detector, data, rows, frames=moments)


def over_time(detector: Detector, data: Dataset, rows: pd.DataFrame) -> Moments:
    """When the heat is there, and when the video is forged."""
    clips, _ = seen(detector, data, rows)
    heat = gradcam(detector, clips).sum((2, 3))
    total = heat.sum(1, keepdims=True)
    even = np.full(heat.shape, 1 / heat.shape[1])
    share = np.divide(heat, total, out=even, where=total > 0)
    known = truth(data)["manipulated"].reindex(rows["video_id"])
    if known.isna().any():
        return Moments(share, None)
    prepared = data.prepared(detector.view)
    length = detector.view.frames
    forged = [
        np.asarray(flags)[prepared.record(name)["indices"][:length]]
        for name, flags in known.items()
    ]
    return Moments(share, np.array(forged, bool))


def inside(found: Moments) -> str:
    """How much of the heat is in forged frames, over their share of the time; words."""
    if found.forged is None:
        return "n/a (nobody has written down when these videos are forged)"
    some = found.forged.any(1) & ~found.forged.all(1)
    if not some.any():
        return "n/a (no video is forged in a part of the frames that are shown)"
    forged, share = found.forged[some], found.share[some]
    ratio = (share * forged).sum(1) / forged.mean(1)
    return f"{ratio.mean():.2f} times its share of the time ({some.sum()} videos)"
