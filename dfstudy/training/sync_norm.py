"""Batch normalisation over the batch of all ranks, on any device.

    Trainer(strategy="ddp", plugins=[norm := SyncNorm()])

A layer that sees half of a batch takes other means than one that sees all of it, and
two ranks would train another network than one. PyTorch's SyncBatchNorm runs on GPUs
only and takes part in no rank that has nothing to add; this is it, as its definition
says: mean, then variance, each summed over all ranks, there and back.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from dfstudy.frameworks import guard

guard()
from lightning.pytorch.plugins import LayerSync  # noqa: E402 - it imports torchvision


class SyncNorm(LayerSync):
    """Lightning applies it to a network before the fit, and takes it back after.

    Where `filler` is set, this rank's batch counts nothing (order.GlobalBatches).
    """

    filler = False

    def apply(self, model: nn.Module) -> nn.Module:
        """Let its layers of batch normalisation sum over ranks while they train."""
        for layer in _layers(model):
            layer.forward = partial(self._normalise, layer)
        return model

    def revert(self, model: nn.Module) -> nn.Module:
        """The layers as they were; weights and statistics stay."""
        for layer in _layers(model):
            del layer.forward
        return model

    def _normalise(self, layer: _BatchNorm, x: Tensor) -> Tensor:
        if not layer.training:
            return type(layer).forward(layer, x)
        others = [dim for dim in range(x.dim()) if dim != 1]  # all but the channels
        shape = [-1 if dim == 1 else 1 for dim in range(x.dim())]
        full = x.float()
        share = 0.0 if self.filler else 1.0
        count = full.new_tensor([share * full.numel() / full.shape[1]])
        sums = _Sum.apply(torch.cat([share * full.sum(others), count]))
        count, mean = sums[-1].detach(), sums[:-1] / sums[-1]
        centred = full - mean.reshape(shape)
        variance = _Sum.apply(share * (centred**2).sum(others)) / count
        if layer.track_running_stats:
            layer.num_batches_tracked += 1
            momentum = layer.momentum or 1 / layer.num_batches_tracked.item()
            unbiased = variance.detach() * (count / (count - 1))
            layer.running_mean.lerp_(mean.detach(), momentum)
            layer.running_var.lerp_(unbiased, momentum)
        out = centred * torch.rsqrt(variance + layer.eps).reshape(shape)
        if layer.affine:
            out = out * layer.weight.reshape(shape) + layer.bias.reshape(shape)
        return out.to(x.dtype)


class _Sum(torch.autograd.Function):
    """Over ranks; so is its gradient, as every rank's loss depends on the sum."""

    @staticmethod
    def forward(_, x: Tensor) -> Tensor:
        x = x.clone()
        torch.distributed.all_reduce(x)
        return x

    @staticmethod
    def backward(_, gradient: Tensor) -> Tensor:
        return _Sum.forward(None, gradient)


def _layers(model: nn.Module) -> list[_BatchNorm]:
    return [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]
