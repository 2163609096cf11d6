"""Files of which any frame can be decoded without the others.

    stored = alone("clip.mp4")          # None where a frame needs those before it
    stored.times[stored.number[packet.pts]]

What cameras for editing write, and our renderer: every frame is a key frame. Then what
nobody looks at need not be decoded, which is most of the cost of reading 16 frames.
"""

import math
import os
from dataclasses import dataclass

import av
import numpy as np
from av.video.frame import PictureType

from dfstudy.video.decode import open_video, packets

# Codecs of which a packet can be left out where all are key frames.
_CODECS = ("h264", "mjpeg")


@dataclass(frozen=True)
class Stored:
    """The frames of a file whose packets are one frame each, which needs no other."""

    number: dict[int, int]  # of each frame, by its time stamp; ascending
    times: np.ndarray  # float64 (n,): seconds


def alone(path: str | os.PathLike, seconds: float = math.inf) -> Stored | None:
    """What is stored, where each frame is coded by itself; else None, at once.

    It looks no further than `seconds` after the first frame, and decodes but two.
    VideoError if the file cannot be opened.
    """
    stamps: list[int] = []
    begin: list[av.Packet] = []
    with open_video(path) as (container, stream):
        coder = stream.codec_context
        if coder.codec.canonical_name not in _CODECS:
            return None
        for packet in packets(container, stream):
            if packet is None:
                return None  # the file breaks off
            if packet.size == 0:
                continue
            doubtful = packet.is_corrupt or packet.is_discard or packet.pts is None
            if doubtful or not packet.is_keyframe:
                return None
            if stamps and packet.pts <= stamps[-1]:
                return None
            if stamps and (packet.pts - stamps[0]) * stream.time_base > seconds:
                break
            stamps.append(packet.pts)
            if len(begin) < 2:
                begin.append(packet)
        # An MP4 without a list of its key frames says that all are.
        try:
            frames = [frame for p in [*begin, None] for frame in coder.decode(p)]
        except av.FFmpegError:
            return None
        number = {stamp: i for i, stamp in enumerate(stamps)}
        sure = [f.pict_type == PictureType.I and f.pts in number for f in frames]
        times = np.array([float(stamp * stream.time_base) for stamp in stamps])
    return Stored(number, times) if sure and all(sure) else None
