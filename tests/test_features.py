"""What stands on a frozen network: kept features, taken over weights, variants."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import TINY

from dfstudy import models, paths, profiles
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.models import detector as detectors
from dfstudy.training import experiment, fitted
from dfstudy.training.features import features
from dfstudy.training.fitted import PLAIN, Variant, folder_of, view_of
from dfstudy.training.launch import ALONE
from dfstudy.training.rule import MEAN


def train(model, data, **changes):
    options = {"lesson": "05", "data": data, "profile": TINY, "seed": 0}
    options |= {"rules": [MEAN], "start": "none"} | changes
    return experiment.train(model, **options)


@pytest.fixture
def seen(tiny_data):
    """(spatial network, prepared, rows, their features)."""
    family = models.family("cnn_rnn")
    view = family.view(TINY.frames)
    built = family.build(view=view, network="slim", pretrained="none", seed=5)
    prepared = tiny_data.prepared(view)
    rows = tiny_data.manifest[tiny_data.manifest["split"] == "val"]
    return built.spatial, prepared, rows, features(built.spatial, prepared, rows)


def test_features_are_the_networks_own_in_the_manifests_order(seen):
    spatial, prepared, rows, table = seen
    assert table.shape == (len(rows), TINY.frames, 96)
    assert table.dtype == np.float32
    for i in (0, len(rows) - 1):
        frames = prepared.array(rows["video_id"].iloc[i])
        np.testing.assert_allclose(
            table[i], spatial.predict_on_batch(frames), atol=1e-5
        )


def test_features_are_computed_once_and_again_for_other_weights(seen, monkeypatch):
    spatial, prepared, rows, table = seen
    again = features(spatial, prepared, rows)
    assert again.filename == table.filename
    spatial.set_weights([weight + 0.01 for weight in spatial.get_weights()])
    other = features(spatial, prepared, rows)
    assert other.filename != table.filename
    assert not np.allclose(other, table)


def test_features_are_of_the_frames_whatever_their_flow(tiny_data):
    family = models.family("cnn_rnn")
    view = family.view(TINY.frames)
    built = family.build(view=view, network="slim", pretrained="none", seed=6)
    rows = tiny_data.manifest[tiny_data.manifest["split"] == "val"]

    def file(**changes):
        prepared = tiny_data.prepared(replace(view, **changes))
        return features(built.spatial, prepared, rows).filename

    plain = file()
    assert file(flow="adjacent") == file(flow="apart", apart_s=0.1) == plain
    assert file(sampling="first") != plain
    assert file(frames=TINY.frames - 2) != plain


@pytest.mark.parametrize("by", ["frame", "video"])
def test_features_stand_in_the_place_of_frames(seen, by):
    _, prepared, rows, table = seen
    videos = PreparedSet(prepared, rows, by=by, features=table)
    x, y = next(iter(loader(videos, batch_size=3, shuffle=False)))
    assert x.shape == ((3, 96) if by == "frame" else (3, TINY.frames, 96))
    first = table.reshape(-1, 96) if by == "frame" else table
    np.testing.assert_array_equal(x.numpy(), first[:3])
    want = rows["label"].repeat(TINY.frames if by == "frame" else 1)
    np.testing.assert_array_equal(y.numpy(), want[:3])


def test_features_of_other_videos_are_refused(seen):
    _, prepared, rows, table = seen
    with pytest.raises(ValueError, match="features"):
        PreparedSet(prepared, rows.head(2), by="video", features=table)


def test_frames_prepared_with_flow_serve_a_view_without(tiny_data):
    with_flow = models.family("two_stream_video").view(3)
    without = models.family("cnn_rnn").view(3)
    prepared = tiny_data.prepared(with_flow)
    assert tiny_data.prepared(without).folder == prepared.folder


def test_a_detector_takes_over_the_baselines_network_and_leaves_it_alone(tiny_data):
    trained = train("two_stream_video", tiny_data)
    base = detectors.load(
        folder_of("frame_keras", profile=TINY, seed=0, start="none")
    ).built.spatial.get_weights()
    for ours, theirs in zip(
        trained.detector.built.spatial.get_weights(), base, strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert trained.detector.info["frozen"]
    assert trained.result["pretrained"] == "none"
    assert trained.result["model"] == "two_stream_video-scratch"
    # What it says of kept features is what it says of a file's frames and flow.
    view = trained.detector.view
    rows = tiny_data.manifest[tiny_data.manifest["split"] == "test"].head(2)
    videos = PreparedSet(tiny_data.prepared(view), rows, by="video", flow=True)
    (clips, flow), _ = next(iter(loader(videos, batch_size=2, shuffle=False)))
    kept = trained.predictions.set_index("video_id")["score"][rows["video_id"]]
    scores = trained.detector.score(clips.numpy(), flow.numpy())
    np.testing.assert_allclose(scores, kept, atol=1e-5)


def test_fine_tuning_is_a_switch(tiny_data):
    tuned = train("cnn_rnn", tiny_data, variant=Variant(finetune=True))
    frozen = train("cnn_rnn", tiny_data)
    pairs = zip(
        tuned.detector.built.spatial.get_weights(),
        frozen.detector.built.spatial.get_weights(),
        strict=True,
    )
    assert any((a != b).any() for a, b in pairs)
    assert not tuned.detector.info["frozen"]
    assert tuned.result["model"] == "cnn_rnn-finetuned-scratch"


@pytest.mark.parametrize(
    ("network", "model", "epochs"),
    [("full", "frame_torch", 10), ("slim", "frame_torch", 8), ("slim", "cnn_rnn", 20)],
)
def test_a_fit_takes_the_profiles_epochs(
    tiny_data, monkeypatch, network, model, epochs
):
    """The paper's recipe of S0 has epochs of its own; they are no factor."""
    asked = []

    def fit(module, *loaders, **options):
        asked.append(options["epochs"])
        raise InterruptedError

    profile = replace(TINY, network=network, epochs=10, pretrained="none")
    base = folder_of("frame_keras", profile=profile, seed=0, start="none")
    if model == "cnn_rnn":  # it stands on a baseline, which is trained first
        train("frame_keras", tiny_data, profile=replace(profile, epochs=1))
        monkeypatch.setattr(fitted, "fitted", lambda *_, **__: detectors.load(base))
    framework = models.family(model).FRAMEWORK
    monkeypatch.setattr(f"dfstudy.training.fit_{framework}.fit", fit)
    rows = {
        part: tiny_data.manifest[tiny_data.manifest["split"] == part]
        for part in ("train", "val")
    }
    place = base.parent / f"epochs-{network}-{model}"
    with pytest.raises(InterruptedError):
        fitted._fit(model, tiny_data, rows, place, profile, 0, "none", PLAIN, ALONE)
    assert asked == [epochs]


