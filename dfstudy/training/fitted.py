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
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from torch.utils.data import Subset

from dfstudy import models, paths
from dfstudy.data import misquote
from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.view import View
from dfstudy.models import detector as detectors
from dfstudy.models import text
from dfstudy.models.detector import Detector
from dfstudy.profiles import Profile
from dfstudy.training.augment import AUGMENTATIONS
from dfstudy.training.features import features
from dfstudy.training.history import class_weight
from dfstudy.training.launch import ALONE, Launch
from dfstudy.training.protocol import Protocol
from dfstudy.training.schedule import SCHEDULES
from dfstudy.training.variant import PLAIN, Variant, folder_of, view_of
from dfstudy.video.sample import even_indices

__all__ = ["PLAIN", "Variant", "fitted", "folder_of", "history", "view_of"]

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
    variant: Variant = PLAIN,
    launch: Launch = ALONE,
) -> Detector:
    """The detector `model`, fitted to `rows["train"]` and kept in `folder`.

    On many ranks all call it alike. The first keeps it, in a folder that all see; the
    others only have it.

    Args:
        model: a name of models.FAMILIES.
        data: prepares the videos.
        rows: of its manifest, by split: "train" and "val" are read.
        start: "none", "imagenet" or one of slim_torch.KINDS.
        variant: what differs from the family's own settings.
        launch: how the fit is run.

    Raises:
        ValueError: the training videos are all of one class, or a Keras family on many
            ranks.
    """
    settings = {
        "profile": asdict(profile),
        "variant": asdict(variant),
        "start": start,
        "seed": seed,
        "data": data.identity(),
        "code": paths.code_sha256(),
    }
    if models.family(model).VIEW.text:
        settings["text"] = text.encoder()
    inputs = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    with paths.alone(folder) if launch.rank == 0 else nullcontext():
        try:
            detector = detectors.load(folder)
        except detectors.DetectorError:
            detector = None
        if detector is not None and detector.info.get("inputs") == inputs:
            return detector
        detector, table = _fit(
            model, data, rows, folder / "fit", profile, seed, start, variant, launch
        )
        if launch.rank > 0:
            return detector
        detector.info["inputs"] = inputs
        Protocol(folder).retrained()
        table.to_csv(folder / _HISTORY, index=False)
        detector.save(folder)
        shutil.rmtree(folder / "fit")  # checkpoints have done their work
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
    variant: Variant,
    launch: Launch,
) -> tuple[Detector, pd.DataFrame]:
    family = models.family(model)
    if family.FRAMEWORK != "torch" and launch.ranks > 1:
        raise ValueError(f"{model} is a Keras network: it trains on one rank")
    slim = profile.network == "slim"
    view = view_of(model, profile, variant)
    place = {"profile": profile, "seed": seed, "start": start}
    built = _built(family, view, data, rows, variant, **place)
    frozen = is_frozen(family, built) and not variant.finetune
    recipe = _settings(family, variant, slim=slim)
    train, val = _sets(family, built, view, data, rows, recipe, frozen, seed)
    if len(train.labels.unique()) < 2:
        raise ValueError(f"{data.name}: the training videos are all of one class")
    reading, options = _reading(family, recipe, profile, frozen)
    if family.FRAMEWORK == "torch":
        options |= {"devices": launch.devices, "nodes": launch.nodes}
        options["checkpoint_every"] = launch.checkpoint_every
    reading["workers"] = launch.workers
    fit = importlib.import_module(f"dfstudy.training.fit_{family.FRAMEWORK}").fit
    # Validation chooses no epoch where the last is kept: two frames draw its curve.
    watched = reading.get("draw") if profile.patience is not None else 2
    table = fit(
        built.head if frozen else built.module,
        loader(
            train, batch_size=recipe["batch_size"], shuffle=True, seed=seed, **reading
        ),
        loader(
            _thinned(val, watched),
            batch_size=64,
            shuffle=False,
            workers=launch.workers,
        ),
        loss=family.loss(class_weight(train.labels), **variant.loss),
        folder=folder,
        epochs=_epochs(recipe, profile, variant),
        patience=profile.patience,
        seed=seed,
        **options,
    )
    seconds = float(table["seconds"].sum())
    facts = {"data_kind": data.kind, "seed": seed, "train_s": seconds, "frozen": frozen}
    if view.text:
        facts["text"] = text.encoder()
    return detectors.new(built, view=view, shape=variant.shape, **facts), table


