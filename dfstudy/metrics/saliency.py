"""Is the heat where it should be? Four numbers for a map of a picture.

pointing(heat, mask)                   # is the hottest pixel inside? chance: the area
energy(heat, mask)                     # heat inside over area inside; 1 is chance
erased = deletion(frames, heat, score)           # the hottest pixels go first: (K + 1,)
kept = deletion(frames, heat, score, insert=True)    # ... come first
area(erased), area(kept)               # low is good, high is good

The first two need the truth, where the forgery is (pointing game: Zhang et al. 2018,
IJCV; energy: Wang et al. 2020, CVPRW, here over the mask's share of the area). The
others ask the network: if the heat is what its score rests on, the score falls as soon
as the hottest pixels are gone (Petsiuk et al. 2018, BMVC). They say nothing of where a
forgery is, and a blurred picture is one that no network was trained on.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Score = Callable[[NDArray[np.uint8]], NDArray]


def pointing(heat: NDArray, mask: NDArray, *, tolerance: int = 0) -> NDArray:
    """Whether the hottest pixel is in the mask: (...,) of heat and bool (..., H, W).

    Where several are hottest, the share of them that is inside: 0 to 1. A map that is
    the same everywhere has what chance has. NaN where the mask is empty.

    Args:
        tolerance: pixels around the mask that count as inside.
    """
    heat, mask = _pair(heat, mask)
    mask = grown(mask, tolerance)
    hottest = heat == heat.max((-2, -1), keepdims=True)
    hit = (hottest & mask).sum((-2, -1)) / hottest.sum((-2, -1))
    return np.where(mask.any((-2, -1)), hit, np.nan)


def energy(heat: NDArray, mask: NDArray) -> NDArray:
    """Share of the heat in the mask over the mask's share of the area, (...,).

    1 is chance, as of a map that is the same everywhere, or nowhere; at most one over
    the share of the area. NaN where the mask is empty. Heat is 0 or more.
    """
    heat, mask = _pair(heat, mask)
    if heat.min(initial=0) < 0:
        raise ValueError("energy is of heat of 0 or more")
    heat = np.where(heat.any((-2, -1), keepdims=True), heat, 1.0)
    share = mask.mean((-2, -1))
    inside = (heat * mask).sum((-2, -1)) / heat.sum((-2, -1))
    return np.divide(inside, share, out=np.full(share.shape, np.nan), where=share > 0)


def grown(mask: NDArray, pixels: int) -> NDArray:
    """A mask (..., H, W) and all that is at most so many pixels away."""
    if pixels == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1,) * 2)
    flat = mask.reshape(-1, *mask.shape[-2:]).astype(np.uint8)
    return np.stack([cv2.dilate(one, disc) for one in flat]).reshape(mask.shape) > 0


def deletion(
    frames: NDArray[np.uint8],
    heat: NDArray,
    score: Score,
    *,
    insert: bool = False,
    steps: int = 10,
    seed: int = 0,
) -> NDArray:
    """The score as the hottest pixels are blurred, a share of 1 / steps at a time.

    Args:
        frames: uint8 (T, H, W, 3), of which the score is one; pixels of all compete.
        heat: (T, H, W). Pixels of the same heat take their turn at random.
        score: of uint8 (K, T, H, W, 3), (K,).
        insert: begin with the blurred picture, and put the hottest pixels back.

    Returns:
        (steps + 1,), from the picture as it is, or blurred, on.
    """
    if heat.shape != frames.shape[:-1]:
        raise ValueError(f"heat {heat.shape} does not belong to frames {frames.shape}")
    chance = np.random.default_rng(seed).random(heat.size)
    rank = np.empty(heat.size, np.int64)
    rank[np.lexsort((chance, -heat.ravel()))] = np.arange(heat.size)
    at = rank.reshape(heat.shape)[..., None]
    start, end = frames, blurred(frames)
    if insert:
        start, end = end, start
    shares = np.arange(steps + 1) / steps
    shown = [np.where(at < share * heat.size, end, start) for share in shares]
    return np.asarray(score(np.stack(shown)), float)


def blurred(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Frames (T, H, W, 3) that show no detail: Gaussian, a tenth of the height wide."""
    wide = frames.shape[1] / 10
    return np.stack([cv2.GaussianBlur(frame, (0, 0), wide) for frame in frames])


def area(curve: NDArray) -> NDArray:
    """Area under curves (..., K + 1) over [0, 1]: their mean height."""
    return np.trapezoid(curve, dx=1 / (np.shape(curve)[-1] - 1), axis=-1)


def _pair(heat: NDArray, mask: NDArray) -> tuple[NDArray, NDArray]:
    heat, mask = np.asarray(heat, float), np.asarray(mask, bool)
    if heat.shape != mask.shape or heat.ndim < 2:
        raise ValueError(f"heat {heat.shape} does not belong to a mask {mask.shape}")
    return heat, mask
