"""Grad-CAM: against hand-made gradients, planted networks and every family's shape."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import nn

from dfstudy import models
from dfstudy.data.view import View
from dfstudy.detect import gradcam as module
from dfstudy.detect.gradcam import enlarged, finer, gradcam
from dfstudy.frameworks import import_keras
from dfstudy.models import Built, margin
from dfstudy.models import detector as detectors
from dfstudy.models.detector import Detector

keras = import_keras()
RNG = np.random.default_rng(0)
VIEW = View(frames=3, height=16, width=24)
CLIPS = RNG.integers(0, 256, (2, 3, 16, 24, 3), dtype=np.uint8)
# Four maps of the frames' colours at a quarter of their size, and how they count.
MIX = RNG.normal(size=(4, 3)).astype(np.float32)
MIX -= MIX.mean(1, keepdims=True)  # grey counts for nothing
LAST = RNG.normal(size=(2, 4)).astype(np.float32)


class Averages(nn.Module):
    """Two logits, linear in the mean of four maps."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool2d(4)
        self.mix = nn.Conv2d(3, 4, 1, bias=False)
        self.head = nn.Linear(4, 2, bias=False)
        with torch.no_grad():
            self.mix.weight[:] = torch.from_numpy(MIX)[..., None, None]
            self.head.weight[:] = torch.from_numpy(LAST)

    def forward(self, frames):
        x = self.pool(frames.permute(0, 3, 1, 2).float() / 255)
        return self.head(self.mix(x).mean((2, 3)))


def averages_in_torch():
    module = Averages()
    return wrapped(module, "torch", maps=module.mix)


def averages_in_keras():
    frames = keras.Input((16, 24, 3), dtype="uint8")
    x = keras.ops.cast(frames, "float32") / 255.0
    x = keras.layers.AveragePooling2D(4)(x)
    maps = keras.layers.Conv2D(4, 1, use_bias=False, name="mix")(x)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    spatial = keras.Model(frames, pooled)
    spatial.get_layer("mix").set_weights([MIX.T[None, None]])
    seen = keras.Input((4,))
    head = keras.Model(seen, keras.layers.Dense(2, use_bias=False, name="l")(seen))
    head.get_layer("l").set_weights([LAST.T])
    module = keras.Model(frames, head(spatial(frames)))
    return wrapped(module, "keras", maps=maps, spatial=spatial, head=head)


def wrapped(module, framework, *, level="frame", view=VIEW, **parts):
    about = {"framework": framework, "network": "slim", "backbone": "slim"}
    built = Built(module=module, name="own", pretrained="none", **about, **parts)
    return Detector(built, {"view": view.to_dict(), "level": level, "name": "own"})


def maps_by_hand():
    """(N * T, 4, 4, 6)."""
    x = CLIPS.reshape(6, 4, 4, 6, 4, 3).mean((2, 4)) / 255
    return np.einsum("nhwc,kc->nkhw", x, MIX)


@pytest.mark.parametrize("make", [averages_in_torch, averages_in_keras])
def test_of_averaged_maps_grad_cam_is_class_activation_over_the_area(make):
    """Zhou et al. 2016: the last layer's weights; each map's slope is that over h w."""
    detector = make()
    maps = maps_by_hand()
    cam = np.einsum("nkhw,k->nhw", maps, LAST[1] - LAST[0])
    right = np.maximum(cam / 24, 0)
    assert (cam < 0).any() and (cam > 0).any()  # there is something to cut off
    heat = gradcam(detector, CLIPS, batch_size=1)
    assert heat.shape == (2, 3, 16, 24) and heat.dtype == np.float32
    np.testing.assert_allclose(
        heat.reshape(6, 16, 24)[:, ::4, ::4], right, rtol=1e-4, atol=1e-6
    )
    # What counts everywhere alike is the same place by place.
    np.testing.assert_allclose(gradcam(detector, CLIPS, each_place=True), heat, 1e-4)


def test_what_speaks_for_fake_adds_up_to_the_margin():
    detector = averages_in_torch()
    with torch.no_grad():
        odds = margin(detector.module(torch.from_numpy(CLIPS[:, 0]))).numpy()
    maps = maps_by_hand().reshape(2, 3, 4, 4, 6)[:, 0]
    heat = gradcam(detector, CLIPS[:, :1])[:, 0, ::4, ::4]
    against = np.einsum("nkhw,k->nhw", maps, LAST[0] - LAST[1]) / 24
    total = heat.sum((1, 2)) - np.maximum(against, 0).sum((1, 2))
    np.testing.assert_allclose(total, odds, rtol=1e-4)


