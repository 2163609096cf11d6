"""How much: the scale of a run, and nothing but its scale.

    profiles.get("laptop").pairs        # 80 pairs of people

Lessons never name a size or an epoch; they ask the profile. `smoke` is for CI (does all
of it run?), `laptop` for 2 cores without GPU or network (are the results meaningful?),
`colab` for one T4, `paper` for the papers' own settings.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One scale: counts per run, minutes of wall clock on the machine it is for."""

    name: str
    machine: str
    pairs: int  # pairs of people in the synthetic set
    clip_frames: int  # frames a synthetic clip has
    clip_size: tuple[int, int]  # height, width of a synthetic clip, pixels
    split: tuple[float, float, float]  # train, val, test share of the groups
    frames: int  # T: frames that a detector sees of one video
    network: str  # "slim" stand-ins of the same topology, or "full"
    pretrained: str  # what the network starts from (see models.weights)
    epochs: int  # cap on the epochs of one fit
    # Epochs without a better validation score before a fit stops and keeps the best.
    # None keeps the last: a slim fit ends where its rate does, and to choose its epoch
    # by few noisy videos costs more than it brings.
    patience: int | None
    draw: int | None  # frames of a training video that an epoch shows; None: all
    bootstrap: int  # resamples of an interval
    sweep: int  # points of a grid of settings that are tried
    sweep_epochs: float  # of each, as a share of what a fit has
    lengths: tuple[int, ...]  # frames of a clip that are compared, ascending
    repeats: int  # trainings of one detector, from other seeds
    perturbations: tuple[str, ...]  # how test videos are damaged (video.perturb.KINDS)
    levels: int  # of each, from mild to heavy
    damaged_groups: int | None  # test groups whose videos are damaged; None: all
    timeout_minutes: int  # of one notebook


_EVERY_PERTURBATION = (
    "h264",
    "resize",
    "jpeg",
    "blur",
    "noise",
    "frame_rate",
    "brightness",
    "crop",
)
_ALL = {
    profile.name: profile
    for profile in (
        Profile(
            name="smoke",
            machine="CI: 2 cores",
            pairs=12,
            clip_frames=24,
            clip_size=(216, 384),
            split=(0.4, 0.2, 0.4),
            frames=8,
            network="slim",
            pretrained="synthetic-tracks",
            epochs=2,
            patience=None,
            draw=6,
            bootstrap=200,
            sweep=2,
            sweep_epochs=0.5,
            lengths=(4, 8),
            repeats=2,
            perturbations=("h264", "jpeg"),
            levels=2,
            damaged_groups=5,
            timeout_minutes=5,
        ),
        Profile(
            name="laptop",
            machine="2 cores, no GPU, no network",
            pairs=80,
            clip_frames=48,
            clip_size=(216, 384),
            split=(0.4, 0.2, 0.4),
            frames=16,
            network="slim",
            pretrained="synthetic-tracks",
            epochs=15,
            patience=None,
            draw=6,
            bootstrap=1000,
            sweep=4,
            sweep_epochs=0.5,
            lengths=(4, 8, 16, 32),
            repeats=3,
            perturbations=("h264", "jpeg", "resize"),
            levels=3,
            damaged_groups=16,
            timeout_minutes=20,
        ),
        Profile(
            name="colab",
            machine="one T4",
            pairs=120,
            clip_frames=96,
            clip_size=(720, 1280),
            split=(0.4, 0.2, 0.4),
            frames=16,
            network="full",
            pretrained="imagenet",
            epochs=10,
            patience=4,
            draw=None,
            bootstrap=1000,
            sweep=6,
            sweep_epochs=1.0,
            lengths=(10, 20, 40, 80),
            repeats=3,
            perturbations=_EVERY_PERTURBATION,
            levels=3,
            damaged_groups=8,
            timeout_minutes=60,
        ),
        Profile(
            name="paper",
            machine="a GPU box with the real data sets",
            pairs=400,
            clip_frames=240,
            clip_size=(1080, 1920),
            split=(0.8, 0.1, 0.1),
            frames=16,
            network="full",
            pretrained="imagenet",
            epochs=20,
            patience=5,
            draw=None,
            bootstrap=2000,
            sweep=6,
            sweep_epochs=1.0,
            lengths=(10, 20, 40, 80),
            repeats=5,
            perturbations=_EVERY_PERTURBATION,
            levels=5,
            damaged_groups=None,
            timeout_minutes=24 * 60,
        ),
    )
}
NAMES = tuple(_ALL)


def get(name: str) -> Profile:
    """The profile called `name`; ValueError names the ones there are."""
    if name not in _ALL:
        raise ValueError(f"no profile {name!r}: choose one of {', '.join(NAMES)}")
    return _ALL[name]
