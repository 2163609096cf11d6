"""Glasses: a wire in space before the face, projected and drawn per frame."""

import cv2
import numpy as np

from dfstudy.data.synth.person import Person


class Glasses:
    """The frame of one person's glasses as curves in head coordinates."""

    def __init__(self, person: Person, half: np.ndarray):
        """`half` are the half axes of the head, (3,)."""
        gap = person.eye_gap * half[0]
        z, wide, tall = half[2] * 1.0, 0.2 * half[0] / 0.74, 0.165
        a = np.linspace(0, 2 * np.pi, 25)
        c, s = np.cos(a), np.sin(a)
        if person.glasses == "square":
            c, s = (np.sign(v) * np.abs(v) ** 0.45 for v in (c, s))
        self._rims = [
            np.stack(
                [k * gap + wide * c, 0.03 + tall * s, z - 0.2 * np.abs(c + k) / 2], -1
            )
            for k in (-1, 1)
        ]
        bridge = np.linspace(-1, 1, 5) * (gap - wide)
        self._bridge = np.stack([bridge, -0.04 + 0 * bridge, z + 0 * bridge], -1)
        self._arms = [
            np.array(
                [
                    (k * (gap + wide), -0.03, z - 0.2),
                    (k * half[0] * 1.03, -0.06, 0.35 * half[2]),
                    (k * half[0] * 1.05, -0.04, 0.0),
                ]
            )
            for k in (-1, 1)
        ]
        self._rgb = (38, 32, 32) if person.frame_dark else (148, 118, 74)

    def draw(self, frame: np.ndarray, turn: np.ndarray, place: np.ndarray) -> None:
        """Onto `frame` in place; `turn` (3, 3), `place` (2, 3) head -> pixels."""
        scale = np.hypot(place[0, 0], place[1, 0])
        width = max(1, round(0.028 * scale))
        yaw = turn[0, 2]
        lines = [*self._rims, self._bridge]
        lines += [
            arm for k, arm in zip((-1, 1), self._arms, strict=True) if k * yaw < 0.05
        ]
        for line in lines:
            flat = (line @ turn.T)[:, :2] @ place[:, :2].T + place[:, 2]
            cv2.polylines(
                frame, [np.int32(np.round(flat * 16))], False, self._rgb, width, 16, 4
            )