@pytest.mark.parametrize("name", ["frame_torch", "frame_keras"])
def test_the_heat_is_where_a_planted_network_looks(name):
    """Of a slim network whose first filter sees white, only the white corner counts."""
    view = View(frames=2, height=64, width=64)
    detector = slim(name, view)
    clips = np.zeros((1, 2, 64, 64, 3), np.uint8)
    clips[:, 0, 40:, :24] = 255
    planted(detector, name)
    for options in ({}, {"each_place": True}, {"maps": finer(detector)}):
        heat = gradcam(detector, clips, **options)[0]
        y, x = np.unravel_index(heat[0].argmax(), (64, 64))
        assert y >= 40 and x < 24
        assert heat[0, :24, 40:].max() < 0.2 * heat[0].max()
        assert heat[1].sum() < 0.2 * heat[0].sum()


def planted(detector, name):
    """Weights that pass brightness on: every layer keeps what its middle pixel says."""
    if name == "frame_torch":
        from dfstudy.models import frame_keras

        twin = frame_keras.build(view=detector.view, network="slim", pretrained="none")
        layers = twin.spatial.layers
    else:
        layers = detector.built.spatial.layers
    for layer in layers:
        if layer.name.endswith("_conv"):
            (kernel,) = layer.get_weights()
            kernel = np.zeros_like(kernel)
            middle = kernel.shape[0] // 2
            kernel[middle, middle] = 1 / kernel.shape[2]
            layer.set_weights([kernel])
    if name == "frame_keras":
        kernel, bias = detector.built.head.get_layer("logit").get_weights()
        detector.built.head.get_layer("logit").set_weights([kernel * 0 + 1, bias])
        return
    state = detector.module.state_dict()
    for layer in layers:
        if layer.name.endswith("_conv"):
            key = f"{layer.name.removesuffix('_conv').replace('blocks_', 'blocks.')}"
            key = key.replace("_first", ".first").replace("_second", ".second")
            key = f"backbone.{key.replace('_skip', '.skip')}.conv.weight"
            kernel = layer.get_weights()[0].transpose(3, 2, 0, 1)
            state[key] = torch.from_numpy(np.ascontiguousarray(kernel))
    state["head.weight"] = torch.tensor([[-1.0], [1.0]]).expand(2, 96).clone()
    detector.module.load_state_dict(state)


def slim(name, view, **shape):
    family = models.family(name)
    built = family.build(view=view, network="slim", pretrained="none", **shape)
    return detectors.new(built, view=view, data_kind="synthetic", seed=0, shape=shape)


def given(detector, n=2):
    """Clips, flow and text for a detector."""
    view = detector.view
    shape = (n, view.frames, view.height, view.width)
    clips = RNG.integers(0, 256, (*shape, 3), dtype=np.uint8)
    flow = RNG.normal(size=(*shape, 2)).astype(np.float16)
    text = RNG.normal(size=(n, 384)).astype(np.float32)
    return clips, flow if view.flow != "none" else None, text if view.text else None


@pytest.mark.parametrize("name", models.FAMILIES)
def test_every_family_can_be_asked(name, monkeypatch):
    own = models.family(name).VIEW
    height = 64 if own.crop == "face" else 48  # flow needs as much
    detector = slim(name, replace(own, frames=4, height=height, width=64))
    clips, flow, text = given(detector)
    heat = gradcam(detector, clips, flow, text=text, batch_size=1)
    assert heat.shape == clips.shape[:-1] and heat.dtype == np.float32
    both = gradcam(detector, clips, flow, text=text, batch_size=2)
    np.testing.assert_allclose(heat, both, rtol=1e-3, atol=1e-3 * heat.max())
    # Of an untrained network all may speak for "real": then the other side has heat.
    monkeypatch.setattr(module, "margin", lambda logits: -margin(logits))
    against = gradcam(detector, clips, flow, text=text)
    assert heat.min() >= 0 and against.min() >= 0
    signed = heat - against
    assert signed.any((1, 2, 3)).all()
    if name != "cnn_3d":  # whose maps stand for four frames
        assert not np.allclose(signed[:, 0], signed[:, 1], atol=1e-3 * signed.std())


