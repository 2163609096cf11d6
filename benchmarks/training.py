"""A training step: as PyTorch does it by itself, and as we ship it."""

import copy
import warnings

import torch
from torch import Tensor, nn

from benchmarks.measure import Scale, benchmark, in_turns
from dfstudy.data.view import View
from dfstudy.models import frame_torch
from dfstudy.training.fit_torch import autocast


class Steps:
    """Training of one module: forward, backward and AdamW, as `fit` does it."""

    def __init__(self, module: nn.Module, *, fast: bool = True, compiled: bool = False):
        self.module = module.train()
        self.fast = fast
        self.forward = torch.compile(module) if compiled else module
        self.loss = nn.CrossEntropyLoss()
        self.rule = torch.optim.AdamW(module.parameters(), lr=1e-4)

    def step(self, x: Tensor, y: Tensor) -> None:
        """One batch: x uint8 (B, H, W, 3), y float32 (B,)."""
        self.rule.zero_grad(set_to_none=True)
        with autocast() if self.fast else torch.autocast("cpu", enabled=False):
            loss = self.loss(self.forward(x).float(), y.long())
        loss.backward()
        self.rule.step()


def torch_detector(network: str, height: int, width: int) -> nn.Module:
    """S0's frame detector with random weights."""
    view = View(frames=1, height=height, width=width)
    return frame_torch.build(view=view, network=network, pretrained="none").module


def _eager(module: nn.Module) -> nn.Module:
    """The same network with its weights as PyTorch lays them out by itself."""
    return copy.deepcopy(module).to(memory_format=torch.contiguous_format)


def _compared(
    scale: Scale, network: str, size: tuple[int, int], batch: int, *, compiled: bool
) -> dict:
    """Ours against eager float32; with what each of the parts alone brings."""
    x = torch.randint(0, 256, (batch, *size, 3), dtype=torch.uint8)
    y = torch.arange(batch).remainder(2).float()
    shipped = torch_detector(network, *size)
    ways = {
        "shipped": Steps(shipped),
        "channels_last, fp32": Steps(copy.deepcopy(shipped), fast=False),
        "contiguous, bf16": Steps(_eager(shipped)),
    }
    if compiled:
        ways["shipped, compiled"] = Steps(copy.deepcopy(shipped), compiled=True)
    plain = Steps(_eager(shipped), fast=False)
    rows, times = [], {}
    for name, way in ways.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler's, of its own internals
            run = in_turns(
                lambda way=way: way.step(x, y),
                lambda: plain.step(x, y),
                repeats=scale.of(9, 1),
            )
        times[name] = run
        rows.append({"step": name, "speed-up": run["baseline_s"] / run["ours_s"]})
    return times["shipped"] | {
        "batch": batch,
        "frames_per_s": batch / times["shipped"]["ours_s"],
        "precision": "bf16" if autocast_is_on() else "fp32",
        "tables": {"against eager fp32": rows},
    }


def autocast_is_on() -> bool:
    """Whether bf16 pays on this machine, as `fit` sees it."""
    with autocast():
        return torch.is_autocast_enabled("cpu")


@benchmark("a step of the slim network, shipped", "eager fp32", ratio="speed-up")
def train_step_slim(scale: Scale) -> dict:
    """32 frames of 112 x 112; compiled only where a compiler is at hand."""
    size = scale.of((112, 112), (32, 32))
    compiled = not scale.quick
    return _compared(scale, "slim", size, scale.of(32, 2), compiled=compiled)


@benchmark("a step of ResNet-18, shipped", "eager fp32", ratio="speed-up")
def train_step_resnet18(scale: Scale) -> dict:
    """16 frames of 112 x 112."""
    size = scale.of((112, 112), (32, 32))
    compiled = not scale.quick
    return _compared(scale, "full", size, scale.of(16, 2), compiled=compiled)