def test_a_variants_name_says_what_differs():
    assert PLAIN.name == ""
    variant = Variant(
        look={"sampling": "even"},
        shape={"cell": "gru", "changes": True},
        loss={"beta": 0.5},
        learning_rate=1e-6,
        batch_size=4,
    )
    assert variant.name == "even-gru-changes-beta0.5-lr1e-06-batch4"
    folder = folder_of("cnn_rnn", profile=TINY, seed=3, start="none", variant=variant)
    assert folder.name == f"cnn_rnn-{variant.name}-scratch_3"
    assert folder.parent == paths.runs(TINY.name) / "models"


def test_clips_of_every_length_are_the_beginnings_of_the_longest():
    laptop = profiles.get("laptop")
    short, long = (
        view_of("resnext_lstm", laptop, Variant(look={"frames": frames}))
        for frames in (4, 32)
    )
    assert max(laptop.lengths) == 32 and long.search is None
    assert short == long.with_frames(4) and short.search == 32
    # Lesson 09 reads the same faces, lesson 03 its own, S3's own are spread.
    assert view_of("xception", laptop) == long.with_frames(8)
    assert view_of("frame_torch", laptop).search is None
    assert view_of("xception", profiles.get("paper")) == models.family("xception").VIEW
    s2 = Variant(look={"frames": 150})  # longer than any that is compared
    assert view_of("resnext_lstm", profiles.get("paper"), s2).search is None


