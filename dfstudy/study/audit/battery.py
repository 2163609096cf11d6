"""All probes on one manifest: a verdict each, and one on the whole."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy.data import groups as grouping
from dfstudy.data import manifest as manifests
from dfstudy.metrics.paired import holm
from dfstudy.study.audit import identity
from dfstudy.study.audit import probes as readers
from dfstudy.study.audit.permutation import FOLDS, auroc_each, out_of_fold, readable

PROBES = (*readers.PROBES, "identity")
SHORTCUT, WEAK, NONE, NA = "SHORTCUT", "weak sign", "no sign", "n/a"
MIN_GROUPS = FOLDS  # of each label
ALARM_P, WEAK_P = 0.01, 0.05  # of the corrected p-value
ALARM_AUROC = 0.6  # below this a sign may be sure, but it explains little
PERMUTATIONS = 1999
MOST, MOST_DECODED = 2000, 140  # videos that a probe reads (probes.some)
COLUMNS = ("probe", "title", "verdict", "n", "groups", "value", "low", "high")
COLUMNS += ("chance_low", "chance_high", "p", "p_holm", "says", "advice", "reason")
_FLOATS = ("value", "low", "high", "chance_low", "chance_high", "p")


def audit(
    manifest: pd.DataFrame,
    *,
    probes: Sequence[str] = PROBES,
    seed: int = 0,
    workers: int = 0,
) -> pd.DataFrame:
    """What each probe finds, one row each in the order of `probes`.

    Args:
        manifest: see `data.manifest`; videos without a group get the one that the
            splitter would give them (`data.groups`).
        probes: of PROBES.
        seed: of folds, permutations, resamples, and of which videos are read where
            there are more than MOST (or, to be decoded, MOST_DECODED).
        workers: processes that decode; 0 for this one.

    Returns:
        COLUMNS: `verdict` is SHORTCUT (corrected p < 0.01 and AUROC >= 0.6), WEAK
        (corrected p < 0.05), NONE or NA; `n` videos of `groups`; AUROC as `value, low,
        high`, what chance gives (95 % of permutations), `p` and `p_holm`; `says` what
        was read, in words; `advice` what to do about a shortcut; `reason` why there is
        no value, else missing.

    Raises:
        ValueError: no probe of that name, or a manifest without reals or fakes.
    """
    if unknown := sorted(set(probes) - set(PROBES)):
        known = ", ".join(PROBES)
        raise ValueError(f"no probe {', '.join(unknown)}: choose of {known}")
    table = manifests.validate(manifest)
    if table["label"].nunique() < 2:
        words = "fakes" if (table["label"] == 0).all() else "reals"
        raise ValueError(f"the manifest has no {words}: there is no label to be read")
    if table["group"].isna().any():
        table = grouping.find(table).table
    rows = [_probe(name, table, seed=seed, workers=workers) for name in probes]
    out = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    out = out.astype(dict.fromkeys(_FLOATS, "float64"))
    ran = out["p"].notna()
    out["p_holm"] = np.nan
    out.loc[ran, "p_holm"] = holm(out.loc[ran, "p"])
    out["verdict"] = [_judge(row) for row in out.to_dict("records")]
    return out


def verdict(table: pd.DataFrame) -> str:
    """One sentence on the table of `audit`."""
    names = {
        kind: ", ".join(table.loc[table["verdict"] == kind, "title"])
        for kind in (SHORTCUT, WEAK, NA)
    }
    tried = int((table["verdict"] != NA).sum())
    if names[SHORTCUT]:
        text = f"SHORTCUT: the label can be read from {names[SHORTCUT]}"
    elif not tried:
        text = "nothing could be tried"
    else:
        text = f"no shortcut found by {tried} of {len(table)} probes"
    text += f"; weak sign: {names[WEAK]}" if names[WEAK] else ""
    return text + (f"; not tried: {names[NA]}" if names[NA] else "")


def found(table: pd.DataFrame) -> bool:
    """Whether a probe of the table found a shortcut."""
    return bool((table["verdict"] == SHORTCUT).any())


def _judge(row: dict) -> str:
    if np.isnan(row["p"]):
        return NA
    if row["p_holm"] < ALARM_P and row["value"] >= ALARM_AUROC:
        return SHORTCUT
    return WEAK if row["p_holm"] < WEAK_P else NONE


def _probe(name: str, table: pd.DataFrame, *, seed: int, workers: int) -> dict:
    decodes = name != "identity" and readers.PROBES[name].decodes
    some = readers.some(table, MOST_DECODED if decodes else MOST, seed=seed)
    said = f"{len(some)} of {len(table)} videos, of as many groups as there are"
    said = said if len(some) < len(table) else ""
    if name == "identity":
        return {"probe": name, **_identity(some, said, seed)}
    probe = readers.PROBES[name]
    row = {"probe": name, "title": probe.title, "advice": probe.advice, **_size(some)}
    if reason := _too_few(some):
        return row | {"reason": reason}
    facts = probe.read(some, workers)
    lost = ""
    if "reason" in facts:
        why = facts.pop("reason")
        lost = "; ".join(
            f"{n} videos: {text}" for text, n in why.value_counts().items()
        )
        kept = why.isna()
        facts, some = (part[kept].reset_index(drop=True) for part in (facts, some))
        row |= _size(some)
    if reason := _too_few(some):
        return row | {"reason": f"{reason} ({lost})" if lost else reason}
    told = readers.informative(facts)
    same = ", ".join(_word(column) for column in facts if column not in told)
    if told.empty:
        return row | {"reason": f"the same in every video: {same}"}
    labels, groups = some["label"].to_numpy(), some["group"].to_numpy()
    parts = {name: told}
    if probe.apart:
        parts = {word: told[part] for word, part in readers.blocks(told).items()}
    entry, p, best = readable(parts, labels, groups, n=PERMUTATIONS, seed=seed)
    says = [
        f"most by its {best}" if probe.apart else "",
        _alone(told, labels, groups, seed) if len(told.columns) < 20 else "",
        _folder(some) if name == "name" else "",
        said,
        f"left out: {lost}" if lost else "",
        f"the same in every video: {same}" if same and len(same) < 100 else "",
    ]
    return row | entry | {"p": p, "says": "; ".join(filter(None, says))}


def _identity(some: pd.DataFrame, said: str, seed: int) -> dict:
    row = {"title": identity.TITLE, "advice": identity.ADVICE, **_size(some)}
    answer = identity.remembered(some, n=PERMUTATIONS, seed=seed)
    if answer is None:
        few = f"fewer than {identity.MIN_PEOPLE} people are in two videos or more"
        return row | {"reason": few}
    entry, p, says = answer
    return row | entry | {"p": p, "says": "; ".join(filter(None, (says, said)))}


def _size(table: pd.DataFrame) -> dict:
    return {"n": len(table), "groups": table["group"].nunique()}


def _too_few(table: pd.DataFrame) -> str | None:
    for label, word in ((0, "reals"), (1, "fakes")):
        n = table.loc[table["label"] == label, "group"].nunique()
        if n < MIN_GROUPS:
            return f"{word} of {n} groups: {MIN_GROUPS} are needed at least"
    return None


def _alone(
    facts: pd.DataFrame, labels: np.ndarray, groups: np.ndarray, seed: int
) -> str:
    """Which column tells most by itself, in words."""
    if len(facts.columns) == 1:
        return f"only {_word(facts.columns[0])} differs"
    values = {}
    for column in facts:
        scores = out_of_fold(facts[[column]], labels[None], groups, seed=seed)
        values[column] = auroc_each(labels[None], scores)[0]
    best = max(values, key=values.get)
    return f"most by itself: {_word(best)} (AUROC {values[best]:.2f})"


def _word(column: str) -> str:
    """A column as people call it, without the name of its block."""
    return column.split()[-1]


def _folder(rows: pd.DataFrame) -> str:
    """The folder is no probe, as layouts keep the label there; but it is said."""
    folder = rows["path"].map(lambda path: Path(path).parent)
    pure = rows["label"].groupby(folder).nunique().max() == 1
    return "the folder is the label, so no model may read a path" if pure else ""
