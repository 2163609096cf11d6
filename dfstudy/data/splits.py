"""Train, val and test without leaks, and the proof that there are none.

    table, proof = split(table, seed=0)              # adds the columns group and split
    write_proof(proof, "runs/laptop/split_proof.json")

A group is a connected component over file, source, target and donor: who shares a face
or footage with whom, directly or through others. A group is in one split, whole. Where
the people are unknown the proof says what was known instead; leakier splits exist under
their names, for teaching, and their proof counts what leaked.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy.data import groups
from dfstudy.data import manifest as manifests
from dfstudy.data.manifest import FAKE, REAL, SPLITS

KINDS = ("group", "source", "video")
_FRACTIONS = {"train": 0.4, "val": 0.2, "test": 0.4}


class SplitError(ValueError):
    """A split that would put one group into two parts."""


def split(
    manifest: pd.DataFrame,
    *,
    seed: int,
    fractions: Mapping[str, float] = _FRACTIONS,
    kind: str = "group",
) -> tuple[pd.DataFrame, dict]:
    """Give every video its group and its split.

    Every split gets its share of the groups, of both labels and of every method, as far
    as whole groups allow. The result depends on the videos and `seed`, not on the order
    of rows.

    Args:
        manifest: see `data.manifest`; a `group` in it (from groups.csv) is honoured.
        seed: which groups go where.
        fractions: share of each split, summing to 1. Without "val", a fifth of the
            training part becomes it: nothing is ever chosen on test videos.
        kind: "group"; or, for teaching, "source" (only the source video is kept
            together, so faces leak) or "video" (each video for itself).

    Returns:
        The manifest in its own row order, with `group` (always the full component) and
        `split`; and the proof: a dict for JSON, with `warnings` where the groups are
        too few for what was asked.

    Raises:
        SplitError: the split cuts a group (checked afterwards, by other code).
        ValueError: `fractions` or `kind` cannot be.
    """
    table = manifests.validate(manifest)
    fractions = _checked_fractions(fractions)
    if kind not in KINDS:
        raise ValueError(f"no kind of split {kind!r}: choose one of {', '.join(KINDS)}")
    known = groups.known(table)  # before our own names take the place of given ones
    table["group"] = groups.names(table)
    units = {
        "group": table["group"],
        "source": table["source_id"].fillna(table["video_id"]),
        "video": table["video_id"],
    }[kind]
    table["split"] = units.map(_assign(table, units, fractions, seed))
    if kind == "group":
        verify(table)
    return table, _proof(table, known, kind, seed, fractions)


def verify(table: pd.DataFrame) -> None:
    """SplitError if videos of different splits share a file, source, face or group."""
    shared = {name: values for name, values in _shared(table).items() if values}
    if shared:
        examples = {name: values[:3] for name, values in shared.items()}
        raise SplitError(f"the split cuts a group; in several splits are {examples}")


def write_proof(proof: Mapping[str, object], path: str | os.PathLike[str]) -> Path:
    """Write `split_proof.json`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(proof, indent=2) + "\n", encoding="utf-8")
    return path


