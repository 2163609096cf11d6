"""From printed numbers back to counts."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from dfstudy.study import papers, recount
from dfstudy.study.papers import Matrix


def test_scores_of_a_matrix_are_scikit_learns():
    found = recount.scores(Matrix(tn=5, fp=2, fn=1, tp=7))
    labels, called = [0] * 7 + [1] * 8, [0] * 5 + [1] * 2 + [0] + [1] * 7
    assert found["f1"] == pytest.approx(f1_score(labels, called))
    assert found["f1_real"] == pytest.approx(f1_score(labels, called, pos_label=0))
    assert found["auc_of_verdicts"] == pytest.approx(found["balanced_accuracy"])


def test_one_matrix_alone_explains_the_test_results_of_s0():
    (found,) = recount.matrices(papers.S0_TEST, papers.S0_PARTS["test"])
    assert found == Matrix(tn=30, fp=6, fn=8, tp=299)
    got = recount.scores(found)
    assert got["accuracy"] == pytest.approx(0.9592, abs=5e-5)
    assert got["auc_of_verdicts"] == pytest.approx(0.904, abs=5e-4)


@pytest.mark.parametrize(
    ("reals", "fakes", "accuracy", "area", "missed", "alarms"),
    [(36, 307, 0.9592, 0.904, 8, 6), (12, 188, 0.945, 0.542, 0, 11)],
)
def test_the_counts_behind_two_numbers(reals, fakes, accuracy, area, missed, alarms):
    printed = {"accuracy": accuracy, "auc": area}
    (found,) = recount.matrices(printed, reals + fakes, reals=reals)
    assert (found.fn, found.fp, found.reals, found.fakes) == (
        missed,
        alarms,
        reals,
        fakes,
    )
    truth = [0] * reals + [1] * fakes
    called = [1] * alarms + [0] * (reals - alarms + missed) + [1] * (fakes - missed)
    assert accuracy_score(truth, called) == pytest.approx(accuracy, abs=5e-5)
    assert roc_auc_score(truth, called) == pytest.approx(area, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_the_search_finds_every_matrix_and_no_other(seed):
    """Against all matrices of twelve videos, one by one."""
    tn, fp, fn, tp = np.random.default_rng(seed).multinomial(8, [0.25] * 4) + 1
    got = recount.scores(Matrix(tn=int(tn), fp=int(fp), fn=int(fn), tp=int(tp)))
    names = ("precision", "recall", "f1")
    printed = {name: round(got[name], 2) for name in names}
    every = [
        Matrix(tn=reals - b, fp=b, fn=a, tp=12 - reals - a)
        for reals in range(1, 12)
        for a in range(12 - reals + 1)
        for b in range(reals + 1)
    ]
    right = [
        matrix
        for matrix in every
        if all(
            abs(recount.scores(matrix)[name] - printed[name]) <= 0.005 + 1e-12
            for name in names
        )
    ]
    assert Matrix(tn=tn, fp=fp, fn=fn, tp=tp) in right
    assert recount.matrices(printed, 12, digits=2) == right
    some = [matrix for matrix in right if matrix.reals == 5]
    assert recount.matrices(printed, 12, reals=5, digits=2) == some


def test_what_cannot_be_is_none_and_what_makes_no_sense_is_refused():
    assert recount.matrices({"recall": 0.777}, 10) == []
    with pytest.raises(ValueError, match="sensitivity"):
        recount.matrices({"sensitivity": 0.5}, 10)
    for reals in (0, 10):
        with pytest.raises(ValueError, match="leave no"):
            recount.matrices({"recall": 0.5}, 10, reals=reals)
