"""Errata of S3, Correia and Neves: the best of five runs, and JPEG the wrong way."""

from collections.abc import Callable

import numpy as np

from dfstudy.study import papers
from dfstudy.study.errata.erratum import Erratum

E1, E5 = "E1 Xception", "E5 Xception + Bi-LSTM"


def _best() -> Erratum:
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


def auroc_error(area: float, fakes: int, reals: int) -> float:
    """Standard error of an AUROC (Hanley and McNeil, Radiology 1982)."""
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (fakes - 1) * (q1 - area**2)
    return float(np.sqrt((spread + (reals - 1) * (q2 - area**2)) / (fakes * reals)))


def _narrow() -> Erratum:
    half = papers.S3_PARTS["test"] // 2
    rows = {name: papers.S3_AUROC[name] for name in (E1, E5)}
    text = "; ".join(
        f"{name} {row.high - row.low:.3f} printed,"
        f" {2 * 1.96 * auroc_error(row.best, half, half):.3f} from an AUROC of"
        f" {row.best}"
        for name, row in rows.items()
    )
    gap = {name: row.best - row.mean for name, row in papers.S3_AUROC.items()}
    least = min(gap, key=gap.get)
    return Erratum(
        paper="S3",
        where="section 2.4.5, least variance",
        printed="the LSTM head shows the least variance in its interval",
        recomputed=f"widths of intervals: {text}. The runs scatter least in {least}"
        f" (best minus mean {gap[least]:.2f}, of the LSTM {gap[E5]:.2f})",
        meaning="the higher an AUROC, the narrower its interval: that says nothing of"
        " how much runs differ, and section 2.4.3 names the other one",
    )


def _close() -> Erratum:
    half = papers.S3_PARTS["test"] // 2
    one, other = papers.S3_AUROC[E1], papers.S3_AUROC["E4 EfficientNet-B3"]
    error = auroc_error(one.mean, half, half)
    return Erratum(
        paper="S3",
        where="table 1, E4 against E1",
        printed=f"mean AUROC {other.mean} against {one.mean}",
        recomputed=f"with {half} videos a class an AUROC of {one.mean} has a standard"
        f" error of {error:.2f}",
        meaning=f"a difference of {other.mean - one.mean:.2f} is within it",
    )


def _focal() -> Erratum:
    focal, other = papers.S3_EER["E3 + focal loss"], papers.S3_EER["E4 EfficientNet-B3"]
    return Erratum(
        paper="S3",
        where="discussion of table 4",
        printed="focal loss has a lower EER than EfficientNet-B3",
        recomputed=f"mean {focal[0]} against {other[0]}, best {focal[1]} against"
        f" {other[1]}",
        meaning="it is higher, in the mean as in the best",
    )


def _focal_fakes() -> Erratum:
    right, wrong = papers.S3_FOCAL_REALS.values()
    accuracy = papers.S3_ACCURACY["E3 + focal loss"].mean
    reals = right / (right + wrong)
    return Erratum(
        paper="S3",
        where="section 2.4.4, focal loss",
        printed=f"{right} reals right and {wrong} wrong, better than the best model",
        recomputed=f"that is {reals:.0%} of the reals; with a mean accuracy of"
        f" {accuracy} on as many fakes it finds {2 * accuracy - reals:.0%} of those",
        meaning="the threshold has moved, not the skill: at alpha = 0.25 a missed fake"
        " costs a third of a false alarm",
    )


def _order() -> Erratum:
    tables = {"AUROC": papers.S3_AUROC, "accuracy": papers.S3_ACCURACY}
    tables["F1"] = papers.S3_F1
    last = {
        name: min(table, key=lambda row, t=table: t[row].mean)
        for name, table in tables.items()
    }
    e4 = "E4 EfficientNet-B3"
    below = [
        name
        for name, table in tables.items()
        if table[e4].mean < papers.__dict__[f"S3_{name.upper()}"][E1].mean
    ]
    return Erratum(
        paper="S3",
        where="section 2.4.1, the same pattern in all metrics",
        printed="the only exception is the F1 of EfficientNet-B3",
        recomputed=f"{e4} is above {E1} in AUROC and below it in {' and '.join(below)};"
        f" the lowest is {', '.join(f'{row} in {name}' for name, row in last.items())}",
        meaning="at a fixed threshold of 0.6 accuracy and F1 follow the threshold, not"
        " the ranking",
    )


def _jpeg() -> Erratum:
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


def jpeg_error(quality: int) -> float:
    """Mean change, in grey levels, of a fixed picture by the JPEG of lesson 09."""
    import cv2

    from dfstudy.training.augment_s3 import jpeg

    rng = np.random.default_rng(0)
    small = rng.uniform(40, 215, (28, 28, 3)).astype(np.float32)
    picture = cv2.resize(small, (224, 224), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(picture, 0, 255).astype(np.uint8)[None]  # a clip of one frame
    return float(np.abs(jpeg(picture, quality).astype(float) - picture).mean())


def _counts() -> Erratum:
    parts = papers.S3_PARTS
    return Erratum(
        paper="S3",
        where="section 2",
        printed=f'"{papers.S3_SAID} different experiments"; "we tested the model on the'
        ' training set"',
        recomputed=f"{papers.S3_LISTED} are listed; {parts['train']} +"
        f" {parts['validation']} + {parts['test']} = {sum(parts.values())} videos",
        meaning="the videos fit; that a test set was meant has to be believed",
    )


def _inputs() -> Erratum:
    mean, std = papers.S3_NORMALISED["mean"], papers.S3_NORMALISED["std"]
    white = [(1 - m) / s for m, s in zip(mean, std, strict=True)]
    return Erratum(
        paper="S3",
        where="section 2.1.1, normalisation",
        printed='ImageNet\'s mean and deviation, "the format that XceptionNet expects"',
        recomputed=f"white becomes {min(white):.2f} to {max(white):.2f}; Xception was"
        f" trained with {papers.XCEPTION_RANGE:g}",
        meaning="not what its weights expect, and it was not the state of the art of"
        " the challenge either: EfficientNet-B7 won it",
    )


ALL: tuple[Callable[[], Erratum], ...] = (
    _best,
    _narrow,
    _close,
    _focal,
    _focal_fakes,
    _order,
    _jpeg,
    _counts,
    _inputs,
)
