"""FGSM against what calculus says of a network that is a weighted sum."""

import pytest
import torch

from dfstudy.report import robustness as figures
from dfstudy.study import adversarial


class Linear(torch.nn.Module):
    """Logits (0, w x - 1) of frames (N, 2, 2, 3)."""

    def __init__(self):
        super().__init__()
        w = torch.linspace(-1, 1, 12)  # no weight is 0
        self.w = torch.nn.Parameter(w / 50)

    def forward(self, x):
        odds = x.float().flatten(1) @ self.w - 1
        return torch.stack([torch.zeros_like(odds), odds], 1)


def test_signs_are_those_of_the_weights():
    module = Linear()
    frames = torch.randint(0, 256, (5, 2, 2, 3), dtype=torch.uint8)
    signs = adversarial.gradient_signs(module, frames)
    want = module.w.detach().sign().view(2, 2, 3).expand_as(signs)
    assert torch.equal(signs, want)
    assert module.w.grad is None  # the network is left as it was


def test_a_step_moves_the_odds_by_epsilon_times_the_weights():
    module = Linear()
    frames = torch.full((1, 2, 2, 3), 100, dtype=torch.uint8)
    moved = frames + 4 * adversarial.gradient_signs(module, frames)
    gain = (module(moved) - module(frames))[0, 1].item()
    assert gain == pytest.approx(4 * module.w.abs().sum().item(), rel=1e-4)


def test_the_attack_is_worse_than_its_control(tiny_model, tiny_data):
    table = adversarial.attacked(
        tiny_model.detector, tiny_data, epsilons=(1, 8), n_bootstrap=20
    )
    auroc = table.query("metric == 'auroc'").set_index(["attack", "epsilon"])["value"]
    assert auroc["FGSM", 0] == pytest.approx(auroc["random signs", 0])
    assert auroc["FGSM", 8] <= auroc["FGSM", 1] < auroc["FGSM", 0]
    assert auroc["FGSM", 8] < auroc["random signs", 8] - 0.2
    result = tiny_model.result["metrics"]["val"]["all"]["auroc"]["value"]
    assert auroc["FGSM", 0] == pytest.approx(result, abs=1e-6)
    assert len(figures.attack(table).get_axes()) == 3


@pytest.mark.parametrize(
    "info",
    [
        {"framework": "keras", "level": "frame"},
        {"framework": "torch", "level": "video"},
    ],
)
def test_other_detectors_are_refused(info):
    class Other:
        level = info["level"]

    Other.info = {"name": "cnn_3d", **info}
    with pytest.raises(ValueError, match="frame detectors in PyTorch"):
        adversarial.attacked(Other, None)
