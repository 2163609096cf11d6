"""The checks of lesson 06's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np

from dfstudy.course.exercises import Status, check, expect
from dfstudy.frameworks import import_keras


def lstm_step(answer: Callable | None) -> Status:
    """Exercise 1: `lstm_step(x, h, c, W, U, b)` gives the next (h, c)."""

    def test(lstm_step: Callable) -> None:
        keras = import_keras()
        rng = np.random.default_rng(0)
        for inputs, units in ((5, 3), (4, 4), (1, 6)):
            cell = keras.layers.LSTMCell(units)
            cell.build((None, inputs))
            shapes = [(inputs, 4 * units), (units, 4 * units), (4 * units,)]
            weights = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
            cell.set_weights(weights)
            x = rng.normal(size=inputs).astype(np.float32)
            h, c = (rng.normal(size=units).astype(np.float32) for _ in range(2))
            _, (right_h, right_c) = cell(x[None], [h[None], c[None]])
            right_h, right_c = np.asarray(right_h)[0], np.asarray(right_c)[0]
            got = lstm_step(x, h, c, *weights)
            expect(
                isinstance(got, tuple | list) and len(got) == 2,
                "Give two things back: the new state h and the new memory c.",
            )
            new_h, new_c = (np.asarray(part, float) for part in got)
            expect(
                new_h.shape == new_c.shape == (units,),
                f"State and memory have {units} numbers here; yours have"
                f" {new_h.shape} and {new_c.shape}.",
            )
            blind = _gates(x, np.zeros_like(h), *weights)
            expect(
                not np.allclose(new_c, _memory(c, *blind[:3]), atol=1e-4),
                "The state h makes no difference to you: add h @ U to x @ W.",
            )
            i, f, g, o = _gates(x, h, *weights)
            expect(
                not np.allclose(new_c, _memory(c, f, i, g), atol=1e-4),
                "You swapped two gates: Keras has them in the order i, f, g, o, and f"
                " is the one that decides what stays of c.",
            )
            expect(
                np.allclose(new_c, right_c, atol=1e-4),
                f"The new memory is {right_c.round(3)} in Keras and {new_c.round(3)} in"
                " yours: c' = sigmoid(f) * c + sigmoid(i) * tanh(g).",
            )
            expect(
                not np.allclose(new_h, _sigmoid(o) * new_c, atol=1e-4),
                "The memory is right; on its way out it goes through a tanh.",
            )
            expect(
                np.allclose(new_h, right_h, atol=1e-4),
                f"The memory is right, the state is not: {right_h.round(3)} in Keras,"
                f" {new_h.round(3)} in yours: h' = sigmoid(o) * tanh(c').",
            )

    return check(answer, test, name="Exercise 1")


def lstm_parameters(answer: Callable | None) -> Status:
    """Exercise 2: `lstm_parameters(inputs, units)` counts the numbers of an LSTM."""

    def test(lstm_parameters: Callable) -> None:
        keras = import_keras()
        for inputs, units in ((128, 512), (3, 5), (1, 1)):
            layer = keras.layers.LSTM(units)
            layer.build((None, None, inputs))
            right, got = layer.count_params(), lstm_parameters(inputs, units)
            where = f"{inputs} inputs and {units} units"
            expect(
                4 * got != right,
                f"With {where} you count {got:,}: that is one of the four gates.",
            )
            expect(
                got != right - 4 * units,
                f"With {where} you count {got:,}: every gate has a bias, too.",
            )
            expect(
                got == right,
                f"With {where} Keras has {right:,} numbers and you count {got:,}: W is"
                " inputs x 4 units, U is units x 4 units, b is 4 units.",
            )

    return check(answer, test, name="Exercise 2")


def changes(answer: Callable | None) -> Status:
    """Exercise 3: `changes(features)` is |x[t] - x[t-1]| of (T, F), as long as it."""

    def test(changes: Callable) -> None:
        rng = np.random.default_rng(1)
        for frames, size in ((16, 5), (2, 3), (5, 5)):
            x = rng.normal(size=(frames, size))
            got = np.asarray(changes(x.copy()), float)
            step = np.diff(x, axis=0)
            expect(
                got.shape != step.shape,
                f"{frames} frames have {frames - 1} changes. The first frame has none"
                " before it: give it that of the second, so that each frame has one.",
            )
            expect(
                got.shape == x.shape,
                f"Of features {x.shape} you make {got.shape}; each frame should have"
                " as many changes as features.",
            )
            expect(
                (got >= 0).all(),
                "Some of your changes are below 0: take how large they are, np.abs."
                " Up and down would cancel where they are added up.",
            )
            expect(
                np.allclose(got[1:], np.abs(step)),
                "From the second frame on it should be |x[t] - x[t-1]|: time is the"
                " first axis.",
            )
            expect(
                np.allclose(got[0], got[1]),
                "The first frame has none before it: it gets the change of the second,"
                " not one of its own that a network would have to learn to ignore.",
            )

    return check(answer, test, name="Exercise 3")


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _gates(x, h, w, u, b) -> list[np.ndarray]:
    return np.split(x @ w + h @ u + b, 4)


def _memory(c, i, f, g) -> np.ndarray:
    return _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
