"""Errata of S4, ReLSTM: one set of videos under two names."""

from collections.abc import Callable
from math import ceil

from scipy import stats

from dfstudy.study import papers, recount
from dfstudy.study.errata.erratum import Erratum


def _auc() -> Erratum:
    test = papers.S4_TEST
    return Erratum(
        paper="S4",
        where="test results",
        printed=f"accuracy {test['accuracy']:.2%}, AUC {test['auc']:.2%}",
        recomputed=f"difference {abs(test['accuracy'] - test['auc']):.2%}",
        meaning="with balanced classes that is what an AUC of verdicts gives",
    )


def _f1() -> Erratum:
    test = papers.S4_TEST
    f1 = stats.hmean([test["precision"], test["recall"]])
    return Erratum(
        paper="S4",
        where="abstract against results",
        printed=f"F1 {papers.S4_ABSTRACT_F1:.0%} and {test['f1']:.2%}",
        recomputed=f"{f1:.2%} from its precision and recall",
        meaning="the abstract's does not belong to these results",
    )


def _accuracy() -> Erratum:
    # scikit-learn's train_test_split, which S4 names, rounds up.
    videos = ceil(papers.S4_PARTS["test"] * papers.S4_TOTAL)
    names = ("precision", "recall", "f1")
    printed = {name: papers.S4_TEST[name] for name in names}
    found = recount.matrices(printed, videos, digits=4)
    text = "; ".join(
        f"{m.reals} real and {m.fakes} fake with {m.fn} fakes missed and {m.fp} false"
        f" alarms, accuracy {recount.scores(m)['accuracy']:.2%}"
        for m in found
    )
    right = papers.S4_TEST["accuracy"] * videos
    return Erratum(
        paper="S4",
        where="test results, accuracy",
        printed=f"{papers.S4_TEST['accuracy']:.2%}",
        recomputed=f"of {videos} videos that would be {right:.1f} right; the other"
        f" three numbers leave {len(found)} matrix: {text}",
        meaning="it is no share of whole videos, as a mean over batches of different"
        " size is",
    )


def _one_set() -> Erratum:
    test = papers.S4_PARTS["test"]
    return Erratum(
        paper="S4",
        where="sections 4.1, 4.2 and 4.4",
        printed=f"{papers.S4_PARTS['train']:.0%} for training, the rest is called"
        " validation and testing; a loss of"
        f" {papers.S4_LOSS['validation']} on the one and {papers.S4_LOSS['test']} on"
        " the other",
        recomputed=f"the parts make {papers.S4_PARTS['train'] + test:.0%}: there is one"
        " set, and one set has one loss",
        meaning="the epoch is chosen on what is reported, so"
        f" {papers.S4_TEST['accuracy']:.2%} is a validation result",
    )


def _originals() -> Erratum:
    train = papers.S4_PARTS["train"]
    reals, fakes = papers.S4_VIDEOS["FaceForensics++"]
    methods = 4  # Deepfakes, Face2Face, FaceSwap, NeuralTextures
    return Erratum(
        paper="S4",
        where="random split by video",
        printed=f"{reals} real and {fakes} fake videos of FaceForensics++, shuffled",
        recomputed=f"{train:.0%} of the fakes in test have their own original in"
        f" training; with all {methods} fakes of each original"
        f" {1 - (1 - train) ** methods:.1%} have it or a sibling there",
        meaning="a face and a background that were seen in training are not new videos",
    )


def _lengths() -> Erratum:
    from dfstudy.study.lengths import formula_time

    first, last = papers.S4_LENGTHS[0], papers.S4_LENGTHS[-1]
    cards = {row.card for row in papers.S4_LENGTHS}
    grows = formula_time(last.frames) / formula_time(first.frames)
    return Erratum(
        paper="S4",
        where="table 3 and its O(F (D k^2 C + T h^2))",
        printed=f"{first.minutes} minutes at {first.frames} frames, {last.minutes} at"
        f' {last.frames}; "linear growth"',
        recomputed=f"{last.frames / first.frames:.0f} times the frames in"
        f" {last.minutes / first.minutes:.1f} times the minutes, on {len(cards)}"
        f" different cards; the formula, with F = T, grows {grows:.0f} times",
        meaning="length and card change together, so neither the growth nor the"
        " accuracy can be put down to the length; the formula counts the frames twice",
    )


def macs_of_a_frame() -> int:
    """Multiplications of ResNeXt-50 on a face of 112 x 112, by S4's own table 1."""
    total, channels, group = 7 * 7 * 3 * 64 * 56**2, 64, papers.S4_CARDINALITY
    side_in = 28
    for blocks, side, inner, out in papers.S4_STAGES:
        for block in range(blocks):
            first = side_in if block == 0 else side  # the stride is in the 3 x 3
            total += channels * inner * first**2
            total += 9 * inner * (inner // group) * side**2 + inner * out * side**2
            if block == 0:  # the shortcut changes its channels
                total += channels * out * side**2
            channels = out
        side_in = side
    return total


def _formula() -> Erratum:
    from dfstudy.study.lengths import COLOURS, KERNEL, LAYERS

    said, made = LAYERS * KERNEL**2 * COLOURS, macs_of_a_frame()
    return Erratum(
        paper="S4",
        where="section 3.4, D k^2 C for a frame",
        printed=f"{LAYERS} layers x {KERNEL}^2 x {COLOURS} colours = {said}",
        recomputed=f"{made:.2e} multiplications by its own table 1,"
        f" {made / said:,.0f} times as many",
        meaning="the size of the maps, and the channels of all layers but the first,"
        " are missing: the networks cost, not the LSTM",
    )


def _size() -> Erratum:
    from dfstudy.study.lengths import HIDDEN

    lstm, head = 4 * (2 * HIDDEN**2 + 2 * HIDDEN), 2 * HIDDEN + 2
    spatial = _resnext_parameters()
    total = spatial + lstm + head
    return Erratum(
        paper="S4",
        where="section 4.4, size",
        printed=f"{papers.S4_PARAMETERS / 1e6:g} million parameters,"
        f" {papers.S4_MEGABYTES} MB; a step of {papers.S4_POOLED_PRINTED} numbers in"
        " section 3.3",
        recomputed=f"ResNeXt-50 {spatial / 1e6:.2f}, LSTM {lstm / 1e6:.2f}: together"
        f" {total / 1e6:.2f} million, {4 * total / 1e6:.1f} MB;"
        f" {papers.S4_POOLED} numbers",
        meaning="the size fits, and is mostly the LSTM's; the step is a misprint",
    )


def _resnext_parameters() -> int:
    """Of S4's table 1 without its last two layers, batch norms included."""
    total, channels = 7 * 7 * 3 * 64 + 2 * 64, 64
    for blocks, _, inner, out in papers.S4_STAGES:
        for block in range(blocks):
            total += channels * inner + 9 * inner * (inner // papers.S4_CARDINALITY)
            total += inner * out + 2 * (2 * inner + out)
            total += channels * out + 2 * out if block == 0 else 0
            channels = out
    return total


def _total() -> Erratum:
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


ALL: tuple[Callable[[], Erratum], ...] = (
    _auc,
    _f1,
    _accuracy,
    _one_set,
    _originals,
    _lengths,
    _formula,
    _size,
    _total,
)
