"""Optical flow as a picture: hue says where to, colour how far, white is no motion.

show_flow(ax, flow, most=4.0)             # with arrows, for those who see no hue
plt.imshow(flow_colours(flow, most=4.0))
"""

import cv2
import numpy as np
from matplotlib.axes import Axes

from dfstudy.report.style import INK

_ARROWS = 12  # from one side of a picture to the other


def flow_colours(flow: np.ndarray, *, most: float) -> np.ndarray:
    """The picture of a flow (H, W, 2), dx and dy in pixels: uint8 (H, W, 3) RGB.

    Red goes right, then yellow, green, cyan (left), blue, round the clock. A motion of
    `most` pixels or more has full colour: give flows that are compared the same one.
    ValueError where it is not positive.
    """
    if most <= 0:
        raise ValueError(f"most is a length in pixels, more than 0, not {most}")
    dx, dy = np.moveaxis(np.asarray(flow, np.float32), -1, 0)
    length, angle = cv2.cartToPolar(dx, dy, angleInDegrees=True)
    share = np.minimum(length / most, 1)
    hsv = np.stack([angle, share, np.ones_like(share)], axis=-1)
    return np.rint(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255).astype(np.uint8)


def show_flow(ax: Axes, flow: np.ndarray, *, most: float) -> None:
    """Draw a flow (H, W, 2) as `flow_colours` does, with arrows on a grid over it.

    On grey paper, and to who can not tell hues apart, the arrows alone say where to.
    One of `most` pixels reaches to the next; where little moves there is none.
    """
    ax.imshow(flow_colours(flow, most=most))
    flow = np.asarray(flow, np.float32)
    step = max(2, flow.shape[1] // _ARROWS)
    y, x = np.mgrid[step // 2 : flow.shape[0] : step, step // 2 : flow.shape[1] : step]
    dx, dy = np.moveaxis(flow[y, x], -1, 0)
    moves = np.hypot(dx, dy) > most / 5
    there = (x[moves], y[moves], dx[moves], dy[moves])
    pixels = {"angles": "xy", "scale_units": "xy", "scale": most / step}
    ax.quiver(*there, **pixels, color=INK, width=0.007, headwidth=4.5)


def colour_wheel(size: int) -> np.ndarray:
    """The key to `flow_colours`: motions from the middle, uint8 (size, size, 3)."""
    line = np.linspace(-1, 1, size, dtype=np.float32)
    flow = np.stack(np.meshgrid(line, line), axis=-1)
    flow[np.hypot(*np.moveaxis(flow, -1, 0)) > 1] = 0
    return flow_colours(flow, most=1)
