"""Keras; Notshe, Svoboda and Xiao (S1), "two-stream per video": all frames, all flows.

    built = build(network="full", pretrained="imagenet")
    built.module([clips, flows])     # (N, 1); (N, 16, 108, 192, 3) and (..., 192, 2)

Table 4. Spatial: ResNet50 makes 2048 numbers of a frame, a layer 128 of them, those of
16 frames are laid side by side (2048), a layer makes 512. Temporal: two convolutions
make (25, 46, 64) of a flow, a layer 128 numbers, and so on as before. Both together,
1024, go through a linear unit. The place of a number says which frame it is of, so the
order of the frames is there to be learned.
"""

from dataclasses import replace
from pathlib import Path

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_torch
from dfstudy.models.losses_keras import CrossEntropyAndF1 as loss
from dfstudy.models.s1_keras import (
    VideoRecipe,
    Widths,
    assemble,
    each_frame,
    temporal_network,
)

__all__ = ["FRAMEWORK", "LEVEL", "NAME", "PAPER", "build", "loss", "view"]

keras = import_keras()
layers = keras.layers

NAME = "two_stream_video"
FRAMEWORK = "keras"
LEVEL = "video"
PAPER = VideoRecipe()


def view(
    frames: int = PAPER.frames, *, sampling: str = "even", flow: str = "sampled"
) -> View:
    """Whole frames at 108x192, and the flow between those that are sampled."""
    return PAPER.view(frames, sampling=sampling, flow=flow)


VIEW = view()
SLIM_LOOK = {"sampling": "consecutive"}  # of clips of two seconds; see lesson 05
# On the tuning set half of these epochs had 0.83 on validation, all of them 0.87.
SLIM = replace(slim_torch.SLIM, epoch_factor=1)
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
    size = {"height": view.height, "width": view.width}
    seen = keras.Input((view.frames, features), name="features")
    flow = keras.Input((view.frames, *size.values(), 2), dtype="float16", name="flow")
    spatial = layers.Dense(widths.frame, activation="relu", name="spatial_frame")(seen)
    moved = each_frame(temporal_network(widths, **size), flow)
    streams = []
    for name, x in (("spatial", spatial), ("temporal", moved)):
        x = layers.Flatten(name=f"{name}_flat")(x)  # (N, 16 * 128)
        x = layers.Dropout(widths.dropout)(x)
        x = layers.Dense(widths.video, activation="relu", name=f"{name}_video")(x)
        streams.append(x)
    x = layers.Concatenate(name="both")(streams)
    logit = layers.Dense(1, name="logit")(x)
    return keras.Model([seen, flow], logit, name="head")
