"""dfstudy.training.pretrain: made once, of people from the renderer, in both kinds."""

from dataclasses import replace

import numpy as np
import pytest

from dfstudy import profiles
from dfstudy.models import frame_torch, slim_torch
from dfstudy.training import pretrain

TINY = replace(profiles.get("smoke"), strangers=2, pretrain_epochs=1)


@pytest.fixture
def rendered(monkeypatch, tmp_path) -> list:
    """Frames of noise in place of rendered people; a list of the calls."""
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path))
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


@pytest.mark.parametrize("kind", pretrain.KINDS)
def test_it_is_made_once_says_so_and_starts_a_detector(kind, rendered, capsys):
    path = pretrain.backbone(kind, profile=TINY)
    assert f"Pretraining the slim backbone, {kind}" in capsys.readouterr().out
    assert pretrain.backbone(kind, profile=TINY) == path
    assert rendered == [2]
    assert capsys.readouterr().out == ""
    built = frame_torch.build(network="slim", pretrained=path)
    assert built.pretrained == kind


def test_both_kinds_learn_on_the_same_people_who_then_go(rendered):
    made = {pretrain.backbone(kind, profile=TINY) for kind in pretrain.KINDS}
    assert rendered == [2]
    (folder,) = {path.parent for path in made}
    assert {*folder.iterdir()} == made


def test_another_scale_or_kind_is_another_file(rendered):
    paths = {
        pretrain.backbone(kind, profile=profile)
        for kind in pretrain.KINDS
        for profile in (TINY, replace(TINY, strangers=3))
    }
    assert len(paths) == 4
    assert rendered == [2, 3]


def test_it_is_the_same_for_the_same_people(rendered, tmp_path):
    path = pretrain.backbone("synthetic-tracks", profile=TINY)
    first, _ = slim_torch.start(path)
    path.unlink()
    second, _ = slim_torch.start(pretrain.backbone("synthetic-tracks", profile=TINY))
    for name, value in first.items():
        np.testing.assert_allclose(second[name], value, atol=1e-5)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="synthetic-tracks"):
        pretrain.backbone("imagenet", profile=TINY)


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
