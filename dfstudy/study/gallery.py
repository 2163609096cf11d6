"""The errors that a detector was surest of, and what they have in common.

surest(scored.videos(runs, result), "false alarms")      # reals called fake
about = attributes(data, view, videos["video_id"])     # truth, and measured
in_common(videos, about, "misses")                          # errors against the rest

A handful of pictures invites a story: "it fails in the dark". Errors are few, there are
many things to compare, and in some respect they always differ from the rest. So each
difference has its interval and a p-value that is corrected for all that was looked at.
What then remains is a guess for the next set of videos, and no cause.
"""

import numpy as np
import pandas as pd

from dfstudy.data.dataset import Dataset
from dfstudy.data.truth import known_of
from dfstudy.data.view import View
from dfstudy.metrics import bca
from dfstudy.metrics.intervals import MIN_GROUPS, all_but_one, drawn_groups
from dfstudy.metrics.paired import holm

ERRORS = {"false alarms": (0, 1), "misses": (1, 0)}  # label, called
_WORDS = ("skin", "age", "hair", "kind", "region")
_NUMBERS = ("strength",)


def surest(videos: pd.DataFrame, kind: str, *, count: int = 6) -> pd.DataFrame:
    """The errors of a kind, the surest first.

    Args:
        videos: label, called, score, and more (training.scored.videos).
        kind: of ERRORS: "false alarms" are reals called fake, "misses" fakes called
            real.
    """
    label, called = ERRORS[kind]
    wrong = videos[(videos["label"] == label) & (videos["called"] == called)]
    return wrong.sort_values("score", ascending=label == 1).head(count)


def attributes(data: Dataset, view: View, video_ids: pd.Series) -> pd.DataFrame:
    """What there is to say of each video, numbers; words are 0 or 1 each.

    Measured on the frames that `view` shows: brightness and contrast (mean and standard
    deviation of the grey level, 0 to 255), motion (mean change of the grey level from
    frame to frame); face size (share of the frame's height), where `view` is of faces
    or the renderer has written it down. What only a renderer knows is missing of real
    videos. Indexed by `video_id`.
    """
    prepared, rows = data.prepared(view), []
    heights = data.manifest.set_index("video_id")["height"]
    for video_id in video_ids:
        clip = prepared.clip(video_id)
        grey = clip.astype(np.float32).mean(axis=-1)
        row = {"brightness": grey.mean(), "contrast": grey.std(axis=(1, 2)).mean()}
        if len(grey) > 1:
            row["motion"] = np.abs(np.diff(grey, axis=0)).mean()
        if faces := prepared.record(video_id)["faces"]:
            boxes = np.array(faces[0]["boxes"])
            row["face size"] = (boxes[:, 3] - boxes[:, 1]).mean() / heights[video_id]
        rows.append(row)
    table = pd.DataFrame(rows, index=pd.Index(video_ids, name="video_id"))
    truth = known_of(data).reindex(table.index)
    if truth.notna().any(axis=None) and "face size" not in table:
        tall = (truth["box_y1"] - truth["box_y0"]).map(np.mean, na_action="ignore")
        table["face size"] = tall / heights.reindex(table.index)
    for name in _NUMBERS:
        table[name] = truth[name]
    for name in _WORDS:
        if truth[name].notna().any():
            flags = pd.get_dummies(truth[name], prefix=name, prefix_sep=": ")
            table = table.join(flags.astype(float))
    worn = truth["accessories"].dropna().str.get_dummies("+")
    table = table.join(worn.add_prefix("wears: ").astype(float))
    return table.dropna(axis=1, how="all")


def in_common(
    videos: pd.DataFrame,
    about: pd.DataFrame,
    kind: str,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """How the errors differ from the other videos of their class, by attribute.

    Args:
        videos: label, called, group and video_id. about: of `attributes`.

    Returns:
        One row an attribute, the largest difference first: name, errors and rest (the
        means), n_errors, value (the difference in standard deviations of the class),
        low, high (over groups), p (two-sided), p_holm (corrected for all rows), reason
        (why there is no interval). An attribute that is the same for all is left out.
    """
    label, called = ERRORS[kind]
    mine = videos[videos["label"] == label]
    wrong = (mine["called"] == called).to_numpy()
    codes = np.unique(mine["group"].astype(str), return_inverse=True)[1]
    rows = []
    for name in about.columns:
        x = about[name].reindex(mine["video_id"]).to_numpy(float)
        has = np.isfinite(x)
        if has.sum() < 2 or np.std(x[has]) < 1e-9:
            continue
        rows.append(
            {"name": name}
            | _difference(x[has], wrong[has], codes[has], n_bootstrap, seed, level)
        )
    columns = ["name", "errors", "rest", "n_errors", "value", "low", "high", "p"]
    table = pd.DataFrame(rows, columns=[*columns, "reason"])
    corrected = pd.Series(np.nan, index=table.index)
    tested = table["p"].notna()
    corrected[tested] = holm(table.loc[tested, "p"].to_numpy(float))
    table.insert(8, "p_holm", corrected)
    order = table["value"].abs().sort_values(ascending=False).index
    return table.loc[order].reset_index(drop=True)


def _difference(
    x: np.ndarray, wrong: np.ndarray, codes: np.ndarray, n: int, seed: int, level: float
) -> dict:
    """Mean of the errors minus that of the rest, in standard deviations of all."""
    out = {"n_errors": int(wrong.sum()), "value": np.nan, "low": np.nan}
    out |= {"high": np.nan, "p": np.nan, "reason": None}
    if not 0 < wrong.sum() < len(wrong):
        return out | {"reason": "no errors, or nothing else"}
    out |= {"errors": x[wrong].mean(), "rest": x[~wrong].mean()}
    z = x / x.std()
    parts = (z * wrong, wrong, z * ~wrong, ~wrong)
    sums = np.stack([np.bincount(codes, part) for part in parts], axis=1)
    n_groups = len(sums)

    def gap(weights: np.ndarray) -> np.ndarray:
        a, b, c, d = (weights @ sums).T
        there = (b > 0) & (d > 0)
        both = np.full((2, len(a)), np.nan)
        np.divide(a, b, out=both[0], where=there)
        np.divide(c, d, out=both[1], where=there)
        return both[0] - both[1]

    out["value"] = float(gap(np.ones((1, n_groups)))[0])
    of_errors = np.unique(codes[wrong]).size
    if of_errors < MIN_GROUPS:
        few = f"errors in {of_errors} groups: an interval needs {MIN_GROUPS}"
        return out | {"reason": few}
    drawn = gap(drawn_groups(n_groups, n, np.random.default_rng(seed)))
    drawn, without = drawn[np.isfinite(drawn)], gap(all_but_one(n_groups))
    low, high = bca.ends(drawn, out["value"], without, level=level)
    p = bca.two_sided(drawn, out["value"], without)
    return out | {"low": low, "high": high, "p": p}
