"""PyTorch; DeepSneak (S0), "baseline": ResNet-18 on single frames, majority vote.

    built = build(network="full", pretrained="imagenet")
    built.module(torch.zeros(2, 112, 112, 3, dtype=torch.uint8)).shape       # (2, 2)

Each of 16 evenly spaced whole frames, adaptively averaged to 112x112, goes through
ResNet-18 (He et al. 2016) with two outputs; a frame is fake at P >= 0.5, the video
where strictly more than half of its frames are.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dfstudy.data.view import View
from dfstudy.frameworks import import_torchvision
from dfstudy.models import Built, slim_torch
from dfstudy.models.losses_torch import WeightedCrossEntropy as loss
from dfstudy.models.published import of_torchvision

torchvision = import_torchvision()

__all__ = ["FRAMEWORK", "LEVEL", "NAME", "PAPER", "SLIM", "build", "loss", "view"]

NAME = "frame_torch"
FRAMEWORK = "torch"
LEVEL = "frame"


@dataclass(frozen=True)
class Recipe:
    """S0's own settings for its frame baseline."""

    frames: int = 16
    height: int = 112
    width: int = 112
    batch_size: int = 64  # of the final model; 4 to 256 were tried
    # The text also has 1e-5 for a pretrained encoder beside 1e-3 for new layers, but
    # of the two-stream model; for training in general it says 1e-3, and so do we.
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    loss: str = "cross-entropy, weights 1 / class frequency"
    epochs: int = 10
    monitor: str = "val_accuracy"  # stops the training, and chooses its epoch
    precision: str = "32-true"  # mixed precision was tried, the final runs are float32
    augmentation: str = "none"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # ImageNet, RGB
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)


PAPER = Recipe()
SLIM = slim_torch.SLIM


def view(frames: int = PAPER.frames) -> View:
    """Whole frames, by adaptive average pooling to 112x112."""
    return View(
        frames=frames,
        height=PAPER.height,
        width=PAPER.width,
        crop="frame",
        resize="adaptive",
    )


VIEW = view()


class FrameNet(nn.Module):
    """A backbone with two logits, (real, fake)."""

    def __init__(self, backbone: nn.Module, features: int, dropout: float = 0.0):
        super().__init__()
        self.backbone = backbone
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, 2)

    def forward(self, frames: Tensor) -> Tensor:
        """uint8 RGB (N, H, W, 3) to logits (N, 2)."""
        return self.head(self.dropout(self.backbone(frames)))


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
) -> Built:
    """The detector, untrained.

    Args:
        view: what it will see; the network takes frames of any size.
        network: "full" for ResNet-18, "slim" for the slim backbone.
        pretrained: "none"; "imagenet" (full only; "none" is what Built says where the
            weights cannot be had); or, slim only, one of slim_torch.KINDS
            or the file of such weights.
        seed: of the random weights.

    Raises:
        ValueError: an unknown network, or weights that are not for it.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if network == "full":
            backbone, used = of_torchvision(
                torchvision.models.resnet18,
                torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
                pretrained,
                statistics=(PAPER.mean, PAPER.std),
            )
            module, name = FrameNet(backbone, 512), "resnet18"
        elif network == "slim":
            backbone, used = slim_torch.start_backbone(pretrained)
            module = FrameNet(backbone, SLIM.features, SLIM.dropout)
            name = "slim"
        else:
            raise ValueError(f'network is "full" or "slim", not {network!r}')
    return Built(
        module=module,
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone=name,
        pretrained=used,
        maps=backbone.last,
    )
