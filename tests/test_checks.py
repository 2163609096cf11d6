"""The checks of the exercises: untouched, two typical wrong answers, the solution."""

import re
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from dfstudy.course import (
    checks_00,
    checks_01,
    checks_02,
    checks_03,
    checks_04,
    checks_05,
    checks_06,
    checks_07,
    checks_08,
    checks_09,
    checks_10,
)
from dfstudy.data.layouts import faceforensics
from dfstudy.data.misquote import untrue
from dfstudy.training.fitted import Variant
from dfstudy.training.rule import Rule
from dfstudy.video.flow import photometric_error, warp


def four_guesses(answer):
    return checks_00.guesses(answer, 4)


def wald(right, n):
    share = right / n
    half = 1.96 * np.sqrt(share * (1 - share) / n)
    return share - half, share + half


def wald_clipped(right, n):
    low, high = wald(right + (right == n) * -0.5, n)
    return max(low, 0), min(high, 1)


def half_as_wide(right, n):
    middle = (right + 1.92) / (n + 3.84)
    half = 1.96 * np.sqrt(right * (n - right) / n + 0.96) / (n + 3.84)
    return middle - half / 2, middle + half / 2


def targets_only(train, test):
    return len(
        set(train["target_identity"].dropna()) & set(test["target_identity"].dropna())
    )


def with_nobody(train, test):
    def seen(rows):
        both = pd.concat([rows["target_identity"], rows["donor_identity"]])
        return set(both.fillna("nobody"))

    return len(seen(train) & seen(test))


def videos_not_people(train, test):
    people = pd.concat([train["target_identity"], train["donor_identity"]]).dropna()
    hit = test["target_identity"].isin(people) | test["donor_identity"].isin(people)
    return int(hit.sum())


def first_frames(n_frames, k):
    return np.minimum(np.arange(k), n_frames - 1)


def without_half(n_frames, k):
    return np.minimum(np.floor(np.arange(k) * n_frames / k).astype(int), n_frames - 1)


def off_the_end(n_frames, k):
    return np.floor((np.arange(k) + 1) * n_frames / k).astype(int)


def floats(n_frames, k):
    return np.linspace(0, n_frames - 1, k)


def share_inside(box, height, width):
    limits = np.array([width, height, width, height])
    inside = np.clip(box, 0, limits)
    return (inside[2:] - inside[:2]).prod() / (box[2:] - box[:2]).prod()


def share_not_clipped(box, confidence, height, width):
    low, high = np.maximum(box[:2], 0), np.minimum(box[2:], [width, height])
    return confidence * (high - low).prod() / (box[2:] - box[:2]).prod()


def area_inside(box, confidence, height, width):
    area = (box[2:] - box[:2]).prod()
    return confidence * share_inside(box, height, width) * area


def share_of_frame(box, confidence, height, width):
    return area_inside(box, confidence, height, width) / (height * width)


def all_or_nothing(box, confidence, height, width):
    whole = share_inside(box, height, width) == 1
    return confidence * whole


def grown_once(box, margin):
    middle = (box[:2] + box[2:]) / 2
    half = (box[2:] - box[:2]).max() * (1 + margin) / 2
    return np.concatenate([middle - half, middle + half])


def from_the_corner(box, margin):
    side = (box[2:] - box[:2]).max() * (1 + 2 * margin)
    return np.array([*box[:2], *(box[:2] + side)])


def not_square(box, margin):
    grow = (box[2:] - box[:2]) * margin
    return np.concatenate([box[:2] - grow, box[2:] + grow])


def forward(order, indices):
    return (np.diff(order[indices]) > 0).sum() if len(indices) > 2 else 0


def soft_f1(labels, p):
    return 2 * (p * labels).sum() / (p.sum() + labels.sum())


