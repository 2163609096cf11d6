"""How head, eyes, mouth and camera move in one clip, and the words that say so.

Tracks are smooth curves of time, float32 (frames,): yaw, pitch, roll in degrees; mouth
and blink in 0..1; smile in -0.5..1; gaze_x, gaze_y in -1..1; head_x, head_y in head
units; camera_x, camera_y in frame heights; camera_zoom as a factor.
"""

import numpy as np

ACTIONS = ("talking", "listening")
MOODS = ("laughing", "smiling", "serious")
CAMERAS = ("still", "pan", "zoom", "handheld")

Tracks = dict[str, np.ndarray]


def wander(rng: np.random.Generator, t: np.ndarray, hz: float) -> np.ndarray:
    """A smooth curve around 0 of deviation about 1 with waves up to `hz`."""
    waves = rng.uniform(0.25, 1.0, 4) * hz
    phase = rng.uniform(0, 2 * np.pi, 4)
    size = rng.uniform(0.5, 1.0, 4)
    curve = size[:, None] * np.sin(2 * np.pi * waves[:, None] * t + phase[:, None])
    return curve.sum(0) / np.sqrt((size**2).sum() / 2)


def draw(
    rng: np.random.Generator, *, frames: int, fps: float
) -> tuple[Tracks, tuple[str, str, str]]:
    """Tracks of one clip, and its words (action, camera, mood)."""
    t = np.arange(frames) / fps
    action = str(rng.choice(ACTIONS))
    mood = str(rng.choice(MOODS))
    camera = str(rng.choice(CAMERAS))
    lively = 1.0 if action == "talking" else 0.6
    yaw = np.clip(rng.normal(0, 15), -30, 30) + lively * (
        rng.uniform(4, 9) * wander(rng, t, 0.8) + 1.2 * wander(rng, t, 2.5)
    )
    pitch = rng.normal(0, 4) + lively * (
        rng.uniform(2, 4) * wander(rng, t, 1.0) + 0.8 * wander(rng, t, 3.0)
    )
    tracks = {
        "yaw": np.clip(yaw, -50, 50),
        "pitch": np.clip(pitch, -18, 18),
        "roll": rng.normal(0, 3) + rng.uniform(1, 4) * wander(rng, t, 0.8),
        "mouth": _mouth(rng, t, action, mood),
        "blink": _blink(rng, t),
        "smile": _smile(rng, t, mood),
        "gaze_x": _gaze(rng, t) - np.clip(yaw, -50, 50) / 70,
        "gaze_y": 0.6 * _gaze(rng, t),
        "head_x": 0.05 * wander(rng, t, 0.5),
        "head_y": 0.03 * wander(rng, t, 0.8),
        **_camera(rng, t, camera),
    }
    if mood == "laughing":  # the head shakes with it
        beat = np.sin(2 * np.pi * rng.uniform(4.2, 5.2) * t)
        tracks["pitch"] = tracks["pitch"] + 4 + 1.5 * beat
        tracks["head_y"] = tracks["head_y"] + 0.015 * beat
    tracks["gaze_x"] = np.clip(tracks["gaze_x"], -1, 1)
    tracks = {name: track.astype(np.float32) for name, track in tracks.items()}
    return tracks, (action, camera, mood)


def _mouth(rng, t, action: str, mood: str) -> np.ndarray:
    if action == "talking":
        # Syllables at 3.5 to 5.5 a second, their size changing, with short pauses.
        rate = rng.uniform(3.5, 5.5) + 0.8 * wander(rng, t, 1.0)
        phase = 2 * np.pi * np.cumsum(rate) * (t[1] - t[0] if len(t) > 1 else 0)
        open_ = (0.5 - 0.5 * np.cos(phase + rng.uniform(0, 6))) ** 1.2
        loud = np.clip(0.6 + 0.3 * wander(rng, t, 1.5), 0.25, 1)
        curve = open_ * loud * rng.uniform(0.75, 1.0)
    else:
        curve = np.clip(0.02 + 0.02 * wander(rng, t, 1.0), 0, 0.06)
    if mood == "laughing":  # never closed; only talk opens it wide
        ha = 0.5 + 0.5 * np.sin(2 * np.pi * 4.6 * t + rng.uniform(0, 6))
        curve = 0.25 + 0.12 * ha + 0.63 * curve
    return np.clip(curve, 0, 1)


def _smile(rng, t, mood: str) -> np.ndarray:
    level = {"laughing": 0.9, "smiling": 0.6, "serious": -0.15}[mood]
    return np.clip(level + 0.08 * wander(rng, t, 0.8), -0.5, 1)


def _blink(rng, t) -> np.ndarray:
    """Closed for about 0.12 s, on average every 2.5 s, and heavy lids between."""
    lids = np.full_like(t, rng.uniform(0.0, 0.15))
    at = rng.exponential(1.2)
    while at < t[-1] + 0.3:
        lids = np.maximum(lids, np.exp(-(((t - at) / 0.075) ** 4)))
        at += 0.4 + rng.exponential(2.1)
    return np.clip(lids, 0, 1)


def _gaze(rng, t) -> np.ndarray:
    """Held for 0.4 to 1.5 s, then a quick jump."""
    gaze, at, level = np.zeros_like(t), 0.0, rng.normal(0, 0.3)
    while at < t[-1] + 1e-6:
        held = t >= at
        gaze[held] = level
        at, level = at + rng.uniform(0.4, 1.5), rng.normal(0, 0.35)
    return np.clip(gaze, -0.9, 0.9)


def _camera(rng, t, kind: str) -> Tracks:
    x, y, zoom = 0 * t, 0 * t, 1 + 0 * t
    along = t / max(t[-1], 1e-6) - 0.5
    if kind == "pan":
        x = rng.choice([-1, 1]) * rng.uniform(0.2, 0.4) * along
    elif kind == "zoom":
        zoom = np.exp(rng.choice([-1, 1]) * rng.uniform(0.1, 0.16) * along)
    elif kind == "handheld":
        x, y = 0.012 * wander(rng, t, 2.5), 0.012 * wander(rng, t, 2.5)
    return {"camera_x": x, "camera_y": y, "camera_zoom": zoom}
