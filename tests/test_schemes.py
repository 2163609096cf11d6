"""Drawings of how parts are built: they say what the papers say, and count right."""

import numpy as np
import pytest
from drawn import words
from matplotlib.text import Annotation
from sklearn.metrics import roc_auc_score

from dfstudy.models import fusion
from dfstudy.report import schemes, style


@pytest.fixture(autouse=True)
def theme():
    style.apply()


def test_the_share_of_pairs_is_the_auroc():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 40)
    scores = rng.integers(0, 6, 40) + labels  # ties, too
    (ax,) = schemes.pairs(labels, scores).axes
    shown = np.asarray(ax.images[0].get_array())
    assert shown.shape == ((labels == 1).sum(), (labels == 0).sum())
    right = roc_auc_score(labels, scores)
    assert shown.mean() == pytest.approx(right)
    assert f"{right:.2f}" in ax.get_title(loc="left")


def test_pairs_need_both_classes():
    with pytest.raises(ValueError, match="real and a fake"):
        schemes.pairs(np.ones(3), np.arange(3.0))


def test_a_cascade_shows_copies_of_the_frame_each_half_as_large():
    fig = schemes.cascade(np.full((100, 200, 3), 90, np.uint8), steps=3)
    assert [name.split("\n")[0] for name in words(fig) if "-Net" in name] == [
        "P-Net",
        "R-Net",
        "O-Net",
    ]
    areas = [image.get_array()[..., 0].size for image in fig.axes[0].images]
    np.testing.assert_allclose(np.divide(areas[1:], areas[:-1]), 0.5, atol=0.02)


def test_a_residual_block_adds_what_goes_around():
    said = words(schemes.residual_block())
    assert said.count("$F(x) + x$") == 1
    assert sum(text.strip() == "3 × 3" for text in said) == 2


def test_an_lstm_has_four_parts_that_see_the_frame():
    said = words(schemes.lstm_cell())
    assert [text[1] for text in said if ":" in text and text[0] == "$"] == list("figo")


def test_fusion_has_the_sizes_of_the_network():
    built = fusion.build(network="full", pretrained="none").module.head
    said = " ".join(words(schemes.fusion()))
    layers = [layer for layer in built.mlp if hasattr(layer, "in_features")]
    sizes = [layers[0].in_features, *(layer.out_features for layer in layers)]
    assert sizes == [1024, 1024, 512, 2]
    for size in sizes[:-1]:
        assert str(size) in said
    assert f"MiniLM, {built.text.in_features}" in said


def test_memory_passes_between_frames_of_a_clip_or_between_clips():
    fig = schemes.recurrences(clips=3, frames=5)
    said = words(fig)
    assert sum(text.isdigit() for text in said) == 2 * 3 * 5
    assert {"memory over time", "memory over the batch"} <= {*said}
    arrows = [text for text in fig.axes[0].texts if isinstance(text, Annotation)]
    moves = [np.subtract(one.xy, one.xyann) for one in arrows]
    assert sum(x > 0 and y == 0 for x, y in moves) == 3 * 4
    assert sum(x == 0 and y < 0 for x, y in moves) == 2 * 5


def test_the_best_of_equals_stands_above_them_all():
    ax = schemes.best_of(5, 4, seed=1).axes[0]
    *every, best = ax.lines
    runs = np.stack([line.get_xdata() for line in every])
    np.testing.assert_array_equal(best.get_xdata(), runs.max(0))
    assert runs.shape == (4, 5)
    assert best.get_xdata().mean() > runs.mean() + 0.005
