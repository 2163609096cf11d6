"""What happens in a clip, before any pixel: where it is, what moves, how it is told.

    script = Script.draw(7, frames=48, fps=24)
    script.description                                  # "outside talking pan laughing"

Four words, one for each of `WORDS`, drawn independently and evenly. So every
description is as likely as any other, and stays so for clips that were drawn because
theirs differs from a given one.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from dfstudy.data.synth import motion
from dfstudy.data.synth.scene import PLACES, Scene

# What the words of a description are about, in their order.
WORDS = {
    "place": PLACES,
    "action": motion.ACTIONS,
    "camera": motion.CAMERAS,
    "mood": motion.MOODS,
}


@dataclass(frozen=True)
class Script:
    """A scene, its tracks (see `motion`) and the words that are true of them."""

    scene: Scene
    tracks: motion.Tracks
    description: str

    @classmethod
    def draw(cls, seed: int, *, frames: int, fps: float) -> Self:
        """The script of this seed, its tracks (frames,) long."""
        rng = np.random.default_rng((seed, 77))
        scene = Scene.random(rng)
        tracks, words = motion.draw(rng, frames=frames, fps=fps)
        return cls(scene, tracks, " ".join((scene.place, *words)))

    def untrue(self, description: str) -> float:
        """Share of the words of another description that are not true here, 0..1."""
        said, true = description.split(), self.description.split()
        return sum(a != b for a, b in zip(said, true, strict=True)) / len(true)
