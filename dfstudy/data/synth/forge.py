"""The forgery families: each makes a fake of one person from its pair's other person.

    fake = FAMILIES["blend"](job)

A family is one function from a `Job` to a `Fake`, and one line in `FAMILIES`. `blend`
(spatial, steady): features of the donor composited in, with a colour and a sharpness
that do not quite fit. `disorder` (temporal only): the frames of an authentic clip in
another order, so that no single frame carries any information.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from dfstudy.data.synth import head
from dfstudy.data.synth.looks import chart_size, lit_face, looks
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import EXPRESSION, Shot

REGIONS = ("mouth", "eyes", "half", "inner")
SCALES = ("fast", "slow")
# What full strength does to red, green and blue of a composite.
COOLER = (-0.3, 0.0, 0.2)


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a fake is made from."""

    target: Person
    donor: Person
    real_seed: int  # scene of the target's real clip in the set
    hidden_seed: int  # scene of another authentic clip of the target, not in the set
    scale: str  # "fast" or "slow", for families that have one
    frames: int
    size: tuple[int, int]
    fps: float
    rng: np.random.Generator

    def shot(self, scene_seed: int) -> Shot:
        """The target before one of its scenes."""
        return Shot(
            self.target, scene_seed, frames=self.frames, size=self.size, fps=self.fps
        )


@dataclass(frozen=True, kw_only=True)
class Fake:
    """A forged clip: its pictures, made one at a time, and the truth about them."""

    pictures: Iterator[tuple[np.ndarray, np.ndarray | None]]  # frame, mask (h/2, w/2)
    shot: Shot
    strength: float
    order: np.ndarray  # (N,) frame of the authentic clip that each frame shows
    manipulated: np.ndarray  # (N,) bool
    from_hidden: bool  # made from the clip that is not in the set
    scale: str | None = None
    region: str | None = None


def blend(job: Job) -> Fake:
    """Composite a region of the donor's face into the target's real clip."""
    rng = job.rng
    shot = job.shot(job.real_seed)
    strength = float(rng.uniform(0.6, 1.0))
    region = str(rng.choice(REGIONS))
    still = looks(job.donor, chart_size(job.size[0]))
    face = lit_face(still, shot.scene)
    mask = region_mask(region, soft=float(rng.uniform(0.03, 0.1)), rng=rng)
    # A swap is matched to the target's skin, but comes out cooler than it.
    match = np.clip(job.target.skin_rgb / job.donor.skin_rgb, 0.5, 2.0)
    miss = np.array(COOLER) * strength + rng.normal(0, 0.03, 3)
    gain = match * (1 + miss)
    # Of another resolution: softer or sharper, equally often, so that bits stay level.
    softer = bool(rng.random() < 0.5)
    spread = (0.8 + 1.6 * strength) * job.size[0] / 216

    def pictures() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for i in range(job.frames):
            view = shot.view(i)
            picture = shot.frame(i, view)
            texture = face.draw(**{k: float(shot.tracks[k][i]) for k in EXPRESSION})
            over = shot.shade(still, texture, view)
            over = cv2.transform(over, np.diag(gain))
            soft = cv2.GaussianBlur(over, (0, 0), spread)
            over = soft if softer else cv2.addWeighted(over, 1.9, soft, -0.9, 0)
            cover = view.look_up(mask) * view.alpha
            shot.lay(picture, over, cover, view)
            shot.draw_glasses(picture, view)
            yield picture, _half(cover, view, job.size)

    return Fake(
        pictures=pictures(),
        shot=shot,
        strength=strength,
        order=np.arange(job.frames),
        manipulated=np.ones(job.frames, bool),
        from_hidden=False,
        region=region,
    )


def disorder(job: Job) -> Fake:
    """Show the frames of an authentic clip of the target in another order."""
    shot = job.shot(job.hidden_seed)
    order = reorder(job.frames, job.fps, job.scale, job.rng)
    moved = np.abs(order - np.arange(job.frames))
    return Fake(
        pictures=((shot.frame(int(k)), None) for k in order),
        shot=shot,
        strength=float(moved.mean() / job.fps),
        order=order,
        manipulated=moved > 0,
        from_hidden=True,
        scale=job.scale,
    )


FAMILIES: dict[str, Callable[[Job], Fake]] = {"blend": blend, "disorder": disorder}


def region_mask(region: str, *, soft: float, rng: np.random.Generator) -> np.ndarray:
    """Cover of a region of the face on the chart, 0..1, float32 (GRID, GRID)."""
    field = head.chart(head.GRID)
    x, y = field["x"], field["y"]

    def oval(at: float, wide: float, tall: float) -> np.ndarray:
        return 1 - np.hypot(x / wide, (y - at) / tall)

    face = 0.6 * oval(0.25, 0.72, 0.66)
    inside = {
        "mouth": 0.35 * oval(0.62, 0.5, 0.34),
        "eyes": np.minimum(0.66 - np.abs(x), 0.24 - np.abs(y + 0.09)),
        "half": np.minimum(face, x * rng.choice([-1, 1]) + rng.uniform(-0.05, 0.05)),
        "inner": 0.55 * oval(0.22, 0.66, 0.6),
    }[region]
    cover = head.ramp(inside, -soft / 2, soft / 2) * (field["z"] > 0)
    return cover.astype(np.float32)


def reorder(
    frames: int, fps: float, scale: str, rng: np.random.Generator
) -> np.ndarray:
    """An order of frames that is not the natural one, int (frames,).

    "fast": within windows of about 0.1 s (at least 3 frames). "slow": runs of about
    0.12 s, natural inside, change places within windows of 0.5 to 1.5 s. ValueError for
    fewer than 4 frames, or another scale.
    """
    if frames < 4:
        raise ValueError(f"{frames} frames cannot be re-ordered: give at least 4")
    if scale not in SCALES:
        raise ValueError(f"no scale {scale!r}: choose one of {', '.join(SCALES)}")
    run = 1 if scale == "fast" else max(1, min(round(0.125 * fps), frames // 4))
    runs = np.array_split(np.arange(frames), np.arange(run, frames, run))
    order, k = [], 0
    while k < len(runs):
        if scale == "fast":
            n = max(3, round(0.1 * fps))
        else:
            n = round(rng.uniform(0.5, 1.5) * fps / run)
        if len(runs) - k - n < 3:  # no rest too short to be mixed
            n = len(runs) - k
        order += [runs[k + j] for j in _mixed(min(n, len(runs) - k), rng)]
        k += n
    return np.concatenate(order)


def _mixed(n: int, rng: np.random.Generator) -> np.ndarray:
    """A permutation of n in which no item follows its natural predecessor."""
    while True:
        order = rng.permutation(n)
        if not np.any(np.diff(order) == 1):
            return order


def _half(cover: np.ndarray, view, size: tuple[int, int]) -> np.ndarray:
    """Where the composite covers more than half, bool (h / 2, w / 2) of the frame."""
    whole = np.zeros(size, np.float32)
    whole[view.box] = cover
    small = cv2.resize(
        whole, (size[1] // 2, size[0] // 2), interpolation=cv2.INTER_AREA
    )
    return small > 0.5
