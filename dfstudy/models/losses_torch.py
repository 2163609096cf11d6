"""The losses, in PyTorch; `losses_keras` has the same under the same names.

loss = WeightedCrossEntropy((1.5, 0.75))
loss(logits, labels)        # logits (N, 1) or (N, 2), labels (N,): 0 real, 1 fake
"""

import torch
from torch import Tensor, nn


class WeightedCrossEntropy(nn.CrossEntropyLoss):
    """Cross-entropy of logits (N, 2) and labels (N,); weights are for (real, fake).

    PyTorch divides by the sum of the weights: only their ratio counts.
    """

    def __init__(self, class_weight: tuple[float, float] = (1.0, 1.0)):
        super().__init__(weight=torch.tensor(class_weight))

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """A mean over the batch."""
        return super().forward(logits, labels.long())
