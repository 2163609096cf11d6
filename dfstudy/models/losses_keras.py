"""The losses, in Keras; those that PyTorch models share are in losses_torch, too.

loss = WeightedCrossEntropy((1.5, 0.75))                  # frames
loss = CrossEntropyAndF1((1.5, 0.75), alpha=1.0, beta=1.0)         # videos of S1
loss = FocalLoss(alpha=0.25, gamma=2.0)                            # S3
"""

from dfstudy.frameworks import import_keras

keras = import_keras()
ops = keras.ops


class WeightedCrossEntropy(keras.losses.Loss):
    """Binary cross-entropy on logits (N, 1); `class_weight` is for (real, fake).

    Keras' `fit` takes no class_weight together with a torch DataLoader.
    """

    def __init__(self, class_weight: tuple[float, float] = (1.0, 1.0)):
        super().__init__(name="weighted_cross_entropy")
        self.class_weight = class_weight

    def call(self, y_true, y_pred):
        """(N,) from labels (N,) or (N, 1), 0 real, 1 fake, and logits (N, 1)."""
        y_true = _like(y_true, y_pred)
        loss = ops.binary_crossentropy(y_true, y_pred, from_logits=True)
        return ops.mean(_weight(y_true, self.class_weight) * loss, axis=-1)


class CrossEntropyAndF1(WeightedCrossEntropy):
    """`alpha` * weighted cross-entropy + `beta` * (1 - soft F1), S1's for whole videos.

    S1 gives neither weight; both are 1 here unless said otherwise.
    """

    def __init__(
        self,
        class_weight: tuple[float, float] = (1.0, 1.0),
        *,
        alpha: float = 1.0,
        beta: float = 1.0,
    ):
        super().__init__(class_weight)
        self.alpha, self.beta = alpha, beta

    def call(self, y_true, y_pred):
        """(N,): the F1 of the batch is one number, added to every row's loss."""
        entropy = super().call(y_true, y_pred)
        return self.alpha * entropy + self.beta * (1 - soft_f1(y_true, y_pred))


class BinaryCrossEntropy(WeightedCrossEntropy):
    """Cross-entropy on logits (N, 1), with labels moved by `smoothing` towards 0.5.

    A label is smoothing / 2 or 1 - smoothing / 2, so that no logit has to be endless.
    """

    def __init__(
        self,
        class_weight: tuple[float, float] = (1.0, 1.0),
        *,
        smoothing: float = 0.0,
    ):
        super().__init__(class_weight)
        self.smoothing = smoothing

    def call(self, y_true, y_pred):
        """(N,) from labels (N,) or (N, 1), 0 real, 1 fake, and logits (N, 1)."""
        y_true = _like(y_true, y_pred)
        target = y_true * (1 - self.smoothing) + self.smoothing / 2
        loss = ops.binary_crossentropy(target, y_pred, from_logits=True)
        return ops.mean(_weight(y_true, self.class_weight) * loss, axis=-1)


class FocalLoss(WeightedCrossEntropy):
    """alpha (1 - p)^gamma (-log p), p the probability of the true class (1708.02002).

    `gamma` lets what is already right count little. `alpha` is the weight of a fake and
    1 - alpha of a real: at 0.25 a missed fake costs a third of a false accusation.
    `class_weight` comes on top, for sets with more of one class.
    """

    def __init__(
        self,
        class_weight: tuple[float, float] = (1.0, 1.0),
        *,
        alpha: float = 0.25,
        gamma: float = 2.0,
    ):
        super().__init__(class_weight)
        self.alpha, self.gamma = alpha, gamma

    def call(self, y_true, y_pred):
        """(N,) from labels (N,) or (N, 1), 0 real, 1 fake, and logits (N, 1)."""
        y_true = _like(y_true, y_pred)
        entropy = ops.binary_crossentropy(y_true, y_pred, from_logits=True)
        wrong = 1 - ops.exp(-entropy)  # 1 - p
        alpha = _weight(y_true, (1 - self.alpha, self.alpha))
        loss = alpha * wrong**self.gamma * entropy
        return ops.mean(_weight(y_true, self.class_weight) * loss, axis=-1)


def _like(y_true, y_pred):
    # A loader's labels are (N,).
    return ops.cast(ops.reshape(y_true, ops.shape(y_pred)), y_pred.dtype)


def _weight(y_true, of_class):
    real, fake = of_class
    return real + (fake - real) * y_true


def soft_f1(y_true, logits):
    """F1 of a batch with probabilities in place of verdicts, in [0, 1]; no threshold.

    2 TP / (2 TP + FP + FN), each count a sum of probabilities: what a gradient can
    follow. A batch without fakes has nothing to find: 0 whatever is called.
    """
    y_true = ops.cast(ops.reshape(y_true, (-1,)), "float32")
    p = ops.sigmoid(ops.reshape(logits, (-1,)))
    # 2 TP + FP + FN = sum of p + sum of y
    return 2 * ops.sum(p * y_true) / (ops.sum(p) + ops.sum(y_true) + 1e-7)
