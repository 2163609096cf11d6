"""A verdict on 10 s of 1080p: how long, how much memory, and how much for 10 minutes.

    python benchmarks/predict.py [--threads 2]

The clip is rendered here. The detector is ReLSTM at its full size with 16 frames (S4's
view; random weights, which cost what trained ones do), saved as a detector folder. Time
is the median of five verdicts in one process that has given one before; processor
seconds stand beside it for machines that are busy. Memory is the peak of a fresh
process, of the same frames shown for 10 s and, repeated, for 10 min. The second view is
of frames spread over the whole video, which has to be decoded to its end. Exit code 1
where a limit is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import av
import numpy as np
import psutil

SECONDS, LONG, FPS, SIZE, FRAMES = 10, 600, 25, (1080, 1920), 16
MOST_S, MOST_MB, MOST_RATIO = 3.0, 2000, 1.2


def render(path: Path) -> Path:
    """A talking head of 10 s: drawn twice a second, under a camera that always pans."""
    from dfstudy.data import synth

    person = synth.Person.random(np.random.default_rng(0))
    clip = synth.render_clip(person, 0, frames=2 * SECONDS, size=SIZE, fps=2)
    return _write(path, clip.frames)


def _write(path: Path, frames: np.ndarray) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv420p"
        for i in range(SECONDS * FPS):
            frame = np.roll(frames[i * len(frames) // (SECONDS * FPS)], i, axis=1)
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def repeat(path: Path, out: Path) -> Path:
    """The same packets again and again, up to a long video; nothing is encoded."""
    with av.open(str(out), "w") as target:
        copy = None
        for turn in range(LONG // SECONDS):
            with av.open(str(path)) as source:
                (stream,) = source.streams.video
                copy = copy or target.add_stream_from_template(stream)
                shift = round(turn * SECONDS / stream.time_base)
                for packet in source.demux(stream):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = copy
                    target.mux(packet)
    return out


def detector(folder: Path, **view) -> Path:
    from dfstudy.models import detector as detectors
    from dfstudy.models import resnext_lstm
    from dfstudy.training.rule import Rule

    look = replace(resnext_lstm.view(FRAMES), **view)
    built = resnext_lstm.build(view=look, network="full", pretrained="none")
    made = detectors.new(built, view=look, data_kind="synthetic", seed=0)
    made.info["rule"] = asdict(Rule("mean", 0.5))
    return made.save(folder)


def once(video: Path, model: Path, threads: int, times: int) -> dict:
    """In a fresh process: seconds of `times` verdicts after one, and the peak in MB."""
    call = [sys.executable, __file__, "--one", str(video), str(model)]
    call += ["--times", str(times), "--threads", str(threads)]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(threads))
    done = subprocess.run(
        call, capture_output=True, text=True, env=environment, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def one(video: str, model: str, times: int, threads: int) -> dict:
    import resource

    import torch

    from dfstudy.detect.predict import predict
    from dfstudy.models.detector import load

    torch.set_num_threads(threads)
    detectors = [load(model)]
    seconds, processor, stages = [], [], []
    for _ in range(times + 1):
        start, cpu = time.perf_counter(), time.process_time()
        verdict = predict(video, detectors)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - cpu)
        stages.append(verdict.seconds)
    median = {
        k: statistics.median(s[k] for s in stages[1:] or stages) for k in stages[0]
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": seconds[1:] or seconds,
        "processor": processor[1:] or processor,
        "stages": median,
        "peak_mb": peak,
        "frames": verdict.frames["decoded"],
        "faces": len(verdict.faces),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, default=5)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(one(*args.one, args.times, args.threads)))
        return 0
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        short = render(place / "short.mp4")
        long = repeat(short, place / "long.mp4")
        load = psutil.getloadavg()[0]
        print(f"{args.threads} threads, load {load:.1f} of {os.cpu_count()} cores")
        for name, view in {
            "the first frames (S4)": {},
            "over the whole video": {"sampling": "even", "drop": "video"},
        }.items():
            model = detector(place / "model", **view)
            fast = once(short, model, args.threads, args.times)
            small = once(short, model, args.threads, 0)
            large = once(long, model, args.threads, 0)
            median = statistics.median(fast["seconds"])
            ratio = large["peak_mb"] / small["peak_mb"]
            stages = ", ".join(f"{k} {v:.2f}" for k, v in fast["stages"].items())
            print(f"\n{name}: {fast['faces']} face, {fast['frames']} frames decoded")
            work = statistics.median(fast["processor"])
            print(f"  10 s: median of {args.times} {median:.2f} s ({stages})")
            print(f"        {work:.2f} processor seconds, of all threads together")
            print(f"  10 s: peak of a fresh process {small['peak_mb']:.0f} MB")
            print(
                f"  10 min: peak {large['peak_mb']:.0f} MB, {ratio:.2f} times as much;"
                f" {large['frames']} frames decoded in {large['seconds'][0]:.1f} s"
            )
            missed += median > MOST_S or small["peak_mb"] > MOST_MB
            missed += ratio > MOST_RATIO
    print(f"\nlimits: {MOST_S} s, {MOST_MB} MB, {MOST_RATIO} times: {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
