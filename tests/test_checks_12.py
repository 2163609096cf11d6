"""The checks of lesson 12: untouched, typical mistakes, solutions."""

import numpy as np
import pytest

from dfstudy.course import checks_12
from dfstudy.metrics import saliency


def cam(maps, slopes):
    weights = slopes.mean((1, 2))
    return np.maximum((weights[:, None, None] * maps).sum(0), 0)


def cut_first(maps, slopes):
    weights = slopes.mean((1, 2))
    return np.maximum(weights[:, None, None] * maps, 0).sum(0)


def point(heat, mask):
    return mask[np.unravel_index(heat.argmax(), heat.shape)]


def share(heat, mask):
    return heat[mask].sum() / heat.sum()


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (
            checks_12.grad_cam,
            lambda m, s: np.tensordot(s.mean((1, 2)), m, 1),
            "Cut it off",
        ),
        (
            checks_12.grad_cam,
            lambda m, s: np.maximum((m * s).sum(0), 0),
            "place by place",
        ),
        (checks_12.grad_cam, cut_first, "first, then cut"),
        (checks_12.grad_cam, lambda m, s: m * s, "add up over"),
        (
            checks_12.grad_cam,
            lambda m, s: np.maximum(np.tensordot(s.sum((1, 2)), m, 1), 0),
            "the mean of its slopes",
        ),
        (
            checks_12.pointing,
            lambda h, m: m[h.argmax() // h.shape[0], h.argmax() % h.shape[0]],
            "unravel_index",
        ),
        (checks_12.pointing, lambda h, m: (h * m).max() > 0.5, "does not count"),
        (
            checks_12.pointing,
            lambda h, m: point(h, m) if h.max() >= 1 else 1 - point(h, m),
            "random numbers",
        ),
        (checks_12.energy, share, "Divide by that share"),
        (
            checks_12.energy,
            lambda h, m: h[m].mean() / h[~m].mean(),
            "inside with outside",
        ),
        (checks_12.energy, lambda h, m: share(h, m) * m.sum(), "knows nothing"),
    ],
)
def test_lesson_12_tells_why(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_12.grad_cam, cam),
        (checks_12.pointing, point),
        (checks_12.pointing, lambda h, m: bool(saliency.pointing(h, m))),
        (checks_12.energy, lambda h, m: share(h, m) / m.mean()),
        (checks_12.energy, saliency.energy),
    ],
)
def test_lesson_12_knows_its_solutions(check, right):
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"
    status = check(right)
    assert status.state == "correct", status.message
