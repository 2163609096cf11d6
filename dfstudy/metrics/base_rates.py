"""What a verdict is worth where fakes are rare: Bayes' rule for a detector in use.

    precision_at(0.001, tpr=0.95, fpr=0.05)      # 0.019: most accusations are wrong

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
