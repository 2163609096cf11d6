"""Heat maps on trial: where the forgery is, and better than maps that know less?

found = scored_maps(detector, data, data.manifest.query("method == 'blend'"))
found.table                     # map x metric, with intervals
found.differences               # the trained detector's maps minus each control's

The synthetic set knows where each fake is forged, so a map can be right or wrong. But a
map may be right for no good reason: faces are in the middle, forgeries have edges. So
beside the maps of the detector stand those of some that know nothing of forgeries:

    random weights   the same architecture, untrained, by the same method, several seeds
                     (Adebayo et al. 2018, arXiv 1810.03292)
    edges            the length of the picture's gradient (Sobel)
    centre           a hill in the middle of what is seen, the same for every picture;
                     a narrow one has more of its energy in a mask that is there, too
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd

from dfstudy import models
from dfstudy.data.dataset import Dataset
from dfstudy.data.truth import masks
from dfstudy.detect.gradcam import gradcam
from dfstudy.metrics import saliency
from dfstudy.metrics.intervals import group_mean
from dfstudy.models import detector as detectors
from dfstudy.models.detector import Detector

TRAINED, RANDOM, EDGES, CENTRE = "trained", "random weights", "edges", "centre"
NARROW = "narrow centre"
CONTROLS = (RANDOM, EDGES, CENTRE, NARROW)
METRICS = ("pointing", "energy", "deletion", "insertion")
TOLERANCE = 0.03  # of the shorter side: pixels around the mask that the pointer may hit
NO_MASKS = "nobody has written down where these videos are forged"

Heat = Callable[[Detector, np.ndarray], np.ndarray]  # clips (N, T, H, W, 3) to heat


@dataclass(frozen=True)
class ScoredMaps:
    """What came of the trial.

    `values` has a row a video and map: map, video_id, group, and a column a metric.
    `table` has a row a map and metric: map, metric, value, low, high, reason;
    `differences` the same of trained minus each control, video by video. `curves`:
    map, curve ("deletion", "insertion"), share of the pixels, P(fake). `chance` is what
    a map without any knowledge has: the share of the area in the pointing game, 1.
    """

    values: pd.DataFrame
    table: pd.DataFrame
    differences: pd.DataFrame
    curves: pd.DataFrame
    chance: Mapping[str, float]

    def beaten(self, metric: str) -> list[str]:
        """The controls whose whole interval lies below that of the trained maps."""
        rows = self.table[self.table["metric"] == metric].set_index("map")
        mine = rows.loc[TRAINED, "low"]
        return [name for name in CONTROLS if rows.loc[name, "high"] < mine]


def scored_maps(
    detector: Detector,
    data: Dataset,
    rows: pd.DataFrame,
    *,
    explain: Heat = gradcam,
    frames: int = 4,
    random_seeds: int = 3,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> ScoredMaps:
    """The maps of a detector and of the controls, on the fakes of `rows`.

    Args:
        rows: of the manifest; what has no mask is scored by erasing alone.
        explain: how a detector becomes heat.
        frames: of each clip that a detector of frames is asked about, evenly spread;
            one of clips is asked about all.
        random_seeds: of untrained networks, whose numbers are averaged; by erasing only
            the first is scored.
        n_bootstrap, seed: of the intervals, which resample groups.

    Raises:
        ValueError: a detector that needs flow or text, as their part cannot be erased.
    """
    view = detector.view
    if view.flow != "none" or view.text:
        raise ValueError("maps are scored of detectors that see nothing but the clip")
    clips, truth = seen(detector, data, rows)
    if detector.level == "frame":
        at = spread(view.frames, frames)
        clips, truth = clips[:, at], None if truth is None else truth[:, at]
    ways: dict[str, list[np.ndarray]] = {TRAINED: [explain(detector, clips)]}
    ways[RANDOM] = [explain(untrained(detector, s), clips) for s in range(random_seeds)]
    ways[EDGES] = [edges(clips)]
    ways[CENTRE], ways[NARROW] = [centre(clips)], [centre(clips, wide=1 / 8)]
    values, curves, chance = [], [], {"pointing": np.nan, "energy": 1.0}
    pixels = round(TOLERANCE * min(view.height, view.width))
    if truth is not None:
        chance["pointing"] = _mean(saliency.grown(truth, pixels).mean((2, 3)), truth)
    for name, heats in ways.items():
        known = [_against(truth, heat, pixels) for heat in heats]
        scores = {m: np.mean([one[m] for one in known], axis=0) for m in known[0]}
        lines = _erased(detector, clips, heats[0])  # takes long: of one seed
        scores |= {kind: saliency.area(curve) for kind, curve in lines.items()}
        about = {"map": name, "video_id": rows["video_id"], "group": rows["group"]}
        values.append(pd.DataFrame(about | scores))
        for kind, curve in lines.items():
            points = {
                "share": np.linspace(0, 1, curve.shape[1]),
                "value": curve.mean(0),
            }
            curves.append(pd.DataFrame({"map": name, "curve": kind} | points))
    values = pd.concat(values, ignore_index=True)
    resampled = {"n": n_bootstrap, "seed": seed}
    table, differences = _summary(values, resampled)
    return ScoredMaps(values, table, differences, pd.concat(curves), chance)


def untrained(detector: Detector, seed: int) -> Detector:
    """The same architecture with random weights."""
    info = detector.info
    built = models.family(info["name"]).build(
        view=detector.view,
        network=info["network"],
        pretrained="none",
        seed=1000 + seed,
        **info.get("shape", {}),
    )
    return detectors.new(
        built,
        view=detector.view,
        data_kind=info["data_kind"],
        seed=seed,
        shape=info.get("shape", {}),
    )


def edges(clips: np.ndarray) -> np.ndarray:
    """How steep the brightness is, float32 (N, T, H, W) of uint8 (N, T, H, W, 3)."""
    out = np.empty(clips.shape[:-1], np.float32)
    for i, j in np.ndindex(*clips.shape[:2]):
        grey = cv2.cvtColor(clips[i, j], cv2.COLOR_RGB2GRAY)
        across, down = (cv2.Sobel(grey, cv2.CV_32F, *d) for d in ((1, 0), (0, 1)))
        out[i, j] = np.hypot(across, down)
    return out


def centre(clips: np.ndarray, *, wide: float = 1 / 4) -> np.ndarray:
    """A hill in the middle; `wide` is its deviation, a share of the shorter side."""
    height, width = clips.shape[2:4]
    pixels = wide * min(height, width)
    y, x = (np.arange(n) - (n - 1) / 2 for n in (height, width))
    hill = np.exp(-(y[:, None] ** 2 + x**2) / (2 * pixels**2)).astype(np.float32)
    return np.broadcast_to(hill, clips.shape[:-1])


def spread(length: int, count: int) -> np.ndarray:
    """`count` of `length` frames, each the middle of its part; all, where not more."""
    count = min(count, length)
    return ((np.arange(count) + 0.5) * length / count).astype(int)


def seen(
    detector: Detector, data: Dataset, rows: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray | None]:
    """Clips uint8 (N, T, H, W, 3) of the main face or of whole frames, and where they
    are forged, bool (N, T, H, W), or None where nobody knows."""
    view, names = detector.view, list(rows["video_id"])
    prepared = data.prepared(view)
    clips = np.stack([prepared.clip(name) for name in names])
    return clips, masks(data, view, names)


def _against(
    truth: np.ndarray | None, heat: np.ndarray, pixels: int
) -> dict[str, np.ndarray]:
    """The scores that need the truth, (N,)."""
    if truth is None:
        return dict.fromkeys(("pointing", "energy"), np.full(len(heat), np.nan))
    return {
        "pointing": _by_video(saliency.pointing(heat, truth, tolerance=pixels)),
        "energy": _by_video(saliency.energy(heat, truth)),
    }


def _erased(
    detector: Detector, clips: np.ndarray, heat: np.ndarray
) -> dict[str, np.ndarray]:
    """Curves (N, K + 1); the middle frame stands for the clip of a frame detector."""
    part = slice(None)
    if detector.level == "frame":
        middle = clips.shape[1] // 2
        part = slice(middle, middle + 1)

    def score(shown: np.ndarray) -> np.ndarray:
        return detector.score(shown).reshape(len(shown))

    return {
        kind: np.stack(
            [
                saliency.deletion(
                    clip[part], one[part], score, insert=kind == "insertion"
                )
                for clip, one in zip(clips, heat, strict=True)
            ]
        )
        for kind in ("deletion", "insertion")
    }


def _by_video(values: np.ndarray) -> np.ndarray:
    """Mean over the frames (N, T) that are forged; NaN of a video without one."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0).sum(1), known.sum(1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _mean(values: np.ndarray, truth: np.ndarray) -> float:
    forged = truth.any((2, 3))
    return float(np.nanmean(_by_video(np.where(forged, values, np.nan))))


def _summary(
    values: pd.DataFrame, resampled: Mapping[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    wide = values.set_index(["map", "video_id"])
    groups = values[values["map"] == TRAINED].set_index("video_id")["group"]
    rows, apart = [], []
    for metric in METRICS:
        mine = wide.loc[TRAINED, metric]
        for name in (TRAINED, *CONTROLS):
            theirs = wide.loc[name, metric]
            about = {"map": name, "metric": metric}
            rows.append(about | _entry(theirs, groups, resampled))
            if name != TRAINED:
                apart.append(about | _entry(mine - theirs, groups, resampled))
    columns = ["map", "metric", "value", "low", "high", "reason"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(apart, columns=columns)


def _entry(
    values: pd.Series, groups: pd.Series, resampled: Mapping[str, int]
) -> dict[str, Any]:
    known = values.dropna()
    if known.empty:
        return {"value": np.nan, "reason": NO_MASKS}
    entry = group_mean(known, groups[known.index], **resampled)
    return {"value": np.nan} | entry
