"""Heat over a picture: grey is the picture, vermilion is what speaks for "fake".

    picture = heat.overlay(crop, evidence.heat[0, 3])       # uint8 (H, W, 3)

The picture loses its colours, so that every colour is heat. A line round the hottest
part says the same without colour: on paper, and to whoever cannot tell colours apart.
"""

import cv2
import numpy as np
from matplotlib.colors import to_rgb

from dfstudy.report.style import FAKE

_STRONGEST = 0.75  # share of the colour where the heat is highest: the face stays
_LINE = 0.5  # of the highest heat


def overlay(
    picture: np.ndarray, heat: np.ndarray, *, highest: float | None = None
) -> np.ndarray:
    """The picture uint8 (H, W, 3) under its heat, uint8 of the same shape.

    Args:
        heat: (h, w), 0 or more; stretched to the picture where its size differs.
        highest: the heat of the full colour; the map's own maximum by default. Give the
            maximum of all maps to compare them: each by itself, even a map of next to
            nothing has a hottest place.

    Raises:
        ValueError: another type or shape of picture or map, or heat that is not finite.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise ValueError(
            f"a picture is uint8 (H, W, 3), not {picture.dtype} {picture.shape}"
        )
    if heat.ndim != 2 or not np.isfinite(heat).all():
        raise ValueError(f"heat is one finite map (h, w), not {heat.shape}")
    height, width = picture.shape[:2]
    heat = cv2.resize(np.maximum(heat, 0).astype(np.float32), (width, height))
    top = float(heat.max()) if highest is None else highest
    share = np.clip(heat / top, 0, 1) if top > 0 else np.zeros_like(heat)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32)
    strength = _STRONGEST * share[..., None]
    colour = 255 * np.array(to_rgb(FAKE), np.float32)
    out = np.round((1 - strength) * grey + strength * colour).astype(np.uint8)
    inside = (share >= _LINE).astype(np.uint8)
    around, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    # White on black, so that the line shows on light and dark pictures.
    thick = max(1, round(min(height, width) / 110))
    cv2.drawContours(out, around, -1, (0, 0, 0), thick + 2)
    cv2.drawContours(out, around, -1, (255, 255, 255), thick)
    return out
