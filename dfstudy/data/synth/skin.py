"""The still surface of a head, painted once per person on its chart (see `head`).

Skin with its blotches and pores, shadow where light does not reach, brows, wrinkles,
freckles, ears, beard, hair and hat. Eyes and mouth move and are drawn per frame
(`face`).
"""

import cv2
import numpy as np

from dfstudy.data.synth import hair
from dfstudy.data.synth.head import MOUTH_Y, bump, chart, ramp, to_pixel
from dfstudy.data.synth.person import Person


def paint(person: Person, n: int) -> np.ndarray:
    """Colours of the surface under even light, uint8 RGB (n, n, 3)."""
    field = chart(n)
    skin = _skin(person, n)
    _shade(person, skin, n)
    lines = _wrinkles(person, n)
    skin *= (1 - lines)[..., None]
    brows = _brows(person, n)
    _mix(skin, person.hair_rgb * 0.62 + person.skin_rgb * 0.05, brows)
    if person.beard != "none":
        _mix(skin, person.hair_rgb * 0.8, hair.beard_cover(person, n))
    if person.cut != "bald":
        light = hair.strands(person, n)
        on = hair.cover(person, n)
        skin *= (1 - 0.35 * cv2.GaussianBlur(on, (0, 0), n / 60) * (1 - on))[..., None]
        skin += (person.hair_rgb.astype(np.float32) * light[..., None] - skin) * on[
            ..., None
        ]
    if person.hat:
        _hat(person, skin, field, n)
    return np.uint8(np.clip(skin, 0, 255))


def _mix(skin: np.ndarray, colour: np.ndarray, alpha: np.ndarray) -> None:
    skin += (colour.astype(np.float32) - skin) * alpha[..., None]


def _window(n: int, at: tuple, size: tuple) -> tuple[slice, slice]:
    """The part of the chart where a bump of this size is not nothing."""
    low = to_pixel(at[0] - 3 * size[0], at[1] - 3 * size[1], n)
    high = to_pixel(at[0] + 3 * size[0], at[1] + 3 * size[1], n)
    (x0, y0), (x1, y1) = np.floor(low).astype(int), np.ceil(high).astype(int)
    return slice(max(y0, 0), max(y1, 1)), slice(max(x0, 0), max(x1, 1))


def dab(skin: np.ndarray, at: tuple, size: tuple, gain: tuple, *, both=True) -> None:
    """Multiply by `gain` (3,) where the bump is 1; on both sides of the face."""
    n = len(skin)
    field = chart(n)
    for sign in (1, -1) if both else (1,):
        where = (sign * at[0], at[1])
        window = _window(n, where, size)
        hill = bump(field["x"][window], field["y"][window], where, size)
        hill *= field["z"][window] > 0
        skin[window] *= 1 + hill[..., None] * (np.array(gain, np.float32) - 1)


def _skin(person: Person, n: int) -> np.ndarray:
    blotch = 0.03 * hair.own_noise(person, n, n / 20, 7)
    pores = (0.01 + 0.006 * (person.age != "young")) * hair.own_noise(person, n, 1.2, 8)
    skin = person.skin_rgb.astype(np.float32) * (1 + blotch + pores)[..., None]
    red = 1 + 0.12 * person.flush * (1 - 0.6 * person.tone)
    cool = (red, 1 / red, 1 / red)
    dab(skin, (0.5, 0.33), (0.14, 0.12), cool)
    dab(skin, (0, person.nose_length), (0.1, 0.09), cool, both=False)
    if person.freckles:
        spots = ramp(hair.own_noise(person, n, n / 300, 9), 0.7, 1.6)
        field = chart(n)
        place = bump(np.abs(field["x"]), field["y"], (0.3, 0.27), (0.25, 0.12))
        skin *= 1 - 0.2 * (spots * place)[..., None] * (0.6, 1.0, 1.0)
    return skin.astype(np.float32)


