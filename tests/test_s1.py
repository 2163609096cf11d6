"""S1's detectors: every shape and parameter count that its tables document."""

import numpy as np
import pytest

from dfstudy import models
from dfstudy.models import cnn_3d, cnn_rnn, frame_keras, s1_keras, slim_keras
from dfstudy.models import two_stream_frame as by_frame
from dfstudy.models import two_stream_video as by_video
from dfstudy.models.inflate_keras import in_time, inflate, reach

keras = frame_keras.keras
RNG = np.random.default_rng(0)
RESNET50 = 23_587_712  # without its top, as keras.applications counts
DETECTORS = ("two_stream_frame", "two_stream_video", "cnn_rnn", "cnn_3d")


def dense(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


def shapes(model: keras.Model) -> dict[str, tuple]:
    return {layer.name: layer.output.shape[1:] for layer in model.layers}


def clips(view, n: int = 1) -> list[np.ndarray]:
    shape = (n, view.frames, view.height, view.width)
    x = [RNG.integers(0, 256, (*shape, 3), dtype=np.uint8)]
    if view.flow != "none":
        x.append(RNG.normal(0, 1, (*shape, 2)).astype(np.float16))
    return x


@pytest.fixture(scope="module")
def flow_network():
    """Table 4's temporal stream up to 128 numbers: its parameters."""
    convolutions = 9 * 2 * 32 + 32 + 9 * 32 * 64 + 64
    norm = 4 * 2
    return norm + convolutions + dense(73_600, 128)


def test_resnet50_makes_4_by_6_of_a_frame_and_7_by_7_of_a_square():
    for (height, width), maps in (((108, 192), (4, 6)), ((224, 224), (7, 7))):
        spatial, name, used = s1_keras.spatial_network(
            "full", "none", height=height, width=width
        )
        assert (name, used) == ("resnet50", "none")
        assert spatial.get_layer("resnet50").output_shape == (None, *maps, 2048)
        assert spatial.output_shape == (None, 2048)
        assert spatial.count_params() == RESNET50


def test_the_temporal_stream_is_that_of_table_4(flow_network):
    net = s1_keras.temporal_network(s1_keras.WIDTHS["full"], height=108, width=192)
    seen = shapes(net)
    assert seen["flow"] == (108, 192, 2)
    assert seen["flow_pool1"] == (25, 46, 64)
    assert seen["flow_flat"] == (73_600,)
    assert seen["flow_frame"] == (128,)
    assert net.count_params() == flow_network


def test_two_stream_per_video_is_table_4(flow_network):
    built = by_video.build(network="full", pretrained="none")
    seen = shapes(built.head)
    assert seen["features"] == (16, 2048)
    assert seen["spatial_frame"] == (16, 128)
    assert seen["spatial_flat"] == seen["temporal_flat"] == (2048,)
    assert seen["spatial_video"] == seen["temporal_video"] == (512,)
    assert seen["both"] == (1024,)
    assert built.module.output_shape == (None, 1)
    head = dense(2048, 128) + flow_network + 2 * dense(2048, 512) + dense(1024, 1)
    assert built.head.count_params() == head
    assert built.module.count_params() == RESNET50 + head


def test_two_stream_per_frame_gives_both_streams_the_same_say(flow_network):
    built = by_frame.build(network="full", pretrained="none")
    seen = shapes(built.head)
    assert seen["spatial"] == (128,)
    assert seen["both"] == (256,)
    head = dense(2048, 128) + flow_network + dense(256, 1)
    assert built.module.count_params() == RESNET50 + head


@pytest.mark.parametrize(("cell", "gates"), [("lstm", 4), ("gru", 3)])
def test_cnn_rnn_reads_frames_in_order(cell, gates):
    built = cnn_rnn.build(network="full", pretrained="none", cell=cell)
    seen = shapes(built.head)
    assert seen["features"] == (16, 2048)
    assert seen["frame"] == (16, 128)
    assert seen[cell] == (512,)
    biases = {"lstm": 512, "gru": 2 * 512}[cell]  # a GRU of Keras has two sets
    rnn = gates * (128 * 512 + 512 * 512 + biases)
    norm = 4 * 2048
    head = norm + dense(2048, 128) + rnn + dense(512, 1)
    assert built.head.count_params() == head


@pytest.mark.parametrize("cell", ["lstm", "gru", "mean"])
@pytest.mark.parametrize("changes", [False, True])
def test_only_the_mean_of_plain_features_is_blind_to_order(cell, changes):
    built = cnn_rnn.build(network="slim", pretrained="none", cell=cell, changes=changes)
    x = RNG.normal(size=(2, 16, 96)).astype("float32")
    turned = built.head.predict_on_batch(x[:, ::-1])
    same = np.allclose(turned, built.head.predict_on_batch(x), atol=1e-5)
    mixed = built.head.predict_on_batch(x[:, RNG.permutation(16)])
    same &= np.allclose(mixed, built.head.predict_on_batch(x), atol=1e-5)
    assert same == (cell == "mean" and not changes)


def test_an_unknown_cell_is_refused():
    with pytest.raises(ValueError, match="lstm"):
        cnn_rnn.build(network="slim", pretrained="none", cell="rnn")


def test_changes_are_those_of_each_feature():
    x = RNG.normal(size=(2, 5, 3)).astype("float32")
    change = np.asarray(cnn_rnn._changes(keras.ops.convert_to_tensor(x)))
    np.testing.assert_allclose(change[:, 1:], np.abs(np.diff(x, axis=1)), atol=1e-6)
    np.testing.assert_allclose(change[:, 0], change[:, 1])


def test_the_3d_network_is_table_6():
    built = cnn_3d.build(network="full", pretrained="none")
    inside = next(layer for layer in built.module.layers if hasattr(layer, "layers"))
    assert built.module.input_shape == (None, 16, 224, 224, 3)
    assert inside.output_shape == (None, 4, 7, 7, 2048)
    assert shapes(built.module)["pool"] == (2048,)
    assert built.module.output_shape == (None, 1)
    # A k x k filter has k times as many weights: those of 3x3, and the 7x7 of the stem.
    flat = keras.applications.ResNet50(weights=None, include_top=False)
    more = sum(
        (layer.kernel_size[0] - 1) * int(np.prod(layer.kernel.shape))
        for layer in flat.layers
        if isinstance(layer, keras.layers.Conv2D)
    )
    assert built.module.count_params() == RESNET50 + more + dense(2048, 1)


@pytest.mark.parametrize("frames", [8, 16])
def test_of_a_video_that_stands_still_3d_sees_what_2d_sees_of_its_frame(frames):
    flat = keras.applications.ResNet50(
        weights=None, include_top=False, input_shape=(64, 64, 3)
    )
    deep = inflate(flat, frames=frames, stride={"conv1_conv": 2, "pool1_pool": 2})
    still = RNG.normal(0, 50, (2, 1, 64, 64, 3)).astype("float32")
    want = np.asarray(flat(still[:, 0]))
    got = np.asarray(deep(np.repeat(still, frames, axis=1)))
    assert got.shape == (2, frames // 4, *want.shape[1:])
    scale = np.abs(want).max()
    np.testing.assert_allclose(
        got, np.repeat(want[:, None], frames // 4, 1), atol=1e-4 * scale
    )


def test_the_slim_network_stands_still_too():
    flat = slim_keras.build(height=64, width=96)
    deep = inflate(flat, frames=16, **slim_keras.IN_TIME)
    still = RNG.integers(0, 256, (2, 1, 64, 96, 3), dtype=np.uint8)
    want = flat.predict_on_batch(still[:, 0])
    got = deep.predict_on_batch(np.repeat(still, 16, axis=1))
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    moving = RNG.integers(0, 256, (2, 16, 64, 96, 3), dtype=np.uint8)
    mixed = moving[:, RNG.permutation(16)]
    assert not np.allclose(deep.predict_on_batch(moving), deep.predict_on_batch(mixed))


def test_what_cannot_be_inflated_is_refused():
    x = keras.Input((32, 32, 3))
    y = keras.layers.Conv2D(4, 3, strides=2, padding="same", name="odd")(x)
    with pytest.raises(ValueError, match="odd"):
        inflate(keras.Model(x, y), frames=4, stride={})
    with pytest.raises(ValueError, match="no layer called nothing"):
        inflate(slim_keras.build(height=32, width=32), frames=4, stride={"nothing": 2})


@pytest.mark.parametrize("name", DETECTORS)
def test_the_slim_twin_has_the_same_layers_and_takes_one_step(name):
    family = models.family(name)
    view = family.view(8, **getattr(family, "SLIM_LOOK", {}))
    built = family.build(view=view, network="slim", pretrained="none")
    if built.head is not None:
        full = family.build(network="full", pretrained="none")
        kinds = [[type(layer) for layer in one.head.layers] for one in (built, full)]
        assert kinds[0] == kinds[1]
    x = clips(view, 2)
    if family.LEVEL == "frame":
        x = [part[:, 0] for part in x]
    x = x if len(x) > 1 else x[0]
    before = built.module.get_layer("head" if built.head else "logit").get_weights()
    built.module.compile(keras.optimizers.Adam(1e-3), family.loss())
    loss = float(built.module.train_on_batch(x, np.array([[0.0], [1.0]], "float32")))
    assert np.isfinite(loss)
    after = built.module.get_layer("head" if built.head else "logit").get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", ["two_stream_frame", "two_stream_video", "cnn_rnn"])
def test_the_head_on_kept_features_says_what_the_whole_says(name):
    family = models.family(name)
    view = family.view(4)
    built = family.build(view=view, network="slim", pretrained="none", seed=3)
    x = clips(view, 2)
    features = built.spatial.predict_on_batch(x[0].reshape(-1, 108, 192, 3))
    features = features.reshape(2, 4, -1)
    if family.LEVEL == "frame":
        x = [part.reshape(-1, *part.shape[2:]) for part in x]
        features = features.reshape(8, -1)
    whole = built.module.predict_on_batch(x if len(x) > 1 else x[0])
    top = built.head.predict_on_batch([features, x[1]] if len(x) > 1 else features)
    np.testing.assert_allclose(whole, top, atol=1e-5)


def test_a_spatial_network_takes_over_anothers_weights():
    baseline = frame_keras.build(network="slim", pretrained="none")
    other = baseline.spatial
    model, name, used = s1_keras.spatial_network("slim", baseline, height=64, width=64)
    assert (name, used) == ("slim", "none")
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_reach_in_time_is_where_a_changed_frame_is_noticed():
    flat = slim_keras.build(height=32, width=32)
    deep = inflate(flat, frames=16, **slim_keras.IN_TIME)
    kernels = in_time(deep)
    assert kernels == [(3, 2), (3, 2), (3, 1), (3, 1), (3, 1)]
    maps = keras.Model(deep.input, deep.get_layer("pool").input)
    clip = RNG.integers(0, 256, (1, 16, 32, 32, 3), dtype=np.uint8)
    before = maps.predict_on_batch(clip)[0, 0]
    noticed = []
    for i in range(16):
        other = clip.copy()
        other[0, i] = 255 - other[0, i]
        noticed.append(not np.allclose(maps.predict_on_batch(other)[0, 0], before))
    # The first place sees half of the reach, and the frames that are repeated.
    assert reach(kernels) == 3 + 2 * 2 + 3 * 2 * 4 == 31
    assert noticed == [i <= reach(kernels) // 2 for i in range(16)]
    assert reach([]) == 1


def test_the_3d_network_begins_as_the_detector_of_frames():
    baseline = frame_keras.build(network="slim", pretrained="none", seed=4)
    view = cnn_3d.view(8, height=108, width=192)
    deep = cnn_3d.build(view=view, network="slim", pretrained=baseline)
    frames = RNG.integers(0, 256, (2, 108, 192, 3), dtype=np.uint8)
    still = np.repeat(frames[:, None], 8, axis=1)
    np.testing.assert_allclose(
        deep.module.predict_on_batch(still),
        baseline.module.predict_on_batch(frames),
        atol=1e-4,
    )
