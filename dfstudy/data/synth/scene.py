"""Where a clip is shot: a place with its background and its light.

    scene = Scene.random(rng); picture = scene.background((216, 384))

Backgrounds are painted at one small size, out of focus, and enlarged: only the person
is sharp, as with a portrait lens.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from dfstudy.data.synth.hair import noise

PLACES = ("outside", "kitchen", "library", "wall", "window")
_H = 216  # height that backgrounds are painted for
MARGIN = (1.4, 0.75)  # canvas height in frame heights; width added, in frame heights


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Place and light; directions are those of the camera (x right, y down, z near)."""

    place: str  # the first word of the description
    light: np.ndarray  # unit (3,), towards the lamp or sun
    lamp: np.ndarray  # its RGB strength, about 0.8
    room: np.ndarray  # RGB strength of the light from everywhere, about 0.5
    noise: int  # level of the sensor noise, 0..3
    blur: float  # of the background, pixels at height 216
    seed: int

    @classmethod
    def random(cls, rng: np.random.Generator) -> Self:
        """Draw a place and its light."""
        u = rng.uniform
        place = str(rng.choice(PLACES))
        side = rng.choice([-1, 1]) * u(15, 60)
        high = u(15, 50)
        a, e = np.radians(side), np.radians(high)
        light = np.array([np.sin(a) * np.cos(e), -np.sin(e), np.cos(a) * np.cos(e)])
        warm = u(-1, 1) if place == "outside" else u(-0.3, 1.6)
        tint = np.array([1 + 0.06 * warm, 1.0, 1 - 0.09 * warm])
        lamp = u(0.5, 0.75)
        return cls(
            place=place,
            light=light,
            lamp=lamp * tint,
            room=(0.98 - 0.75 * lamp) * np.array([1, 1, 1.02]),
            noise=int(rng.integers(4)),
            blur=u(1.0, 2.6),
            seed=int(rng.integers(2**31)),
        )

    def background(self, size: tuple[int, int]) -> np.ndarray:
        """A canvas larger than the frame `size` (h, w), uint8 RGB; see MARGIN."""
        rng = np.random.default_rng(self.seed)
        height, width = size
        h = round(MARGIN[0] * _H)
        w = round(_H * (width / height * 1.15 + MARGIN[1]))
        picture = _PAINTERS[self.place](rng, h, w)
        picture = cv2.GaussianBlur(picture, (0, 0), self.blur)
        glow = 0.06 * cv2.resize(noise(128, 40.0, 20), (w, h))
        slope = np.linspace(-1, 1, w, dtype=np.float32) * (0.1 * self.light[0])
        light = (0.8 * self.lamp + 0.55 * self.room)[:, None]
        gain = cv2.transform((1 + glow + slope)[..., None], light)
        picture = cv2.multiply(picture.astype(np.float32), gain, dtype=cv2.CV_8U)
        big = (round(w * height / _H), round(h * height / _H))
        return cv2.resize(picture, big, interpolation=cv2.INTER_CUBIC)


