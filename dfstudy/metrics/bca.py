"""From resamples to an interval that covers: bias-corrected, accelerated, widened.

    low, high = ends(drawn, value, without, level=0.95)
    p = two_sided(drawn, value, without)            # of a difference: is it 0?

The plain percentile interval is too narrow with some tens of groups, and on the wrong
side where a metric is skewed, as an AUROC near 1 is. BCa (Efron, "Better bootstrap
confidence intervals", JASA 1987) reads other quantiles off the same resamples, by how
far their median is from the value, and by how much a single group can move it. A
resample of G groups also scatters less than G groups do; Hesterberg ("What teachers
should know about the bootstrap", 2015) widens by the t distribution for that.
`benchmarks/intervals.py` measures all of this.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats


def ends(
    drawn: ArrayLike, value: float, without: ArrayLike, *, level: float = 0.95
) -> tuple[float, float]:
    """Low and high end of the interval.

    Args:
        drawn: (n,) the metric in each resample. value: of the whole set.
        without: (G,) of the set without each of its G groups, or of G blocks of them;
            NaN, where a metric does not exist then, is left out.
        level: the share that the interval is to cover.
    """
    drawn = np.asarray(drawn, float)
    bias, bend, spread, df = _corrections(drawn, value, without)
    z = bias + spread * stats.t.ppf([(1 - level) / 2, (1 + level) / 2], df)
    # Past the pole of the formula the end is that of the resamples.
    slope = np.maximum(1 - bend * z, 1e-6)
    low, high = np.quantile(drawn, stats.norm.cdf(bias + z / slope))
    return float(low), float(high)


def two_sided(drawn: ArrayLike, value: float, without: ArrayLike) -> float:
    """The p-value of 0: the level at which an end of the interval is 0, in (0, 1]."""
    drawn = np.asarray(drawn, float)
    bias, bend, spread, df = _corrections(drawn, value, without)
    # At least one resample is on either side, so that p is never 0 ...
    below = ((drawn < 0).sum() + (drawn == 0).sum() / 2 + 0.5) / (drawn.size + 1)
    at = stats.norm.ppf(below)
    if (drawn > 0).all() or (drawn < 0).all():
        # ... and past them all the normal tail goes on: many tests need a small p.
        far = np.abs(drawn.mean()) / max(drawn.std(), 1e-12)
        at = -np.sign(value) * max(abs(at), min(far, 8.0)) if drawn.std() else at
    at -= bias
    z = at / np.maximum(1 + bend * at, 1e-6) - bias
    return float(2 * stats.t.sf(abs(z) / spread, df))


def _corrections(
    drawn: NDArray, value: float, without: ArrayLike
) -> tuple[float, float, float, int]:
    """Bias, acceleration, widening and degrees of freedom."""
    below = ((drawn < value).sum() + (drawn == value).sum() / 2 + 0.5) / (
        drawn.size + 1
    )
    left = np.asarray(without, float)
    left = left[np.isfinite(left)]
    pull = left.mean() - left if left.size else np.zeros(1)
    moves = np.ptp(pull) > 1e-12  # more than the last digits of a float
    bend = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5) if moves else 0.0
    groups = max(2, left.size)
    spread = np.sqrt(groups / (groups - 1))
    return float(stats.norm.ppf(below)), float(bend), float(spread), groups - 1