def test_the_shape_of_a_variant_is_loaded_again(tiny_data):
    variant = Variant(shape={"cell": "gru", "changes": True})
    trained = train("cnn_rnn", tiny_data, variant=variant)
    loaded = detectors.load(trained.detector.folder)
    assert loaded.info["shape"] == {"cell": "gru", "changes": True}
    assert "gru" in [layer.name for layer in loaded.built.head.layers]


def test_on_the_torch_backend_networks_are_the_same_and_train():
    """In a process of its own, as Keras chooses its backend once."""
    code = """
import json, numpy as np
from dfstudy import models
from dfstudy.frameworks import import_keras
keras = import_keras()
out = {"backend": keras.backend.backend()}
for name in models.FAMILIES:
    family = models.family(name)
    if family.FRAMEWORK != "keras":
        continue
    for network in ("slim", "full"):
        built = family.build(network=network, pretrained="none")
        inside = {}
        if built.head is not None:
            inside = {l.name: l.output.shape for l in built.head.layers}
        out[f"{name} {network}"] = [built.module.count_params(), str(inside)]
        if network == "full":
            continue
        rng = np.random.default_rng(0)
        x = [rng.integers(0, 256, (2, *i.shape[1:])).astype(i.dtype)
             for i in built.module.inputs]
        built.module.compile(keras.optimizers.AdamW(1e-3), family.loss())
        y = np.array([[0.0], [1.0]], "float32")
        losses = [float(built.module.train_on_batch(x if len(x) > 1 else x[0], y))
                  for _ in range(4)]
        out[f"{name} trains"] = bool(losses[-1] < losses[0])
print("RESULT" + json.dumps(out))
"""
    outs = []
    for backend in ("torch", "tensorflow"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        outs.append(json.loads(done.stdout.split("RESULT")[1]))
        assert outs[-1].pop("backend") == backend
    assert outs[0] == outs[1]
    assert all(value for name, value in outs[0].items() if name.endswith("trains"))


FROZEN = {  # by (slim, full)
    "frame_keras": (False, False),
    "frame_torch": (False, False),
    "two_stream_frame": (True, True),
    "two_stream_video": (True, True),
    "cnn_rnn": (True, True),
    "cnn_3d": (False, False),
    "resnext_lstm": (True, False),
    "xception": (False, False),
    "xception_lstm": (True, False),
    "fusion": (True, False),
}


def test_of_every_family_it_is_known_whether_it_learns_to_see():
    assert set(FROZEN) == set(models.FAMILIES)


@pytest.mark.parametrize("name", FROZEN)
def test_what_learns_to_see_and_what_reads_what_is_seen(name):
    family = models.family(name)
    built = family.build(view=family.view(8), network="slim", pretrained="none")
    assert fitted.is_frozen(family, built) == FROZEN[name][0]
    full = replace(built, network="full")  # of the same parts
    assert fitted.is_frozen(family, full) == FROZEN[name][1]


def test_a_slim_frame_detector_is_trained_as_a_whole(tiny_data):
    family = models.family("frame_keras")
    trained = train("frame_keras", tiny_data, lesson="03")
    assert trained.detector.info["frozen"] is False
    view = trained.detector.view
    start = family.build(view=view, network="slim", pretrained="none", seed=0)
    before, after = (
        np.concatenate([np.ravel(w) for w in built.spatial.get_weights()])
        for built in (start, trained.detector.built)
    )
    assert np.abs(after - before).max() > 1e-4


def test_a_base_is_not_shown_what_its_detector_is_not(tiny_data):
    """Else a forgery that was left out would come back through the base."""
    variant = Variant(families=("blend",))
    trained = train("cnn_rnn", tiny_data, variant=variant)
    place = {"profile": TINY, "seed": 0, "start": "none"}
    base = detectors.load(folder_of("frame_keras", **place, variant=variant))
    ours = trained.detector.built.spatial.get_weights()
    for mine, its in zip(ours, base.built.spatial.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
    whole = detectors.load(train("frame_keras", tiny_data, lesson="03").detector.folder)
    every = np.concatenate([np.ravel(w) for w in whole.built.spatial.get_weights()])
    assert not np.allclose(np.concatenate([np.ravel(w) for w in ours]), every)
