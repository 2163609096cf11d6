"""What does not fit in the five papers, recomputed from nothing but their own numbers.

    for erratum in errata():
        print(erratum.paper, erratum.printed, erratum.recomputed, erratum.meaning)

Every figure is computed when it is asked for, from `study.papers`. A paper that errs is
in good company, and none of this says that its method is bad: only that the number
cannot be used as it stands.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats
from sklearn import metrics

from dfstudy.study import papers
from dfstudy.study.papers import Matrix


@dataclass(frozen=True, kw_only=True)
class Erratum:
    """One thing that does not fit: `printed` there, `recomputed` here, and so what."""

    paper: str  # "S0"
    where: str
    printed: str
    recomputed: str
    meaning: str


def errata() -> list[Erratum]:
    """All of them, paper by paper."""
    return [make() for make in _ALL]


def scores(matrix: Matrix) -> dict[str, float]:
    """Accuracy, precision, recall and F1 of both classes, balanced accuracy; [0, 1].

    `auc_of_verdicts` is the area that comes out where verdicts (0 or 1) are given in
    place of scores.
    """
    labels = [0] * matrix.reals + [1] * matrix.fakes
    called = [0] * matrix.tn + [1] * matrix.fp + [0] * matrix.fn + [1] * matrix.tp
    each = metrics.precision_recall_fscore_support(labels, called, zero_division=0)
    precision, recall, f1, _ = each
    return {
        "accuracy": float(metrics.accuracy_score(labels, called)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(labels, called)),
        "auc_of_verdicts": float(metrics.roc_auc_score(labels, called)),
        "precision": float(precision[1]),
        "recall": float(recall[1]),
        "f1": float(f1[1]),
        "precision_real": float(precision[0]),
        "recall_real": float(recall[0]),
        "f1_real": float(f1[0]),
    }


def matrices(printed: dict[str, float], total: int, *, digits: int = 3) -> list[Matrix]:
    """Every confusion matrix of `total` videos whose scores round to those printed.

    Args:
        printed: names of `scores`, and "auc" for the area under the ROC of verdicts;
            an accuracy is printed as a percentage, with one digit more.
        digits: behind the point of all others.
    """
    reals = np.arange(1, total)[:, None, None]
    fp, fn = np.arange(total)[None, :, None], np.arange(total)[None, None, :]
    fakes = total - reals
    with np.errstate(divide="ignore", invalid="ignore"):
        tp, tn = fakes - fn, reals - fp
        found = {
            "accuracy": (tp + tn) / total,
            "precision": tp / (tp + fp),
            "recall": tp / fakes,
            "f1": 2 * tp / (2 * tp + fp + fn),
            "auc": (tp / fakes + tn / reals) / 2,
        }
        fits = (tp >= 0) & (tn >= 0)
        for name, value in printed.items():
            place = digits + 1 if name == "accuracy" else digits
            fits = fits & (np.abs(found[name] - value) <= 0.5 * 10.0**-place + 1e-12)
    return [
        Matrix(tn=int(r + 1 - f), fp=int(f), fn=int(n), tp=int(total - r - 1 - n))
        for r, f, n in np.argwhere(fits)
    ]


@cache  # 40 million matrices are tried
def _of_s0_test(total: int) -> list[Matrix]:
    return matrices(papers.S0_TEST, total)


def _s0_test() -> Erratum:
    total = papers.S0_PARTS["test"]
    found = _of_s0_test(total)
    text = "; ".join(
        f"{m.reals} real and {m.fakes} fake with {m.fn} fakes missed and {m.fp} false"
        f" alarms"
        for m in found
    )
    return Erratum(
        paper="S0",
        where="table 3, test",
        printed=f"AUC {papers.S0_TEST['auc']}",
        recomputed=f"of all matrices of {total} videos, {len(found)} gives all five"
        f" numbers, the AUC being that of its verdicts: {text}"
        f" (balanced accuracy {scores(found[0])['balanced_accuracy']:.3f})",
        meaning="the AUC was computed from verdicts, not from scores: it is the"
        " balanced accuracy under another name",
    )


def _s0_baseline() -> Erratum:
    found = scores(papers.S0_BASELINE)
    return Erratum(
        paper="S0",
        where="tables 4 and 5, baseline",
        printed=f"AUC {papers.S0_BASELINE_PRINTED['auc']}",
        recomputed=f"balanced accuracy of its matrix: {found['balanced_accuracy']:.4f}",
        meaning="again the AUC of verdicts; how the baseline ranks videos is not known",
    )


def _s0_tables() -> Erratum:
    found, printed = scores(papers.S0_VALIDATION), papers.S0_TABLE_1
    names = ("accuracy", "precision_real", "f1_real")
    show = ", ".join
    return Erratum(
        paper="S0",
        where="table 1 against table 2",
        printed=show(f"{name} {printed[name]:.4g}" for name in names),
        recomputed=show(f"{name} {found[name]:.4f}" for name in names),
        meaning="the report and the matrix are not of the same predictions",
    )


def _s0_trivial() -> Erratum:
    base, test = papers.S0_BASELINE, _of_s0_test(papers.S0_PARTS["test"])
    printed = papers.S0_BASELINE_PRINTED["accuracy"]
    alone = base.fakes / (base.fakes + base.reals)
    test_alone = test[0].fakes / (test[0].fakes + test[0].reals)
    return Erratum(
        paper="S0",
        where="accuracy of the baseline, and of the final model",
        printed=f"{printed:.1%}, and {papers.S0_TEST['accuracy']:.2%}",
        recomputed=f"calling every video fake has {alone:.1%} on the baseline's videos"
        f" and {test_alone:.1%} on the test set",
        meaning=f"the baseline is {printed - alone:+.1%} from saying nothing; with nine"
        " fakes a real, accuracy hardly measures anything",
    )


def _s0_counts() -> Erratum:
    parts, videos = sum(papers.S0_PARTS.values()), sum(papers.S0_VIDEOS.values())
    return Erratum(
        paper="S0",
        where="data",
        printed=f"{papers.S0_VIDEOS['real']} + {papers.S0_VIDEOS['fake']} videos, split"
        f" into {', '.join(map(str, papers.S0_PARTS.values()))}",
        recomputed=f"{videos} videos and {parts} in the parts: {videos - parts} are"
        " missing",
        meaning="they are not explained; and the counts are those of DeepFakeDetection,"
        " with 28 actors, not of the DFDC that is named",
    )


def _s0_reals() -> Erratum:
    matrix = papers.S0_VALIDATION
    interval = stats.binomtest(matrix.tn, matrix.reals).proportion_ci(method="wilson")
    return Erratum(
        paper="S0",
        where="table 1, recall of reals",
        printed=f"{matrix.tn / matrix.reals:.2f} of {matrix.reals} videos, no interval",
        recomputed=f"95 % interval {interval.low:.2f} to {interval.high:.2f}, if all"
        " videos were of different people",
        meaning="so few reals cannot tell 0.7 from 0.9; the actors of the test videos"
        " are also in training",
    )


def _s1_map() -> Erratum:
    (height, width), (rows, columns) = papers.S1_INPUT, papers.S1_MAP
    made = tuple(-(-side // papers.S1_STRIDE) for side in (height, width))
    return Erratum(
        paper="S1",
        where="tables 2 and 4",
        printed=f"ResNet50 makes {rows} x {columns} of {height} x {width}",
        recomputed=f"at a stride of {papers.S1_STRIDE} it makes {made[0]} x {made[1]}",
        meaning="7 x 7 belongs to 224 x 224; the sizes in the tables were not those of"
        " a network that ran",
    )


def _s1_rate() -> Erratum:
    return Erratum(
        paper="S1",
        where="learning rate",
        printed=papers.S1_RATE,
        recomputed=f"{float(papers.S1_RATE):g}",
        meaning="0.01 as it is printed, 0.001 as most who write so mean it: we take the"
        " second, and it is a parameter",
    )


def _s1_small() -> Erratum:
    n, share = papers.S1_VIDEOS["test"], papers.S1_VIDEO_ACCURACY["3D CNN"]
    half = stats.norm.ppf(0.975) * np.sqrt(share * (1 - share) / n)
    return Erratum(
        paper="S1",
        where="accuracy of videos",
        printed=", ".join(f"{k} {v}" for k, v in papers.S1_VIDEO_ACCURACY.items()),
        recomputed=f"of {n} test videos, each is known to +-{half:.2f}",
        meaning="the two cannot be told from each other, nor from the larger class",
    )


def _s2_speed() -> Erratum:
    demo = papers.S2_DEMO
    rate = demo["frames"] / demo["seconds"]
    return Erratum(
        paper="S2",
        where='"real-time"; confidence',
        printed=f"{demo['frames']} frames in {demo['seconds']} s; REAL,"
        f" {demo['confidence']:.2%}",
        recomputed=f"{rate:.1f} frames a second, {rate / papers.S2_FPS:.0%} of those"
        " that play in it",
        meaning="not real time; the paper has no accuracy, precision, recall or AUC,"
        " and a softmax that nobody has calibrated is no confidence",
    )


def _s3_best() -> Erratum:
    rows = papers.S3_AUROC
    out = [name for name, r in rows.items() if not r.low <= r.mean <= r.high]
    text = "; ".join(
        f"{name} {rows[name].mean} is not in {rows[name].low} to {rows[name].high}"
        for name in out
    )
    return Erratum(
        paper="S3",
        where="table 1",
        printed="the best of five runs, with a bootstrap interval",
        recomputed=f"in {len(out)} of {len(rows)} rows the interval of the best run"
        f" does not hold the mean of the five: {text}",
        meaning="the best of five on the test set is luck on top of skill, and a"
        " bootstrap of its videos does not know of the other four runs",
    )


def _s3_focal() -> Erratum:
    focal, other = papers.S3_EER["E3 + focal loss"], papers.S3_EER["E4 EfficientNet-B3"]
    return Erratum(
        paper="S3",
        where="discussion of table 4",
        printed="focal loss has a lower EER than EfficientNet-B3",
        recomputed=f"mean {focal[0]} against {other[0]}, best {focal[1]} against"
        f" {other[1]}",
        meaning="it is higher, in the mean as in the best",
    )


def _s3_jpeg() -> Erratum:
    low, high = papers.S3_JPEG
    left = jpeg_error(low), jpeg_error(high), jpeg_error(95)
    return Erratum(
        paper="S3",
        where="abstract, JPEG augmentation",
        printed="better frame quality lowers the AUROC",
        recomputed=f"a test picture loses {left[0]:.1f} grey levels at quality {low},"
        f" {left[1]:.1f} at {high} and {left[2]:.1f} at 95",
        meaning="the augmentation makes frames worse, so the conclusion is the other"
        " way round",
    )


def _s4_auc() -> Erratum:
    test = papers.S4_TEST
    return Erratum(
        paper="S4",
        where="test results",
        printed=f"accuracy {test['accuracy']:.2%}, AUC {test['auc']:.2%}",
        recomputed=f"difference {abs(test['accuracy'] - test['auc']):.2%}",
        meaning="with balanced classes that is what an AUC of verdicts gives",
    )


def _s4_f1() -> Erratum:
    test = papers.S4_TEST
    f1 = stats.hmean([test["precision"], test["recall"]])
    return Erratum(
        paper="S4",
        where="abstract against results",
        printed=f"F1 {papers.S4_ABSTRACT_F1:.0%} and {test['f1']:.2%}",
        recomputed=f"{f1:.2%} from its precision and recall",
        meaning="the abstract's does not belong to these results",
    )


def _s4_lengths() -> Erratum:
    first, last = papers.S4_LENGTHS[0], papers.S4_LENGTHS[-1]
    cards = {row.card for row in papers.S4_LENGTHS}
    return Erratum(
        paper="S4",
        where="table 3 and its O(F (D k^2 C + T h^2))",
        printed=f"{first.minutes} minutes at {first.frames} frames, {last.minutes} at"
        f" {last.frames}",
        recomputed=f"{last.frames / first.frames:.0f} times the frames in"
        f" {last.minutes / first.minutes:.1f} times the minutes, on {len(cards)}"
        " different cards",
        meaning="length and card change together, so neither the growth nor the"
        " accuracy can be put down to the length",
    )


def _s4_total() -> Erratum:
    pairs = papers.S4_VIDEOS.values()
    total = sum(map(sum, pairs))
    most = max(abs(real / (real + fake) - 0.5) for real, fake in pairs)
    return Erratum(
        paper="S4",
        where="data",
        printed=f"{papers.S4_TOTAL} videos",
        recomputed=f"{total}; within a source the share of reals is off a half by at"
        f" most {most:.1%}",
        meaning="this fits, and is to its credit: the source does not tell the label",
    )


def jpeg_error(quality: int) -> float:
    """Mean change, in grey levels, of a fixed test picture by JPEG of this quality."""
    import cv2

    rng = np.random.default_rng(0)
    small = rng.uniform(40, 215, (28, 28, 3)).astype(np.float32)
    picture = cv2.resize(small, (224, 224), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return float(np.abs(again.astype(float) - picture).mean())


_ALL: tuple[Callable[[], Erratum], ...] = (
    _s0_test,
    _s0_baseline,
    _s0_tables,
    _s0_trivial,
    _s0_counts,
    _s0_reals,
    _s1_map,
    _s1_rate,
    _s1_small,
    _s2_speed,
    _s3_best,
    _s3_focal,
    _s3_jpeg,
    _s4_auc,
    _s4_f1,
    _s4_lengths,
    _s4_total,
)
