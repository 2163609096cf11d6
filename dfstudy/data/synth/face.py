"""What moves in a face: eyes, lids and mouth, drawn per frame onto a head's chart.

A `Face` holds the still texture and redraws three small windows of it, so that a frame
costs a few hundred microseconds whatever the size of the texture.
"""

import cv2
import numpy as np

from dfstudy.data.synth.head import MOUTH_Y, to_pixel
from dfstudy.data.synth.person import Person

_T = np.linspace(-1, 1, 13)


class Face:
    """The texture of one person, with eyes and mouth as the tracks want them."""

    def __init__(self, person: Person, texture: np.ndarray):
        """`texture` is the still one, uint8 (n, n, 3); it is not changed."""
        self.person = person
        self._still = texture
        self.texture = texture.copy()
        n = len(texture)
        self._unit = n / 640
        gap, mouth = person.eye_gap, (0.46, 0.3)
        self._eyes = [self._box((s * gap, 0.01), (0.27, 0.19)) for s in (-1, 1)]
        self._mouth = self._box((0, MOUTH_Y + 0.06), mouth)
        skin = person.skin_rgb
        self._fold = (skin * 0.5).tolist()
        red = np.array((176, 62, 66)) * (1 - 0.45 * person.tone)
        mix = 0.3 + 0.4 * person.lip_red
        self._lip = skin * 0.86 * (1 - mix) + red * mix
        self._lash = skin * 0.12 + np.array((10, 6, 6))
        self._drawn: tuple[float, ...] = ()

    def _box(self, at: tuple, half: tuple) -> tuple[slice, slice]:
        n = len(self._still)
        low = np.floor(to_pixel(at[0] - half[0], at[1] - half[1], n)).astype(int)
        high = np.ceil(to_pixel(at[0] + half[0], at[1] + half[1], n)).astype(int)
        return slice(low[1], high[1]), slice(low[0], high[0])

    def draw(
        self, *, mouth: float, smile: float, blink: float, gaze_x: float, gaze_y: float
    ) -> np.ndarray:
        """The texture with this expression, uint8 (n, n, 3); valid until the next call.

        `mouth` and `blink` in 0..1 (1: wide open, lids shut), `smile` in -0.5..1, gaze
        in -1..1 (right, down). Asked for the same again, it draws nothing.
        """
        asked = (mouth, smile, blink, gaze_x, gaze_y)
        if asked == self._drawn:
            return self.texture
        self._drawn = asked
        for sign, box in zip((-1, 1), self._eyes, strict=True):
            self._draw_eye(sign, box, 1 - blink, smile, gaze_x, gaze_y)
        self._draw_mouth(mouth, smile)
        return self.texture

    def _points(self, curves: list[tuple], box: tuple) -> list[np.ndarray]:
        """Curves (x, y), each (13,), as window pixels in cv2's fixed point, (13, 2)."""
        x, y = np.array(curves).transpose(1, 0, 2)
        points = to_pixel(x, y, len(self._still)) - (box[1].start, box[0].start)
        return list(np.int32(np.round(points * 16)))

    def _draw_eye(self, sign, box, open_, smile, gaze_x, gaze_y) -> None:
        p, unit = self.person, self._unit
        a, h = 0.165 * p.eye_size, 0.085 * p.eye_size
        x = sign * p.eye_gap + _T * a
        tilt = -np.tan(np.radians(p.eye_tilt)) * _T * a * sign
        arch = 1 - np.abs(_T) ** 2.2
        low = 0.01 + tilt + h * (0.62 - 0.25 * max(smile, 0)) * arch
        top = low - (1.6 - 0.2 * max(smile, 0)) * h * arch * open_ - 0.003
        crease = top - (0.028 + 0.02 * open_) * arch - 0.006
        look_x = np.full_like(x, sign * p.eye_gap + 0.06 * gaze_x)
        look_y = np.full_like(x, -0.005 + 0.035 * gaze_y)
        upper, lower, crease, centre = self._points(
            [(x, top), (x, low), (x, crease), (look_x, look_y)], box
        )
        still = self._still[box]
        white = np.full_like(still, 0)
        white[:] = np.array((226, 220, 216)) * (1 - 0.12 * p.tone)
        at = tuple(int(v) for v in centre[0])
        size = 0.07 * p.eye_size * len(still[0]) / 0.54 * 16
        for part, colour in (
            (1.0, p.iris_rgb * 0.45),
            (0.84, p.iris_rgb),
            (0.42, np.array((8, 8, 10))),
        ):
            cv2.circle(white, at, int(size * part), colour.tolist(), -1, cv2.LINE_AA, 4)
        glint = (at[0] - int(size * 0.35), at[1] - int(size * 0.35))
        cv2.circle(white, glint, int(size * 0.2), (250, 250, 250), -1, cv2.LINE_AA, 4)
        # The upper lid shades the ball.
        cv2.polylines(white, [upper], False, (70, 56, 54), int(5 * unit) or 1, 16, 4)
        white = cv2.GaussianBlur(white, (0, 0), 0.8 * unit)
        inside = np.zeros(still.shape[:2], np.uint8)
        rim = np.concatenate([upper, lower[::-1]])
        cv2.fillPoly(inside, [rim], 255, cv2.LINE_AA, 4)
        alpha = inside.astype(np.float32) * (1 / 255)
        eye = cv2.blendLinear(white, still, alpha, 1 - alpha)
        cv2.polylines(eye, [crease], False, self._fold, max(1, round(unit)), 16, 4)
        lash = self._lash.tolist()
        thick = max(1, round(3 * unit * (0.8 + 0.4 * p.eye_size)))
        cv2.polylines(eye, [upper], False, lash, thick, 16, 4)
        thin = max(1, round(unit))
        cv2.polylines(eye, [lower], False, self._fold, thin, 16, 4)
        self.texture[box] = cv2.GaussianBlur(eye, (0, 0), 0.6 * unit)

    def _draw_mouth(self, open_: float, smile: float) -> None:
        p, unit, box = self.person, self._unit, self._mouth
        w = p.lip_width * (1 + 0.22 * smile - 0.18 * open_ * (1 - max(smile, 0)))
        full = 0.048 * p.lip_size * (1 - 0.25 * max(smile, 0))
        x = w * _T
        arch = 1 - np.abs(_T) ** 1.8
        base = MOUTH_Y - 0.09 * smile * np.abs(_T) ** 2 + 0.03 * smile
        gap = 0.17 * open_ * arch**0.8
        bow = full * (1.05 * arch - 0.28 * np.exp(-((_T / 0.14) ** 2)))
        curves = {
            "top": base - bow - 0.03 * open_ * arch,
            "upper": base - 0.03 * open_ * arch,
            "lower": base + gap,
            "low": base + gap + 1.25 * full * arch,
        }
        teeth = np.minimum(curves["upper"] + 0.05 * arch, curves["lower"])
        tongue = np.maximum(curves["lower"] - 0.06 * open_, curves["upper"])
        light = curves["lower"] + 0.5 * full * arch
        rows = [(x, y) for y in curves.values()]
        rows += [(0.9 * x, teeth), (0.7 * x, tongue), (0.55 * x, light)]
        names = (*curves, "teeth", "tongue", "light")
        px = dict(zip(names, self._points(rows, box), strict=True))
        still = self._still[box]
        ink = still.copy()

        def fill(a: str, b: str, colour: tuple, on: np.ndarray = ink) -> None:
            rim = np.concatenate([px[a], px[b][::-1]])
            cv2.fillPoly(on, [rim], colour, cv2.LINE_AA, 4)

        def line(a: str, width: float, colour: tuple) -> None:
            width = max(1, round(width * unit))
            cv2.polylines(ink, [px[a]], False, colour, width, cv2.LINE_AA, 4)

        fill("top", "lower", (self._lip * 0.8).tolist())
        fill("upper", "low", self._lip.tolist())
        line("light", 3, np.minimum(self._lip * 1.22 + 8, 255).tolist())
        if open_ > 0.06:
            fill("upper", "lower", (52, 18, 20))
            fill("upper", "teeth", (222, 214, 204))
            if open_ > 0.35:
                fill("tongue", "lower", (150, 70, 72))
        line("upper", 1.5, (self._lip * 0.4).tolist())
        over = np.zeros(still.shape[:2], np.uint8)
        fill("top", "low", 255, over)
        over = cv2.GaussianBlur(over, (0, 0), 1.6 * unit)
        alpha = over.astype(np.float32) * (0.95 / 255)
        soft = cv2.GaussianBlur(ink, (0, 0), 1.0 * unit)
        self.texture[box] = cv2.blendLinear(soft, still, alpha, 1 - alpha)
