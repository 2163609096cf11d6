"""One cheap attack on a frame detector, as a limit: FGSM, a single step by gradient.

    table = attacked(trained.detector, study.data, epsilons=(0.5, 1, 2, 4, 8))
    report.robustness.attack(table)

Fast gradient sign method (Goodfellow, Shlens, Szegedy, ICLR 2015; on detectors of
fakes: Carlini and Farid 2020): every pixel of the network's input moves by epsilon grey
levels, towards the other class. Whoever attacks knows the weights (a white box). The
same amount of random signs is the control: what it does not do, the gradient does.

A detector that falls to this is not safe against anybody who tries. One that stands has
shown nothing: stronger attacks take more steps, and know the video's way to the input.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from dfstudy.data.dataset import Dataset
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.metrics.intervals import group_mean
from dfstudy.models import margin
from dfstudy.models.detector import Detector
from dfstudy.study.kinds import auroc_of
from dfstudy.training.experiment import learned, trained_on
from dfstudy.training.rule import Rule

ATTACKS = ("FGSM", "random signs")
EPSILONS = (0.5, 1.0, 2.0, 4.0, 8.0)  # grey levels of 0 .. 255


def attacked(
    detector: Detector,
    data: Dataset,
    *,
    epsilons: Sequence[float] = EPSILONS,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """How much of a detector each attack leaves on validation videos, by epsilon.

    Nothing is chosen, and nothing is claimed but a limit: test videos are not needed.

    Args:
        detector: in PyTorch, of single frames.
        epsilons: grey levels that each pixel moves; less than 1 cannot be stored in a
            picture of 8 bits.

    Returns:
        One row an attack, epsilon (0 first) and metric: attack, epsilon, metric
        ("auroc", "reals called fake", "fakes called fake", by the detector's rule), n
        (videos), value, low, high, reason (see metrics.intervals).

    Raises:
        ValueError: another kind of detector, or no validation video.
    """
    if detector.info["framework"] != "torch" or detector.level != "frame":
        raise ValueError(
            "this attack is written for frame detectors in PyTorch, not for"
            f" {detector.info['name']}: take frame_torch"
        )
    rows = learned(data.manifest, trained_on(detector.info["name"]))
    rows = rows[rows["split"] == "val"]
    videos = PreparedSet(data.prepared(detector.view), rows, by="video")
    facts = rows.set_index("video_id").loc[videos.video_ids][["label", "group"]]
    steps = [(attack, float(e)) for attack in ATTACKS for e in (0.0, *epsilons)]
    scores: dict[tuple[str, float], list[np.ndarray]] = {step: [] for step in steps}
    rng = np.random.default_rng(seed)
    for clips, labels in loader(videos, batch_size=8, shuffle=False):
        frames = clips.flatten(0, 1)  # (B T, H, W, 3)
        towards = (1 - 2 * labels).repeat_interleave(clips.shape[1])  # fakes go down
        signs = {
            "FGSM": gradient_signs(detector.module, frames),
            "random signs": torch.from_numpy(
                rng.choice(np.array([-1, 1], np.float32), size=frames.shape)
            ),
        }
        for attack, epsilon in steps:
            push = epsilon * towards.view(-1, 1, 1, 1) * signs[attack]
            seen = (frames + push).clamp(0, 255)
            scores[attack, epsilon] += [*_scores(detector.module, seen, clips.shape[1])]
    rule = Rule(**detector.info["rule"])
    out = []
    for (attack, epsilon), said in scores.items():
        table = facts.assign(
            score=[rule.ranking.aggregate(frames) for frames in said],
            called=[int(rule.is_fake(rule.aggregate(frames))) for frames in said],
        )
        of = {"attack": attack, "epsilon": epsilon}
        options = {"n_bootstrap": n_bootstrap, "seed": seed}
        out += [of | row for row in _points(table, **options)]
    columns = ["attack", "epsilon", "metric", "n", "value", "low", "high", "reason"]
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    return pd.DataFrame(out).reindex(columns=columns).astype(numbers)


def gradient_signs(module: torch.nn.Module, frames: torch.Tensor) -> torch.Tensor:
    """The way each pixel has to go for a higher P(fake): -1, 0 or 1, as `frames`.

    Args:
        frames: uint8 or float (N, H, W, 3), grey levels.
    """
    module.eval()
    device = next(module.parameters()).device
    x = frames.detach().float().to(device).requires_grad_(True)
    odds = margin(module(x)).sum()
    return torch.autograd.grad(odds, x)[0].sign().cpu()


def _scores(module: torch.nn.Module, frames: torch.Tensor, count: int) -> np.ndarray:
    """P(fake) of float frames (B T, H, W, 3), (B, T)."""
    device = next(module.parameters()).device
    with torch.inference_mode():
        odds = margin(module(frames.to(device)).double())
    return torch.sigmoid(odds).cpu().numpy().reshape(-1, count)


def _points(table: pd.DataFrame, *, n_bootstrap: int, seed: int) -> list[dict]:
    fake = table["label"] == 1
    entry = {"value": np.nan, "reason": "there is one class only"}
    if fake.any() and not fake.all():
        entry = auroc_of(fake, table, n_bootstrap=n_bootstrap, seed=seed)
    rows = [{"metric": "auroc", "n": len(table), **entry}]
    for name, mine in (("reals", table[~fake]), ("fakes", table[fake])):
        share = group_mean(mine["called"], mine["group"], n=n_bootstrap, seed=seed)
        rows.append({"metric": f"{name} called fake", "n": len(mine), **share})
    return rows
