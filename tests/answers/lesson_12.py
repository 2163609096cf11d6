"""Lesson 12: wrong answers that are typical, and words that the check must say."""

import numpy as np

from dfstudy.metrics import saliency


def cut_first(maps, slopes):
    weights = slopes.mean((1, 2))
    return np.maximum(weights[:, None, None] * maps, 0).sum(0)


def point(heat, mask):
    return mask[np.unravel_index(heat.argmax(), heat.shape)]


def share(heat, mask):
    return heat[mask].sum() / heat.sum()


WRONG = {
    "grad_cam": [
        (lambda m, s: np.tensordot(s.mean((1, 2)), m, 1), "Cut it off"),
        (lambda m, s: np.maximum((m * s).sum(0), 0), "place by place"),
        (cut_first, "first, then cut"),
        (lambda m, s: m * s, "add up over"),
        (
            lambda m, s: np.maximum(np.tensordot(s.sum((1, 2)), m, 1), 0),
            "the mean of its slopes",
        ),
    ],
    "pointing": [
        (
            lambda h, m: m[h.argmax() // h.shape[0], h.argmax() % h.shape[0]],
            "unravel_index",
        ),
        (lambda h, m: (h * m).max() > 0.5, "does not count"),
        (
            lambda h, m: point(h, m) if h.max() >= 1 else 1 - point(h, m),
            "random numbers",
        ),
    ],
    "energy": [
        (share, "Divide by that share"),
        (lambda h, m: h[m].mean() / h[~m].mean(), "inside with outside"),
        (lambda h, m: share(h, m) * m.sum(), "knows nothing"),
    ],
}
# The package's own, and answers of another form.
RIGHT = {
    "pointing": [lambda h, m: bool(saliency.pointing(h, m))],
    "energy": [saliency.energy],
}
