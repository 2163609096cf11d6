"""The checks of lesson 08's exercises; each tells what to look at again."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from dfstudy.course.exercises import Status, check, expect

_MADE = (  # data set -> reals, fakes
    {"a": (9, 2), "b": (3, 11), "c": (5, 5)},
    {"a": (1, 40), "b": (30, 6)},
    {"a": (6, 3), "b": (4, 0)},
)


def balanced(answer: Callable | None) -> Status:
    """Exercise 1: `balanced(table)` keeps as many reals as fakes of every data set."""

    def test(balanced: Callable) -> None:
        for counts in _MADE:
            table = _table(counts)
            kept = balanced(table.copy())
            expect(
                isinstance(kept, pd.DataFrame) and {"dataset", "label"} <= set(kept),
                "Give the rows that stay, as a table with the columns it had.",
            )
            expect(
                not kept.index.duplicated().any(),
                "Some videos are in your table twice. Copies hold nothing new: leave"
                " videos of the larger class out instead.",
            )
            expect(
                kept.index.isin(table.index).all()
                and kept[["dataset", "label"]].equals(
                    table.loc[kept.index, ["dataset", "label"]]
                ),
                "Your table has rows that were not in the one given: keep rows as they"
                " are, with their index.",
            )
            now = pd.crosstab(kept["dataset"], kept["label"])
            now = now.reindex(index=list(counts), columns=[0, 1], fill_value=0)
            of_all = kept["label"].value_counts().reindex([0, 1], fill_value=0)
            uneven = now.index[now[0] != now[1]].tolist()
            expect(
                not uneven or of_all[0] != of_all[1],
                "You have as many reals as fakes in all, but not inside each data set:"
                f" {_say(now, uneven)}. The name of the set still tells the label.",
            )
            expect(
                not uneven,
                f"Not yet as many reals as fakes: {_say(now, uneven)}.",
            )
            most = {name: min(pair) for name, pair in counts.items()}
            short = [name for name in counts if now.loc[name, 0] < most[name]]
            expect(
                not short,
                f"You keep {_say(now, short)}, where {[most[n] for n in short]} of each"
                " were to be had: each set has a smaller class of its own.",
            )

    return check(answer, test, name="Exercise 1")


def neighbour_swap(answer: Callable | None) -> Status:
    """Exercise 2: `neighbour_swap(score, clip, neighbours, others)`, a change >= 0."""

    def test(neighbour_swap: Callable) -> None:
        rng = np.random.default_rng(0)
        for size in (2, 4, 7):
            clip, *rest = rng.random((2 * size - 1, 5, 3))
            near, others = np.stack(rest[: size - 1]), np.stack(rest[size - 1 :])

            def change(score: Callable, given=(clip, near, others)) -> float:
                got = np.asarray(neighbour_swap(score, *given), float)
                expect(
                    got.shape == (),
                    f"Give one number, how far the score of `clip` moves; yours has the"
                    f" shape {got.shape}.",
                )
                return float(got)

            own = change(_own)
            expect(
                own < 1e-9,
                "A detector that scores every clip on its own has passed nothing on,"
                f" but you find a change of {own:.3f}: compare the score of the *same*"
                " clip in both batches, and give both in full.",
            )
            mean = change(_mean_of_batch)
            expect(
                mean != 0,
                "A detector that mixes the whole batch goes unnoticed: the clip has to"
                " be scored twice, once with its neighbours and once with the others.",
            )
            forward = change(_memory)
            expect(
                forward != 0,
                "A memory that runs from one clip of the batch to the next goes"
                " unnoticed. It runs forwards only: who stands first sees no neighbour."
                " Where does your clip stand?",
            )
            expect(
                min(mean, forward) > 0,
                "A change below 0: take how large it is, abs.",
            )
            both = [np.concatenate([part, clip[None]]) for part in (near, others)]
            right = abs(
                float(_mean_of_batch(both[0])[-1] - _mean_of_batch(both[1])[-1])
            )
            expect(
                np.isclose(mean, right),
                "For a detector that gives every clip the mean of its batch, the"
                f" change is {right:.3f}; yours is {mean:.3f}.",
            )

    return check(answer, test, name="Exercise 2")


def conv_macs(answer: Callable | None) -> Status:
    """Exercise 3: `conv_macs(side, kernel, before, after, groups)` of a convolution."""

    def test(conv_macs: Callable) -> None:
        for side, kernel, before, after, groups in (
            (28, 3, 128, 128, 32),
            (56, 7, 3, 64, 1),
            (4, 1, 1024, 2048, 1),
            (14, 3, 64, 128, 4),
        ):
            got = conv_macs(side, kernel, before, after, groups)
            right = _counted(side, kernel, before, after, groups)
            where = f"{side}x{side}, {kernel}x{kernel}, {before} to {after}, {groups}"
            told = f"With {where} group(s) you count {got:,}"
            for factor, message in (
                (groups, "that is without groups: a filter sees before / groups maps."),
                (1 / side**2, "that is one place of the map; the filter visits all."),
                (1 / side, "the map is as high as it is wide."),
                (1 / after, "that is one filter; there are as many as maps come out."),
                (1 / groups, "each group has after / groups filters: divide once."),
                (1 / kernel, "the filter is as high as it is wide."),
                (
                    2,
                    "that is each multiplication and each addition; count both as one.",
                ),
            ):
                expect(
                    factor == 1 or not np.isclose(got, right * factor),
                    f"{told}: {message}",
                )
            expect(
                got == right,
                f"{told}; torch counts {right:,}: places x filters x what one filter"
                " multiplies at one place.",
            )

    return check(answer, test, name="Exercise 3")


def _table(counts: dict[str, tuple[int, int]]) -> pd.DataFrame:
    rows = [
        {"dataset": name, "label": label, "video_id": f"{name}{label}{i}"}
        for name, pair in counts.items()
        for label in (0, 1)
        for i in range(pair[label])
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


def _say(counts: pd.DataFrame, names: list[str]) -> str:
    some = (f"{counts.loc[n, 0]} and {counts.loc[n, 1]} of {n}" for n in names)
    return ", ".join(some)


def _own(batch: np.ndarray) -> np.ndarray:
    """Scores that are each clip's own: what comes early weighs more."""
    per_frame = np.asarray(batch, float).mean(axis=2)
    return per_frame @ np.linspace(0.3, 0.1, per_frame.shape[1])


def _mean_of_batch(batch: np.ndarray) -> np.ndarray:
    return np.full(len(batch), _own(batch).mean())


def _memory(batch: np.ndarray) -> np.ndarray:
    """Each score depends on those before it in the batch, as in the copied LSTM."""
    return np.cumsum(_own(batch)) / (1 + np.arange(len(batch)))


def _counted(side: int, kernel: int, before: int, after: int, groups: int) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    layer = torch.nn.Conv2d(
        before, after, kernel, padding=kernel // 2, groups=groups, bias=False
    )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(1, before, side, side))
    return counter.get_total_flops() // 2
