"""Keras; Notshe, Svoboda and Xiao (S1), "baseline": ResNet50 on single frames.

    built = build(network="full", pretrained="imagenet")
    built.module.output_shape      # (None, 1), the log-odds of "fake"

Each of 16 evenly spaced whole frames, 108x192, goes through ResNet50 (He et al. 2016),
global average pooling and one linear unit; the video is fake by the mean of its frames'
scores, or by the share of frames called fake.
"""

from dataclasses import dataclass
from pathlib import Path

from dfstudy.data.view import View
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, slim_keras, slim_torch, weights

keras = import_keras()

NAME = "frame_keras"
FRAMEWORK = "keras"
LEVEL = "frame"


@dataclass(frozen=True)
class Recipe:
    """S1's own settings for its frame baseline."""

    frames: int = 16
    height: int = 108  # a tenth of 1080x1920
    width: int = 192
    batch_size: int = 16  # frames
    # Printed as "10e-3" out of a grid of "10e-3" and "10e-6". Read as 10^-3, the way
    # such a grid is meant: Adam at 10e-3 = 1e-2 would undo pretrained weights.
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    loss: str = "binary cross-entropy, class weights"
    augmentation: str = "none"
    vote_shares: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7)
    # Neither epochs nor the kind of normalisation are given; the pretrained network's
    # own normalisation is used.


PAPER = Recipe()


def view(frames: int = PAPER.frames) -> View:
    """Whole frames, area-averaged down to 108x192."""
    return View(
        frames=frames,
        height=PAPER.height,
        width=PAPER.width,
        crop="frame",
        resize="area",
    )


def build(
    *, network: str = "full", pretrained: str | Path = "imagenet", seed: int = 0
) -> Built:
    """The detector, untrained.

    Args:
        network: "full" for ResNet50, "slim" for the slim backbone.
        pretrained: "none"; "imagenet" (full only; "none" is what Built says where the
            weights cannot be had); or the file of a pretrained slim backbone.
        seed: of the random weights.

    Raises:
        ValueError: an unknown network, or weights that are not for it.
    """
    keras.utils.set_random_seed(seed)
    frames = keras.Input((PAPER.height, PAPER.width, 3), dtype="uint8", name="frames")
    if network == "full":
        backbone, used = _resnet50(pretrained)
        x = keras.ops.cast(frames, "float32")
        x = keras.applications.resnet.preprocess_input(x)
        x = keras.layers.GlobalAveragePooling2D(name="pool")(backbone(x))
        name = "resnet50"
    elif network == "slim":
        backbone = slim_keras.build(height=PAPER.height, width=PAPER.width)
        state, used = slim_torch.start(pretrained)
        if state is not None:
            slim_keras.copy(state, backbone)
        x = keras.layers.Dropout(slim_torch.SLIM.dropout)(backbone(frames))  # (N, 96)
        name = "slim"
    else:
        raise ValueError(f'network is "full" or "slim", not {network!r}')
    logit = keras.layers.Dense(1, name="logit")(x)
    return Built(
        module=keras.Model(frames, logit, name=NAME),
        name=NAME,
        framework=FRAMEWORK,
        network=network,
        backbone=name,
        pretrained=used,
    )


def loss(class_weight: tuple[float, float] = (1.0, 1.0)) -> keras.losses.Loss:
    """Binary cross-entropy on logits; `class_weight` is for (real, fake)."""
    return _WeightedCrossEntropy(class_weight)


class _WeightedCrossEntropy(keras.losses.Loss):
    # Keras' fit takes no class_weight together with a torch DataLoader.
    def __init__(self, class_weight: tuple[float, float]):
        super().__init__(name="weighted_cross_entropy")
        self.class_weight = class_weight

    def call(self, y_true, y_pred):
        y_true = keras.ops.reshape(
            y_true, keras.ops.shape(y_pred)
        )  # a loader's is (N,)
        real, fake = self.class_weight
        weight = real + (fake - real) * y_true  # (N, 1)
        loss = keras.ops.binary_crossentropy(y_true, y_pred, from_logits=True)
        return keras.ops.mean(weight * loss, axis=-1)


def _resnet50(pretrained: str | Path) -> tuple[keras.Model, str]:
    if pretrained not in ("none", "imagenet"):
        raise ValueError(f'ResNet50 starts from "none" or "imagenet", not {pretrained}')
    shape = (PAPER.height, PAPER.width, 3)
    make = keras.applications.ResNet50
    backbone = make(weights=None, include_top=False, input_shape=shape)
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
        backbone.set_weights(values)
    return backbone, used
