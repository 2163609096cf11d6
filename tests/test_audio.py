"""A fake's sound against its original's: codecs and shifts are no alteration."""

import numpy as np
import pytest
from clips import speech, with_sound

from dfstudy.video import audio
from dfstudy.video.decode import VideoError

RATE = audio.RATE


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audio")
    return with_sound(folder / "original.mp4", speech(0), rate=48000, bit_rate=128000)


def pause(wave, seed):
    """The same with two and a half seconds of faint noise in it."""
    noise = 0.001 * np.random.default_rng(seed).standard_normal(5 * RATE // 2)
    return np.r_[wave[:RATE], noise.astype(np.float32), wave[7 * RATE // 2 :]]


CHANGES = {  # what is done to the sound, and whether that is an alteration
    "nothing": (lambda x: x, False),
    "quieter": (lambda x: 0.1 * x, False),
    "starts 0.3 s later": (lambda x: np.r_[np.zeros(2400, np.float32), x], False),
    "starts 0.3 s earlier": (lambda x: x[2400:], False),
    "ends sooner": (lambda x: x[: 2 * RATE], False),
    "other noise in a pause": (lambda x: pause(x, 7), False),
    "drifts by 10 ms": (lambda x: np.r_[x[: 2 * RATE], x[2 * RATE - 80 :]], False),
    "another voice": (lambda x: speech(1), True),
    "another voice for a second": (
        lambda x: np.r_[x[:RATE], speech(1)[:RATE], x[2 * RATE :]],
        True,
    ),
    "soft words in a pause": (
        lambda x: np.r_[
            x[:RATE], 0.2 * speech(1)[RATE : 7 * RATE // 2], x[7 * RATE // 2 :]
        ],
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
    if "pause" in change:
        original = with_sound(tmp_path / "o.mp4", pause(speech(0), 6))
    fake = with_sound(tmp_path / "f.mp4", make(speech(0)))
    assert audio.altered(fake, original) is want


@pytest.mark.parametrize(
    ("codec", "rate", "bit_rate"),
    [("aac", 22050, 24000), ("aac", 48000, 32000), ("libmp3lame", 44100, 32000)],
)
def test_another_encoder_alters_nothing(original, tmp_path, codec, rate, bit_rate):
    fake = with_sound(
        tmp_path / "f.mp4", speech(0), codec=codec, rate=rate, bit_rate=bit_rate
    )
    assert audio.altered(fake, original) is False


def test_without_sound_it_cannot_tell(original, tmp_path):
    mute = with_sound(tmp_path / "mute.mp4", None)
    short = with_sound(tmp_path / "short.mp4", speech(0, seconds=1)[: RATE // 2])
    assert audio.altered(mute, original) is None
    assert audio.altered(original, mute) is None
    assert audio.altered(short, original) is None
    assert audio.read_audio(mute).shape == (0,)
    silent = with_sound(tmp_path / "silent.mp4", np.zeros(2 * RATE, np.float32))
    assert audio.altered(silent, silent) is False
    with pytest.raises(VideoError, match="no such file"):
        audio.altered(tmp_path / "nowhere.mp4", original)


def test_audio_is_mono_at_one_rate(original):
    wave = audio.read_audio(original)
    assert wave.dtype == np.float32 and abs(len(wave) / RATE - 4) < 0.1
    # Magnitudes, because an encoder starts a few milliseconds late.
    spectra = [abs(np.fft.rfft(sound[: 4 * RATE])) for sound in (wave, speech(0))]
    assert np.corrcoef(*spectra)[0, 1] > 0.9
