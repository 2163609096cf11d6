"""Figures draw what they are given, stay out of pyplot and can be read from afar."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from dfstudy.report import figures, style
from dfstudy.training.rule import POOLINGS, choose_rule

RNG = np.random.default_rng(0)
Y = np.tile([0, 0, 1], 20)
S = np.clip(RNG.normal(0.35 + 0.3 * Y, 0.2), 0, 1)
HISTORY = pd.DataFrame(
    {
        "epoch": [1, 2, 3],
        "train_loss": [0.7, 0.5, 0.3],
        "val_loss": [0.7, 0.6, 0.65],
        "train_accuracy": [0.5, 0.7, 0.9],
        "val_accuracy": [0.5, 0.7, 0.6],
        "val_auroc": [0.5, 0.8, 0.75],
        "seconds": [1.0, 1.0, 1.0],
        "kept": [False, False, True],
    }
)
NUMBERS = pd.DataFrame(
    [
        {"name": "a", "value": 0.9, "low": 0.8, "high": 0.95, "reason": None},
        {"name": "b", "value": 0.7, "low": None, "high": None, "reason": "2 groups"},
        {"name": "c", "value": None, "low": None, "high": None, "reason": "no fakes"},
    ]
)
TRIED = pd.DataFrame(
    {
        "aggregation": ["mean", "vote"],
        "threshold": [0.41, 0.5],
        "strict": [False, True],
        "free": [True, False],
        "balanced_accuracy": [0.8, np.nan],
        "chosen": [True, False],
    }
)
POINTS = pd.DataFrame(
    {
        "learning_rate": [1e-3, 1e-6, 1e-3],
        "batch_size": [4, 4, 16],
        "val": [0.9, 0.55, np.nan],
        "val_low": [0.85, 0.45, np.nan],
        "val_high": [0.95, 0.65, np.nan],
        "test": [0.86, 0.5, 0.88],
        "test_low": [0.8, 0.4, 0.83],
        "test_high": [0.9, 0.6, 0.93],
        "chosen": [True, False, False],
        "best_on_test": [False, False, True],
    }
)
IMAGES = [RNG.integers(0, 255, (9, 16, 3), dtype=np.uint8) for _ in range(5)]

ALL = {
    "learning_curves": lambda: figures.learning_curves(HISTORY, title="Curves"),
    "confusion": lambda: figures.confusion(Y, S >= 0.5, title="Matrix"),
    "roc": lambda: figures.roc(Y, {"one": S, "two": 1 - S}, thresholds={"one": 0.5}),
    "per_class_report": lambda: figures.per_class_report(Y, S >= 0.5),
    "score_histogram": lambda: figures.score_histogram(Y, S, threshold=0.5),
    "rule_choice": lambda: figures.rule_choice(TRIED),
    "intervals": lambda: figures.intervals(NUMBERS),
    "lines": lambda: figures.lines(
        {"a": ([0, 1], [2, 3]), "b": ([0, 2], [1, 0])}, x="time", y="loss", title="Two"
    ),
    "sweep": lambda: figures.sweep(POINTS, title="Grid"),
    "contact_sheet": lambda: figures.contact_sheet(
        IMAGES, labels=[0, 1, 0, 1, 1], titles=list("abcde"), columns=3, title="Sheet"
    ),
}


@pytest.fixture(autouse=True, scope="module")
def theme():
    with plt.rc_context():
        style.apply()
        yield


def words(fig):
    """All text in a figure, drawn."""
    fig.canvas.draw()
    found = [text.get_text() for ax in fig.axes for text in ax.texts]
    for ax in fig.axes:
        found += [tick.get_text() for tick in ax.get_xticklabels()]
        found += [tick.get_text() for tick in ax.get_yticklabels()]
        if ax.get_legend():
            found += [text.get_text() for text in ax.get_legend().get_texts()]
    return " | ".join(found)


@pytest.mark.parametrize("name", ALL)
def test_each_is_a_figure_that_saves_and_that_pyplot_does_not_know(name, tmp_path):
    fig = ALL[name]()
    assert isinstance(fig, Figure)
    fig.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 2000
    assert not plt.get_fignums()  # or a notebook would show it twice
    assert np.isfinite(fig.get_size_inches()).all()


@pytest.mark.parametrize("name", ALL)
def test_no_text_is_too_small_or_cut_off(name):
    fig = ALL[name]()
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    renderer, whole = canvas.get_renderer(), fig.bbox
    titles = [text for ax in fig.axes for text in (ax.title, ax._left_title)]
    texts = [*titles, *fig.texts]
    for ax in fig.axes:
        texts += [*ax.texts, ax.xaxis.label, ax.yaxis.label]
        texts += [*ax.get_xticklabels(), *ax.get_yticklabels()]
    for text in texts:
        if text.get_text() and text.get_visible() and text.axes is not None:
            assert text.get_fontsize() >= 10, text
            box = text.get_window_extent(renderer)
            assert box.x0 >= whole.x0 - 1 and box.x1 <= whole.x1 + 1, text
            assert box.y0 >= whole.y0 - 1 and box.y1 <= whole.y1 + 1, text


def test_confusion_counts_by_truth_and_verdict():
    got = words(figures.confusion([0, 0, 0, 1], [0, 1, 0, 1]))
    assert "2\n67%" in got and "1\n33%" in got and "1\n100%" in got and "0\n0%" in got


def test_roc_of_one_class_says_so():
    assert "no ROC: one class only" in words(figures.roc([1, 1], {"x": [0.1, 0.6]}))


def test_roc_names_the_auroc_and_refuses_hard_labels():
    assert "x, AUROC 1.00" in words(figures.roc([0, 1, 1], {"x": [0.1, 0.6, 0.8]}))
    with pytest.raises(ValueError, match="hard labels"):
        figures.roc([0, 1, 1], {"x": [0, 1, 0]})


def test_report_of_a_class_never_called_is_not_available():
    got = words(figures.per_class_report([0, 0, 1], [0, 0, 0]))
    assert got.count("n/a") == 3  # its precision, and both averages over it
    assert "real\nn = 2" in got and "fake\nn = 1" in got


def test_intervals_say_why_there_is_none():
    got = words(ALL["intervals"]())
    assert "0.90 [0.80, 0.95]" in got and "2 groups" in got
    assert "n/a" in got and "no fakes" in got and "chance" in got


def test_rule_choice_marks_the_chosen_one():
    got = words(ALL["rule_choice"]())
    assert "0.80  chosen" in got and "vote > 0.5" in got and "mean score ≥ 0.41" in got


def test_rule_choice_takes_the_table_of_choose_rule():
    ids = [f"v{i}" for i in range(Y.size)]
    table = pd.DataFrame({"video_id": ids, "face_id": 0, "frame_index": 0, "score": S})
    _, tried = choose_rule(table, dict(zip(ids, Y, strict=True)))
    assert words(figures.rule_choice(tried)).count("chosen") == 2  # one is "chosen too"


def test_sweep_names_points_and_both_choices():
    fig = ALL["sweep"]()
    got = words(fig) + " ".join(t.get_text() for t in fig.legends[0].get_texts())
    assert "rate 0.001, batch 4" in got and "rate 1e-06, batch 4" in got
    assert "chosen on validation" in got and "the highest on test" in got


def test_rule_choice_names_every_pooling_and_a_threshold_near_one():
    ids = [f"v{i}" for i in range(Y.size)]
    table = pd.DataFrame({"video_id": ids, "face_id": 0, "frame_index": 0, "score": S})
    labels = dict(zip(ids, Y, strict=True))
    _, tried = choose_rule(table, labels, candidates=POOLINGS)
    tried["threshold"] = tried["threshold"].where(
        tried["aggregation"] != "noisy_or", 1 - 3e-7
    )
    got = words(figures.rule_choice(tried))
    for name in ("mean score", "share of votes", "highest score", "three highest"):
        assert name in got
    assert "noisy-or ≥ 1 − 3e-07" in got


def test_contact_sheet_frames_the_class_and_refuses_a_mismatch():
    sheet = figures.contact_sheet(IMAGES[:2], labels=[0, 1])
    edges = [ax.spines["left"].get_edgecolor()[:3] for ax in sheet.axes]
    assert edges == [to_rgb(style.REAL), to_rgb(style.FAKE)]
    with pytest.raises(ValueError, match="no images"):
        figures.contact_sheet([])
    with pytest.raises(ValueError, match="2 images"):
        figures.contact_sheet(IMAGES[:2], labels=[0])


def test_the_classes_differ_in_lightness_too():
    def luminance(colour):
        c = np.array(to_rgb(colour))
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    real, fake = luminance(style.REAL), luminance(style.FAKE)
    assert abs(real - fake) > 0.05
    for colour in (real, fake, luminance(style.INK), luminance(style.MUTED)):
        assert 1.05 / (colour + 0.05) >= 3  # WCAG, large text on white


@pytest.mark.parametrize(("rows", "title"), [(1, ""), (2, "Sheet"), (7, ""), (7, "A")])
def test_the_key_of_a_sheet_covers_no_title(rows, title):
    images = [IMAGES[0][:, :9]] * (8 * rows)  # square: a tall sheet
    fig = figures.contact_sheet(
        images, labels=[0] * len(images), titles=["frame 1"] * len(images), title=title
    )
    FigureCanvasAgg(fig).draw()
    key = min(text.get_window_extent().y0 for text in fig.texts)
    assert key >= fig.axes[7].title.get_window_extent().y1
