"""Where a detector of any family sees a forgery: Grad-CAM, over frames and over time.

    heat = gradcam(detector, clips)          # float32 (N, T, H, W), 0 or more
    heat.sum((2, 3)) / heat.sum((1, 2, 3))[:, None]      # the share of each frame
    gradcam(detector, clips, each_place=True, maps=finer(detector))      # sharper

Selvaraju et al. 2017, arXiv 1610.02391: the gradient of the verdict says how much each
map of the last convolution matters; the maps, weighed so and added, are cut off below
0. The verdict is here the log-odds of "fake" (models.margin): the heat is what speaks
for it, and a frame without heat need not be one that speaks for "real".

One weight for a whole map is right where a network averages its maps. The slim ones
take the maximum, and then a map that matters at the chin is hot wherever it is active.
`each_place` gives every place its own weight (HiResCAM: Draelos and Carin 2020, arXiv
2011.08891).

PyTorch: Captum. Keras: the same in a few lines, on TensorFlow's and on torch's backend.
`Built.maps`, which each family file sets, says where the last maps are.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from dfstudy.frameworks import import_keras
from dfstudy.models import Built, margin
from dfstudy.models.detector import Detector


def gradcam(
    detector: Detector,
    clips: np.ndarray,
    flow: np.ndarray | None = None,
    *,
    text: Sequence[str] | np.ndarray | None = None,
    maps: Any = None,
    each_place: bool = False,
    batch_size: int = 8,
) -> np.ndarray:
    """Heat of every pixel, float32 (N, T, H, W), 0 or more, in parts of the log-odds.

    A detector of frames is asked frame by frame, one of videos once a clip: the heat of
    a clip's frames can then be compared, and its share in a frame says when.

    Args:
        clips: uint8 RGB (N, T, H, W, 3) of the detector's view.
        flow: (N, T, H, W, 2), where the view has flow; it is given, not explained.
        text: descriptions (N,), where the view has text.
        maps: of another layer, as `Built.maps` has them. An earlier one is finer, and
            further from the verdict.
        each_place: weigh each place by its own slope, not by the mean over its map.
        batch_size: clips that go through at once.

    Raises:
        ValueError: a detector that does not look at the clips, or what does not fit it.
    """
    built, view = detector.built, detector.view
    if maps is None and built.maps is None:
        raise ValueError(f"{built.name} makes no maps of the frames: nothing to draw")
    parts = detector.inputs(clips, flow, text)
    apart = _torch if built.framework == "torch" else _keras
    at_once = batch_size * (view.frames if detector.level == "frame" else 1)
    found = [
        apart(built, [part[i : i + at_once] for part in parts], maps, each_place)
        for i in range(0, len(parts[0]), at_once)
    ]
    if not found:
        return np.zeros(clips.shape[:-1], np.float32)
    heat = np.concatenate(found)
    if heat.ndim == 3:  # of frames, whatever they are of
        heat = heat.reshape(*clips.shape[:2], *heat.shape[1:])
    return enlarged(heat, clips.shape[1:4])


def enlarged(maps: np.ndarray, size: tuple[int, int, int]) -> np.ndarray:
    """Maps (N, t, h, w) of a network at the `size` (T, H, W) of what it saw, float32.

    A map stands for several frames and many pixels: in time it is repeated, in space it
    is interpolated. Padded convolutions begin at the edge, so that a map's first place
    is over the first pixel, and the next one a stride further: half a place away from
    where enlarging a picture would put them.
    """
    frames, height, width = size
    moment = np.arange(frames) * maps.shape[1] // frames
    y, x = (
        (np.arange(n) / 2 ** round(np.log2(n / small))).astype(np.float32)
        for n, small in zip((height, width), maps.shape[2:], strict=True)
    )
    at = np.tile(x, (height, 1)), np.tile(y[:, None], (1, width))
    large = np.empty((*maps.shape[:2], height, width), np.float32)
    for i, j in np.ndindex(*maps.shape[:2]):
        large[i, j] = cv2.remap(
            np.asarray(maps[i, j], np.float32),
            *at,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    return large[:, moment]


def finer(detector: Detector) -> Any:
    """The maps of a slim network of frames that are twice as fine as its last ones.

    Raises:
        ValueError: another network.
    """
    built = detector.built
    if built.network != "slim" or built.maps is None:
        raise ValueError(f"{built.name}, {built.network}: name its layer yourself")
    if built.framework == "torch":
        return built.maps[0]
    if built.spatial is None:
        raise ValueError(f"{built.name} has no network of frames")
    return built.spatial.get_layer("blocks_0_relu").output


def _torch(
    built: Built, parts: list[np.ndarray], maps: Any, each_place: bool
) -> np.ndarray:
    """(N, h, w), (N * T, h, w) or (N, t, h, w)."""
    import torch
    from captum.attr import LayerGradCam, LayerGradientXActivation

    module = built.module.eval()
    device = next(module.parameters()).device
    inputs = tuple(torch.from_numpy(np.ascontiguousarray(p)).to(device) for p in parts)

    def verdict(*x: torch.Tensor) -> torch.Tensor:
        return margin(module(x if len(x) > 1 else x[0]))

    method = LayerGradientXActivation if each_place else LayerGradCam
    explain = method(verdict, maps if maps is not None else built.maps)
    # cuDNN has no gradient through an LSTM that is in use; torch's own kernels have.
    with torch.backends.cudnn.flags(enabled=False):
        heat = explain.attribute(inputs).sum(dim=1)
    return heat.detach().clamp(min=0).float().cpu().numpy()


def _keras(
    built: Built, parts: list[np.ndarray], maps: Any, each_place: bool
) -> np.ndarray:
    keras = import_keras()
    ops = keras.ops
    maps = maps if maps is not None else built.maps
    whole = built.module if built.spatial is None else built.spatial
    before, after = keras.Model(whole.input, maps), keras.Model(maps, whole.output)
    frames, *others = parts
    time = frames.shape[1:-3] if built.spatial is not None else ()
    seen = before(
        ops.convert_to_tensor(frames.reshape(-1, *frames.shape[1 + len(time) :]))
    )

    def verdict(seen: Any) -> Any:
        x = after(seen)
        if built.spatial is not None:
            x = ops.reshape(x, (-1, *time, x.shape[-1]))
            given = [ops.convert_to_tensor(other) for other in others]
            x = built.head([x, *given] if given else x)
        return ops.sum(margin(x))

    seen, weights = _gradient(verdict, seen)
    if not each_place:
        weights = weights.mean(axis=tuple(range(1, seen.ndim - 1)), keepdims=True)
    return np.maximum((seen * weights).sum(axis=-1), 0)


def _gradient(function: Any, at: Any) -> tuple[np.ndarray, np.ndarray]:
    """A tensor as an array, and there the gradient of a function with one value.

    Raises:
        NotImplementedError: a backend of Keras that we know no way for.
    """
    backend = import_keras().backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(at)
            value = function(at)
        return np.asarray(at, np.float32), np.asarray(tape.gradient(value, at))
    if backend == "torch":
        import torch

        at = at.detach().requires_grad_()
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            (slope,) = torch.autograd.grad(function(at), at)
        return at.detach().float().cpu().numpy(), slope.float().cpu().numpy()
    raise NotImplementedError(
        f"Grad-CAM on Keras' backend {backend!r}: take tensorflow"
    )