def counted_once(labels, p):
    found = (p * labels).sum()
    return found / (p.sum() + labels.sum() - found)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_blind(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_gates_swapped(x, h, c, w, u, b):
    f, i, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_without_tanh(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * c, c


def lstm_step(x, h, c, w, u, b):
    i, f, g, o = np.split(x @ w + h @ u + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def lstm_forgets_all(x, h, c, w, u, b):
    return lstm_step(x, h, 0 * c, w, u, b)


def padded_changes(x):
    return np.abs(np.diff(x, axis=0, prepend=np.zeros((1, x.shape[1]))))


def changes(x):
    step = np.abs(np.diff(x, axis=0))
    return np.concatenate([step[:1], step])


def signed_changes(x):
    step = np.diff(x, axis=0)
    return np.concatenate([step[:1], step])


def middle_slice(flat, depth):
    out = np.zeros((depth, *flat.shape), flat.dtype)
    out[depth // 2] = flat
    return out


def reach(layers):
    seen, apart = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * apart
        apart *= stride
    return seen


def last_doubled(flows):
    return np.concatenate([flows, flows[-1:]])


def zero_first(flows):
    return np.concatenate([np.zeros_like(flows[:1]), flows])


def without_warp(a, b, flow):
    return np.abs(a.astype(float) - b).mean()


def warped_first(a, b, flow):
    return np.abs(b - warp(a, flow)).mean()


def edge_counted(a, b, flow):
    return np.abs(a - warp(b, flow)).mean()


def wrong_unit(a, b, flow):
    return photometric_error(a, b, flow) / 255


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (four_guesses, [0, 1], "4 clips"),
        (four_guesses, [0, 1, 2, 0], "0 (real) or 1"),
        (four_guesses, "0101", "list"),
        (checks_00.interval, wald, "perfect"),
        (checks_00.interval, wald_clipped, "SciPy"),
        (checks_00.interval, half_as_wide, "SciPy"),
        (checks_01.count_shared, targets_only, "donor"),
        (checks_01.count_shared, with_nobody, "missing donor"),
        (checks_01.count_shared, videos_not_people, "people, not videos"),
        (checks_01.precision, lambda b, t, f: t / (t + f), "as many fakes"),
        (
            checks_01.precision,
            lambda b, t, f: (1 - b) * t / ((1 - b) * t + b * f),
            "swapped",
        ),
        (checks_01.precision, lambda b, t, f: b * t + (1 - b) * (1 - f), "called fake"),
        (checks_01.precision, lambda b, t, f: b * t, "100 videos"),
        (checks_02.spread, first_frames, "first frames"),
        (checks_02.spread, without_half, "half"),
        (checks_02.spread, off_the_end, "Clip"),
        (checks_02.spread, floats, "whole number"),
        (checks_02.score, lambda box, c, h, w: share_inside(box, h, w), "confidence"),
        (checks_02.score, lambda box, c, h, w: c, "as if all of it"),
        (checks_02.score, share_not_clipped, "clip its corners"),
        (checks_02.score, area_inside, "more than 1"),
        (checks_02.score, share_of_frame, "that the box covers"),
        (checks_02.score, all_or_nothing, "is right"),
        (checks_02.square, grown_once, "each of"),
        (checks_02.square, from_the_corner, "middle"),
        (checks_02.square, not_square, "longer side"),
        (checks_03.majority, lambda s: int((s >= 0.5).mean() >= 0.5), "strictly"),
        (checks_03.majority, lambda s: int((s > 0.5).mean() > 0.5), "exactly 0.5"),
        (checks_03.majority, lambda s: int(s.mean() >= 0.5), "mean of the scores"),
        (checks_03.balanced_accuracy, lambda y, c: (y == c).mean(), "the accuracy"),
        (
            checks_03.balanced_accuracy,
            lambda y, c: ((c == 1).mean() + (c == 0).mean()) / 2,
            "scikit-learn",
        ),
        (checks_03.class_weights, lambda y: (1 - y.mean(), y.mean()), "rarer"),
        (checks_03.class_weights, lambda y: (2.0, 1.0), "3,068"),
        (checks_05.parameters, lambda i, o: i * o, "bias"),
        (checks_05.parameters, lambda i, o: i * o + i, "not to an input"),
        (checks_05.parameters, lambda i, o: i + o, "73,600 x 128"),
        (checks_05.parameters, lambda i, o: 9_420_928, "any size"),
        (checks_05.steps_back, lambda o, i: (np.diff(o) < 0).sum(), "whole clip"),
        (checks_05.steps_back, lambda o, i: (np.diff(i) < 0).sum(), "always ascend"),
        (checks_05.steps_back, forward, "steps forward"),
        (checks_05.soft_f1, lambda y, p: soft_f1(y, p >= 0.5), "verdicts"),
        (checks_05.soft_f1, lambda y, p: 1 - soft_f1(y, p), "the loss"),
        (checks_05.soft_f1, counted_once, "twice"),
        (checks_05.soft_f1, lambda y, p: p[y == 1].mean(), "it should be"),
        (checks_06.lstm_step, lstm_blind, "h @ U"),
        (checks_06.lstm_step, lstm_gates_swapped, "order i, f, g, o"),
        (checks_06.lstm_step, lstm_without_tanh, "through a tanh"),
        (checks_06.lstm_step, lstm_forgets_all, "sigmoid(f) * c"),
        (checks_06.lstm_step, lambda x, h, c, w, u, b: h, "two things"),
        (checks_06.lstm_parameters, lambda i, u: u * (i + u + 1), "four gates"),
        (checks_06.lstm_parameters, lambda i, u: 4 * u * (i + u), "bias"),
        (checks_06.lstm_parameters, lambda i, u: 8 * u * (i + u + 1), "4 units"),
        (checks_06.changes, lambda x: np.abs(np.diff(x, axis=0)), "none"),
        (checks_06.changes, signed_changes, "np.abs"),
        (checks_06.changes, padded_changes, "of its own"),
        (checks_06.changes, lambda x: changes(x.T).T, "first axis"),
        (checks_07.inflate_kernel, lambda w, d: np.stack([w] * d), "divide"),
        (checks_07.inflate_kernel, lambda w, d: np.stack([w / d] * d, 2), "first"),
        (checks_07.inflate_kernel, middle_slice, "slices differ"),
        (checks_07.inflate_kernel, lambda w, d: np.stack([w / 2] * d), "add up"),
        (checks_07.reach, lambda layers: sum(k for k, _ in layers), "kernel - 1"),
        (checks_07.reach, lambda layers: reach([(k, 1) for k, _ in layers]), "twice"),
        (checks_07.class_activation, lambda m, w: m.mean(-1), "weigh them"),
        (checks_07.class_activation, lambda m, w: (m * w).mean(-1), "parts of"),
        (checks_07.class_activation, lambda m, w: m.mean((0, 1, 2)) @ w, "place"),
        (checks_04.doubled, lambda flows: flows, "missing its twin"),
        (checks_04.doubled, last_doubled, "the last flow"),
        (checks_04.doubled, zero_first, "still picture"),
        (checks_04.doubled, lambda f: np.repeat(f, 2, axis=0), "first axis"),
        (checks_04.doubled, lambda f: np.concatenate([f, f[:1]]), "in their order"),
        (checks_04.left_over, without_warp, "as they are"),
        (checks_04.left_over, warped_first, "drawn back"),
        (checks_04.left_over, edge_counted, "inside"),
        (checks_04.left_over, wrong_unit, "random flow"),
        (checks_04.left_over, lambda a, b, f: 7.0, "nothing is left"),
        (checks_04.noisy_or, lambda s: s.prod(), "*all* frames"),
        (checks_04.noisy_or, lambda s: (1 - s).prod(), "left to 1"),
        (checks_04.noisy_or, lambda s: s.max(), "highest"),
        (checks_04.noisy_or, lambda s: s.sum(), "add up"),
        (checks_04.noisy_or, lambda s: s.mean(), "for certain"),
    ],
)
def test_typical_wrong_answers_are_told_why(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    "check",
    [
        checks_00.interval,
        checks_01.count_shared,
        checks_01.precision,
        checks_02.spread,
        checks_02.score,
        checks_02.square,
        checks_03.majority,
        checks_03.balanced_accuracy,
        checks_03.class_weights,
        checks_05.parameters,
        checks_05.steps_back,
        checks_05.soft_f1,
        checks_06.lstm_step,
        checks_06.lstm_parameters,
        checks_06.changes,
        checks_07.inflate_kernel,
        checks_07.class_activation,
        checks_07.reach,
        checks_04.doubled,
        checks_04.left_over,
        checks_04.noisy_or,
    ],
)
def test_an_untouched_exercise_goes_on(check):
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_06.lstm_step, lstm_step),
        (checks_06.lstm_parameters, lambda i, u: 4 * u * (i + u + 1)),
        (checks_06.changes, changes),
        (checks_07.inflate_kernel, lambda w, d: np.repeat(w[None] / d, d, axis=0)),
        (checks_07.class_activation, lambda m, w: m @ w),
        (checks_07.reach, reach),
    ],
)
def test_right_answers_are_correct(check, right):
    status = check(right)
    assert status.state == "correct", status.message


