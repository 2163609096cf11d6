"""The checks of lesson 16's exercises; each tells what to look at again."""

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from dfstudy.course.exercises import Status, check, expect

NAME, DATA = "shard-000000.tar", b"all the frames of sixty-four videos"


class Shelf:
    """A store of files in which the power may fail: see `step`.

    Args:
        lives: operations until the power fails; None: it never does.
    """

    def __init__(self, lives: int | None = None):
        self.files: dict[str, bytes] = {}
        self.lives = lives
        self.torn = False  # whether half a file was ever seen under the shard's name

    def exists(self, name: str) -> bool:
        """Whether there is such a file, whole or not."""
        self._spend()
        return name in self.files

    def write(self, name: str, data: bytes) -> None:
        """Byte after byte: when the power fails, half of the file is there."""
        self.files[name] = data[: len(data) // 2]
        self._look()
        self._spend()
        self.files[name] = data

    def rename(self, old: str, new: str) -> None:
        """In one step: the file has its new name, or still its old one."""
        self._spend()
        if old not in self.files:
            raise FileNotFoundError(old)
        self.files[new] = self.files.pop(old)

    def _spend(self) -> None:
        if self.lives == 0:
            raise PowerFailure("the power failed")
        if self.lives is not None:
            self.lives -= 1

    def _look(self) -> None:
        self.torn |= self.files.get(NAME, DATA) != DATA


class PowerFailure(Exception):
    """The worker is gone, in the middle of what it did."""


def step(answer: Callable | None) -> Status:
    """Exercise 1: `step(shelf, name, make)` makes a file once, and never half."""

    def test(step: Callable) -> None:
        made = []

        def make() -> bytes:
            made.append(1)
            return DATA

        shelf = Shelf()
        said = step(shelf, NAME, make)
        expect(
            shelf.files.get(NAME) == DATA,
            f"After a quiet run {NAME} is to hold what `make` gives; there are"
            f" {sorted(shelf.files) or 'no files'}.",
        )
        expect(said is True, f"It had to make the file: return True, not {said!r}.")
        expect(
            set(shelf.files) == {NAME},
            f"Beside {NAME} it leaves {sorted(set(shelf.files) - {NAME})}.",
        )
        said = step(shelf, NAME, make)
        expect(
            len(made) == 1,
            "The second call makes the file again: hours of decoding, for what is there"
            " already. Ask `shelf.exists` first.",
        )
        expect(said is False, f"It had nothing to make: return False, not {said!r}.")
        for lives in range(8):
            shelf = Shelf(lives)
            with suppress(PowerFailure):
                step(shelf, NAME, make)
            expect(
                not shelf.torn and shelf.files.get(NAME, DATA) == DATA,
                f"The power failed, and half a file lies there as {NAME}. Whoever comes"
                " next takes it for whole. Write under another name; then `rename`.",
            )
            shelf.lives = None
            step(shelf, NAME, make)
            expect(
                shelf.files.get(NAME) == DATA,
                f"The power failed after {lives} operations, and the next call did not"
                " mend it.",
            )

    return check(answer, test, name="Exercise 1")


def share(answer: Callable | None) -> Status:
    """Exercise 2: `share(batch, rank, ranks)` is this rank's part of a batch."""

    def test(share: Callable) -> None:
        for n, ranks in ((12, 4), (12, 1), (10, 4), (7, 3), (64, 6)):
            batch = [f"video-{i}" for i in range(n)]
            parts = [list(share(list(batch), rank, ranks)) for rank in range(ranks)]
            every = [item for part in parts for item in part]
            sizes = [len(part) for part in parts]
            lost = [item for item in batch if item not in every]
            told = f"{n} items on {ranks} ranks make shares of {sizes}"
            expect(set(every) <= set(batch), f"{told}, with items that no batch has.")
            expect(
                not lost,
                f"{told}: nobody sees {', '.join(lost[:3])}. What is left over in a"
                " whole division is lost in every batch.",
            )
            expect(
                len(every) <= n or len(set(sizes)) != 1 or sizes[0] != n or ranks == 1,
                f"{told}: every rank sees all of it. They do the same work, and nothing"
                " is faster.",
            )
            expect(
                len(every) == n,
                f"{told}: {len(every) - n} come twice. It keeps the shares equal, and a"
                " test counts those videos double.",
            )
            expect(
                max(sizes) - min(sizes) <= 1,
                f"{told}: the others wait for the rank that has the most.",
            )

    return check(answer, test, name="Exercise 2")


def together(answer: Callable | None) -> Status:
    """Exercise 3: `together(gradients, counts)` is the gradient of the whole batch."""

    def test(together: Callable) -> None:
        rng = np.random.default_rng(0)
        for counts in ((4, 4), (3, 2), (5, 5, 1), (1, 0)):
            each = rng.normal(size=(sum(counts), 3))  # of single videos
            ends = np.cumsum(counts)
            parts = np.split(each, ends[:-1])
            means = [part.mean(axis=0) if len(part) else np.zeros(3) for part in parts]
            right = each.mean(axis=0)
            got = np.asarray(together(list(means), list(counts)), float)
            told = f"Shares of {list(counts)} videos"
            expect(
                got.shape == (3,), f"{told}: a gradient has the shape of one rank's."
            )
            expect(
                not np.allclose(got, np.sum(means, axis=0)) or np.allclose(got, right),
                f"{told}: you add the ranks' means: a step that grows with every rank.",
            )
            expect(
                not np.allclose(got, np.mean(means, axis=0)) or np.allclose(got, right),
                f"{told}: in your mean over ranks a video of a small share weighs more."
                " Weigh each rank by its videos.",
            )
            expect(
                np.allclose(got, right),
                f"{told}: the mean over all videos is {np.round(right, 3)}, yours is"
                f" {np.round(got, 3)}.",
            )

    return check(answer, test, name="Exercise 3")
