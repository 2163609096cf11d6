"""From printed numbers back to what was counted: confusion matrices.

    matrices({"accuracy": 0.9592, "auc": 0.904}, 343, reals=36)
    # [Matrix(tn=30, fp=6, fn=8, tp=299)]

Counts are whole numbers and a paper prints few digits, so several of its numbers
together leave few matrices, often one. A ROC made of verdicts has one corner, and the
area under it is the balanced accuracy. Introduced in lesson 10.
"""

from collections.abc import Mapping

import numpy as np
from sklearn import metrics

from dfstudy.study.papers import Matrix

_PERCENT = 4  # digits of an accuracy, which is printed as a percentage with two


def scores(matrix: Matrix) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of both classes, balanced accuracy; [0, 1].

    `auc_of_verdicts` is the area that comes out where verdicts (0 or 1) are given in
    place of scores.
    """
    labels = [0] * matrix.reals + [1] * matrix.fakes
    called = [0] * matrix.tn + [1] * matrix.fp + [0] * matrix.fn + [1] * matrix.tp
    each = metrics.precision_recall_fscore_support(labels, called, zero_division=0)
    precision, recall, f1, _ = each
    return {
        "accuracy": float(metrics.accuracy_score(labels, called)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(labels, called)),
        "auc_of_verdicts": float(metrics.roc_auc_score(labels, called)),
        "precision": float(precision[1]),
        "recall": float(recall[1]),
        "f1": float(f1[1]),
        "precision_real": float(precision[0]),
        "recall_real": float(recall[0]),
        "f1_real": float(f1[0]),
    }


def matrices(
    printed: Mapping[str, float],
    total: int,
    *,
    reals: int | None = None,
    digits: int = 3,
) -> list[Matrix]:
    """Every confusion matrix of `total` videos whose scores round to those printed.

    Args:
        printed: of accuracy, precision, recall, f1 (of fakes), and "auc", the area
            under the ROC of verdicts.
        total: reals and fakes. reals: how many are real; any number where not given.
        digits: behind the point, of all but the accuracy: 95.92 % has four.

    Returns:
        By the number of reals, then of fakes called real, then of false alarms.

    Raises:
        ValueError: a name that is none of these, or no room for a real and a fake.
    """
    names = {"accuracy", "precision", "recall", "f1", "auc"}
    if unknown := set(printed) - names:
        raise ValueError(f"no score {sorted(unknown)}: choose of {sorted(names)}")
    if not 0 < (1 if reals is None else reals) < total:
        raise ValueError(f"{reals} reals of {total} videos leave no fake, or no real")
    found = []
    for n in range(1, total) if reals is None else [reals]:
        fakes = total - n
        fn = np.arange(fakes + 1)
        if "recall" in printed:  # of one matrix in hundreds
            fn = fn[_prints(1 - fn / fakes, printed["recall"], digits)]
        fn, fp = fn[:, None], np.arange(n + 1)[None, :]
        tp, tn = fakes - fn, n - fp
        with np.errstate(invalid="ignore"):  # nothing called fake has no precision
            of = {
                "accuracy": (tp + tn) / total,
                "precision": tp / (tp + fp),
                "recall": tp / fakes + 0 * fp,
                "f1": 2 * tp / (2 * tp + fp + fn),
                "auc": (tp / fakes + tn / n) / 2,
            }
        fits = np.ones(np.broadcast_shapes(fn.shape, fp.shape), bool)
        for name, value in printed.items():
            fits &= _prints(of[name], value, _PERCENT if name == "accuracy" else digits)
        found += [
            Matrix(tn=n - int(b), fp=int(b), fn=int(fn[a, 0]), tp=int(tp[a, 0]))
            for a, b in np.argwhere(fits)
        ]
    return found


def _prints(value: np.ndarray, as_printed: float, digits: int) -> np.ndarray:
    return np.abs(value - as_printed) <= 0.5 * 10.0**-digits + 1e-12
