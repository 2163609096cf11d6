"""PyTorch; BMSCE (S2) and ReLSTM (S4): ResNeXt-50 on faces, then an LSTM over time.

    built = build(network="full", pretrained="imagenet")
    built.module(clips)                 # (N, 2) of uint8 (N, 80, 112, 112, 3)

ResNeXt-50 32x4d (Xie et al. 2017, arXiv 1611.05431) makes 2048 numbers of each face,
one LSTM layer of 2048 units reads them in order, the mean of its outputs goes through
LeakyReLU, dropout 0.4 and a linear layer with two outputs: 56.55 M parameters.

    build(recurrence="none", pool="max")       # S4's ablation: ResNeXt-50 without LSTM
    build(backbone="resnet50")                 # S4's other one
    build(recurrence="none")                   # the twin that both lack: a plain mean
    build(recurrence="batch")                  # a bug, to be caught: see `_Reader`
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dfstudy.data.view import View
from dfstudy.frameworks import import_torchvision
from dfstudy.models import Built, slim_torch, weights
from dfstudy.models.losses_torch import WeightedCrossEntropy as loss

torchvision = import_torchvision()

__all__ = [
    "ABLATION",
    "FRAMEWORK",
    "LEVEL",
    "NAME",
    "PAPER",
    "SLIM",
    "SLIM_LOOK",
    "NoStandIn",
    "build",
    "loss",
    "more",
    "view",
]

NAME = "resnext_lstm"
FRAMEWORK = "torch"
LEVEL = "video"


@dataclass(frozen=True)
class Recipe:
    """S2's and S4's own settings; they differ where a comment says so."""

    frames: int = 80  # S4's longest; S2 keeps the first 150 of a video
    height: int = 112
    width: int = 112
    hidden: int = 2048
    dropout: float = 0.4
    batch_size: int = 4
    learning_rate: float = 1e-5
    optimizer: str = "adam"
    weight_decay: float = 1e-3  # S2; S4 gives none
    epochs: int = 20
    patience: int = 5
    monitor: str = "val_loss"  # the checkpoint with the lowest (S4)
    loss: str = "cross-entropy"
    augmentation: str = "none"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # ImageNet, RGB
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


PAPER = Recipe()


def view(frames: int = PAPER.frames, *, margin: float = 0.3, follow: int = 4) -> View:
    """The first `frames` at 30 a second, faces of 112x112; frames without one go.

    S2 does not say what finds its faces; S4's face_recognition (dlib) is not to be had
    everywhere, so MTCNN does. `margin` and `follow` are those of the View.
    """
    return View(
        frames=frames,
        height=PAPER.height,
        width=PAPER.width,
        crop="face",
        sampling="first",
        drop="frame",
        margin=margin,
        follow=follow,
    )


VIEW = view()
SLIM_LOOK = {"follow": 8}
SLIM_HIDDEN = 64  # units
SLIM = replace(
    slim_torch.SLIM, batch_size=32, learning_rate=1e-2, dropout=0.4, epoch_factor=8
)
_READINGS = 8  # of a frame: the strangers of the smallest profile, the first tracks
_COPIES = 3  # of a real clip, out of order


def more(
    readings: Tensor, labels: Tensor, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """A training batch (N, T, F) for a memory: real clips also out of order, as fakes.

    A stretch of each clip, half of it but eight frames at least. Of a real one there
    are also copies whose frames change places within windows of three or four, labelled
    fake. Then each clip runs forwards or backwards, and which reading is which, and its
    sign, is drawn anew: the order is all that is left to learn. Slim only: a few
    hundred clips alone do not teach an LSTM what an order is, it learns them by heart.
    The twins without memory get the same; they cannot tell the copies.
    """
    length = max(min(readings.shape[1], 8), readings.shape[1] // 2)
    start = rng.integers(0, readings.shape[1] - length + 1)
    x = readings[:, start : start + length]
    real = [clip for clip in x[labels == 0] for _ in range(_COPIES)]
    copies = [clip[_reordered(length, rng)] for clip in real]
    x = torch.stack([_disguised(clip, rng) for clip in (*x, *copies)])
    return x, torch.cat([labels, torch.ones(len(copies), dtype=labels.dtype)])


def _reordered(length: int, rng: np.random.Generator) -> Tensor:
    order, start = np.arange(length), 0
    while start < length:
        stop = start + rng.integers(3, 5)
        order[start:stop] = rng.permutation(order[start:stop])
        start = stop
    return torch.from_numpy(order)


def _disguised(clip: Tensor, rng: np.random.Generator) -> Tensor:
    clip = clip[:, torch.from_numpy(rng.permutation(clip.shape[1]))]
    signs = torch.from_numpy(rng.choice([-1.0, 1.0], clip.shape[1])).to(clip.dtype)
    middle = clip.mean(0)
    clip = middle + (clip - middle) * signs
    return clip.flip(0) if rng.random() < 0.5 else clip


# What S4 compares, and the twin without memory that it lacks: options of `build`. One
# slim network stands in for both backbones, so there they cannot be told apart.
ABLATION = {
    "ResNeXt-50 + LSTM": {},
    "ResNeXt-50, max over time": {"recurrence": "none", "pool": "max"},
    "ResNet50 + LSTM": {"backbone": "resnet50"},
    "ResNeXt-50, mean over time": {"recurrence": "none"},
}


class NoStandIn(ValueError):
    """What is asked for exists at the paper's size only; the message says why."""


