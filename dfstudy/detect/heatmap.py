"""Where a 3D network looks: its last maps, drawn back onto the frames.

    heat = heatmaps(detector, clips)                     # activity, (N, T, H, W)
    heat = heatmaps(detector, clips, of="verdict")       # what speaks for "fake"
    follows(heat[0], flow[0])                            # does it follow the motion?

"activity" is the mean over the channels, as far as S1 (figure 3) says what it draws:
"features of the last convolution layer". "verdict" weighs each channel as the last
layer does (class activation mapping: Zhou et al. 2016). Both say what the network
responds to, not that it is right to: compare with a network that has learned nothing.
"""

from typing import Literal

import numpy as np
from scipy.stats import spearmanr

from dfstudy.detect.gradcam import enlarged
from dfstudy.frameworks import import_keras
from dfstudy.models.detector import Detector


def heatmaps(
    detector: Detector,
    clips: np.ndarray,
    *,
    of: Literal["activity", "verdict"] = "activity",
    batch_size: int = 8,
) -> np.ndarray:
    """Heat of every pixel, float32 (N, T, H, W), of clips uint8 (N, T, H, W, 3).

    A map of the network stands for several frames and many pixels: in time it is
    repeated, in space it is interpolated. "activity" is 0 or more; "verdict" is in
    parts of the logit, more than 0 where it speaks for "fake".

    Raises:
        ValueError: the detector has no maps over space and time, or an unknown `of`.
    """
    if of not in ("activity", "verdict"):
        raise ValueError(f'of is "activity" or "verdict", not {of!r}')
    maps = last_maps(detector, clips, batch_size=batch_size)
    if of == "activity":
        heat = maps.mean(axis=-1)
    else:
        kernel = np.asarray(detector.module.get_layer("logit").get_weights()[0])
        heat = (maps @ kernel)[..., 0]
    return enlarged(heat, clips.shape[1:4])


def last_maps(
    detector: Detector, clips: np.ndarray, *, batch_size: int = 8
) -> np.ndarray:
    """What goes into the last pooling, float32 (N, T', H', W', C).

    Raises:
        ValueError: the detector has no maps over space and time.
    """
    keras = import_keras()
    seen = detector.built.maps
    if detector.built.framework != "keras" or len(seen.shape) != 5:
        name = detector.info["name"]
        raise ValueError(f"{name} has no maps over space and time: take cnn_3d")
    trunk = keras.Model(detector.module.input, seen)
    parts = [
        np.asarray(trunk.predict_on_batch(clips[i : i + batch_size]), np.float32)
        for i in range(0, len(clips), batch_size)
    ]
    return np.concatenate(parts)


def follows(heat: np.ndarray, flow: np.ndarray) -> float:
    """Rank correlation of heat (T, H, W) and length of flow (T, H, W, 2), in [-1, 1].

    Spearman's, over every fourth pixel each way (its neighbours say the same) of all
    frames; nan where either is the same everywhere.
    Pixels are no independent observations: compare values, and test none of them.
    """
    length = np.hypot(*np.moveaxis(flow[:, ::4, ::4].astype(np.float32), -1, 0))
    heat = heat[:, ::4, ::4]
    if np.ptp(heat) == 0 or np.ptp(length) == 0:
        return float("nan")
    return float(spearmanr(heat.ravel(), length.ravel()).statistic)
