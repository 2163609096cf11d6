"""Small video files that tests make: numbered frames, turned, damaged or odd."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SOUND_RATE = 8000  # samples per second of the sound that is written

# Display matrices (a, b, c, d) and the same change as NumPy sees it.
TURNS = {
    "90": ((0, 1, -1, 0), lambda f: np.rot90(f, -1)),
    "180": ((-1, 0, 0, -1), lambda f: np.rot90(f, 2)),
    "270": ((0, -1, 1, 0), lambda f: np.rot90(f, 1)),
    "mirror": ((-1, 0, 0, 1), lambda f: f[:, ::-1]),
    "upside down": ((1, 0, 0, -1), lambda f: f[::-1]),
    "transpose": ((0, 1, 1, 0), lambda f: f.transpose(1, 0, 2)),
}


def numbered(n: int, height: int = 64, width: int = 96) -> np.ndarray:
    """Frame i shows i in binary as black and white blocks; corners tell the turn."""
    frames = np.full((n, height, width, 3), 90, np.uint8)
    for i, frame in enumerate(frames):
        for bit in range(8):
            x = 8 + bit * 10
            frame[24:40, x : x + 8] = 255 if i >> bit & 1 else 0
        frame[:16, :16] = (220, 30, 30)
        frame[-16:, :16] = (30, 30, 220)
    return frames


def number(frame: np.ndarray) -> int:
    """The number that a frame of `numbered` shows."""
    return sum(int(frame[32, 12 + bit * 10].mean() > 127) << bit for bit in range(8))


def encode(path: Path, frames, *, codec: str = "libx264", fps: int = 25, **options):
    """Write frames with the codec's own habits (B-frames and all)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def break_frame(path: Path, index: int) -> None:
    """Make a coded frame of a file without B-frames undecodable; it still is there."""
    with av.open(str(path)) as container:
        packet = [p for p in container.demux(video=0) if p.size][index]
        start, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[start + 12 : start + size] = bytes(size - 12)
    path.write_bytes(data)


def encode_at(path: Path, frames, times) -> Path:
    """Write frames that appear at `times` (seconds, in milliseconds), as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1000, options={"bf": "2"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame, time in zip(frames, times, strict=True):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
            picture.pts = round(1000 * time)
            picture.time_base = Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def set_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a display matrix into the track header of an MP4."""
    a, b, c, d = (value << 16 for value in matrix)
    plain = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    data = path.read_bytes()
    track = data.index(b"tkhd")
    assert data[track:].count(plain) == 1
    path.write_bytes(data[:track] + data[track:].replace(plain, turned))
    return path


def audio_only(path: Path) -> Path:
    """A second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 16000
        for _ in range(16):
            frame.pts = None
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def speech(seed, seconds=4):
    """Harmonics of a wandering pitch in syllables, with pauses and a little noise."""
    rng = np.random.default_rng(seed)
    n = seconds * SOUND_RATE
    t = np.arange(n) / SOUND_RATE
    knots = np.arange(0, seconds + 0.2, 0.2)
    pitch = np.interp(t, knots, rng.uniform(90, 240, len(knots)))
    loud = np.interp(t, knots, rng.uniform(0, 1, len(knots))) ** 2
    phase = 2 * np.pi * np.cumsum(pitch) / SOUND_RATE
    wave = sum(rng.uniform(0.2, 1) / k * np.sin(k * phase) for k in range(1, 12))
    return (0.2 * loud * wave + 0.001 * rng.standard_normal(n)).astype(np.float32)


def with_sound(path, wave, *, codec="aac", rate=44100, bit_rate=64000):
    """A tiny video with this sound; without, where `wave` is None."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=5)
        video.height, video.width = 64, 96
        video.pix_fmt = "yuv420p"
        if wave is not None:
            sound = out.add_stream(codec, rate=rate, layout="mono", bit_rate=bit_rate)
        for picture in numbered(2):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
        if wave is not None:
            frame = av.AudioFrame.from_ndarray(wave[None], format="flt", layout="mono")
            frame.sample_rate = SOUND_RATE
            resampler = av.AudioResampler(
                format=sound.format, layout="mono", rate=rate, frame_size=1024
            )
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                part.pts = None
                out.mux(sound.encode(part))
            out.mux(sound.encode(None))
    return path
