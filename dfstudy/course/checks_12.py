"""The checks of lesson 12's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.metrics import saliency


def grad_cam(answer: Callable | None) -> Status:
    """Exercise 1: `grad_cam(maps, slopes)` is the map before it is enlarged."""

    def test(grad_cam: Callable) -> None:
        rng = np.random.default_rng(0)
        maps, slopes = rng.random((5, 4, 6)), rng.normal(size=(5, 4, 6))
        slopes -= slopes.mean()  # so that there is heat on either side of 0
        weights = slopes.mean((1, 2))
        whole = np.tensordot(weights, maps, 1)
        right = np.maximum(whole, 0)
        got = np.asarray(grad_cam(maps, slopes), float)
        expect(
            got.shape == right.shape,
            f"One number a place, {right.shape}; yours has {got.shape}: add up over the"
            " maps.",
        )
        expect(
            not np.allclose(got, whole),
            "Some of your heat is below 0: that speaks for real. Cut it off.",
        )
        each = (maps * slopes).sum(0)
        expect(
            not np.allclose(got, np.maximum(each, 0)) and not np.allclose(got, each),
            "You multiply place by place. Grad-CAM has one weight for a whole map: the"
            " mean of its slopes.",
        )
        expect(
            not np.allclose(got, np.maximum(weights[:, None, None] * maps, 0).sum(0)),
            'Add the maps up first, then cut off: what speaks against "fake" at a'
            " place counts against what speaks for it there.",
        )
        expect(
            np.allclose(got, right),
            "The weight of a map is the mean of its slopes, and the heat the sum of the"
            f" weighed maps. At the hottest place you have {got.max():.2f}, and it is"
            f" {right.max():.2f}.",
        )

    return check(answer, test, name="Exercise 1")


def pointing(answer: Callable | None) -> Status:
    """Exercise 2: `pointing(heat, mask)` is the pointing game of one map."""

    def test(pointing: Callable) -> None:
        mask = np.zeros((6, 9), bool)
        mask[1:3, 5:8] = True
        heat = np.full(mask.shape, 0.1)
        heat[2, 7] = 1.0
        expect(
            pointing(heat, mask) == 1,
            "The hottest pixel, row 2 and column 7, is in the mask, and you say it is"
            " not. (np.argmax counts through the whole map: np.unravel_index.)",
        )
        heat[5, 0] = 2.0
        expect(
            pointing(heat, mask) == 0,
            "The hottest pixel is now outside the mask. That there is heat inside, too,"
            " does not count in this game.",
        )
        rng = np.random.default_rng(1)
        for _ in range(40):
            heat, mask = rng.random((7, 5)), rng.random((7, 5)) < 0.4
            right = float(saliency.pointing(heat, mask))
            expect(
                float(pointing(heat, mask)) == right,
                "On a map of random numbers you disagree: only the place of the highest"
                " one counts, 1 inside the mask, 0 outside.",
            )

    return check(answer, test, name="Exercise 2")


def energy(answer: Callable | None) -> Status:
    """Exercise 3: `energy(heat, mask)` is the energy per area."""

    def test(energy: Callable) -> None:
        mask = np.zeros((10, 10), bool)
        mask[:2] = True
        flat = float(energy(np.ones(mask.shape), mask))
        expect(
            not np.isclose(flat, 0.2),
            "A map that is the same everywhere has 0.2 with you, because the mask is a"
            " fifth of the picture. Divide by that share: who knows nothing has 1.",
        )
        expect(
            np.isclose(flat, 1),
            f"A map that is the same everywhere knows nothing: 1, and not {flat:.2f}.",
        )
        heat = np.ones(mask.shape)
        heat[:2] = 3.0  # 60 of 140
        got, right = float(energy(heat, mask)), 60 / 140 / 0.2
        expect(
            not np.isclose(got, 3),
            "You compare inside with outside, which has no upper end. Compare the share"
            " of the heat inside with the share of the area inside.",
        )
        expect(np.isclose(got, right), f"Yours is {got:.2f}, and it is {right:.2f}.")
        expect(
            np.isclose(float(energy(mask * 7.0, mask)), 5),
            "With all of the heat in a fifth of the picture it is 5, the most.",
        )

    return check(answer, test, name="Exercise 3")
