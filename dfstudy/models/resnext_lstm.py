"""PyTorch; BMSCE (S2) and ReLSTM (S4): ResNeXt-50 on faces, then an LSTM over time.

    built = build(network="full", pretrained="imagenet")
    built.module(clips)                 # (N, 2) of uint8 (N, 80, 112, 112, 3)

ResNeXt-50 32x4d (Xie et al. 2017, arXiv 1611.05431) makes 2048 numbers of each face,
one LSTM layer of 2048 units reads them in order, the mean of its outputs goes through
LeakyReLU, dropout 0.4 and a linear layer with two outputs: 56.55 M parameters.

    build(recurrence="none", pool="max")       # S4's ablation: ResNeXt-50 without LSTM
    build(backbone="resnet50")                 # S4's other one
    build(recurrence="none")                   # the twin that both lack: a plain mean
    build(recurrence="batch")                  # a bug, to be caught: see reads_time
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from dfstudy.data.view import View
from dfstudy.frameworks import import_torchvision
from dfstudy.models import Built, slim_torch
from dfstudy.models.losses_torch import WeightedCrossEntropy as loss
from dfstudy.models.published import of_torchvision
from dfstudy.models.reads_time import Head, Order, Pool, ReadsTime, Recurrence, more

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


class Readings(nn.Module):
    """What the slim backbone was pretrained to read off each frame."""

    def __init__(self, reader: slim_torch.SlimReader):
        super().__init__()
        self.reader = reader

    @property
    def last(self) -> nn.Module:
        """The layer that makes the last maps."""
        return self.reader.net.last

    def forward(self, frames: Tensor) -> Tensor:
        """uint8 (N, H, W, 3) to (N, 8): tracks, or which stranger it is."""
        return self.reader(frames)[0]


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
            weights cannot be had); or, slim only, one of slim_torch.KINDS
            or the file of such weights.
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
        made = _slim(pretrained) if slim else _full(pretrained, backbone)
        spatial, features, used = made
        head = Head(
            features,
            SLIM_HIDDEN if slim else PAPER.hidden,
            dropout=SLIM.dropout if slim else PAPER.dropout,
            frozen=slim,
            recurrence=recurrence,
            pool=pool,
            order=order,
        )
        module = ReadsTime(spatial, head)
    return Built(
        module=module,
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone="slim" if slim else backbone,
        pretrained=used,
        spatial=spatial,
        head=head,
        maps=spatial.last,
    )


def _slim(pretrained: str | Path) -> tuple[nn.Module, int, str]:
    reader, used = slim_torch.start_reader(pretrained, outputs=_READINGS)
    return Readings(reader), _READINGS, used


_MODELS = torchvision.models
_BACKBONES = {  # torchvision's function, and its weights
    "resnext50": (
        _MODELS.resnext50_32x4d,
        _MODELS.ResNeXt50_32X4D_Weights.IMAGENET1K_V1,
    ),
    "resnet50": (_MODELS.resnet50, _MODELS.ResNet50_Weights.IMAGENET1K_V1),
}


def _full(pretrained: str | Path, backbone: str) -> tuple[nn.Module, int, str]:
    given = (PAPER.mean, PAPER.std)
    net, used = of_torchvision(*_BACKBONES[backbone], pretrained, statistics=given)
    return net, PAPER.hidden, used
