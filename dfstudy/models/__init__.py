"""The detectors: one file a family, its first line says framework and paper.

    built = models.family("frame_torch").build(network="slim", pretrained="none")

A family file has PAPER (the paper's own settings, frozen), LEVEL ("frame" or "video"),
`view(frames)` (what the network gets to see), `build(...) -> Built` and
`loss(class_weight)`. Another lesson adds a file and its name here; `Built.maps` says
where its network can be asked what it looks at.
"""

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

FAMILIES = (
    "frame_keras",
    "frame_torch",
    "two_stream_frame",
    "two_stream_video",
    "cnn_rnn",
    "cnn_3d",
    "resnext_lstm",
    "xception",
    "xception_lstm",
    "fusion",
)


@dataclass(frozen=True, kw_only=True)
class Built:
    """A network and what it is.

    `module` (torch.nn.Module or keras.Model) takes uint8 RGB, frames (N, H, W, 3) or
    clips (N, T, H, W, 3), of a view with flow a pair with float16 (..., H, W, 2), and
    returns logits, (N, 1) or (N, 2); `pretrained` is what it really starts from.
    """

    module: Any
    name: str  # of the family
    framework: str  # "torch" | "keras"
    network: str  # "full" | "slim"
    backbone: str
    pretrained: str
    # Where a network that sees frames and the rest can be had apart: `spatial` from
    # frames uint8 (N, H, W, 3) to features (N, F), `head` from those (and flow) to
    # logits. They share their weights with `module`.
    spatial: Any = None
    head: Any = None
    # Where its last maps of the frames are, for detect.gradcam. PyTorch: the layer that
    # returns them, (N, C, h, w) or (N, C, t, h, w), N clips, or all frames of N clips.
    # Keras: the tensor in `spatial`, or in `module` where that is None, channels last.
    # None of a network that looks at no frame.
    maps: Any = None


def family(name: str) -> ModuleType:
    """The module of the family called `name`; ValueError names the ones there are."""
    if name not in FAMILIES:
        raise ValueError(f"no model {name!r}: choose one of {', '.join(FAMILIES)}")
    return importlib.import_module(f"{__name__}.{name}")


def forward(module: Any, x: np.ndarray | list[np.ndarray]) -> np.ndarray:
    """What a network makes of a batch, or of the parts of one, as it is in use.

    float32 on every machine, so that a detector's scores do not depend on it.
    """
    if hasattr(module, "predict_on_batch"):
        return np.asarray(module.predict_on_batch(x), np.float32)
    import torch

    device = next(module.parameters()).device
    module.eval()
    with torch.inference_mode():
        parts = [
            torch.from_numpy(np.ascontiguousarray(part)).to(device)
            for part in (x if isinstance(x, list) else [x])
        ]
        out = module(tuple(parts) if isinstance(x, list) else parts[0])
        return out.float().cpu().numpy()


def all_weights(module: Any) -> list[np.ndarray]:
    """All numbers of a network, those that are not trained as well."""
    if hasattr(module, "get_weights"):
        return module.get_weights()
    return [value.cpu().numpy() for value in module.state_dict().values()]


def margin(logits: Any) -> Any:
    """Log-odds of "fake": (N, 1) or (N, 2) logits, an array or a tensor, to (N,).

    One logit is the log-odds themselves; of two, real first, it is their difference.
    """
    return logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]


def fake_probability(logits: np.ndarray) -> np.ndarray:
    """P(fake) in [0, 1] from (N, 1) or (N, 2) logits, float32 (N,).

    The sigmoid of the margin; for two logits that is the softmax.
    """
    odds = margin(np.asarray(logits, np.float64))
    return (0.5 * (1 + np.tanh(odds / 2))).astype(np.float32)
