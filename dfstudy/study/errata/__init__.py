"""What does not fit in the five papers, recomputed from nothing but their own numbers.

    for erratum in errata():
        print(erratum.paper, erratum.printed, erratum.recomputed, erratum.meaning)

Every figure is computed when it is asked for, from `study.papers`. A paper that errs is
in good company, and none of this says that its method is bad: only that the number
cannot be used as it stands. Where a number fits, that is said, too.
"""

from dfstudy.study.errata import s0, s1, s2, s3, s4
from dfstudy.study.errata.erratum import Erratum

__all__ = ["Erratum", "errata"]


def errata() -> list[Erratum]:
    """All of them, paper by paper."""
    return [make() for paper in (s0, s1, s2, s3, s4) for make in paper.ALL]
