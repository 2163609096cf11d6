"""PyTorch; Correia and Neves (S3), experiment 5: Xception, then a Bi-LSTM.

    built = build(network="full", pretrained="imagenet")
    built.module(torch.zeros(1, 10, 224, 224, 3, dtype=torch.uint8)).shape   # (1, 1)

Each frame's 2048 features go, in order, through an LSTM in both directions (Graves and
Schmidhuber 2005); its two last states give one logit for the video.

    build(reader="mean")

is the control that S3 lacks: the same network with the mean over its frames where the
memory was. S3 ascribes what it gains to time; but one logit from ten frames also gains
by pooling them, and this twin does that alone.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from dfstudy.data.view import View
from dfstudy.models import Built, xception
from dfstudy.models.xception import SLIM_LOOK, Partly, loss, view

__all__ = [
    "FRAMEWORK",
    "LEVEL",
    "NAME",
    "PAPER",
    "SLIM",
    "SLIM_LOOK",
    "VIEW",
    "build",
    "loss",
    "view",
]

NAME = "xception_lstm"
FRAMEWORK = "torch"
LEVEL = "video"


@dataclass(frozen=True)
class Recipe(xception.Recipe):
    """S3's settings; those of the LSTM are ours, it gives none."""

    hidden: int = 256  # of each direction


PAPER = Recipe()


@dataclass(frozen=True)
class SlimRecipe(xception.SlimRecipe):
    """The same, for features of a frozen slim backbone; tuned on validation videos."""

    hidden: int = 24
    dropout: float = 0.5


SLIM = SlimRecipe(batch_size=16, learning_rate=5e-3, epoch_factor=0.8)
VIEW = view()


class Reader(nn.Module):
    """Features of frames (N, T, F) to one logit (N, 1)."""

    def __init__(
        self,
        reader: Literal["lstm", "mean"],
        features: int,
        hidden: int,
        *,
        norm: bool,
        dropout: float,
    ):
        super().__init__()
        self.norm = nn.BatchNorm1d(features) if norm else None
        self.lstm = self.frame = None
        if reader == "lstm":
            self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True)
        elif reader == "mean":
            self.frame = nn.Linear(features, 2 * hidden)
        else:
            raise ValueError(f'reader is "lstm" or "mean", not {reader!r}')
        self.dropout = nn.Dropout(dropout)
        self.logit = nn.Linear(2 * hidden, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, T, F) to (N, 1)."""
        x = features
        if self.norm is not None:
            x = self.norm(x.transpose(1, 2)).transpose(1, 2)  # it wants (N, F, T)
        if self.lstm is not None:
            _, (state, _) = self.lstm(x)  # (2, N, hidden): last of either direction
            x = torch.cat([state[0], state[1]], dim=-1)
        else:
            x = torch.tanh(self.frame(x)).mean(dim=1)
        return self.logit(self.dropout(x))


class VideoNet(Partly):
    """A backbone that sees each frame, and a reader of what it saw."""

    def __init__(self, backbone: nn.Module, head: Reader):
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, clips: Tensor) -> Tensor:
        """uint8 RGB (N, T, H, W, 3) to logits (N, 1)."""
        seen = self.backbone(clips.flatten(0, 1))  # (N * T, F)
        return self.head(seen.unflatten(0, clips.shape[:2]))


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
    reader: Literal["lstm", "mean"] = "lstm",
    backbone: str = "xception",
    trainable: int | None = None,
) -> Built:
    """The detector, untrained.

    Args:
        reader: "lstm", or "mean": the twin without a memory.

    The other arguments, and what is raised, are those of `xception.build`.
    """
    slim = network == "slim"
    recipe = SLIM if slim else PAPER
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net, features, used = xception.spatial(backbone, network, pretrained)
        head = Reader(
            reader,
            features,
            recipe.hidden,
            norm=slim,  # a frozen network's features come on any scale
            dropout=SLIM.dropout if slim else 0.0,
        )
        module = VideoNet(net, head)
    trainable = recipe.trainable if trainable is None else trainable
    xception.let_learn(module, net, trainable)
    return Built(
        module=module,
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone="slim" if slim else backbone,
        pretrained=used,
        spatial=net,
        head=head,
        maps=net.last,
    )
