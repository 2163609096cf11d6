"""Optical flow between neighbouring frames, by the two methods of video.flow."""

from itertools import pairwise

import numpy as np

from benchmarks.measure import Scale, benchmark, in_turns
from dfstudy.data import synth
from dfstudy.video.flow import optical_flow, photometric_error
from dfstudy.video.sample import resize_area


@benchmark("DIS at 108 x 192", "Farneback", ratio="speed-up")
def flow_dis_vs_farneback(scale: Scale) -> dict:
    """Also what each leaves unexplained, in grey levels, beside no flow at all."""
    person = synth.Person.random(np.random.default_rng(0))
    count = scale.of(17, 3)
    clip = synth.render_clip(person, 0, frames=count, size=(216, 384), fps=24)
    frames = resize_area(clip.frames, 108, 192)
    pairs = list(pairwise(frames))

    def flows(method: str) -> list[np.ndarray]:
        return [optical_flow(a, b, method=method) for a, b in pairs]

    def error(flow: list[np.ndarray]) -> float:
        each = [photometric_error(*p, f) for p, f in zip(pairs, flow, strict=True)]
        return float(np.nanmean(each))

    still = [np.zeros((*frames.shape[1:3], 2), np.float32)] * len(pairs)
    times = in_turns(
        lambda: flows("dis"), lambda: flows("farneback"), repeats=scale.of(7, 1)
    )
    return times | {
        "error_dis": error(flows("dis")),
        "error_farneback": error(flows("farneback")),
        "error_without": error(still),
    }
