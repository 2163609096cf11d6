"""Lesson 03: wrong answers that are typical, and words that the check must say."""

WRONG = {
    "majority": [
        (lambda s: int((s >= 0.5).mean() >= 0.5), "strictly"),
        (lambda s: int((s > 0.5).mean() > 0.5), "exactly 0.5"),
        (lambda s: int(s.mean() >= 0.5), "mean of the scores"),
    ],
    "balanced_accuracy": [
        (lambda y, c: (y == c).mean(), "the accuracy"),
        (lambda y, c: ((c == 1).mean() + (c == 0).mean()) / 2, "scikit-learn"),
    ],
    "class_weights": [
        (lambda y: (1 - y.mean(), y.mean()), "rarer"),
        (lambda y: (2.0, 1.0), "3,068"),
    ],
}