def is_frozen(family: ModuleType, built: models.Built) -> bool:
    """Whether the network that sees single frames stays as it is, and a head learns.

    S1 leaves the network of its BASE as it is. A slim detector of videos reads what the
    pretrained backbone sees: a few hundred clips do not teach it both. A detector of
    frames, and every other full one, trains as a whole.
    """
    if built.head is None:
        return False
    slim_reader = built.network == "slim" and family.LEVEL == "video"
    return hasattr(family, "BASE") or slim_reader


def _built(
    family: ModuleType,
    view: View,
    data: Dataset,
    rows: Mapping[str, pd.DataFrame],
    variant: Variant,
    *,
    profile: Profile,
    seed: int,
    start: str,
) -> models.Built:
    """The network before training, on its base or its pretrained backbone."""
    base, pretrained = None, start
    place = {"profile": profile, "seed": seed, "start": start}
    if hasattr(family, "BASE"):
        # On the same rows: a forgery that was left out stays out of its base, too.
        place["variant"] = Variant(families=variant.families)
        home = folder_of(family.BASE, **place)
        base = fitted(family.BASE, data, rows, folder=home, **place)
        pretrained = base.built
    built = family.build(
        view=view,
        network=profile.network,
        pretrained=pretrained,
        seed=seed,
        **variant.shape,
    )
    used = built.pretrained if base is None else base.info["pretrained"]
    return replace(built, pretrained=used)


def _sets(
    family: ModuleType,
    built: models.Built,
    view: View,
    data: Dataset,
    rows: Mapping[str, pd.DataFrame],
    recipe: Mapping[str, Any],
    frozen: bool,
    seed: int,
) -> list[PreparedSet]:
    """What it trains on, and the validation videos; features where it is frozen."""
    prepared, learned = data.prepared(view), rows["train"]
    if view.text and (learned["method"] == misquote.METHOD).any():
        wrong = misquote.misquoted(learned, times=recipe["misquoted"], seed=seed)
        learned = pd.concat([learned, wrong], ignore_index=True)
    return [
        PreparedSet(
            prepared,
            part,
            by=family.LEVEL,
            flow=view.flow != "none",
            features=features(built.spatial, prepared, part) if frozen else None,
            text=text.encode(part["description"]) if view.text else None,
        )
        for part in (learned, rows["val"])
    ]


def _reading(
    family: ModuleType, recipe: Mapping[str, Any], profile: Profile, frozen: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    """How training videos are read, and the options of `fit`."""
    options = {name: recipe[name] for name in _FIT if name in recipe}
    if not frozen:
        if hasattr(family, "thaw"):
            options["thaw"] = family.thaw
        augment = AUGMENTATIONS[recipe.get("augmentation", "none")]
        draw = recipe.get("draw", profile.draw)
        return {"augment": augment, "draw": draw}, options
    if profile.network == "slim" and hasattr(family, "more"):
        return {"more": family.more}, options
    return {}, options


def _epochs(recipe: Mapping[str, Any], profile: Profile, variant: Variant) -> int:
    if profile.network == "slim":
        epochs = profile.epochs * recipe["epoch_factor"]
    else:
        epochs = min(profile.epochs, recipe.get("epochs", profile.epochs))
    return max(1, round(epochs * variant.longer))


# What `fit` takes of a recipe.
_FIT = (
    "learning_rate",
    "optimizer",
    "weight_decay",
    "schedule",
    "monitor",
    "rates",
    "precision",
)
# What a Variant may change of it.
_CHANGED = ("learning_rate", "batch_size", "optimizer", "augmentation", "precision")
_CHANGED += ("misquoted",)


def _settings(family: ModuleType, variant: Variant, *, slim: bool) -> dict[str, Any]:
    """The recipe of the family, by name, with what the variant changes."""
    recipe = dict(vars(family.SLIM if slim else family.PAPER))
    for name in _CHANGED:
        if (value := getattr(variant, name)) is not None:
            recipe[name] = value
    return recipe | {"schedule": SCHEDULES[recipe.get("schedule", "constant")]}


def _thinned(videos: PreparedSet, draw: int | None) -> PreparedSet | Subset:
    """`draw` of the frames of each video, evenly: enough to watch an epoch by."""
    frames = videos.frames
    if draw is None or draw >= frames:
        return videos
    some = even_indices(frames, draw)
    starts = frames * np.arange(len(videos.video_ids))
    return Subset(videos, (starts[:, None] + some).ravel().tolist())
