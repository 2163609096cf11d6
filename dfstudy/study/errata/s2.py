"""Errata of S2, the BMSCE ResNet + LSTM: a paper without a result."""

from collections import Counter
from collections.abc import Callable

from dfstudy.study import papers
from dfstudy.study.errata.erratum import Erratum


def _speed() -> Erratum:
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


def _frames() -> Erratum:
    demo = papers.S2_DEMO
    return Erratum(
        paper="S2",
        where="section 3.3 against figure 11",
        printed=f"the first {papers.S2_FRAMES} frames of a video; {demo['frames']}"
        " frames analysed",
        recomputed=f"{demo['frames'] / papers.S2_FRAMES:.0%} of them,"
        f" {demo['frames'] / papers.S2_FPS:.2f} s of the video if they are neighbours",
        meaning="what was shown is not what was trained",
    )


def _maps() -> Erratum:
    stride = {"conv1": 2, "conv5": 32}
    made = {name: -(-papers.S2_SIDE // by) for name, by in stride.items()}

    def show(sides: dict[str, int]) -> str:
        return ", ".join(f"{name} {side} x {side}" for name, side in sides.items())

    return Erratum(
        paper="S2",
        where="figure 7",
        printed=f"{show(papers.S2_MAPS)}, for faces of {papers.S2_SIDE} x"
        f" {papers.S2_SIDE}",
        recomputed=f"of these faces it makes {show(made)}",
        meaning="the table is that of ResNeXt's paper, for pictures of 224; the"
        " detector has ResNeXt, though title and text say ResNet",
    )


def _split() -> Erratum:
    train, test = papers.S2_VIDEOS["train"], papers.S2_VIDEOS["test"]
    return Erratum(
        paper="S2",
        where="section 3.4",
        printed=f"{train} videos for training, {test} for testing",
        recomputed=f"{train / (train + test):.0%} and {test / (train + test):.0%}:"
        " nothing is left to validate on",
        meaning="whatever was chosen was chosen on training or on test",
    )


def _relu() -> Erratum:
    x, z = -1.0, 2.0
    return Erratum(
        paper="S2",
        where="section 3.6, ReLU; figures",
        printed="f(x) = max(0, z); figures "
        + ", ".join(map(str, sorted(set(papers.S2_FIGURES)))),
        recomputed=f"with z = {z:g} that is {max(0.0, z):g} for x = {x:g}, and ReLU is"
        f" {max(0.0, x):g}; figure"
        f" {next(n for n, k in Counter(papers.S2_FIGURES).items() if k > 1)} comes"
        " twice, figure"
        f" {min(set(range(1, 13)) - set(papers.S2_FIGURES))} not at all",
        meaning="slips; the layer itself is called ReLU here and leaky ReLU in 3.5, and"
        " what is said of [1] to [4] is true of the papers [2] to [5]",
    )


ALL: tuple[Callable[[], Erratum], ...] = (_speed, _frames, _maps, _split, _relu)
