"""dfstudy.models.weights: a loader that works, one that hangs, one that fails."""

import threading
import warnings

import pytest

from dfstudy.models import frame_torch, weights


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(weights, "_given_up", set())


def fetch(loader, cache, patience_s=5.0):
    return weights.fetch(
        loader, what="a net", label="imagenet", cache=cache, patience_s=patience_s
    )


def test_a_loader_that_works_gives_its_weights_and_their_name(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fetch(lambda: {"w": 1}, tmp_path) == ({"w": 1}, "imagenet")


def test_a_loader_that_fails_warns_once_and_is_not_tried_again(tmp_path):
    calls = []

    def fail():
        calls.append(1)
        raise OSError("no route to host")

    with pytest.warns(UserWarning, match=r"a net \(no route to host\): random init"):
        assert fetch(fail, tmp_path) == (None, "none")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fetch(fail, tmp_path) == (None, "none")
    assert len(calls) == 1


def test_another_library_is_still_tried(tmp_path):
    def fail():
        raise OSError("gone")

    with pytest.warns(UserWarning):
        fetch(fail, tmp_path / "one")
    assert fetch(lambda: 3, tmp_path / "two") == (3, "imagenet")


def test_a_loader_that_hangs_is_left_behind(tmp_path):
    over = threading.Event()
    with pytest.warns(UserWarning, match="nothing arrived"):
        assert fetch(over.wait, tmp_path, patience_s=0.1) == (None, "none")
    over.set()


def test_a_slow_download_that_delivers_is_waited_for(tmp_path):
    def deliver():
        for size in range(1, 6):  # longer than the patience in all
            (tmp_path / "file").write_bytes(bytes(size))
            threading.Event().wait(0.3)
        return "weights"

    assert fetch(deliver, tmp_path, patience_s=0.6) == ("weights", "imagenet")


def test_a_network_says_what_it_really_starts_from(monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("offline")

    monkeypatch.setattr(
        frame_torch.torchvision.models.ResNet18_Weights, "get_state_dict", fail
    )
    with pytest.warns(UserWarning, match="resnet18 of torchvision"):
        built = frame_torch.build(network="full", pretrained="imagenet")
    assert built.pretrained == "none"


def test_a_network_takes_over_what_the_loader_gives(monkeypatch):
    state = frame_torch.torchvision.models.resnet18(weights=None).state_dict()
    monkeypatch.setattr(
        frame_torch.torchvision.models.ResNet18_Weights,
        "get_state_dict",
        lambda *args, **kwargs: state,
    )
    built = frame_torch.build(network="full", pretrained="imagenet")
    assert built.pretrained == "imagenet"
    ours = built.module.backbone.net.conv1.weight
    assert ours.equal(state["conv1.weight"])
