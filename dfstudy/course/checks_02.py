"""The checks of lesson 02's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.video.region import frame_score
from dfstudy.video.sample import even_indices
from dfstudy.video.track import Detection


def spread(answer: Callable | None) -> Status:
    """Exercise 1: `spread(n_frames, k)` gives `k` evenly spaced indices."""

    def test(spread: Callable) -> None:
        for n_frames in (300, 48, 17, 16, 7, 1):
            got = np.asarray(spread(n_frames, 16))
            expect(
                got.shape == (16,),
                f"Of a video of {n_frames} frames you gave {got.shape} indices where"
                " 16 were asked for: use np.arange(k) for i.",
            )
            expect(
                np.issubdtype(got.dtype, np.integer),
                f"An index is a whole number; yours are {got.dtype}. Round down with"
                " np.floor, then .astype(int).",
            )
            expect(
                got.max() < n_frames,
                f"A video of {n_frames} frames ends at frame {n_frames - 1}; you asked"
                f" for frame {got.max()}. Clip the last index.",
            )
            expect(got.min() >= 0, f"There is no frame {got.min()}: clip at 0.")
            expect(
                n_frames < 32 or got[-1] > n_frames * 0.9,
                f"Of {n_frames} frames you looked at none after {got[-1]}: these are"
                " the first frames, not evenly spaced ones.",
            )
            right = even_indices(n_frames, 16)
            expect(
                np.array_equal(got, right),
                f"For {n_frames} frames yours begin {got[:4]}, the formula gives"
                f" {right[:4]}: the half goes with i, inside the brackets, and one more"
                " half before rounding down.",
            )

    return check(answer, test, name="Exercise 1")


def score(answer: Callable | None) -> Status:
    """Exercise 2: `score(box, confidence, height, width)` of one face, as in S0."""

    def test(score: Callable) -> None:
        height, width = 100, 160
        boxes = {
            "all inside": (40, 20, 80, 70),
            "half out on the left": (-20, 20, 20, 70),
            "over the lower right corner": (140, 80, 180, 140),
            "wider than the frame": (-20, 20, 180, 60),
            "outside": (170, 20, 190, 60),
            "outside at a corner": (170, 110, 190, 130),
        }
        for confidence in (1.0, 0.9):
            for where, corners in boxes.items():
                box = np.array(corners, dtype=float)
                got = float(score(box, confidence, height, width))
                face = Detection(box, confidence, np.full((5, 2), np.nan))
                inside = frame_score([face], height, width) / confidence
                side = box[2:] - box[:2]
                expect(
                    got <= 1,
                    f"A box that is {where} scores {got:.2f}; no share is more than 1:"
                    " divide by the area of the box.",
                )
                expect(
                    inside == 1 or not np.isclose(got, confidence),
                    f"A box that is {where} scores as if all of it were to be seen:"
                    " multiply by the share of its area inside the frame.",
                )
                expect(
                    inside > 0 or got == 0,
                    f"A box that is {where} scores {got:.2f}, and nothing of it is to"
                    " be seen: clip its corners to the frame before taking the area.",
                )
                expect(
                    inside < 1 or not np.isclose(got, side.prod() / (height * width)),
                    "You gave the share of the frame that the box covers; asked for is"
                    " the share of the box that is in the frame.",
                )
                expect(
                    confidence == 1 or inside == 0 or not np.isclose(got, inside),
                    "Two boxes at one place score the same whatever the detector's"
                    " confidence: multiply by it.",
                )
                expect(
                    np.isclose(got, confidence * inside),
                    f"A box that is {where}, with confidence {confidence}, scores"
                    f" {got:.2f} where {confidence * inside:.2f} is right.",
                )

    return check(answer, test, name="Exercise 2")


def square(answer: Callable | None) -> Status:
    """Exercise 3: `square(box, margin)` gives the square to cut around a face."""

    def test(square: Callable) -> None:
        rng = np.random.default_rng(0)
        for margin in (0.0, 0.3, 0.6):
            corner, size = rng.uniform(50, 90, 2), rng.uniform(30, 60, 2)
            box = np.array([*corner, *(corner + size)])
            got = np.asarray(square(box, margin), dtype=float)
            expect(got.shape == (4,), f"A box has four numbers; yours has {got.shape}.")
            width, height = got[2:] - got[:2]
            expect(
                np.isclose(width, height),
                f"Yours is {width:.1f} wide and {height:.1f} high: a square takes the"
                " longer side of the box for both.",
            )
            expect(
                np.allclose((got[:2] + got[2:]) / 2, (box[:2] + box[2:]) / 2),
                "The middle moved: keep that of the box, and go half a side each way.",
            )
            want = max(size) * (1 + 2 * margin)
            once = max(size) * (1 + margin)
            expect(
                margin == 0 or not np.isclose(width, once),
                f"With a margin of {margin:.0%} the side grew once; it grows at each of"
                " its two ends.",
            )
            expect(
                np.isclose(width, want),
                f"The side is {width:.1f} where it should be {want:.1f}: the longer"
                " side times (1 + 2 x margin).",
            )

    return check(answer, test, name="Exercise 3")
