"""Train, val and test without leaks, and the proof that there are none.

    table, facts = split(table, seed=0)              # adds the columns group and split
    proof.write(facts, "runs/laptop/split_proof.json")

A group is a connected component over file, source, target and donor: who shares a face
or footage with whom, directly or through others. A group is in one part, whole. Where
random donors have merged the groups, people are split instead, and the fakes whose
target and donor fall apart are dropped (`split` missing) and counted. Where the people
are unknown the proof says what was known instead; leakier splits exist under their
names, for teaching, and their proof counts what leaked. Frames are dealt out in
`data.frame_split`, folds made in `data.folds`.
"""

from collections.abc import Mapping

import pandas as pd

from dfstudy.data import assign, groups, people
from dfstudy.data import manifest as manifests
from dfstudy.data import proof as proofs

KINDS = ("group", "people", "official", "source", "video")
_FRACTIONS = {"train": 0.4, "val": 0.2, "test": 0.4}


def split(
    manifest: pd.DataFrame,
    *,
    seed: int,
    fractions: Mapping[str, float] = _FRACTIONS,
    kind: str = "group",
) -> tuple[pd.DataFrame, dict]:
    """Give every video its group and its split.

    Every part gets its share of the groups, of both labels and of every method, as far
    as whole groups allow. The result depends on the videos and `seed`, not on the order
    of rows.

    Args:
        manifest: see `data.manifest`; a `group` in it (from groups.csv) is honoured.
        seed: which groups go where.
        fractions: share of each part, summing to 1. Without "val", a fifth of the
            training part becomes it.
        kind: one of KINDS. "group": whole components; people where components merged
            and left too few groups (`data.groups`). "people": people in any case
            (`data.people`). "official": the data set's own lists, which its indexer
            has put into the column split; the proof counts what they share. Or, for
            teaching, "source" (only the source video is kept together, so faces leak)
            and "video" (each video for itself).

    Returns:
        The manifest in its own row order, with `group`, whatever the kind, and `split`,
        missing where a video is dropped; and the proof (`data.proof.build`), with
        `warnings` where the groups are too few for what was asked. A group is what an
        interval resamples: the component, or, where people are split, the person whose
        head is seen. (Components within a part would be one or two, and no interval
        could be made; the cost is that groups which share a donor are not independent.)

    Raises:
        SplitError: the split cuts a group (checked afterwards, by other code).
        ValueError: `fractions` or `kind` cannot be, there is no official split, or no
            video.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of split {kind!r}: choose one of {', '.join(KINDS)}")
    shares = assign.fractions(fractions)
    found = groups.find(manifest, people=kind == "people")
    if kind == "official":
        done = found.table.assign(split=_official(manifest, found, seed))
        return done, proofs.build(
            found, done, kind=kind, asked=kind, seed=seed, fractions=None
        )
    if kind in proofs.LEAKY:
        table, made = found.table, kind
        units = table["source_id"].fillna(table["video_id"])
        units = units if kind == "source" else table["video_id"]
        part = units.map(assign.place(table, units, shares=shares, seed=seed))
    else:
        part, made = _honest(found, shares, seed), "people" if found.by_person else kind
    done = found.table.assign(split=part)
    if made not in proofs.LEAKY:
        proofs.verify(done)
    return done, proofs.build(
        found, done, kind=made, asked=kind, seed=seed, fractions=shares
    )


def _honest(found: groups.Found, shares: Mapping[str, float], seed: int) -> pd.Series:
    table, units = found.table, found.units
    part_of = assign.place(table, units["unit"], shares=shares, seed=seed)
    if found.by_person:
        part_of = people.settle(part_of, table, units, shares=shares)
    return people.parts(units, part_of)


def _official(manifest: pd.DataFrame, found: groups.Found, seed: int) -> pd.Series:
    """The part that the lists give; what they leave open is done as their users do.

    A data set with a test list alone (Celeb-DF) trains on all its other videos; where
    no data set has a validation part, a fifth of the training groups becomes it.
    """
    table = manifests.validate(manifest)
    listed = table["split"].copy()
    if groups.named_by_us(table).any():
        raise ValueError(
            "the column split is one of ours, made before: index the data set again"
        )
    if not (listed == "test").any():
        raise ValueError(
            "no official split: index FaceForensics++ or Celeb-DF with their lists"
        )
    for _, part in listed.groupby(table["dataset"].fillna("")):
        if set(part.dropna()) == {"test"}:
            listed[part.index] = part.fillna("train")
    training = listed == "train"
    if not (listed == "val").any():
        units = found.units.loc[training, "unit"]
        part_of = assign.place(
            table[training], units, shares=assign.cut_val(1), seed=seed
        )
        listed[training] = units.map(part_of)
    return listed
