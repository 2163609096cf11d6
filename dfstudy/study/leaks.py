"""The leak meter: one detector, four ways to split, on what nobody can see honestly.

    found = meter(laboratory(profile), profile=profile, seed=0)
    found.table          # AUROC by forgery and split, with intervals
    found.gaps           # frame split minus group split, video minus group ...

The forgeries are a `blend` too weak to be seen and a `disorder`, of which every frame
is authentic; both are asked of single frames. A split without leaks must then give
0.5, and what another split gives beyond that, it gives away: who is seen, in which
room, in which shot.

The detector is a small network on the features of a frozen one, the same every time;
only the split and the seed change. Nothing is chosen, so validation videos train, too.
Every video is dealt anew into each split: this is a study of splits, with a set of its
own (people who are in no other), and no test set of the course is looked at.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dfstudy import paths
from dfstudy.data import frame_split, groups, index, splits, synth
from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet
from dfstudy.metrics import bca
from dfstudy.metrics.intervals import all_but_one, drawn_groups, drawn_runs
from dfstudy.metrics.scores import auroc, auroc_by_group
from dfstudy.models import frame_torch
from dfstudy.profiles import Profile
from dfstudy.training.features import features

SPLITS = ("frame", "video", "source", "group")
FAMILIES = ("blend", "disorder")
STRENGTH = 0.05  # of the blends: see laboratory
_SEED = 7  # of its people: neither the course's nor those that recipes are tuned on
_FEWEST = 6  # pairs: fewer leave no interval
_FRACTIONS = {"train": 0.4, "val": 0.2, "test": 0.4}
_HEAD = {"hidden_layer_sizes": (64,), "batch_size": 64, "learning_rate_init": 5e-3}
_EPOCHS = 40


@dataclass(frozen=True)
class Leaks:
    """What `meter` measured.

    `table`, one row a forgery and split: kind, split; value, low, high of the AUROC of
    frames; accuracy of frames at 0.5, and of calling all of them the larger class
    (trivial); seen_video, seen_source, seen_group: the share of test frames whose
    video, source or group is in the training part.

    `gaps`, one row a forgery and leaky split: kind, split, and of its AUROC minus that
    of the group split value, low, high.
    """

    table: pd.DataFrame
    gaps: pd.DataFrame


def laboratory(profile: Profile) -> Dataset:
    """A small set, rendered once, of what one frame cannot show an honest detector.

    As many frames a clip as a detector sees, spread over the time of the course's
    clips; a third of the pairs of people, all of them new. No detector of the course
    is trained on it, so all of its videos are test videos to whoever asks.
    """
    height, width = profile.clip_size
    pairs = max(_FEWEST, profile.pairs // 3)
    fps = 24 * profile.frames / profile.clip_frames
    scale = f"{pairs}x{profile.frames}x{height}x{width}"
    root = paths.home() / f"weak-{scale}-v{synth.VERSION}-{_SEED}"
    synth.make(
        root,
        pairs=pairs,
        frames=profile.frames,
        size=profile.clip_size,
        fps=fps,
        seed=_SEED,
        families=FAMILIES,
        strength=STRENGTH,
    )
    table = groups.find(index.index(root)).table.assign(split="test")
    return Dataset(root.name, index.kind(root), root, table, {})


def meter(
    data: Dataset,
    *,
    profile: Profile,
    kinds: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Leaks:
    """Measure one frame detector under the four splits, for each kind of forgery.

    Args:
        data: whose videos are dealt out; its own split is not used.
        kinds: method -> what to call it; all methods of the set, if not given. A method
            is measured against all reals, alone.
        seed: of the first of `profile.repeats` repetitions (split and network).
    """
    view = frame_torch.view(profile.frames)
    prepared = data.prepared(view)
    built = frame_torch.build(network=profile.network, pretrained=profile.pretrained)
    there = PreparedSet(prepared, data.manifest, by="video").video_ids
    table = data.manifest.set_index("video_id").loc[there].reset_index()
    seen = features(built.module.backbone, prepared, data.manifest)  # (videos, T, F)
    method = table["method"].fillna("unknown")
    found = sorted(method[table["label"] == 1].unique())
    seeds = range(seed, seed + profile.repeats)
    tables, gaps = [], []
    for name, said in (kinds or dict(zip(found, found, strict=True))).items():
        some = ((table["label"] == 0) | (method == name)).to_numpy()
        one = compare(
            seen[some],
            table[some].reset_index(drop=True),
            seeds=seeds,
            n_bootstrap=profile.bootstrap,
        )
        tables.append(one.table.assign(kind=said))
        gaps.append(one.gaps.assign(kind=said))
    return Leaks(*(pd.concat(rows, ignore_index=True) for rows in (tables, gaps)))


def compare(
    seen: np.ndarray,
    manifest: pd.DataFrame,
    *,
    seeds: range,
    n_bootstrap: int = 1000,
) -> Leaks:
    """One detector of frames under the four splits; see `Leaks` (here without kind).

    An interval resamples groups, the same ones for all splits, and of each split its
    repetitions (seeds x groups), as metrics.paired does.

    Args:
        seen: (videos, T, F) features of frames, in the order of `manifest`.
        seeds: one repetition each: another split, another network.
    """
    group = groups.find(manifest).table["group"]
    codes = pd.Series(np.unique(group, return_inverse=True)[1], manifest["video_id"])
    n_groups = int(codes.max()) + 1
    rng = np.random.default_rng(seeds.start)
    weights = drawn_groups(n_groups, n_bootstrap, rng)
    rows, drawn, without = [], {}, {}
    for kind in SPLITS:
        runs = [_run(seen, manifest, kind, seed) for seed in seeds]
        drawn[kind] = drawn_runs([_areas(run, codes, weights) for run in runs], rng)
        left = all_but_one(n_groups)
        without[kind] = np.mean([_areas(run, codes, left) for run in runs], axis=0)
        facts = pd.DataFrame([_facts(run, manifest) for run in runs]).mean()
        rows.append({"split": kind, **facts})
    # A resample that lost a class has no AUROC, under no split.
    kept = np.isfinite(list(drawn.values())).all(axis=0)
    table, gaps = pd.DataFrame(rows), []
    value = table.set_index("split")["value"]
    ends = [
        bca.interval(
            "auroc", drawn[kind][kept], value[kind], without[kind], runs=len(seeds)
        )
        for kind in SPLITS
    ]
    table[["low", "high"]] = ends if kept.any() else np.nan
    for kind in SPLITS[:-1]:
        gap = value[kind] - value["group"]
        given = (drawn[kind] - drawn["group"])[kept], gap
        low_high = (np.nan, np.nan)
        if kept.any():
            low_high = bca.ends(*given, without[kind] - without["group"])
        gaps.append((kind, gap, *low_high))
    columns = ["split", "value", "low", "high"]
    return Leaks(table, pd.DataFrame(gaps, columns=columns))


def explained(leaky: float, honest: float, published: float) -> float:
    """Share of what a published number has over an honest one that a leak alone gives.

    All three are of one metric. Above 1: the leak alone gives more than was published.
    It says what a leak could explain, not that there was one.
    """
    if published <= honest:
        raise ValueError(f"nothing to explain: {published} is not above {honest}")
    return (leaky - honest) / (published - honest)


def dealt(manifest: pd.DataFrame, kind: str, *, frames: int, seed: int) -> pd.DataFrame:
    """The frames of all videos under one of SPLITS: see `data.frame_split.deal`."""
    if kind == "frame":
        return frame_split.deal(
            manifest, frames=frames, seed=seed, fractions=_FRACTIONS
        )[0]
    table, _ = splits.split(manifest, seed=seed, fractions=_FRACTIONS, kind=kind)
    return frame_split.spread(table, frames=frames)


def _run(
    seen: np.ndarray, manifest: pd.DataFrame, kind: str, seed: int
) -> pd.DataFrame:
    """The frames under a split, with `test` (bool) and, for these, `score`."""
    rows = dealt(manifest, kind, frames=seen.shape[1], seed=seed)
    place = pd.Index(manifest["video_id"]).get_indexer(rows["video_id"])
    x = np.asarray(seen)[place, rows["frame"]]
    test = (rows["split"] == "test").to_numpy()
    rows = rows.assign(test=test, score=np.nan)
    network = _fitted(x[~test], rows.loc[~test, "label"], seed)
    rows.loc[test, "score"] = network.predict_proba(x[test])[:, 1]
    return rows


def _fitted(x: np.ndarray, labels: pd.Series, seed: int):
    """One hidden layer on standardised features: enough to learn frames by heart."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    layer = MLPClassifier(**_HEAD, max_iter=_EPOCHS, random_state=seed)
    with warnings.catch_warnings():
        # It always stops after the same epochs, on purpose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make_pipeline(StandardScaler(), layer).fit(x, labels)


def _areas(run: pd.DataFrame, codes: pd.Series, weights: np.ndarray) -> np.ndarray:
    """(n,) AUROC of the test frames, their groups with these weights (n, G)."""
    test = run[run["test"]]
    at = codes[test["video_id"]].to_numpy()
    area = auroc_by_group(test["label"], test["score"], at)
    return area(weights[:, : at.max() + 1])


def _facts(run: pd.DataFrame, manifest: pd.DataFrame) -> dict[str, float]:
    test, train = run[run["test"]], run[~run["test"]]
    facts = manifest.set_index("video_id")
    source = facts["source_id"].fillna(facts.index.to_series())
    label, called = test["label"], test["score"] >= 0.5

    def known(values: pd.Series, of_training: pd.Series) -> float:
        return float(values.isin(set(of_training)).mean())

    return {
        "value": auroc(label, test["score"]),
        "accuracy": float((called == label).mean()),
        "trivial": float(max(label.mean(), 1 - label.mean())),
        "seen_video": known(test["video_id"], train["video_id"]),
        "seen_source": known(
            test["video_id"].map(source), train["video_id"].map(source)
        ),
        "seen_group": known(test["group"], train["group"]),
    }
