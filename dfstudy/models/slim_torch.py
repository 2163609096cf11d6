"""The slim 2D residual backbone, in PyTorch: a stand-in for ResNet on two cores.

    backbone = SlimBackbone()
    backbone(torch.zeros(2, 108, 192, 3, dtype=torch.uint8)).shape     # (2, 96)

The topology is that of ResNet (He et al. 2016, arXiv 1512.03385): a strided stem,
residual stages that halve the map and double the channels, global pooling. It takes the
maximum over the map, not the mean: a forged patch fills few cells of so small a map,
and an average takes far more than a laptop's few hundred clips to find it. The recipe
below is shared with slim_keras, where the same weights give the same features.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Slim:
    """The recipe, and how a slim detector is trained; tuned on validation videos.

    Padding is explicit, (kernel - 1) / 2 on every side, in both frameworks.
    """

    stem_kernel: int = 7
    stem_stride: int = 4  # at stride 2 the stem and its norm take half of the time
    stem_channels: int = 24
    stages: tuple[tuple[int, int], ...] = ((48, 2), (96, 2))  # (channels, stride)
    norm_epsilon: float = 1e-5
    norm_momentum: float = 0.9  # weight of the old mean; PyTorch calls it 0.1
    dropout: float = 0.1  # of the features, before a detector's last layer
    batch_size: int = 32  # frames
    optimizer: str = "adamw"
    learning_rate: float = 2e-3  # at the top of one cycle
    schedule: str = "one_cycle"
    weight_decay: float = 0.05
    augmentation: str = "mirror_shift"
    epoch_factor: float = 0.8  # times the profile's: more for what trains in no time

    @property
    def features(self) -> int:
        """Length of the pooled feature vector."""
        return self.stages[-1][0]


SLIM = Slim()
# Last maps twice as fine, for heat maps (lesson 12). The same weights fit.
FINE = Slim(stages=((48, 2), (96, 1)))


class SlimBackbone(nn.Module):
    """uint8 RGB (N, H, W, 3) to features (N, 96); any H and W of at least 16."""

    def __init__(self, *, fine: bool = False):
        """`fine`: maps of FINE, and their mean: each place has its part in a score."""
        super().__init__()
        recipe, self.mean = (FINE, True) if fine else (SLIM, False)
        self.stem = _ConvNorm(
            3, recipe.stem_channels, recipe.stem_kernel, recipe.stem_stride, recipe
        )
        channels = recipe.stem_channels
        blocks = []
        for width, stride in recipe.stages:
            blocks.append(_Block(channels, width, stride, recipe))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.to(memory_format=torch.channels_last)  # frames come with channels last

    def forward(self, frames: Tensor) -> Tensor:
        """Pooled features, (N, features)."""
        maps = self.maps(frames)
        return maps.mean((2, 3)) if self.mean else maps.amax((2, 3))

    @property
    def last(self) -> nn.Module:
        """The layer that makes the last maps, (N, 96, H / 16, W / 16)."""
        return self.blocks

    def maps(self, frames: Tensor) -> Tensor:
        """The last maps before they are pooled, (N, features, H / 16, W / 16)."""
        x = frames.permute(0, 3, 1, 2).float() / 127.5 - 1  # (N, 3, H, W) in [-1, 1]
        return self.blocks(F.relu(self.stem(x)))


class SlimReader(nn.Module):
    """A backbone, and what it was pretrained to read off a frame.

    It looks where it has learned to look (a softmax over the map, as in spatial
    attention), and reads what is there with a linear layer: the renderer's tracks, or
    which stranger it is.
    """

    def __init__(self, net: SlimBackbone, outputs: int):
        super().__init__()
        self.net = net
        self.look = nn.Conv2d(SLIM.features, 1, 1)
        self.read = nn.Linear(SLIM.features, outputs)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, H, W, 3) to outputs (N, outputs) and the place (N, 2) in [0, 1]."""
        maps = self.net.maps(frames).float()  # (N, C, h, w)
        share = self.look(maps).flatten(2).softmax(2)  # (N, 1, h * w)
        height, width = maps.shape[2:]
        y = (torch.arange(height, device=maps.device) + 0.5) / height
        x = (torch.arange(width, device=maps.device) + 0.5) / width
        grid = torch.stack([x.repeat(height), y.repeat_interleave(width)], 1)
        seen = (maps.flatten(2) * share).sum(2)
        return self.read(seen), (share @ grid)[:, 0]


