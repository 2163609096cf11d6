"""What a training changes of a family's own settings, and what it is then called.

Variant(shape={"recurrence": "gru"}, learning_rate=1e-4).name         # "gru-lr0.0001"
folder_of("cnn_rnn", profile=profile, seed=0, start="none")     # .../cnn_rnn-scratch_0
view_of("resnext_lstm", profile, Variant(look={"frames": 8}))   # what it is shown
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dfstudy import models, paths
from dfstudy.data.view import View
from dfstudy.profiles import Profile


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
    model: str,
    *,
    profile: Profile,
    seed: int,
    start: str,
    variant: Variant = PLAIN,
    runs: Path | None = None,
) -> Path:
    """Where this detector lives: `runs/<profile>/models/<model>[-...]_<seed>`.

    `runs`: where models/ is; the profile's by default.
    """
    parts = [model, variant.name, STARTS[start] if start != profile.pretrained else ""]
    name = "-".join(filter(None, parts))
    return (runs or paths.runs(profile.name)) / "models" / f"{name}_{seed}"


def view_of(model: str, profile: Profile, variant: Variant = PLAIN) -> View:
    """What the detector `model` is shown in this profile.

    The faces of the first frames are followed over the longest clip that the profile
    compares, so that clips of every length are the beginnings of the same ones.
    """
    family = models.family(model)
    slim = profile.network == "slim"
    look = {"frames": profile.frames if slim else family.PAPER.frames}
    look |= getattr(family, "SLIM_LOOK", {}) if slim else {}
    view = family.view(**(look | dict(variant.look)))
    longest = max(view.frames, *profile.lengths)
    return view.with_frames(longest).with_frames(view.frames)
