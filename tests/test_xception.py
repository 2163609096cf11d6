"""S3's networks: timm's shapes and counts, which layers learn, the control."""

import numpy as np
import pytest
import timm
import torch

from dfstudy import models
from dfstudy.models import xception, xception_lstm
from dfstudy.models.xception import PAPER, SLIM, layers
from dfstudy.training.fitted import Variant


def count(module):
    return sum(p.numel() for p in module.parameters())


def learning(module):
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def noise(*shape, seed=0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("backbone", "name", "features", "parameters"),
    [
        ("xception", "legacy_xception", 2048, 20_806_952),
        ("efficientnet_b3", "efficientnet_b3", 1536, 10_696_232),
    ],
)
def test_shapes_and_counts_are_timms(backbone, name, features, parameters):
    built = xception.build(pretrained="none", backbone=backbone)
    module = built.module
    assert count(timm.create_model(name, num_classes=0)) == parameters
    assert count(module.backbone) == parameters
    assert count(module) == parameters + features + 1
    assert (built.backbone, built.pretrained) == (backbone, "none")
    with torch.no_grad():
        module.eval()
        assert module.backbone(noise(1, 96, 96)).shape == (1, features)
        assert module(noise(2, 96, 96)).shape == (2, 1)


def test_the_frames_are_normalised_with_imagenets_numbers():
    module = xception.build(pretrained="none").module.eval()
    x = noise(2, 80, 80)
    mean, std = np.array(PAPER.mean), np.array(PAPER.std)
    theirs = (
        torch.from_numpy((x.numpy() / 255 - mean) / std).float().permute(0, 3, 1, 2)
    )
    with torch.no_grad():
        torch.testing.assert_close(
            module.backbone(x), module.backbone.net(theirs), rtol=1e-3, atol=1e-4
        )


def test_the_weights_of_timm_fit_by_name(monkeypatch):
    state = timm.create_model("legacy_xception", num_classes=0).state_dict()
    given = (state, "imagenet")
    monkeypatch.setattr(xception.weights, "fetch", lambda *args, **kwargs: given)
    module = xception.build(pretrained="imagenet").module
    for name, value in module.backbone.net.state_dict().items():
        torch.testing.assert_close(value, state[name])


@pytest.mark.parametrize("backbone", ["xception", "efficientnet_b3"])
def test_the_last_18_layers_learn_and_the_unit(backbone):
    module = xception.build(pretrained="none", backbone=backbone).module
    every = layers(module.backbone)
    for place, layer in enumerate(every):
        last = place >= len(every) - 18
        assert all(p.requires_grad == last for p in layer.parameters(recurse=False))
    assert all(p.requires_grad for p in module.head.parameters())
    assert learning(module) == count(module.head) + sum(
        p.numel() for layer in every[-18:] for p in layer.parameters(recurse=False)
    )
    if backbone == "xception":
        assert learning(module) == 7_327_832 + 2049


def test_how_many_learn_is_a_parameter():
    none = xception.build(pretrained="none", trainable=0).module
    assert learning(none) == 2049
    every = xception.build(pretrained="none", trainable=10_000).module
    assert learning(every) == count(every)


def test_norms_of_frozen_layers_keep_their_means():
    module = xception.build(pretrained="none", trainable=3).module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    loss = xception.loss()
    optimizer = torch.optim.AdamW(module.parameters(), 0.01, weight_decay=0.1)
    loss(module(noise(4, 64, 64)), torch.tensor([0.0, 1.0, 0.0, 1.0])).backward()
    optimizer.step()
    changed = {
        n for n, v in module.state_dict().items() if not torch.equal(v, before[n])
    }
    places = {name.removeprefix("backbone.net.").split(".")[0] for name in changed}
    assert places == {"conv4", "bn4", "head"}
    assert "backbone.net.bn4.running_mean" in changed
    module.eval().train()
    assert not module.backbone.net.bn1.training and module.backbone.net.bn4.training


def test_e4_thaws_two_layers_an_epoch_up_to_18():
    module = xception.build(
        pretrained="none", backbone="efficientnet_b3", gradual=True
    ).module
    every = layers(module.backbone)
    for epoch, number in ((0, 2), (1, 4), (8, 18), (9, 18), (30, 18), (0, 2)):
        xception.thaw(module, epoch)
        free = [
            any(p.requires_grad for p in layer.parameters(recurse=False))
            for layer in every
        ]
        assert free == [False] * (len(every) - number) + [True] * number
        assert every[-1].training and not every[-19].training


