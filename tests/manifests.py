"""Manifests that tests make, and what a split of one shares, from the definition.

`row`, `pairs`, `swaps`, `originals` make them; `manifests` is the hypothesis strategy
of any manifest; `components` and `shared` are oracles that know none of our code.
"""

import random

import pandas as pd
from hypothesis import strategies as st

from dfstudy.data import manifest


def row(
    video_id,
    method="real",
    source=None,
    target=None,
    donor=None,
    group=None,
    dataset=None,
    split=None,
):
    return {
        "video_id": video_id,
        "path": f"/v/{video_id}.mp4",
        "label": int(method != "real"),
        "dataset": dataset,
        "method": method,
        "source_id": source or (video_id if method == "real" else None),
        "target_identity": target,
        "donor_identity": donor,
        "group": group,
        "split": split,
    }


def pairs(n):
    """Closed pairs of people, as in the synthetic set: 2 real clips, 2 fakes a pair."""
    rows = []
    for i in range(n):
        for a, b in ((f"p{i}a", f"p{i}b"), (f"p{i}b", f"p{i}a")):
            rows.append(real := row(f"real-{a}", target=a))
            method = "blend" if a.endswith("a") else "disorder"
            rows.append(row(f"fake-{a}", method, real["video_id"], a, b))
    return manifest.from_rows(rows)


def swaps(name, people, reals, fakes, *, strangers=0, seed=0):
    """Rows of a set with random donors, as DFD and Celeb-DF; strangers are unnamed."""
    rng = random.Random(seed)
    faces = [f"{name}-{i}" for i in range(people)]
    rows = [
        row(f"{name}-r{i}", target=faces[i % people], dataset=name)
        for i in range(reals)
    ]
    for i in range(fakes):
        original = rng.choice(rows[:reals])
        target = original["target_identity"]
        donor = rng.choice([face for face in faces if face != target])
        source = original["video_id"]
        rows.append(row(f"{name}-f{i}", "swap", source, target, donor, dataset=name))
    rows += [row(f"{name}-s{i}", dataset=name) for i in range(strangers)]
    return rows


def originals(n, fakes, *, name="dfdc"):
    """Rows as DFDC's: an original, its fakes, and nobody known."""
    rows = []
    for i in range(n):
        rows.append(row(f"{name}-r{i}", dataset=name))
        for j in range(fakes):
            rows.append(row(f"{name}-f{i}-{j}", "dfdc", f"{name}-r{i}", dataset=name))
    return rows


@st.composite
def manifests(draw, max_size=40):
    """Any manifest: facts missing, sources gone, donors of reals, sets mixed."""
    faces = st.none() | st.integers(0, draw(st.integers(1, 12))).map("p{}".format)
    n = draw(st.integers(1, max_size))
    sources = st.none() | st.sampled_from([*(f"v{i}" for i in range(n)), "gone"])
    rows = []
    for i in range(n):
        method = draw(st.sampled_from(["real", "blend", "swap"]))
        group = draw(st.sampled_from([None, None, None, "g0", "g1", "p0"]))
        facts = (draw(sources), draw(faces), draw(faces), group)
        one = row(f"v{i}", method, *facts, draw(st.sampled_from([None, "a"])))
        rows.append(one | {"source_id": facts[0]})
    return manifest.from_rows(rows)


def ties(r):
    """What ties a row to others, from the definition of a group."""
    values = [
        ("file", r.video_id),
        ("file", r.source_id),
        ("face", r.target_identity),
        ("face", r.donor_identity),
        ("group", r.group),
    ]
    return [(space, value) for space, value in values if pd.notna(value)]


def components(table):
    """Component of each row: union-find over rows that share a tie."""
    parent = list(range(len(table)))

    def find(i):
        while parent[i] != i:
            i = parent[i]
        return i

    seen = {}
    for i, r in enumerate(table.itertuples()):
        for tie in ties(r):
            parent[find(i)] = find(seen.setdefault(tie, i))
    return [find(i) for i in range(len(table))]


def shared(table):
    """{(space, value)} that videos of two parts have; dropped videos do not count."""
    where = {}
    for r in table[table["split"].notna()].itertuples():
        for tie in ties(r):
            where.setdefault(tie, set()).add(r.split)
    return {tie for tie, parts in where.items() if len(parts) > 1}
