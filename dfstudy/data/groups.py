"""Who belongs together: connected components over file, source, target and donor.

    names = groups.names(table)          # one group name a row

Two videos are in one group if they share a file, a source, a face, or a group given by
hand (groups.csv), directly or through other videos. Names mean the same person or video
wherever they occur in a manifest.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# What a row knows about who is in it, weakest first.
KNOWN = ("file", "source", "groups", "identity")


def links(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """(name space, column): rows that share a value in a name space are linked."""
    yield "source", table["video_id"]  # a video is the source of fakes made from it
    yield "source", table["source_id"]
    yield "identity", table["target_identity"]
    yield "identity", table["donor_identity"]
    yield "group", table["group"]


def known(table: pd.DataFrame) -> pd.Series:
    """Per row the best that is known about who is in it: an index into `KNOWN`."""
    # The name that `names` gave a group says nothing new about it.
    ours = tuple(f"{word}:" for word in KNOWN)
    given = table["group"].notna() & ~table["group"].str.startswith(ours, na=False)
    level = table["source_id"].notna().astype(int)
    level[given] = KNOWN.index("groups")
    level[table["target_identity"].notna()] = KNOWN.index("identity")
    return level


def names(table: pd.DataFrame) -> pd.Series:
    """One name a component: the group it had, else what is known and a first member."""
    columns_of: dict[str, list[pd.Series]] = {}
    for space, column in links(table):
        columns_of.setdefault(space, []).append(column.dropna())
    rows, nodes, size = [], [], len(table)
    for columns in columns_of.values():
        values = pd.concat(columns)
        codes, distinct = pd.factorize(values)
        rows.append(values.index.to_numpy())
        nodes.append(codes + size)
        size += len(distinct)
    row, node = np.concatenate(rows), np.concatenate(nodes)
    edges = coo_array((np.ones(len(row), np.int8), (row, node)), shape=(size, size))
    component = connected_components(edges, directed=False)[1][: len(table)]
    facts = table.assign(known=known(table)).groupby(component)
    first = facts[["group", "target_identity", "video_id"]].min()
    word = facts["known"].min().map(dict(enumerate(KNOWN)))
    member = first["target_identity"].where(word == "identity", first["video_id"])
    return pd.Series(component).map(first["group"].fillna(word + ":" + member))
