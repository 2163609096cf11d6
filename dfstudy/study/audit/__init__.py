"""Could the label be read without looking at a face? Seven probes that try.

    table = audit(manifest)                        # one row a probe, with its verdict
    print(verdict(table))

    dfstudy audit manifest.parquet                 # exit code 3: a shortcut was found

Each probe gets facts that should say nothing (`probes`, `identity`) and learns the
label from them, cross-validated so that no group is on both sides. The AUROC has an
interval over groups, and a p-value by permutation (`permutation`), corrected for the
number of probes (Holm 1979).

A set without a sign is not shown to be without shortcuts: these are the seven that
others have met most. All videos are read, those of test too, as nothing is chosen.
"""

from dfstudy.study.audit.battery import (
    ALARM_AUROC,
    COLUMNS,
    NA,
    NONE,
    PROBES,
    SHORTCUT,
    WEAK,
    audit,
    found,
    verdict,
)

__all__ = [
    "ALARM_AUROC",
    "COLUMNS",
    "NA",
    "NONE",
    "PROBES",
    "SHORTCUT",
    "WEAK",
    "audit",
    "found",
    "verdict",
]
