"""Pretrain the slim 2D backbone, offline: transfer learning without a download.

    path = backbone("synthetic-tracks", profile=profiles.get("laptop"), seed=0)
    frame_torch.build(network="slim", pretrained=path)

"synthetic-tracks" learns to read what the renderer knows of a frame: yaw, pitch, mouth,
blink, gaze, and where the head is. Such features are close to the answer for temporal
forgeries, so a result made with them stands beside its twins: from scratch, and from
"synthetic-identity", which learns to tell the same strangers apart. Neither has seen a
forgery, nor anyone of a data set.
"""

import dataclasses
import hashlib
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dfstudy import paths
from dfstudy.data import synth
from dfstudy.models import slim_torch
from dfstudy.profiles import Profile
from dfstudy.training import strangers
from dfstudy.training.fit_torch import fast_bf16
from dfstudy.training.strangers import Strangers

KINDS = ("synthetic-tracks", "synthetic-identity")

_FORMAT = 1  # of this training; part of the cache's name
_BATCH = 32
_LEARNING_RATE = 4e-3  # the peak of one cycle
_POSITION_WEIGHT = 20.0  # a mean error of 0.22 of the frame counts like 1 deviation


def backbone(kind: str, *, profile: Profile, seed: int) -> Path:
    """The file of the pretrained backbone; trained at the first call, then cached.

    Args:
        kind: one of KINDS.
        profile: its `strangers` and `pretrain_epochs` count.
        seed: of the strangers and the training.

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"no pretraining {kind!r}: choose one of {', '.join(KINDS)}")
    key = {
        "format": _FORMAT,
        "renderer": synth.VERSION,
        "recipe": dataclasses.asdict(slim_torch.SLIM),
        "strangers": profile.strangers,
        "epochs": profile.pretrain_epochs,
        "seed": seed,
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
    path = paths.home() / "pretrained" / f"slim-{kind}-{digest}.safetensors"
    if path.is_file():
        return path
    print(
        f"Pretraining the slim backbone ({kind}) on {profile.strangers} rendered"
        " strangers, once; up to a minute on two cores ...",
        flush=True,
    )
    start = time.perf_counter()
    people = strangers.render(profile.strangers, seed=seed)
    net = train(kind, people, epochs=profile.pretrain_epochs, seed=seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    slim_torch.save(net, part, pretrained=kind)
    part.replace(path)
    print(f"... done in {time.perf_counter() - start:.0f} s: {path}")
    return path


def train(
    kind: str, people: Strangers, *, epochs: int, seed: int
) -> slim_torch.SlimBackbone:
    """Train a fresh backbone on `people` with Adam in one cycle of the learning rate."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        tracks = _standard(np.hstack([people.tracks, people.boxes[:, 2:]]))
        classes = int(people.person.max()) + 1
        identity = kind == "synthetic-identity"
        task = _Task(classes if identity else tracks.shape[1])
        frames = torch.from_numpy(people.frames)
        target = torch.from_numpy(people.person) if identity else tracks
        centre = torch.from_numpy(people.boxes[:, :2])
        steps = epochs * -(-len(frames) // _BATCH)
        adam = torch.optim.Adam(task.parameters(), _LEARNING_RATE)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            adam, _LEARNING_RATE, total_steps=steps
        )
        task.train()
        for _ in range(epochs):
            for chosen in torch.randperm(len(frames)).split(_BATCH):
                with torch.autocast("cpu", torch.bfloat16, enabled=fast_bf16()):
                    answer, where = task(frames[chosen])
                if identity:
                    loss = F.cross_entropy(answer, target[chosen])
                else:
                    loss = F.mse_loss(answer, target[chosen])
                    miss = F.mse_loss(where, centre[chosen])
                    loss = loss + _POSITION_WEIGHT * miss
                adam.zero_grad()
                loss.backward()
                adam.step()
                cycle.step()
    return task.backbone


class _Task(nn.Module):
    """A backbone that looks where it wants to.

    Averaged over the whole map, a head of a tenth of the frame drowns in its
    background, and the backbone learns scenes by heart (R2 of yaw on new people 0.58,
    with attention 0.78). So the task pools by attention; the detectors that come after
    pool by the plain mean, as their papers do.
    """

    def __init__(self, outputs: int):
        super().__init__()
        self.backbone = slim_torch.SlimBackbone()
        self.attention = nn.Conv2d(slim_torch.SLIM.features, 1, 1)
        self.out = nn.Linear(slim_torch.SLIM.features, outputs)

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 (N, H, W, 3) to (N, outputs) and the attended place (N, 2) in 0..1."""
        maps = self.backbone.maps(frames).float()  # (N, C, h, w)
        height, width = maps.shape[2:]
        weight = self.attention(maps).float().flatten(2).softmax(2)  # (N, 1, h w)
        pooled = (maps.flatten(2) * weight).sum(2)  # (N, C)
        y = (torch.arange(height) + 0.5) / height
        x = (torch.arange(width) + 0.5) / width
        place = torch.stack([x.repeat(height), y.repeat_interleave(width)], 1)
        return self.out(pooled).float(), (weight @ place)[:, 0]


def _standard(values: np.ndarray) -> Tensor:
    spread = np.maximum(values.std(0), 1e-6)
    return torch.from_numpy(((values - values.mean(0)) / spread).astype(np.float32))
