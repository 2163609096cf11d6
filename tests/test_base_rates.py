"""Precision at a base rate, against scikit-learn's on a population of that rate."""

import numpy as np
import pytest
from sklearn.metrics import precision_score

from dfstudy.metrics.base_rates import precision_at


@pytest.mark.parametrize("base_rate", [0.5, 0.1, 0.001])
def test_it_is_the_precision_on_a_population_with_that_share_of_fakes(base_rate):
    labels = np.repeat([0, 1], 1000)
    called = np.concatenate([np.arange(1000) < 70, np.arange(1000) < 900]).astype(int)
    weights = np.where(labels == 1, base_rate, 1 - base_rate)
    right = precision_score(labels, called, sample_weight=weights)
    assert precision_at(base_rate, tpr=0.9, fpr=0.07) == pytest.approx(right)


def test_shapes_are_broadcast():
    grid = precision_at(
        np.array([[0.1], [0.5]]), tpr=0.8, fpr=np.array([0.0, 0.1, 0.2])
    )
    assert grid.shape == (2, 3)
    assert np.all(grid[:, 0] == 1)


def test_nothing_called_fake_has_no_precision():
    assert np.isnan(precision_at(0.1, tpr=0, fpr=0))
    assert precision_at(0.0, tpr=1, fpr=0.1) == 0


@pytest.mark.parametrize("wrong", [{"base_rate": 5}, {"tpr": 1.1}, {"fpr": np.nan}])
def test_a_share_outside_0_to_1_is_refused(wrong):
    given = {"base_rate": 0.1, "tpr": 0.9, "fpr": 0.1} | wrong
    with pytest.raises(ValueError, match=next(iter(wrong))):
        precision_at(given.pop("base_rate"), **given)
