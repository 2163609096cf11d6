"""Lesson 05: wrong answers that are typical, and words that the check must say."""

import numpy as np


def forward(order, indices):
    return (np.diff(order[indices]) > 0).sum() if len(indices) > 2 else 0


def soft_f1(labels, p):
    return 2 * (p * labels).sum() / (p.sum() + labels.sum())


def counted_once(labels, p):
    found = (p * labels).sum()
    return found / (p.sum() + labels.sum() - found)


WRONG = {
    "parameters": [
        (lambda i, o: i * o, "bias"),
        (lambda i, o: i * o + i, "not to an input"),
        (lambda i, o: i + o, "73,600 x 128"),
        (lambda i, o: 9_420_928, "any size"),
    ],
    "steps_back": [
        (lambda o, i: (np.diff(o) < 0).sum(), "whole clip"),
        (lambda o, i: (np.diff(i) < 0).sum(), "always ascend"),
        (forward, "steps forward"),
    ],
    "soft_f1": [
        (lambda y, p: soft_f1(y, p >= 0.5), "verdicts"),
        (lambda y, p: 1 - soft_f1(y, p), "the loss"),
        (counted_once, "twice"),
        (lambda y, p: p[y == 1].mean(), "it should be"),
    ],
}