def test_guesses_are_checked_for_their_form_only():
    assert four_guesses(None).state == "not attempted"
    assert four_guesses([0, 1, 1, 0]).state == "correct"
    assert four_guesses(np.ones(4, int)).state == "correct"


@pytest.mark.parametrize(
    ("check", "solution"),
    [
        (checks_04.doubled, lambda flows: np.concatenate([flows[:1], flows])),
        (checks_04.left_over, photometric_error),
        (checks_04.noisy_or, lambda s: 1 - np.prod(1 - s)),
        (checks_04.noisy_or, Rule("noisy_or", None).aggregate),
    ],
)
def test_a_right_answer_is_correct(check, solution):
    assert check(solution).state == "correct"


def brighter(clip, rng):
    return np.clip(clip * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)


def brighter_frame_by_frame(clip, rng):
    return np.stack([brighter(frame, rng) for frame in clip])


def brighter_in_place(clip, rng):
    clip[:] = brighter(clip, rng)
    return clip


def focal(p, y, alpha, gamma, *, q=None, weight=None):
    q = np.where(y == 1, p, 1 - p) if q is None else q
    weight = np.where(y == 1, alpha, 1 - alpha) if weight is None else weight
    return np.mean(weight * (1 - q) ** gamma * -np.log(q))


def best_of(values, n):
    return np.mean([max(some) for some in combinations(values, n)])


