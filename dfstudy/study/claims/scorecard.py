"""Which claims our results support: paired differences, corrected for their number.

From the files of a run alone: the same test videos for both, resampled over people and
seeds (metrics.paired), and p corrected for the number of claims tested (Holm 1979).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy.metrics.intervals import MIN_GROUPS
from dfstudy.metrics.paired import compare, holm
from dfstudy.study.claims import first, second
from dfstudy.study.claims.claim import DATA, Claim, Detector, Difference, Reaches
from dfstudy.training import results, scored

CLAIMS = (*first.CLAIMS, *second.CLAIMS)
SAME = 0.1  # two are the same if the whole interval of their difference is within this
ALPHA = 0.05
RESAMPLES = 2000  # p is at least 1 / 1000: that survives a correction for thirty
UNKNOWN = "cannot be told here"
_NEEDS = {
    "architecture": " with the paper's network, on real forgeries",
    "world": " with the paper's network, on its data",
}
_WORDS = {"recall_real": "share of reals called real", "eer": "EER", "auroc": "AUROC"}

Videos = Callable[[Mapping], pd.DataFrame]  # the scored test videos of a result


def scorecard(
    runs: str | Path,
    *,
    split_sha256: str | None = None,
    claims: Sequence[Claim] = CLAIMS,
    seed: int = 0,
) -> pd.DataFrame:
    """One row a claim: claim, paper, source, printed, ours, about, verdict, why.

    Args:
        runs: the folder of a run, `runs/<profile>`.
        split_sha256: of the data (`Dataset.identity()`); needed where the run has
            results of several.
        claims: to be tested; p is corrected for their number.

    Raises:
        ValueError: results of several data sets, and no word which.
    """
    found = _results(runs, split_sha256)
    known: dict[str, pd.DataFrame] = {}

    def videos(result: Mapping) -> pd.DataFrame:
        name = f"{result['lesson']}_{result['model']}_{result['seed']}"
        if name not in known:
            known[name] = scored.videos(runs, result)
        return known[name]

    ours = [_measure(claim, found, videos, seed) for claim in claims]
    tested = [i for i, one in enumerate(ours) if "p" in one]
    for i, p in zip(tested, holm([ours[i]["p"] for i in tested]), strict=True):
        ours[i]["p_holm"] = float(p)
    rows = []
    for claim, one in zip(claims, ours, strict=True):
        verdict, why = _judge(claim, one)
        if verdict != UNKNOWN and one["kind"] == "synthetic":
            verdict += " in the laboratory"
        rows.append(
            {
                "claim": claim.claim,
                "paper": claim.paper,
                "source": claim.source,
                "printed": claim.printed,
                "ours": one.get("text", "-"),
                "about": claim.about,
                "verdict": verdict,
                "why": why,
            }
        )
    return pd.DataFrame(rows)


def _results(runs: str | Path, split_sha256: str | None) -> list[dict]:
    """Those of one data set, and of parts of it (lesson 10 leaves kinds out)."""
    found = results.read_results(runs)
    counts = Counter(r["data"]["split_sha256"] for r in found)
    if not found:
        return []
    chosen = split_sha256 or counts.most_common(1)[0][0]
    parts = {sha for sha in counts if sha == chosen or _is_part(runs, sha, chosen)}
    if split_sha256 is None and len(parts) < len(counts):
        names = sorted({r["data"]["name"] for r in found})
        raise ValueError(
            f"results of several data sets, {', '.join(names)}: say which"
            " (split_sha256)"
        )
    return [r for r in found if r["data"]["split_sha256"] in parts]


def _is_part(runs: str | Path, some: str, whole: str) -> bool:
    """Whether a data set's videos are in the other, in the same group and split."""
    keys = ["video_id", "label", "group", "split"]
    few, all_of = (scored.known(runs, sha) for sha in (some, whole))
    if few is None or all_of is None:
        return False
    return len(few[keys].merge(all_of[keys])) == len(few)


def _of(detector: Detector, found: Sequence[dict]) -> list[dict]:
    """The results of all its seeds; none if there is none."""
    by_length: dict[int, list[dict]] = {}
    for result in found:
        match = re.fullmatch(detector.model, result["model"])
        if match and result["lesson"] == detector.lesson:
            length = int(match[1]) if match.groups() else 0
            by_length.setdefault(length, []).append(result)
    pick = max if detector.most else min
    return by_length[pick(by_length)] if by_length else []


def _measure(claim: Claim, found: Sequence[dict], videos: Videos, seed: int) -> dict:
    """Value, low, high, p and a text; or a `reason` why there is none."""
    test = claim.test
    if test is None:
        return {"reason": "no result of ours could tell"}
    wanted = [test.detector] if isinstance(test, Reaches) else [test.first, test.second]
    given = {d: _of(d, found) for d in wanted if d is not None}
    for detector, some in given.items():
        if not some:
            lacks = f"no result of {detector}: run lesson {detector.lesson}"
            needs = "" if claim.about == "laboratory" else _NEEDS[claim.about]
            return {"reason": lacks + needs}
    used = [result for some in given.values() for result in some]
    if claim.about != "laboratory" and (lacks := _lacks(claim, used, videos)):
        return {"reason": lacks}
    if isinstance(test, Reaches):
        return _reached(test, used) | {"kind": used[0]["data"]["kind"]}
    if claim.test.second is not None and given[test.first] == given[test.second]:
        return {"reason": "only one length of clip was trained"}
    measured = _difference(test, given, videos, seed)
    return measured | {"kind": used[0]["data"]["kind"]}


