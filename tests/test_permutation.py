"""Labels dealt out anew, and what a classifier reads that must read nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from dfstudy.metrics import auroc
from dfstudy.study.audit import identity
from dfstudy.study.audit.permutation import auroc_each, deal, out_of_fold, readable


def test_groups_of_one_composition_keep_it():
    groups = np.repeat(np.arange(6), 4)
    labels = np.tile([0, 1, 1, 1], 6)
    dealt = deal(labels, groups, n=200, seed=0)
    assert (dealt.reshape(200, 6, 4).sum(axis=2) == 3).all()
    # Every video of a group is as often the real one.
    np.testing.assert_allclose(dealt.mean(axis=0), 0.75, atol=0.12)


def test_groups_of_one_label_exchange_them():
    groups = np.repeat(np.arange(8), [1, 2, 3, 4, 1, 2, 3, 4])
    labels = (groups < 4).astype(int)
    dealt = deal(labels, groups, n=300, seed=0)
    for group in range(8):
        mine = dealt[:, groups == group]
        assert (mine == mine[:, :1]).all()
    by_group = np.array([dealt[:, groups == g][:, 0] for g in range(8)])
    assert (by_group.sum(axis=0) == 4).all()
    np.testing.assert_allclose(by_group.mean(axis=1), 0.5, atol=0.12)


def test_the_order_of_rows_does_not_matter_to_groups():
    groups = np.array(list("abcabcabc"))
    labels = np.array([0, 1, 1, 0, 0, 1, 0, 0, 1])  # a: 000, b: 100, c: 111
    dealt = deal(labels, groups, n=50, seed=1)
    counts = sorted(dealt[0][groups == g].sum() for g in "abc")
    assert counts == [0, 1, 3]


def test_auroc_of_each_row_is_the_metric():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (5, 40))
    scores = rng.integers(0, 9, (5, 40)) / 9  # with ties
    expected = [auroc(*pair) for pair in zip(labels, scores, strict=True)]
    np.testing.assert_allclose(auroc_each(labels, scores), expected)
    assert auroc_each(np.ones((1, 4)), np.arange(4.0)[None]) == 0.5


def test_nobody_is_known_again():
    """A fact that only names the group tells nothing of a group that is new."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 4)
    labels = rng.permutation(np.arange(40) % 2)[groups]
    facts = pd.DataFrame({"codec": groups.astype(str)})
    entry, p, _ = readable({"it": facts}, labels, groups, n=199, seed=0)
    assert entry["value"] < 0.7 and p > 0.05
    leaky = out_of_fold(facts, labels[None], np.arange(160), seed=0)
    assert auroc_each(labels[None], leaky)[0] > 0.8


def test_the_p_value_is_one_in_ten_below_a_tenth():
    below = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(12), 4)
        labels = np.tile([0, 0, 1, 1], 12)
        facts = pd.DataFrame({"x": rng.normal(size=48) + rng.normal(size=12)[groups]})
        _, p, _ = readable({"it": facts}, labels, groups, n=49, seed=seed)
        below += p <= 0.1
    assert binom.cdf(below, 60, 0.1) < 0.99 and below > 0


def test_a_fact_need_not_grow_with_the_label():
    rng = np.random.default_rng(0)
    labels = np.tile([0, 1], 60)
    x = np.where(labels == 1, rng.normal(size=120), rng.choice([-4, 4], 120))
    facts = {"noise": pd.DataFrame({"x": rng.normal(size=120)})}
    facts["told"] = pd.DataFrame({"x": x})
    entry, p, best = readable(facts, labels, np.arange(120) // 2, n=199, seed=0)
    assert best == "told"
    assert entry["value"] > 0.9 and p < 0.01


def test_the_other_videos_of_a_person():
    rng = np.random.default_rng(0)
    labels, who = rng.integers(0, 2, (3, 30)), rng.permutation(30) % 9
    who[0] = 9  # has one video
    shares = identity.others(labels, who)
    for b in range(3):
        for i in range(1, 30):
            rest = [labels[b, j] for j in range(30) if who[j] == who[i] and j != i]
            assert shares[b, i] == pytest.approx(np.mean(rest))
    np.testing.assert_allclose(shares[:, 0], labels.mean(axis=1))
