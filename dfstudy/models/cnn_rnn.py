"""Keras; Notshe, Svoboda and Xiao (S1), "sequential CNN-RNN": frames, then recurrence.

    built = build(network="full", pretrained="imagenet", cell="lstm")
    built.module(clips)                 # (N, 1) of uint8 (N, 16, 108, 192, 3)

ResNet50 makes 2048 numbers of each frame; a recurrent network (LSTM: Hochreiter and
Schmidhuber 1997; GRU: Cho et al. 2014) reads them in order, and its last state goes
through a linear unit.

    build(changes=True)

is ours, not S1's: the recurrent network is also told by how much each feature differs
from the frame before ("delta features", as speech recognition has them: Furui 1986).
With a few hundred clips it does not find that out by itself, though in training a slim
network sees half of the real clips also out of order (`more`, ours as well).
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_torch
from dfstudy.models.copies import with_copies
from dfstudy.models.losses_keras import CrossEntropyAndF1 as loss
from dfstudy.models.s1_keras import VideoRecipe, Widths, assemble

__all__ = [
    "BASE",
    "FRAMEWORK",
    "LEVEL",
    "NAME",
    "PAPER",
    "SLIM",
    "SLIM_LOOK",
    "build",
    "loss",
    "more",
    "view",
]

keras = import_keras()
layers = keras.layers

NAME = "cnn_rnn"
FRAMEWORK = "keras"
LEVEL = "video"
PAPER = VideoRecipe()


def view(frames: int = PAPER.frames, *, sampling: str = "even") -> View:
    """Whole frames, area-averaged down to 108x192."""
    return PAPER.view(frames, sampling=sampling)


VIEW = view()
SLIM_LOOK = {"sampling": "consecutive"}  # of clips of two seconds; see lesson 05
# On the tuning set the GRU with changes had 0.80 on validation of fast disorder, 0.66
# with half the epochs, 0.85 with half as many again, and with copies out of order 0.94.
# A copy of each clip costs a little of `blend`; of half of them that is evened out.
SLIM = replace(slim_torch.SLIM, batch_size=16, learning_rate=5e-3, epoch_factor=2)
more = partial(with_copies, copies=0.5)
BASE = "frame_keras"  # whose spatial network it takes over, and leaves as it is


def build(
    *,
    view: View = VIEW,
    network: str = "full",
    pretrained: str | Path = "imagenet",
    seed: int = 0,
    cell: Literal["lstm", "gru", "mean"] = "lstm",
    changes: bool = False,
) -> Built:
    """The detector, untrained.

    Args:
        cell: what reads the frames in order; "mean" averages them instead, and is the
            twin without a memory that S1 lacks.
        changes: also give it how much each feature has changed.

    The other arguments, and what is raised, are those of `s1_keras.assemble`.
    """

    def head(view: View, features: int, widths: Widths) -> keras.Model:
        # The body of S1's table 5 is lost. As in its table 4, a layer first makes 128
        # numbers of a frame; the state is as large as a stream of that table, 512.
        seen = keras.Input((view.frames, features), name="features")
        x = layers.BatchNormalization(name="features_norm")(seen)
        if changes:
            moved = layers.BatchNormalization(name="changes_norm")(_changes(seen))
            x = layers.Concatenate(name="and_changes")([x, moved])
        # Whole features go missing, in all frames alike: no single one can be trusted.
        x = layers.SpatialDropout1D(widths.feature_dropout, name="missing")(x)
        x = layers.Dense(widths.frame, activation="relu", name="frame")(x)
        x = _reader(cell, widths.video)(x)
        x = layers.Dropout(widths.dropout)(x)
        return keras.Model(seen, layers.Dense(1, name="logit")(x), name="head")

    options = {"network": network, "pretrained": pretrained, "seed": seed}
    return assemble(NAME, LEVEL, head, view=view, **options)


def _changes(x):
    """|x[t] - x[t-1]| of (N, T, F); the first, which has none before, as the second."""
    change = keras.ops.abs(x[:, 1:] - x[:, :-1])
    return keras.ops.concatenate([change[:, :1], change], axis=1)


def _reader(cell: str, units: int) -> keras.Layer:
    if cell == "mean":
        return layers.GlobalAveragePooling1D(name="mean")
    if cell not in ("lstm", "gru"):
        raise ValueError(f'cell is "lstm", "gru" or "mean", not {cell!r}')
    return {"lstm": layers.LSTM, "gru": layers.GRU}[cell](units, name=cell)
