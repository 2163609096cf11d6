"""What becomes of every file of a folder: a result, or a message with the reason.

    python benchmarks/files.py ../shared/clips/odd

Each file goes through probe, 16 even frames and the face tracker in a process of its
own, so that one which hangs, crashes or eats memory is told from the others. The last
line counts; the exit code is 1 if a file did not end in a result or a message.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

LIMIT_S = 300


def look(path: Path) -> dict:
    """Probe, sample and track one file; runs in the child."""
    from dfstudy.data.view import View, see
    from dfstudy.video.faces import FaceDetector
    from dfstudy.video.probe import VideoError, probe

    try:
        info = probe(path)
        view = View(frames=16, height=224, width=224, crop="face")
        sample = see(path, view, detector=FaceDetector())
    except VideoError as error:
        return {"message": str(error)}
    return {
        "codec": info.codec,
        "size": f"{info.width}x{info.height}",
        "frames": sample.n_frames,
        "repeated": sample.repeated,
        "faces": len(sample.faces),
        "dropped": sample.dropped,
    }


def main() -> int:
    """One process and one line a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        outcome = look(args.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(outcome | {"memory_mb": round(peak)}))
        return 0
    bad, messages, most = [], 0, 0
    files = sorted(path for path in args.folder.rglob("*") if path.is_file())
    for path in files:
        start = time.perf_counter()
        call = [sys.executable, __file__, str(path), "--one"]
        try:
            child = subprocess.run(
                call, capture_output=True, text=True, timeout=LIMIT_S, check=True
            )
            outcome = json.loads(child.stdout)
        except (subprocess.SubprocessError, ValueError) as error:
            bad.append(path.name)
            outcome = {"CRASH": str(error)[:200], "memory_mb": 0}
        seconds = time.perf_counter() - start
        memory = outcome.pop("memory_mb")
        messages += "message" in outcome
        most = max(most, memory)
        text = outcome.get("message") or ", ".join(
            f"{key} {value}" for key, value in outcome.items() if value is not None
        )
        print(f"| {path.name} | {text} | {seconds:.1f} s | {memory} MB |", flush=True)
    print(
        f"{len(files)} files: {len(files) - messages - len(bad)} results, {messages}"
        f" messages, {len(bad)} neither {bad}; at most {most} MB"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
