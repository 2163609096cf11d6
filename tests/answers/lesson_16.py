"""Lesson 16: wrong answers that are typical, and words that the check must say."""

import numpy as np


def in_place(shelf, name, make):
    if shelf.exists(name):
        return False
    shelf.write(name, make())
    return True


def again(shelf, name, make):
    shelf.write(f"{name}.part", make())
    shelf.rename(f"{name}.part", name)
    return True


def never_renamed(shelf, name, make):
    if shelf.exists(name):
        return False
    shelf.write(f"{name}.part", make())
    return True


def keeps_the_part(shelf, name, make):
    if shelf.exists(name):
        return False
    data = make()
    for place in (f"{name}.part", f"{name}.old"):
        shelf.write(place, data)
    shelf.rename(f"{name}.part", name)
    return True


def trusts_the_part(shelf, name, make):
    if shelf.exists(name):
        return False
    if not shelf.exists(f"{name}.part"):
        shelf.write(f"{name}.part", make())
    shelf.rename(f"{name}.part", name)
    return True


def whole_division(batch, rank, ranks):
    n = len(batch) // ranks
    return batch[rank * n : (rank + 1) * n]


def padded(batch, rank, ranks):
    more = -len(batch) % ranks
    return (batch + batch[:more])[rank::ranks]


def last_takes_the_rest(batch, rank, ranks):
    n = len(batch) // ranks
    end = len(batch) if rank == ranks - 1 else (rank + 1) * n
    return batch[rank * n : end]


WRONG = {
    "step": [
        (in_place, "half a file lies there"),
        (again, "makes the file again"),
        (never_renamed, "After a quiet run"),
        (keeps_the_part, "Beside shard-000000.tar"),
        (trusts_the_part, "did not mend it"),
    ],
    "share": [
        (whole_division, "nobody sees"),
        (padded, "come twice"),
        (lambda batch, rank, ranks: batch, "the same work"),
        (last_takes_the_rest, "wait for the rank"),
        (lambda batch, rank, ranks: batch if rank == 0 else [], "wait for the rank"),
    ],
    "together": [
        (lambda gradients, counts: np.mean(gradients, axis=0), "weighs more"),
        (lambda gradients, counts: np.sum(gradients, axis=0), "add the ranks' means"),
        (lambda gradients, counts: gradients[0], "the mean over all videos"),
        (lambda gradients, counts: np.mean(gradients), "the shape of one rank's"),
    ],
}