def _shade(person: Person, skin: np.ndarray, n: int) -> None:
    """Shadow that no light of the room fills, and the light on the nose."""
    gap, tip = person.eye_gap, person.nose_length
    wide = person.nose_width
    dab(skin, (gap, -0.06), (0.16, 0.1), (0.78, 0.72, 0.72))  # sockets
    dab(skin, (gap - 0.17, 0.0), (0.07, 0.1), (0.8, 0.75, 0.75))  # beside the bridge
    dab(skin, (gap, 0.13), (0.13, 0.035), (0.92, 0.88, 0.9))  # under the eyes
    dab(skin, (0.135 * wide, tip - 0.08), (0.045, 0.14), (0.86, 0.82, 0.8))
    dab(skin, (0.16 * wide, tip), (0.025, 0.05), (0.75, 0.68, 0.66))  # wings
    dab(skin, (0, tip + 0.085), (0.13 * wide, 0.03), (0.72, 0.64, 0.62), both=False)
    dab(skin, (0.062 * wide, tip + 0.05), (0.03, 0.02), (0.3, 0.22, 0.2))  # nostrils
    dab(skin, (0, 0.12), (0.04, 0.22), (1.1, 1.1, 1.1), both=False)  # bridge
    dab(skin, (0, tip - 0.02), (0.05, 0.04), (1.13, 1.13, 1.13), both=False)
    dab(skin, (0, 0.5), (0.03, 0.04), (0.92, 0.9, 0.9), both=False)  # philtrum
    dab(skin, (0, MOUTH_Y + 0.13), (0.15, 0.035), (0.84, 0.8, 0.8), both=False)
    dab(skin, (0, 0.86), (0.14, 0.06), (1.05, 1.05, 1.05), both=False)  # chin
    dab(skin, (0.4, -0.45), (0.3, 0.12), (1.04, 1.04, 1.04))  # forehead
    field = chart(n)
    under = ramp(field["y"], 0.86, 1.0) * ramp(0.75 - field["z"], 0, 0.5)
    skin *= (1 - 0.4 * under)[..., None]
    # Ears: a rim and a hollow, at the sides of the head.
    side, y = np.abs(np.abs(field["azimuth"]) - 90), field["y"]
    hollow = np.exp(-((side / 6) ** 2)) * np.exp(-(((y - 0.06) / 0.1) ** 2))
    behind = np.exp(-(((side - 13) / 4) ** 2)) * np.exp(-(((y - 0.08) / 0.18) ** 2))
    skin *= (1 - 0.35 * hollow - 0.25 * behind)[..., None]


def _stroke(mask: np.ndarray, x: np.ndarray, y: np.ndarray, width: float, ink: float):
    points = to_pixel(x, y, len(mask))
    cv2.polylines(
        mask,
        [np.int32(np.round(points * 16))],
        False,
        ink,
        max(1, round(width)),
        cv2.LINE_AA,
        4,
    )


def _wrinkles(person: Person, n: int) -> np.ndarray:
    """How much the lines of age darken, 0..1, float32 (n, n)."""
    mask = np.zeros((n, n), np.uint8)
    deep = {"young": 0.25, "middle": 0.6, "old": 1.0}[person.age]
    rng = np.random.default_rng((person.grain, 10))
    unit = n / 640
    t = np.linspace(0, 1, 9)
    for sign in (-1, 1):  # from the nose to the corners of the mouth
        x = 0.19 + 0.13 * t + 0.04 * np.sin(np.pi * t)
        _stroke(
            mask, sign * x, person.nose_length - 0.02 + 0.24 * t, 2 * unit, 150 * deep
        )
        if person.age != "young":
            start = person.eye_gap + 0.19
            for k in range(3):
                rise = (k - 1) * 0.05 + rng.uniform(-0.01, 0.01)
                _stroke(
                    mask,
                    sign * (start + 0.1 * t),
                    0.02 + rise * (1 + t),
                    unit,
                    140 * deep,
                )
            bag = person.eye_gap - 0.12 + 0.24 * t
            _stroke(mask, sign * bag, 0.12 + 0.04 * np.sin(np.pi * t), unit, 130 * deep)
    if person.age != "young":
        for k in range(3):
            y = -0.4 - 0.08 * k + rng.uniform(-0.02, 0.02)
            x = np.linspace(-0.3, 0.3, 9) + rng.uniform(-0.05, 0.05)
            _stroke(mask, x, y + 0.015 * np.cos(6 * x), 1.4 * unit, 120 * deep)
    soft = cv2.GaussianBlur(mask, (0, 0), 1.6 * unit)
    return soft.astype(np.float32) * (0.55 / 255)


def _brows(person: Person, n: int) -> np.ndarray:
    """Cover of the brows, 0..1, float32 (n, n)."""
    mask = np.zeros((n, n), np.uint8)
    t = np.linspace(0, 1, 12)
    thick = 0.04 * person.brow_size * np.sin(np.pi * (0.15 + 0.8 * t)) ** 0.7
    rise = np.tan(np.radians(person.brow_tilt)) * (t - 0.5) * 0.3
    middle = -person.brow_height - 0.06 * np.sin(np.pi * t * 0.75) - rise
    x = person.eye_gap - 0.2 + 0.42 * t
    for sign in (-1, 1):
        top = to_pixel(sign * x, middle - thick, n)
        low = to_pixel(sign * x, middle + thick, n)
        shape = np.concatenate([top, low[::-1]])
        cv2.fillPoly(mask, [np.int32(np.round(shape * 16))], 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), n / 250).astype(np.float32) / 255
    rough = 0.92 + 0.12 * hair.own_noise(person, n, n / 400, 11)
    return np.clip(soft * rough, 0, 1)


def _hat(person: Person, skin: np.ndarray, field: dict, n: int) -> None:
    rng = np.random.default_rng((person.grain, 12))
    wool = rng.uniform(30, 190, 3)
    knit = 1 + 0.1 * np.sign(np.sin(field["azimuth"] * 1.2))
    knit = knit * np.where(field["y"] > -0.52, 0.85, 1.0)
    knit += 0.04 * hair.own_noise(person, n, 2, 13)
    colour = wool.astype(np.float32) * knit[..., None]
    skin += (colour - skin) * hair.hat_cover(n)[..., None]
