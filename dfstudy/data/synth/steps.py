"""How a face swap is made: one frame, one picture for every step of it.

    for name, picture in steps(target, donor, 7, frame=0, ...).items(): ...

The order is that of real face-swap tools (Li and Lyu, "Exposing DeepFake Videos by
Detecting Face Warping Artifacts", 2019): the donor's face in the target's pose and
light, a mask, a cut, a colour match, a soft edge. Of these a network draws the first in
real tools, and the renderer does here. What does not come out right is what
`forge.blend` leaves in a clip. Introduced in lesson 01.
"""

import numpy as np

from dfstudy.data.synth.composite import Composite
from dfstudy.data.synth.forge import COOLER
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Shot

_SHARP = 0.01  # pixels: no change of sharpness


def steps(
    target: Person,
    donor: Person,
    scene_seed: int,
    *,
    frame: int,
    frames: int,
    size: tuple[int, int],
    fps: float,
    seed: int = 0,
    strength: float = 0.7,
) -> dict[str, np.ndarray]:
    """Pictures of the steps by their names, in order, each uint8 (H, W, 3).

    Args:
        target, donor: whose clip it is, and whose face is put in.
        scene_seed: scene of the clip. frame: which of its `frames` is shown.
        size: (height, width), even. seed: which region of the face is taken.
        strength: of the misfit, 0 .. 1, as in `forge.blend`.
    """
    film = {"frames": frames, "size": size, "fps": fps}
    shot = Shot(target, scene_seed, **film)

    def composite(spread: float, tint: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # The same seed every time, so that all have the same region and edge.
        maker = Composite(shot, donor, np.random.default_rng(seed), spread=spread)
        return maker.frame(frame, tint=tint)

    tint = np.array(COOLER) * strength
    bare = shot.frame(frame)
    donor_there = Shot(donor, scene_seed, **film).frame(frame)
    matched, mask = composite(_SHARP, np.zeros(3))
    mask = mask.repeat(2, axis=0).repeat(2, axis=1)[..., None]
    tinted, _ = composite(_SHARP, tint)
    fake, _ = composite(0.8 + 1.6 * strength, tint)
    changed = np.abs(fake.astype(int) - bare).max(axis=-1, keepdims=True)
    return {
        "target": bare,
        "donor, same pose and light": donor_there,
        "mask": np.where(mask, donor_there, bare // 4),
        "cut and pasted": np.where(mask, donor_there, bare),
        "colour matched, edge softened": matched,
        "as colour comes out: too cool": tinted,
        "other sharpness: the fake": fake,
        "what changed, times 4": np.uint8(np.clip(4 * changed, 0, 255).repeat(3, -1)),
    }
