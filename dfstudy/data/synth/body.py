"""Neck, shoulders and clothes: one flat sprite that leans with the head.

The sprite spans x -2.6..2.6 and y 0.4..2.7 in head units around the middle of the head.
"""

import cv2
import numpy as np

from dfstudy.data.synth.hair import noise
from dfstudy.data.synth.head import ramp
from dfstudy.data.synth.person import Person

X, TOP, BOTTOM = 2.6, 0.4, 2.7
COLLARS = ("round", "vee", "shirt", "suit", "hood")


def body(
    person: Person, rng: np.random.Generator, light_x: float, scale: float
) -> np.ndarray:
    """RGBA uint8 sprite at `scale` pixels a head unit, lit from the side `light_x`."""
    w, h = round(2 * X * scale), round((BOTTOM - TOP) * scale)
    x = np.linspace(-X, X, w, dtype=np.float32)[None, :]
    y = np.linspace(TOP, BOTTOM, h, dtype=np.float32)[:, None]
    wide = 0.4 + 0.08 * person.jaw
    neck = wide * (1.0 + 0.55 * ramp(y, 0.95, 1.45))
    round_ = np.clip(x / neck, -1, 1)
    shade = 0.72 + 0.22 * np.sqrt(1 - 0.98 * round_**2) + 0.2 * light_x * round_
    shade = shade * (
        0.5 + 0.5 * ramp(y + 0.22 * np.abs(x), 0.75, 1.35)
    )  # under the chin
    skin = person.skin_rgb * shade[..., None]
    half = 0.55 + 1.15 * np.sqrt(np.clip((y - 1.12) / 0.75, 0, 1)) + 0.1 * (y - 1.12)
    half = half * (0.9 + 0.2 * person.jaw)
    cloth, on = _clothes(rng, x, y, wide, light_x)
    edge = scale * 0.8
    torso = np.clip(0.5 + (half - np.abs(x)) * edge, 0, 1) * (y > 1.12)
    on = on * torso
    alpha = np.maximum(
        np.clip(0.5 + (neck - np.abs(x)) * edge, 0, 1) * (y < 1.8), torso
    )
    rgb = skin * (1 - on[..., None]) + cloth * on[..., None]
    return np.uint8(np.clip(np.dstack([rgb, 255 * alpha]), 0, 255))


def _clothes(rng, x, y, wide: float, light_x: float) -> tuple[np.ndarray, np.ndarray]:
    """Colours (h, w, 3) of the clothes and where they cover the skin, 0..1."""
    collar = str(rng.choice(COLLARS))
    base = rng.uniform(25, 215) * 0.6 + 0.4 * rng.uniform(20, 215, 3)
    fold = cv2.resize(noise(128, 9.0, 30), (x.shape[1], y.shape[0]))
    light = 0.8 + 0.12 * fold + 0.22 * light_x * x / 2 - 0.1 * ramp(np.abs(x), 0.9, 2.0)
    light = light - 0.3 * np.exp(-((np.hypot(x, (y - 1.15) * 1.3) / 0.5) ** 2))
    depth = {"round": 0.28, "vee": 0.75, "shirt": 0.45, "suit": 0.4, "hood": 0.22}[
        collar
    ]
    neckline = 1.2 + depth * (1 - np.abs(x) / (wide * 1.45))
    if collar in ("round", "hood"):
        neckline = 1.22 + depth * np.sqrt(np.clip(1 - (x / (wide * 1.5)) ** 2, 0, 1))
    on = ramp(y - neckline, -0.02, 0.02)
    cloth = base * light[..., None]
    if collar in ("shirt", "suit"):
        flap = np.exp(-(((y - neckline - 0.06) / 0.07) ** 2)) * (np.abs(x) < wide * 1.5)
        cloth = cloth * (1 + 0.25 * flap - 0.5 * flap * (y > neckline + 0.1))[..., None]
        cloth = cloth * (1 - 0.4 * np.exp(-((x / 0.02) ** 2)))[..., None]
    if collar == "suit":
        shirt = ramp(0.42 - np.abs(x) - 0.35 * (y - 1.6), -0.02, 0.02)[..., None]
        tie = ramp(0.1 + 0.04 * (y - 1.6) - np.abs(x), -0.01, 0.01)[..., None]
        white = 220 * light[..., None] * np.ones(3)
        ribbon = rng.uniform(20, 170, 3) * light[..., None]
        cloth = cloth * (1 - shirt) + shirt * (white * (1 - tie) + ribbon * tie)
    if collar == "hood":
        rim = np.exp(-(((y - neckline - 0.1) / 0.09) ** 2))
        cloth = cloth * (1 + 0.22 * rim)[..., None]
    if rng.random() < 0.25:
        stripe = 1 - 0.25 * (np.sin(y * rng.uniform(15, 40)) > 0)
        cloth = cloth * (stripe + 0 * x)[..., None]
    return cloth, on
