"""What becomes of damaged and odd files: a result, or a message with the reason.

DFSTUDY_ODD=../shared/clips/odd python -m benchmarks odd_files
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2

from benchmarks import videos
from benchmarks.measure import Scale, benchmark, seconds
from dfstudy import paths

LIMIT_S = 300


@benchmark("odd files seen: a process each", "OpenCV's first frame of each", long=True)
def odd_files(scale: Scale) -> dict:
    """Each file goes through probe, 16 even frames and the face tracker in a process of
    its own, so that one which hangs, crashes or eats memory is told from the others.
    """
    given = os.environ.get("DFSTUDY_ODD")
    folder = Path(given) if given else _made(scale)
    rows, ours, baseline = [], 0.0, 0.0
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        took, row = _looked(path)
        rows.append(row)
        ours += took
        baseline += seconds(lambda path=path: cv2.VideoCapture(str(path)).read())[0]
    crashed = [row["file"] for row in rows if row["end"] == "crash"]
    return {
        "ours_s": ours,
        "baseline_s": baseline,
        "files": len(rows),
        "messages": sum(row["end"] == "message" for row in rows),
        "crashes": crashed,
        "ours_mb": max(row["MB"] for row in rows),
        "tables": {"files": rows},
    }


def _made(scale: Scale) -> Path:
    """A whole file, and what may become of one: cut, overwritten, empty, no video."""
    whole, folder = videos.talking(scale), scale.folder / "odd"
    folder.mkdir()
    data = whole.read_bytes()
    shutil.copy(whole, folder / "whole.mp4")
    (folder / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    middle = len(data) // 2
    (folder / "holes.mp4").write_bytes(
        data[:middle] + bytes(999) + data[middle + 999 :]
    )
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.mp4").write_text("This is not a video.\n" * 99)
    return folder


def _looked(path: Path) -> tuple[float, dict]:
    """Wall seconds, and what became of one file in a process of its own."""
    call = [sys.executable, "-m", "benchmarks.files", str(path.resolve())]
    said: dict = {}

    def look() -> None:
        try:
            child = subprocess.run(
                call,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                check=True,
                cwd=paths.root(),
            )
            said.update(json.loads(child.stdout.splitlines()[-1]))
        except (subprocess.SubprocessError, ValueError, IndexError) as error:
            said.update(end="crash", said=str(error)[:200], MB=0)

    took, _ = seconds(look)
    return took, {"file": path.name, **said, "s": took}


def _child(path: Path) -> None:
    """Print what becomes of one file."""
    import resource

    from dfstudy.data.view import View, see
    from dfstudy.video.faces import FaceDetector
    from dfstudy.video.probe import VideoError, probe

    try:
        info = probe(path)
        view = View(frames=16, height=224, width=224, crop="face")
        sample = see(path, view, detector=FaceDetector())
    except VideoError as error:
        end, said = "message", str(error)
    else:
        end = "result"
        said = f"{info.codec} {info.width}x{info.height}, {sample.n_frames} frames,"
        said += f" {len(sample.faces)} faces, {sample.dropped or 'kept'}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"end": end, "said": said, "MB": round(peak)}))


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