def _lacks(claim: Claim, used: Sequence[dict], videos: Videos) -> str | None:
    """What these results lack for a claim about an architecture or the world."""
    backbones = sorted({result["backbone"] for result in used})
    starts = sorted({result["pretrained"] for result in used})
    if any(name.startswith("slim") for name in backbones):
        return "needs the paper's network; this one is a slim stand-in"
    if not set(starts) <= {"imagenet", "kinetics400"}:
        return f"needs the paper's pretraining; this network began with {starts[0]}"
    if any(result["data"]["kind"] != "real" for result in used):
        return "needs real forgeries; these are synthetic"
    if claim.about == "world":
        names = videos(used[0])["dataset"].astype(str).unique()
        known = DATA[claim.paper]
        if not known or not all(name.startswith(known) for name in names):
            return f"needs the paper's data; this is {', '.join(sorted(names))}"
    return None


def _difference(
    test: Difference, given: Mapping[Detector, list[dict]], videos: Videos, seed: int
) -> dict:
    tables = {d: [videos(r) for r in some] for d, some in given.items()}
    every = [table for some in tables.values() for table in some]
    learned = [set(r["train_families"]) for some in given.values() for r in some]
    kinds = set(test.kinds) or set.intersection(*learned)
    both = set.intersection(*(set(table["video_id"]) for table in every))
    facts = every[0][every[0]["video_id"].isin(both)]
    fakes = facts["method"].isin(kinds) | facts["kind"].isin(kinds)
    facts = facts[(facts["label"] == 0) | ((facts["label"] == 1) & fakes)]
    for label, name in ((0, "reals"), (1, "fakes of " + ", ".join(sorted(kinds)))):
        groups = facts.loc[facts["label"] == label, "group"].nunique()
        if groups < MIN_GROUPS:
            return {"reason": f"the {name} come from {groups} groups: too few"}
    rows = {
        d: np.stack([t.set_index("video_id")["score"][facts["video_id"]] for t in some])
        for d, some in tables.items()
    }
    labels, metric = facts["label"].to_numpy(), test.metric
    options = {"threshold": test.threshold, "n": RESAMPLES, "seed": seed}
    if metric == "recall_real":  # recall, the classes changed over
        labels, rows = 1 - labels, {d: -row for d, row in rows.items()}
        options |= {"threshold": -test.threshold, "strict": True}
        metric = "recall"
    chance = np.zeros((1, len(labels)))
    first = rows[test.first]
    second = chance if test.second is None else rows[test.second]
    both = {"first": first, "second": second}
    quality, gaps = compare(labels, both, facts["group"], metric=metric, **options)
    row, name = gaps.iloc[0], _WORDS.get(test.metric, test.metric)
    one, other = quality["value"]
    against = "chance" if test.second is None else f"{other:.2f}"
    return {
        **row[["value", "low", "high", "p"]].to_dict(),
        "seeds": int(quality["seeds"].min() if test.second else len(first)),
        "text": f"{name} {one:.2f} against {against}: {row['value']:+.2f}"
        f" [{row['low']:+.2f}, {row['high']:+.2f}]",
    }


def _reached(test: Reaches, used: Sequence[dict]) -> dict:
    if test.field in used[0]["cost"]:
        values = [result["cost"][test.field] for result in used]
        if None in values:
            return {"reason": f"{test.field} was not measured"}
        value = float(np.mean(values))
        entry = {"low": value, "high": value}
    else:
        entry = used[0]["metrics"]["test"]["all"][test.field]
        value = entry["value"]
        if entry.get("low") is None:
            return {"reason": entry["reason"]}
    return {
        "reached": entry["low"] <= test.value
        if test.at_most
        else entry["high"] >= test.value,
        "text": f"{test.field} {value:.4g}",
    }


def _judge(claim: Claim, one: Mapping) -> tuple[str, str]:
    """Verdict and why."""
    if "reason" in one:
        return UNKNOWN, one["reason"]
    if "reached" in one:
        limit = "at most" if claim.test.at_most else "at least"
        verdict = "supported" if one["reached"] else "not supported"
        return verdict, f"claimed is {limit} {claim.test.value:g}"
    test, low, high = claim.test, one["low"], one["high"]
    told = f"p = {one['p_holm']:.2g} after Holm"
    told += "; of a single training" if one["seeds"] == 1 else ""
    clear = one["p_holm"] < ALPHA
    if test.sign == 0:
        if low > -SAME and high < SAME:
            return "supported", f"the interval is within {SAME:g} of no difference"
        if clear:
            return "not supported", f"they differ: {told}"
        return UNKNOWN, f"the interval is wider than {SAME:g}: too few videos; {told}"
    if clear and np.sign(one["value"]) == test.sign:
        return "supported", told
    if clear:
        return "not supported", f"the other way round: {told}"
    if max(test.sign * low, test.sign * high) < test.least:
        return (
            "not supported",
            f"the interval leaves out {test.least:g}, what is claimed; {told}",
        )
    return UNKNOWN, f"too few videos to tell a difference of {test.least:g}; {told}"
