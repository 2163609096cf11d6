"""Split conformal prediction: "real", "fake", or honestly both.

    limits = calibrate(val_labels, val_probabilities, alpha=0.1)
    limits.verdicts(test_probabilities)    # "real", "fake", "cannot tell", "neither"

A label stays possible for a video unless its P(fake) is more extreme than that of
nearly all validation videos with this label. Of new videos like those of validation, at
least 1 - alpha of the reals keep "real" among their possible labels, and at least
1 - alpha of the fakes "fake", whatever the network is and however few videos there were
(Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World", 2005; by class, or
"Mondrian": Vovk 2012). What is promised is this coverage, no accuracy: a poor detector
keeps it by saying "cannot tell".

Two limits. "Like those of validation" is the whole promise: another camera, codec or
generator voids it. And the promise is over drawings of validation, too; with n of a
class, coverage is Beta(k, n + 1 - k), so with 48 it lies between 0.83 and 0.98 for
alpha 0.1. Videos of one group count as less than their number.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfstudy.metrics.calibration import check_probabilities

ALPHA = 0.1  # of the videos of a class, at most this share loses its label
VERDICTS = REAL, FAKE, BOTH, NEITHER = "real", "fake", "cannot tell", "neither"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Which labels stay possible at which P(fake).

    `real_up_to` is the highest P(fake) at which "real" does, `fake_from` the lowest at
    which "fake" does. A limit None is one that could not be set: with fewer than
    1 / alpha - 1 videos of a class nothing can be promised by excluding it, so it stays
    possible everywhere.
    """

    alpha: float
    real_up_to: float | None
    fake_from: float | None

    def to_dict(self) -> dict[str, float | None]:
        """For a model file; `Limits(**settings)` is the way back."""
        return asdict(self)

    def possible(self, probabilities: ArrayLike) -> NDArray[np.bool_]:
        """(N, 2): whether "real", and whether "fake", is possible for each P(fake)."""
        p = np.asarray(probabilities, dtype=np.float64)
        real = (
            np.ones(p.shape, bool) if self.real_up_to is None else p <= self.real_up_to
        )
        fake = np.ones(p.shape, bool) if self.fake_from is None else p >= self.fake_from
        return np.stack([real, fake], axis=-1)

    def verdicts(self, probabilities: ArrayLike) -> NDArray[np.str_]:
        """(N,) of VERDICTS.

        "neither" is a video that is unlike both classes: it can occur where a detector
        errs less often than alpha allows. Shown to people it is a "cannot tell".
        """
        real, fake = np.moveaxis(self.possible(probabilities), -1, 0)
        chosen = np.select([real & fake, real, fake], [BOTH, REAL, FAKE], NEITHER)
        return chosen.astype("U11")


def calibrate(
    labels: ArrayLike, probabilities: ArrayLike, *, alpha: float = ALPHA
) -> Limits:
    """The limits that validation videos set.

    Of n videos of a class, k = ceil((n + 1)(1 - alpha)) keep it; the + 1 is the new
    video, which is drawn like them.

    Args:
        labels: (N,) 0 real, 1 fake. probabilities: (N,) P(fake), of validation videos,
            before or after a temperature, as those that are judged later.
        alpha: in (0, 1).

    Raises:
        ValueError: labels other than 0 and 1, or p or alpha outside [0, 1].
    """
    labels, p = check_probabilities(labels, probabilities)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is a share between 0 and 1, not {alpha}")
    fake_from = _kept(-p[labels == 1], alpha)
    return Limits(
        alpha=alpha,
        real_up_to=_kept(p[labels == 0], alpha),
        fake_from=None if fake_from is None else -fake_from,
    )


def needed(alpha: float = ALPHA) -> int:
    """The fewest validation videos of a class with which it can ever be excluded."""
    return max(1, math.ceil(round(1 / alpha - 1, 9)))


def _kept(strangeness: NDArray, alpha: float) -> float | None:
    """The k-th smallest of (n,), up to which a video is one of them; None for k > n."""
    n = strangeness.size
    k = _rank(n, alpha)
    return float(np.sort(strangeness)[k - 1]) if k <= n else None


def _rank(n: int, alpha: float) -> int:
    # Rounded first: (9 + 1) x (1 - 0.1) is 9, and a little more in floating point.
    return math.ceil(round((n + 1) * (1 - alpha), 9))
