"""What a split guarantees, counted after the fact: `split_proof.json`.

    proof.verify(table)                          # SplitError if anything is shared
    proof.write(facts, "runs/laptop/split_proof.json")
    print(proof.summary(facts))

Written by other code than the one that splits: it looks at values that two parts share,
and knows nothing of components.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from dfstudy.data import groups
from dfstudy.data import manifest as manifests
from dfstudy.data.manifest import FAKE, REAL, SPLITS

LEAKY = ("source", "video", "frame")
_FEWEST = 5  # groups of a label that metrics.intervals makes an interval of


class SplitError(ValueError):
    """A split that would put one group into two parts."""


def verify(table: pd.DataFrame) -> None:
    """SplitError if videos of different parts share a file, source, face or group."""
    shared = {name: values for name, values in _shared(table).items() if values}
    if shared:
        examples = {name: values[:3] for name, values in shared.items()}
        raise SplitError(f"the split cuts a group; in several splits are {examples}")


def build(
    found: groups.Found,
    table: pd.DataFrame,
    *,
    kind: str,
    asked: str,
    seed: int,
    fractions: Mapping[str, float] | None,
) -> dict:
    """The proof, a dict for JSON.

    Keys: `proof`, the weakest of `groups.KNOWN` among the videos, or the kind where it
    leaks; `leaky`; `kind` and what was `asked`; `seed`; `fractions`, null where a list
    decides; per part `groups`, `people`, `videos` by label, `methods`; `dropped` by
    label and method; `known`, how many of the others say how much about who is in them;
    `group_is`, what an interval resamples; `largest_group`; `shared`, how many sources,
    identities and groups are in several parts; `overlap`, the last of these;
    `warnings`; `split_sha256`.

    Args:
        found: the groups of the manifest.
        table: the manifest with its `split`, missing where a video is dropped. A video
            may be in it once a part (frames dealt out).
    """
    used = table["split"].notna()
    known = found.known[used.groupby(level=0).any()]
    weakest = groups.KNOWN[int(known.min()) if len(known) else 0]
    shared = {space: len(values) for space, values in _shared(table).items()}
    leaky = kind in LEAKY or (kind == "official" and any(shared.values()))
    parts = {part: table[table["split"] == part] for part in SPLITS}
    facts = {
        "proof": kind if leaky else weakest,
        "leaky": leaky,
        "kind": kind,
        "asked": asked,
        "seed": seed,
        "fractions": dict(fractions) if fractions else None,
        "groups": {part: rows["group"].nunique() for part, rows in parts.items()},
        "people": {part: _people(rows) for part, rows in parts.items()},
        "videos": {part: _labels(rows) for part, rows in parts.items()},
        "methods": {part: _methods(rows) for part, rows in parts.items()},
        "dropped": {"videos": _labels(table[~used]), "methods": _methods(table[~used])},
        "known": {w: int((known == i).sum()) for i, w in enumerate(groups.KNOWN)},
        "group_is": "person" if found.by_person else "component",
        "largest_group": int(table["group"].value_counts().max()),
        "shared": shared,
        "overlap": shared["group"],
    }
    return facts | {
        "warnings": [*_of_kind(facts, weakest), *_of_parts(parts)],
        "split_sha256": manifests.sha256(table[["video_id", "group", "split"]]),
    }


def write(proof: Mapping[str, object], path: str | os.PathLike[str]) -> Path:
    """Write `split_proof.json`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(proof, indent=2) + "\n", encoding="utf-8")
    return path


def summary(proof: Mapping) -> str:
    """The proof in a few lines, for people."""
    kind = proof["kind"]
    asked = "" if proof["asked"] == kind else f" ({proof['asked']} was asked for)"
    lines = [f"split by {kind}{asked}, proof: {proof['proof']}"]
    for part, videos in proof["videos"].items():
        lines.append(
            f"  {part:7} {proof['groups'][part]:6} groups {proof['people'][part]:6}"
            f" people {videos['real']:6} real {videos['fake']:6} fake"
        )
    videos, methods = proof["dropped"].values()
    if any(videos.values()):
        names = ", ".join(f"{name} {n}" for name, n in methods.items())
        lines.append(
            f"  dropped {videos['real']:20} real {videos['fake']:6} fake ({names})"
        )
    return "\n".join([*lines, *(f"warning: {text}" for text in proof["warnings"])])


def _shared(table: pd.DataFrame) -> dict[str, list[str]]:
    """Per name space the values that occur in more than one part."""
    where: dict[str, dict[str, set[str]]] = {}
    for space, column in groups.LINKS:
        values = where.setdefault(space, {})
        for value, part in zip(table[column], table["split"], strict=True):
            if pd.notna(value) and pd.notna(part):
                values.setdefault(value, set()).add(part)
    return {
        space: sorted(value for value, parts in values.items() if len(parts) > 1)
        for space, values in where.items()
    }


def _people(rows: pd.DataFrame) -> int:
    return pd.concat([rows["target_identity"], rows["donor_identity"]]).nunique()


def _labels(rows: pd.DataFrame) -> dict[str, int]:
    return {
        "real": int((rows["label"] == REAL).sum()),
        "fake": int((rows["label"] == FAKE).sum()),
    }


def _methods(rows: pd.DataFrame) -> dict[str, int]:
    return {k: int(n) for k, n in sorted(rows["method"].value_counts().items())}


def _of_kind(facts: Mapping, weakest: str) -> Iterator[str]:
    kind, shared = facts["kind"], facts["shared"]
    if kind in LEAKY:
        yield f"split by {kind}: faces of the training part may be in the others"
    elif facts["leaky"]:
        counts = ", ".join(f"{n} by {space}" for space, n in shared.items() if n)
        yield f"the official parts share what should be in one alone: {counts}"
    elif weakest == "file":
        yield "nothing is known of who is in some videos: each counts as its own group"
    elif weakest == "source":
        yield "who is in some videos is unknown: one person may be in several splits"
    dropped = facts["dropped"]["videos"]
    if n := sum(dropped.values()):
        why = "in no official part" if kind == "official" else "target and donor apart"
        total = n + sum(sum(videos.values()) for videos in facts["videos"].values())
        yield f"{n} of {total} videos are dropped: {why}"
    if facts["group_is"] == "person":
        yield (
            "a group is the person whose head is seen: fakes of several groups share a "
            "donor, so that intervals come out somewhat narrow"
        )


def _of_parts(parts: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    for part, rows in parts.items():
        for label, word in ((REAL, "real"), (FAKE, "fake")):
            n_groups = rows.loc[rows["label"] == label, "group"].nunique()
            if n_groups == 0:
                yield f"{part} has no {word} video: too few groups to share out"
            elif part == "test" and n_groups < _FEWEST:
                yield (
                    f"{part} has {word} videos of {n_groups} groups: no interval can "
                    f"be made of fewer than {_FEWEST}"
                )
