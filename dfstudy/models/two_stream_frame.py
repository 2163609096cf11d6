"""Keras; Notshe, Svoboda and Xiao (S1), "two-stream per frame": a frame and its flow.

    built = build(network="full", pretrained="imagenet")
    built.module([frames, flow])      # (N, 1); uint8 (N, 108, 192, 3), (N, 108, 192, 2)

ResNet50 sees a frame, a small convolutional network the optical flow that belongs to
it; what both found is concatenated and goes through a linear unit. A video is judged by
its frames, as with the baseline. Two streams: Simonyan and Zisserman, 2014.
"""

from dataclasses import replace
from pathlib import Path

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_torch
from dfstudy.models.losses_keras import WeightedCrossEntropy as loss
from dfstudy.models.s1_keras import (
    Recipe,
    Widths,
    assemble,
    temporal_network,
)

__all__ = ["FRAMEWORK", "LEVEL", "NAME", "PAPER", "SLIM", "build", "loss", "view"]

keras = import_keras()

NAME = "two_stream_frame"
FRAMEWORK = "keras"
LEVEL = "frame"
PAPER = Recipe()
# An epoch shows all pairs of a video, where the baseline draws a few of its frames.
SLIM = replace(slim_torch.SLIM, epoch_factor=0.4)


def view(
    frames: int = PAPER.frames, *, sampling: str = "even", flow: str = "sampled"
) -> View:
    """Whole frames at 108x192 and a flow for each (see View.flow); S1: "sampled"."""
    return PAPER.view(frames, sampling=sampling, flow=flow)


VIEW = view()
BASE = "frame_keras"  # whose spatial network it takes over, and leaves as it is


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
    options = {"network": network, "pretrained": pretrained, "seed": seed}
    return assemble(NAME, LEVEL, _head, view=view, **options)


def _head(view: View, features: int, widths: Widths) -> keras.Model:
    # The body of S1's table 3 is lost. Both streams are given the same say, with the
    # layers of its table 4: 128 numbers of the frame, 128 of the flow.
    seen = keras.Input((features,), name="features")
    size = {"height": view.height, "width": view.width}
    flow = keras.Input((*size.values(), 2), dtype="float16", name="flow")
    spatial = keras.layers.Dense(widths.frame, activation="relu", name="spatial")(seen)
    moved = temporal_network(widths, **size)(flow)
    x = keras.layers.Concatenate(name="both")([spatial, moved])
    x = keras.layers.Dropout(widths.dropout)(x)
    return keras.Model(
        [seen, flow], keras.layers.Dense(1, name="logit")(x), name="head"
    )
