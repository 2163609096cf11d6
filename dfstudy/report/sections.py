"""What the page of the comparison shows, section by section.

for part in parts(compare(runs), runs, n_bootstrap=1000):
    part.title, part.text, part.table, part.figure
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from dfstudy.report import compared, tables
from dfstudy.report import verdicts as judged
from dfstudy.study.claims import printed_table, scorecard
from dfstudy.study.comparison import Comparison, verdicts
from dfstudy.study.errata import errata


@dataclass(frozen=True)
class Part:
    """One section of the page; `stamp` says what its numbers are of."""

    title: str
    text: str
    table: pd.DataFrame | None = None  # of strings
    figure: Figure | None = None
    alt: str = ""
    stamp: str = ""


def parts(
    several: list[Comparison], runs: str | Path, *, n_bootstrap: int
) -> Iterator[Part]:
    """The sections, those of one set of videos together; the papers' own last."""
    for one in several:
        for part in (
            *_detectors(one),
            *_verdicts(one, n_bootstrap),
            _claims(one, runs),
        ):
            if part.table is None or len(part.table):
                title = f"{part.title}: {one.about['kind']} videos"
                yield replace(part, title=title, stamp=one.stamp)
    yield Part(
        "What the papers print",
        "Their own numbers, by level and split, as they were used whatever they are"
        " called. They are of other videos and other people than ours: beside our"
        " tables, never in them.",
        printed_table(),
    )
    yield Part(
        "Errata of the papers",
        "Recomputed from nothing but the papers' own printed numbers.",
        pd.DataFrame(errata()).rename(columns={"recomputed": "recomputed here"}),
    )


def _detectors(one: Comparison) -> Iterator[Part]:
    a = one.about
    yield Part(
        "Detectors",
        f"Test videos that all of them have scored: {a['videos']} of {a['scored']},"
        f" {a['groups']} groups of people; fakes: {', '.join(a['families'])}. Intervals"
        " (95 %) draw groups and trainings anew. The plain detector of each family"
        " stands for it, or the variant that validation chose.",
        tables.quality(one),
        compared.quality(one),
        "AUROC of each detector with its interval",
    )
    yield Part(
        "Which differences are real",
        "Every pair on the same videos; p is corrected for the number of pairs (Holm),"
        " so that one false find among all of them has a chance of 5 %.",
        tables.differences(one),
        compared.differences(one),
        "Differences of AUROC between all pairs of detectors",
    )
    yield Part(
        "Which detector sees which artefact",
        "The fakes of one kind against all reals. A kind that a detector has not"
        " learned is marked.",
        tables.matrix(one),
        compared.matrix(one),
        "AUROC of each detector on each kind of forgery",
    )
    yield Part(
        "Cost beside quality",
        "A star: on the front, no other detector costs no more and is no worse.",
        tables.cost(one),
        compared.pareto(one),
        "Cost of each detector against its AUROC",
    )
    yield Part(
        "Variants and twins",
        "Each on its own forgeries, so rows of different training are no comparison."
        " Twins differ by what the network started from.",
        tables.others(one),
    )


def _verdicts(one: Comparison, n: int) -> Iterator[Part]:
    draws = verdicts.optimism(one)
    yield Part(
        "Where the threshold was chosen",
        "Balanced accuracy. Validation and test are dealt out anew many times, in whole"
        " groups; brackets hold 90 % of the redraws. Who chooses on test reports the"
        " third column.",
        tables.optimism(draws),
        judged.optimism(draws, one),
        "Balanced accuracy at thresholds chosen on validation and on test",
    )
    rates = verdicts.at_base_rates(one, n_bootstrap=n)
    yield Part(
        "Where fakes are rare",
        "Precision: of the videos called fake, the share that is. It falls with the"
        " share of fakes among all videos, and with it most accusations are wrong.",
        tables.precision(rates),
        judged.precision(rates, one),
        "Precision at several base rates of the three best detectors",
    )
    people = verdicts.by_subgroup(one, best=3, n_bootstrap=n)
    yield Part(
        "Who is judged how",
        "The best three, by what is known of the person who is seen. Few people make"
        ' wide intervals: "no difference was found" is not "there is none".',
        tables.subgroups(people),
        judged.subgroups(people, one),
        "AUROC and errors of the best detector by subgroup",
    )


def _claims(one: Comparison, runs: str | Path) -> Part:
    table = scorecard(runs, split_sha256=one.about["split_sha256"])
    return Part(
        "Scorecard of the papers' claims",
        "Each claim as a paired difference of our detectors, corrected for the number"
        ' of claims tested. "In the laboratory" is of synthetic videos and slim'
        " networks; a claim about an architecture or about the world needs the paper's"
        " own network and data, and cannot be told here without.",
        table,
    )
