"""Which differences between detectors are real? From the result files of a run alone.

    for one in compare(runs):            # one a set of test videos
        one.about, one.quality, one.differences, one.matrix, one.cost, one.others

Every detector is asked about the same videos: those that all of them have scored, with
the forgeries that all of them have learned. Each resample draws groups of people, and
of each detector its trainings (metrics.paired). With many detectors there are many
pairs, and by chance alone some look different: p-values are corrected for their number
(Holm). `study.comparison.chance` shows what happens without it.
"""

from dfstudy.study.comparison.table import METRICS, Comparison, compare

__all__ = ["METRICS", "Comparison", "compare"]
