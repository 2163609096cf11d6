"""The detectors of a run: which results are one detector, which variants stand for all.

    every = entries(runs)                # one an architecture, variant and start
    sets = by_videos(every)              # those that were tested on the same videos
    headline(sets[0])                    # one a family of networks

The rule of the headline, which looks at no test result: the families' own starts only
(twins from scratch or from another start are left out), trained on the widest list of
forgeries; of these the family's plain detector, and where only variants were trained,
the one with the highest AUROC on validation. Who has learned no forgery that the others
have learned, too, is left out of what they are compared in (`comparable`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy import models
from dfstudy.metrics.scores import is_hard
from dfstudy.training import results, scored
from dfstudy.training.variant import STARTS


@dataclass(frozen=True)
class Entry:
    """One detector: its results, one a seed, and the videos that each has scored.

    `videos` are validation and test, as `training.scored.videos` gives them.
    """

    results: tuple[dict, ...]
    videos: tuple[pd.DataFrame, ...]

    @property
    def first(self) -> dict:
        """The result of its first seed: what they all share."""
        return self.results[0]

    @property
    def model(self) -> str:
        """Its name, "cnn_rnn-lstm-scratch"."""
        return self.first["model"]

    @property
    def family(self) -> str:
        """The family of networks, "cnn_rnn"; the name where it is of none of ours."""
        known = [f for f in models.FAMILIES if self.model.split("-")[0] == f]
        return known[0] if known else self.model

    @property
    def is_twin(self) -> bool:
        """Whether it differs by its start from the family's own."""
        return self.model.split("-")[-1] in STARTS.values()

    @property
    def trained_on(self) -> list[str]:
        """The forgeries that it has learned."""
        return self.first["train_families"]

    @property
    def on_validation(self) -> float:
        """AUROC on validation, the mean of the seeds; NaN where there is none."""
        values = [
            result["metrics"]
            .get("val", {})
            .get("all", {})
            .get("auroc", {})
            .get("value")
            for result in self.results
        ]
        return float(np.mean([np.nan if v is None else v for v in values]))

    def split(self, name: str) -> list[pd.DataFrame]:
        """The videos of one split, a table a seed."""
        return [table[table["split"] == name] for table in self.videos]

    def seen(self) -> set[str]:
        """The test videos that every seed has scored."""
        ids = [set(table["video_id"]) for table in self.split("test")]
        return set.intersection(*ids)

    def values(self, video_ids: Sequence[str], column: str = "score") -> np.ndarray:
        """(S, N) what ranks these videos, or another column of theirs; a row a seed."""
        tables = [table.set_index("video_id")[column] for table in self.videos]
        return np.stack([table.loc[list(video_ids)].to_numpy() for table in tables])

    def trouble(self) -> str | None:
        """Why it has no AUROC on test, in words; None where it has one."""
        for table in self.split("test"):
            if table["label"].nunique() < 2:
                return "reals or fakes are missing among the test videos it has scored"
            if is_hard(table["score"]):
                return "its scores are all 0 or 1: verdicts, no scores"
        return None


def entries(runs: str | Path) -> list[Entry]:
    """All detectors of a run, in the order of their lessons.

    A detector that several lessons have reported on is taken from the first.

    Raises:
        ResultError: a file is no result, or its predictions are missing.
    """
    found: dict[tuple, dict[int, dict]] = {}
    for result in results.read_results(runs):
        key = result["data"]["kind"], result["data"]["split_sha256"], result["model"]
        found.setdefault(key, {}).setdefault(result["seed"], result)
    return [
        Entry(
            tuple(seeds.values()),
            tuple(scored.videos(runs, one, split=None) for one in seeds.values()),
        )
        for seeds in found.values()
    ]


def by_videos(every: Iterable[Entry]) -> list[list[Entry]]:
    """The detectors of each set of videos and split; most families first.

    Synthetic and real videos, or two splits, never come together: what was tested on
    other videos cannot be compared.
    """
    sets: dict[tuple, list[Entry]] = {}
    for entry in every:
        data = entry.first["data"]
        sets.setdefault((data["kind"], data["split_sha256"]), []).append(entry)
    return sorted(sets.values(), key=lambda s: -len({entry.family for entry in s}))


def headline(tested: Iterable[Entry]) -> dict[str, Entry]:
    """By name, the one detector of each family that stands for it (see above)."""
    families: dict[str, list[Entry]] = {}
    for entry in tested:
        if not entry.is_twin and entry.trouble() is None:
            families.setdefault(entry.family, []).append(entry)
    chosen = {}
    for family, several in families.items():
        widest = max(len(entry.trained_on) for entry in several)
        several = [entry for entry in several if len(entry.trained_on) == widest]
        plain = [entry for entry in several if entry.model == family]
        best = (
            plain[0] if plain else max(several, key=lambda e: _or_none(e.on_validation))
        )
        chosen[best.model] = best
    return chosen


def comparable(chosen: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Those of a headline that have forgeries in common, and these.

    Of the longest lists of what was learned first; who shares nothing with what is left
    of them has nothing to be compared by (text beside faces, while no detector of the
    family has learned both).
    """
    widest, *rest = sorted(chosen, key=lambda entry: -len(entry.trained_on))
    kept, shared = {widest.model}, widest.trained_on
    for entry in rest:
        if both := [name for name in shared if name in entry.trained_on]:
            kept.add(entry.model)
            shared = both
    return [entry for entry in chosen if entry.model in kept], shared


def _or_none(value: float) -> float:
    return -1.0 if np.isnan(value) else value
