"""A preview is the beginning of the video, small, and nothing later is decoded."""

import numpy as np
import pytest

from dfstudy.video import preview as module
from dfstudy.video.preview import preview
from dfstudy.video.probe import VideoError
from dfstudy.video.write import write_video


def clip(path, n=6, height=36, width=64):
    levels = np.linspace(20, 230, n).astype(np.uint8)
    frames = np.broadcast_to(levels[:, None, None, None], (n, height, width, 3))
    return write_video(path, np.ascontiguousarray(frames), fps=10, qp=0), levels


def test_the_first_frames_in_order_at_an_even_size(tmp_path):
    path, levels = clip(tmp_path / "a.mp4")
    got = preview(path, 4, height=19)
    assert got.shape == (4, 18, 32, 3) and got.dtype == np.uint8
    np.testing.assert_allclose(got.mean((1, 2, 3)), levels[:4], atol=3)


def test_never_enlarged_and_never_more_than_there_is(tmp_path):
    path, levels = clip(tmp_path / "a.mp4")
    assert preview(path, 100, height=500).shape == (len(levels), 36, 64, 3)


def test_what_comes_later_is_not_decoded(tmp_path, monkeypatch):
    path, _ = clip(tmp_path / "a.mp4")
    seen = []

    def counted(path):
        for frame in frames(path):
            seen.append(1)
            yield frame

    frames = module.iter_frames
    monkeypatch.setattr(module, "iter_frames", counted)
    preview(path, 2, height=36)
    assert len(seen) == 2


def test_bad_input(tmp_path):
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(VideoError):
        preview(tmp_path / "text.mp4", 2, height=36)
    path, _ = clip(tmp_path / "a.mp4")
    for frames, height in ((0, 36), (2, 0)):
        with pytest.raises(ValueError, match="need"):
            preview(path, frames, height=height)
