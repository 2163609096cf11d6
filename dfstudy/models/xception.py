"""PyTorch; Correia and Neves (S3), experiments 1 to 4: Xception on faces, one by one.

    built = build(network="full", pretrained="imagenet")                # E1, E2, E3
    built = build(backbone="efficientnet_b3", gradual=True)             # E4
    built.module(torch.zeros(2, 224, 224, 3, dtype=torch.uint8)).shape  # (2, 1)

Ten evenly spaced frames of a video, cropped to the face, go through Xception (Chollet
2017, arXiv 1610.02357) or EfficientNet-B3 (Tan and Le 2019, arXiv 1905.11946) and one
linear unit each. Only the last 18 layers and that unit learn. The video's score is the
mean over its frames: S3 does not say what it took.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dfstudy.data.view import View
from dfstudy.frameworks import import_torchvision
from dfstudy.models import Built, slim_torch, weights
from dfstudy.models.losses_torch import BinaryCrossEntropy, FocalLoss
from dfstudy.models.published import Normalised, refuse_others

import_torchvision()
import timm  # noqa: E402 - it imports torchvision

NAME = "xception"
FRAMEWORK = "torch"
LEVEL = "frame"


@dataclass(frozen=True)
class Recipe:
    """S3's own settings, the same in all of its experiments."""

    frames: int = 10
    height: int = 224
    width: int = 224
    batch_size: int = 32
    optimizer: str = "adamw"  # betas 0.9 and 0.999 are PyTorch's, too
    learning_rate: float = 3e-4
    weight_decay: float = 0.01  # not given: PyTorch's
    schedule: str = "cosine"
    epochs: int = 10
    monitor: str = "val_auroc"
    augmentation: str = "s3"  # E2: "s3_jpeg"
    smoothing: float = 0.005  # of the labels, in cross-entropy
    alpha: float = 0.25  # of the focal loss, E3
    gamma: float = 2.0
    threshold: float = 0.6  # of a fake; found "in tuning", on which data is not said
    trainable: int = 18  # layers of the backbone that learn: see `layers`
    thawed: int = 2  # more layers in each epoch of E4; not given
    # For EfficientNet they are its own; Xception was trained with 0.5 and 0.5.
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


PAPER = Recipe()


@dataclass(frozen=True)
class SlimRecipe(slim_torch.Slim):
    """The slim network's, with S3's augmentation; tuned on validation videos."""

    augmentation: str = "s3"
    draw: int = 1  # frames of a video that an epoch shows: many runs, short ones
    trainable: int = 6  # its last block, as 18 layers are Xception's last two and more
    thawed: int = 2


SLIM = SlimRecipe(batch_size=16, learning_rate=6e-3, epoch_factor=0.5)
# The first frames of the faces that lesson 08 has prepared.
SLIM_LOOK = {
    "frames": 8,
    "size": 112,
    "sampling": "first",
    "drop": "frame",
    "follow": 8,
}


def view(frames: int = PAPER.frames, *, size: int = PAPER.height, **more: Any) -> View:
    """Face crops, `size` x `size`, evenly spaced; `more` are other settings of View.

    S3 finds faces with "OpenCV": detector="haar" is that, and where OpenCV is new there
    is none. A video without any face is dropped.
    """
    return View(frames=frames, height=size, width=size, crop="face", **more)


VIEW = view()


def layers(network: nn.Module) -> list[nn.Module]:
    """The modules of a network that hold parameters themselves, first to last.

    These are what "18 layers" counts here: a convolution, a norm. A separable
    convolution is two of them.
    """
    return [m for m in network.modules() if any(True for _ in m.parameters(False))]


def let_learn(network: nn.Module, backbone: nn.Module, trainable: int) -> None:
    """Freeze `backbone`, a part of `network`, but for its last `trainable` layers."""
    every = layers(backbone)
    for place, layer in enumerate(every):
        for parameter in layer.parameters(recurse=False):
            parameter.requires_grad_(place >= len(every) - trainable)
    network.train(network.training)


class Partly(nn.Module):
    """A network whose frozen layers stay as they are, the means of their norms too."""

    def train(self, mode: bool = True) -> "Partly":
        """As nn.Module's, but a frozen layer is always in use, never in training."""
        super().train(mode)
        for layer in layers(self):
            if not any(p.requires_grad for p in layer.parameters(recurse=False)):
                layer.eval()
        return self


