"""What a claim is: in words, where, with which figure, and how it is tested.

A claim's `about` says what would have to be had to test a claim:

  laboratory     one way of doing it against another, on the same data and with the same
                 network of frames: any data in which the difference can show will do
  architecture   a network against another, or by itself: needs the papers' own size and
                 pretraining, on real forgeries
  world          just that, and on the paper's own data set
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Detector:
    """Results of one detector: all its seeds.

    `model` is a regular expression of a result's name; if it has a group, a number of
    frames, the results with the `most` or the fewest frames are taken.
    """

    lesson: str
    model: str
    most: bool = True

    def __str__(self) -> str:
        return self.model.replace(r"-(\d+)", "").replace(r"[\d.]+", "")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`first` against `second` (None: chance) in a metric, on test videos.

    `sign` is 1 where `first` is said to be higher, -1 lower, 0 the same. `kinds` are
    the forgeries that are scored, all that both have learned by default. `least` is the
    size of the claimed difference; `threshold` is for metrics of verdicts.
    "recall_real" is the share of reals that are called real.
    """

    first: Detector
    second: Detector | None
    sign: int = 1
    metric: str = "auroc"
    threshold: float = 0.5
    kinds: tuple[str, ...] = ()
    least: float = 0.02


@dataclass(frozen=True, kw_only=True)
class Reaches:
    """One number of a result: a metric on test, or a cost, at least (or at most)."""

    detector: Detector
    field: str  # of metrics, or of cost
    value: float
    at_most: bool = False


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim of a paper; `test` is None where nothing of ours could tell."""

    claim: str
    paper: str
    source: str
    printed: str
    about: str = "laboratory"
    test: Difference | Reaches | None = None


# What each paper tested on, as `dataset` in a manifest begins; S2 does not say.
DATA = {
    "S0": ("dfd",),
    "S1": ("dfdc",),
    "S2": (),
    "S3": ("dfdc",),
    "S4": ("celebdf", "dfdc", "ffpp"),
}
