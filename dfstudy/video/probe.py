"""What a video file is: size, rate, length, codec, and whether it decodes at all.

info = probe("clip.mp4")           # VideoInfo(width=1920, height=1080, ...)
"""

import os
from dataclasses import dataclass
from pathlib import Path

import av

from dfstudy.video.decode import VideoError, decode, open_video, orientation, packets

__all__ = ["VideoError", "VideoInfo", "probe"]


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """One video file. Sizes are of the upright frame, in pixels."""

    width: int
    height: int
    fps: float  # mean frames per second
    n_frames: int  # as the file declares, else counted packets; read.py counts frames
    duration_s: float
    codec: str
    bit_rate: int  # of the whole file, bits per second
    rotation: int  # 0, 90, 180 or 270: degrees clockwise from stored to upright
    audio: bool


def probe(path: str | os.PathLike) -> VideoInfo:
    """Read the header and decode one frame. VideoError where no frame decodes."""
    path = Path(path)
    with open_video(path) as (container, stream):
        first = next(decode(container, stream), None)
        if first is None:
            raise VideoError(f"{path.name}: not a single frame of it can be decoded.")
        turn = orientation(first)
        size = (first.width, first.height)
        fps = float(stream.average_rate or stream.guessed_rate or 0)
        n_frames = stream.frames
        if stream.duration:
            duration = float(stream.duration * stream.time_base)
        else:
            duration = (container.duration or 0) / av.time_base
        codec = stream.codec_context.codec.canonical_name
        audio = len(container.streams.audio) > 0
    if n_frames <= 0:
        n_frames = _count_packets(path)
    # Raw streams carry no length, some containers no rate: each follows from the other.
    if duration <= 0:
        fps = fps or 25.0  # what FFmpeg assumes of a raw stream
        duration = n_frames / fps
    fps = fps or n_frames / duration
    width, height = size[::-1] if turn.transpose else size
    return VideoInfo(
        width=width,
        height=height,
        fps=fps,
        n_frames=n_frames,
        duration_s=duration,
        codec=codec,
        bit_rate=round(path.stat().st_size * 8 / duration),
        rotation=turn.rotation,
        audio=audio,
    )


def _count_packets(path: Path) -> int:
    """Packets of the video stream: reads the file, decodes nothing."""
    with open_video(path) as (container, stream):
        count = sum(
            bool(packet and packet.size) for packet in packets(container, stream)
        )
    return max(1, count)
