"""Hair, beards and hats on the chart of a head: where they grow, how thick.

A cut is a hairline (the height at which hair starts, by azimuth), a thickness and the
way its strands run. What hangs behind the head is a flat sprite (`backdrop`).
"""

from functools import lru_cache

import cv2
import numpy as np

from dfstudy.data.synth.head import bump, chart, ramp
from dfstudy.data.synth.person import Person

# Azimuths, and for each cut the direction y below which (above which, y points down)
# there is skin; thickness in head units; softness of the hairline; how curly, 0..1.
_AT = (0, 25, 42, 56, 68, 80, 92, 105, 125, 180)
_LINES = {
    "buzz": (-0.66, -0.66, -0.63, -0.45, -0.12, 0.02, -0.1, 0.1, 0.4, 0.5),
    "short": (-0.65, -0.65, -0.62, -0.44, -0.08, 0.1, -0.06, 0.1, 0.45, 0.5),
    "side": (-0.62, -0.6, -0.6, -0.42, -0.08, 0.12, -0.04, 0.1, 0.45, 0.5),
    "fringe": (-0.4, -0.4, -0.42, -0.36, 0.0, 0.2, 0.1, 0.2, 0.5, 0.6),
    "curly": (-0.56, -0.56, -0.55, -0.4, -0.05, 0.2, 0.15, 0.3, 0.5, 0.6),
    "afro": (-0.6, -0.6, -0.57, -0.4, -0.05, 0.15, 0.1, 0.3, 0.5, 0.6),
    "bob": (-0.63, -0.58, -0.5, -0.2, 0.55, 0.85, 0.9, 0.95, 1.0, 1.0),
    "long": (-0.65, -0.6, -0.52, -0.22, 0.5, 0.9, 1.1, 1.2, 1.2, 1.2),
    "tied": (-0.64, -0.64, -0.6, -0.44, -0.2, 0.04, -0.1, 0.05, 0.4, 0.5),
}
_THICK = {
    "buzz": 0.02,
    "short": 0.08,
    "side": 0.11,
    "fringe": 0.11,
    "curly": 0.17,
    "afro": 0.3,
    "bob": 0.12,
    "long": 0.1,
    "tied": 0.05,
}


@lru_cache(maxsize=16)
def noise(n: int, sigma: float, seed: int = 0) -> np.ndarray:
    """Smooth noise of unit deviation that wraps around, float32 (n, n)."""
    rng = np.random.default_rng((91, seed))
    m = max(16, round(n / max(1.0, sigma / 2)))  # blur small, then enlarge
    field = rng.standard_normal((m, m), np.float32)
    field = cv2.GaussianBlur(np.tile(field, (3, 3)), (0, 0), max(0.3, sigma * m / n))[
        m - 2 : 2 * m + 2, m - 2 : 2 * m + 2
    ]
    field = cv2.resize(field, (n, n), interpolation=cv2.INTER_LINEAR)
    return (field - field.mean()) / field.std()


def own_noise(person: Person, n: int, sigma: float, salt: int) -> np.ndarray:
    """A person's own cut of shared noise, float32 (n, n)."""
    shift = np.random.default_rng((person.grain, salt)).integers(n, size=2)
    return np.roll(noise(n, sigma, salt), shift, (0, 1))


def cover(person: Person, n: int) -> np.ndarray:
    """How much hair covers the skin, 0..1, float32 (n, n)."""
    field = chart(n)
    if person.cut == "bald":
        return np.zeros((n, n), np.float32)
    line = np.array(_LINES[person.cut], float)
    line[:4] += person.hair_shift
    azimuth = field["azimuth"]
    steps = np.arange(-180, 181, dtype=np.float32)
    table = np.interp(np.abs(steps), _AT, line).astype(np.float32)
    if person.cut in ("side", "fringe", "bob", "long"):  # a parting lifts one side
        table -= 0.12 * np.exp(-(((steps - 35 * person.part) / 22) ** 2))
    low = np.interp(azimuth, steps, table).astype(np.float32)
    wild = 0.05 if person.cut in ("curly", "afro") else 0.025
    low += wild * own_noise(person, n, n / 60, 1)
    soft = 0.1 if person.cut == "buzz" else 0.045
    full = 0.78 if person.cut == "buzz" else 1.0
    if person.age == "old" and person.cut in ("short", "buzz", "side"):
        full -= 0.1
    chin = ramp(field["y"], 0.62, 0.8) * ramp(field["z"], -0.5, -0.3)
    return full * ramp(low - field["y"], -soft, soft) * (1 - chin)


def thickness(person: Person, n: int) -> np.ndarray:
    """Hair and hat above the skull in head units, float32 (n, n)."""
    deep = np.zeros((n, n), np.float32)
    field = chart(n)
    if person.cut != "bald":
        curl = 0.2 if person.cut in ("curly", "afro") else 0.12
        wave = 1 + curl * own_noise(person, n, n / 22, 2)
        base = _THICK[person.cut] * person.volume
        top = 0.75 + 0.45 * ramp(-field["y"], 0.2, 0.9)
        deep = cv2.GaussianBlur(cover(person, n) * base * wave * top, (0, 0), n / 110)
        if person.cut == "side":
            deep += 0.06 * bump(
                field["x"], field["y"], (-person.part, -0.85), (0.5, 0.3)
            )
    if person.hat:
        worn = hat_cover(n)
        deep = deep * (1 - worn) + worn * (
            0.13 + 0.03 * bump(0, field["y"], (0, -0.42), (1, 0.1))
        )
    return np.minimum(deep, 0.42).astype(np.float32)