class FaceNet(Partly):
    """A backbone with one logit a frame."""

    def __init__(self, backbone: nn.Module, features: int, dropout: float = 0.0):
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, 1)
        self.thawed: int | None = None  # layers an epoch, where they thaw gradually
        self.trainable = 0

    def forward(self, frames: Tensor) -> Tensor:
        """uint8 RGB (N, H, W, 3) to logits (N, 1)."""
        return self.head(self.dropout(self.backbone(frames)))


# As S3 calls them -> as timm does, what makes their last maps, where their weights are.
BACKBONES: dict[str, tuple[str, str, Callable[[], Path]]] = {
    "xception": ("legacy_xception", "act4", weights.torchvision_cache),
    "efficientnet_b3": ("efficientnet_b3", "bn2", weights.hub_cache),
}


def spatial(
    backbone: str, network: str, pretrained: str | Path, *, fine: bool = False
) -> tuple[nn.Module, int, str]:
    """The part that sees a frame: module, number of features, what it starts from."""
    if backbone not in BACKBONES:
        raise ValueError(f"backbone is one of {', '.join(BACKBONES)}: {backbone!r}")
    if network == "slim":
        net, used = slim_torch.start_backbone(pretrained, fine=fine)
        return net, SLIM.features, used
    if network != "full":
        raise ValueError(f'network is "full" or "slim", not {network!r}')
    refuse_others(backbone, pretrained, ("none", "imagenet"))
    name, last, cache = BACKBONES[backbone]
    net, used = timm.create_model(name, num_classes=0), "none"
    if pretrained == "imagenet":
        state, used = weights.fetch(
            lambda: timm.create_model(
                name, pretrained=True, num_classes=0
            ).state_dict(),
            what=f"{name} of timm",
            label="imagenet",
            cache=cache(),
        )
        if state is not None:
            net.load_state_dict(state)
    return Normalised(net, (PAPER.mean, PAPER.std), last=last), net.num_features, used


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
    backbone: str = "xception",
    gradual: bool = False,
    trainable: int | None = None,
    fine: bool = False,
) -> Built:
    """The detector, untrained.

    Args:
        view: what it will see; the network takes frames of any size.
        network: "full", or "slim": the slim backbone stands in for either.
        pretrained: "none"; "imagenet" (full only; "none" is what Built says where the
            weights cannot be had); or, slim only, one of slim_torch.KINDS
            or the file of such weights.
        seed: of the random weights.
        backbone: "xception" or "efficientnet_b3".
        gradual: thaw the layers a few an epoch, from the last one on (see `thaw`).
        trainable: layers of the backbone that learn; the recipe's where not given.
        fine: of the slim network finer maps, which are averaged (SlimBackbone), as
            the full ones are anyway.

    Raises:
        ValueError: an unknown network or backbone, or weights that are not for it.
    """
    recipe = SLIM if network == "slim" else PAPER
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net, features, used = spatial(backbone, network, pretrained, fine=fine)
        module = FaceNet(net, features, SLIM.dropout if network == "slim" else 0.0)
    module.trainable = recipe.trainable if trainable is None else trainable
    module.thawed = recipe.thawed if gradual else None
    let_learn(module, net, module.trainable)
    return Built(
        module=module,
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone="slim" if network == "slim" else backbone,
        pretrained=used,
        maps=net.last,
    )


def thaw(module: FaceNet, epoch: int) -> None:
    """As epoch 0, 1, ... begins: E4 lets a few more layers learn each time.

    S3 did so because all 18 at once did not fit the memory of its GPU. What is frozen
    needs no gradients kept, so the first epochs are cheaper. Others learn as built.
    """
    if module.thawed is not None:
        now = min(module.trainable, module.thawed * (epoch + 1))
        let_learn(module, module.backbone, now)


def loss(
    class_weight: tuple[float, float] = (1.0, 1.0),
    *,
    gamma: float | None = None,
    alpha: float = PAPER.alpha,
    smoothing: float = PAPER.smoothing,
) -> nn.Module:
    """Cross-entropy with smoothed labels; with a `gamma`, S3's focal loss instead (E3).

    S3 has as many reals as fakes; elsewhere `class_weight`, of (real, fake), makes up
    for what is missing.
    """
    if gamma is None:
        return BinaryCrossEntropy(class_weight, smoothing=smoothing)
    return FocalLoss(class_weight, alpha=alpha, gamma=gamma)
