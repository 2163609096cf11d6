"""Keras; what the five detectors of Notshe, Svoboda and Xiao (S1) share.

    spatial, name, start = spatial_network("full", "none", height=108, width=192)
    x = each_frame(spatial, clips)       # (N, 16, 108, 192, 3) to (N, 16, 2048)

A 2D network looks at frames, a small convolutional one at their optical flow. "slim" is
the same topology, thinner, for two cores.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_keras, slim_torch, weights

keras = import_keras()
layers = keras.layers
ops = keras.ops


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """S1's own settings; epochs, and the kind of normalisation, it does not give."""

    frames: int = 16
    height: int = 108  # a tenth of 1080x1920
    width: int = 192
    batch_size: int = 16  # frames; the detectors of whole videos: 4 videos
    batch_sizes: tuple[int, ...] = (4, 16, 32)  # the grid
    # Printed as "10e-3" out of a grid of "10e-3" and "10e-6". Read as 10^-3, the way
    # such a grid is meant: Adam at 10e-3 = 1e-2 would undo pretrained weights.
    learning_rate: float = 1e-3
    learning_rates: tuple[float, ...] = (1e-3, 1e-6)
    optimizer: str = "adam"
    loss: str = "binary cross-entropy, class weights"
    augmentation: str = "none"
    vote_shares: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)

    def view(self, frames: int, **look: str) -> View:
        """Whole frames, area-averaged down; `look` are settings of the View."""
        return View(frames=frames, height=self.height, width=self.width, **look)


@dataclass(frozen=True, kw_only=True)
class VideoRecipe(Recipe):
    """What is different for detectors of whole videos."""

    batch_size: int = 4  # videos
    loss: str = "alpha * binary cross-entropy + beta * (1 - F1), class weights"


@dataclass(frozen=True, kw_only=True)
class Widths:
    """Sizes of the layers between the networks and the verdict."""

    shrink: int  # the flow is averaged over so many pixels each way first
    convolutions: tuple[int, int]  # channels of the two over the flow
    frame: int  # numbers that are kept of a frame
    video: int  # ... and of a video
    dropout: float
    frame_dropout: float  # of the baseline, which has no layer in between
    feature_dropout: float  # of what the recurrent network reads


# Table 4: 64 maps of 25 x 46 are what two unpadded 3x3 convolutions, each with a
# pooling of 2, leave of 108 x 192. The first one's channels are our choice, as is the
# dropout: S1 speaks of "dropout layers" without a rate.
WIDTHS = {
    "full": Widths(
        shrink=1,
        convolutions=(32, 64),
        frame=128,
        video=512,
        dropout=0.5,
        frame_dropout=0.0,
        feature_dropout=0.0,
    ),
    "slim": Widths(
        shrink=4,
        convolutions=(8, 16),
        frame=32,
        video=64,
        dropout=slim_torch.SLIM.dropout,
        frame_dropout=slim_torch.SLIM.dropout,
        feature_dropout=0.5,
    ),
}


Head = Callable[[View, int, Widths], keras.Model]


def assemble(
    name: str,
    level: str,
    head: Head,
    *,
    view: View,
    network: str,
    pretrained: str | Path,
    seed: int,
) -> Built:
    """A detector of a spatial network that sees every frame, and a head on top.

    Args:
        name, level: of the family.
        head: makes the rest, from the view, the number F of features a frame and the
            widths of its layers: a model from features, (N, F) of frames or (N, T, F)
            of videos (and flow, where the view has one), to logits (N, 1).
        view: what it will see.
        network: "full" for ResNet50, "slim" for the slim backbone.
        pretrained: what the spatial network starts from, see `spatial_network`.
        seed: of the random weights.

    Raises:
        ValueError: an unknown network, or weights that are not for it.
    """
    keras.utils.set_random_seed(seed)
    size = {"height": view.height, "width": view.width}
    spatial, backbone, used = spatial_network(network, pretrained, **size)
    top = head(view, spatial.output_shape[-1], WIDTHS[network])
    of_frames = level == "frame"
    time = () if of_frames else (view.frames,)
    shape = (*time, view.height, view.width)
    inputs = [keras.Input((*shape, 3), dtype="uint8", name="frames")]
    seen = [spatial(inputs[0]) if of_frames else each_frame(spatial, inputs[0])]
    if view.flow != "none":
        inputs.append(keras.Input((*shape, 2), dtype="float16", name="flow"))
        seen.append(inputs[1])
    logit = top(seen if len(seen) > 1 else seen[0])
    return Built(
        module=keras.Model(inputs if len(inputs) > 1 else inputs[0], logit, name=name),
        name=name,
        framework="keras",
        network=network,
        backbone=backbone,
        pretrained=used,
        spatial=spatial,
        head=top,
        maps=spatial.get_layer("pool").input,
    )


