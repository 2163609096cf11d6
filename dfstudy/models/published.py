"""Full-size networks of the libraries, in PyTorch: what all of them need around them.

    net, used = of_torchvision(
        torchvision.models.resnet18, torchvision.models.ResNet18_Weights.IMAGENET1K_V1,
        "imagenet",
    )
    net(torch.zeros(2, 112, 112, 3, dtype=torch.uint8)).shape           # (2, 512)

Their published weights, where they can be had (`models.weights`), and the way from our
frames to what they take.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dfstudy.models import weights

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))  # mean, deviation; RGB


class Normalised(nn.Module):
    """A network of single pictures, from uint8 RGB (N, H, W, 3) to its features.

    `last` is its layer that makes the last maps (N, C, h, w), before they are pooled.
    """

    def __init__(
        self, net: nn.Module, statistics: Sequence[Sequence[float]], *, last: str
    ):
        super().__init__()
        self.net = net
        self._last = last
        for name, values in zip(("shift", "scale"), statistics, strict=True):
            numbers = 255 * torch.tensor(values).view(3, 1, 1)
            self.register_buffer(name, numbers, persistent=False)
        self.to(memory_format=torch.channels_last)

    @property
    def last(self) -> nn.Module:
        """The layer that makes the last maps."""
        return self.net.get_submodule(self._last)

    def forward(self, frames: Tensor) -> Tensor:
        """Normalised by the statistics, then through the network."""
        x = frames.permute(0, 3, 1, 2).float()  # (N, 3, H, W)
        return self.net((x - self.shift) / self.scale)


def of_torchvision(
    make: Callable[..., nn.Module],
    values: Any,
    pretrained: str | Path,
    *,
    statistics: Sequence[Sequence[float]] = IMAGENET,
) -> tuple[Normalised, str]:
    """A torchvision classifier without its last layer, and what it starts from.

    Args:
        make: torchvision's function. values: its weights.
        pretrained: "none" or "imagenet"; "none" comes back where they cannot be had.

    Raises:
        ValueError: weights that are not for it.
    """
    refuse_others(make.__name__, pretrained, ("none", "imagenet"))
    net = make(weights=None)
    net.fc = nn.Identity()
    used = "none"
    if pretrained == "imagenet":
        used = load_torchvision(net, values, make.__name__, "imagenet")
    return Normalised(net, statistics, last="layer4"), used


def load_torchvision(net: nn.Module, values: Any, name: str, label: str) -> str:
    """Torchvision's `values` into its network without last layer; what it starts from.

    That is `label`, or "none" where they cannot be had.
    """
    state, used = weights.fetch(
        lambda: values.get_state_dict(progress=False, check_hash=True),
        what=f"{name} of torchvision",
        label=label,
        cache=weights.torchvision_cache(),
    )
    if state is not None:
        state = {k: v for k, v in state.items() if not k.startswith("fc.")}
        net.load_state_dict(state)
    return used


def refuse_others(name: str, pretrained: str | Path, known: Sequence[str]) -> None:
    """ValueError unless `pretrained` is one of the starts that the network knows."""
    if pretrained not in known:
        choices = " or ".join(f'"{start}"' for start in known)
        raise ValueError(f"{name} starts from {choices}, not {pretrained}")
