"""dfstudy.models.detector: what is saved is what is loaded, or a clear error."""

import json

import numpy as np
import pytest

from dfstudy.models import FAMILIES, detector, family

RNG = np.random.default_rng(0)


def make(name: str) -> detector.Detector:
    lesson = family(name)
    view = lesson.view(**(getattr(lesson, "SLIM_LOOK", {}) | {"frames": 3}))
    built = lesson.build(view=view, network="slim", pretrained="none", seed=1)
    return detector.new(built, view=view, data_kind="synthetic", seed=1, note="x")


def clips(of: detector.Detector, n: int = 2) -> np.ndarray:
    shape = (n, of.view.frames, of.view.height, of.view.width, 3)
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def inputs(of: detector.Detector, n: int = 2) -> list[np.ndarray]:
    """Clips, and a flow or texts where the detector wants them."""
    x = [clips(of, n)]
    if of.view.flow != "none":
        x.append(RNG.normal(size=(*x[0].shape[:-1], 2)).astype(np.float16))
    if of.view.text:
        x.append(RNG.normal(size=(n, 384)).astype(np.float32))
    return x


def score(of: detector.Detector, x: list[np.ndarray], **options) -> np.ndarray:
    """The scores of `inputs`."""
    if of.view.text:
        *x, options["text"] = x
    return of.score(*x, **options)


@pytest.mark.parametrize("name", FAMILIES)
def test_saved_and_loaded_it_scores_the_same(name, tmp_path):
    before = make(name)
    x = inputs(before)
    scores = score(before, x)
    assert scores.shape == x[0].shape[: 2 if before.level == "frame" else 1]
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    folder = before.save(tmp_path / "model")
    suffixes = sorted("".join(f.suffixes[-2:]) for f in folder.iterdir())
    assert suffixes in ([".json", ".safetensors"], [".json", ".weights.h5"])
    after = detector.load(folder)
    np.testing.assert_array_equal(score(after, x), scores)
    assert after.info == before.info
    assert (after.view, after.folder) == (before.view, folder)
    assert (after.level, after.temperature) == (family(name).LEVEL, 1.0)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_score_does_not_depend_on_its_company(name):
    model = make(name)
    x = inputs(model, 3)
    together = score(model, x)
    alone = [score(model, [part[i : i + 1] for part in x]) for i in range(3)]
    alone = np.concatenate(alone)
    small = score(model, x, batch_size=2)
    np.testing.assert_allclose(alone, together, atol=1e-5)
    np.testing.assert_allclose(small, together, atol=1e-5)
    assert score(model, [part[:0] for part in x]).shape == (0, *together.shape[1:])


def test_flow_is_given_where_the_view_has_it_and_only_there():
    still, moving = make("cnn_rnn"), make("two_stream_video")
    x, flow = inputs(moving)
    with pytest.raises(ValueError, match="flow is 'none'"):
        still.score(x, flow)
    with pytest.raises(ValueError, match="flow is 'sampled'"):
        moving.score(x)
    with pytest.raises(ValueError, match="does not belong"):
        moving.score(x, flow[:, :2])


@pytest.mark.parametrize("name", ["two_stream_frame", "two_stream_video", "cnn_rnn"])
def test_kept_features_give_the_same_scores(name):
    model = make(name)
    x, *flow = inputs(model)
    features = model.built.spatial.predict_on_batch(x.reshape(-1, *x.shape[2:]))
    kept = model.score_features(features.reshape(*x.shape[:2], -1), *flow)
    np.testing.assert_allclose(kept, model.score(x, *flow), atol=1e-5)


def test_only_uint8_clips_of_the_views_size_are_scored():
    model = make("frame_torch")
    x = clips(model)
    with pytest.raises(ValueError, match="uint8"):
        model.score(x.astype(np.float32))
    with pytest.raises(ValueError, match="uint8"):
        model.score(x[0])
    with pytest.raises(ValueError, match="112x112x3, not 100x112x3"):
        model.score(x[:, :, :100])


def test_the_card_says_what_the_model_is(tmp_path):
    model = make("frame_torch")
    model.save(tmp_path)
    model.info["temperature"] = 1.5
    model.save_card()
    card = json.loads((tmp_path / "model.json").read_text())
    assert card["temperature"] == 1.5
    assert card["view"] == model.view.to_dict()
    assert card["framework"] == "torch"
    assert card["pretrained"] == "none"
    assert card["note"] == "x"
    assert "DeepSneak" in card["paper"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "model.json").unlink(), "has no model.json"),
        (lambda f: (f / "model.json").write_text("{"), "no JSON document"),
        (lambda f: (f / "model.json").write_bytes(b"\xff\xfe"), "no JSON document"),
        (lambda f: (f / "model.json").write_text("[1]"), "lacks name"),
        (lambda f: (f / "model.json").write_text("{}"), "lacks name"),
        (lambda f: edit(f, name="detector"), "no model is called 'detector'"),
        (lambda f: edit(f, name=["frame_torch"]), "no model is called"),
        (lambda f: edit(f, network="huge"), "do not fit this version"),
        (lambda f: edit(f, view={"depth": 3}), "do not fit this version"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (
            lambda f: (f / "model.safetensors").write_bytes(b"garbage" * 9),
            "do not fit this version",
        ),
    ],
)
def test_a_damaged_folder_gives_a_clear_error(damage, message, tmp_path):
    folder = make("frame_torch").save(tmp_path / "m")
    damage(folder)
    with pytest.raises(detector.DetectorError, match=message):
        detector.load(folder)


def test_no_folder_gives_a_clear_error(tmp_path):
    with pytest.raises(detector.DetectorError, match="no detector folder"):
        detector.load(tmp_path / "nothing")


def edit(folder, **changes) -> None:
    card = folder / "model.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))