def spatial_network(
    network: str, pretrained: str | Path | Built, *, height: int, width: int
) -> tuple[keras.Model, str, str]:
    """A 2D network from uint8 (N, H, W, 3) to features (N, F), its name, its start.

    ResNet50 ("full"; He et al. 2016) or the slim backbone, with its pooling.

    Args:
        network: "full" or "slim".
        pretrained: "none"; "imagenet" (full only; "none" is what comes back where the
            weights cannot be had); one of slim_torch.KINDS or the file of such weights
            (slim only); or another detector, of frames of any size, whose spatial
            network is taken over.

    Raises:
        ValueError: an unknown network, or weights that are not for it.
    """
    other = isinstance(pretrained, Built)
    start = "none" if other else pretrained
    if network == "slim":
        model = slim_keras.build(height=height, width=width)
        state, used = slim_torch.start(start)
        if state is not None:
            slim_keras.copy(state, model)
        name = "slim"
    elif network == "full":
        resnet, used = _resnet50(start, height=height, width=width)
        frames = keras.Input((height, width, 3), dtype="uint8", name="frames")
        x = keras.applications.resnet.preprocess_input(ops.cast(frames, "float32"))
        x = layers.GlobalAveragePooling2D(name="pool")(resnet(x))
        model, name = keras.Model(frames, x, name="spatial"), "resnet50"
    else:
        raise ValueError(f'network is "full" or "slim", not {network!r}')
    if other:
        model.set_weights(pretrained.spatial.get_weights())
    return model, name, used


def _resnet50(
    pretrained: str | Path, *, height: int, width: int
) -> tuple[keras.Model, str]:
    if pretrained not in ("none", "imagenet"):
        raise ValueError(f'ResNet50 starts from "none" or "imagenet", not {pretrained}')
    shape = (height, width, 3)
    make = keras.applications.ResNet50
    model = make(weights=None, include_top=False, input_shape=shape)
    values, used = None, "none"
    if pretrained == "imagenet":
        values, used = weights.fetch(
            lambda: make(
                weights="imagenet", include_top=False, input_shape=shape
            ).get_weights(),
            what="ResNet50 of keras.applications",
            label="imagenet",
            cache=weights.keras_cache(),
        )
    if values is not None:
        model.set_weights(values)
    return model, used


def temporal_network(widths: Widths, *, height: int, width: int) -> keras.Model:
    """The temporal stream on one flow: (N, H, W, 2) in pixels to (N, widths.frame)."""
    flow = keras.Input((height, width, 2), dtype="float16", name="flow")
    x = ops.cast(flow, "float32")
    if widths.shrink > 1:
        x = layers.AveragePooling2D(widths.shrink, name="shrink")(x)
    # A flow's size depends on how far its frames lie apart: pixels become deviations.
    x = layers.BatchNormalization(name="flow_norm")(x)
    for i, channels in enumerate(widths.convolutions):
        x = layers.Conv2D(channels, 3, activation="relu", name=f"flow_conv{i}")(x)
        x = layers.MaxPooling2D(2, name=f"flow_pool{i}")(x)
    x = layers.Flatten(name="flow_flat")(x)
    x = layers.Dense(widths.frame, activation="relu", name="flow_frame")(x)
    return keras.Model(flow, x, name="temporal")


def each_frame(model: keras.Model, clips):
    """`model` on every frame of clips (N, T, ...): (N, T, F).

    All frames of all clips go through at once, which layers.TimeDistributed does not.
    """
    frames, *item = clips.shape[1:]
    x = model(ops.reshape(clips, (-1, *item)))
    return ops.reshape(x, (-1, frames, *x.shape[1:]))
