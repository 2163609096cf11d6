"""What a detector costs, against what the frameworks and a hand count say."""

import pytest

from dfstudy.models import detector as detectors
from dfstudy.models import family
from dfstudy.training import costs


def test_parts_of_a_cost(tiny_model, tiny_data):
    rows = tiny_data.manifest[tiny_data.manifest["split"] == "test"]
    cost = costs.measure(tiny_model.detector, rows, train_s=2.5)
    weights = next(tiny_model.detector.folder.glob("*.safetensors"))
    assert cost["train_s"] == 2.5
    assert cost["size_mb"] == weights.stat().st_size / 2**20
    assert cost["infer_ms_per_video"] > 0
    assert cost["real_time_factor"] > 0
    assert cost["peak_memory_mb"] > 50
    assert cost["device"] == "cpu"


@pytest.mark.parametrize("name", ["frame_torch", "frame_keras"])
def test_macs_of_the_papers_networks(name):
    """ResNet-18 has 1.82 G and ResNet50 4.1 G multiply-accumulates at 224 x 224.

    Convolutions grow with the area, which is a quarter of that at 112 x 112, and at
    108 x 192 is that of the maps, 4 x 6 where 224 x 224 has 7 x 7.
    """
    lesson = family(name)
    built = lesson.build(network="full", pretrained="none")
    view = lesson.view(2)
    detector = detectors.new(built, view=view, data_kind="synthetic", seed=0)
    one = costs.macs(detector) / 2
    if name == "frame_torch":
        assert one == pytest.approx(1.82e9 / 4, rel=0.1)
    else:
        assert one == pytest.approx(4.1e9 * 108 * 192 / 224**2, rel=0.1)


def test_twice_the_frames_cost_twice():
    lesson = family("frame_torch")
    built = lesson.build(network="slim", pretrained="none")
    macs = [
        costs.macs(detectors.new(built, view=lesson.view(n), data_kind="real", seed=0))
        for n in (1, 2)
    ]
    assert macs[1] == 2 * macs[0]
