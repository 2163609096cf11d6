"""Clips whose time is spoiled: the same frames in another order, or fewer of them.

    clip, flow = spoil(clip, flow, "shuffled", rng)

"shuffled" frames are the same frames in a random order, "frozen" ones the middle frame
over and over, "half the frame rate" shows every second frame twice.
"""

import numpy as np
from numpy.typing import ArrayLike

from dfstudy.video.flow import sampled_flow

CONTROLS = ("as it is", "shuffled", "frozen")
# The other orders of the frames: backwards; 1 0 3 2 5 4; every second one, twice.
BATTERY = (*CONTROLS, "reversed", "neighbours swapped", "half the frame rate")
# These show every frame once, in another place.
REORDERED = ("shuffled", "reversed", "neighbours swapped")
# Of the spread of the scores, so that a detector that is sure of nothing is judged like
# one that is. Sums in another order differ in the last digits, a leak by more.
TOLERANCE, DIGITS = 1e-3, 1e-6


def spoil(
    clip: np.ndarray,
    flow: np.ndarray | None,
    control: str,
    rng: np.random.Generator,
    *,
    resample: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """A clip (T, H, W, 3) and its flow (T, H, W, 2), if it has one, under a control.

    Args:
        control: of BATTERY.
        rng: of the order.
        resample: the flow is between the frames of the clip, so it is computed anew;
            else each frame keeps its own (flow to a neighbour that is not in the clip).

    Raises:
        ValueError: an unknown control.
    """
    if control == "as it is":
        return clip, flow
    if control == "frozen":
        still = np.repeat(clip[len(clip) // 2][None], len(clip), axis=0)
        return still, None if flow is None else np.zeros_like(flow)
    order = _order(len(clip), control, rng)
    clip = np.ascontiguousarray(clip[order])
    if flow is None:
        return clip, None
    return clip, sampled_flow(clip) if resample else flow[order]


def is_moved(change: float, scores: ArrayLike) -> bool:
    """Whether a change is more than what sums in another order make, as scores go."""
    return bool(change > max(TOLERANCE * np.ptp(np.asarray(scores)), DIGITS))


def _order(frames: int, control: str, rng: np.random.Generator) -> np.ndarray:
    """The frame that each place shows, int (frames,)."""
    natural = np.arange(frames)
    if control == "shuffled":
        return rng.permutation(frames)
    if control == "reversed":
        return natural[::-1]
    if control == "half the frame rate":
        return natural // 2 * 2
    if control == "neighbours swapped":
        # The last of an odd number has no neighbour left.
        return np.where(natural ^ 1 < frames, natural ^ 1, natural)
    raise ValueError(f"no control {control!r}: choose one of {', '.join(BATTERY)}")
