"""Errata of S0, DeepSneak: an AUC of verdicts, and nine fakes for every real."""

import re
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy import stats

from dfstudy.study import papers, recount
from dfstudy.study.errata.erratum import Erratum
from dfstudy.study.papers import Matrix


@cache
def _of_test(total: int) -> list[Matrix]:
    return recount.matrices(papers.S0_TEST, total)


def _test() -> Erratum:
    total = papers.S0_PARTS["test"]
    found = _of_test(total)
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
        f" numbers, the AUC being that of its verdicts: {text} (balanced accuracy"
        f" {recount.scores(found[0])['balanced_accuracy']:.3f})",
        meaning="the AUC was computed from verdicts, not from scores: it is the"
        " balanced accuracy under another name",
    )


def _baseline() -> Erratum:
    found = recount.scores(papers.S0_BASELINE)
    return Erratum(
        paper="S0",
        where="tables 4 and 5, baseline",
        printed=f"AUC {papers.S0_BASELINE_PRINTED['auc']}",
        recomputed=f"balanced accuracy of its matrix: {found['balanced_accuracy']:.4f}",
        meaning="again the AUC of verdicts; how the baseline ranks videos is not known",
    )


def _tables() -> Erratum:
    found, printed = recount.scores(papers.S0_VALIDATION), papers.S0_TABLE_1
    names = ("accuracy", "precision_real", "f1_real")
    show = ", ".join
    return Erratum(
        paper="S0",
        where="table 1 against table 2",
        printed=show(f"{name} {printed[name]:.4g}" for name in names),
        recomputed=show(f"{name} {found[name]:.4f}" for name in names),
        meaning="the report and the matrix are not of the same predictions",
    )


def _trivial() -> Erratum:
    base, test = papers.S0_BASELINE, _of_test(papers.S0_PARTS["test"])
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
        " fakes a real, accuracy hardly measures anything, and it chose the epoch",
    )


def _counts() -> Erratum:
    parts, videos = sum(papers.S0_PARTS.values()), sum(papers.S0_VIDEOS.values())
    return Erratum(
        paper="S0",
        where="data",
        printed=f"{papers.S0_VIDEOS['real']} + {papers.S0_VIDEOS['fake']} videos, split"
        f" into {', '.join(map(str, papers.S0_PARTS.values()))}",
        recomputed=f"{videos} videos and {parts} in the parts: {videos - parts} are"
        " missing",
        meaning="they are not explained; and the counts are those of DeepFakeDetection,"
        f" with {papers.DFD_ACTORS} actors, not of the DFDC that is named",
    )


def _reals() -> Erratum:
    matrix = papers.S0_VALIDATION
    interval = stats.binomtest(matrix.tn, matrix.reals).proportion_ci(method="wilson")
    return Erratum(
        paper="S0",
        where="table 1, recall of reals",
        printed=f"{matrix.tn / matrix.reals:.2f} of {matrix.reals} videos, no interval",
        recomputed=f"95 % interval {interval.low:.2f} to {interval.high:.2f}, if all"
        " videos were of different people",
        meaning="so few reals cannot tell 0.7 from 0.9",
    )


def _other_split() -> Erratum:
    base, final = papers.S0_BASELINE, papers.S0_VALIDATION
    videos = base.reals + base.fakes
    # Were they drawn from the validation videos of the final model.
    draw = stats.hypergeom(final.reals + final.fakes, final.reals, videos)
    return Erratum(
        paper="S0",
        where="table 4 against table 1",
        printed=f"the baseline on {videos} validation videos, the final model on"
        f" {final.reals + final.fakes}",
        recomputed=f"{base.reals} reals where {draw.mean():.1f} are to be expected of"
        f" so many; {base.reals} or fewer by chance: p = {draw.cdf(base.reals):.3f}",
        meaning="the two were scored on different videos, so their difference is not"
        " that of the methods",
    )


def _actors() -> Erratum:
    each = papers.S0_VIDEOS["real"] // papers.DFD_ACTORS
    none = (1 - papers.S0_SHARES["train"]) ** (each - 1)
    return Erratum(
        paper="S0",
        where="random split by video",
        printed=f"{papers.S0_SHARES['train']:.0%} of the videos for training,"
        f" {papers.DFD_ACTORS} actors",
        recomputed=f"an actor with {each} real videos, one of them in test, has none in"
        f" training with a chance of {none:.0e}",
        meaning="every face and every scene of the test set was seen in training: what"
        " is measured is not how it does on strangers",
    )


def _names() -> Erratum:
    from dfstudy.study.titles import like_dfd

    names = like_dfd(seed=0)
    told = names["name"].str.contains(r"__[A-Z0-9]{8}$")
    right = (told == names["label"].astype(bool)).mean()
    words = names["name"].map(lambda name: re.split("__", name)[1])
    known = words[names["label"] == 1].isin(words[names["label"] == 0]).mean()
    return Erratum(
        paper="S0",
        where="descriptions taken from file names",
        printed='"outside talking pan laughing"',
        recomputed=f"of names made like the set's, an eight-letter id tells {right:.0%}"
        f" right; without ids, {known:.0%} of the fakes have words that reals have",
        meaning="a text with the id gives the label away, one without cannot contradict"
        " its video; the paper reports no run without text, so which it had is unknown",
    )


def _pooling() -> Erratum:
    from dfstudy.video.sample import RESIZES

    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 100, (2, 1, 64, 96, 3), dtype=np.uint8)
    pooled = [
        RESIZES["adaptive"](x, 8, 12).astype(float) for x in (one, other, one + other)
    ]
    off = np.abs(pooled[2] - pooled[0] - pooled[1]).max()
    return Erratum(
        paper="S0",
        where="section 3.2.2, adaptive average pooling",
        printed='"content-aware resizing"',
        recomputed="two pictures pooled and added differ from their sum, pooled, by at"
        f" most {off:.0f} of 255 grey levels, which is rounding",
        meaning="it is linear: the same mean over the same pixels, whatever they show",
    )


def _adam() -> Erratum:
    eps = 1e-8  # Adam's default
    return Erratum(
        paper="S0",
        where="section 3.3.1, Adam's step",
        printed="m / sqrt(v + eps)",
        recomputed=f"where v = 0 that divides by {eps**0.5:g}, m / (sqrt(v) + eps) by"
        f" {eps:g}",
        meaning="Kingma and Ba have the second; PyTorch, which the paper uses, too",
    )


def _rates() -> Erratum:
    rates = papers.S0_RATES
    return Erratum(
        paper="S0",
        where="learning rate",
        printed="; ".join(f"{where}: {rate:g}" for where, rate in rates.items()),
        recomputed="they differ by a factor of"
        f" {max(rates.values()) / min(rates.values()):g}",
        meaning="we take 1e-5 for the encoder and 1e-3 for the rest",
    )


ALL: tuple[Callable[[], Erratum], ...] = (
    _test,
    _baseline,
    _tables,
    _trivial,
    _counts,
    _other_split,
    _reals,
    _actors,
    _names,
    _pooling,
    _adam,
    _rates,
)