def test_asking_leaves_a_network_as_it_is():
    for name in ("frame_torch", "cnn_rnn"):
        view = models.family(name).VIEW
        detector = slim(name, replace(view, frames=4, height=32, width=32))
        clips, *_ = given(detector)
        before = detector.score(clips)
        weights = [w.copy() for w in models.all_weights(detector.module)]
        gradcam(detector, clips)
        np.testing.assert_array_equal(detector.score(clips), before)
        for one, other in zip(
            weights, models.all_weights(detector.module), strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_captum_and_the_formula_agree():
    """On the maps of an LSTM's frames: mean slope of a map, weighed sum, cut at 0."""
    view = replace(models.family("resnext_lstm").VIEW, frames=4, height=32, width=32)
    detector = slim("resnext_lstm", view)
    clips, *_ = given(detector, n=1)
    module, layer = detector.module.eval(), detector.built.maps
    kept = {}
    hook = layer.register_forward_hook(
        lambda _, __, out: kept.setdefault("maps", out.requires_grad_())
    )
    odds = margin(module(torch.from_numpy(clips))).sum()
    (slopes,) = torch.autograd.grad(odds, kept["maps"])
    hook.remove()
    maps = kept["maps"]
    right = (maps * slopes.mean((2, 3), keepdim=True)).sum(1).clamp(min=0)
    own = gradcam(detector, clips)[0, :, ::16, ::16]
    np.testing.assert_allclose(own, right.detach().numpy(), rtol=1e-4, atol=1e-9)
    other = LayerGradCam(lambda x: margin(module(x)), layer)
    theirs = other.attribute(torch.from_numpy(clips), relu_attributions=True)
    np.testing.assert_allclose(own, theirs.detach()[:, 0], rtol=1e-4, atol=1e-9)


def test_a_detector_that_looks_at_no_frame_is_refused():
    view = replace(models.family("fusion").VIEW, frames=4, height=32, width=32)
    detector = slim("fusion", view, inputs="text")
    clips, flow, text = given(detector)
    with pytest.raises(ValueError, match="no maps"):
        gradcam(detector, clips, flow, text=text)
    with pytest.raises(ValueError, match="frames of 32x32"):
        gradcam(slim("frame_torch", replace(view, text=False)), CLIPS)


def test_maps_lie_over_the_pixels_that_they_have_seen():
    """The first place is over the first pixel, the next one a stride further."""
    maps = RNG.random((1, 2, 3, 4)).astype(np.float32)
    large = enlarged(maps, (4, 24, 32))
    assert large.shape == (1, 4, 24, 32)
    np.testing.assert_array_equal(large[0, 0], large[0, 1])
    np.testing.assert_allclose(large[0, ::2, ::8, ::8], maps[0], rtol=1e-6)
    between = large[0, 0, 0, 4], maps[0, 0, 0, :2].mean()
    assert between[0] == pytest.approx(between[1], rel=1e-5)


IN_KERAS = """
import sys; sys.path.insert(0, "tests")
import numpy as np
import test_gradcam as t
assert t.keras.backend.backend() == sys.argv[1]
view = t.replace(t.models.family("cnn_rnn").VIEW, frames=4, height=32, width=32)
heats = [t.gradcam(t.averages_in_keras(), t.CLIPS)]
for name in ("cnn_rnn", "cnn_3d"):
    detector = t.slim(name, view)
    rng = np.random.default_rng(5)
    module = detector.module
    module.set_weights([
        np.abs(w) if w.ndim < 2 else rng.normal(0, 0.2, w.shape)
        for w in module.get_weights()
    ])
    clips = rng.integers(0, 256, (2, 4, 32, 32, 3), dtype=np.uint8)
    heats.append(t.gradcam(detector, clips))
np.savez(sys.argv[2], *heats)
"""


def test_both_backends_of_keras_agree(tmp_path):
    heats = {}
    for backend in ("tensorflow", "torch"):
        file = tmp_path / f"{backend}.npz"
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", IN_KERAS, backend, file],
            env=os.environ | {"KERAS_BACKEND": backend},
            cwd=Path(__file__).parents[1],
            check=True,
        )
        with np.load(file) as saved:
            heats[backend] = [saved[name] for name in saved.files]
    for one, other in zip(*heats.values(), strict=True):
        assert one.max() > 0
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-3 * one.max())


@pytest.mark.slow
@pytest.mark.parametrize("name", models.FAMILIES)
def test_every_full_network_can_be_asked(name):
    own = models.family(name).VIEW
    view = replace(own, frames=8, height=64, width=64)
    built = models.family(name).build(view=view, network="full", pretrained="none")
    detector = detectors.new(built, view=view, data_kind="synthetic", seed=0)
    clips, flow, text = given(detector, n=1)
    heat = gradcam(detector, clips, flow, text=text)
    assert heat.shape == clips.shape[:-1]
    assert np.isfinite(heat).all() and heat.min() >= 0
