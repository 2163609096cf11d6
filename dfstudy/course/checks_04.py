"""The checks of lesson 04's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.training.rule import Rule
from dfstudy.video.flow import photometric_error, warp


def doubled(answer: Callable | None) -> Status:
    """Exercise 1: `doubled(flows)` makes T flows of T - 1, the first one twice."""

    def test(doubled: Callable) -> None:
        rng = np.random.default_rng(0)
        for n in (15, 7, 1):
            flows = rng.normal(size=(n, 4, 6, 2)).astype(np.float16)
            got = np.asarray(doubled(flows))
            expect(
                got.shape != flows.shape,
                f"Your clip has {n} flows; the first one is missing its twin:"
                f" {n + 1} frames need {n + 1}.",
            )
            expect(
                got.shape == (n + 1, *flows.shape[1:]),
                f"{n + 1} frames of a clip need flows {(n + 1, *flows.shape[1:])}, you"
                f" gave {got.shape}: stack along the first axis.",
            )
            expect(
                n == 1 or not np.array_equal(got, np.concatenate([flows, flows[-1:]])),
                "You doubled the last flow. Then every frame has the flow that leaves"
                " it; S1's frames have the one that arrives, and only the first frame"
                " has none.",
            )
            expect(
                got[0].any(),
                "Your first flow is zero: a still picture where nothing stands still."
                " S1 repeats the first flow instead.",
            )
            expect(
                np.array_equal(got, np.concatenate([flows[:1], flows])),
                "The first flow twice, then the others, in their order.",
            )

    return check(answer, test, name="Exercise 1")


def left_over(answer: Callable | None) -> Status:
    """Exercise 2: `left_over(a, b, flow)`, the photometric error in grey levels."""

    def test(left_over: Callable) -> None:
        rng = np.random.default_rng(1)
        # Bright on the left, so that a difference of uint8 would wrap round.
        a = rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)
        b = np.roll(a, 3, axis=1)  # everything goes 3 pixels to the right
        right = np.zeros((24, 32, 2), np.float32)
        right[..., 0] = 3
        got = float(left_over(a, b, right))
        plain = float(np.abs(a.astype(float) - b).mean())
        expect(
            not np.isclose(got, plain, rtol=1e-4),
            "This is the difference of the two frames as they are. Draw the second one"
            " back along the flow first: warp(b, flow).",
        )
        wrong_way = float(np.abs(b - warp(a, right)).mean())
        expect(
            not np.isclose(got, wrong_way, rtol=1e-4),
            "You warped the first frame. The flow says where a's pixels went, so it is"
            " b that has to be drawn back.",
        )
        everywhere = float(np.abs(a - warp(b, right)).mean())
        expect(
            not np.isclose(got, everywhere, rtol=1e-4),
            "On the right your pixels leave the picture, and what they are compared"
            " with is a repeated edge: count only those that land inside.",
        )
        expect(
            np.isclose(got, 0, atol=1e-3),
            f"b is a, moved 3 pixels to the right, and the flow says so: nothing is"
            f" left over, but you have {got:.1f} grey levels.",
        )
        for _ in range(5):
            b = rng.integers(0, 256, a.shape, dtype=np.uint8)
            flow = rng.uniform(-4, 4, (24, 32, 2)).astype(np.float32)
            got, want = float(left_over(a, b, flow)), photometric_error(a, b, flow)
            expect(
                np.isclose(got, want, rtol=1e-3),
                f"For a random flow it should be {want:.2f} grey levels, yours is"
                f" {got:.2f}: the mean of |a - warped b| over pixels and colours, with"
                " 0 <= x + dx <= width - 1, and the same for y.",
            )

    return check(answer, test, name="Exercise 2")


def noisy_or(answer: Callable | None) -> Status:
    """Exercise 3: `noisy_or(scores)`, the chance that any frame is fake."""

    def test(noisy_or: Callable) -> None:
        scores = np.array([0.5, 0.2, 0.1])
        got = float(noisy_or(scores))
        expect(
            not np.isclose(got, scores.prod()),
            "The product of the scores is the chance that *all* frames are fake. Ask"
            " first for the chance that none is.",
        )
        expect(
            not np.isclose(got, (1 - scores).prod()),
            "This is the chance that no frame is fake. What is left to 1?",
        )
        expect(
            not np.isclose(got, scores.max()),
            "This is the highest score: the other frames are heard, too.",
        )
        expect(
            not np.isclose(got, scores.sum()),
            "Chances add up only where two things cannot happen together; a sum goes"
            " above 1.",
        )
        expect(
            float(noisy_or(np.array([0.3, 1.0]))) == 1,
            "A frame with a score of 1 is fake for certain, and then so is the video.",
        )
        rng = np.random.default_rng(2)
        for n in (1, 2, 16):
            scores = rng.random(n)
            want = Rule("noisy_or", None).aggregate(scores)
            expect(
                np.isclose(float(noisy_or(scores)), want),
                f"For the scores {scores.round(2)} it should be {want:.3f}.",
            )

    return check(answer, test, name="Exercise 3")
