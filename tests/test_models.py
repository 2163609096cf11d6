"""The networks: shapes and sizes of the libraries' own, one slim recipe in both."""

import dataclasses

import numpy as np
import pytest
import torch

from dfstudy import models
from dfstudy.models import frame_keras, frame_torch, slim_keras, slim_torch

keras = frame_keras.keras
RNG = np.random.default_rng(0)


def frames(n: int, height: int, width: int) -> np.ndarray:
    return RNG.integers(0, 256, (n, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", models.FAMILIES)
def test_every_family_keeps_the_contract(name):
    family = models.family(name)
    assert name == family.NAME
    assert family.FRAMEWORK in family.__doc__.splitlines()[0].lower().replace("py", "")
    assert family.LEVEL in {"frame", "video"}
    assert dataclasses.is_dataclass(family.PAPER)
    with pytest.raises(dataclasses.FrozenInstanceError):
        family.PAPER.batch_size = 1
    assert family.view(8).frames == 8
    with pytest.raises(ValueError, match="full"):
        family.build(network="huge")
    with pytest.raises(ValueError, match="imagenet"):
        family.build(network="slim", pretrained="imagenet")
    with pytest.raises(ValueError, match="imagenet"):
        family.build(network="full", pretrained="synthetic-tracks")


def test_an_unknown_family_is_refused_with_the_ones_there_are():
    with pytest.raises(ValueError, match="frame_keras, frame_torch"):
        models.family("os")


def test_s1_is_resnet50_pooled_and_one_linear_unit():
    built = frame_keras.build(network="full", pretrained="none")
    reference = keras.applications.ResNet50(
        weights=None, include_top=False, input_shape=(108, 192, 3)
    )
    assert reference.output_shape == (None, 4, 6, 2048)
    assert built.module.count_params() == reference.count_params() + 2048 + 1
    assert built.module.input_shape == (None, 108, 192, 3)
    assert built.module.output_shape == (None, 1)
    assert (built.backbone, built.pretrained) == ("resnet50", "none")
    inner = built.spatial.get_layer("resnet50")
    reference.set_weights(inner.get_weights())
    x = frames(1, 108, 192)
    scaled = keras.applications.resnet.preprocess_input(x.astype(np.float32))
    pooled = np.asarray(reference(scaled)).mean((1, 2))
    kernel, bias = built.head.get_layer("logit").get_weights()
    logits = built.module.predict_on_batch(x)
    np.testing.assert_allclose(logits, pooled @ kernel + bias, rtol=1e-3, atol=1e-4)


def test_s0_is_resnet18_with_two_logits():
    built = frame_torch.build(network="full", pretrained="none")
    reference = frame_torch.torchvision.models.resnet18(num_classes=2)
    reference.load_state_dict(
        {
            **built.module.backbone.net.state_dict(),
            "fc.weight": built.module.head.weight,
            "fc.bias": built.module.head.bias,
        }
    )
    x = torch.from_numpy(frames(2, 112, 112))
    scaled = frame_torch.torchvision.transforms.functional.normalize(
        x.permute(0, 3, 1, 2) / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    )
    with torch.inference_mode():
        ours, theirs = built.module.eval()(x), reference.eval()(scaled)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_slim_backbone_is_the_same_in_both_frameworks():
    backbone = slim_torch.SlimBackbone().train()
    for _ in range(3):  # norms with means and variances of their own
        backbone(torch.from_numpy(frames(4, 108, 192)))
    twin = slim_keras.build(height=108, width=192)
    slim_keras.copy(backbone.state_dict(), twin)
    x = frames(3, 108, 192)
    with torch.inference_mode():
        ours = backbone.eval()(torch.from_numpy(x)).numpy()
    assert np.abs(ours - twin.predict_on_batch(x)).max() < 1e-4
    count = sum(p.numel() for p in backbone.parameters())
    assert 100_000 < count < 300_000
    trained = sum(int(np.prod(w.shape)) for w in twin.trainable_weights)
    assert trained == count


@pytest.mark.parametrize("size", [(108, 192), (112, 112), (16, 16)])
def test_the_slim_backbone_takes_any_size(size):
    x = torch.from_numpy(frames(2, *size))
    backbone = slim_torch.SlimBackbone().eval()
    assert backbone(x).shape == (2, slim_torch.SLIM.features)
    assert backbone.maps(x).shape[1] == slim_torch.SLIM.features


def test_a_pretrained_slim_backbone_starts_both_detectors(tmp_path):
    backbone = slim_torch.SlimBackbone()
    path = tmp_path / "slim.safetensors"
    reader = slim_torch.SlimReader(backbone, 3)
    slim_torch.save(reader, path, about={"pretrained": "synthetic-tracks"})
    torch_built = frame_torch.build(network="slim", pretrained=path)
    keras_built = frame_keras.build(network="slim", pretrained=path)
    assert torch_built.pretrained == keras_built.pretrained == "synthetic-tracks"
    stem = backbone.stem.conv.weight.detach().numpy()
    ours = torch_built.module.backbone.stem.conv.weight.detach().numpy()
    theirs = keras_built.module.get_layer("slim").get_layer("stem_conv").get_weights()
    np.testing.assert_array_equal(ours, stem)
    np.testing.assert_array_equal(theirs[0].transpose(3, 2, 0, 1), stem)


def test_the_reader_is_kept_with_the_backbone(tmp_path):
    path = tmp_path / "slim.safetensors"
    reader = slim_torch.SlimReader(slim_torch.SlimBackbone(), 5).eval()
    slim_torch.save(reader, path, about={"pretrained": "synthetic-tracks"})
    fewer, used = slim_torch.start_reader(path, outputs=3)
    x = torch.from_numpy(frames(2, 32, 32))
    with torch.no_grad():
        torch.testing.assert_close(fewer.eval()(x)[0], reader(x)[0][:, :3])
        torch.testing.assert_close(fewer(x)[1], reader(x)[1])
    assert used == "synthetic-tracks"
    with pytest.raises(ValueError, match="5 readings"):
        slim_torch.start_reader(path, outputs=6)


def test_weights_of_something_else_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="no slim backbone"):
        slim_torch.start(tmp_path / "other.safetensors")


@pytest.mark.parametrize("name", models.FAMILIES)
def test_the_seed_decides_the_random_weights(name):
    def first(seed: int) -> np.ndarray:
        built = models.family(name).build(network="slim", pretrained="none", seed=seed)
        if built.framework == "keras":
            return np.concatenate([np.ravel(w) for w in built.module.get_weights()])
        return np.concatenate([p.detach().ravel() for p in built.module.parameters()])

    assert np.array_equal(first(1), first(1))
    assert not np.array_equal(first(1), first(2))


def test_building_leaves_torchs_random_state_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    frame_torch.build(network="slim", pretrained="none", seed=3)
    assert torch.rand(1) == expected


def test_both_losses_are_the_weighted_cross_entropy():
    logits = RNG.normal(size=(6, 1)).astype(np.float32)
    y = np.array([0, 1, 1, 0, 1, 1], np.float32)
    p = 1 / (1 + np.exp(-logits[:, 0].astype(np.float64)))
    weight = np.where(y == 1, 0.75, 1.5)
    each = -weight * (y * np.log(p) + (1 - y) * np.log(1 - p))
    loss = frame_keras.loss((1.5, 0.75))
    for labels in (y, y[:, None]):  # as a loader gives them, and as Keras likes them
        assert float(loss(labels, logits)) == pytest.approx(each.mean(), rel=1e-5)
    two = torch.from_numpy(np.hstack([np.zeros_like(logits), logits]))
    got = frame_torch.loss((1.5, 0.75))(two, torch.from_numpy(y))
    assert float(got) == pytest.approx(each.sum() / weight.sum(), rel=1e-5)


def test_probability_of_one_and_of_two_logits():
    logits = RNG.normal(size=(5, 2)) * 10
    soft = torch.softmax(torch.from_numpy(logits), 1)[:, 1].numpy()
    np.testing.assert_allclose(models.fake_probability(logits), soft, rtol=1e-5)
    one = logits[:, 1:] - logits[:, :1]
    np.testing.assert_allclose(models.fake_probability(one), soft, rtol=1e-5)
    extreme = models.fake_probability(np.array([[-2000.0], [2000.0]]))
    assert extreme.tolist() == [0.0, 1.0]
