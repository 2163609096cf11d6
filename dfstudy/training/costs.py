"""What a detector costs: size, arithmetic, seconds, memory.

costs.measure(detector, videos, train_s=31.0)      # the `cost` of a result file
"""

import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from dfstudy.data.view import see
from dfstudy.models import text
from dfstudy.models.detector import Detector
from dfstudy.video.faces import new_detector

_VIDEOS = 4  # tried, until two have something to see: the first warms up
_TIMES = 3  # that the second is scored


def measure(detector: Detector, videos: pd.DataFrame, *, train_s: float) -> dict:
    """The `cost` block of a result.

    Args:
        detector: loaded from, or saved to, its folder.
        videos: rows of a manifest; two of them are decoded and scored.
        train_s: seconds of the fit.

    Returns:
        parameters; macs, multiply-accumulates of one video; size_mb of the weights;
        train_s; infer_ms_per_video, the network alone; real_time_factor, seconds from
        file to score by seconds of video (below 1: faster than it plays);
        peak_memory_mb of this process so far; device.
    """
    view = detector.view
    faces = new_detector(view.detector) if view.needs_faces else None
    network, whole, length = [], 0.0, 0.0
    for row in videos.head(_VIDEOS).itertuples():
        start = time.perf_counter()
        sample = see(row.path, view, detector=faces)
        if sample.dropped:
            continue
        shown = sample.faces[0] if view.crop == "face" else sample
        clip = shown.crops if view.crop == "face" else shown.frames
        flow = None if shown.flow is None else shown.flow[None]
        said = [row.description] if view.text else None
        is_warm, decoded, network = bool(network), time.perf_counter() - start, []
        for _ in range(_TIMES):
            start = time.perf_counter()
            detector.score(clip[None], flow, text=said)
            network.append(time.perf_counter() - start)
        whole, length = decoded + network[0], float(row.duration_s)
        if is_warm:
            break
    weights = [f for f in detector.folder.iterdir() if f.suffix in _WEIGHTS]
    return {
        "parameters": _parameters(detector.module),
        "macs": macs(detector),
        "size_mb": sum(file.stat().st_size for file in weights) / 2**20,
        "train_s": train_s,
        "infer_ms_per_video": 1000 * float(np.median(network or [np.nan])),
        "real_time_factor": whole / length if length else None,
        "peak_memory_mb": _peak_memory_mb(),
        "device": _device(detector),
    }


_WEIGHTS = {".safetensors", ".h5"}


def macs(detector: Detector) -> int:
    """Multiply-accumulates of convolutions, linear and recurrent layers for a video.

    Every frame is counted, also where a frozen network's features are kept.
    """
    view = detector.view
    shape = (view.height, view.width, 3)
    frames = view.frames if detector.level == "frame" else 1
    if detector.info["framework"] == "torch":
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        one = (1, *shape) if detector.level == "frame" else (1, view.frames, *shape)
        device = next(detector.module.parameters()).device
        x = torch.zeros(one, dtype=torch.uint8, device=device)
        if view.text:  # the encoder of texts is not counted: it reads each only once
            x = (x, torch.zeros(1, text.SIZE, device=device))
        with (
            FlopCounterMode(display=False) as counter,
            _recurrent_macs(detector.module) as recurrent,
            torch.no_grad(),
        ):
            detector.module.eval()(x)
        # The counter counts both operations, and none of a recurrent layer.
        return frames * (counter.get_total_flops() // 2 + sum(recurrent))
    return frames * _keras_macs(detector.module, view.frames // frames)


@contextmanager
def _recurrent_macs(module: Any) -> Iterator[list[int]]:
    """A list that fills with the multiplications of each call of a recurrent layer."""
    from torch import nn

    counts: list[int] = []

    def count(layer: nn.Module, inputs: tuple, _: Any) -> None:
        steps = inputs[0].shape[0] * inputs[0].shape[1]  # of all sequences
        kernels = (w for name, w in layer.named_parameters() if "weight" in name)
        counts.append(steps * sum(kernel.numel() for kernel in kernels))

    layers = [layer for layer in module.modules() if isinstance(layer, nn.RNNBase)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        yield counts
    finally:
        for hook in hooks:
            hook.remove()


def _keras_macs(model: Any, times: int) -> int:
    """Of one item; nested models of single frames, (N, H, W, C), run `times`."""
    total = 0
    for layer in model.layers:
        if hasattr(layer, "layers"):
            of_frame = len(layer.inputs) == 1 and len(layer.input_shape) == 4
            total += _keras_macs(layer, times) * (times if of_frame else 1)
        elif hasattr(layer, "cell"):  # recurrent: both kernels at every step
            kernels = (layer.cell.kernel, layer.cell.recurrent_kernel)
            steps = layer.input.shape[1]
            total += steps * sum(int(np.prod(kernel.shape)) for kernel in kernels)
        elif getattr(layer, "kernel", None) is not None:
            places = int(np.prod(layer.output.shape[1:-1], dtype=int))
            total += places * int(np.prod(layer.kernel.shape))
    return total


def _parameters(module: Any) -> int:
    """Trained numbers; the running means of norms are not among them."""
    if hasattr(module, "trainable_weights"):
        return sum(int(np.prod(weight.shape)) for weight in module.trainable_weights)
    return sum(parameter.numel() for parameter in module.parameters())


def _device(detector: Detector) -> str:
    if detector.info["framework"] == "torch":
        return str(next(detector.module.parameters()).device)
    from dfstudy.frameworks import import_keras

    return import_keras().distribution.list_devices()[0]


def _peak_memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes, KB