def test_the_others_learn_as_built():
    module = xception.build(pretrained="none").module
    before = learning(module)
    xception.thaw(module, 0)
    assert learning(module) == before


@pytest.mark.parametrize("reader", ["lstm", "mean"])
def test_a_video_has_one_logit(reader):
    built = xception_lstm.build(pretrained="none", reader=reader)
    module = built.module.eval()
    clips = noise(2, 3, 72, 72)
    with torch.no_grad():
        out = module(clips)
        seen = built.spatial(clips.flatten(0, 1)).unflatten(0, (2, 3))
        assert out.shape == (2, 1) and seen.shape == (2, 3, 2048)
        torch.testing.assert_close(built.head(seen), out)
    assert learning(module.backbone) == 7_327_832


def test_the_bi_lstm_is_as_large_as_torchs():
    built = xception_lstm.build(pretrained="none")
    hidden = xception_lstm.PAPER.hidden
    of_one = 4 * hidden * (2048 + hidden + 2)  # two biases in PyTorch
    assert count(built.head.lstm) == 2 * of_one
    assert count(built.head) == 2 * of_one + 2 * hidden + 1


def slim(reader, seed=0):
    return xception_lstm.build(
        network="slim", pretrained="none", reader=reader, seed=seed
    )


def test_order_matters_to_the_lstm_and_not_to_its_control():
    clips = noise(3, 5, 48, 48)
    for reader, same in (("lstm", False), ("mean", True)):
        module = slim(reader).module.eval()
        with torch.no_grad():
            a, b = module(clips), module(clips.flip(1))
        assert torch.allclose(a, b, atol=1e-5) == same


def test_a_video_does_not_hear_of_its_neighbours():
    clips = noise(3, 5, 48, 48)
    module = slim("lstm").module.eval()
    with torch.no_grad():
        alone = torch.cat([module(clip[None]) for clip in clips])
        torch.testing.assert_close(module(clips), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", ["xception", "xception_lstm"])
def test_the_slim_one_begins_with_the_slim_backbone(family):
    built = models.family(family).build(network="slim", pretrained="none", seed=1)
    again = models.family(family).build(network="slim", pretrained="none", seed=1)
    assert len(layers(built.module.backbone)) == 14
    frozen = [
        layer
        for layer in layers(built.module.backbone)
        if not any(p.requires_grad for p in layer.parameters(recurse=False))
    ]
    assert len(frozen) == 14 - SLIM.trainable
    for a, b in zip(built.module.parameters(), again.module.parameters(), strict=True):
        assert torch.equal(a, b)


def test_wrong_settings_are_told():
    with pytest.raises(ValueError, match="reader"):
        slim("gru")
    with pytest.raises(ValueError, match="backbone"):
        xception.build(pretrained="none", backbone="resnet50")
    with pytest.raises(ValueError, match="network"):
        xception.build(network="tiny", pretrained="none")
    with pytest.raises(ValueError, match="imagenet"):
        xception.build(pretrained="synthetic-tracks")


def test_the_loss_is_smoothed_cross_entropy_or_focal():
    assert xception.loss().smoothing == PAPER.smoothing == 0.005
    focal = xception.loss((1.5, 0.75), gamma=PAPER.gamma)
    assert (focal.alpha, focal.gamma, focal.class_weight) == (0.25, 2.0, (1.5, 0.75))


def test_the_views_are_s3s_and_a_prefix_of_lesson_08s():
    view = xception.view()
    assert (view.frames, view.height, view.width) == (10, 224, 224)
    assert (view.crop, view.sampling, view.drop) == ("face", "even", "video")
    slim = xception.view(**xception.SLIM_LOOK)
    assert (slim.height, slim.sampling, slim.drop, slim.follow) == (
        112,
        "first",
        "frame",
        8,
    )


def test_s3s_next_step_has_a_name_of_its_own():
    step = Variant(loss={"gamma": PAPER.gamma}, longer=1.5)
    assert step.name == "gamma2-longer1.5" and Variant().name == ""