def _plain(h: int, w: int, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    t = np.linspace(0, 1, h, dtype=np.float32)[:, None, None]
    return np.ascontiguousarray(
        np.broadcast_to(top * (1 - t) + bottom * t, (h, w, 3)).astype(np.float32)
    )


def _colour(rng, low: float, high: float, grey: float = 0.5) -> np.ndarray:
    value = rng.uniform(low, high)
    return (value * grey + (1 - grey) * rng.uniform(low, high, 3)).astype(np.float32)


def _box(picture, x0, y0, x1, y1, colour) -> None:
    picture[max(int(y0), 0) : max(int(y1), 0), max(int(x0), 0) : max(int(x1), 0)] = (
        colour
    )


def _wall(rng, h: int, w: int) -> np.ndarray:
    tone = _colour(rng, 110, 215, 0.75)
    picture = _plain(h, w, tone, tone * 0.85)
    if rng.random() < 0.3:
        stripe = (np.sin(np.arange(w) * rng.uniform(0.15, 0.5)) > 0)[None, :, None]
        picture = picture * np.where(stripe, 1.0, 0.94).astype(np.float32)
    x = rng.uniform(0, 60)
    while x < w:
        wide, tall = rng.uniform(40, 95), rng.uniform(45, 100)
        y = rng.uniform(10, h * 0.45)
        if rng.random() < 0.75:
            _box(picture, x + 4, y + 5, x + wide + 4, y + tall + 5, tone * 0.62)
            _box(picture, x, y, x + wide, y + tall, _colour(rng, 20, 120))
            low, high = _colour(rng, 60, 230, 0.2), _colour(rng, 40, 200, 0.2)
            _box(picture, x + 5, y + 5, x + wide - 5, y + tall - 5, low)
            _box(
                picture,
                x + 5,
                y + tall * rng.uniform(0.4, 0.7),
                x + wide - 5,
                y + tall - 5,
                high,
            )
        x += wide + rng.uniform(20, 120)
    return picture


def _library(rng, h: int, w: int) -> np.ndarray:
    wood = _colour(rng, 50, 120, 0.6) * np.array([1.15, 0.95, 0.75], np.float32)
    picture = _plain(h, w, wood * 0.45, wood * 0.4)
    shelf = rng.uniform(52, 70)
    palette = [_colour(rng, 40, 210, 0.3) for _ in range(9)]
    for row in range(int(h / shelf) + 1):
        y, x = row * shelf, 0.0
        while x < w:
            wide = rng.uniform(6, 16)
            tall = shelf * rng.uniform(0.55, 0.85)
            if rng.random() < 0.92:
                book = palette[rng.integers(9)] * rng.uniform(0.7, 1.1)
                _box(
                    picture, x, y + shelf - tall - 6, x + wide - 1, y + shelf - 6, book
                )
            x += wide
        _box(picture, 0, y + shelf - 6, w, y + shelf, wood)
    return picture


def _kitchen(rng, h: int, w: int) -> np.ndarray:
    tile, cupboard = _colour(rng, 150, 225, 0.8), _colour(rng, 70, 210, 0.5)
    picture = _plain(h, w, tile, tile * 0.9)
    step = rng.uniform(18, 30)
    for x in np.arange(0, w, step):
        _box(picture, x, 0, x + 2, h, tile * 0.8)
    for y in np.arange(0, h, step):
        _box(picture, 0, y, w, y + 2, tile * 0.8)
    wide, low = rng.uniform(70, 120), rng.uniform(0.28, 0.4) * h
    for k, x in enumerate(np.arange(-rng.uniform(0, 80), w, wide)):
        _box(picture, x, 0, x + wide - 4, low, cupboard * (1.0 if k % 2 else 0.94))
        _box(picture, x + wide - 18, low - 34, x + wide - 14, low - 12, cupboard * 0.4)
    _box(picture, 0, h * 0.72, w, h * 0.76, _colour(rng, 60, 140))
    _box(picture, 0, h * 0.76, w, h, cupboard * 0.9)
    for x in rng.uniform(0, w, 3):
        _box(
            picture,
            x,
            h * 0.6,
            x + rng.uniform(14, 30),
            h * 0.72,
            _colour(rng, 40, 230, 0.2),
        )
    return picture


def _window(rng, h: int, w: int) -> np.ndarray:
    tone = _colour(rng, 100, 190, 0.75)
    picture = _plain(h, w, tone, tone * 0.85)
    view = _outside(rng, h, w)
    x0, wide = rng.uniform(0.0, 0.5) * w, rng.uniform(0.3, 0.45) * w
    y1 = rng.uniform(0.6, 0.75) * h
    _box(picture, x0 - 8, 0, x0 + wide + 8, y1 + 8, tone * 1.12)
    inside = (slice(0, int(y1)), slice(int(x0), int(x0 + wide)))
    picture[inside] = np.minimum(view[inside] * 1.15, 255)
    for x in np.linspace(x0, x0 + wide, 4)[1:-1]:
        _box(picture, x - 3, 0, x + 3, y1, tone * 1.1)
    _box(picture, x0, y1 * 0.45, x0 + wide, y1 * 0.45 + 5, tone * 1.1)
    curtain = _colour(rng, 80, 200, 0.4)
    for side in (x0 - 34, x0 + wide - 6):
        folds = 0.85 + 0.15 * np.sin(np.arange(40) * 0.7)
        for k in range(40):
            _box(picture, side + k, 0, side + k + 1, y1 + 40, curtain * folds[k])
    return picture


def _outside(rng, h: int, w: int) -> np.ndarray:
    sky = np.array([(150, 190, 230), (190, 205, 220), (225, 200, 180)])[rng.integers(3)]
    picture = _plain(h, w, sky.astype(np.float32), np.minimum(sky * 1.15, 250))
    cloud = cv2.resize(noise(128, 12.0, 21), (w, h))
    cloud = np.roll(cloud, int(rng.integers(w)), 1)
    picture += np.clip(cloud, 0, 1.5)[..., None] * 18
    ground = int(rng.uniform(0.6, 0.75) * h)
    if rng.random() < 0.5:
        _trees(rng, picture, ground)
    else:
        _street(rng, picture, ground)
    return np.clip(picture, 0, 250)


def _trees(rng, picture: np.ndarray, ground: int) -> None:
    h, w = picture.shape[:2]
    green = np.array((70, 105, 50)) * rng.uniform(0.7, 1.2) + (rng.uniform(0, 70), 0, 0)
    for distance in (0.55, 0.75, 1.0):
        for x in rng.uniform(0, w, 7):
            size = rng.uniform(22, 50) * (0.7 + 0.5 * distance)
            y = ground - size * rng.uniform(0.6, 1.5)
            _box(picture, x - 4, y, x + 4, ground + 4, (60, 45, 35))
            for _ in range(9):
                dx, dy = rng.normal(0, size * 0.4, 2)
                leaf = green * rng.uniform(0.6, 1.25) * (1.25 - 0.35 * distance)
                cv2.circle(
                    picture,
                    (int(x + dx), int(y + dy)),
                    int(size * 0.42),
                    leaf.tolist(),
                    -1,
                )
    grass = np.array((96, 125, 62)) * rng.uniform(0.7, 1.1)
    _box(picture, 0, ground, w, h, grass)


def _street(rng, picture: np.ndarray, ground: int) -> None:
    h, w = picture.shape[:2]
    x = -rng.uniform(0, 60)
    while x < w:
        wide, top = rng.uniform(60, 140), rng.uniform(-40, ground * 0.5)
        front = _colour(rng, 80, 190, 0.6)
        _box(picture, x, top, x + wide, ground, front)
        pane, step = _colour(rng, 40, 110, 0.7), rng.uniform(20, 30)
        for row in np.arange(max(top, 0) + 10, ground - 16, step):
            for col in np.arange(x + 8, x + wide - 14, step * 0.9):
                _box(picture, col, row, col + step * 0.42, row + step * 0.6, pane)
        x += wide
    _box(picture, 0, ground, w, ground + 12, (150, 148, 145))
    _box(picture, 0, ground + 12, w, h, (92, 92, 96))
    for x in rng.uniform(0, w, 2):
        body = _colour(rng, 40, 210, 0.2)
        _box(picture, x, ground - 8, x + 90, ground + 16, body)
        _box(picture, x + 16, ground - 24, x + 70, ground - 8, body * 0.5)


_PAINTERS: dict[str, Callable[..., np.ndarray]] = {
    "outside": _outside,
    "kitchen": _kitchen,
    "library": _library,
    "wall": _wall,
    "window": _window,
}
