"""What of a person never changes in a clip: the painted, cached surface of its head.

still = looks(person, chart_size(216))
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dfstudy.data.synth import hair, head, skin
from dfstudy.data.synth.face import Face
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.scene import Scene


@dataclass(frozen=True)
class Looks:
    """What of a person never changes: relief, normals and texture on the chart."""

    person: Person
    relief: np.ndarray
    normals: np.ndarray
    texture: np.ndarray


@lru_cache(maxsize=4)
def looks(person: Person, n: int) -> Looks:
    """The still appearance of a person on an n x n chart (the last four are kept)."""
    relief = head.relief(person, hair.thickness(person, head.GRID))
    return Looks(person, relief, head.normals(person, relief), skin.paint(person, n))


def chart_size(height: int) -> int:
    """Size of a chart that is about as fine as a frame of this height."""
    return int(np.clip(height * 512 / 216, 224, 2048))


def lit_face(still: Looks, scene: Scene) -> Face:
    """The face of a person with the shadow that its nose throws in this scene."""
    texture = still.texture.astype(np.float32)
    tip, side = still.person.nose_length, -np.sign(scene.light[0])
    dark = 1 - 0.4 * min(1.0, abs(float(scene.light[0])) * 1.6)
    at = (side * 0.17 * still.person.nose_width, tip - 0.02)
    skin.dab(texture, at, (0.07, 0.09), (dark, dark, dark), both=False)
    return Face(still.person, np.uint8(np.clip(texture, 0, 255)))
