"""What a threshold is worth: chosen on validation, and where fakes are rare.

    videos = scored.videos(runs, result, split=None)
    optimism(videos)                     # one row a redraw of validation and test
    at_base_rates(videos)                # precision at 1 in 100 and 1 in 1,000

A threshold that is chosen on the videos it is then reported on fits their luck as well.
The saved scores of validation and test are enough to see by how much: the groups are
dealt out anew, many times, and each time one threshold is chosen on validation and one
on test.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dfstudy.metrics import bca
from dfstudy.metrics.base_rates import precision_at
from dfstudy.metrics.intervals import MIN_GROUPS, all_but_one, drawn_groups
from dfstudy.training.rule import best_threshold

BASE_RATES = (0.01, 0.001)  # one fake in a hundred, in a thousand


def optimism(
    videos: pd.DataFrame, *, draws: int = 500, seed: int = 0, val_groups: int = 0
) -> pd.DataFrame:
    """Balanced accuracy at a threshold chosen on validation, and at one chosen on test.

    Args:
        videos: of validation and test: label, score, group, split (`scored.videos` with
            split=None). The network was not fitted to any of them.
        draws: how often the groups are dealt out anew.
        val_groups: how many groups are validation; as many as are now by default.

    Returns:
        One row a draw: draw; threshold_val, threshold_test; said (of validation, at its
        own threshold), honest (of test, at validation's), flattered (of test, at its
        own), optimism (flattered minus honest). A draw that leaves a class out of
        validation or test is drawn again.

    Raises:
        ValueError: too few groups of a class to deal out.
    """
    names, codes = np.unique(videos["group"].astype(str), return_inverse=True)
    labels, values = videos["label"].to_numpy(), videos["score"].to_numpy()
    for label, word in ((0, "reals"), (1, "fakes")):
        n = np.unique(codes[labels == label]).size
        if n < 2 * MIN_GROUPS:
            raise ValueError(f"the {word} come from {n} groups: too few to deal out")
    now = videos.loc[videos["split"] == "val", "group"].nunique()
    some = val_groups or now
    if not 0 < some < names.size:
        raise ValueError(f"{some} of {names.size} groups cannot be validation")
    rng, rows = np.random.default_rng(seed), []
    while len(rows) < draws:
        chosen = np.isin(codes, rng.permutation(names.size)[:some])
        parts = [(labels[part], values[part]) for part in (chosen, ~chosen)]
        if any(np.unique(y).size < 2 for y, _ in parts):
            continue
        val, test = (best_threshold(*part) for part in parts)
        said = _balanced(*parts[0], val)
        honest, flattered = (_balanced(*parts[1], at) for at in (val, test))
        rows.append((len(rows), val, test, said, honest, flattered))
    columns = ["draw", "threshold_val", "threshold_test", "said", "honest", "flattered"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(optimism=table["flattered"] - table["honest"])


def _balanced(labels: np.ndarray, values: np.ndarray, threshold: float) -> float:
    called = values >= threshold
    return float((called[labels == 1].mean() + (~called[labels == 0]).mean()) / 2)


def summary(draws: pd.DataFrame, *, level: float = 0.9) -> pd.DataFrame:
    """Of `optimism`, one row a quantity: name, value (the mean), low, high.

    `low` and `high` hold `level` of the draws: how much a single split can mislead.
    """
    said = {
        "said": "validation, at its own threshold",
        "honest": "test, at validation's threshold",
        "flattered": "test, at its own threshold",
        "optimism": "optimism: the last minus the one before",
    }
    ends = draws[list(said)].quantile([(1 - level) / 2, (1 + level) / 2])
    return pd.DataFrame(
        {
            "name": list(said.values()),
            "value": draws[list(said)].mean().to_numpy(),
            "low": ends.iloc[0].to_numpy(),
            "high": ends.iloc[1].to_numpy(),
        }
    )


def at_base_rates(
    videos: pd.DataFrame,
    *,
    base_rates: Sequence[float] = BASE_RATES,
    n_bootstrap: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Precision of the verdicts where a share of the videos is fake, by Bayes' rule.

    Args:
        videos: label, group, called (0 or 1, by the detector's own rule), of test.
        base_rates: shares of fakes; the test set's own is added, first.

    Returns:
        One row a base rate: base_rate; name ("1 in 100"); tpr, fpr; value (precision),
        low, high (over groups); accused (reals called fake for each fake that is
        found); reason where there is no value or no interval.
    """
    labels, called = videos["label"].to_numpy(), videos["called"].to_numpy()
    names, codes = np.unique(videos["group"].astype(str), return_inverse=True)
    sums = np.stack(
        [
            np.bincount(codes, what, names.size)
            for what in (labels, 1 - labels, labels * called, (1 - labels) * called)
        ],
        axis=1,
    ).astype(float)
    draws = drawn_groups(names.size, n_bootstrap, np.random.default_rng(seed))
    left = all_but_one(names.size)
    weights = np.concatenate([np.ones((1, names.size)), left, draws])
    fakes, reals, found, alarms = (weights @ sums).T
    with np.errstate(invalid="ignore", divide="ignore"):
        tpr, fpr = found / fakes, alarms / reals
    both = np.isfinite(tpr) & np.isfinite(fpr)
    reason = None
    if not both[0]:
        reason = "no fakes" if not fakes[0] else "no reals"
    elif min((sums[:, i] > 0).sum() for i in (0, 1)) < MIN_GROUPS:
        reason = f"an interval needs {MIN_GROUPS} groups of reals, and of fakes"
    elif not alarms[0]:
        n = int((sums[:, 1] > 0).sum())
        reason = (
            f"no real was called fake: of {n} groups, {3 / n:.2g} of the reals may"
            " still be (rule of three)"
        )
    own = fakes[0] / (fakes[0] + reals[0])
    rows = []
    for rate in (own, *base_rates):
        at = np.full(both.size, np.nan)
        at[both] = precision_at(rate, tpr=tpr[both], fpr=fpr[both])
        value, (without, drawn) = at[0], np.split(at[1:], [len(left)])
        drawn = drawn[np.isfinite(drawn)]
        low = high = np.nan
        if reason is None and np.isfinite(value):
            low, high = bca.ends(drawn, value, without, level=level)
        why = reason
        if reason is None and np.isnan(value):
            why = "nothing was called fake"
        rows.append(
            {
                "base_rate": rate,
                "name": "as in test" if rate == own else f"1 in {1 / rate:,.0f}",
                "tpr": tpr[0],
                "fpr": fpr[0],
                "value": value,
                "low": low,
                "high": high,
                "accused": (1 - value) / value if value else np.nan,
                "reason": why,
            }
        )
    return pd.DataFrame(rows)
