"""A set named like DFD's, and what reads its names."""

from dfstudy.data.layouts import faceforensics
from dfstudy.models import text
from dfstudy.study import titles


def test_names_are_dfds_and_nobody_is_in_both_parts():
    videos = titles.like_dfd(seed=0)
    said = videos["name"].map(faceforensics.describe)
    assert said.notna().all()
    assert set(said) == {scene.replace("_", " ") for scene in titles.SCENES}
    assert (videos["label"] == 0).sum() == titles.REALS
    actors = videos["name"].str.findall(r"\d\d(?=_)")
    sides = {
        part: {a for found in actors[videos["split"] == part] for a in found[:2]}
        for part in ("train", "test")
    }
    assert not sides["train"] & sides["test"]
    assert len(sides["train"] | sides["test"]) == titles.ACTORS
    assert videos.equals(titles.like_dfd(seed=0))
    assert not videos.equals(titles.like_dfd(seed=1))


def test_a_description_is_the_scene_alone():
    assert faceforensics.describe("01__kitchen_pan") == "kitchen pan"
    assert faceforensics.describe("01_02__kitchen_pan__YVGY8LOK") == "kitchen pan"
    assert faceforensics.describe("000_003") is None


def test_the_clean_text_says_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("DFSTUDY_HOME", str(tmp_path))
    monkeypatch.setattr(text, "_model_folder", lambda: None)
    videos = titles.like_dfd(seed=0)
    options = {"n_bootstrap": 100, "seed": 0}
    clean = titles.leak(videos, videos["name"].map(faceforensics.describe), **options)
    assert clean["low"] < 0.5 < clean["high"]
    told = videos["name"].str.replace("_", " ") + videos["label"].map({0: "", 1: " id"})
    assert titles.leak(videos, told, **options)["low"] > 0.7