FOCAL = {"gamma": 2.0}


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (checks_09.brighter, brighter_frame_by_frame, "once a clip"),
        (checks_09.brighter, lambda c, r: c * r.uniform(0.9, 1.1), "uint8"),
        (
            checks_09.brighter,
            lambda c, r: (c * r.uniform(0.9, 1.1)).astype(int).astype(np.uint8),
            "starts again at 0",
        ),
        (checks_09.brighter, brighter_in_place, "changed the clip"),
        (checks_09.brighter, lambda c, r: c, "draw it from rng"),
        (
            checks_09.brighter,
            lambda c, r: np.clip(c * r.uniform(0.5, 1.5), 0, 255).astype(np.uint8),
            "between 0.9 and 1.1",
        ),
        (checks_09.focal, lambda p, y, a, g: focal(p, y, a, 0), "in full"),
        (checks_09.focal, lambda p, y, a, g: focal(p, y, a, g, weight=a), "1 - alpha"),
        (checks_09.focal, lambda p, y, a, g: focal(p, y, a, g, q=p), "for reals, too"),
        (checks_09.focal, lambda p, y, a, g: focal(p, y, 1 - a, g), "swapped"),
        (checks_09.focal, lambda p, y, a, g: -focal(p, y, a, g), "torchvision has"),
        (checks_09.best_of, lambda v, n: max(v), "best of all"),
        (checks_09.best_of, lambda v, n: max(v[:n]), "first"),
        (checks_09.best_of, lambda v, n: np.mean(v), "mean run"),
        (
            checks_09.best_of,
            lambda v, n: np.mean([max(some) for some in product(v, repeat=n)]),
            "drawn twice",
        ),
        (checks_09.best_of, lambda v, n: 0.0, "over every choice"),
        (
            checks_09.next_step,
            lambda: ("xception", Variant(loss=FOCAL, longer=1.5)),
            "the one with the LSTM",
        ),
        (
            checks_09.next_step,
            lambda: ("xception_lstm", Variant(longer=1.5)),
            "should be focal",
        ),
        (
            checks_09.next_step,
            lambda: ("xception_lstm", Variant(loss=FOCAL, longer=15)),
            "a factor",
        ),
        (
            checks_09.next_step,
            lambda: ("xception_lstm", Variant(loss=FOCAL)),
            "10 epochs",
        ),
        (
            checks_09.next_step,
            lambda: (
                "xception_lstm",
                Variant(loss=FOCAL, longer=1.5, shape={"reader": "mean"}),
            ),
            "without a memory",
        ),
        (checks_09.next_step, lambda: "xception_lstm", "two things"),
    ],
)
def test_lesson_09_tells_what_is_wrong(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_09.brighter, brighter),
        (checks_09.focal, focal),
        (checks_09.best_of, best_of),
        (
            checks_09.next_step,
            lambda: ("xception_lstm", Variant(loss=FOCAL, longer=1.5)),
        ),
    ],
)
def test_lesson_09_knows_the_right_answers(check, right):
    status = check(right)
    assert status.state == "correct", status.message
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"


