"""The losses, in PyTorch; `losses_keras` has the same under the same names.

loss = WeightedCrossEntropy((1.5, 0.75))
loss(logits, labels)        # logits (N, 1) or (N, 2), labels (N,): 0 real, 1 fake
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class WeightedCrossEntropy(nn.CrossEntropyLoss):
    """Cross-entropy of logits (N, 2) and labels (N,); weights are for (real, fake).

    PyTorch divides by the sum of the weights: only their ratio counts.
    """

    def __init__(self, class_weight: tuple[float, float] = (1.0, 1.0)):
        super().__init__(weight=torch.tensor(class_weight))

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """A mean over the batch."""
        return super().forward(logits, labels.long())

    def mass(self, labels: Tensor) -> Tensor:
        """What it divides by: parts of a batch count by this, not by their length."""
        return self.weight[labels.long()].sum()


class BinaryCrossEntropy(nn.Module):
    """Cross-entropy of one logit, with labels moved by `smoothing` towards 0.5.

    A label is smoothing / 2 or 1 - smoothing / 2, so that no logit has to be endless.
    """

    def __init__(
        self,
        class_weight: tuple[float, float] = (1.0, 1.0),
        *,
        smoothing: float = 0.0,
    ):
        super().__init__()
        self.class_weight = class_weight
        self.smoothing = smoothing

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """A mean over the batch, of logits (N, 1) and labels (N,)."""
        y = labels.reshape(logits.shape).to(logits.dtype)
        target = y * (1 - self.smoothing) + self.smoothing / 2
        loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return (_weight(y, self.class_weight) * loss).mean()


class FocalLoss(nn.Module):
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
        super().__init__()
        self.class_weight = class_weight
        self.alpha = alpha
        self.gamma = gamma

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """A mean over the batch, of logits (N, 1) and labels (N,)."""
        y = labels.reshape(logits.shape).to(logits.dtype)
        entropy = F.binary_cross_entropy_with_logits(logits, y, reduction="none")
        wrong = 1 - torch.exp(-entropy)  # 1 - p
        alpha = _weight(y, (1 - self.alpha, self.alpha))
        loss = alpha * wrong**self.gamma * entropy
        return (_weight(y, self.class_weight) * loss).mean()


def _weight(y: Tensor, of_class: tuple[float, float]) -> Tensor:
    real, fake = of_class
    return real + (fake - real) * y
