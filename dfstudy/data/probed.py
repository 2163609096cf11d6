"""What many files say of themselves, asked once.

    found = probed(files, kept=home() / "probed" / "mine.json", workers=4)

A lesson begins with the manifest of its videos, and to open each of a hundred thousand
takes hours. So the answers are kept, by path, size and time of the last change.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from dfstudy import paths
from dfstudy.video.probe import VideoError, VideoInfo, probe


def probed(
    files: Sequence[Path], *, kept: Path, workers: int, progress: bool = False
) -> list[VideoInfo | str]:
    """Of each file what `probe` says, or in words why it cannot be used.

    Args:
        kept: JSON of what was asked before; written when something is new. What
            another version of this package has kept does not count, and a file that
            could not be used is asked again.
        workers: threads that open files.
        progress: show a bar.
    """
    code = paths.code_sha256()
    known = _known(kept, code)
    stamps = [_stamp(file) for file in files]
    new = [
        (file, stamp)
        for file, stamp in zip(files, stamps, strict=True)
        if stamp is None or str(file) not in known or known[str(file)][0] != stamp
    ]
    fresh: dict[Path, VideoInfo | str] = {}
    # Threads will do: decoding happens outside the interpreter's lock.
    with ThreadPoolExecutor(workers) as pool:
        answers = pool.map(_try_probe, [file for file, _ in new])
        bar = tqdm(
            answers, total=len(new), desc="index", disable=not (new and progress)
        )
        for (file, stamp), info in zip(new, bar, strict=True):
            fresh[file] = info
            if isinstance(info, VideoInfo) and stamp is not None:
                known[str(file)] = [stamp, asdict(info)]
    if any(isinstance(info, VideoInfo) for info in fresh.values()):
        paths.put(kept, json.dumps({"code": code, "files": known}))
    return [
        fresh[file] if file in fresh else VideoInfo(**known[str(file)][1])
        for file in files
    ]


def _known(kept: Path, code: str) -> dict[str, list]:
    try:
        read = json.loads(kept.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return read["files"] if read.get("code") == code else {}


def _stamp(file: Path) -> list[int] | None:
    try:
        stat = file.stat()
    except OSError:  # `probe` says what is wrong with it
        return None
    return [stat.st_size, stat.st_mtime_ns]


def _try_probe(path: Path) -> VideoInfo | str:
    try:
        return probe(path)
    except (VideoError, OSError) as error:
        return str(error).removeprefix(f"{path.name}: ")
