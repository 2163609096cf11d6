"""A tiny synthetic set and a detector trained on it, once for all who use them."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dfstudy import profiles
from dfstudy.data import dataset

TINY = replace(
    profiles.get("smoke"), pairs=6, clip_frames=8, frames=4, epochs=1, bootstrap=50
)


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of data and runs for the session."""
    return tmp_path_factory.mktemp("tiny")


@pytest.fixture
def places(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DFSTUDY_HOME and DFSTUDY_RUNS inside `tiny_home`."""
    monkeypatch.setenv("DFSTUDY_HOME", str(tiny_home / "data"))
    monkeypatch.setenv("DFSTUDY_RUNS", str(tiny_home / "runs"))
    return tiny_home


@pytest.fixture
def tiny_data(places: Path) -> dataset.Dataset:
    """Six pairs of people, split by pair."""
    return dataset.load("", profile=TINY)


@pytest.fixture
def tiny_model(tiny_data: dataset.Dataset):
    """training.experiment.Trained: S0's slim baseline from scratch, one epoch."""
    from dfstudy.training.experiment import train
    from dfstudy.training.rule import MAJORITY

    return train(
        "frame_torch",
        lesson="03",
        data=tiny_data,
        profile=TINY,
        seed=0,
        rules=[MAJORITY],
        start="none",
    )


@pytest.fixture(autouse=True)
def readable_without_colour(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No figure of ours that any test draws tells anything by hue alone."""
    style = sys.modules.get("dfstudy.report.style")
    drawn = []
    if style:
        plain = style.figure
        monkeypatch.setattr(
            style, "figure", lambda *size: drawn.append(plain(*size)) or drawn[-1]
        )
    yield
    if drawn:
        from colours import confused

        assert [said for figure in drawn for said in confused(figure)] == []
