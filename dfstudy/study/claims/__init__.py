"""The scorecard: what the papers claim, beside what our detectors did.

    scorecard(paths.runs("laptop"))   # one row a claim, with a verdict and its why
    printed_table()                   # the papers' own numbers, never mixed with ours

From the files of a run alone. A claim is tested as a paired difference on the same test
videos, over people and seeds (metrics.paired), and p is corrected for the number of
claims tested (Holm). The verdicts:

  supported            the difference is in the claimed direction, p < 0.05
  not supported        it is in the other one, p < 0.05; or its interval leaves out the
                       claimed difference
  cannot be told here  too few videos to say; a result is missing; or the claim needs
                       the paper's own network or data, which these results do not have

Where a claim is that two are the same, an interval within +-0.1 supports it. Of
synthetic videos a verdict ends with "in the laboratory": it says nothing of the world.
"""

from dfstudy.study.claims.printed import printed_table
from dfstudy.study.claims.scorecard import CLAIMS, scorecard

__all__ = ["CLAIMS", "printed_table", "scorecard"]
