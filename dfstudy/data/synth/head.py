"""The shape of a head, and where it lands in a picture.

A head is star-shaped about its middle: along the direction d (unit, x right, y down, z
to the viewer when it looks ahead) its surface lies at r(d) * d * axes. Directions are
charted by stereographic projection from the back of the head, uv = d.xy / (1 + d.z): no
angles, no seam but at the back, which no camera here sees. `relief` is r on that chart,
`normals` its normals, and `trace` finds by sphere tracing which chart point each pixel
shows.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from dfstudy.data.synth.person import Person

UV = 1.9  # half the width of the chart: directions up to 124 degrees from the front
GRID = 256  # pixels of relief and normals
AXES = np.array((0.74, 1.0, 0.86), np.float32)  # half width, height, depth
MOUTH_Y = 0.6  # direction of the closed mouth
_X, _Y = 1.4, 1.5  # half size of the traced window, in head units
_COLS, _ROWS = 72, 78


@dataclass(frozen=True)
class View:
    """One frame's geometry: what each pixel of `box` shows of the head."""

    box: tuple[slice, slice]
    u: np.ndarray  # (h, w) pixels of the GRID chart
    v: np.ndarray
    alpha: np.ndarray  # (h, w) cover of the head, 0..1
    turn: np.ndarray  # (3, 3)
    place: np.ndarray  # (2, 3) head units -> frame pixels

    def look_up(self, on_chart: np.ndarray) -> np.ndarray:
        """What the pixels of the box show of an image (n, n, ...) on the chart."""
        ratio = np.float32((len(on_chart) - 1) / (GRID - 1))
        u, v = (self.u, self.v) if ratio == 1 else (self.u * ratio, self.v * ratio)
        return cv2.remap(on_chart, u, v, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)


