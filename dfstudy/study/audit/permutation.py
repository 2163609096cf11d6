"""Is a label readable from facts? Cross-validated, tested by dealing labels out anew.

    entry, p, best = readable({"bits": facts}, labels, groups, n=1999, seed=0)

Folds of a cross-validation share their training data, so they are not independent, and
an interval from their scores is too narrow to decide by (Bengio and Grandvalet, "No
unbiased estimator of the variance of k-fold cross-validation", JMLR 2004). So the
whole cross-validation is done again for labels under the null hypothesis (Ojala and
Garriga, "Permutation tests for studying classifier performance", JMLR 2010). Kernel
ridge regression is linear in the labels: thousands of them are fitted at once.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline

from dfstudy.metrics.paired import compare_auroc
from dfstudy.study.audit.probes import encoder

FOLDS = 5


def readable(
    facts: Mapping[str, pd.DataFrame],
    labels: NDArray,
    groups: NDArray,
    *,
    n: int,
    seed: int,
) -> tuple[dict, float, str]:
    """AUROC of the label read from facts by classifiers that never saw the group.

    Args:
        facts: by name, tables of N rows (see `probes.encoder`). Each is tried by
            itself, and the best one counts: in the data as in every permutation.
        labels: (N,) 0 or 1. groups: (N,); at least FOLDS of them with each label.
        n: permutations.

    Returns:
        value, low, high (a group bootstrap of the scores as they are), chance_low,
        chance_high (95 % of the permutations); the one-sided p-value; which table.
    """
    targets = np.vstack([labels, deal(labels, groups, n=n, seed=seed)])
    scores = {
        name: out_of_fold(table, targets, groups, seed=seed)
        for name, table in facts.items()
    }
    return judged(targets, scores, groups, seed=seed)


def judged(
    targets: NDArray, scores: Mapping[str, NDArray], groups: NDArray, *, seed: int
) -> tuple[dict, float, str]:
    """`readable`'s answer from labels and scores (1 + n, N), the true ones first."""
    values = np.stack([auroc_each(targets, each) for each in scores.values()])
    which = list(scores)[values[:, 0].argmax()]
    value, chance = values[:, 0].max(), values[:, 1:].max(axis=0)
    # Ranks, because a score that is 0 or 1 would be taken for a hard label.
    true = {which: rankdata(scores[which][0]) / (1 + targets.shape[1])}
    quality, _ = compare_auroc(targets[0], true, groups, seed=seed)
    entry = quality.loc[which, ["value", "low", "high"]].to_dict()
    low, high = np.quantile(chance, [0.025, 0.975])
    entry |= {"chance_low": float(low), "chance_high": float(high)}
    return (
        entry,
        float((1 + (chance >= value - 1e-12).sum()) / (1 + len(chance))),
        which,
    )


def deal(labels: NDArray, groups: NDArray, *, n: int, seed: int) -> NDArray:
    """Labels that have nothing to do with any fact but how many fakes a group has.

    Each group gets the labels of a group (a permutation), in random order; of a larger
    one some, of a smaller one some twice. So groups of one composition (an original and
    its fakes) only shuffle their own labels, and groups of a single label exchange
    them. Returns (n, N).
    """
    rng = np.random.default_rng(seed)
    _, codes = np.unique(np.asarray(groups).astype(str), return_inverse=True)
    size = np.bincount(codes)
    start = np.cumsum(size) - size
    order = np.argsort(codes, kind="stable")
    place = np.empty_like(codes)  # of each video within its group
    place[order] = np.arange(len(codes)) - start[codes[order]]
    out = np.empty((n, len(labels)), np.asarray(labels).dtype)
    for row in out:
        shuffled = labels[np.lexsort((rng.random(len(labels)), codes))]
        giver = rng.permutation(len(size))[codes]
        row[:] = shuffled[start[giver] + place % size[giver]]
    return out


def out_of_fold(
    facts: pd.DataFrame, targets: NDArray, groups: NDArray, *, seed: int
) -> NDArray:
    """Scores of every video by classifiers that saw nothing of its group.

    Args:
        targets: (B, N) of labels, the true ones first; each is learned by itself.

    Returns:
        (B, N): the rank within the fold, in (0, 1). Each fold has a classifier of its
        own, so that only ranks can be pooled.
    """
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    scores = np.empty(targets.shape)
    for train, test in folds.split(facts, targets[0], groups):
        encode = encoder(facts)
        ridge = KernelRidge(kernel="rbf", gamma=0.5 / len(encode.transformers))
        seen = targets[:, train].T.astype(float)  # (train, B)
        model = make_pipeline(encode, ridge)
        model.fit(facts.iloc[train], seen - seen.mean(axis=0))
        guess = model.predict(facts.iloc[test]).T
        # Equal facts are equal scores: what differs in the last digits is no rank.
        ranks = rankdata(np.round(guess, 9), axis=1)
        scores[:, test] = (ranks - 0.5) / len(test)
    return scores


def auroc_each(labels: NDArray, scores: NDArray) -> NDArray:
    """AUROC of each row of labels and scores (B, N); 0.5 where a row has one class."""
    fakes = labels.sum(axis=1)
    pairs = fakes * (labels.shape[1] - fakes)
    above = (rankdata(scores, axis=1) * labels).sum(axis=1) - fakes * (fakes + 1) / 2
    return np.where(pairs > 0, above / np.maximum(pairs, 1), 0.5)
