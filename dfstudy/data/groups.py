"""Who belongs together: connected components over file, source, target and donor.

    found = groups.find(manifest, people=False)
    found.units                          # one row a video: its unit, its donor's unit

Two videos are in one group if they share a file, a source, a face, or a group given by
hand (groups.csv), directly or through other videos. Names mean the same person or video
wherever they occur in a manifest.

Where donors are chosen at random, the components merge: DFD's 28 actors are one. There
the unit is the person, with every video that shows their head, and a fake hangs on two
units: its target's, which it is in, and its donor's.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dfstudy.data import manifest as manifests

# (name space, column): rows that share a value in a name space are linked. A video is
# the source of the fakes made from it.
LINKS = (
    ("source", "video_id"),
    ("source", "source_id"),
    ("identity", "target_identity"),
    ("identity", "donor_identity"),
    ("group", "group"),
)
# What a row knows about who is in it, weakest first.
KNOWN = ("file", "source", "groups", "identity")
ENOUGH = 20  # groups; with 16 an interval covers 90 % in place of 95 %
# A name that `_names` gave, which says nothing new when a manifest comes back.
_OURS = rf"auto:(?:{'|'.join(KNOWN)}):"


@dataclass(frozen=True)
class Found:
    """A manifest whose videos know their group.

    `table` is the manifest, validated, with `group` filled in. `units` has one row a
    video: `unit` (what a split keeps whole; the same as `group`) and `donor` (the unit
    that its donor is in, missing where that is no other). `known` is per video the
    best that is known about who is in it: an index into KNOWN.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    known: pd.Series

    @property
    def by_person(self) -> bool:
        """Whether some fakes hang on two units."""
        return bool(self.units["donor"].notna().any())


def find(manifest: pd.DataFrame, *, people: bool = False) -> Found:
    """The groups of a manifest; see `Found`.

    Args:
        manifest: see `data.manifest`; a `group` in it (from groups.csv) is honoured.
        people: part every person from their donors; else only where components merged
            and left too few groups.

    Raises:
        ValueError: no manifest (`manifest.ManifestError`), or one without a video.
    """
    table = manifests.validate(manifest)
    if table.empty:
        raise ValueError("the manifest has no video: there is nothing to split")
    table["group"] = table["group"].mask(named_by_us(table))
    parted = pd.Series(True, table.index) if people else _merged(table)
    units = _units(table, parted)
    return Found(table.assign(group=units["unit"]), units, _known(table))


def named_by_us(table: pd.DataFrame) -> pd.Series:
    """Whether the group of a row is one that `find` has named."""
    return table["group"].str.match(_OURS, na=False).astype(bool)


def _merged(table: pd.DataFrame) -> pd.Series:
    """Whether a row is in a component to be parted into people.

    So it is where a data set has fewer than ENOUGH groups of a label, and the component
    holds the videos of more than two people: to part a closed pair would only lose its
    fakes. Groups are counted as an interval feels them, (sum n)^2 / sum n^2 for sizes
    n: as many as there are if all have one size, about one if one has nearly all.
    """
    whole = _units(table, pd.Series(False, table.index))["unit"]
    person = _units(table, pd.Series(True, table.index))["unit"]
    sets = table["dataset"].fillna("")
    few = set()
    for (name, _), units in whole.groupby([sets, table["label"]]):
        n = units.value_counts()
        if n.sum() ** 2 / (n**2).sum() < ENOUGH:
            few.add(name)
    return sets.isin(few) & (person.groupby(whole).transform("nunique") > 2)


def _known(table: pd.DataFrame) -> pd.Series:
    level = table["source_id"].notna().astype(int)
    level[table["group"].notna()] = KNOWN.index("groups")
    level[table["target_identity"].notna()] = KNOWN.index("identity")
    return level


def _units(table: pd.DataFrame, parted: pd.Series) -> pd.DataFrame:
    """`unit` and `donor` of each row; donors link no rows that are `parted`."""
    n = len(table)
    values = pd.concat(
        [space + ":" + table[column] for space, column in LINKS],
        keys=[column for _, column in LINKS],
    ).dropna()
    column, row = (values.index.get_level_values(i).to_numpy() for i in (0, 1))
    codes, distinct = pd.factorize(values)
    parts = (column == "donor_identity") & parted.to_numpy()[row]
    ends = (row[~parts], codes[~parts] + n)
    size = n + len(distinct)
    edges = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    component = connected_components(edges, directed=False)[1]
    names = _names(table, component[:n])
    unit = pd.Series(component[:n], table.index).map(names)
    donor = pd.Series(pd.NA, table.index, dtype="str")
    # A donor who is seen in no video as a target is a unit without videos of its own.
    at = component[n + codes[parts]]
    own = "auto:identity:" + table["donor_identity"].iloc[row[parts]]
    donor.iloc[row[parts]] = pd.Series(at, own.index).map(names).fillna(own)
    return pd.DataFrame({"unit": unit, "donor": donor.mask(donor == unit)})


def _names(table: pd.DataFrame, component: np.ndarray) -> pd.Series:
    """Component -> name: the group it had, else what is known and a first member."""
    facts = table.assign(known=_known(table)).groupby(component)
    first = facts[["group", "target_identity", "video_id"]].min()
    word = facts["known"].min().map(dict(enumerate(KNOWN))).astype("str")
    member = first["target_identity"].where(word == "identity", first["video_id"])
    return first["group"].fillna("auto:" + word + ":" + member)