Recurrence = Literal["time", "none", "batch"]
Pool = Literal["mean", "last", "max"]
Order = Literal["s2", "s4"]


class ResNeXtLSTM(nn.Module):
    """A network of frames and a head that reads its features in time."""

    def __init__(self, spatial: nn.Module, head: nn.Module):
        super().__init__()
        self.spatial = spatial
        self.head = head

    def forward(self, clips: Tensor) -> Tensor:
        """uint8 RGB (N, T, H, W, 3) to logits (N, 2)."""
        seen = self.spatial(clips.flatten(0, 1))  # (N * T, F)
        return self.head(seen.unflatten(0, clips.shape[:2]))


class Backbone(nn.Module):
    """A torchvision network without its last layer: uint8 (N, H, W, 3) to (N, 2048)."""

    def __init__(self, net: nn.Module):
        super().__init__()
        net.fc = nn.Identity()
        self.net = net
        scale = torch.tensor(PAPER.std) * 255
        shift = torch.tensor(PAPER.mean) * 255
        self.register_buffer("scale", scale.view(3, 1, 1), persistent=False)
        self.register_buffer("shift", shift.view(3, 1, 1), persistent=False)
        self.to(memory_format=torch.channels_last)

    def forward(self, frames: Tensor) -> Tensor:
        """ImageNet-normalised, averaged over the map."""
        x = frames.permute(0, 3, 1, 2).float()  # (N, 3, H, W)
        return self.net((x - self.shift) / self.scale)


class Readings(nn.Module):
    """What the slim backbone was pretrained to read off each frame."""

    def __init__(self, reader: slim_torch.SlimReader):
        super().__init__()
        self.reader = reader

    def forward(self, frames: Tensor) -> Tensor:
        """uint8 (N, H, W, 3) to (N, 8): tracks, or which stranger it is."""
        return self.reader(frames)[0]


class _Reader(nn.Module):
    """One LSTM layer, over time or, by mistake, over the batch.

    A widely copied implementation of this detector writes

        nn.LSTM(latent_dim, hidden_dim, lstm_layers, bidirectional)

    but the fourth argument of nn.LSTM is `bias`, and `batch_first` stays False. So an
    input (N, T, F) is read as N steps of T independent sequences: the memory runs from
    one video of the batch to the next, and never from frame to frame.
    """

    def __init__(self, features: int, hidden: int, recurrence: Recurrence):
        super().__init__()
        if recurrence == "batch":
            bidirectional = False
            self.lstm = nn.LSTM(features, hidden, 1, bidirectional)
        else:
            self.lstm = nn.LSTM(features, hidden, num_layers=1, batch_first=True)

    def forward(self, features: Tensor) -> Tensor:
        """(N, T, features) to the output at every step, (N, T, hidden)."""
        return self.lstm(features)[0]


