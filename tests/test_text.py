"""dfstudy.models.text: MiniLM where it is there, hashed words where it is not."""

import importlib.util
import sys
import warnings

import numpy as np
import pytest

from dfstudy.models import text, weights

FIND = text._model_folder
SAID = "outside talking pan laughing"


@pytest.fixture(autouse=True)
def fresh(monkeypatch, tmp_path):
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path))
    monkeypatch.setattr(weights, "_given_up", set())
    FIND.cache_clear()
    yield
    FIND.cache_clear()


@pytest.fixture
def hashed(monkeypatch):
    monkeypatch.setattr(text, "_model_folder", lambda: None)


class Model:
    """Counts what it is asked."""

    def __init__(self):
        self.asked = []

    def encode(self, texts, **_):
        self.asked += texts
        return np.ones((len(texts), text.SIZE)) / np.sqrt(text.SIZE)


@pytest.fixture
def model(monkeypatch, tmp_path):
    found = Model()
    monkeypatch.setattr(text, "_model_folder", lambda: tmp_path)
    monkeypatch.setattr(text, "_minilm", lambda folder: found)
    return found


def test_each_description_is_read_once_and_kept(model):
    first = text.encode([SAID, "wall", SAID])
    again = text.encode([f"  {SAID} ", "wall"])
    assert model.asked == [SAID, "wall"]
    assert first.shape == (3, 384) and first.dtype == np.float32
    np.testing.assert_array_equal(first[[0, 1]], again)
    assert text.encoder() == text.MINILM


def test_no_description_is_all_zero(model):
    numbers = text.encode([None, "", "  ", float("nan"), SAID])
    assert not numbers[:4].any() and numbers[4].any()
    assert model.asked == [SAID]
    assert text.encode([]).shape == (0, 384)


def test_encoders_do_not_share_what_is_kept(model, monkeypatch):
    text.encode([SAID])
    monkeypatch.setattr(text, "_model_folder", lambda: None)
    np.testing.assert_array_equal(text.encode([SAID])[0], text.hashed_words(SAID))


def test_hashed_words_are_a_bag(hashed):
    assert text.encoder() == text.HASHED
    numbers = text.hashed_words(SAID)
    np.testing.assert_allclose(np.linalg.norm(numbers), 1, rtol=1e-6)
    turned = text.hashed_words("laughing pan talking OUTSIDE")
    np.testing.assert_array_equal(numbers, turned)
    other = text.hashed_words("kitchen listening zoom serious")
    assert abs(numbers @ other) < 0.5
    assert numbers @ text.hashed_words("outside talking pan serious") > 0.5
    assert not text.hashed_words(" ").any()


def test_without_the_package_words_are_hashed_and_it_is_said(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        text.importlib.util,
        "find_spec",
        lambda name: None if name == "sentence_transformers" else find(name),
    )
    with pytest.warns(UserWarning, match="hashed words.*hashed-words.*pip install gt"):
        assert text.encoder() == text.HASHED
    with warnings.catch_warnings():  # once
        warnings.simplefilter("error")
        assert text.encoder() == text.HASHED


def test_a_hub_out_of_reach_is_given_up(monkeypatch):
    def hub(*, local_files_only):
        if local_files_only:
            return None
        raise OSError("no route to host")

    monkeypatch.setattr(text.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(text, "_from_hub", hub)
    monkeypatch.setattr(text, "_from_wheel", lambda: None)
    with pytest.warns(UserWarning, match="no route to host"):
        assert text.encoder() == text.HASHED


def wheel(folder, monkeypatch, content: bytes):
    package = folder / text._WHEEL
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in text._FILES:
        (package / "model" / name).write_bytes(content)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, text._WHEEL, raising=False)
    return package / "model"


def test_a_wheel_with_the_hubs_files_is_taken(tmp_path, monkeypatch):
    model = wheel(tmp_path, monkeypatch, b"the model")
    digest = text._sha256(b"the model")
    monkeypatch.setattr(text, "_FILES", dict.fromkeys(text._FILES, digest))
    assert text._from_wheel() == model


def test_a_wheel_with_other_files_is_not(tmp_path, monkeypatch):
    wheel(tmp_path, monkeypatch, b"something else")
    assert text._from_wheel() is None


@pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is None
    or text._from_wheel() is None,
    reason="needs the extra offline-text",
)
def test_minilm_of_the_wheel_knows_what_words_mean():
    near, far, said = text.encode(
        ["outdoors chatting pan laughing", "kitchen silent zoom serious", SAID]
    )
    np.testing.assert_allclose(np.linalg.norm(said), 1, rtol=1e-5)
    assert said @ near > said @ far + 0.2
