"""Lesson 08: wrong answers that are typical, and words that the check must say."""

import numpy as np
import pandas as pd


def even_in_all(table):
    fewest = table["label"].value_counts().min()
    return table.groupby("label").head(fewest)


def same_everywhere(table):
    fewest = table.groupby(["dataset", "label"]).size().unstack(fill_value=0)
    fewest = fewest.min(axis=1)
    return table.groupby(["dataset", "label"]).head(fewest[fewest > 0].min())


def with_copies(table):
    most = table["label"].value_counts().max()
    return pd.concat(
        table[table["label"] == label].sample(most, replace=True, random_state=0)
        for label in (0, 1)
    )


def clip_first(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([clip[None], batch]))[0] for batch in (neighbours, others)
    )
    return abs(after - before)


def of_the_neighbours(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([batch, clip[None]]))[0] for batch in (neighbours, others)
    )
    return abs(after - before)


def not_abs(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([batch, clip[None]]))[-1] for batch in (neighbours, others)
    )
    return -abs(after - before)


def macs(side, kernel, before, after, groups):
    return side**2 * after * kernel**2 * before // groups


WRONG = {
    "balanced": [
        (even_in_all, "not inside each data set"),
        (lambda t: t, "Not yet"),
        (with_copies, "twice"),
        (same_everywhere, "smaller class of its own"),
        (lambda t: t["label"], "as a table"),
    ],
    "neighbour_swap": [
        (clip_first, "Where does your clip stand"),
        (of_the_neighbours, "*same*"),
        (not_abs, "abs"),
        (lambda s, c, n, o: 0.0, "mixes the whole batch"),
        (lambda s, c, n, o: s(n), "one number"),
    ],
    "conv_macs": [
        (lambda s, k, b, a, g: macs(s, k, b, a, 1), "without groups"),
        (lambda s, k, b, a, g: k**2 * b * a // g, "one place"),
        (lambda s, k, b, a, g: s**2 * k**2 * b // g, "one filter"),
        (lambda s, k, b, a, g: 2 * macs(s, k, b, a, g), "addition"),
        (lambda s, k, b, a, g: 7, "torch counts"),
    ],
}
