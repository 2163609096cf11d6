"""Lesson 06: wrong answers that are typical, and words that the check must say."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_blind(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_gates_swapped(x, h, c, w, u, b):
    f, i, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_without_tanh(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * c, c


def lstm_step(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_forgets_all(x, h, c, w, u, b):
    return lstm_step(x, h, 0 * c, w, u, b)


def padded_changes(x):
    return np.abs(np.diff(x, axis=0, prepend=np.zeros((1, x.shape[1]))))


def changes(x):
    step = np.abs(np.diff(x, axis=0))
    return np.concatenate([step[:1], step])


def signed_changes(x):
    step = np.diff(x, axis=0)
    return np.concatenate([step[:1], step])


WRONG = {
    "lstm_step": [
        (lstm_blind, "h @ U"),
        (lstm_gates_swapped, "order i, f, g, o"),
        (lstm_without_tanh, "through a tanh"),
        (lstm_forgets_all, "sigmoid(f) * c"),
        (lambda x, h, c, w, u, b: h, "two things"),
    ],
    "lstm_parameters": [
        (lambda i, u: u * (i + u + 1), "four gates"),
        (lambda i, u: 4 * u * (i + u), "bias"),
        (lambda i, u: 8 * u * (i + u + 1), "4 units"),
    ],
    "changes": [
        (lambda x: np.abs(np.diff(x, axis=0)), "none"),
        (signed_changes, "np.abs"),
        (padded_changes, "of its own"),
        (lambda x: changes(x.T).T, "first axis"),
    ],
}
