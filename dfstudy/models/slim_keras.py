"""The slim 2D residual backbone, in Keras: the recipe of slim_torch, channels last.

    backbone = build(height=108, width=192)
    copy(SlimBackbone().state_dict(), backbone)      # same weights, same features

Where there is a stride, padding is a layer, because "same" pads one side more than the
other; at stride 1 it pads both alike, and costs less.
Layers are named after the PyTorch modules ("_" for "."), so that weights are copied by
name.
"""

from collections.abc import Mapping

import numpy as np

from dfstudy.frameworks import import_keras
from dfstudy.models.slim_torch import SLIM, Slim

keras = import_keras()
layers = keras.layers

# What `inflate_keras.inflate` needs for a stride of 4 in time, as S1's 3D network.
IN_TIME = {
    "stride": {"stem_conv": 2, "blocks_0_first_conv": 2, "blocks_0_skip_conv": 2},
    "kernel": {"stem_conv": 3},  # 7 frames, as it has pixels, would be half a clip
}


def build(*, height: int, width: int, recipe: Slim = SLIM) -> keras.Model:
    """Model from uint8 RGB (N, height, width, 3) to features (N, 96)."""
    frames = keras.Input((height, width, 3), dtype="uint8", name="frames")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(frames)
    x = _conv_norm(
        x, recipe.stem_channels, recipe.stem_kernel, recipe.stem_stride, "stem", recipe
    )
    x = layers.ReLU(name="stem_relu")(x)
    for i, (channels, stride) in enumerate(recipe.stages):
        x = _block(x, channels, stride, f"blocks_{i}", recipe)
    x = layers.GlobalMaxPooling2D(name="pool")(x)
    return keras.Model(frames, x, name="slim")


def _conv_norm(x, channels: int, kernel: int, stride: int, name: str, recipe: Slim):
    padding = "same" if stride == 1 else "valid"
    if stride > 1 and kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        channels, kernel, stride, padding, use_bias=False, name=f"{name}_conv"
    )(x)
    return layers.BatchNormalization(
        momentum=recipe.norm_momentum, epsilon=recipe.norm_epsilon, name=f"{name}_norm"
    )(x)


def _block(x, channels: int, stride: int, name: str, recipe: Slim):
    y = _conv_norm(x, channels, 3, stride, f"{name}_first", recipe)
    y = layers.ReLU(name=f"{name}_first.relu")(y)
    y = _conv_norm(y, channels, 3, 1, f"{name}_second", recipe)
    skip = _conv_norm(x, channels, 1, stride, f"{name}_skip", recipe)
    y = layers.Add(name=f"{name}_add")([y, skip])
    return layers.ReLU(name=f"{name}_relu")(y)


def copy(state: Mapping[str, object], backbone: keras.Model) -> None:
    """Set the weights of `backbone` to those of a SlimBackbone's state, by name.

    Raises KeyError where `state` lacks a layer.
    """
    state = {_flat(name): np.asarray(value) for name, value in state.items()}
    for layer in backbone.layers:
        if layer.name.endswith("_conv"):
            kernel = state[f"{layer.name}_weight"]  # (out, in, h, w)
            layer.set_weights([kernel.transpose(2, 3, 1, 0)])
        elif layer.name.endswith("_norm"):
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([state[f"{layer.name}_{part}"] for part in parts])


def _flat(name: str) -> str:
    return name.replace(".", "_")  # Keras on torch allows no dot in a layer's name