@lru_cache(maxsize=4)
def chart(n: int) -> dict[str, np.ndarray]:
    """Directions of the n x n chart: x, y, z and azimuth (degrees), float32 (n, n)."""
    axis = np.linspace(-UV, UV, n, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    q = u * u + v * v
    x, y, z = 2 * u / (1 + q), 2 * v / (1 + q), (1 - q) / (1 + q)
    return {"x": x, "y": y, "z": z, "azimuth": np.degrees(np.arctan2(x, z))}


def to_pixel(x: np.ndarray, y: np.ndarray, n: int) -> np.ndarray:
    """Chart pixels (.., 2) of the front directions (x, y) on an n x n chart."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    z = np.sqrt(np.maximum(1 - x * x - y * y, 0.01))
    uv = np.stack([x, y], -1) / (1 + z)[..., None]
    return (uv / UV * 0.5 + 0.5) * (n - 1)


def bump(x: np.ndarray, y: np.ndarray, at: tuple, size: tuple) -> np.ndarray:
    """Gaussian hill over directions, 1 at its top."""
    a, b = (x - at[0]) / size[0], (y - at[1]) / size[1]
    return np.exp(-0.5 * (a * a + b * b))


def ramp(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 below `low`, 1 above `high`, smooth in between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def axes(person: Person) -> np.ndarray:
    """Half width, height and depth of the head, float32 (3,)."""
    return AXES * np.array((person.width, 1, 1), np.float32)


def relief(person: Person, hair: np.ndarray) -> np.ndarray:
    """r over the chart, float32 (GRID, GRID); `hair` is its thickness there."""
    field = chart(GRID)
    x, y, z = field["x"], field["y"], field["z"]
    side = np.abs(x)
    r = np.ones_like(x)
    low = ramp(y, 0.15, 0.95)
    r -= (person.taper + 0.05 * (1 - person.jaw)) * low * side
    r += 0.05 * person.jaw * bump(side, y, (0.55, 0.72), (0.16, 0.16))
    r += (0.03 + person.chin) * bump(x, y, (0, 0.88), (0.24, 0.14)) * (z > 0)
    r -= 0.05 * bump(side, y, (person.eye_gap, 0.0), (0.15, 0.1)) * (z > 0)
    r += 0.03 * bump(side, y, (0.3, -0.22), (0.3, 0.07)) * (z > 0)
    r += person.cheek * bump(side, y, (0.55, 0.25), (0.18, 0.16)) * (z > 0)
    r += 0.045 * bump(x, y, (0, MOUTH_Y), (0.24, 0.12)) * (z > 0)
    r += _nose(person, x, y) * (z > 0)
    ear = np.abs(np.abs(field["azimuth"]) - 92)
    ear = np.exp(-((ear / 9) ** 2)) * bump(x, y, (0, 0.08), (9, 0.17))
    r += person.ears * ear * np.clip(1 - 12 * hair, 0, 1)  # hair lies over the ears
    return (r + hair).astype(np.float32)


def _nose(person: Person, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    tip = person.nose_length
    along = np.clip((y + 0.1) / (tip + 0.1), 0, 1.3)
    height = np.where(y < tip, 0.15 + 0.85 * along**1.6, 1 - ramp(y, tip, tip + 0.09))
    width = person.nose_width * (0.06 + 0.05 * along)
    ridge = height * np.exp(-((x / width) ** 2)) * (y > -0.25) * ramp(y, -0.22, 0.0)
    wings = bump(np.abs(x), y, (0.1 * person.nose_width, tip - 0.02), (0.05, 0.05))
    return person.nose_height * ridge + 0.06 * wings


def normals(person: Person, r: np.ndarray) -> np.ndarray:
    """Outward normals in head coordinates as uint8 (GRID, GRID, 3): 128 + 127 n."""
    field = chart(GRID)
    d = np.stack([field["x"], field["y"], field["z"]], -1)
    p = cv2.GaussianBlur(r, (0, 0), 0.8)[..., None] * d * axes(person)
    pu, pv = cv2.Scharr(p, cv2.CV_32F, 1, 0), cv2.Scharr(p, cv2.CV_32F, 0, 1)
    n = np.cross(pu, pv)
    n *= np.sign(np.sum(n * d, -1, keepdims=True))
    n /= np.linalg.norm(n, axis=-1, keepdims=True) + 1e-9
    return np.uint8(np.round(128 + 127 * n))


def rotation(yaw: float, pitch: float) -> np.ndarray:
    """Head to camera, float32 (3, 3); degrees, yaw > 0 to the right, pitch > 0 up."""
    a, b = np.radians(yaw), np.radians(pitch)
    turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    return (turn @ nod).astype(np.float32)


def face_points(r: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Points of the face as detectors box it, in head units, float (n, 3).

    `r` is the relief, `half` the axes.
    """
    azimuth, y = np.meshgrid(
        np.radians(np.arange(-62, 63, 15.5)), (-0.62, -0.2, 0.2, 0.6, 0.93)
    )
    flat = np.sqrt(1 - y**2)
    d = np.stack([flat * np.sin(azimuth), y, flat * np.cos(azimuth)], -1).reshape(-1, 3)
    at = to_pixel(d[:, 0], d[:, 1], GRID).astype(np.float32)
    r = cv2.remap(r, at[:, None], None, cv2.INTER_LINEAR)
    return d * np.minimum(r, 1.1) * half


@lru_cache(maxsize=1)
def _window() -> tuple[np.ndarray, np.ndarray]:
    xs = np.linspace(-_X, _X, _COLS, dtype=np.float32)
    ys = np.linspace(-_Y, _Y, _ROWS, dtype=np.float32)
    return tuple(np.meshgrid(xs, ys))


def trace(
    r: np.ndarray, half: np.ndarray, turn: np.ndarray, jaw: float, *, steps: int = 6
) -> np.ndarray:
    """What each cell of a window around the head shows, before roll and scale.

    `r` is the relief, `half` the axes, `turn` the rotation, `jaw` the opening in 0..1.
    Returns float32 (78, 72, 3): uv in GRID pixels, and the signed distance of the cell
    to the outline in head units (negative inside). `to_window` maps onto it.
    """
    x, y = _window()
    base = [x * (turn[0, k] / half[k]) + y * (turn[1, k] / half[k]) for k in range(3)]
    step = [float(turn[2, k] / half[k]) for k in range(3)]
    pull = (
        0.13 * jaw / (1 + 0.13 * jaw)
    )  # the jaw drops: y below the mouth is stretched

    def look(z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        a, b, c = (base[k] + z * step[k] for k in range(3))
        b -= pull * np.maximum(b - (MOUTH_Y - 0.1), 0)
        n = np.sqrt(a * a + b * b + c * c)
        scale = (0.5 / UV * (GRID - 1)) / np.maximum(n + c, 1e-3)
        u, v = a * scale + 0.5 * (GRID - 1), b * scale + 0.5 * (GRID - 1)
        surface = cv2.remap(r, u, v, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        return u, v, n - surface

    # Nearest point of the ray to the middle: its depth says inside or outside.
    length = sum(s * s for s in step)
    nearest = -(base[0] * step[0] + base[1] * step[1] + base[2] * step[2]) / length
    _, _, outline = look(nearest)
    # Start where the ray enters the ball that holds the whole head.
    across = sum((b + nearest * s) ** 2 for b, s in zip(base, step, strict=True))
    z = nearest + np.sqrt(np.maximum(r.max() ** 2 - across, 0) / length)
    for _ in range(steps):
        u, v, gap = look(z)
        z = np.maximum(z - 0.8 * gap, nearest)
    # What overhangs (nose, ears, hair) is hit although the nearest point is outside.
    outline = np.where(outline < 0, outline, np.minimum(outline, gap - 0.012))
    return cv2.merge([u, v, outline])


def extent(cells: np.ndarray) -> np.ndarray:
    """Corners of what `trace` found, in head units before roll, float (4, 2)."""
    inside = cells[..., 2] < 0.05
    rows, cols = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    x, y = _window()
    xs, ys = x[0, cols[[0, -1]]], y[rows[[0, -1]], 0]
    return np.array([(a, b) for a in xs for b in ys], float)


def to_window(
    centre: tuple[float, float], scale: float, roll: float
) -> tuple[np.ndarray, np.ndarray]:
    """Affine maps (2, 3) picture -> window cell, and head units -> picture.

    `centre` of the head in pixels, `scale` pixels a head unit, `roll` degrees, positive
    tips the head to the right.
    """
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    forward = np.array(
        [[c * scale, -s * scale, centre[0]], [s * scale, c * scale, centre[1]]]
    )
    kx, ky = (_COLS - 1) / (2 * _X), (_ROWS - 1) / (2 * _Y)
    cell = np.array([[kx, 0, (_COLS - 1) / 2], [0, ky, (_ROWS - 1) / 2], [0, 0, 1]])
    inverse = cv2.invertAffineTransform(forward)
    return cell[:2, :2] @ inverse + np.column_stack(
        [np.zeros((2, 2)), cell[:2, 2]]
    ), forward
