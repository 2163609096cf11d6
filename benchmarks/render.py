"""Frames a second that one core renders and encodes, against encoding ready frames.

    python benchmarks/render.py

The baseline is `write_video` of frames that exist already: what any renderer would pay.
A set is timed whole (people painted, real and forged clips, truth, masks), as `make`
does it, on one core. Processor seconds, so that a busy machine matters less.
"""

import shutil
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from dfstudy.data import synth
from dfstudy.video.write import write_video

PAIRS, FRAMES, SIZE = 6, 48, (216, 384)


def cpu_seconds(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    cv2.setNumThreads(1)
    folder = Path(tempfile.mkdtemp())
    a_pair = 2 + len(synth.FAMILIES)
    clips = a_pair * PAIRS
    synth.make(folder / "warm", pairs=1, frames=4, size=SIZE, workers=1, progress=False)
    whole = cpu_seconds(
        lambda: synth.make(
            folder / "set",
            pairs=PAIRS,
            frames=FRAMES,
            size=SIZE,
            seed=1,
            workers=1,
            progress=False,
        )
    )
    person = synth.Person.random(np.random.default_rng(0))
    ready = synth.render_clip(person, 0, frames=FRAMES, size=SIZE, fps=24).frames
    plain = cpu_seconds(
        lambda: [
            write_video(folder / "ready.mp4", ready, fps=24, qp=22)
            for _ in range(clips)
        ]
    )
    files = list((folder / "set").rglob("*.mp4"))
    total = clips * FRAMES
    print(f"rendered and encoded  {total / whole:7.0f} frames/s a core")
    print(f"encoded only          {total / plain:7.0f} frames/s a core (baseline)")
    print(f"ratio                 {whole / plain:7.2f} x the baseline's time")
    course = 120 * a_pair
    print(
        f"{course} clips on 2 cores  {course / clips * whole / 2:7.0f} s, all the rest"
    )
    print(f"bytes a frame         {sum(f.stat().st_size for f in files) / total:7.0f}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
