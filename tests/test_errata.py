"""The errata: computed from the papers' numbers, and equal to what seeds.md found."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from dfstudy.study import errata, papers
from dfstudy.study.papers import Matrix


def test_scores_of_a_matrix_are_scikit_learns():
    found = errata.scores(Matrix(tn=5, fp=2, fn=1, tp=7))
    labels, called = [0] * 7 + [1] * 8, [0] * 5 + [1] * 2 + [0] + [1] * 7
    assert found["f1"] == pytest.approx(f1_score(labels, called))
    assert found["f1_real"] == pytest.approx(f1_score(labels, called, pos_label=0))
    assert found["auc_of_verdicts"] == pytest.approx(found["balanced_accuracy"])


def test_one_matrix_alone_explains_the_test_results_of_s0():
    (found,) = errata.matrices(papers.S0_TEST, papers.S0_PARTS["test"])
    assert found == Matrix(tn=30, fp=6, fn=8, tp=299)
    got = errata.scores(found)
    assert got["accuracy"] == pytest.approx(0.9592, abs=5e-5)
    assert got["auc_of_verdicts"] == pytest.approx(0.904, abs=5e-4)


def test_the_search_finds_every_matrix_and_no_other():
    truth = Matrix(tn=3, fp=1, fn=2, tp=4)
    got = errata.scores(truth)
    printed = {name: round(got[name], 3) for name in ("precision", "recall", "f1")}
    found = errata.matrices(printed, 10)
    assert truth in found
    for matrix in found:
        again = errata.scores(matrix)
        assert all(
            again[name] == pytest.approx(printed[name], abs=6e-4) for name in printed
        )
    assert errata.matrices({"recall": 0.777}, 10) == []


def by_place() -> dict[tuple[str, str], errata.Erratum]:
    return {(one.paper, one.where): one for one in errata.errata()}


@pytest.mark.parametrize(
    ("paper", "where", "figures"),
    [
        ("S0", "tables 4 and 5, baseline", ["0.5417"]),
        ("S0", "table 1 against table 2", ["0.9737", "0.9062", "0.8657"]),
        ("S0", "accuracy of the baseline, and of the final model", ["94.0%", "89.5%"]),
        ("S0", "data", ["3431", "3423", "8 are"]),
        ("S1", "tables 2 and 4", ["4 x 6"]),
        ("S1", "learning rate", ["0.01"]),
        ("S1", "accuracy of videos", ["0.11"]),
        ("S2", '"real-time"; confidence', ["0.9 frames"]),
        ("S3", "table 1", ["3 of 5", "0.86", "0.85", "0.92"]),
        ("S3", "discussion of table 4", ["0.25 against 0.21"]),
        ("S4", "test results", ["0.00%"]),
        ("S4", "abstract against results", ["89.77%"]),
        ("S4", "data", ["6451"]),
    ],
)
def test_recomputed_figures(paper, where, figures):
    text = by_place()[paper, where].recomputed
    assert all(figure in text for figure in figures), text


def test_another_number_in_a_paper_makes_another_erratum(monkeypatch):
    monkeypatch.setitem(papers.S0_PARTS, "test", 351)
    assert "0 are" in errata._s0_counts().recomputed


def test_the_augmentation_of_s3_degrades_frames():
    losses = [errata.jpeg_error(quality) for quality in (10, 50, 95)]
    assert np.all(np.diff(losses) < 0)
