"""The tables of a comparison: quality, differences, kinds of forgery, cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dfstudy.study.comparison.asked import measured, tested
from dfstudy.study.comparison.front import costs
from dfstudy.study.comparison.headline import (
    Entry,
    by_videos,
    comparable,
    entries,
    headline,
)
from dfstudy.training.evaluation import of_families, trivial_rows

METRICS = ("auroc", "balanced_accuracy", "accuracy", "f1", "eer")


@dataclass(frozen=True)
class Comparison:
    """The detectors of one set of test videos.

    about: kind ("synthetic" or "real"), data, split_sha256, profile, backbone,
    pretrained, date of the newest result, families, videos (compared), scored (by any
    of them), groups.

    quality: one row a detector and a trivial classifier: name, lesson, trivial, seeds,
    backbone, pretrained, and for each of METRICS value, low, high as "auroc",
    "auroc_low", "auroc_high"; reason where an interval is missing.

    differences: one row a pair: first, second, value (of AUROC), low, high, p, p_holm.

    matrix: one row a detector and kind of forgery: name, kind, n, value, low, high,
    learned (its training has shown such fakes), reason.

    cost: one row a detector: name, COSTS, device, auroc, and front_<cost>: no other
    detector is both as cheap and better, or cheaper and as good.

    others: variants and twins, with what they have learned: name, lesson, seeds,
    backbone, pretrained, trained_on, value, low, high, reason.
    """

    about: dict
    quality: pd.DataFrame
    differences: pd.DataFrame
    matrix: pd.DataFrame
    cost: pd.DataFrame
    others: pd.DataFrame
    chosen: dict[str, Entry]
    videos: pd.DataFrame

    @property
    def ranking(self) -> list[str]:
        """The names of the headline, the highest AUROC first."""
        rows = self.quality[~self.quality["trivial"].astype(bool)]
        return rows.sort_values("auroc", ascending=False)["name"].tolist()

    @property
    def stamp(self) -> str:
        """For every table and figure: what its numbers are of."""
        a = self.about
        return (
            f"{a['kind']} videos ({a['data']}), profile {a['profile']}, backbone"
            f" {a['backbone']}, start {a['pretrained']}, {a['date']}"
        )


def compare(
    runs: str | Path, *, n_bootstrap: int = 1000, seed: int = 0
) -> list[Comparison]:
    """One comparison a set of test videos; sets with most families first.

    Args:
        runs: the folder of a run, `runs/<profile>`.

    Raises:
        ResultError: a file is no result, or its predictions are missing.
    """
    return [_compare(tested, n_bootstrap, seed) for tested in by_videos(entries(runs))]


def _compare(several: Sequence[Entry], n: int, seed: int) -> Comparison:
    each = headline(several)
    options = {"n": n, "seed": seed}
    shared, families = comparable(list(each.values()) or several)
    chosen = {entry.model: entry for entry in shared if entry.model in each}
    rest = [entry for entry in several if entry.model not in chosen]
    every = tested(list(each.values()) or several)
    wanted = every[of_families(every, families)]
    seen = set.intersection(*(entry.seen() for entry in shared))
    videos = wanted[wanted["video_id"].isin(seen)]
    quality, differences = _quality(chosen, videos, options)
    trivial = _trivial(shared, families, options)
    first = shared[0].first
    every_result = [result for entry in shared for result in entry.results]
    about = {
        "kind": first["data"]["kind"],
        "data": first["data"]["name"],
        "split_sha256": first["data"]["split_sha256"],
        "profile": first["profile"],
        "backbone": _list(result["backbone"] for result in every_result),
        "pretrained": _list(result["pretrained"] for result in every_result),
        "date": max(result["finished_at"] for result in every_result)[:10],
        "families": families,
        "videos": len(videos),
        "scored": len(wanted),
        "groups": videos["group"].nunique(),
    }
    return Comparison(
        about,
        pd.concat([quality, trivial], ignore_index=True),
        differences,
        _matrix(each, every, options),
        costs(chosen, quality),
        _others(rest, options),
        chosen,
        videos,
    )


def _list(words) -> str:
    return ", ".join(dict.fromkeys(words))


def _quality(
    chosen: Mapping[str, Entry], videos: pd.DataFrame, options: Mapping
) -> tuple[pd.DataFrame, pd.DataFrame]:
    ranked, differences = measured(chosen, videos, options)
    found = {"auroc": ranked}
    for metric in METRICS[1:]:
        found[metric], _ = measured(chosen, videos, options, metric=metric)
    rows = []
    for name, entry in chosen.items():
        row = _facts(entry) | {"reason": ranked.loc[name, "reason"]}
        for metric in METRICS:
            row |= _flat(metric, found[metric].loc[name])
        rows.append(row)
    return pd.DataFrame(rows), differences


def _facts(entry: Entry) -> dict:
    same = ("lesson", "framework", "backbone", "pretrained")
    facts = {name: entry.first[name] for name in same}
    return {"name": entry.model, "trivial": False, "seeds": len(entry.results)} | facts


def _flat(metric: str, entry: Mapping) -> dict[str, float]:
    ends = {f"{metric}_{end}": entry.get(end) for end in ("low", "high")}
    return {metric: entry["value"]} | ends


def _trivial(
    shared: Sequence[Entry], families: Sequence[str], options: Mapping
) -> pd.DataFrame:
    """The classifiers that never look, on the test videos of these families."""
    same = [entry.first["trivial"] for entry in shared if entry.trained_on == families]
    blocks = (
        same[0]
        if same
        else trivial_rows(
            shared[0].videos[0],
            train_families=families,
            n_bootstrap=options["n"],
            seed=options["seed"],
        )
    )
    rows = []
    for name, block in blocks.items():
        row = {"name": name, "trivial": True}
        for metric in METRICS:
            row |= _flat(metric, block["test"]["all"][metric])
        rows.append(row)
    return pd.DataFrame(rows)


def _matrix(
    chosen: Mapping[str, Entry], videos: pd.DataFrame, options: Mapping
) -> pd.DataFrame:
    """AUROC of each kind of fake against all reals."""
    tables = []
    for kind in sorted(videos.loc[videos["label"] == 1, "kind"].unique()):
        some = videos[(videos["label"] == 0) | (videos["kind"] == kind)]
        fakes = set(some.loc[some["label"] == 1, "video_id"])
        who = {name: e for name, e in chosen.items() if fakes & e.seen()}
        if not who:  # nothing but twins, or nobody has scored such videos
            continue
        seen = set.intersection(*(entry.seen() for entry in who.values()))
        some = some[some["video_id"].isin(seen)]
        found = measured(who, some, options)[0].reindex(list(chosen))
        found.loc[~found.index.isin(who), "reason"] = "has not scored such videos"
        method = videos.loc[videos["kind"] == kind, "method"].fillna("unknown").iloc[0]
        found = found.assign(
            kind=kind,
            n=int(some["label"].sum()),
            learned=[method in entry.trained_on for entry in chosen.values()],
        )
        tables.append(found.reset_index())
    columns = ["name", "kind", "n", "value", "low", "high", "learned", "reason"]
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]


def _others(rest: Sequence[Entry], options: Mapping) -> pd.DataFrame:
    """What is not in the headline, each on its own videos and forgeries."""
    rows = []
    for entry in rest:
        videos = tested([entry])
        row = _facts(entry) | {"trained_on": ", ".join(entry.trained_on)}
        if why := entry.trouble():
            rows.append(row | {"reason": why})
            continue
        wanted = videos[of_families(videos, entry.trained_on)]
        found, _ = measured({entry.model: entry}, wanted, options)
        rows.append(row | found.iloc[0].to_dict())
    columns = ["name", "lesson", "seeds", "backbone", "pretrained", "trained_on"]
    columns += ["value", "low", "high", "reason"]
    return pd.DataFrame(rows).reindex(columns=columns)
