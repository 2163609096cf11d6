"""What detectors say of videos that have been through the world.

    damages = perturb.ladder(study.profile.perturbations, levels=study.profile.levels)
    tables = damaged({"clean": clean.detector, "mixed": mixed.detector}, study.data,
                     damages, groups=study.profile.damaged_groups)
    robustness.curves(tables)           # AUROC by detector, perturbation and family

Each test video is damaged as it lies on disk, then takes the usual way (`data.view`):
what a detector sees is what a re-encoded file would give. Faces are those of the video
as it is. Nothing is chosen here: rule, threshold and temperature stay as validation has
set them, and every look at the test set is logged.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dfstudy import paths
from dfstudy.data import pool
from dfstudy.data.dataset import Dataset
from dfstudy.data.truth import kinds
from dfstudy.data.view import Sample, View
from dfstudy.metrics import apply_temperature
from dfstudy.models import text
from dfstudy.models.detector import Detector
from dfstudy.training import predictions
from dfstudy.training.experiment import learned, trained_on
from dfstudy.training.protocol import Protocol, checkpoint_sha
from dfstudy.training.rule import Rule
from dfstudy.video.perturb import Perturbation
from dfstudy.workers import cores

AS_IT_IS = "as it is"  # the perturbation that is none
_FACTS = ["video_id", "label", "method", "group"]


def damaged(
    detectors: Mapping[str, Detector],
    data: Dataset,
    damages: Sequence[Perturbation],
    *,
    split: str = "test",
    groups: int | None = None,
    workers: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Every video as it is and under each damage, scored by each detector.

    Videos are damaged once for all detectors with the same view. What was scored is
    kept in the detector's folder: the same call again reads nothing.

    Args:
        detectors: by the name that figures have for them; trained and in their folders.
        split: "test", each look at which is logged; or "val".
        groups: at most so many groups of the split, evenly of all; all where None.
        workers: processes; by default one a core, 0 for this process.

    Returns:
        By detector, one row a video and damage: video_id, label, method, group, kind,
        perturbation (AS_IT_IS, or a key of perturb.KINDS), level (0 for AS_IT_IS),
        score (what ranks it), probability (after the temperature), called (0, 1). A
        video that nothing could be seen of is left out.

    Raises:
        ProtocolError: a detector was changed since its test set was first read.
        ValueError: no video of the split is left.
    """
    tables, todo = {}, {}
    for name, detector in detectors.items():
        rows = _rows(detector, data, split, groups)
        file = _file(detector, rows, damages)
        if file.exists():
            tables[name] = pd.read_parquet(file)
        else:
            key = detector.view, tuple(rows["video_id"])
            todo.setdefault(key, {})[name] = detector, rows, file
    workers = cores() if workers is None else workers
    for (view, _), mine in todo.items():
        asked = {name: detector for name, (detector, _, _) in mine.items()}
        rows = next(iter(mine.values()))[1]

        def look(view=view, asked=asked, rows=rows) -> pd.DataFrame:
            tables.update(_scored(asked, view, rows, damages, workers))
            first = tables[next(iter(asked))].query("perturbation == @AS_IT_IS")
            return predictions.table(first["video_id"], first["score"])

        if split == "test":
            # Each detector's log has its line before any of them is asked.
            for detector in asked.values():
                look = partial(Protocol(detector.folder).read_test, look)
        look()
        kind = kinds(data)
        for name, (_, _, file) in mine.items():
            tables[name]["kind"] = tables[name]["video_id"].map(kind)
            with paths.whole(file) as part:
                tables[name].to_parquet(part, index=False)
    return {name: tables[name] for name in detectors}


def _rows(
    detector: Detector, data: Dataset, split: str, groups: int | None
) -> pd.DataFrame:
    """Of the manifest, sorted; the real ones and those that the detector learned."""
    rows = learned(data.manifest, trained_on(detector.info["name"]))
    rows = rows[rows["split"] == split].sort_values("video_id")
    there = np.sort(rows["group"].unique())
    if groups is not None and groups < len(there):
        some = np.linspace(0, len(there) - 1, groups).round().astype(int)
        rows = rows[rows["group"].isin(there[some])]
    if rows.empty:
        raise ValueError(f"{data.name}: there is no video in the split {split!r}")
    return rows.assign(method=rows["method"].astype("object").fillna("unknown"))


def _scored(
    detectors: Mapping[str, Detector],
    view: View,
    rows: pd.DataFrame,
    damages: Sequence[Perturbation],
    workers: int,
) -> dict[str, pd.DataFrame]:
    said = text.encode(rows["description"]) if view.text else [None] * len(rows)
    facts = rows[_FACTS].to_dict("records")
    found = {name: [] for name in detectors}
    with closing(pool.damaged(rows["path"], view, damages, workers=workers)) as answers:
        triples = zip(facts, said, answers, strict=True)
        for fact, words, samples in tqdm(triples, desc="damage", total=len(rows)):
            if isinstance(samples, str) or samples[0].dropped:
                continue
            for name, detector in detectors.items():
                scores = _scores(detector, samples, words)
                found[name] += [
                    fact | judged | {"perturbation": kind, "level": level}
                    for judged, (kind, level) in zip(
                        _judged(detector, scores), _steps(damages), strict=True
                    )
                ]
    out = {}
    for name, made in found.items():
        if not made:
            raise ValueError("not one of the videos can be seen through this view")
        table = pd.DataFrame(made)
        # Level by level in the order of the ladder; videos as they are first.
        order = {step: i for i, step in enumerate(_steps(damages))}
        step = [
            order[s] for s in zip(table["perturbation"], table["level"], strict=True)
        ]
        table = table.assign(step=step).sort_values(["step", "video_id"])
        out[name] = table.drop(columns="step").reset_index(drop=True)
    return out


def _steps(damages: Sequence[Perturbation]) -> list[tuple[str, float]]:
    return [(AS_IT_IS, 0.0), *((d.kind, float(d.level)) for d in damages)]


def _scores(
    detector: Detector, samples: Sequence[Sample], words: np.ndarray | None
) -> np.ndarray:
    """(D, T) or (D,) of one video under D - 1 damages, of its most prominent face."""
    face, flow = detector.view.crop == "face", detector.view.flow != "none"
    looks = [s.faces[0] if face else s for s in samples]
    clips = np.stack([look.crops if face else look.frames for look in looks])
    moves = np.stack([look.flow for look in looks]) if flow else None
    said = None if words is None else np.stack([words] * len(samples))
    return detector.score(clips, moves, text=said)


def _judged(detector: Detector, scores: np.ndarray) -> list[dict]:
    rule = Rule(**detector.info["rule"])
    rows = []
    for score in scores:
        frames = np.ravel(score)
        value = rule.ranking.aggregate(frames)
        probability = float(apply_temperature(value, detector.temperature))
        called = int(rule.is_fake(rule.aggregate(frames)))
        rows.append({"score": value, "probability": probability, "called": called})
    return rows


def _file(
    detector: Detector, rows: pd.DataFrame, damages: Sequence[Perturbation]
) -> Path:
    """Where this very look is kept: by weights, rule, videos, damages and code."""
    about = {
        "weights": checkpoint_sha(detector.folder),
        "rule": detector.info["rule"],
        "temperature": detector.temperature,
        "videos": rows[["video_id", "path", "label"]].to_numpy().tolist(),
        "damages": [asdict(damage) for damage in damages],
        "code": paths.code_sha256(),
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    return detector.folder / "damaged" / f"{digest[:16]}.parquet"
