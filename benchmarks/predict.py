"""A verdict on one video: seconds of ten, and memory of ten minutes."""

import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import av
import psutil

from benchmarks import videos
from benchmarks.measure import Scale, benchmark, peak_memory, seconds
from dfstudy import paths

FRAMES, LONG_S, MOST_MB = 16, 600, 2000


@benchmark("a verdict on 10 s of 1080p", "playing it", at_most=0.3)
def predict_vs_playing(scale: Scale) -> dict:
    """ReLSTM at its full size, S4's view: after one verdict, the median of five.

    Random weights, which cost what trained ones do. In a fresh process, with its peak.
    """
    found = _fresh(
        videos.talking(scale), _detector(scale, "first"), times=scale.of(5, 1)
    )
    return {
        "ours_s": statistics.median(found["seconds"]),
        "baseline_s": float(scale.of(videos.LONG_S, 2)),
        "ours_cpu_s": statistics.median(found["processor"]),
        "ours_mb": found["peak_mb"],
        "stages": found["stages"],
        "checks": {f"peak <= {MOST_MB} MB": found["peak_mb"] <= MOST_MB},
    }


@benchmark("memory of a verdict on 10 min", "on 10 s", ratio="memory", at_most=1.2)
def predict_memory_10min(scale: Scale) -> dict:
    """Frames over the whole video, which is decoded to its end."""
    short, model = videos.talking(scale), _detector(scale, "even")
    long = _repeated(short, scale.folder / "long.mp4", scale.of(LONG_S, 6))
    small, large = (_fresh(path, model, times=0) for path in (short, long))
    return {
        "ratio": large["peak_mb"] / small["peak_mb"],
        "ours_s": large["seconds"][0],
        "baseline_s": small["seconds"][0],
        "ours_mb": large["peak_mb"],
        "baseline_mb": small["peak_mb"],
        "frames": [large["frames"], small["frames"]],
    }


def _repeated(path: Path, out: Path, length_s: float) -> Path:
    """The same packets again and again, up to a long video; nothing is encoded."""
    with av.open(str(path)) as source:
        turn_s = float(source.duration / av.time_base)
    with av.open(str(out), "w") as target:
        copy = None
        for turn in range(round(length_s / turn_s)):
            with av.open(str(path)) as source:
                (stream,) = source.streams.video
                copy = copy or target.add_stream_from_template(stream)
                shift = round(turn * turn_s / stream.time_base)
                for packet in source.demux(stream):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                    packet.stream = copy
                    target.mux(packet)
    return out


def _detector(scale: Scale, sampling: str) -> Path:
    """The folder of ReLSTM; its full network, but in a quick run."""
    from dfstudy.models import detector, resnext_lstm
    from dfstudy.training.rule import Rule

    look = resnext_lstm.view(scale.of(FRAMES, 4))
    if sampling == "even":
        look = replace(look, sampling="even", drop="video")
    network = scale.of("full", "slim")
    built = resnext_lstm.build(view=look, network=network, pretrained="none")
    made = detector.new(built, view=look, data_kind="synthetic", seed=0)
    made.info["rule"] = asdict(Rule("mean", 0.5))
    return made.save(scale.folder / f"model-{sampling}")


def _fresh(video: Path, model: Path, *, times: int) -> dict:
    """In a process of its own: seconds of `times` verdicts after one, and its peak."""
    call = [sys.executable, "-m", "benchmarks.predict", video, model, str(times)]
    child = psutil.Popen(
        list(map(str, call)), stdout=subprocess.PIPE, text=True, cwd=paths.root()
    )
    with peak_memory(child.pid) as peak:
        said, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"the verdict on {video.name} ended with {child.returncode}")
    return json.loads(said.splitlines()[-1]) | {"peak_mb": peak()}


def _child(video: str, model: str, times: str) -> None:
    from dfstudy.detect.predict import predict
    from dfstudy.models.detector import load

    detectors, runs, stages, verdict = [load(model)], [], [], None

    def judge() -> None:
        nonlocal verdict
        verdict = predict(video, detectors)

    for _ in range(int(times) + 1):
        runs.append(seconds(judge))
        stages.append(verdict.seconds)
    kept = slice(1, None) if int(times) else slice(None)
    wall, processor = zip(*runs[kept], strict=True)
    of = {k: statistics.median(s[k] for s in stages[kept]) for k in stages[0]}
    found = {"seconds": wall, "processor": processor, "stages": of}
    print(json.dumps(found | {"frames": verdict.frames["decoded"]}))
    time.sleep(0.2)  # so that the peak is seen


if __name__ == "__main__":
    _child(*sys.argv[1:])
