"""Keras; Notshe, Svoboda and Xiao (S1), "3D CNN": convolution over space and time.

    built = build(network="full", pretrained="imagenet")
    built.module(clips)                 # (N, 1) of uint8 (N, 16, 224, 224, 3)

Table 6: (16, 224, 224, 3) becomes (4, 7, 7, 2048), is averaged to 2048, and goes
through a linear unit. S1 names no network, only that it is pretrained and takes
224 x 224; no Keras library has one. So ResNet50 is inflated (see inflate_keras) with
the weights that the baseline has learned, and a stride of 4 in time, as the table asks.
"""

from dataclasses import replace
from pathlib import Path

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_keras, slim_torch
from dfstudy.models.inflate_keras import inflate
from dfstudy.models.losses_keras import CrossEntropyAndF1 as loss
from dfstudy.models.s1_keras import WIDTHS, VideoRecipe, spatial_network

__all__ = ["FRAMEWORK", "LEVEL", "NAME", "PAPER", "build", "loss", "view"]

keras = import_keras()
layers = keras.layers

NAME = "cnn_3d"
FRAMEWORK = "keras"
LEVEL = "video"
PAPER = VideoRecipe(height=224, width=224)


def view(
    frames: int = PAPER.frames,
    *,
    sampling: str = "even",
    height: int = PAPER.height,
    width: int = PAPER.width,
) -> View:
    """Whole frames squeezed to a square, as S1 does; proportions are not kept."""
    return View(frames=frames, height=height, width=width, sampling=sampling)


VIEW = view()
# The slim network sees what the others see, so that clips are prepared once.
SLIM_LOOK = {"sampling": "consecutive", "height": 108, "width": 192}
SLIM = replace(slim_torch.SLIM, batch_size=8, learning_rate=3e-4, epoch_factor=0.13)
BASE = "frame_keras"  # whose network is inflated


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
) -> Built:
    """The detector, untrained.

    The arguments, and what is raised, are those of `s1_keras.assemble`.
    """
    keras.utils.set_random_seed(seed)
    size = {"height": view.height, "width": view.width}
    shape = (view.frames, *size.values(), 3)
    clips = keras.Input(shape, dtype="uint8", name="frames")
    flat, name, used = spatial_network(network, pretrained, **size)
    if network == "full":
        x = keras.applications.resnet.preprocess_input(keras.ops.cast(clips, "float32"))
        stride = {"conv1_conv": 2, "pool1_pool": 2}
        deep = inflate(flat.get_layer("resnet50"), frames=view.frames, stride=stride)
        pool = layers.GlobalAveragePooling3D(name="pool")
    else:
        x = clips
        deep = inflate(flat, frames=view.frames, **slim_keras.IN_TIME)
        deep = keras.Model(deep.input, deep.get_layer("pool").input, name=deep.name)
        pool = layers.GlobalMaxPooling3D(name="pool")
    maps = deep(x)  # (N, 4, 7, 7, 2048)
    x = pool(maps)
    x = layers.Dropout(WIDTHS[network].dropout)(x)
    last = layers.Dense(1, name="logit")
    module = keras.Model(clips, last(x), name=NAME)
    if isinstance(pretrained, Built):  # it begins as that detector of frames
        last.set_weights(pretrained.head.get_layer("logit").get_weights())
    return Built(
        module=module,
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone=f"{name}-inflated",
        pretrained=used,
        maps=maps,
    )
