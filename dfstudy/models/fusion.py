"""PyTorch; DeepSneak (S0), "proposed method": a clip, its description, and both fused.

    built = build(network="full", pretrained="kinetics400")
    built.module((clips, text))    # (N, 2); uint8 (N, 16, 112, 112, 3), (N, 384)

R3D-18 (Tran et al. 2018, arXiv 1711.11248) makes 512 numbers of a clip, a linear layer
512 of MiniLM's 384 (models.text), and the two, laid side by side, go through
1024 -> 1024 -> 512 -> 2 with ReLU and dropout. `inputs` leaves one of the two out: the
ablation that S0 lacks.

`SlimRecipe.misquoted` is ours, not S0's: in training each real video is also shown with
descriptions of others, as a fake. To say that a text does not fit a clip takes a
comparison, and each real clip has but one description to learn it from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dfstudy.data.view import View
from dfstudy.frameworks import import_torchvision
from dfstudy.models import Built, slim_torch, text
from dfstudy.models.frame_torch import loss
from dfstudy.models.published import IMAGENET, load_torchvision, refuse_others

torchvision = import_torchvision()

__all__ = [
    "FRAMEWORK",
    "LEVEL",
    "NAME",
    "PAPER",
    "SLIM",
    "SLIM_LOOK",
    "TRAIN_FAMILIES",
    "build",
    "loss",
    "view",
]

NAME = "fusion"
FRAMEWORK = "torch"
LEVEL = "video"
TRAIN_FAMILIES = ("blend", "disorder", "flicker", "partial", "mismatch")
Inputs = Literal["both", "video", "text"]
STATISTICS = {  # mean and standard deviation of red, green and blue in [0, 1]
    "kinetics": ((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)),
    "imagenet": IMAGENET,
}


@dataclass(frozen=True)
class Recipe:
    """S0's own settings for its proposed method."""

    frames: int = 16
    height: int = 112  # of whole frames; face crops of 224 are averaged down to it
    width: int = 112
    crop_size: int = 224
    batch_size: int = 64
    # That it tried; small batches take longest, and a short sweep ends before them.
    batch_sizes: tuple[int, ...] = (256, 64, 16, 8, 4, 32, 128)
    learning_rate: float = 1e-3  # of the fusion layers and the projection of the text
    learning_rates: tuple[float, ...] = (1e-3,)
    rates: Mapping[str, float] = field(default_factory=lambda: {"encoder.": 1e-5})
    optimizer: str = "adam"  # compared with RMSProp
    weight_decay: float = 0.0
    schedule: str = "constant"
    loss: str = "cross-entropy, weights 1 / class frequency"
    epochs: int = 10
    monitor: str = "val_accuracy"
    precision: str = "32-true"  # mixed precision was tried, the final run is float32
    augmentation: str = "none"  # "to ensure cohesiveness with the text"
    dropout: float = 0.2
    misquoted: int = 0  # see SlimRecipe


PAPER = Recipe()


def view(
    frames: int = PAPER.frames,
    *,
    clip: Literal["interval", "guided"] = "interval",
    every: int = 8,
    follow: int | None = None,
    size: int | None = None,
) -> View:
    """S0's two ways to a clip, with the description beside it.

    Args:
        clip: "interval": frames spread evenly, whole, averaged down to 112x112;
            "guided": the neighbours in which a face is seen best, its crops of 224x224.
        every: "guided" looks for the best clip in every so many frames (S0's M),
        follow: and in it for faces in every so many; by default in all of them.
        size: pixels of a side, where it is to be another one.
    """
    if clip == "interval":
        look = {"crop": "frame", "resize": "adaptive"}
        side = size or PAPER.height
    elif clip == "guided":
        look = {"crop": "face", "sampling": "best", "every": every}
        look["follow"] = follow
        side = size or PAPER.crop_size
    else:
        raise ValueError(f'clip is "interval" or "guided", not {clip!r}')
    return View(frames=frames, height=side, width=side, text=True, **look)


VIEW = view()
# Synthetic clips are short and small: fewer searches for faces, and smaller crops.
SLIM_LOOK = {"every": 16, "follow": 8, "size": 112}


class R3D18(nn.Module):
    """torchvision's R3D-18 from uint8 RGB (N, T, H, W, 3) to features (N, 512)."""

    def __init__(self, normalise: str = "kinetics"):
        super().__init__()
        if normalise not in STATISTICS:
            raise ValueError(f"normalise is one of {', '.join(STATISTICS)}")
        self.net = torchvision.models.video.r3d_18(weights=None)
        self.net.fc = nn.Identity()
        for name, values in zip(("shift", "scale"), STATISTICS[normalise], strict=True):
            numbers = 255 * torch.tensor(values).view(3, 1, 1, 1)
            self.register_buffer(name, numbers, persistent=False)

    @property
    def last(self) -> nn.Module:
        """The layer that makes the last maps, (N, 512, T / 8, 7, 7)."""
        return self.net.layer4

    def forward(self, clips: Tensor) -> Tensor:
        """Pooled features of the clips, larger ones averaged down to 112x112 first."""
        x = clips.permute(0, 4, 1, 2, 3).float()  # (N, 3, T, H, W)
        size = (x.shape[2], PAPER.height, PAPER.width)
        if x.shape[3] > size[1] or x.shape[4] > size[2]:
            x = F.adaptive_avg_pool3d(x, size)
        return self.net((x - self.shift) / self.scale)


