"""What a longer clip costs: measured, and as S4 (ReLSTM) writes it down.

    growth(models.family("resnext_lstm"), [4, 8, 16, 32])    # one row a length

S4 gives O(F (D k^2 C + T h^2)) for time and O(F (W'H'C' + 112^2 + T h)) for memory. F,
the frames, and T, the steps of the LSTM, are one number, so both say "with its square";
S4 calls them linear. D k^2 C (C = 3 colours) has neither the size of the maps nor the
channels of any layer but the first, and the memory has the pooled features alone, where
training keeps every map of every layer.
"""

import time
from collections.abc import Sequence
from types import ModuleType

import pandas as pd
import torch
from torch import Tensor, nn

from dfstudy.models import detector as detectors
from dfstudy.training import costs

LAYERS, KERNEL, COLOURS, HIDDEN, SIDE = 48, 3, 3, 2048, 112  # S4's D, k, C, h


def formula_time(frames: int) -> int:
    """S4's formula 1 without its O: F (D k^2 C + T h^2), F = T = `frames`."""
    return frames * (LAYERS * KERNEL**2 * COLOURS + frames * HIDDEN**2)


def formula_memory(frames: int) -> int:
    """S4's formula 2 without its O: F (W'H'C' + 112^2 + T h), W'H'C' = 2048."""
    return frames * (2048 + SIDE**2 + frames * HIDDEN)


def kept_bytes(module: nn.Module, x: Tensor) -> int:
    """Bytes that a forward pass keeps for the backward pass, beside the weights.

    What grows with the batch and the clip, and what overflows a GPU. Each piece of
    memory counts once, however many layers ask for it.
    """
    own = [*module.parameters(), *module.buffers()]
    weights = {tensor.untyped_storage().data_ptr() for tensor in own}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        out = module.train()(x)
    # `out` holds the graph: as long as it lives, no address is given out twice.
    total = sum(kept.values())
    del out
    return total


def growth(
    family: ModuleType, lengths: Sequence[int], *, network: str = "full"
) -> pd.DataFrame:
    """A training step of one clip of each length; random weights will do.

    Returns:
        One row a length: frames; macs of a forward pass; kept_mb (2**20 bytes), what it
        keeps for the backward pass; seconds of both; formula_time, formula_memory.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows = []
    for frames in lengths:
        view = family.view(frames)
        built = family.build(view=view, network=network, pretrained="none")
        made = detectors.new(built, view=view, data_kind="none", seed=0)
        macs = costs.macs(made)
        module = built.module.to(device)
        shape = (1, frames, view.height, view.width, 3)
        x = torch.randint(0, 256, shape, dtype=torch.uint8, device=device)
        kept = kept_bytes(module, x)  # and warms up
        start = time.perf_counter()
        module(x).sum().backward()
        if device == "cuda":
            torch.cuda.synchronize()
        rows.append(
            {
                "frames": frames,
                "macs": macs,
                "kept_mb": kept / 2**20,
                "seconds": time.perf_counter() - start,
                "formula_time": formula_time(frames),
                "formula_memory": formula_memory(frames),
            }
        )
    return pd.DataFrame(rows)
