"""How often an interval covers the truth: simulated videos, of which it is known.

    made = Clustered(groups=48, fakes=4, hard=1.0)
    labels, scores, groups = made.draw(rng)            # scores (detectors, runs, N)
    made.truth()                                       # AUROC of each detector

Videos of a group resemble each other in two ways, and they pull in two directions.
Where a person is `hard` for a detector, all of a group's verdicts are good or bad
together, and as if each video were evidence of its own the interval comes out too
narrow. Where a `person` as such raises the scores of reals and fakes alike, that
cancels in part, and it comes out too wide.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

# (labels (N,), scores (D, R, N), groups (N,), seed) -> low, high
Interval = Callable[[NDArray, NDArray, NDArray, int], tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Clustered:
    """Groups of videos with normal scores; of several detectors, each trained anew.

    Attributes:
        groups, reals, fakes: how many groups, and videos of each in a group.
        apart: of each detector, how far its fakes lie above its reals, in units of a
            video's own noise.
        hard, person: deviation of what a group's videos share (see above).
        common: the part of a video's noise, in variance, that all detectors share.
        runs: trainings of each detector. skill: the deviation of `apart` between them.
        luck: deviation of a run's own noise.
    """

    groups: int = 48
    reals: int = 2
    fakes: int = 4
    apart: tuple[float, ...] = (1.5,)
    hard: float = 0.0
    person: float = 0.0
    common: float = 0.5
    runs: int = 1
    skill: float = 0.0
    luck: float = 0.0

    def draw(self, rng: np.random.Generator) -> tuple[NDArray, NDArray, NDArray]:
        """Labels (N,), scores (detectors, runs, N), groups (N,)."""
        each = self.reals + self.fakes
        groups = np.repeat(np.arange(self.groups), each)
        labels = np.tile(
            np.r_[np.zeros(self.reals, int), np.ones(self.fakes, int)], self.groups
        )
        n, d = labels.size, len(self.apart)
        person, hard = rng.normal(size=(2, self.groups))[:, groups]
        shared = self.person * person + self.hard * hard * (2 * labels - 1)
        shared = shared + np.sqrt(self.common) * rng.normal(size=n)
        own = np.sqrt(1 - self.common) * rng.normal(size=(d, 1, n))
        apart = np.reshape(self.apart, (d, 1, 1))
        apart = apart + self.skill * rng.normal(size=(d, self.runs, 1))
        luck = self.luck * rng.normal(size=(d, self.runs, n))
        return labels, shared + own + apart * labels + luck, groups

    def truth(self) -> NDArray:
        """(detectors,) AUROC over groups, and runs, without end."""
        # Fake minus real, of two groups and one run, is normal.
        spread = 2 * (1 + self.hard**2 + self.person**2 + self.luck**2) + self.skill**2
        return stats.norm.cdf(np.asarray(self.apart) / np.sqrt(spread))


def coverage(
    made: Clustered, interval: Interval, truth: float, *, repeats: int, seed: int = 0
) -> float:
    """Share of `repeats` simulated sets whose interval holds `truth`, in [0, 1]."""
    rng, hits = np.random.default_rng(seed), 0
    for repeat in range(repeats):
        low, high = interval(*made.draw(rng), repeat)
        hits += low <= truth <= high
    return hits / repeats