class _ConvNorm(nn.Module):
    def __init__(self, before: int, after: int, kernel: int, stride: int, recipe: Slim):
        super().__init__()
        self.conv = nn.Conv2d(
            before, after, kernel, stride, padding=kernel // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(
            after, eps=recipe.norm_epsilon, momentum=1 - recipe.norm_momentum
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class _Block(nn.Module):
    """relu(norm(conv(relu(norm(conv x)))) + projected x)."""

    def __init__(self, before: int, after: int, stride: int, recipe: Slim):
        super().__init__()
        self.first = _ConvNorm(before, after, 3, stride, recipe)
        self.second = _ConvNorm(after, after, 3, 1, recipe)
        self.skip = _ConvNorm(before, after, 1, stride, recipe)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.second(F.relu(self.first(x))) + self.skip(x))


# What the weights that ship with dfstudy have learned (training.pretrain).
KINDS = ("synthetic-tracks", "synthetic-identity")
_OF_READER = ("look.", "read.")


def shipped(kind: str) -> Path:
    """File of the weights of this one of KINDS; as ImageNet's, but already here."""
    return Path(__file__).parent / "pretrained" / f"slim-{kind}.safetensors"


def save(reader: SlimReader, path: Path, *, about: dict[str, str]) -> None:
    """Write the weights as safetensors, with what is to be said `about` them.

    `about["pretrained"]` is what they were pretrained on.
    """
    state = {k: v for k, v in reader.state_dict().items() if k.startswith(_OF_READER)}
    state |= reader.net.state_dict()
    state = {name: value.contiguous() for name, value in state.items()}
    save_file(state, path, metadata=about)


def start(pretrained: str | Path) -> tuple[dict[str, Tensor] | None, str]:
    """What a slim detector starts from: weights by name, and what they learned on.

    (None, "none") for "none"; for one of KINDS, or a file that `save` wrote, the
    backbone's weights and, for example, "synthetic-tracks". ValueError for anything
    else.
    """
    state, used = _load(pretrained)
    if state is not None:
        state = {k: v for k, v in state.items() if not k.startswith(_OF_READER)}
    return state, used


def start_backbone(
    pretrained: str | Path, *, fine: bool = False
) -> tuple[SlimBackbone, str]:
    """A backbone that starts so, and on what it was pretrained; see `start`."""
    backbone = SlimBackbone(fine=fine)
    state, used = start(pretrained)
    if state is not None:
        backbone.load_state_dict(state)
    return backbone, used


def start_reader(pretrained: str | Path, *, outputs: int) -> tuple[SlimReader, str]:
    """What was pretrained with its reader, and on what; see `start`.

    Args:
        outputs: how many of its readings are kept, the first ones.

    Raises:
        ValueError: it has fewer.
    """
    state, used = _load(pretrained)
    reader = SlimReader(SlimBackbone(), outputs)
    if state is not None:
        if len(state["read.bias"]) < outputs:
            raise ValueError(f"{pretrained} has {len(state['read.bias'])} readings")
        own = {k if k.startswith(_OF_READER) else f"net.{k}": state[k] for k in state}
        own |= {k: own[k][:outputs] for k in ("read.weight", "read.bias")}
        reader.load_state_dict(own)
    return reader, used


def _load(pretrained: str | Path) -> tuple[dict[str, Tensor] | None, str]:
    if pretrained == "none":
        return None, "none"
    if pretrained == "imagenet":
        raise ValueError(
            'there are no imagenet weights of the slim network: start it from "none",'
            f" {', '.join(KINDS)}, or from a file of training.pretrain"
        )
    path = shipped(pretrained) if pretrained in KINDS else Path(pretrained)
    with safe_open(path, "pt") as file:
        pretrained = (file.metadata() or {}).get("pretrained")
    if pretrained is None:
        raise ValueError(f"{path} holds no slim backbone (see training.pretrain)")
    return load_file(path), pretrained
