"""Lesson 02: wrong answers that are typical, and words that the check must say."""

import numpy as np


def first_frames(n_frames, k):
    return np.minimum(np.arange(k), n_frames - 1)


def without_half(n_frames, k):
    return np.minimum(np.floor(np.arange(k) * n_frames / k).astype(int), n_frames - 1)


def off_the_end(n_frames, k):
    return np.floor((np.arange(k) + 1) * n_frames / k).astype(int)


def floats(n_frames, k):
    return np.linspace(0, n_frames - 1, k)


def share_inside(box, height, width):
    limits = np.array([width, height, width, height])
    inside = np.clip(box, 0, limits)
    return (inside[2:] - inside[:2]).prod() / (box[2:] - box[:2]).prod()


def share_not_clipped(box, confidence, height, width):
    low, high = np.maximum(box[:2], 0), np.minimum(box[2:], [width, height])
    return confidence * (high - low).prod() / (box[2:] - box[:2]).prod()


def area_inside(box, confidence, height, width):
    area = (box[2:] - box[:2]).prod()
    return confidence * share_inside(box, height, width) * area


def share_of_frame(box, confidence, height, width):
    return area_inside(box, confidence, height, width) / (height * width)


def all_or_nothing(box, confidence, height, width):
    whole = share_inside(box, height, width) == 1
    return confidence * whole


def grown_once(box, margin):
    middle = (box[:2] + box[2:]) / 2
    half = (box[2:] - box[:2]).max() * (1 + margin) / 2
    return np.concatenate([middle - half, middle + half])


def from_the_corner(box, margin):
    side = (box[2:] - box[:2]).max() * (1 + 2 * margin)
    return np.array([*box[:2], *(box[:2] + side)])


def not_square(box, margin):
    grow = (box[2:] - box[:2]) * margin
    return np.concatenate([box[:2] - grow, box[2:] + grow])


WRONG = {
    "spread": [
        (first_frames, "first frames"),
        (without_half, "half"),
        (off_the_end, "Clip"),
        (floats, "whole number"),
    ],
    "score": [
        (lambda box, c, h, w: share_inside(box, h, w), "confidence"),
        (lambda box, c, h, w: c, "as if all of it"),
        (share_not_clipped, "clip its corners"),
        (area_inside, "more than 1"),
        (share_of_frame, "that the box covers"),
        (all_or_nothing, "is right"),
    ],
    "square": [
        (grown_once, "each of"),
        (from_the_corner, "middle"),
        (not_square, "longer side"),
    ],
}