def hat_cover(n: int) -> np.ndarray:
    """Where a woollen hat sits, 0..1, float32 (n, n)."""
    field = chart(n)
    line = -0.42 + 0.12 * (1 - field["z"])  # lower at the back
    return ramp(line - field["y"], -0.02, 0.02)


def strands(person: Person, n: int) -> np.ndarray:
    """Brightness of the hair around 1, float32 (n, n)."""
    if person.cut in ("curly", "afro"):
        # Locks: bright where they bulge, dark between them.
        locks = np.cos(3.2 * own_noise(person, n, n / 70, 4))
        return 0.95 + 0.2 * locks + 0.1 * own_noise(person, n, n / 260, 3)
    field = chart(n)
    away = field["azimuth"] - 35 * person.part
    lift = np.arccos(np.clip(-field["y"], -1, 1)) * (180 / np.pi)  # from the crown
    bank = noise(256, 1.0, 5)
    at = cv2.merge([(away * 1.4 + 20 * np.sin(lift / 40)) % 255, lift * 0.06])
    fine = cv2.remap(bank, at.astype(np.float32), None, cv2.INTER_LINEAR)
    shine = np.exp(-(((lift - 42 - 3 * fine) / 11) ** 2))
    pale = person.hair in ("white", "grey", "blond")
    parting = np.exp(-((away / 3) ** 2))
    fine, shine = (0.08 * fine, 0.12 * shine) if pale else (0.13 * fine, 0.35 * shine)
    return 1 + fine + shine - 0.12 * parting


def beard_cover(person: Person, n: int) -> np.ndarray:
    """How much a beard covers the skin, 0..1, float32 (n, n)."""
    field = chart(n)
    x, y = np.abs(field["x"]), field["y"]
    front = field["azimuth"]
    lip = bump(x, y, (0, 0.485), (0.2, 0.05)) * 1.3
    chin = bump(x, y, (0, 0.87), (0.24, 0.13)) * 1.3
    cheek = ramp(y - (0.3 + 0.35 * ramp(0.85 - x, 0.0, 0.5)), -0.05, 0.12)
    cheek *= ramp(86 - np.abs(front), 0, 10)
    cheek *= 1 - 0.9 * bump(x, y, (0, 0.6), (0.22, 0.07))  # not on the lips
    shape = {
        "moustache": lip,
        "goatee": np.maximum(lip, chin),
        "full": np.maximum(lip, cheek),
        "stubble": 0.4 * np.maximum(lip, cheek),
    }[person.beard]
    rough = 1 + 0.12 * own_noise(person, n, n / 250, 6)
    return np.clip(shape * rough, 0, 0.93).astype(np.float32)


def backdrop(person: Person, scale: float) -> np.ndarray | None:
    """Hair that hangs behind the head, or a bun: RGBA uint8 sprite, or None.

    The sprite spans x -1.5..1.5 and y -1.5..1.9 head units at `scale` pixels a unit.
    """
    if person.cut not in ("long", "bob", "tied") or (
        person.cut == "tied" and person.hat
    ):
        return None
    h, w = round(3.4 * scale), round(3.0 * scale)
    x = np.linspace(-1.5, 1.5, w, dtype=np.float32)[None, :]
    y = np.linspace(-1.5, 1.9, h, dtype=np.float32)[:, None]
    if person.cut == "tied":
        inside = 1 - ((x / 0.42) ** 2 + ((y + 1.02) / 0.32) ** 2)
        light = 1.0 + 0.25 * np.exp(-(((y + 1.1 - 0.2 * x * x) / 0.12) ** 2)) + 0 * x
    else:
        end = 1.7 if person.cut == "long" else 0.95
        crown = np.sqrt(np.clip(1 - (np.minimum(y - 0.25, 0) / 1.3) ** 2, 0.01, 1))
        wide = 0.72 + 0.13 * person.volume + 0.05 * np.sin(3 * y)
        wide = person.width * wide * crown
        inside = np.minimum(1 - np.abs(x) / wide, (end - y) * 2.5 - 0.5 * np.abs(x))
        inside = np.minimum(inside, (y + 0.9) * 2)
        light = 0.95 - 0.3 * (np.abs(x) / wide) ** 4
        light = light - 0.4 * np.exp(-((x / 0.6) ** 4)) * ramp(y, 0.5, 1.0)
    rows = np.linspace(0, 8, h, dtype=np.float32)[:, None] + 0 * x
    cols = ((x + 1.5) * 70 + 6 * np.sin(2 * y)) % 255
    fine = cv2.remap(
        noise(256, 1.0, 5), cols.astype(np.float32), rows, cv2.INTER_LINEAR
    )
    inside = inside + 0.03 * fine
    alpha = np.clip(0.5 + inside * scale * 0.5, 0, 1)
    rgb = person.hair_rgb * (light * (1 + 0.14 * fine))[..., None]
    return np.uint8(np.clip(np.dstack([rgb, 255 * alpha]), 0, 255))
