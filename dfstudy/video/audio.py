"""Sound: whether a fake still has the audio of the clip that it was made from.

    altered("fake.mp4", "original.mp4")           # True, False, or None: cannot tell

Encoders change samples, but not the wave: at 8 kHz a second of the same recording still
correlates with itself after a lossy codec, while another voice, or the same words said
again, does not. Both are first shifted by the lag at which they fit best.
"""

import os

import av
import numpy as np
from scipy.signal import correlate

from dfstudy.video.decode import open_video, packets

RATE = 8000  # samples per second: keeps speech, drops what codecs treat most freely
_SAME = 0.5  # correlation of one second, from which on it is the same recording
_QUIET = 0.03  # of the loudest second; below, there is no wave to compare
_MAX_LAG = 1.0  # seconds between the starts of the two tracks
_JITTER = 0.02  # seconds that one second may move against the rest


def altered(
    fake: str | os.PathLike[str], original: str | os.PathLike[str]
) -> bool | None:
    """Whether any audible second of `fake` differs from that second of `original`.

    Re-encoding, another loudness and a shift of up to a second do not count; silence
    in place of sound does. None where a file has no audio that decodes, or the two
    share less than a second. Compared is what both have; a cut end does not count.
    Soft words beside loud ones in the same second go unnoticed.

    Raises:
        VideoError: a file is no video.
    """
    a, b = read_audio(fake), read_audio(original)
    if min(len(a), len(b)) < RATE:
        return None
    lag = _lag(a, b, round(_MAX_LAG * RATE))
    a, b = a[max(lag, 0) :], b[max(-lag, 0) :]
    seconds = min(len(a), len(b)) // RATE
    if seconds == 0:
        return None
    a, b = (x[: seconds * RATE].reshape(seconds, RATE) for x in (a, b))
    loud_a, loud_b = (np.sqrt((x**2).mean(axis=1)) for x in (a, b))
    audible = (loud_a > _QUIET * loud_a.max()) | (loud_b > _QUIET * loud_b.max())
    return any(_fit(x, y) < _SAME for x, y in zip(a[audible], b[audible], strict=True))


def read_audio(path: str | os.PathLike[str]) -> np.ndarray:
    """The first audio track as float32 (samples,) in [-1, 1], mono at `RATE`.

    Empty where there is none or nothing of it decodes; damaged packets are left out.
    VideoError where the file is no video.
    """
    with open_video(path) as (container, _):
        if not container.streams.audio:
            return np.zeros(0, np.float32)
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        chunks = []
        for packet in packets(container, stream):
            try:
                frames = stream.codec_context.decode(packet)
            except av.FFmpegError:
                frames = []  # only this packet is lost
            for frame in frames:
                chunks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
        if chunks:
            chunks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(chunks) if chunks else np.zeros(0, np.float32)


def _lag(a: np.ndarray, b: np.ndarray, limit: int) -> int:
    """Samples, at most `limit`, by which `a` comes later than `b`."""
    products = correlate(a, b, method="fft")
    zero = len(b) - 1
    low, high = max(zero - limit, 0), min(zero + limit, len(products) - 1)
    return int(np.argmax(products[low : high + 1])) + low - zero


def _fit(a: np.ndarray, b: np.ndarray) -> float:
    """Largest correlation of two stretches, moved by up to `_JITTER`; 0 for silence."""
    scale = np.linalg.norm(a) * np.linalg.norm(b)
    if scale == 0:
        return 0.0
    move = round(_JITTER * RATE)
    products = correlate(a, b, method="fft")[len(b) - 1 - move : len(b) + move]
    return float(products.max() / scale)