class Head(nn.Module):
    """Features (N, T, F) to logits (N, 2), real first."""

    def __init__(
        self,
        features: int,
        hidden: int,
        *,
        dropout: float,
        frozen: bool,
        recurrence: Recurrence,
        pool: Pool,
        order: Order,
    ):
        super().__init__()
        reads = recurrence != "none"
        # Features of a frozen network have any scale; those of a trained one find it.
        self.norm = nn.BatchNorm1d(features) if frozen else nn.Identity()
        # What a clip has in all of its frames is the person, whom an LSTM would learn
        # by heart. (Of a plain mean nothing would be left.)
        self.centred = frozen and reads
        self.reader = _Reader(features, hidden, recurrence) if reads else nn.Identity()
        self.pool = pool
        linear = nn.Linear(hidden if reads else features, 2)
        parts = [nn.LeakyReLU(), nn.Dropout(dropout), linear]
        if order == "s4":  # its table 1: mean, linear, dropout
            parts = [linear, nn.Dropout(dropout)]
        self.last = nn.Sequential(*parts)

    def forward(self, features: Tensor) -> Tensor:
        """Logits of each video."""
        x = features
        if self.centred:
            x = x - x.mean(1, keepdim=True)
        x = self.norm(x.flatten(0, 1)).view_as(x)
        x = self.reader(x)  # (N, T, hidden)
        if self.pool == "mean":
            x = x.mean(1)
        elif self.pool == "max":
            x = x.amax(1)
        else:
            x = x[:, -1]
        return self.last(x)


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
    backbone: Literal["resnext50", "resnet50"] = "resnext50",
    recurrence: Recurrence = "time",
    pool: Pool = "mean",
    order: Order = "s2",
) -> Built:
    """The detector, untrained.

    Args:
        view: what it will see; the network takes faces of any size, clips of any T.
        network: "full", or "slim" for the slim backbone and a narrow LSTM.
        pretrained: "none"; "imagenet" (full only; "none" is what Built says where the
            weights cannot be had); or the file of a pretrained slim backbone.
        seed: of the random weights.
        backbone: ResNeXt-50 32x4d, or ResNet50, which S4 compares it with (full only).
        recurrence: an LSTM over "time"; "none"; or, a bug, over the "batch".
        pool: from all steps to one vector: "mean" (S4), the "last" step, or "max".
        order: "s2" for LeakyReLU, dropout, linear; "s4" for linear, then dropout.

    Raises:
        ValueError: an unknown option, or weights that are not for this network.
        NoStandIn: a slim network with another backbone.
    """
    for value, known in (
        (network, ("full", "slim")),
        (backbone, tuple(_BACKBONES)),
        (recurrence, ("time", "none", "batch")),
        (pool, ("mean", "last", "max")),
        (order, ("s2", "s4")),
    ):
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
    slim = network == "slim"
    if slim and backbone != "resnext50":
        raise NoStandIn("one slim backbone stands in for both")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make = _slim if slim else _BACKBONES[backbone]
        spatial, features, used = make(pretrained)
        head = Head(
            features,
            SLIM_HIDDEN if slim else PAPER.hidden,
            dropout=SLIM.dropout if slim else PAPER.dropout,
            frozen=slim,
            recurrence=recurrence,
            pool=pool,
            order=order,
        )
        module = ResNeXtLSTM(spatial, head)
    return Built(
        module=module,
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone="slim" if slim else backbone,
        pretrained=used,
        spatial=spatial,
        head=head,
    )


def _slim(pretrained: str | Path) -> tuple[nn.Module, int, str]:
    reader, used = slim_torch.start_reader(pretrained, outputs=_READINGS)
    return Readings(reader), _READINGS, used


def _resnext50(pretrained: str | Path) -> tuple[nn.Module, int, str]:
    values = torchvision.models.ResNeXt50_32X4D_Weights.IMAGENET1K_V1
    return _full(torchvision.models.resnext50_32x4d, values, pretrained)


def _resnet50(pretrained: str | Path) -> tuple[nn.Module, int, str]:
    values = torchvision.models.ResNet50_Weights.IMAGENET1K_V1
    return _full(torchvision.models.resnet50, values, pretrained)


_BACKBONES = {"resnext50": _resnext50, "resnet50": _resnet50}


def _full(make, values, pretrained: str | Path) -> tuple[nn.Module, int, str]:
    if pretrained not in ("none", "imagenet"):
        raise ValueError(
            f'{make.__name__} starts from "none" or "imagenet", not {pretrained}'
        )
    net, state, used = make(weights=None), None, "none"
    if pretrained == "imagenet":
        state, used = weights.fetch(
            lambda: values.get_state_dict(progress=False, check_hash=True),
            what=f"{make.__name__} of torchvision",
            label="imagenet",
            cache=weights.torchvision_cache(),
        )
    if state is not None:
        net.load_state_dict(state)
    return Backbone(net), PAPER.hidden, used
