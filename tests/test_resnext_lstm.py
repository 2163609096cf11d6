"""S2 and S4: shapes, sizes, orders of layers, and the bug that it teaches."""

import numpy as np
import pytest
import torch
from conftest import TINY

from dfstudy import models
from dfstudy.models import detector as detectors
from dfstudy.models import resnext_lstm
from dfstudy.study import batches, lengths
from dfstudy.training import costs

RESNEXT50 = 22_979_904  # of torchvision, without its last layer
RESNET50 = 23_508_032
LSTM = 4 * 2048 * (2048 + 2048) + 2 * 4 * 2048  # PyTorch has two sets of biases
LINEAR = 2048 * 2 + 2


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def build(network="slim", **options):
    return resnext_lstm.build(network=network, pretrained="none", **options)


@pytest.fixture(scope="module")
def paper():
    return build("full")


def test_the_papers_network_has_56_55_million_parameters(paper):
    assert count(paper.spatial) == RESNEXT50
    assert count(paper.head) == LSTM + LINEAR
    assert count(paper.module) == 56_554_818
    lstm = paper.head.reader.lstm
    assert (lstm.input_size, lstm.hidden_size, lstm.num_layers) == (2048, 2048, 1)
    assert lstm.batch_first and lstm.bias and not lstm.bidirectional


def test_the_ablations_of_s4(paper):
    assert count(build("full", backbone="resnet50").module) == RESNET50 + LSTM + LINEAR
    assert count(build("full", recurrence="none").module) == RESNEXT50 + LINEAR


def test_a_face_makes_2048_numbers_and_a_clip_two(paper):
    clips = torch.zeros(1, 2, 112, 112, 3, dtype=torch.uint8)
    with torch.no_grad():
        assert paper.spatial.eval()(clips[0]).shape == (2, 2048)
        assert paper.module.eval()(clips).shape == (1, 2)


def test_the_view_is_that_of_s2():
    view = resnext_lstm.view(150)
    assert (view.frames, view.height, view.width) == (150, 112, 112)
    assert (view.crop, view.sampling, view.drop) == ("face", "first", "frame")


def test_the_settings_are_the_papers():
    paper = resnext_lstm.PAPER
    assert (paper.learning_rate, paper.weight_decay) == (1e-5, 1e-3)
    assert (paper.batch_size, paper.epochs, paper.patience) == (4, 20, 5)
    assert (paper.optimizer, paper.monitor, paper.dropout) == ("adam", "val_loss", 0.4)


@pytest.mark.parametrize(
    ("order", "layers"),
    [("s2", ["LeakyReLU", "Dropout", "Linear"]), ("s4", ["Linear", "Dropout"])],
)
def test_the_order_of_the_last_layers(order, layers):
    last = build(order=order).head.last
    assert [type(layer).__name__ for layer in last] == layers


@pytest.mark.parametrize("pool", ["mean", "last", "max"])
def test_pooling_is_over_time(pool):
    head = build("full", recurrence="none", pool=pool, order="s4").head.eval()
    x = torch.randn(3, 5, 2048)
    pooled = {"mean": x.mean(1), "last": x[:, -1], "max": x.amax(1)}[pool]
    torch.testing.assert_close(head(x), head.last[0](pooled))


@pytest.mark.parametrize("network", ["full", "slim"])
def test_the_bug_runs_over_the_batch_and_is_blind_to_order(network):
    features = 2048 if network == "full" else 8
    x = torch.randn(4, 6, features)
    other = torch.cat([torch.randn(3, 6, features), x[3:]])
    mixed = x[:, torch.randperm(6)]
    with torch.no_grad():
        right = build(network).head.eval()
        assert torch.allclose(right(x)[3], right(other)[3], atol=1e-5)
        assert not torch.allclose(right(x), right(mixed), atol=1e-5)
        bug = build(network, recurrence="batch").head.eval()
        assert not torch.allclose(bug(x)[3], bug(other)[3], atol=1e-5)
        assert torch.allclose(bug(x), bug(mixed), atol=1e-5)
    copied = bug.reader.lstm
    assert not copied.bias and not copied.batch_first and not copied.bidirectional


def test_the_head_reads_the_spatial_networks_features():
    built = build()
    clips = torch.randint(0, 256, (2, 3, 112, 112, 3), dtype=torch.uint8)
    with torch.no_grad():
        built.module.eval()
        seen = built.spatial(clips.flatten(0, 1)).view(2, 3, -1)
        torch.testing.assert_close(built.module(clips), built.head(seen))


@pytest.mark.parametrize(
    "options",
    [
        {"recurrence": "space"},
        {"pool": "min"},
        {"order": "s3"},
        {"backbone": "vgg"},
        {"network": "huge"},
    ],
)
def test_unknown_options_are_refused(options):
    with pytest.raises(ValueError, match="none of"):
        build(**options)


def test_a_slim_resnet50_is_refused_with_the_reason():
    with pytest.raises(resnext_lstm.NoStandIn, match="stands in"):
        build(backbone="resnet50")