def halves(table):
    counts = pd.crosstab(table["dataset"], table["label"]).reindex(columns=[0, 1])
    keep = table["dataset"].map(counts.fillna(0).min(axis=1))
    return table[table.groupby(["dataset", "label"]).cumcount() < keep]


def even_in_all(table):
    fewest = table["label"].value_counts().min()
    return table.groupby("label").head(fewest)


def same_everywhere(table):
    fewest = table.groupby(["dataset", "label"]).size().unstack(fill_value=0)
    fewest = fewest.min(axis=1)
    return table.groupby(["dataset", "label"]).head(fewest[fewest > 0].min())


def with_copies(table):
    most = table["label"].value_counts().max()
    return pd.concat(
        table[table["label"] == label].sample(most, replace=True, random_state=0)
        for label in (0, 1)
    )


def swap(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([batch, clip[None]]))[-1] for batch in (neighbours, others)
    )
    return abs(after - before)


def clip_first(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([clip[None], batch]))[0] for batch in (neighbours, others)
    )
    return abs(after - before)


def of_the_neighbours(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([batch, clip[None]]))[0] for batch in (neighbours, others)
    )
    return abs(after - before)


def not_abs(score, clip, neighbours, others):
    before, after = (
        score(np.concatenate([batch, clip[None]]))[-1] for batch in (neighbours, others)
    )
    return -abs(after - before)


