"""The forgery families: each makes a fake of one person from its pair's other person.

    fake = FAMILIES["blend"](job)

A family is one function from a `Job` to a `Fake`, and one line in `FAMILIES`; append
new ones. What shows what:

    blend     spatial, steady: features of the donor that do not quite fit
    disorder  temporal only: the frames of an authentic clip in another order
    flicker   both: features that nearly fit, but whose place and colour wander
    partial   spatial, in a stretch of the clip only
    mismatch  with the text only: an authentic clip, described as another one
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dfstudy.data.synth.composite import Composite
from dfstudy.data.synth.motion import wander
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Pictures, Shot, shot_of
from dfstudy.data.synth.script import Script

SCALES = ("fast", "slow")
# What full strength does to red, green and blue of a composite.
COOLER = np.array((-0.3, 0.0, 0.2))
# What full strength lets wander, standard deviations: brightness, each of red, green
# and blue, and the place in GRID pixels (about 0.03 head units). In waves of 2 to 8 Hz.
WANDER_HZ, BRIGHTNESS, HUE, PLACE = 8.0, 0.07, 0.03, 0.7


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a fake is made from."""

    target: Person
    donor: Person
    real_seed: int  # scene of the target's real clip in the set
    frames: int
    size: tuple[int, int]
    fps: float
    rng: np.random.Generator
    scale: str | None = None  # one of SCALES, of a disorder
    strength: float | None = None  # of a composite; None: drawn, from 0.6 to 1

    def composite_strength(self) -> float:
        """How far a composite is off; drawn in any case, so that the rest stays."""
        drawn = float(self.rng.uniform(0.6, 1.0))
        return drawn if self.strength is None else self.strength

    def script(self, scene_seed: int) -> Script:
        """What happens in one of the scenes."""
        return Script.draw(scene_seed, frames=self.frames, fps=self.fps)

    def shot(self, scene_seed: int) -> Shot:
        """The target before one of its scenes; all fakes of a clip share its shot."""
        return shot_of(
            self.target, scene_seed, frames=self.frames, size=self.size, fps=self.fps
        )

    def hidden_seed(self) -> int:
        """The scene of another authentic clip of the target, not in the set."""
        return int(self.rng.integers(2**31))


@dataclass(frozen=True, kw_only=True)
class Fake:
    """A forged clip: its pictures, made one at a time, and the truth about them."""

    pictures: Pictures
    shot: Shot
    strength: float
    order: np.ndarray  # (N,) frame of the authentic clip that each frame shows
    manipulated: np.ndarray  # (N,) bool
    from_hidden: bool  # made from a clip that is not in the set
    description: str  # what is said of it, true or not
    scale: str | None = None
    region: str | None = None


def blend(job: Job) -> Fake:
    """Composite a region of the donor's face into the target's real clip."""
    return _steady(job, np.ones(job.frames, bool))


def partial(job: Job) -> Fake:
    """Composite a region into a stretch, a quarter to a half, of the real clip."""
    length = max(1, round(job.rng.uniform(0.25, 0.5) * job.frames))
    start = job.rng.integers(job.frames - length + 1)
    i = np.arange(job.frames)
    return _steady(job, (i >= start) & (i < start + length))


def flicker(job: Job) -> Fake:
    """Composite a region whose colour and place wander around the right ones."""
    rng, strength = job.rng, job.composite_strength()
    t = np.arange(job.frames) / job.fps

    def curves(n: int, size: float) -> np.ndarray:
        return strength * size * np.stack([wander(rng, t, WANDER_HZ) for _ in range(n)])

    tint = curves(1, BRIGHTNESS) + curves(3, HUE)
    shift = curves(2, PLACE)
    return _composited(
        job,
        np.ones(job.frames, bool),
        strength=strength,
        spread=0.6 + 0.4 * strength,
        tint=tint.T,
        shift=shift.T,
    )


def disorder(job: Job) -> Fake:
    """Show the frames of an authentic clip of the target in another order."""
    shot = job.shot(job.hidden_seed())
    order = reorder(job.frames, job.fps, job.scale, job.rng)
    moved = np.abs(order - np.arange(job.frames))
    return Fake(
        pictures=shot.pictures(order),
        shot=shot,
        strength=float(moved.mean() / job.fps),
        order=order,
        manipulated=moved > 0,
        from_hidden=True,
        description=shot.script.description,
        scale=job.scale,
    )


def mismatch(job: Job) -> Fake:
    """Show another authentic clip of the target as if it were the real one of the set.

    At least half of the words are not true of it. The text is one of a real clip and
    the words are even, so neither the text nor the clip alone says anything.
    """
    said = job.script(job.real_seed).description
    shot = job.shot(misquoted(job, said))
    return Fake(
        pictures=shot.pictures(),
        shot=shot,
        strength=shot.script.untrue(said),
        order=np.arange(job.frames),
        manipulated=np.zeros(job.frames, bool),
        from_hidden=True,
        description=said,
    )


FAMILIES: dict[str, Callable[[Job], Fake]] = {
    "blend": blend,
    "disorder": disorder,
    "flicker": flicker,
    "partial": partial,
    "mismatch": mismatch,
}


def _steady(job: Job, manipulated: np.ndarray) -> Fake:
    """A composite of one colour in the manipulated frames; it comes out too cool."""
    strength = job.composite_strength()
    tint = COOLER * strength + job.rng.normal(0, 0.03, 3)
    return _composited(
        job,
        manipulated,
        strength=strength,
        spread=0.8 + 1.6 * strength,
        tint=np.tile(tint, (job.frames, 1)),
        shift=np.zeros((job.frames, 2)),
    )


def _composited(
    job: Job,
    manipulated: np.ndarray,
    *,
    strength: float,
    spread: float,
    tint: np.ndarray,
    shift: np.ndarray,
) -> Fake:
    """The real clip, in its manipulated frames under a `Composite` of the donor."""
    shot = job.shot(job.real_seed)
    composite = Composite(shot, job.donor, job.rng, spread=spread)
    bare = np.zeros((job.size[0] // 2, job.size[1] // 2), bool)

    def pictures() -> Pictures:
        for i in range(job.frames):
            if manipulated[i]:
                yield composite.frame(i, tint=tint[i], shift=shift[i])
            else:
                yield shot.frame(i), bare

    return Fake(
        pictures=pictures(),
        shot=shot,
        strength=strength,
        order=np.arange(job.frames),
        manipulated=manipulated,
        from_hidden=False,
        description=shot.script.description,
        region=composite.region,
    )


def misquoted(job: Job, description: str) -> int:
    """The scene of an authentic clip of which half of a description is not true."""
    while True:
        seed = job.hidden_seed()
        if job.script(seed).untrue(description) >= 0.5:
            return seed


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
