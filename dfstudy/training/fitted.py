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
from dataclasses import asdict, dataclass, field, replace
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
from dfstudy.models import detector as detectors
from dfstudy.models import text
from dfstudy.models.detector import Detector
from dfstudy.models.slim_torch import SLIM
from dfstudy.profiles import Profile
from dfstudy.training import pretrain
from dfstudy.training.augment import AUGMENTATIONS
from dfstudy.training.features import features
from dfstudy.training.history import class_weight
from dfstudy.training.protocol import Protocol
from dfstudy.training.schedule import SCHEDULES
from dfstudy.video.sample import even_indices

_HISTORY = "history.csv"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What differs from a family's own settings; the empty one is the paper's."""

    look: Mapping[str, Any] = field(default_factory=dict)  # of the family's `view`
    shape: Mapping[str, Any] = field(default_factory=dict)  # of its `build`
    loss: Mapping[str, Any] = field(default_factory=dict)  # of its `loss`
    learning_rate: float | None = None
    batch_size: int | None = None
    optimizer: str | None = None
    augmentation: str | None = None  # a key of augment.AUGMENTATIONS
    precision: str | None = None  # Lightning's; of PyTorch families
    longer: float = 1.0  # times the epochs
    misquoted: int | None = None  # wrong descriptions of a real training video
    families: tuple[str, ...] = ()  # of forgeries to train on; the model's own if empty
    finetune: bool = False  # train the spatial network, too, where there is a BASE

    @property
    def name(self) -> str:
        """For files: "" of the empty one, "gru-changes" for a GRU with changes=True."""
        chosen = {**self.look, **self.shape}
        parts = [key if value is True else str(value) for key, value in chosen.items()]
        parts += [f"{key}{value:g}" for key, value in self.loss.items()]
        for key, value in (
            ("lr", self.learning_rate),
            ("batch", self.batch_size),
            ("misquoted", self.misquoted),
        ):
            parts += [f"{key}{value:g}"] if value is not None else []
        named = (self.optimizer, self.augmentation, self.precision)
        parts += [value.replace("_", "-") for value in named if value]
        parts += [f"longer{self.longer:g}"] if self.longer != 1 else []
        parts += ["finetuned"] if self.finetune else []
        parts += ["on", *self.families] if self.families else []
        return "-".join(parts)


PLAIN = Variant()
STARTS = {
    "none": "scratch",
    "synthetic-identity": "identity",
    "synthetic-tracks": "tracks",
    "imagenet": "imagenet",
}


def folder_of(
    model: str, *, profile: Profile, seed: int, start: str, variant: Variant = PLAIN
) -> Path:
    """Where this detector lives: `runs/<profile>/models/<model>[-...]_<seed>`."""
    parts = [model, variant.name, STARTS[start] if start != profile.pretrained else ""]
    name = "-".join(filter(None, parts))
    return paths.runs(profile.name) / "models" / f"{name}_{seed}"


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
) -> Detector:
    """The detector `model`, fitted to `rows["train"]` and kept in `folder`.

    Args:
        model: a name of models.FAMILIES.
        data: prepares the videos.
        rows: of its manifest, by split: "train" and "val" are read.
        start: "none", "imagenet" or a kind of training.pretrain.
        variant: what differs from the family's own settings.

    Raises:
        ValueError: the training videos are all of one class.
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
    try:
        detector = detectors.load(folder)
    except detectors.DetectorError:
        detector = None
    if detector is not None and detector.info.get("inputs") == inputs:
        return detector
    detector, table = _fit(
        model, data, rows, folder / "fit", profile, seed, start, variant
    )
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
    variant: Variant,
) -> tuple[Detector, pd.DataFrame]:
    family = models.family(model)
    slim = profile.network == "slim"
    look = {"frames": profile.frames if slim else family.PAPER.frames}
    look |= getattr(family, "SLIM_LOOK", {}) if slim else {}
    view = family.view(**(look | dict(variant.look)))
    prepared = data.prepared(view)
    base, pretrained = None, start
    if hasattr(family, "BASE"):
        base = fitted(
            family.BASE,
            data,
            rows,
            folder=folder_of(family.BASE, profile=profile, seed=seed, start=start),
            profile=profile,
            seed=seed,
            start=start,
        )
        pretrained = base.built
    elif start.startswith("synthetic-"):
        pretrained = pretrain.backbone(start, profile=profile)
    built = family.build(
        view=view,
        network=profile.network,
        pretrained=pretrained,
        seed=seed,
        **variant.shape,
    )
    # The papers of a BASE leave its network as it is; the others train all of theirs.
    frozen = built.head is not None and (base is not None or slim)
    frozen &= not variant.finetune
    if base is not None:
        built = replace(built, pretrained=base.info["pretrained"])
    recipe = _settings(family, variant, slim=slim)
    learned = rows["train"]
    if view.text and (learned["method"] == misquote.METHOD).any():
        wrong = misquote.misquoted(learned, times=recipe["misquoted"], seed=seed)
        learned = pd.concat([learned, wrong], ignore_index=True)
    train, val = (
        PreparedSet(
            prepared,
            part,
            by=family.LEVEL,
            flow=view.flow != "none",
            features=features(built.spatial, prepared, part) if frozen else None,
            text=text.encode(part["description"]) if view.text else None,
        )
        for part in (learned, rows["val"])
    )
    if len(train.labels.unique()) < 2:
        raise ValueError(f"{data.name}: the training videos are all of one class")
    reading = {}
    if not frozen:
        reading["augment"] = AUGMENTATIONS[recipe.get("augmentation", "none")]
        reading["draw"] = recipe.get("draw", profile.draw)
    if slim and frozen and hasattr(family, "more"):
        reading["more"] = family.more
    if slim:
        epochs = profile.epochs * recipe["epoch_factor"]
    else:
        epochs = min(profile.epochs, recipe.get("epochs", profile.epochs))
    epochs = max(1, round(epochs * variant.longer))
    options = {name: recipe[name] for name in _FIT if name in recipe}
    if hasattr(family, "thaw") and not frozen:
        options["thaw"] = family.thaw
    fit = importlib.import_module(f"dfstudy.training.fit_{family.FRAMEWORK}").fit
    table = fit(
        built.head if frozen else built.module,
        loader(
            train, batch_size=recipe["batch_size"], shuffle=True, seed=seed, **reading
        ),
        loader(_thinned(val, reading.get("draw")), batch_size=64, shuffle=False),
        loss=family.loss(class_weight(train.labels), **variant.loss),
        folder=folder,
        epochs=epochs,
        patience=profile.patience,
        seed=seed,
        **options,
    )
    seconds = float(table["seconds"].sum())
    facts = {"data_kind": data.kind, "seed": seed, "train_s": seconds, "frozen": frozen}
    if view.text:
        facts["text"] = text.encoder()
    return detectors.new(built, view=view, shape=variant.shape, **facts), table


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
    recipe = dict(vars(getattr(family, "SLIM", SLIM) if slim else family.PAPER))
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
