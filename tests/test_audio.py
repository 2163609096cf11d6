"""A fake's sound against its original's: codecs and shifts are no alteration."""

import av
import numpy as np
import pytest
from clips import numbered

from dfstudy.video import audio
from dfstudy.video.decode import VideoError

RATE = audio.RATE


def speech(seed, seconds=4):
    """Harmonics of a wandering pitch in syllables, with pauses and a little noise."""
    rng = np.random.default_rng(seed)
    n = seconds * RATE
    t = np.arange(n) / RATE
    knots = np.arange(0, seconds + 0.2, 0.2)
    pitch = np.interp(t, knots, rng.uniform(90, 240, len(knots)))
    loud = np.interp(t, knots, rng.uniform(0, 1, len(knots))) ** 2
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = sum(rng.uniform(0.2, 1) / k * np.sin(k * phase) for k in range(1, 12))
    return (0.2 * loud * wave + 0.001 * rng.standard_normal(n)).astype(np.float32)


def write(path, wave, *, codec="aac", rate=44100, bit_rate=64000):
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
            frame.sample_rate = RATE
            resampler = av.AudioResampler(
                format=sound.format, layout="mono", rate=rate, frame_size=1024
            )
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                part.pts = None
                out.mux(sound.encode(part))
            out.mux(sound.encode(None))
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audio")
    return write(folder / "original.mp4", speech(0), rate=48000, bit_rate=128000)


CHANGES = {  # what is done to the sound, and whether that is an alteration
    "nothing": (lambda x: x, False),
    "quieter": (lambda x: 0.1 * x, False),
    "starts 0.3 s later": (lambda x: np.r_[np.zeros(2400, np.float32), x], False),
    "starts 0.3 s earlier": (lambda x: x[2400:], False),
    "ends sooner": (lambda x: x[: 2 * RATE], False),
    "another voice": (lambda x: speech(1), True),
    "another voice for a second": (
        lambda x: np.r_[x[:RATE], speech(1)[:RATE], x[2 * RATE :]],
        True,
    ),
    "muted in the middle": (
        lambda x: np.r_[x[:RATE], np.zeros(RATE, np.float32), x[2 * RATE :]],
        True,
    ),
    "backwards": (lambda x: x[::-1].copy(), True),
    "silence": (np.zeros_like, True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_altered(original, tmp_path, change):
    make, want = CHANGES[change]
    assert audio.altered(write(tmp_path / "f.mp4", make(speech(0))), original) is want


@pytest.mark.parametrize(
    ("codec", "rate", "bit_rate"),
    [("aac", 22050, 24000), ("aac", 48000, 32000), ("libmp3lame", 44100, 32000)],
)
def test_another_encoder_alters_nothing(original, tmp_path, codec, rate, bit_rate):
    fake = write(
        tmp_path / "f.mp4", speech(0), codec=codec, rate=rate, bit_rate=bit_rate
    )
    assert audio.altered(fake, original) is False


def test_without_sound_it_cannot_tell(original, tmp_path):
    mute = write(tmp_path / "mute.mp4", None)
    short = write(tmp_path / "short.mp4", speech(0, seconds=1)[: RATE // 2])
    assert audio.altered(mute, original) is None
    assert audio.altered(original, mute) is None
    assert audio.altered(short, original) is None
    assert audio.read_audio(mute).shape == (0,)
    silent = write(tmp_path / "silent.mp4", np.zeros(2 * RATE, np.float32))
    assert audio.altered(silent, silent) is False
    with pytest.raises(VideoError, match="no such file"):
        audio.altered(tmp_path / "nowhere.mp4", original)


def test_audio_is_mono_at_one_rate(original):
    wave = audio.read_audio(original)
    assert wave.dtype == np.float32 and abs(len(wave) / RATE - 4) < 0.1
    # Magnitudes, because an encoder starts a few milliseconds late.
    spectra = [abs(np.fft.rfft(sound[: 4 * RATE])) for sound in (wave, speech(0))]
    assert np.corrcoef(*spectra)[0, 1] > 0.9
