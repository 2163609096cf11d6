"""What a detector costs, against what the frameworks and a hand count say."""

from dataclasses import replace

import pytest

from dfstudy.models import detector as detectors
from dfstudy.models import family, slim_torch
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


def conv(kernel: int, before: int, after: int, height: int, width: int) -> int:
    return kernel**2 * before * after * height * width


def by_hand(height: int, width: int) -> int:
    """Multiply-adds of the slim backbone for one frame, from its recipe."""
    slim, before, total = slim_torch.SLIM, 3, 0

    def halved(size: int, kernel: int, stride: int) -> int:
        return (size + 2 * (kernel // 2) - kernel) // stride + 1

    k, s = slim.stem_kernel, slim.stem_stride
    height, width = halved(height, k, s), halved(width, k, s)
    total += conv(k, before, slim.stem_channels, height, width)
    before = slim.stem_channels
    for after, stride in slim.stages:
        height, width = halved(height, 3, stride), halved(width, 3, stride)
        total += conv(3, before, after, height, width)
        total += conv(3, after, after, height, width)
        total += conv(1, before, after, height, width)
        before = after
    return total


@pytest.mark.parametrize("name", ["frame_keras", "frame_torch"])
def test_multiply_adds_and_parameters_are_those_of_the_recipe(name):
    lesson = family(name)
    built = lesson.build(network="slim", pretrained="none")
    view = replace(lesson.view(), frames=3)
    model = detectors.new(built, view=view, data_kind="synthetic", seed=0)
    outputs = {"keras": 1, "torch": 2}[built.framework]
    head = slim_torch.SLIM.features * outputs
    assert costs.macs(model) == 3 * (by_hand(view.height, view.width) + head)
    backbone = sum(p.numel() for p in slim_torch.SlimBackbone().parameters())
    assert costs._parameters(model.module) == backbone + head + outputs


FEATURES = slim_torch.SLIM.features
# Of one flow: 108 x 192 is averaged to 27 x 48 first; 800 numbers become 32.
TEMPORAL = 9 * 2 * 8 * 25 * 46 + 9 * 8 * 16 * 10 * 21 + 800 * 32


@pytest.mark.parametrize(
    ("name", "of_frame", "of_video"),
    [
        ("two_stream_frame", FEATURES * 32 + TEMPORAL + 64, 0),
        ("two_stream_video", FEATURES * 32 + TEMPORAL + 2 * 32 * 64, 2 * 64),
        ("cnn_rnn", FEATURES * 32 + 4 * (32 + 64) * 64, 64),
    ],
)
def test_multiply_adds_of_a_whole_video_are_those_of_its_frames(
    name, of_frame, of_video
):
    lesson, frames = family(name), 5
    view = lesson.view(frames)
    built = lesson.build(view=view, network="slim", pretrained="none")
    model = detectors.new(built, view=view, data_kind="synthetic", seed=0)
    assert costs.macs(model) == frames * (by_hand(108, 192) + of_frame) + of_video


def test_multiply_adds_of_the_3d_network():
    """Hara et al. (2018) count none; ResNet50's grow with the filters' depth."""
    lesson = family("cnn_3d")
    macs = []
    for frames in (4, 8):
        view = lesson.view(frames, height=108, width=192)
        built = lesson.build(view=view, network="slim", pretrained="none")
        model = detectors.new(built, view=view, data_kind="synthetic", seed=0)
        macs.append(costs.macs(model))
    maps = (27 * 48, 14 * 24, 7 * 12)
    stem = 3 * 49 * 3 * 24 * maps[0] * 2  # depth 3, at 2 of 4 frames
    first = (27 * 24 * 48 + 27 * 48 * 48 + 24 * 48) * maps[1]  # one of 4 frames
    second = (27 * 48 * 96 + 27 * 96 * 96 + 48 * 96) * maps[2]
    assert macs[0] == stem + first + second + FEATURES
    assert macs[1] - FEATURES == 2 * (macs[0] - FEATURES)
