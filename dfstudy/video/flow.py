"""Optical flow: where every pixel went from one frame to another.

    flow = optical_flow(frames[0], frames[1])      # float32 (H, W, 2): dx, dy in pixels
    photometric_error(frames[0], frames[1], flow)  # grey levels; small: it fits
    flows = sampled_flow(frames)                   # S1: float16 (T, H, W, 2)

DIS (Kroeger et al., 2016) matches patches from coarse to fine; Farneback (2003) fits a
parabola around every pixel. S1 says "OpenCV optical flow" without naming one. Of
unknown large motion (a frame every 0.6 s) both guess: look at the photometric error.
"""

from typing import Literal

import cv2
import numpy as np

SMALLEST = 12  # pixels of the longer side, below which DIS has no patch to match
Method = Literal["dis", "farneback"]


def optical_flow(a: np.ndarray, b: np.ndarray, *, method: Method = "dis") -> np.ndarray:
    """Flow from `a` to `b`, float32 (H, W, 2): what a shows at x, b shows at x + flow.

    `a` and `b` are uint8 RGB (H, W, 3); the flow is (dx, dy) in their pixels. Raises
    ValueError for other types, for different sizes and for frames that are too small.
    """
    if a.shape != b.shape or a.ndim != 3 or a.dtype != np.uint8 or b.dtype != np.uint8:
        raise ValueError(
            "flow is between two frames uint8 (H, W, 3) of one size, got"
            f" {a.dtype} {a.shape} and {b.dtype} {b.shape}"
        )
    if max(a.shape[:2]) < SMALLEST:
        raise ValueError(f"frames of {a.shape[:2]} pixels are too small for a flow")
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (a, b)]
    if method == "dis":
        # Its finest preset: 0.06 pixels off on shifted noise, the faster one 0.12.
        dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        # Two fifths of the time, and no better: neither there nor on real clips.
        dis.setVariationalRefinementIterations(0)
        # Two thirds of the rest: patches overlap by half, not by five of eight pixels.
        # As exact on shifted waves but for single pixels (0.2 off instead of 0.1, one
        # in a thousand); of rendered clips 1.5 % more is left unexplained.
        dis.setPatchStride(4)
        return dis.calc(*grey, None)
    if method == "farneback":
        return cv2.calcOpticalFlowFarneback(
            *grey,
            None,
            pyr_scale=0.5,
            levels=5,
            winsize=15,
            iterations=3,
            poly_n=5,
            poly_sigma=1.2,
            flags=0,
        )
    raise ValueError(f'method must be "dis" or "farneback", not {method!r}')


def sampled_flow(frames: np.ndarray, *, method: Method = "dis") -> np.ndarray:
    """Flow between consecutive sampled frames, as S1: the first one stands twice.

    Frames uint8 (T, H, W, 3) give T - 1 flows; doubling the first gives every frame
    one, float16 (T, H, W, 2). A single frame has no motion: zeros.
    """
    flows = _flows(frames[:-1], frames[1:], method)
    still = np.zeros((1, *frames.shape[1:3], 2), np.float16)
    return np.concatenate([flows[:1] if len(flows) else still, flows])


def paired_flow(
    frames: np.ndarray,
    beside: np.ndarray,
    forward: np.ndarray,
    *,
    method: Method = "dis",
) -> np.ndarray:
    """Flow from each frame to its own second one, float16 (T, H, W, 2).

    `beside` (T, H, W, 3) are the second frames: the video's next ones (small motion,
    unlike that between sampled frames), or those of a fixed time later. They come later
    where `forward` (T,) is true; the last frames of a video have none, so they get an
    earlier one and their flow is turned round.
    """
    flows = _flows(frames, beside, method)
    flows[~np.asarray(forward)] *= -1
    return flows


def warp(frame: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """`frame` (H, W, 3) drawn back along `flow` (H, W, 2): out(x) = frame(x + flow).

    Bilinear, float32; outside the frame its edge repeats.
    """
    y, x = np.mgrid[: frame.shape[0], : frame.shape[1]].astype(np.float32)
    return cv2.remap(
        frame.astype(np.float32),
        x + flow[..., 0].astype(np.float32),
        y + flow[..., 1].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def photometric_error(a: np.ndarray, b: np.ndarray, flow: np.ndarray) -> float:
    """Mean difference, in grey levels (0 to 255), of `a` and `b` warped back onto it.

    Over the pixels that `flow` sends to a place inside `b`; nan where there is none. It
    needs no true flow, so it can be had of any video; compare it with the error of a
    flow of zeros. It cannot tell a right flow from a wrong one over a plain surface.
    """
    height, width = a.shape[:2]
    y, x = np.mgrid[:height, :width]
    to_x, to_y = x + flow[..., 0], y + flow[..., 1]
    inside = (to_x >= 0) & (to_x <= width - 1) & (to_y >= 0) & (to_y <= height - 1)
    if not inside.any():
        return float("nan")
    difference = np.abs(a.astype(np.float32) - warp(b, flow)).mean(axis=-1)
    return float(difference[inside].mean())


def _flows(first: np.ndarray, second: np.ndarray, method: Method) -> np.ndarray:
    """float16 (N, H, W, 2): half the bytes, and off by 1/2048 of the motion at most."""
    out = np.empty((*first.shape[:-1], 2), np.float16)
    for target, a, b in zip(out, first, second, strict=True):
        target[:] = optical_flow(a, b, method=method)
    return out
