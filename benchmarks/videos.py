"""The videos that benchmarks look at, all made here."""

from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd

from benchmarks.measure import Scale
from dfstudy.data import index, synth

LONG_S, FPS = 10, 30


def full_hd(scale: Scale) -> tuple[int, int]:
    """Height and width of a large video: 1080p."""
    return scale.of((1080, 1920), (360, 640))


def filmed(scale: Scale) -> Path:
    """A turning, noisy picture, 10 s of 1080p at 4 Mbit/s."""
    (height, width), rng = full_hd(scale), np.random.default_rng(0)
    blobs = rng.integers(0, 256, (160, 320, 3), dtype=np.uint8)
    size = (width * 5 // 4, height * 5 // 4)
    picture = cv2.resize(blobs, size, interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 3, (8, height, width, 1)).astype(np.float32)

    def frame(i: int) -> np.ndarray:
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), i * 0.1, 1)
        moved = cv2.warpAffine(picture, turn, (width, height))
        return np.uint8(np.clip(moved + noise[i % 8], 0, 255))

    frames = (frame(i) for i in range(scale.of(LONG_S * FPS, 40)))
    return encode(scale.folder / "filmed.mp4", frames, FPS, bits="4000000")


def talking(scale: Scale, *, fps: int = 25) -> Path:
    """A talking head of 10 s, drawn twice a second, under a camera that always pans."""
    seconds = scale.of(LONG_S, 2)
    person = synth.Person.random(np.random.default_rng(0))
    drawn = synth.render_clip(
        person, 0, frames=2 * seconds, size=full_hd(scale), fps=2
    ).frames
    count = seconds * fps
    frames = (np.roll(drawn[i * len(drawn) // count], i, axis=1) for i in range(count))
    return encode(scale.folder / "talking.mp4", frames, fps)


def encode(path: Path, frames, fps: int, *, bits: str | None = None) -> Path:
    """H.264 with predicted frames, as cameras and web sites write it."""
    options = {"preset": "veryfast"} | ({"b": bits} if bits else {})
    with av.open(str(path), "w") as out:
        stream = None
        for frame in frames:
            if stream is None:
                stream = out.add_stream("libx264", rate=fps, options=options)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def rendered(scale: Scale, *, videos: int) -> pd.DataFrame:
    """A manifest of so many videos of the laptop's size; a few clips, again and again.

    So few and many videos hold the same, whatever is measured over them.
    """
    root = scale.folder / "set"
    synth.make(
        root,
        pairs=scale.of(3, 1),
        frames=scale.of(48, 8),
        size=(216, 384),
        workers=1,
        progress=False,
    )
    table = index.index(root, progress=False).drop(columns=["group", "split"])
    table = table.reindex(columns=[*table, "group", "split"])
    rounds = -(-videos // len(table))
    parts = [table.assign(video_id=table["video_id"] + f"-{k}") for k in range(rounds)]
    return pd.concat(parts, ignore_index=True).iloc[:videos]
