"""The checks of lesson 07's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.models import inflate_keras


def inflate_kernel(answer: Callable | None) -> Status:
    """Exercise 1: `inflate_kernel(flat, depth)` is (depth, k, k, I, O)."""

    def test(inflate_kernel: Callable) -> None:
        ops = inflate_keras.keras.ops
        rng = np.random.default_rng(0)
        for k, depth, channels in ((3, 5, 1), (3, 3, 2), (5, 3, 3)):
            flat = rng.normal(size=(k, k, channels, 4)).astype(np.float32)
            got = np.asarray(inflate_kernel(flat.copy(), depth), np.float32)
            expect(
                got.shape == (depth, *flat.shape),
                f"A filter {flat.shape} and a depth of {depth} should give"
                f" {(depth, *flat.shape)}; yours is {got.shape}: time comes first.",
            )
            # A video that stands still: every frame is the same picture.
            picture = rng.normal(size=(1, 9, 9, channels)).astype(np.float32)
            still = np.repeat(picture[:, None], depth, axis=1)
            frame = np.asarray(ops.conv(picture, flat, padding="valid"))
            clip = np.asarray(ops.conv(still, got, padding="valid"))[:, 0]
            expect(
                depth == 1 or not np.allclose(clip, depth * frame, atol=1e-3),
                f"On a video that stands still your filter answers {depth} times what"
                " the 2D one answers of the frame: divide.",
            )
            expect(
                np.allclose(clip, frame, atol=1e-3),
                "On a video that stands still, the 3D filter should answer what the 2D"
                " one answers of the frame: its slices must add up to the 2D filter.",
            )
            expect(
                np.allclose(got, got[:1]),
                "Right on a video that stands still; but your slices differ, and I3D"
                " gives every frame the same weight to begin with.",
            )

    return check(answer, test, name="Exercise 1")


def reach(answer: Callable | None) -> Status:
    """Exercise 2: `reach(layers)`: frames that one number of the last maps has seen."""

    def test(reach: Callable) -> None:
        for layers in ([(3, 1)], [(3, 1), (3, 1)], [(3, 2), (3, 2), (3, 1)], [(7, 4)]):
            right, got = inflate_keras.reach(layers), reach(list(layers))
            plain = 1 + sum(kernel - 1 for kernel, _ in layers)
            expect(
                got != sum(kernel for kernel, _ in layers) or got == right,
                f"For {layers} you added the kernels up; each adds kernel - 1 to one.",
            )
            expect(
                got != plain or plain == right,
                f"For {layers} you say {got}: after a stride of 2, a neighbour is two"
                " frames away, so what a later kernel adds counts twice.",
            )
            expect(got == right, f"For {layers} it is {right}; yours is {got}.")

    return check(answer, test, name="Exercise 2")


def class_activation(answer: Callable | None) -> Status:
    """Exercise 3: `class_activation(maps, weights)` is heat (T, H, W)."""

    def test(class_activation: Callable) -> None:
        rng = np.random.default_rng(1)
        for shape in ((4, 7, 7, 10), (2, 4, 6, 4), (1, 1, 1, 3)):
            maps = rng.random(shape)
            weights = rng.normal(size=shape[-1])
            got = np.asarray(class_activation(maps.copy(), weights.copy()), float)
            expect(
                got.shape == shape[:-1],
                f"Of maps {shape} the heat should be {shape[:-1]}, one number a place;"
                f" yours is {got.shape}. Add up over the channels alone.",
            )
            expect(
                not np.allclose(got, maps.mean(axis=-1)),
                "You took the mean over the channels, as if each spoke for a fake as"
                " much as any other: weigh them.",
            )
            expect(
                shape[-1] == 1 or not np.allclose(got, (maps * weights).mean(axis=-1)),
                "Nearly: add the weighted channels up instead of taking their mean, so"
                " that the heat is in parts of the logit.",
            )
            logit = maps.mean(axis=(0, 1, 2)) @ weights
            expect(
                np.isclose(got.mean(), logit),
                f"The mean of your heat over all places is {got.mean():.3f}; averaged"
                f" first and weighed then, the same maps give {logit:.3f}. Both should"
                " be the logit (without its bias).",
            )
            expect(
                np.allclose(got, maps @ weights),
                "The mean is right, the places are not: weigh the channels of each.",
            )

    return check(answer, test, name="Exercise 3")
