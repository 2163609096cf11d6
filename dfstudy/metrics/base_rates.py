"""What a verdict is worth where fakes are rare: Bayes' rule for a detector in use.

    precision_at(0.001, tpr=0.95, fpr=0.05)      # 0.019: most accusations are wrong
    probability_at(0.9, calibrated_at=0.5, base_rate=0.001)      # 0.009

TPR and FPR belong to a detector, precision does not: it changes with the share of fakes
among the videos that are judged, and a test set, half of it fakes, says nothing of it
(Axelsson, "The base-rate fallacy and the difficulty of intrusion detection", 2000).
Introduced in lesson 01.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def precision_at(base_rate: ArrayLike, *, tpr: ArrayLike, fpr: ArrayLike) -> NDArray:
    """Share of the videos called fake that are fake, in [0, 1].

    Args:
        base_rate: share of fakes among the videos that are judged, in [0, 1].
        tpr: share of the fakes that are called fake. fpr: share of the reals that are.
            Shapes are broadcast.

    Returns:
        NaN where nothing is called fake.

    Raises:
        ValueError: a share outside [0, 1].
    """
    rate, hit, false = (np.asarray(share, float) for share in (base_rate, tpr, fpr))
    for name, share in (("base_rate", rate), ("tpr", hit), ("fpr", false)):
        if not np.all((share >= 0) & (share <= 1)):
            raise ValueError(f"{name} is a share, from 0 to 1; got {share}")
    fakes, reals = hit * rate, false * (1 - rate)
    called = np.asarray(fakes + reals)
    return np.divide(fakes, called, out=np.full(called.shape, np.nan), where=called > 0)


def probability_at(
    p: ArrayLike, *, calibrated_at: ArrayLike, base_rate: ArrayLike
) -> NDArray:
    """What a calibrated P(fake) becomes where another share of the videos is fake.

    The scores of reals and of fakes are taken to be what they were, only their numbers
    are not (Saerens, Latinne, Decaestecker, "Adjusting the outputs of a classifier to
    new a priori probabilities", 2002). Introduced in lesson 15.

    Args:
        p: P(fake) in [0, 1]. calibrated_at: share of fakes where it was calibrated.
        base_rate: share of fakes where it is to hold; both in (0, 1). Broadcast.

    Raises:
        ValueError: p outside [0, 1], or a share outside (0, 1).
    """
    p, old, new = (np.asarray(v, float) for v in (p, calibrated_at, base_rate))
    if not np.all((p >= 0) & (p <= 1)):
        raise ValueError(f"p is a probability, from 0 to 1; got {p}")
    for name, share in (("calibrated_at", old), ("base_rate", new)):
        if not np.all((share > 0) & (share < 1)):
            raise ValueError(f"{name} is a share between 0 and 1; got {share}")
    fake, real = p * new / old, (1 - p) * (1 - new) / (1 - old)
    return fake / (fake + real)
