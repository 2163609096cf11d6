"""What the page takes on: how large, how long, how much memory, how many at a time.

    Limits(max_mb=50).check(path)      # Refused, with one sentence, or nothing

Sizes are checked before a byte is kept (see `gate`), the length of a video where it is
opened, in the worker (see `worker`).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from dfstudy.video.decode import open_video, packets

MB = 2**20
_RATE = 240  # frames per second that a video may have, on average


class Refused(ValueError):
    """What cannot be answered; the message tells a visitor why, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of one page."""

    max_mb: int = 100  # of an upload
    max_seconds: int = 60  # of a video
    job_seconds: int = 120  # of work on it
    memory_mb: int = 4096  # of the process that does it
    queue: int = 32  # visitors who wait

    def __post_init__(self):
        if min(vars(self).values()) < 1:
            raise ValueError(f"limits are 1 or more: {self}")

    @property
    def bytes(self) -> int:
        """Of an upload."""
        return self.max_mb * MB

    def check(self, path: str | os.PathLike[str]) -> None:
        """Refuse a video that is too long, by its packets: a header may say anything.

        Nothing is decoded, and no further read than the limit.

        Raises:
            Refused: longer than `max_seconds`, or more frames than fit into them.
            VideoError: the file cannot be opened as a video.
        """
        most = _RATE * self.max_seconds
        first = None
        with open_video(Path(path)) as (container, stream):
            declared = (container.duration or 0) / 1_000_000
            if stream.duration:
                declared = max(declared, float(stream.duration * stream.time_base))
            if declared > self.max_seconds:
                raise self._too_long(declared)
            frames = (packet for packet in packets(container, stream) if packet)
            for count, packet in enumerate(frames):
                if count >= most:
                    raise Refused(f"The video has more than {most} frames.")
                if packet.pts is None:
                    continue
                time = float(packet.pts * stream.time_base)
                first = time if first is None else min(first, time)
                if time - first > self.max_seconds:
                    raise self._too_long(time - first)

    def _too_long(self, seconds: float) -> Refused:
        minutes = f"{seconds / 60:.0f} minutes"
        length = minutes if seconds >= 600 else f"{seconds:.0f} seconds"
        return Refused(
            f"The video is {length} long or longer; this page takes"
            f" {self.max_seconds} seconds. Cut out the part in question."
        )


def cap_memory(megabytes: int) -> None:
    """This process may ask for so much more than it holds: the next request fails.

    By address space (RLIMIT_AS), on top of what libraries have reserved already; a
    thread reserves some too. Where the system has no such limit, the watch of the
    worker's resident memory is the only one.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    held = psutil.Process().memory_info().vms
    room = (megabytes + 256 * (os.cpu_count() or 1)) * MB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = held + room if hard == resource.RLIM_INFINITY else min(held + room, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
