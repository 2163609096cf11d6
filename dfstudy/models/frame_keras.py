"""Keras; Notshe, Svoboda and Xiao (S1), "baseline": ResNet50 on single frames.

    built = build(network="full", pretrained="imagenet")
    built.module.output_shape      # (None, 1), the log-odds of "fake"

Each of 16 evenly spaced whole frames, 108x192, goes through ResNet50 (He et al. 2016),
global average pooling and one linear unit; the video is fake by the mean of its frames'
scores, or by the share of frames called fake.
"""

from pathlib import Path

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_torch
from dfstudy.models.losses_keras import WeightedCrossEntropy as loss
from dfstudy.models.s1_keras import Recipe, Widths, assemble

__all__ = ["FRAMEWORK", "LEVEL", "NAME", "PAPER", "SLIM", "build", "loss", "view"]

keras = import_keras()

NAME = "frame_keras"
FRAMEWORK = "keras"
LEVEL = "frame"
PAPER = Recipe()
SLIM = slim_torch.SLIM


def view(frames: int = PAPER.frames, *, sampling: str = "even") -> View:
    """Whole frames, area-averaged down to 108x192."""
    return PAPER.view(frames, sampling=sampling)


VIEW = view()


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
) -> Built:
    """The detector, untrained: uint8 (N, 108, 192, 3) to logits (N, 1).

    The arguments, and what is raised, are those of `s1_keras.assemble`.
    """
    options = {"network": network, "pretrained": pretrained, "seed": seed}
    return assemble(NAME, LEVEL, _head, view=view, **options)


def _head(view: View, features: int, widths: Widths) -> keras.Model:
    seen = keras.Input((features,), name="features")
    # Table 2 has nothing between the pooling and the linear unit.
    x = keras.layers.Dropout(widths.frame_dropout)(seen)
    return keras.Model(seen, keras.layers.Dense(1, name="logit")(x), name="head")