def test_more_is_a_stretch_of_each_clip_and_real_ones_out_of_order_as_fakes():
    x = torch.arange(4 * 20 * 2).view(4, 20, 2).float()
    y = torch.tensor([0.0, 1.0, 0.0, 1.0])
    out, labels = resnext_lstm.more(x, y, np.random.default_rng(0))
    assert out.shape == (10, 10, 2) and labels.tolist() == [0, 1, 0, 1, *[1] * 6]
    steps = np.diff(out, axis=1)
    assert (np.abs(steps[:4]) == 2).all()  # in order, perhaps backwards or mirrored
    assert (np.sign(steps[:4]) == np.sign(steps[:4, :1])).all()
    assert not (np.abs(steps[4:]) == 2).all(axis=(1, 2)).any()
    in_order = out[[0, 0, 0, 2, 2, 2]].sort(1).values.mean((1, 2))
    torch.testing.assert_close(out[4:].mean((1, 2)), in_order)  # the same frames


def test_more_of_a_short_clip_is_all_of_it_and_of_fakes_no_copies():
    x = torch.randn(3, 4, 8)
    out, labels = resnext_lstm.more(x, torch.ones(3), np.random.default_rng(0))
    assert out.shape == x.shape and labels.tolist() == [1, 1, 1]


def test_macs_count_the_lstm():
    view = resnext_lstm.view(3)
    options = {"view": view, "data_kind": "none", "seed": 0}
    with_it, without = (
        costs.macs(detectors.new(build(recurrence=recurrence), **options))
        for recurrence in ("time", "none")
    )
    hidden, read = resnext_lstm.SLIM_HIDDEN, 8
    lstm = 3 * 4 * hidden * (hidden + read)
    assert with_it - without == lstm + 2 * (hidden - read)


def test_kept_bytes_of_a_layer_are_what_its_backward_pass_needs():
    layer = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Tanh())
    x = torch.randn(5, 8)
    # The input of the linear layer and the output of the tanh; no weights.
    assert lengths.kept_bytes(layer, x) == 4 * (5 * 8 + 5 * 4)


def test_growth_is_linear_and_the_formulas_are_not():
    table = lengths.growth(resnext_lstm, [2, 4], network="slim")
    short, long = table.iloc[0], table.iloc[1]
    assert long["macs"] == pytest.approx(2 * short["macs"], rel=0.01)
    assert long["kept_mb"] == pytest.approx(2 * short["kept_mb"], rel=0.05)
    assert long["formula_time"] > 3.9 * short["formula_time"]
    assert lengths.formula_time(2) == 2 * (48 * 9 * 3 + 2 * 2048**2)
    assert lengths.formula_memory(2) == 2 * (2048 + 112**2 + 2 * 2048)


class FakeDetector:
    """A detector of clips whose score is any function of a batch (B, T, H, W, 3)."""

    def __init__(self, detector, score):
        self.view, self._score = detector.view, score

    def score(self, clips, flow=None):
        means = clips.astype(float).mean(axis=(2, 3, 4))
        return self._score(means * 37 % 1)  # a number that is the frame's own


def first_frames(means):
    return means @ np.linspace(1, 0, means.shape[1]) / means.shape[1]


@pytest.mark.parametrize(
    ("score", "passed"),
    [
        (first_frames, [True, True, True]),
        (lambda m: m.mean(1), [True, True, False]),
        (lambda m: m, [True, True, False]),  # frame by frame
        (lambda m: np.cumsum(m.mean(1)) / len(m), [False, False, False]),
        (lambda m: m.mean(1) - m.mean(), [False, False, False]),
    ],
)
def test_the_battery_catches_neighbours_and_misses_no_order(
    tiny_model, tiny_data, score, passed
):
    fake = FakeDetector(tiny_model.detector, score)
    table = batches.battery(fake, tiny_data, reads_order=True, videos=3)
    assert table["passed"].tolist() == passed
    blind = batches.battery(fake, tiny_data, reads_order=False, videos=3)
    assert blind["passed"].iloc[2] == (not passed[2])
    unknown = batches.battery(fake, tiny_data, videos=3)
    assert unknown["passed"].isna().tolist() == [False, False, True]


def test_a_real_detector_goes_through_the_battery(tiny_model, tiny_data):
    table = batches.battery(tiny_model.detector, tiny_data, reads_order=False, videos=2)
    assert table["passed"].all()


def test_it_trains_on_kept_features_and_is_loaded_again(tiny_data, tmp_path):
    from dfstudy.training.experiment import train
    from dfstudy.training.fitted import Variant
    from dfstudy.training.rule import MEAN

    options = {"lesson": "08", "data": tiny_data, "profile": TINY, "seed": 0}
    options |= {"rules": [MEAN], "start": "none", "runs": tmp_path}
    variant = Variant(look={"frames": 4})
    trained = train("resnext_lstm", variant=variant, **options)
    assert trained.detector.info["frozen"]
    again = detectors.load(trained.detector.folder)
    x = np.zeros((2, 4, 112, 112, 3), np.uint8)
    np.testing.assert_allclose(again.score(x), trained.detector.score(x), atol=1e-6)
    assert models.family("resnext_lstm").LEVEL == again.level == "video"
