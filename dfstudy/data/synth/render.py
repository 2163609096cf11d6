"""One clip: a person before a scene, moved by tracks, seen through a camera.

    clip = render_clip(Person.random(rng), 7, frames=48, size=(216, 384), fps=24)
    clip.frames.shape                                   # (48, 216, 384, 3), uint8 RGB

The still appearance is painted once; a frame traces the head at low resolution
(`head`), looks its colours and normals up, lights them and lays them over body and
background.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from dfstudy.data.synth import body, hair, head, motion
from dfstudy.data.synth.face import Face
from dfstudy.data.synth.glasses import Glasses
from dfstudy.data.synth.head import View
from dfstudy.data.synth.looks import Looks, chart_size, lit_face, looks
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.scene import Scene
from dfstudy.data.synth.script import Script

# Frames uint8 (H, W, 3) in order, each with the mask of a composite (H / 2, W / 2).
Pictures = Iterator[tuple[np.ndarray, np.ndarray | None]]
_EXPRESSION = ("mouth", "smile", "blink", "gaze_x", "gaze_y")


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Frames uint8 (N, H, W, 3); tracks of (N,); face boxes xyxy (N, 4) in pixels."""

    frames: np.ndarray
    tracks: motion.Tracks
    boxes: np.ndarray
    description: str


