"""What one detector says of one sample of a video: at once, over time, and where.

    opinions = opinions_of(detector, "frame_torch_0", sample, [0, 1], None)
    curves = over_time(detector, sample, more, [0, 1], None)   # more: N T frames
    heat = heat_of(detector, sample, [0, 1], None)             # (F, T, H, W)

Of whole frames there is one clip, and [0] means that.
"""

from collections.abc import Sequence

import numpy as np

from dfstudy.data.view import Sample, View
from dfstudy.detect import judge
from dfstudy.detect.people import PRESENT, same_people
from dfstudy.detect.verdict import Opinion
from dfstudy.models.detector import Detector

Curve = tuple[list[float], list[float | None]]  # seconds, P(fake)


def _inputs(
    sample: Sample, view: View, chosen: Sequence[int]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Clips uint8 (B, T, H, W, 3) and their flow, of the chosen faces or the frame."""
    parts = [sample.faces[i] for i in chosen] if view.crop == "face" else [sample]
    clips = [p.crops if view.crop == "face" else p.frames for p in parts]
    flow = None if view.flow == "none" else np.stack([p.flow for p in parts])
    return np.stack(clips), flow


def _ask(
    detector: Detector, clips: np.ndarray, flow: np.ndarray | None, text: str | None
) -> np.ndarray:
    """Scores (B, T) of a frame model, (B,) of a video model; 64 frames at once."""
    size = 64 if detector.level == "frame" else max(1, 64 // clips.shape[1])
    said = None if text is None else [text] * len(clips)
    return detector.score(clips, flow, text=said, batch_size=size)


def opinions_of(
    detector: Detector, name: str, sample: Sample, chosen: list[int], text: str | None
) -> list[Opinion]:
    """One opinion for each of the chosen faces; one of whole frames."""
    scores = _ask(detector, *_inputs(sample, detector.view, chosen), text)
    opinions = []
    for i, score in zip(chosen, scores, strict=True):
        points = judge.calibrated(np.ravel(score), detector)
        if detector.level == "frame":
            here = sample.faces[i].present if detector.view.crop == "face" else None
            seconds, over_time = _points(sample.seconds, points, here)
        else:
            seconds, over_time = [_middle(sample.seconds)], [float(points[0])]
        opinions.append(
            judge.judge(
                score, detector, name=name, seconds=seconds, over_time=over_time
            )
        )
    return opinions


def _points(seconds: np.ndarray, p: np.ndarray, here: np.ndarray | None) -> Curve:
    """P(fake) of each frame, once where frames repeat; None where the face is away."""
    _, once = np.unique(seconds, return_index=True)
    absent = np.zeros(len(p), bool) if here is None else ~here
    return (
        [float(seconds[t]) for t in once],
        [None if absent[t] else float(p[t]) for t in once],
    )


def _middle(seconds: np.ndarray) -> float:
    return float((seconds[0] + seconds[-1]) / 2)


def over_time(
    detector: Detector,
    sample: Sample,
    more: Sample,
    chosen: list[int],
    text: str | None,
) -> dict[int, Curve]:
    """Of each chosen face that `more` shows too: P(fake) along its N T frames."""
    view, count = detector.view, detector.view.frames
    if view.crop == "face":
        people = same_people(sample, more)
        found = {i: people.index(i) for i in chosen if i in people}
    else:
        found = {0: 0} if more.faces else {}
    if not found:
        return {}
    # (F, N T, ...) to (F N, T, ...): a window is a clip.
    clips, flow = (
        None if x is None else x.reshape(-1, count, *x.shape[2:])
        for x in _inputs(more, view, list(found.values()))
    )
    if view.flow == "sampled":  # a clip's first frame has no earlier one: see flow.py
        flow = flow.copy()
        flow[:, 0] = flow[:, min(1, count - 1)]
    seconds, index = (x.reshape(-1, count) for x in (more.seconds, more.indices))
    # A short video has not so many frames: what only repeats is no window.
    whole = [w for w, at in enumerate(index) if 2 * len(np.unique(at)) >= count]
    if not whole:
        return {}
    take = np.concatenate([f * len(index) + np.array(whole) for f in range(len(found))])
    scores = _ask(detector, clips[take], None if flow is None else flow[take], text)
    p = judge.calibrated(scores, detector).reshape(len(found), len(whole), -1)
    curves = {}
    for (i, j), points in zip(found.items(), p, strict=True):
        here = np.ones(index.shape, bool)
        if view.crop == "face":
            here = more.faces[j].present.reshape(index.shape)
        here = here[whole]
        if detector.level == "frame":
            times = seconds[whole].ravel()
            curves[i] = _points(times, points.ravel(), here.ravel())
        else:
            seen = here.mean(axis=1) >= PRESENT
            curves[i] = (
                [_middle(seconds[w]) for w in whole],
                [
                    float(q) if s else None
                    for q, s in zip(points[:, 0], seen, strict=True)
                ],
            )
    return curves


def heat_of(
    detector: Detector, sample: Sample, chosen: list[int], text: str | None
) -> np.ndarray:
    """Heat maps (F, T, H, W) of all the sample's faces, 0 of those not scored."""
    from dfstudy.detect.gradcam import gradcam

    clips, flow = _inputs(sample, detector.view, chosen)
    said = None if text is None else [text] * len(clips)
    maps = gradcam(detector, clips, flow, text=said)
    if detector.view.crop == "frame":
        return maps
    heat = np.zeros((len(sample.faces), *maps.shape[1:]), np.float32)
    heat[chosen] = maps
    return heat
