"""The checks of lesson 13's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from dfstudy.course.exercises import Status, check, expect
from dfstudy.metrics.scores import auroc


def cut_groups(answer: Callable | None) -> Status:
    """Exercise 1: `cut_groups(videos)` names the groups that are in several parts."""

    def test(cut_groups: Callable) -> None:
        honest = _dealt("aabbcc", "train train val val test test")
        got = sorted(cut_groups(honest))
        expect(
            not got,
            f"Every group of these six videos is in one part, and you name {got}.",
        )
        leaky = _dealt("aabbcc", "train test val val test test")
        got = sorted(cut_groups(leaky))
        expect(
            got,
            "Two videos of group 'a' are in different parts, and you name none. No"
            " *video* is in two parts: look at the groups.",
        )
        expect(got == ["a"], f"Only group 'a' is cut here; you name {got}.")
        hidden = _dealt("aabbcc", "train val val val test test")
        expect(
            sorted(cut_groups(hidden)) == ["a"],
            "Group 'a' is in training and in validation, and you do not name it: what"
            " is chosen on such a validation part is chosen on known people.",
        )
        frames = pd.concat([leaky] * 3, ignore_index=True)
        expect(
            sorted(cut_groups(frames)) == ["a"],
            "With several frames of each video you name"
            f" {sorted(cut_groups(frames))}: each group once is enough.",
        )

    return check(answer, test, name="Exercise 1")


def marked(answer: Callable | None) -> Status:
    """Exercise 2: `marked(labels, share, rng)` plants a shortcut."""

    def test(marked: Callable) -> None:
        rng = np.random.default_rng(0)
        labels = np.repeat([0, 1], [4000, 2000])
        got = np.asarray(marked(labels, 0.8, rng))
        expect(
            got.shape == labels.shape and set(np.unique(got)) <= {0, 1},
            f"One True or False a video: yours has shape {got.shape}.",
        )
        fakes, reals = got[labels == 1].mean(), got[labels == 0].mean()
        expect(
            abs(fakes - reals) > 0.05,
            f"{fakes:.0%} of the fakes are marked and {reals:.0%} of the reals: such a"
            " mark says nothing of the label.",
        )
        expect(
            abs(fakes - 0.8) < 0.05,
            f"{fakes:.0%} of the fakes are marked, and the share asked for is 80 %.",
        )
        expect(
            abs(reals - 0.2) < 0.05,
            f"{reals:.0%} of the reals are marked: 1 - share of them are to be, so that"
            " the mark is wrong for both classes equally often.",
        )
        other = np.asarray(marked(labels, 0.8, rng))
        expect(
            (other != got).any(),
            "A second draw marks the very same videos: draw with the `rng` given.",
        )
        # That is what it tells by itself: TPR 0.8 at FPR 0.2.
        area = auroc(labels, got + 1e-6 * rng.random(len(got)))
        expect(abs(area - 0.8) < 0.05, f"The mark alone has an AUROC of {area:.2f}.")

    return check(answer, test, name="Exercise 2")


def limit(answer: Callable | None) -> Status:
    """Exercise 3: `limit(probabilities, alpha)` is the conformal limit of the reals."""

    def test(limit: Callable) -> None:
        rng = np.random.default_rng(1)
        for n, alpha in ((19, 0.1), (48, 0.1), (99, 0.05), (9, 0.1)):
            p = rng.permutation(np.sort(rng.random(n)))
            right = np.sort(p)[int(np.ceil(round((n + 1) * (1 - alpha), 9))) - 1]
            got = float(limit(p, alpha))
            where = f"Of {n} reals at alpha = {alpha:g}"
            below = int((p <= got).sum())
            wanted = int((p <= right).sum())
            expect(
                got in p,
                f"{where} your limit {got:.3f} is none of their P(fake): nothing is"
                " interpolated, it is the k-th smallest of them.",
            )
            expect(
                below != int(np.ceil(n * (1 - alpha))) or below == wanted,
                f"{where} you keep {below}, which is a share of {n}. The video to come"
                f" is one more: k is the next whole number from ({n} + 1)(1 - alpha).",
            )
            expect(
                below == wanted,
                f"{where} you keep {below} below the limit, and {wanted} are to be:"
                " mind that Python counts from 0.",
            )

    return check(answer, test, name="Exercise 3")


def _dealt(groups: str, parts: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "video_id": [f"v{i}" for i in range(len(groups))],
            "group": list(groups),
            "split": parts.split(),
        }
    )