class Shot:
    """Everything about a clip but its pixels, which `frame(i)` makes one at a time."""

    def __init__(
        self, person: Person, scene_seed: int, *, frames: int, size: tuple, fps: float
    ):
        rng = np.random.default_rng((scene_seed, 78))
        self.person, self.size, self.frames, self.fps = person, size, frames, fps
        self.script = Script.draw(scene_seed, frames=frames, fps=fps)
        self.scene, self.tracks = self.script.scene, self.script.tracks
        height, width = size
        self.scale = height * rng.uniform(0.35, 0.41)
        self.at = (
            width / 2 + height * rng.uniform(-0.2, 0.2),
            height * rng.uniform(0.5, 0.54),
        )
        self.half = head.axes(person)
        self.looks = looks(person, chart_size(height))
        self._faces: dict[Person, Face] = {}
        # The last frame: the clip and the fakes of it are written side by side.
        self._view: tuple[int, View] | None = None
        self._bare: tuple[int, np.ndarray] | None = None
        self._background = self.scene.background(size)
        self._body = body.body(person, rng, float(self.scene.light[0]), self.scale)
        self._body[..., :3] = _exposed(self._body[..., :3], self.scene)
        self._back = hair.backdrop(person, self.scale)
        if self._back is not None:
            self._back[..., :3] = _exposed(self._back[..., :3], self.scene)
        self._glasses = Glasses(person, self.half) if person.glasses != "none" else None
        self._noise_at = rng.integers(0, 64, (frames, 2))
        self._mesh = head.face_points(self.looks.relief, self.half)

    def frame(self, i: int) -> np.ndarray:
        """Frame i, uint8 (H, W, 3)."""
        return self.finish(self.bare(i), i)

    def pictures(self, order: Sequence[int] | None = None) -> Pictures:
        """The frames in an order, the natural one by default; nothing composited."""
        for i in range(self.frames) if order is None else order:
            yield self.frame(int(i)), None

    def bare(self, i: int) -> np.ndarray:
        """Frame i before glasses and noise, which lie over a composite too."""
        if self._bare is None or self._bare[0] != i:
            view = self.view(i)
            picture = self._behind(i, view)
            over = self.shade(self.looks, self.texture(self.looks, i), view)
            self.lay(picture, over, view.alpha, view)
            self._bare = i, picture
        return self._bare[1].copy()

    def finish(self, picture: np.ndarray, i: int) -> np.ndarray:
        """The same picture with glasses, if any, and the sensor's noise of frame i."""
        if self._glasses:
            view = self.view(i)
            self._glasses.draw(picture, view.turn, view.place)
        y, x = self._noise_at[i]
        up, down = _noise_bank(self.size, self.scene.noise)
        window = (slice(y, y + self.size[0]), slice(x, x + self.size[1]))
        cv2.add(picture, up[window], dst=picture)
        cv2.subtract(picture, down[window], dst=picture)
        return picture

    def texture(self, still: Looks, i: int) -> np.ndarray:
        """Anybody's face in this light, with the expression of frame i: `Face.draw`."""
        if still.person not in self._faces:
            self._faces[still.person] = lit_face(still, self.scene)
        expression = {k: float(self.tracks[k][i]) for k in _EXPRESSION}
        return self._faces[still.person].draw(**expression)

    def pose(self, i: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rotation (3, 3); picture -> cells, head units -> pixels (2, 3) each."""
        t = self.tracks
        turn = head.rotation(t["yaw"][i], t["pitch"][i])
        zoom = float(t["camera_zoom"][i])
        height, width = self.size
        middle = np.array((width, height)) / 2
        shift = np.array((t["head_x"][i], t["head_y"][i])) + np.array(
            (0.12 * turn[0, 2], 0)
        )
        camera = 0.4 * height * np.array((t["camera_x"][i], t["camera_y"][i]))
        centre = middle + zoom * (self.at + self.scale * shift - camera - middle)
        return turn, *head.to_window(centre, self.scale * zoom, float(t["roll"][i]))

    def view(self, i: int) -> View:
        """Geometry of frame i."""
        if self._view is None or self._view[0] != i:
            self._view = i, self._see(i)
        return self._view[1]

    def _see(self, i: int) -> View:
        turn, to_cell, place = self.pose(i)
        cells = head.trace(self.looks.relief, self.half, turn, self.tracks["mouth"][i])
        corners = head.extent(cells) @ place[:, :2].T + place[:, 2]
        x0, y0 = np.maximum(corners.min(0), 0).astype(int)
        x1, y1 = np.minimum(corners.max(0) + 1, self.size[::-1]).astype(int)
        to_cell[:, 2] += to_cell[:, :2] @ (x0, y0)
        seen = cv2.warpAffine(
            cells,
            to_cell,
            (int(x1 - x0), int(y1 - y0)),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        u, v, outline = cv2.split(seen)
        scale = float(np.hypot(place[0, 0], place[1, 0]))
        alpha = np.clip(0.5 - outline * (0.75 * scale), 0, 1)
        return View((slice(y0, y1), slice(x0, x1)), u, v, alpha, turn, place)

    def shade(self, still: Looks, texture: np.ndarray, view: View) -> np.ndarray:
        """Lit colours of the head in the view's box, uint8 (h, w, 3)."""
        colour = view.look_up(texture)
        normal = view.look_up(still.normals).astype(np.float32)
        light = self.scene.light
        mid = light + np.array((0, 0, 1))
        rows = np.stack([light, mid / np.linalg.norm(mid), (0, -1, 0)]) @ view.turn
        rows = np.column_stack([rows / 127, -rows.sum(1) * (128 / 127)])
        lit = cv2.transform(normal, rows)
        direct = np.maximum(lit[..., 0] + 0.2, 0) * (1 / 1.2)
        shine = np.maximum(lit[..., 1], 0)
        for _ in range(4):
            shine *= shine
        parts = cv2.merge([direct, shine, lit[..., 2]])
        lamp, room = self.scene.lamp, self.scene.room
        weights = np.column_stack([lamp, 0.16 * lamp, 0.2 * room, room])
        return cv2.multiply(colour, cv2.transform(parts, weights), dtype=cv2.CV_8U)

    def lay(
        self, picture: np.ndarray, over: np.ndarray, alpha: np.ndarray, view: View
    ) -> None:
        """Lay `over` (h, w, 3) with cover `alpha` (h, w) onto the view's box."""
        under = picture[view.box]
        picture[view.box] = cv2.blendLinear(over, under, alpha, 1 - alpha)

    def boxes(self) -> np.ndarray:
        """Boxes of the face (brow to chin, cheek to cheek), float (N, 4)."""
        boxes = []
        for i in range(self.frames):
            turn, _, place = self.pose(i)
            flat = (self._mesh @ turn.T)[:, :2] @ place[:, :2].T + place[:, 2]
            boxes.append(np.concatenate([flat.min(0), flat.max(0)]))
        return np.stack(boxes)

    def _behind(self, i: int, view: View) -> np.ndarray:
        """Background, hair behind the head, body."""
        height, width = self.size
        t = self.tracks
        zoom = 1 + 0.7 * (float(t["camera_zoom"][i]) - 1)
        canvas = np.array(self._background.shape[1::-1]) / 2
        shift = height * np.array((t["camera_x"][i], t["camera_y"][i]))
        back = np.eye(2, 3) / zoom
        back[:, 2] = canvas + shift - np.array((width, height)) / (2 * zoom)
        picture = cv2.warpAffine(
            self._background,
            back,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        if self._back is not None:
            sway = np.array(
                [[1, 0, -1.5 - 0.2 * view.turn[0, 2]], [0, 1, -1.5], [0, 0, 1]]
            )
            self._sprite(picture, self._back, view.place, sway)
        lean = 0.25 * view.place[1, 0] / view.place[0, 0]
        upright = view.place.copy()
        size = np.hypot(view.place[0, 0], view.place[1, 0])
        upright[:, :2] = size * np.eye(2)
        # The neck follows the head; the shoulders, lower down, follow half as much.
        follow = 0.5 * (view.place[0, 2] - self.at[0]) / size
        shear = -0.35 * np.clip(follow, -0.3, 0.3) - lean
        move = np.array(
            [[1, shear, -body.X - 0.6 * shear], [0, 1, body.TOP], [0, 0, 1]]
        )
        self._sprite(picture, self._body, upright, move)
        return picture

    def _sprite(self, picture, sprite, place, move) -> None:
        """Lay an RGBA sprite; `move` is sprite -> head units, `place` -> pixels."""
        unit = np.diag((1 / self.scale, 1 / self.scale, 1.0))
        whole = np.vstack([place, (0, 0, 1)]) @ move @ unit
        h, w = sprite.shape[:2]
        corners = whole[:2, :2] @ np.array([(0, w, 0, w), (0, 0, h, h)]) + whole[:2, 2:]
        low = np.maximum(np.floor(corners.min(1)), 0).astype(int)
        high = np.minimum(np.ceil(corners.max(1)), self.size[::-1]).astype(int)
        if np.any(high - low < 2):
            return
        local = whole[:2].copy()
        local[:, 2] -= low
        warped = cv2.warpAffine(sprite, local, tuple(int(v) for v in high - low))
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        alpha = cv2.extractChannel(warped, 3).astype(np.float32) * (1 / 255)
        over = cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB)
        picture[window] = cv2.blendLinear(over, picture[window], alpha, 1 - alpha)


@lru_cache(maxsize=4)
def shot_of(
    person: Person, scene_seed: int, *, frames: int, size: tuple[int, int], fps: float
) -> Shot:
    """The shot of these arguments; the last four, as a pair has, are kept."""
    return Shot(person, scene_seed, frames=frames, size=size, fps=fps)


def render_clip(
    person: Person, scene_seed: int, *, frames: int, size: tuple[int, int], fps: float
) -> Clip:
    """An authentic clip of a person; `size` is (height, width) in pixels."""
    shot = Shot(person, scene_seed, frames=frames, size=size, fps=fps)
    return Clip(
        frames=np.stack([shot.frame(i) for i in range(frames)]),
        tracks=shot.tracks,
        boxes=shot.boxes(),
        description=shot.script.description,
    )


def _exposed(rgb: np.ndarray, scene: Scene) -> np.ndarray:
    gain = 0.75 * scene.lamp + scene.room
    return np.uint8(np.clip(rgb * gain, 0, 255))


@lru_cache(maxsize=8)
def _noise_bank(size: tuple[int, int], level: int) -> tuple[np.ndarray, np.ndarray]:
    """What noise adds and takes, uint8, 64 pixels larger than the frame each way."""
    rng = np.random.default_rng((17, level))
    shape = (size[0] + 64, size[1] + 64)
    grey = rng.standard_normal((*shape, 1), np.float32)
    noise = grey + 0.4 * rng.standard_normal((*shape, 3), np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.6) * (1.2 + 0.8 * level)
    return np.uint8(np.maximum(np.round(noise), 0)), np.uint8(
        np.maximum(np.round(-noise), 0)
    )
