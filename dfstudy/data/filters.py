"""The papers' selections: manifest -> manifest, with fewer videos.

    table = filters.oriented(table, "landscape")                    # S1
    table = filters.without_altered_audio(table)                    # S2
    table = filters.limited(table, 825, seed=0)                     # S1: 825 of DFDC
    table = filters.balanced(table, seed=0)                         # S3, S4
    table, told = filters.select(table, orientation="landscape", limit=825)

Each is a function of the table alone: the same videos and seed give the same selection,
whatever the order of rows. Rows that stay keep their order.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dfstudy.data import groups
from dfstudy.data.manifest import FAKE, REAL, validate
from dfstudy.video import audio
from dfstudy.video.decode import VideoError
from dfstudy.workers import cores

ORIENTATIONS = ("landscape", "portrait", "square")


def select(
    table: pd.DataFrame,
    *,
    orientation: str | None = None,
    exclude_altered_audio: bool = False,
    limit: int | None = None,
    fraction: float | None = None,
    balance: bool = False,
    seed: int = 0,
) -> tuple[pd.DataFrame, list[str]]:
    """The filters that are asked for, in this order; and one line on each for people.

    ValueError where no video is left, or a filter cannot be applied.
    """
    steps = {
        f"not {orientation}": orientation and partial(oriented, which=orientation),
        "audio altered": exclude_altered_audio and without_altered_audio,
        "over the limit": limit is not None and partial(limited, n=limit, seed=seed),
        "over the fraction": fraction is not None
        and partial(limited_to_fraction, share=fraction, seed=seed),
        "one class has more": balance and partial(balanced, seed=seed),
    }
    told = []
    for reason, step in steps.items():
        if step:
            before, table = len(table), step(table)
            told.append(f"{reason}: {before - len(table)} of {before} videos left out")
    if exclude_altered_audio:
        unknown = int(table["audio_altered"].isna().sum())
        told.append(f"audio altered or not: unknown of {unknown} fakes, which stay")
    if table.empty:
        raise ValueError("; ".join(["no video is left", *told]))
    return table, told


def oriented(table: pd.DataFrame, which: str) -> pd.DataFrame:
    """Only videos that are wider than high ("landscape"), "portrait" or "square".

    Sizes are upright ones; a video of unknown size falls out. S1 keeps landscape.
    """
    if which not in ORIENTATIONS:
        raise ValueError(f"orientation must be one of {ORIENTATIONS}, not {which!r}")
    excess = table["width"] - table["height"]
    keep = {"landscape": excess > 0, "portrait": excess < 0, "square": excess == 0}
    return validate(table[keep[which].fillna(False).astype(bool)])


def mark_altered_audio(
    table: pd.DataFrame, *, workers: int | None = None, progress: bool = True
) -> pd.DataFrame:
    """The table with `audio_altered`: each fake's sound against its original's.

    False for authentic videos. Missing (unknown) where the fake's `source_id` is no
    authentic video of the table, or one of the two files has no sound that decodes.
    Decodes the sound of every pair, in `workers` threads (default: two for each core).
    """
    table = validate(table)
    originals = table[table["label"] == REAL].set_index("video_id")["path"]
    fakes = table[table["label"] == FAKE]
    pairs = list(zip(fakes["path"], fakes["source_id"].map(originals), strict=True))
    # Threads will do: decoding happens outside the interpreter's lock.
    with ThreadPoolExecutor(workers or 2 * cores()) as pool:
        results = pool.map(_altered, pairs)
        bar = tqdm(results, total=len(pairs), desc="audio", disable=not progress)
        table.loc[fakes.index, "audio_altered"] = pd.array(list(bar), "boolean")
    table.loc[table["label"] == REAL, "audio_altered"] = False
    return table


def without_altered_audio(
    table: pd.DataFrame, *, workers: int | None = None, progress: bool = True
) -> pd.DataFrame:
    """Without fakes whose audio was altered (S2); the rest is marked, unknown stays."""
    table = mark_altered_audio(table, workers=workers, progress=progress)
    return validate(table[~table["audio_altered"].fillna(False).astype(bool)])


def limited(table: pd.DataFrame, n: int, *, seed: int) -> pd.DataFrame:
    """At most `n` videos in whole groups, each label and method in its old share.

    A group larger than `n` (DFD and Celeb-DF are nearly one each) is taken by sources
    instead: an original with its fakes. ValueError where even the smallest is too
    large, or `n` is not positive.
    """
    table = validate(table)
    if n < 1:
        raise ValueError(f"a limit must be at least 1 video, not {n}")
    if n >= len(table):
        return table
    units = groups.find(table).units["unit"]
    source = "source:" + table["source_id"].fillna(table["video_id"])
    units = units.where(units.map(units.value_counts()) <= n, source)
    chosen = _chosen(table, units, n, seed)
    if not chosen:
        smallest = units.value_counts().min()
        raise ValueError(f"limit {n}: the smallest group has {smallest} videos")
    return validate(table[units.isin(chosen)])


def limited_to_fraction(
    table: pd.DataFrame, share: float, *, seed: int
) -> pd.DataFrame:
    """At most this share (0, 1] of the videos; see `limited`. S0's pilot took 0.3."""
    if not 0 < share <= 1:
        raise ValueError(f"a fraction must be above 0 and at most 1, not {share}")
    return limited(table, max(1, round(share * len(table))), seed=seed)


