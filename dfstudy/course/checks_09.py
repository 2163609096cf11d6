"""The checks of lesson 09's exercises; each tells what to look at again."""

from collections.abc import Callable
from itertools import combinations

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.frameworks import import_torchvision


def brighter(answer: Callable | None) -> Status:
    """Exercise 1: `brighter(clip, rng)` changes all frames of a clip by one factor."""

    def test(brighter: Callable) -> None:
        rng = np.random.default_rng(0)
        factors = []
        for frames, size in ((5, 8), (2, 16), (8, 4)) * 4:
            frame = rng.integers(60, 180, (size, size, 3), dtype=np.uint8)
            clip = np.repeat(frame[None], frames, axis=0)
            before = clip.copy()
            got = np.asarray(brighter(clip, np.random.default_rng(rng.integers(1000))))
            expect(
                np.array_equal(clip, before),
                "Your function changed the clip that it was given: make a new one.",
            )
            expect(
                got.shape == clip.shape,
                f"A clip of {clip.shape} came back as {got.shape}.",
            )
            expect(
                got.dtype == np.uint8,
                f"Frames are uint8; yours came back as {got.dtype}.",
            )
            expect(
                (got == got[:1]).all(),
                "The clip was one frame over and over, and now its frames differ: draw"
                " the factor once a clip, not once a frame. A flicker is a forgery.",
            )
            factors.append(got.mean() / clip.mean())
        expect(
            min(factors) >= 0.88 and max(factors) <= 1.12,
            f"The factors go from {min(factors):.2f} to {max(factors):.2f}; they should"
            " stay between 0.9 and 1.1.",
        )
        expect(
            np.std(factors) > 0.02,
            "Every clip got the same factor: draw it from rng.",
        )
        white = np.full((3, 4, 4, 3), 250, dtype=np.uint8)
        bright = [brighter(white, np.random.default_rng(s)) for s in range(20)]
        expect(
            min(np.min(b) for b in bright) > 200,
            "White pixels turned dark: 250 * 1.1 does not fit into uint8 and starts"
            " again at 0. Clip to 255 before you go back to uint8.",
        )

    return check(answer, test, name="Exercise 1")


def focal(answer: Callable | None) -> Status:
    """Exercise 2: `focal(p, labels, alpha, gamma)`, the mean focal loss."""

    def test(focal: Callable) -> None:
        import_torchvision()
        import torch
        from torchvision.ops import sigmoid_focal_loss

        rng = np.random.default_rng(0)
        for alpha, gamma in ((0.25, 2.0), (0.7, 1.0), (0.5, 0.0)):
            p = rng.uniform(0.05, 0.95, 12)
            labels = rng.integers(0, 2, 12)
            labels[:2] = 0, 1

            def of(right, weight, gamma=gamma):
                return float(np.mean(weight * (1 - right) ** gamma * -np.log(right)))

            right = np.where(labels == 1, p, 1 - p)
            weight = np.where(labels == 1, alpha, 1 - alpha)
            got = float(np.mean(focal(p, labels, alpha, gamma)))
            theirs = sigmoid_focal_loss(
                torch.from_numpy(np.log(p / (1 - p))),
                torch.from_numpy(labels.astype(float)),
                alpha=alpha,
                gamma=gamma,
                reduction="mean",
            )
            expect(
                not (gamma > 0 and np.isclose(got, of(right, weight, 0))),
                "This is cross-entropy with weights: what is right already counts in"
                " full. Multiply by (1 - p of the true class) ** gamma.",
            )
            expect(
                not (alpha != 0.5 and np.isclose(got, of(right, alpha))),
                f"You weigh every video by {alpha}. Only a fake weighs alpha; a real"
                " weighs 1 - alpha.",
            )
            expect(
                not np.isclose(got, of(p, weight)) or np.allclose(p, right),
                "You took p for reals, too. p is the probability of *fake*; that of"
                " the true class of a real is 1 - p.",
            )
            swapped = np.where(labels == 1, 1 - alpha, alpha)
            expect(
                not (alpha != 0.5 and np.isclose(got, of(right, swapped))),
                "The weights are swapped: alpha is that of a fake.",
            )
            expect(
                np.isclose(got, float(theirs)),
                f"At alpha {alpha} and gamma {gamma} torchvision has"
                f" {float(theirs):.4f}, you {got:.4f}: the mean of"
                " weight * (1 - q)**gamma * -log(q), q of the true class.",
            )

    return check(answer, test, name="Exercise 2")


def best_of(answer: Callable | None) -> Status:
    """Exercise 3: `best_of(values, n)`, the expected highest of n different runs."""

    def test(best_of: Callable) -> None:
        rng = np.random.default_rng(0)
        for number, n in ((5, 1), (5, 2), (6, 3), (5, 4), (4, 4)):
            values = rng.uniform(0.7, 0.95, number)
            every = [max(some) for some in combinations(values, n)]
            got = float(best_of(values.copy(), n))
            again = [values[list(at)].max() for at in np.ndindex(*[number] * n)]
            where = f"the best of {n} out of {number} runs"
            expect(
                n == number or not np.isclose(got, values.max()),
                f"For {where} you give the best of all {number}: with fewer tries the"
                " best one is not always among them.",
            )
            expect(
                n == number or not np.isclose(got, values[:n].max()),
                f"For {where} you took the first {n}. The order of runs means nothing:"
                " average over every choice of them.",
            )
            expect(
                n == 1 or not np.isclose(got, values.mean()),
                f"For {where} you give the mean run; each choice has its *highest*.",
            )
            expect(
                n == 1 or not np.isclose(got, np.mean(again)),
                f"For {where} you let one run be drawn twice: they are different runs.",
            )
            expect(
                np.isclose(got, np.mean(every), atol=2e-3),
                f"For {where}, {values.round(3)}, it is {np.mean(every):.4f}: the mean"
                f" of the highest, over every choice of {n}. You have {got:.4f}.",
            )

    return check(answer, test, name="Exercise 3")


def next_step(answer: Callable | None) -> Status:
    """Exercise 4: `next_step()` gives S3's own proposal: a family and a Variant."""

    def test(next_step: Callable) -> None:
        from dfstudy.models import xception_lstm
        from dfstudy.training.fitted import Variant

        got = next_step()
        expect(
            isinstance(got, tuple | list)
            and len(got) == 2
            and isinstance(got[1], Variant),
            'Give two things back: the name of a family and a Variant, as ("xception",'
            " Variant()).",
        )
        model, variant = got
        expect(
            model == xception_lstm.NAME,
            f"You train {model!r}; S3 wants to go on with its best model, the one with"
            " the LSTM.",
        )
        expect(
            variant.shape.get("reader", "lstm") == "lstm",
            "That is the control without a memory; S3 goes on with the LSTM.",
        )
        paper = xception_lstm.PAPER
        loss = dict(variant.loss)
        expect(
            loss.get("gamma") == paper.gamma
            and loss.get("alpha", paper.alpha) == paper.alpha,
            f"The loss should be focal: its gamma is that of E3; you have {loss}.",
        )
        expect(
            variant.longer != 15,
            "`longer` is a factor, not a number of epochs.",
        )
        expect(
            np.isclose(variant.longer * paper.epochs, 15),
            f"S3 trained {paper.epochs} epochs and wants 15; `longer` is by how much"
            f" more: {variant.longer:g} makes {variant.longer * paper.epochs:g}.",
        )

    return check(answer, test, name="Exercise 4")
