"""Errata of S1, Notshe, Svoboda and Xiao: frames that know more than their videos."""

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy import stats

from dfstudy.study import papers
from dfstudy.study.errata.erratum import Erratum

_DIGIT = 0.005  # half of the last digit that is printed


def _map() -> Erratum:
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


def _flow_map() -> Erratum:
    made = tuple(((side - 2) // 2 - 2) // 2 for side in papers.S1_FLOW)
    flat = made[0] * made[1] * papers.S1_FLOW_CHANNELS
    rows, columns = papers.S1_FLOW_MAP
    return Erratum(
        paper="S1",
        where="table 4, temporal stream",
        printed=f"maps of {rows} x {columns}, {papers.S1_FLOW_FLAT} numbers",
        recomputed=f"two 3 x 3 convolutions without padding, each with a pooling by 2,"
        f" make {made[0]} x {made[1]} and {flat} numbers",
        meaning="this fits; so the paper's unnamed layers can be built",
    )


def _rate() -> Erratum:
    return Erratum(
        paper="S1",
        where="learning rate",
        printed=papers.S1_RATE,
        recomputed=f"{float(papers.S1_RATE):g}",
        meaning="0.01 as it is printed, 0.001 as most who write so mean it: we take the"
        " second, and it is a parameter",
    )


def fakes_share(accuracy: float, precision: float, recall: float) -> tuple:
    """Lowest and highest share of fakes with which these three, rounded, are possible.

    accuracy = 1 - share (1 - recall) - share recall (1 - precision) / precision.
    """
    shares = [
        (1 - a) / (1 - r + r * (1 - p) / p)
        for a, p, r in product(
            *((x - _DIGIT, x + _DIGIT) for x in (accuracy, precision, recall))
        )
    ]
    return min(shares), max(shares)


def _shares() -> Erratum:
    found = {name: fakes_share(*row) for name, row in papers.S1_FRAME_LEVEL.items()}
    text = "; ".join(
        f"{name}: {low:.0%} to {high:.0%}" for name, (low, high) in found.items()
    )
    split = max(papers.S1_VIDEO_ACCURACY.values())
    return Erratum(
        paper="S1",
        where="table 7 against section 5.2",
        printed="accuracy, precision and recall of frames (printed with misread digits,"
        f' "0 97" and "O 91"); {split} "is the rough class split"',
        recomputed=f"the shares of fakes that a row allows: {text}",
        meaning="the frames of the second row cannot have the class split of the"
        f" videos, neither {split:.0%} nor {1 - split:.0%} of fakes",
    )


def _class_split() -> Erratum:
    dfdc, videos = papers.DFDC_VIDEOS, sum(papers.S1_VIDEOS.values())
    share = dfdc["fake"] / sum(dfdc.values())
    split = max(papers.S1_VIDEO_ACCURACY.values())
    away = (share - split) / np.sqrt(share * (1 - share) / videos)
    return Erratum(
        paper="S1",
        where="section 5.2, class split",
        printed=f"{split} of the videos are of the larger class",
        recomputed=f"{share:.0%} of DFDC's training videos are fake; a random sample of"
        f" {videos} is {away:.0f} standard errors from {split}",
        meaning="the videos were not taken at random, and the paper does not say how",
    )


def _drop() -> Erratum:
    frames = papers.S1_FRAME_LEVEL["baseline"][0]
    floor = 1 - (1 - frames) / 0.5
    lowest = 1 - (1 - frames) / min(papers.S1_VOTES)
    return Erratum(
        paper="S1",
        where='section 5.2, "a significant drop" from frames to videos',
        printed=f"{frames} of the frames are called right",
        recomputed="a vote errs where half of a video's frames do, so on the same"
        f" videos a vote by half has at least {floor:.2f}, and by a share of"
        f" {min(papers.S1_VOTES)} at least {lowest:.2f}",
        meaning="a larger drop needs no lack of time to explain it: frames and videos"
        " were then not scored on the same split, and frames that are shuffled before"
        " they are split leak",
    )


def _small() -> Erratum:
    n, share = papers.S1_VIDEOS["test"], papers.S1_VIDEO_ACCURACY["3D CNN"]
    half = stats.norm.ppf(0.975) * np.sqrt(share * (1 - share) / n)
    return Erratum(
        paper="S1",
        where="accuracy of videos",
        printed=", ".join(f"{k} {v}" for k, v in papers.S1_VIDEO_ACCURACY.items()),
        recomputed=f"of {n} test videos, each is known to +-{half:.2f}",
        meaning="the two cannot be told from each other, nor from the larger class",
    )


def _votes() -> Erratum:
    n, p = papers.S1_VIDEOS["test"], 0.5
    # Were all verdicts guesses, and those of different thresholds independent.
    draws = np.random.default_rng(0).binomial(n, p, (100_000, len(papers.S1_VOTES)))
    gain = draws.max(axis=1).mean() / n - p
    return Erratum(
        paper="S1",
        where="section 4.2.2, vote threshold",
        printed=f"{len(papers.S1_VOTES)} thresholds tried, the best accuracy reported",
        recomputed=f"of as many guesses at {n} videos the best is expected"
        f" {gain:.2f} above one (less, as the thresholds resemble each other)",
        meaning="chosen on the videos that are reported, the threshold flatters",
    )


def _flow() -> Erratum:
    apart = papers.S1_SECONDS / papers.S1_SAMPLED
    return Erratum(
        paper="S1",
        where="section 3.1, optical flow",
        printed=f'"consecutive frames" of {papers.S1_SAMPLED} equally spaced ones',
        recomputed=f"they are {apart:.2f} s apart,"
        f" {apart * papers.S1_FPS:.0f} frames of the video",
        meaning="optical flow is made for small motion; a head can turn in that time",
    )


def _f1() -> Erratum:
    share = max(papers.S1_VIDEO_ACCURACY.values())
    return Erratum(
        paper="S1",
        where="section 5.2, F1 loss",
        printed="high recall, low precision: more data needed",
        recomputed=f"where a share of {share} is fake, calling all fake has recall 1,"
        f" precision {share} and F1 {2 * share / (1 + share):.2f}",
        meaning="a loss of F1 alone is content with that answer; more data does not"
        " change it",
    )


ALL: tuple[Callable[[], Erratum], ...] = (
    _map,
    _flow_map,
    _rate,
    _shares,
    _class_split,
    _drop,
    _small,
    _votes,
    _flow,
    _f1,
)