def _assign(
    table: pd.DataFrame, units: pd.Series, fractions: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Unit -> split: largest first, each to where it brings all shares closest.

    Shares are those of units, of each label and of each method (Sechidis et al., "On
    the stratification of multi-label data", 2011, here with whole groups).
    """
    strata = pd.get_dummies(table[["label", "method"]].astype("str"))
    counts = strata.astype(int).assign(units=1).groupby(units).sum()
    counts["units"] = 1
    videos = units.value_counts()
    # By hash, so that the order depends on neither rows nor the other units; large ones
    # first because they are hard to place, but by octave, so that seeds differ.
    order = sorted(
        counts.index,
        key=lambda unit: (
            -int(videos[unit]).bit_length(),
            hashlib.sha256(f"{seed}:{unit}".encode()).digest(),
        ),
    )
    share = np.array(list(fractions.values()))[:, None]
    vectors = counts.loc[order].to_numpy(float)  # (units, strata)
    vectors /= vectors.sum(axis=0)
    place = np.empty(len(order), int)
    missing = np.tile(share, vectors.shape[1])  # (splits, strata): share still to come
    for i, vector in enumerate(vectors):
        # Change of the squared distance from the shares, if the unit went there.
        change = ((missing - vector) ** 2 - missing**2).sum(axis=1)
        place[i] = np.argmin(change.round(12))
        missing[place[i]] -= vector
    has = counts.filter(regex="^label_").loc[order].to_numpy() > 0
    _improve(place, missing, vectors, has)
    return dict(zip(order, np.array(list(fractions))[place], strict=True))


def _improve(
    place: np.ndarray, missing: np.ndarray, vectors: np.ndarray, has: np.ndarray
) -> None:
    """Move single units, in place, while a move makes the split better.

    Better is: a split that lacks a label gets one; else, shares closer to those asked.

    Args:
        place: (units,) index of the split that each unit is in.
        missing: (splits, strata) share that each split lacks (negative: too much).
        vectors: (units, strata) share that each unit brings.
        has: (units, labels) whether a unit holds a video of the label.
    """
    count = np.array([has[place == part].sum(axis=0) for part in range(len(missing))])
    while True:
        home = missing[place]  # (units, strata)
        leave = ((home + vectors) ** 2 - home**2).sum(axis=1)
        opened = ((count[place] == has) & has).sum(axis=1)
        # (splits, units): what each move costs, and how many label gaps it leaves less.
        arrive = (vectors**2).sum(axis=1) - 2 * missing @ vectors.T
        change = (leave + arrive).round(12)
        gaps = opened - ((count == 0) @ has.T.astype(int))
        stays = place == np.arange(len(missing))[:, None]
        gaps[stays], change[stays] = 0, 0
        best = np.lexsort((change.ravel(), gaps.ravel()))[0]
        part, unit = np.unravel_index(best, gaps.shape)
        if (gaps[part, unit], change[part, unit]) >= (0, 0):
            return
        missing[place[unit]] += vectors[unit]
        missing[part] -= vectors[unit]
        count[place[unit]] -= has[unit]
        count[part] += has[unit]
        place[unit] = part


def _shared(table: pd.DataFrame) -> dict[str, list[str]]:
    """Per name space the values that occur in more than one split."""
    where: dict[str, dict[str, set[str]]] = {}
    for space, column in groups.links(table):
        values = where.setdefault(space, {})
        for value, part in zip(column, table["split"], strict=True):
            if pd.notna(value) and pd.notna(part):
                values.setdefault(value, set()).add(part)
    return {
        space: sorted(value for value, parts in values.items() if len(parts) > 1)
        for space, values in where.items()
    }


def _proof(
    table: pd.DataFrame,
    known: pd.Series,
    kind: str,
    seed: int,
    fractions: Mapping[str, float],
) -> dict:
    weakest = groups.KNOWN[int(known.min())] if len(known) else groups.KNOWN[0]
    shared = {space: len(values) for space, values in _shared(table).items()}
    parts = {part: table[table["split"] == part] for part in fractions}
    return {
        "proof": weakest if kind == "group" else kind,
        "kind": kind,
        "leaky": kind != "group",
        "seed": seed,
        "fractions": dict(fractions),
        "groups": {part: rows["group"].nunique() for part, rows in parts.items()},
        "videos": {
            part: {
                "real": int((rows["label"] == REAL).sum()),
                "fake": int((rows["label"] == FAKE).sum()),
            }
            for part, rows in parts.items()
        },
        "methods": {
            part: {k: int(n) for k, n in sorted(rows["method"].value_counts().items())}
            for part, rows in parts.items()
        },
        "largest_group": int(table["group"].value_counts().max()) if len(table) else 0,
        "overlap": shared["group"],
        "shared": shared,
        "warnings": list(_warnings(parts, weakest, kind)),
        "split_sha256": manifests.sha256(table[["video_id", "group", "split"]]),
    }


def _warnings(
    parts: Mapping[str, pd.DataFrame], weakest: str, kind: str
) -> Iterator[str]:
    if kind != "group":
        yield f"split by {kind}: faces of the training part may be in the others"
    elif weakest == "file":
        yield "nothing is known of who is in some videos: each counts as its own group"
    elif weakest == "source":
        yield "who is in some videos is unknown: one person may be in several splits"
    for part, rows in parts.items():
        for label, word in ((REAL, "real"), (FAKE, "fake")):
            n_groups = rows.loc[rows["label"] == label, "group"].nunique()
            if n_groups == 0:
                yield f"{part} has no {word} video: too few groups to share out"
            elif n_groups == 1 and part != "train":
                yield f"{part} has one group of {word} videos: no interval can be made"


def _checked_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    parts = dict(fractions)
    if "val" not in parts and "train" in parts:
        parts |= {"train": 0.8 * parts["train"], "val": 0.2 * parts["train"]}
    if set(parts) != set(SPLITS) or min(parts.values()) <= 0:
        raise ValueError(f"fractions need a positive share of {SPLITS}: {fractions}")
    if abs(sum(parts.values()) - 1) > 1e-9:
        raise ValueError(f"fractions must sum to 1: {fractions}")
    return {part: parts[part] for part in SPLITS}
