"""A grid of settings, tried one by one; validation chooses, and test tells afterwards.

    points = grid(PAPER, most=profile.sweep)          # learning rate x batch size
    table = sweep("cnn_rnn", points, data=study.data, profile=study.profile, seed=0)
    verdicts(table)          # chosen on validation, and what test would have chosen

S1 (Notshe, Svoboda, Xiao) reports the best of its grid. Whoever takes the best of
several test results reports luck on top of skill: the table holds both, so that the
difference can be seen. Each point is a detector of its own, in `runs/<profile>/sweep`,
so that no table of results has it among the detectors of the lessons.
"""

import itertools
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dfstudy import paths
from dfstudy.data.dataset import Dataset
from dfstudy.profiles import Profile
from dfstudy.training import experiment
from dfstudy.training.fitted import PLAIN, Variant
from dfstudy.training.rule import MEAN

Point = Mapping[str, float]


def grid(recipe: Any, *, most: int) -> list[dict[str, float]]:
    """The first `most` points of a paper's grid, batch size by batch size.

    Args:
        recipe: has `learning_rates` and `batch_sizes`, as models.s1_keras.Recipe.
    """
    pairs = itertools.product(recipe.batch_sizes, recipe.learning_rates)
    points = [{"learning_rate": rate, "batch_size": size} for size, rate in pairs]
    return points[:most]


def sweep(
    model: str,
    points: Sequence[Point],
    *,
    data: Dataset,
    profile: Profile,
    seed: int,
    variant: Variant = PLAIN,
) -> pd.DataFrame:
    """Train the family `model` at every point, or load what was trained there.

    Args:
        points: settings of a Variant, `learning_rate` and `batch_size`.
        variant: what differs from the family's own settings at every point.

    Returns:
        One row a point: its settings; AUROC as `val`, `val_low`, `val_high` and `test`,
        `test_low`, `test_high` (missing where a class is); `chosen`, by validation
        alone; `best_on_test`.

    Raises:
        ValueError: no points.
    """
    if not points:
        raise ValueError("no points to try")
    runs = paths.runs(profile.name) / "sweep"
    # Points are compared with one another only, so all of them may be shorter.
    variant = replace(variant, longer=variant.longer * profile.sweep_epochs)
    rows = []
    for point in points:
        metrics = experiment.train(
            model,
            rules=[MEAN],
            variant=replace(variant, **point),
            runs=runs,
            lesson="sweep",
            data=data,
            profile=profile,
            seed=seed,
        ).result["metrics"]
        rows.append(dict(point) | _numbers(metrics))
    return choose(rows)


def choose(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of `sweep` from its rows: which is best on validation, which on test.

    The first of equals, and the first of all where validation lacks a class.
    """
    table = pd.DataFrame(rows)
    for column, by in (("chosen", "val"), ("best_on_test", "test")):
        values = table[by].to_numpy(dtype=float)
        if np.isnan(values).all():
            warnings.warn(
                f"no AUROC on {by}: reals or fakes are missing, so nothing can be"
                " chosen by it and the first point is taken",
                stacklevel=2,
            )
            values = np.zeros(len(values))
        table[column] = np.arange(len(values)) == np.nanargmax(values)
    return table


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """What may be claimed, and what choosing on test would have claimed: two rows.

    Args:
        table: of `sweep`.

    Returns:
        By "chosen on validation" and "chosen on test": the settings, `val`, `test`.
    """
    names = {"chosen": "chosen on validation", "best_on_test": "chosen on test"}
    rows = pd.concat([table[table[column]] for column in names])
    rows.index = list(names.values())
    settings = [name for name in ("learning_rate", "batch_size") if name in table]
    return rows[[*settings, "val", "test"]]


def _numbers(metrics: Mapping) -> dict[str, float]:
    found = {}
    for split in ("val", "test"):
        entry = metrics.get(split, {}).get("all", {}).get("auroc", {})
        for key, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
            value = entry.get(key)
            found[split + suffix] = np.nan if value is None else value
    return found