class FusionHead(nn.Module):
    """Features of a clip and numbers of a text to two logits, (real, fake).

    Args:
        clip: makes (N, width) of the clip's features.
        width: of each of the two; S0 has 512.
        inputs: what it looks at.
    """

    def __init__(
        self,
        clip: nn.Module,
        width: int,
        *,
        inputs: Inputs = "both",
        dropout: float = PAPER.dropout,
    ):
        super().__init__()
        if inputs not in ("both", "video", "text"):
            raise ValueError(f'inputs are "both", "video" or "text", not {inputs!r}')
        self.inputs = inputs
        self.clip = clip
        self.text = nn.Linear(text.SIZE, width)
        parts = 2 if inputs == "both" else 1
        self.mlp = nn.Sequential(
            nn.Linear(parts * width, 2 * width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(2 * width, width),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(width, 2),
        )

    def forward(self, x: tuple[Tensor, Tensor]) -> Tensor:
        """(features of the clips, texts (N, 384)) to logits (N, 2)."""
        features, texts = x
        parts = []
        if self.inputs != "text":
            parts.append(self.clip(features))
        if self.inputs != "video":
            parts.append(self.text(texts.to(self.text.weight.dtype)))
        return self.mlp(torch.cat(parts, dim=1))


class FusionNet(nn.Module):
    """The encoder of clips and what is on top of it."""

    def __init__(self, encoder: nn.Module, head: FusionHead, *, each_frame: bool):
        super().__init__()
        self.encoder, self.head, self.each_frame = encoder, head, each_frame

    def forward(self, x: tuple[Tensor, Tensor]) -> Tensor:
        """(clips uint8 (N, T, H, W, 3), texts (N, 384)) to logits (N, 2)."""
        clips, texts = x
        if self.head.inputs == "text":  # nothing is asked of the clip
            return self.head((clips, texts))
        if not self.each_frame:
            return self.head((self.encoder(clips), texts))
        features = self.encoder(clips.flatten(0, 1)).unflatten(0, clips.shape[:2])
        return self.head((features, texts))


class PooledFrames(nn.Module):
    """Features of frames (N, T, F) to (N, width): their mean, and how they change."""

    def __init__(self, features: int, width: int):
        super().__init__()
        self.norm = nn.BatchNorm1d(2 * features)
        self.project = nn.Linear(2 * features, width)

    def forward(self, features: Tensor) -> Tensor:
        """Numbers of the clips."""
        changes = (features[:, 1:] - features[:, :-1]).abs()
        seen = torch.cat([features.mean(1), changes.mean(1)], dim=1)
        if (
            self.training and len(seen) == 1
        ):  # an epoch's last batch: nothing to norm by
            norm = self.norm
            statistics = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
            return self.project(F.batch_norm(seen, *statistics))
        return self.project(self.norm(seen))


@dataclass(frozen=True)
class SlimRecipe(slim_torch.Slim):
    """The slim network: S0's topology on the slim backbone's features of frames."""

    width: int = 64  # of clip and text each; S0 has 512
    optimizer: str = "adam"
    weight_decay: float = 0.0
    learning_rates: tuple[float, ...] = (2e-3,)
    batch_sizes: tuple[int, ...] = PAPER.batch_sizes
    epoch_factor: float = 2.0
    # Wrong descriptions of a real training video (data.misquote). On the tuning set
    # none left an AUROC of 0.5 for `mismatch` on validation, 4 had 0.86 and 8 had 0.88;
    # trained on all kinds, 0.75 and 0.80, and what is learned of `blend` falls from
    # 0.64 without them to 0.57.
    misquoted: int = 8


SLIM = SlimRecipe()


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "kinetics400",
    seed: int = 0,
    inputs: Inputs = "both",
    normalise: Literal["kinetics", "imagenet"] = "kinetics",
) -> Built:
    """The detector, untrained.

    Args:
        view: what it will see; clips of any size.
        network: "full" for R3D-18, "slim" for the slim backbone on single frames, and
            how they change.
        pretrained: "none"; "kinetics400", or a profile's "imagenet", which there means
            the same (full only; "none" is what Built says where the weights cannot be
            had); or, slim only, one of slim_torch.KINDS
            or the file of such weights.
        seed: of the random weights.
        inputs: what it looks at.
        normalise: by which statistics the full network's pixels are scaled.

    Raises:
        ValueError: an unknown option, or weights that are not for it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if network == "full":
            encoder, used = _r3d18(pretrained, normalise)
            head = FusionHead(nn.Identity(), 512, inputs=inputs)
            name = "r3d_18"
        elif network == "slim":
            encoder, used = slim_torch.start_backbone(pretrained)
            clip = PooledFrames(SLIM.features, SLIM.width)
            head = FusionHead(clip, SLIM.width, inputs=inputs)
            name = "slim"
        else:
            raise ValueError(f'network is "full" or "slim", not {network!r}')
    slim = network == "slim"
    return Built(
        module=FusionNet(encoder, head, each_frame=slim),
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone=name,
        pretrained=used,
        spatial=encoder if slim else None,
        head=head if slim else None,
        maps=encoder.last if inputs != "text" else None,
    )


def _r3d18(pretrained: str | Path, normalise: str) -> tuple[R3D18, str]:
    refuse_others("r3d_18", pretrained, ("none", "kinetics400", "imagenet"))
    encoder, used = R3D18(normalise), "none"
    if pretrained != "none":
        values = torchvision.models.video.R3D_18_Weights.KINETICS400_V1
        used = load_torchvision(encoder.net, values, "r3d_18", "kinetics400")
    return encoder, used
