"""dfstudy.training.pretrain: what ships is what its recipe makes, and is of use."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from sklearn.linear_model import LogisticRegression

from dfstudy.data import synth
from dfstudy.models import frame_torch, slim_torch
from dfstudy.training import pretrain
from dfstudy.video.sample import resize_area


@pytest.fixture
def rendered(monkeypatch) -> list:
    """Frames of noise in place of rendered people; a list of the calls."""
    calls = []

    def strangers(n_people: int):
        calls.append(n_people)
        rng = np.random.default_rng(0)
        return (
            rng.integers(0, 256, (40, 108, 192, 3), dtype=np.uint8),
            rng.normal(size=(40, 9)).astype(np.float32),
            rng.random((40, 2), dtype=np.float32),
            np.arange(40) % n_people,
        )

    monkeypatch.setattr(pretrain, "_strangers", strangers)
    return calls


def _about(file: Path) -> dict[str, str]:
    with safe_open(file, "pt") as opened:
        return opened.metadata()


@pytest.mark.parametrize("kind", slim_torch.KINDS)
def test_the_weights_that_ship_are_those_of_today(kind):
    """After a change of the renderer or the network: python -m of the module."""
    file = slim_torch.shipped(kind)
    assert _about(file) == pretrain.recipe(kind)
    for start in (kind, file):
        assert frame_torch.build(network="slim", pretrained=start).pretrained == kind


def test_both_kinds_are_made_of_the_same_people(rendered, tmp_path):
    files = pretrain.make(tmp_path, people=4, epochs=1)
    assert rendered == [4]
    assert [file.name for file in files] == [
        slim_torch.shipped(kind).name for kind in slim_torch.KINDS
    ]
    for kind, file in zip(slim_torch.KINDS, files, strict=True):
        assert _about(file) == pretrain.recipe(kind, people=4, epochs=1)
        assert slim_torch.start(file)[1] == kind


def test_what_is_made_again_is_the_same(rendered, tmp_path):
    first, second = (
        slim_torch.start(pretrain.make(tmp_path / name, people=4, epochs=1)[0])[0]
        for name in ("first", "second")
    )
    for name, value in first.items():
        np.testing.assert_allclose(second[name], value, atol=1e-5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="synthetic-tracks"):
        slim_torch.start("imagenet")


def _others() -> tuple[torch.Tensor, dict[str, np.ndarray]]:
    """Frames of people whom the pretraining has not met, and their tracks."""
    options = {"frames": 8, "size": pretrain._CLIP_SIZE, "fps": 2}
    clips = [clip for _, clip in synth.strangers(10, seed=10_000, **options)]
    frames = np.concatenate([resize_area(c.frames, *pretrain._SIZE) for c in clips])
    tracks = {
        name: np.concatenate([clip.tracks[name] for clip in clips])
        for name in pretrain.TRACKS
    }
    return torch.from_numpy(frames), tracks


def test_the_tracks_of_others_can_be_read():
    """All but gaze up and down, and a smile: a pixel or two, in frames so small."""
    frames, tracks = _others()
    outputs = len(pretrain.TRACKS)
    trained, _ = slim_torch.start_reader("synthetic-tracks", outputs=outputs)
    with torch.inference_mode():
        read = dict(zip(pretrain.TRACKS, trained.eval()(frames)[0].T, strict=True))
    for name in ("yaw", "pitch", "mouth", "blink", "gaze_x"):
        assert np.corrcoef(read[name], tracks[name])[0, 1] > 0.85, name


def test_others_can_be_told_apart():
    """Of six frames of each, two more are named: chance is a tenth."""
    frames, _ = _others()
    net, _ = slim_torch.start_backbone("synthetic-identity")
    with torch.inference_mode():
        seen = net.eval()(frames).numpy()
    person = np.repeat(np.arange(10), 8)
    known = np.tile(np.arange(8) < 6, 10)
    judge = LogisticRegression(max_iter=5000).fit(seen[known], person[known])
    assert judge.score(seen[~known], person[~known]) > 0.7


def test_strangers_come_with_their_tracks_and_place():
    frames, tracks, boxes, people = pretrain._render((0, 2))
    n = 2 * pretrain._CLIPS * pretrain._FRAMES
    assert frames.shape == (n, *pretrain._SIZE, 3)
    assert frames.dtype == np.uint8
    assert tracks.shape == (n, len(pretrain.TRACKS))
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert np.unique(people).tolist() == [0, 1]
    others = pretrain._render((8, 1))
    assert others[3].tolist() == [8] * (n // 2)
    assert not np.array_equal(others[0], frames[: n // 2])
