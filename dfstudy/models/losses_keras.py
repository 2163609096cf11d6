"""The losses of S1, in Keras: weighted cross-entropy, and its mix with 1 - F1.

loss = WeightedCrossEntropy((1.5, 0.75))                  # frames
loss = CrossEntropyAndF1((1.5, 0.75), alpha=1.0, beta=1.0)         # videos
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
        y_true = ops.reshape(y_true, ops.shape(y_pred))  # a loader's is (N,)
        real, fake = self.class_weight
        weight = real + (fake - real) * y_true  # (N, 1)
        loss = ops.binary_crossentropy(y_true, y_pred, from_logits=True)
        return ops.mean(weight * loss, axis=-1)


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


def soft_f1(y_true, logits):
    """F1 of a batch with probabilities in place of verdicts, in [0, 1]; no threshold.

    2 TP / (2 TP + FP + FN), each count a sum of probabilities: what a gradient can
    follow. A batch without fakes has nothing to find: 0 whatever is called.
    """
    y_true = ops.cast(ops.reshape(y_true, (-1,)), "float32")
    p = ops.sigmoid(ops.reshape(logits, (-1,)))
    # 2 TP + FP + FN = sum of p + sum of y
    return 2 * ops.sum(p * y_true) / (ops.sum(p) + ops.sum(y_true) + 1e-7)
