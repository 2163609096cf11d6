"""What a detector costs: the `cost` block of a result file.

    measure(detector, prepared, train_s=31.0)["macs"]       # multiply-adds of one clip

Multiply-adds are counted, not estimated: by torch's FlopCounterMode, and in Keras from
the shapes of the convolution and dense layers, which are the same operations. Norms,
activations and pooling are left out by both.
"""

import math
import statistics
import time

import numpy as np
import psutil

from dfstudy.data.prepare import Prepared
from dfstudy.models.detector import Detector

_REPEATS = 5


def measure(detector: Detector, prepared: Prepared, *, train_s: float) -> dict:
    """The design's cost figures of one detector, on this machine.

    `macs` and `infer_ms_per_video` are of one clip of the view (T frames) and of the
    network alone; decoding and faces are not in it. `real_time_factor` is that time
    over the duration of the clip: below 1, the network is faster than the video plays.
    `peak_memory_mb` is of the GPU, or what this process holds now.
    """
    video_id = prepared.index.loc[prepared.index["dropped"].isna(), "video_id"].iloc[0]
    clip = prepared.array(video_id)
    clip = (clip[0] if clip.ndim == 5 else clip)[None]  # (1, T, H, W, 3)
    detector.score(clip)  # the first call compiles
    times = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        detector.score(clip)
        times.append(time.perf_counter() - start)
    infer_s = statistics.median(times)
    duration_s = prepared.record(video_id)["provenance"].get("duration_s")
    parameters = parameter_count(detector)
    device, memory = _device(detector)
    return {
        "parameters": parameters,
        "macs": macs(detector, clip),
        "size_mb": parameters * 4 / 2**20,  # float32
        "train_s": train_s,
        "infer_ms_per_video": infer_s * 1000,
        "real_time_factor": infer_s / duration_s if duration_s else None,
        "peak_memory_mb": memory,
        "device": device,
    }


def parameter_count(detector: Detector) -> int:
    """Trained numbers; the running means of norms are not among them."""
    if detector.info["framework"] == "keras":
        return sum(
            math.prod(weight.shape) for weight in detector.module.trainable_weights
        )
    return sum(weight.numel() for weight in detector.module.parameters())


def macs(detector: Detector, clip: np.ndarray) -> int:
    """Multiply-adds of convolutions and matrix products for `clip` (1, T, H, W, 3)."""
    if detector.info["framework"] == "keras":
        per_item = _keras_macs(detector.module)
        return per_item * (clip.shape[1] if detector.level == "frame" else 1)
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        detector.score(clip)
    return counter.get_total_flops() // 2  # it counts a multiply-add as two


def _keras_macs(module) -> int:
    from dfstudy.frameworks import import_keras

    layers = import_keras().layers
    total = 0
    # Of a model inside a model, too.
    for layer in module._flatten_layers(include_self=False):
        if isinstance(layer, layers.DepthwiseConv2D):
            per_place = math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Conv2D | layers.Conv3D | layers.Dense):
            per_place = math.prod(layer.kernel.shape)
        else:
            continue
        total += per_place * math.prod(layer.output.shape[1:-1])
    return total


def _device(detector: Detector) -> tuple[str, float]:
    held = psutil.Process().memory_info().rss / 2**20
    if detector.info["framework"] == "torch":
        import torch

        if next(detector.module.parameters()).is_cuda:
            peak = torch.cuda.max_memory_allocated() / 2**20
            return torch.cuda.get_device_name(), peak
    return f"CPU, {psutil.cpu_count()} cores", held