def macs(side, kernel, before, after, groups):
    return side**2 * after * kernel**2 * before // groups


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (checks_08.balanced, even_in_all, "not inside each data set"),
        (checks_08.balanced, lambda t: t, "Not yet"),
        (checks_08.balanced, with_copies, "twice"),
        (checks_08.balanced, same_everywhere, "smaller class of its own"),
        (checks_08.balanced, lambda t: t["label"], "as a table"),
        (checks_08.neighbour_swap, clip_first, "Where does your clip stand"),
        (checks_08.neighbour_swap, of_the_neighbours, "*same*"),
        (checks_08.neighbour_swap, not_abs, "abs"),
        (checks_08.neighbour_swap, lambda s, c, n, o: 0.0, "mixes the whole batch"),
        (checks_08.neighbour_swap, lambda s, c, n, o: s(n), "one number"),
        (
            checks_08.conv_macs,
            lambda s, k, b, a, g: macs(s, k, b, a, 1),
            "without groups",
        ),
        (checks_08.conv_macs, lambda s, k, b, a, g: k**2 * b * a // g, "one place"),
        (checks_08.conv_macs, lambda s, k, b, a, g: s**2 * k**2 * b // g, "one filter"),
        (
            checks_08.conv_macs,
            lambda s, k, b, a, g: 2 * macs(s, k, b, a, g),
            "addition",
        ),
        (checks_08.conv_macs, lambda s, k, b, a, g: 7, "torch counts"),
    ],
)
def test_lesson_08_tells_what_is_wrong(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_08.balanced, halves),
        (checks_08.neighbour_swap, swap),
        (checks_08.conv_macs, macs),
    ],
)
def test_lesson_08_knows_the_solution_and_the_stub(check, right):
    status = check(right)
    assert status.state == "correct", status.message
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"


def hidden_errors(reals, fakes, accuracy, area):
    return [
        (missed, alarms)
        for missed in range(fakes + 1)
        for alarms in range(reals + 1)
        if round(1 - (missed + alarms) / (reals + fakes), 4) == accuracy
        and round(1 - (missed / fakes + alarms / reals) / 2, 3) == area
    ]


def other_way_round(reals, fakes, accuracy, area):
    return [pair[::-1] for pair in hidden_errors(reals, fakes, accuracy, area)]


def by_accuracy_alone(reals, fakes, accuracy, area):
    every = [(m, a) for m in range(fakes + 1) for a in range(reals + 1)]
    return [p for p in every if round(1 - sum(p) / (reals + fakes), 4) == accuracy]


def not_rounded(reals, fakes, accuracy, area):
    every = [(m, a) for m in range(fakes + 1) for a in range(reals + 1)]
    return [p for p in every if 1 - sum(p) / (reals + fakes) == accuracy + 1e-6]


def by_place(said, true):
    pairs = list(zip(said.split(), true.split(), strict=False))
    return sum(a != b for a, b in pairs) / len(pairs)


def one_pair_missing(*numbers):
    return hidden_errors(*numbers)[1:] or [(0, 0)]


@pytest.mark.parametrize(
    ("check", "wrong", "message"),
    [
        (checks_10.describe, lambda n: n.replace("_", " "), "who plays"),
        (checks_10.describe, lambda n: re.sub(r"[\d_]+", " ", n), "left of the id"),
        (checks_10.describe, lambda n: n.split("__")[1], "make spaces"),
        (checks_10.describe, lambda n: "", "divided by"),
        (checks_10.untrue, lambda s, t: 1 - untrue(s, t), "*not* there"),
        (checks_10.untrue, lambda s, t: 4 * untrue(s, t), "at most 1"),
        (checks_10.untrue, by_place, "another order"),
        (checks_10.untrue, lambda s, t: untrue(t, s), "leaves things out"),
        (checks_10.hidden_errors, other_way_round, "first the fakes"),
        (checks_10.hidden_errors, by_accuracy_alone, "Both numbers"),
        (checks_10.hidden_errors, not_rounded, "Round before"),
        (checks_10.hidden_errors, one_pair_missing, "is missing"),
    ],
)
def test_lesson_10_tells_why(check, wrong, message):
    status = check(wrong)
    assert status.state == "try again"
    assert message in status.message


@pytest.mark.parametrize(
    ("check", "right"),
    [
        (checks_10.describe, faceforensics.describe),
        (checks_10.describe, lambda n: n.split("__")[1].replace("_", " ")),
        (checks_10.untrue, untrue),
        (checks_10.hidden_errors, hidden_errors),
    ],
)
def test_lesson_10_knows_its_solutions(check, right):
    assert check(None).state == "not attempted"
    assert check(lambda *_: None).state == "not attempted"
    status = check(right)
    assert status.state == "correct", status.message
