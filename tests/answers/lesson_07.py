"""Lesson 07: wrong answers that are typical, and words that the check must say."""

import numpy as np


def middle_slice(flat, depth):
    out = np.zeros((depth, *flat.shape), flat.dtype)
    out[depth // 2] = flat
    return out


def reach(layers):
    seen, apart = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * apart
        apart *= stride
    return seen


WRONG = {
    "inflate_kernel": [
        (lambda w, d: np.stack([w] * d), "divide"),
        (lambda w, d: np.stack([w / d] * d, 2), "first"),
        (middle_slice, "slices differ"),
        (lambda w, d: np.stack([w / 2] * d), "add up"),
    ],
    "reach": [
        (lambda layers: sum(k for k, _ in layers), "kernel - 1"),
        (lambda layers: reach([(k, 1) for k, _ in layers]), "twice"),
    ],
    "class_activation": [
        (lambda m, w: m.mean(-1), "weigh them"),
        (lambda m, w: (m * w).mean(-1), "parts of"),
        (lambda m, w: m.mean((0, 1, 2)) @ w, "place"),
    ],
}
