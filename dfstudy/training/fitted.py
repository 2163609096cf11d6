"""A fitted detector: loaded where just this one was fitted before, else trained.

    detector = fitted("frame_torch", data, by_split, folder=folder, profile=profile,
                      seed=0, start="synthetic-tracks")
    history(detector)                    # one row an epoch

Training videos fit the weights; validation videos choose the epoch where the profile
has patience. The test videos are not read here.
"""

import hashlib
import importlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
from torch.utils.data import Subset

from dfstudy import models, paths
from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.models import detector as detectors
from dfstudy.models.detector import Detector
from dfstudy.models.slim_torch import SLIM
from dfstudy.profiles import Profile
from dfstudy.training import pretrain
from dfstudy.training.augment import augment
from dfstudy.training.history import class_weight
from dfstudy.training.protocol import Protocol
from dfstudy.training.schedule import one_cycle
from dfstudy.video.sample import even_indices

_HISTORY = "history.csv"


def fitted(
    model: str,
    data: Dataset,
    rows: Mapping[str, pd.DataFrame],
    *,
    folder: Path,
    profile: Profile,
    seed: int,
    start: str,
    **more: object,
) -> Detector:
    """The detector `model`, fitted to `rows["train"]` and kept in `folder`.

    Args:
        model: a name of models.FAMILIES.
        data: prepares the videos.
        rows: of its manifest, by split: "train" and "val" are read.
        start: "none", "imagenet" or a kind of training.pretrain.
        more: what else the same fit depends on, as JSON can hold it.

    Raises:
        ValueError: the training videos are all of one class.
    """
    settings = {
        "profile": asdict(profile),
        "start": start,
        "seed": seed,
        "data": data.identity(),
        "code": paths.code_sha256(),
        **more,
    }
    inputs = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    try:
        detector = detectors.load(folder)
    except detectors.DetectorError:
        detector = None
    if detector is not None and detector.info.get("inputs") == inputs:
        return detector
    detector, table = _fit(model, data, rows, folder / "fit", profile, seed, start)
    detector.info["inputs"] = inputs
    Protocol(folder).retrained()
    table.to_csv(folder / _HISTORY, index=False)
    detector.save(folder)
    shutil.rmtree(folder / "fit")  # checkpoints of single epochs have done their work
    return detectors.load(folder)


def history(detector: Detector) -> pd.DataFrame:
    """The epochs of its fit, one a row (columns as `fit` returns them)."""
    return pd.read_csv(detector.folder / _HISTORY)


def _fit(
    model: str,
    data: Dataset,
    rows: Mapping[str, pd.DataFrame],
    folder: Path,
    profile: Profile,
    seed: int,
    start: str,
) -> tuple[Detector, pd.DataFrame]:
    family = models.family(model)
    view = family.view(profile.frames)
    prepared = data.prepared(view)
    train, val = (
        PreparedSet(prepared, rows[part], by=family.LEVEL) for part in ("train", "val")
    )
    if len(train.labels.unique()) < 2:
        raise ValueError(f"{data.name}: the training videos are all of one class")
    pretrained = start
    if start.startswith("synthetic-"):
        pretrained = pretrain.backbone(start, profile=profile)
    built = family.build(network=profile.network, pretrained=pretrained, seed=seed)
    recipe, options, reading = family.PAPER, {}, {}
    if profile.network == "slim":
        recipe = SLIM
        options = {"weight_decay": SLIM.weight_decay, "schedule": one_cycle}
        reading = {"draw": profile.draw, "augment": augment}
    fit = importlib.import_module(f"dfstudy.training.fit_{family.FRAMEWORK}").fit
    table = fit(
        built.module,
        loader(train, batch_size=recipe.batch_size, shuffle=True, seed=seed, **reading),
        loader(_thinned(val, reading.get("draw")), batch_size=64, shuffle=False),
        loss=family.loss(class_weight(train.labels)),
        folder=folder,
        epochs=profile.epochs,
        learning_rate=recipe.learning_rate,
        patience=profile.patience,
        seed=seed,
        **options,
    )
    seconds = float(table["seconds"].sum())
    facts = {"data_kind": data.kind, "seed": seed, "train_s": seconds}
    return detectors.new(built, view=view, **facts), table


def _thinned(videos: PreparedSet, draw: int | None) -> PreparedSet | Subset:
    """`draw` of the frames of each video, evenly: enough to watch an epoch by."""
    frames = videos.frames
    if draw is None or draw >= frames:
        return videos
    some = even_indices(frames, draw)
    starts = frames * np.arange(len(videos.video_ids))
    return Subset(videos, (starts[:, None] + some).ravel().tolist())
