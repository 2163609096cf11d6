"""How the learning rate runs through a fit, step by step, in both frameworks."""

import math

WARM_UP = 0.3  # share of the steps in which it rises


def constant(step: int, steps: int) -> float:
    """The papers' way: one rate throughout."""
    return 1.0


def cosine(step: int, steps: int) -> float:
    """From the whole rate down to nothing along half a cosine (SGDR, 1608.03983)."""
    return (1 + math.cos(math.pi * step / max(1, steps))) / 2


def one_cycle(step: int, steps: int) -> float:
    """Up along a half cosine, then down to nothing (Smith, Topin, 1708.07120).

    Args:
        step: from 0. steps: of the whole fit.

    Returns:
        The factor, 0 to 1, of the highest rate.
    """
    top = WARM_UP * steps
    if step < top:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * step / top)) / 2
    return (1 + math.cos(math.pi * (step - top) / max(1, steps - top))) / 2


SCHEDULES = {rate.__name__: rate for rate in (constant, cosine, one_cycle)}