def balanced(table: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """As many real as fake videos inside each data set (S4: else it tells the label).

    The larger class loses videos, each of its methods the same share. Groups are not
    kept whole: what stays is less, so nothing new can leak. ValueError where no data
    set has both classes.
    """
    table = validate(table)
    dataset = table["dataset"].fillna("")
    counts = pd.crosstab(dataset, table["label"]).reindex(columns=[REAL, FAKE])
    keep = dataset.map(counts.fillna(0).min(axis=1))
    if not keep.any():
        raise ValueError(
            "no data set has both real and fake videos: nothing to balance"
        )
    shuffled = table.sort_values("video_id").sample(frac=1, random_state=seed)
    methods = shuffled.groupby([dataset, "label", "method"], dropna=False)["path"]
    # Place within its method, in (0, 1): cutting there takes the same share of each.
    place = (methods.cumcount() + 0.5) / methods.transform("size")
    ranks = place.groupby([dataset, table["label"]]).rank(method="first")
    return validate(table[ranks.reindex(table.index) <= keep])


def _altered(pair: tuple[str, object]) -> bool | None:
    fake, original = pair
    if pd.isna(original) or not (Path(fake).exists() and Path(original).exists()):
        return None
    try:
        return audio.altered(fake, original)
    except VideoError:
        return None  # not to be decoded, so not to be compared


def _chosen(table: pd.DataFrame, units: pd.Series, n: int, seed: int) -> set[str]:
    """Units with at most `n` videos, and that share of each label and method.

    In random order, a unit is taken where that brings what was taken closest to the
    share of what was seen (after Sechidis et al., "On the stratification of multi-label
    data", 2011, here with whole groups).
    """
    strata = pd.get_dummies(table[["label", "method"]].astype("str")).astype(int)
    counts = strata.groupby(units).sum().sort_index()
    sizes = units.value_counts()[counts.index].to_numpy()
    vectors = counts.to_numpy(float) / counts.sum().to_numpy()  # (units, strata)
    order = np.random.default_rng(seed).permutation(len(counts))
    missing = np.zeros(vectors.shape[1])
    chosen, left = set(), n
    for share in (n / len(table), 0):  # the second time for what small units can fill
        for i in order:
            missing += share * vectors[i]
            # No further away is near enough: as many as may be.
            worse = ((missing - vectors[i]) ** 2 - missing**2).sum() > 1e-12
            if not worse and sizes[i] <= left and counts.index[i] not in chosen:
                chosen.add(counts.index[i])
                missing -= vectors[i]
                left -= sizes[i]
    return chosen
