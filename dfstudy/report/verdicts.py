"""The figures of `study.comparison.verdicts`: `report.errors`, with what they are of.

verdicts.optimism(comparison.verdicts.optimism(one), one)
"""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from dfstudy.report import errors
from dfstudy.report.compared import nothing, stamped, wrapped
from dfstudy.report.style import MUTED
from dfstudy.study.comparison import Comparison


def optimism(draws: Mapping[str, pd.DataFrame], one: Comparison) -> Figure:
    """`errors.optimism`, with what it is of; n/a where nothing could be redrawn."""
    if not draws:
        return nothing("too few groups to redraw validation and test", "", one)
    fig = errors.optimism(draws)
    (legend,) = fig.legends  # below the axes, where a stamp of its own would not fit
    legend.set_title(wrapped(one, fig), prop={"size": 10})
    legend.get_title().set_color(MUTED)
    return fig


def precision(rates: Mapping[str, pd.DataFrame], one: Comparison) -> Figure:
    """`errors.precision` of the two best detectors, with what it is of.

    Args:
        rates: of study.comparison.verdicts.at_base_rates, best first.
    """
    if not rates:
        return nothing("no detector to be asked", "", one)
    return stamped(errors.precision(dict(list(rates.items())[:2])), one)


def subgroups(by_detector: Mapping[str, pd.DataFrame], one: Comparison) -> Figure:
    """`errors.subgroups` of the best detector; n/a where nobody wrote them down.

    Args:
        by_detector: of study.comparison.verdicts.by_subgroup.
    """
    best = next(iter(by_detector), None)
    if best is None:
        return nothing("no detector to be asked", "", one)
    table, title = by_detector[best], f"{best}: who is judged how?"
    if table["value"].isna().all():
        return nothing("; ".join(table["reason"].unique()), title, one)
    return stamped(errors.subgroups(table, title=title), one)
