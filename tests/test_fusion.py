"""S0's fusion network: shapes and sizes by torchvision, and what each input does."""

import numpy as np
import pytest
import torch

from dfstudy.data.view import View
from dfstudy.models import detector, fusion, text

RNG = np.random.default_rng(0)
TORCHVISION = fusion.torchvision.models.video.r3d_18


def count(module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def linear(before: int, after: int) -> int:
    return before * after + after


def clips(n: int = 2, frames: int = 4, side: int = 32) -> torch.Tensor:
    shape = (n, frames, side, side, 3)
    return torch.from_numpy(RNG.integers(0, 256, shape, dtype=np.uint8))


def texts(n: int = 2) -> torch.Tensor:
    return torch.from_numpy(RNG.normal(size=(n, text.SIZE)).astype(np.float32))


@pytest.mark.parametrize("inputs", ["both", "video", "text"])
def test_the_papers_network_has_its_parameters(inputs):
    built = fusion.build(network="full", pretrained="none", inputs=inputs)
    r3d = count(TORCHVISION(weights=None)) - linear(512, 400)
    assert count(built.module.encoder) == r3d == 33_166_272
    wide = 1024 if inputs == "both" else 512
    mlp = linear(wide, 1024) + linear(1024, 512) + linear(512, 2)
    assert count(built.module.head.mlp) == mlp
    assert count(built.module.head.text) == linear(384, 512)
    assert count(built.module) == r3d + mlp + linear(384, 512)
    assert built.module.eval()((clips(), texts())).shape == (2, 2)
    assert (built.backbone, built.spatial, built.head) == ("r3d_18", None, None)


def test_the_encoder_is_torchvisions_on_kinetics_statistics():
    built = fusion.build(network="full", pretrained="none")
    reference = TORCHVISION(weights=None)
    reference.fc = torch.nn.Identity()
    reference.load_state_dict(built.module.encoder.net.state_dict())
    x = clips(1, side=112)
    mean, std = fusion.STATISTICS["kinetics"]
    scaled = (x.double() / 255 - torch.tensor(mean)) / torch.tensor(std)
    with torch.inference_mode():
        ours = built.module.encoder.eval()(x)
        theirs = reference.eval()(scaled.permute(0, 4, 1, 2, 3).float())
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    assert ours.shape == (1, 512)


def test_statistics_are_a_parameter():
    by = {
        name: fusion.build(network="full", pretrained="none", normalise=name)
        for name in fusion.STATISTICS
    }
    x = clips(1)
    with torch.inference_mode():
        a, b = (built.module.encoder.eval()(x) for built in by.values())
    assert not torch.allclose(a, b)
    with pytest.raises(ValueError, match="kinetics, imagenet"):
        fusion.build(network="full", pretrained="none", normalise="none")


def test_larger_clips_are_averaged_down_to_112():
    encoder = fusion.build(network="full", pretrained="none").module.encoder.eval()
    small = clips(1, side=112)
    large = small.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(large), encoder(small), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("network", ["full", "slim"])
def test_an_input_that_is_left_out_does_not_count(network):
    for inputs, sees in (("both", "ct"), ("video", "c"), ("text", "t")):
        built = fusion.build(network=network, pretrained="none", inputs=inputs)
        module = built.module.eval()
        x, t = clips(), texts()
        with torch.inference_mode():
            first = module((x, t))
            other_clip = module((255 - x, t))
            other_text = module((x, -t))
        assert torch.equal(first, other_clip) == ("c" not in sees)
        assert torch.equal(first, other_text) == ("t" not in sees)


def test_the_slim_network_has_the_papers_topology():
    built = fusion.build(network="slim", pretrained="none", seed=3)
    width, size = fusion.SLIM.width, fusion.SLIM.features
    shapes = [
        tuple(layer.weight.shape)
        for layer in built.head.mlp
        if isinstance(layer, torch.nn.Linear)
    ]
    assert shapes == [(2 * width,) * 2, (width, 2 * width), (2, width)]
    features = built.spatial(clips()[0])
    assert features.shape == (4, size)
    again = fusion.build(network="slim", pretrained="none", seed=3)
    for a, b in zip(built.module.parameters(), again.module.parameters(), strict=True):
        assert torch.equal(a, b)


def test_kept_features_give_the_same_scores():
    model = made(frames=4)
    x, said = clips(side=112).numpy(), ["outside talking", "kitchen listening"]
    with torch.inference_mode():
        flat = model.built.spatial.eval()(torch.from_numpy(x).flatten(0, 1))
    kept = model.score_features(flat.unflatten(0, x.shape[:2]).numpy(), text=said)
    np.testing.assert_allclose(kept, model.score(x, text=said), atol=1e-5)


def test_a_batch_of_one_can_be_learned_from():
    module = fusion.build(network="slim", pretrained="none").head.train()
    features = torch.rand(1, 4, fusion.SLIM.features)
    loss = fusion.loss()(module((features, texts(1))), torch.ones(1))
    loss.backward()
    assert torch.isfinite(loss)


def test_inputs_have_names():
    with pytest.raises(ValueError, match='"both", "video" or "text"'):
        fusion.build(network="slim", pretrained="none", inputs="audio")


def test_the_two_ways_to_a_clip():
    interval, guided = fusion.view(), fusion.view(clip="guided", every=4)
    assert (interval.sampling, interval.crop, interval.resize) == (
        "even",
        "frame",
        "adaptive",
    )
    assert (guided.sampling, guided.crop, guided.every) == ("best", "face", 4)
    assert (interval.height, guided.height, interval.frames) == (112, 224, 16)
    assert interval.text and guided.text
    with pytest.raises(ValueError, match='"interval" or "guided"'):
        fusion.view(clip="best")


def test_s0s_recipe():
    paper = fusion.PAPER
    assert (paper.learning_rate, paper.rates) == (1e-3, {"encoder.": 1e-5})
    assert sorted(paper.batch_sizes) == [4, 8, 16, 32, 64, 128, 256]
    assert (paper.optimizer, paper.monitor, paper.epochs) == (
        "adam",
        "val_accuracy",
        10,
    )
    module = fusion.build(network="full", pretrained="none").module
    slow = [n for n, _ in module.named_parameters() if n.startswith("encoder.")]
    assert len(slow) == len(list(module.encoder.parameters()))


def made(frames: int = 3) -> detector.Detector:
    view = fusion.view(frames)
    built = fusion.build(view=view, network="slim", pretrained="none", seed=1)
    return detector.new(built, view=view, data_kind="synthetic", seed=1)


@pytest.fixture(autouse=True)
def hashed(monkeypatch, tmp_path):
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path))
    monkeypatch.setattr(text, "_model_folder", lambda: None)


def test_descriptions_are_given_where_they_are_read():
    model, x = made(), clips(frames=3, side=112).numpy()
    said = ["outside talking", None]
    scores = model.score(x, text=said)
    np.testing.assert_allclose(model.score(x, text=text.encode(said)), scores)
    with pytest.raises(ValueError, match="takes a description of each video"):
        model.score(x)
    with pytest.raises(ValueError, match="do not belong to 2"):
        model.score(x, text=["one"])
    model.info["view"] = View(frames=3, height=112, width=112).to_dict()
    with pytest.raises(ValueError, match="takes no text"):
        model.score(x, text=said)


def test_another_encoder_than_it_learned_with_is_refused():
    model, x = made(), clips(frames=3, side=112).numpy()
    model.info["text"] = text.MINILM
    with pytest.raises(ValueError, match=r"by all-MiniLM-L6-v2.*by hashed-words"):
        model.score(x, text=["outside", "kitchen"])
