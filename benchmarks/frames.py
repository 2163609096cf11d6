"""16 evenly spaced frames of a 10-s 1080p clip, against plain decoding of all of it.

    python benchmarks/frames.py

The clip is made here: a turning, noisy picture at 4 Mbit/s. Baseline: OpenCV `grab` on
every frame, which decodes and converts nothing. Both in turns, best of `RUNS`, in wall
and in processor seconds (for machines that are busy).
"""

import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np

from dfstudy.video.probe import probe
from dfstudy.video.read import read_evenly

FRAMES, HEIGHT, WIDTH, FPS, RUNS = 300, 1080, 1920, 30, 5


def make_clip(path: Path) -> None:
    rng = np.random.default_rng(0)
    blobs = rng.integers(0, 256, (160, 320, 3), dtype=np.uint8)
    picture = cv2.resize(blobs, (2400, 1400), interpolation=cv2.INTER_CUBIC)
    noise = rng.normal(0, 3, (8, HEIGHT, WIDTH, 1)).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "veryfast", "b": "4000000"}
        for i in range(FRAMES):
            turn = cv2.getRotationMatrix2D((1200, 700), i * 0.1, 1)
            frame = cv2.warpAffine(picture, turn, (WIDTH, HEIGHT)) + noise[i % 8]
            frame = np.clip(frame, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgb24")))
        container.mux(stream.encode())


def plain_decode(path: Path) -> int:
    video, count = cv2.VideoCapture(str(path)), 0
    while video.grab():
        count += 1
    return count


def seconds(function, *args) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    function(*args)
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        make_clip(path)
        info = probe(path)
        print(f"{info.n_frames} frames, {info.bit_rate / 1e6:.1f} Mbit/s")
        assert plain_decode(path) == read_evenly(path, 16)[2] == FRAMES
        times = [
            seconds(plain_decode, path) + seconds(read_evenly, path, 16)
            for _ in range(RUNS)
        ]
    plain, plain_cpu, ours, ours_cpu = np.min(times, axis=0)
    print(f"plain decode     {plain:.2f} s, {plain_cpu:.2f} processor s")
    print(f"read_evenly(16)  {ours:.2f} s, {ours_cpu:.2f} processor s")
    print(f"ratio            {ours / plain:.2f}, {ours_cpu / plain_cpu:.2f}")


if __name__ == "__main__":
    main()
