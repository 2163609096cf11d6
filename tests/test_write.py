"""write_video: what comes back is what went in, up to the quantiser."""

from pathlib import Path

import av
import numpy as np
import pytest

from dfstudy.video.write import write_video


def picture(seed: int, size=(48, 64)) -> np.ndarray:
    """Smooth colours plus a little noise, uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    waves = [120 + 60 * np.sin(x / 9 + k + seed) + 30 * np.cos(y / 7) for k in range(3)]
    return np.uint8(np.clip(np.stack(waves, -1) + rng.normal(0, 2, (*size, 3)), 0, 255))


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as file:
        return np.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)])


def test_frames_come_back_close_and_in_number(tmp_path):
    frames = np.stack([picture(k) for k in range(7)])
    back = decoded(write_video(tmp_path / "a.mp4", frames, fps=24))
    assert back.shape == frames.shape
    assert np.abs(back.astype(int) - frames).mean() < 4


def test_container_says_what_was_asked(tmp_path):
    write_video(tmp_path / "a.mp4", [picture(0)] * 6, fps=30)
    with av.open(str(tmp_path / "a.mp4")) as file:
        stream = file.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (64, 48, 6)
        assert float(stream.average_rate) == 30
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        packets = [p for p in file.demux(stream) if p.size]
        assert all(p.is_keyframe for p in packets)
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays while it loads


def test_a_frame_is_coded_the_same_wherever_it_stands(tmp_path):
    frames = [picture(k) for k in range(6)]
    order = [4, 2, 0, 5, 1, 3]
    plain = decoded(write_video(tmp_path / "a.mp4", frames, fps=24))
    moved = decoded(write_video(tmp_path / "b.mp4", [frames[k] for k in order], fps=24))
    assert np.array_equal(moved, plain[order])
    again = decoded(write_video(tmp_path / "c.mp4", iter(frames), fps=24))
    assert np.array_equal(again, plain)


def test_a_smaller_quantiser_is_closer_and_larger(tmp_path):
    frames = np.stack([picture(k) for k in range(4)])
    error, size = [], []
    for qp in (10, 35):
        path = write_video(tmp_path / f"{qp}.mp4", frames, fps=24, qp=qp)
        error.append(np.abs(decoded(path).astype(int) - frames).mean())
        size.append(path.stat().st_size)
    assert error[0] < error[1] and size[0] > size[1]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "no frames"),
        ([picture(0).astype(float)], "uint8"),
        ([picture(0)[..., 0]], "uint8"),
        ([picture(0, (47, 64))], "even"),
        ([picture(0), picture(0, (48, 66))], "differ"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, frames, message):
    with pytest.raises(ValueError, match=message):
        write_video(tmp_path / "a.mp4", frames, fps=24)
    assert list(tmp_path.iterdir()) == []
