"""A region of another face laid over a clip: what the spatial forgeries share.

    composite = Composite(shot, donor, rng, spread=1.8)
    picture, mask = composite.frame(3, tint=(-0.2, 0.0, 0.1))

The donor's features follow the target's pose, expression and light. What gives them
away is what a face swap gets wrong: a colour, a sharpness and an edge that do not quite
fit.
"""

from dataclasses import replace

import cv2
import numpy as np

from dfstudy.data.synth import head
from dfstudy.data.synth.head import View
from dfstudy.data.synth.looks import chart_size, looks
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Shot

REGIONS = ("mouth", "eyes", "half", "inner")


class Composite:
    """A region of the donor's face, drawn with its soft edge, over the target's clip.

    Its resolution is not the clip's: softer or sharper, equally often, so that bits
    stay level. `spread` is by how much, in pixels at height 216.
    """

    def __init__(
        self, shot: Shot, donor: Person, rng: np.random.Generator, *, spread: float
    ):
        self.region = str(rng.choice(REGIONS))
        self._mask = region_mask(self.region, soft=rng.uniform(0.03, 0.1), rng=rng)
        self._softer = bool(rng.random() < 0.5)
        self._spread = spread * shot.size[0] / 216
        self._shot = shot
        self._still = looks(donor, chart_size(shot.size[0]))
        # A swap is matched to the target's skin.
        self._match = np.clip(shot.person.skin_rgb / donor.skin_rgb, 0.5, 2.0)

    def frame(
        self, i: int, *, tint: np.ndarray, shift: np.ndarray = (0, 0)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Frame i, uint8 (H, W, 3), and where it is composited, bool (H / 2, W / 2).

        `tint` (3,) is how much too bright red, green and blue come out, 0.1 for 10 %;
        `shift` (2,) how far the region lies to the right and below, in GRID pixels
        (about 0.03 head units).
        """
        shot, view = self._shot, self._shot.view(i)
        picture = shot.bare(i)
        right, down = np.float32(shift)
        moved = replace(view, u=view.u - right, v=view.v - down)
        over = shot.shade(self._still, shot.texture(self._still, i), moved)
        over = cv2.transform(over, np.diag(self._match * (1 + tint)))
        soft = cv2.GaussianBlur(over, (0, 0), self._spread)
        over = soft if self._softer else cv2.addWeighted(over, 1.9, soft, -0.9, 0)
        cover = moved.look_up(self._mask) * view.alpha
        shot.lay(picture, over, cover, view)
        return shot.finish(picture, i), _half(cover, view, shot.size)


def region_mask(region: str, *, soft: float, rng: np.random.Generator) -> np.ndarray:
    """Cover of a region of the face on the chart, 0..1, float32 (GRID, GRID)."""
    field = head.chart(head.GRID)
    x, y = field["x"], field["y"]

    def oval(at: float, wide: float, tall: float) -> np.ndarray:
        return 1 - np.hypot(x / wide, (y - at) / tall)

    face = 0.6 * oval(0.25, 0.72, 0.66)
    inside = {
        "mouth": 0.35 * oval(0.62, 0.5, 0.34),
        "eyes": np.minimum(0.66 - np.abs(x), 0.24 - np.abs(y + 0.09)),
        "half": np.minimum(face, x * rng.choice([-1, 1]) + rng.uniform(-0.05, 0.05)),
        "inner": 0.55 * oval(0.22, 0.66, 0.6),
    }[region]
    cover = head.ramp(inside, -soft / 2, soft / 2) * (field["z"] > 0)
    return cover.astype(np.float32)


def _half(cover: np.ndarray, view: View, size: tuple[int, int]) -> np.ndarray:
    """Where the composite covers more than half, bool (h / 2, w / 2) of the frame."""
    whole = np.zeros(size, np.float32)
    whole[view.box] = cover
    small = cv2.resize(
        whole, (size[1] // 2, size[0] // 2), interpolation=cv2.INTER_AREA
    )
    return small > 0.5
