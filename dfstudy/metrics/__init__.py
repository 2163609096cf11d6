"""How good, how sure, how honest: scores, intervals and calibration."""

from dfstudy.metrics.calibration import apply_temperature, fit_temperature, reliability
from dfstudy.metrics.intervals import group_bootstrap
from dfstudy.metrics.scores import METRICS, auroc, compute, eer

__all__ = [
    "METRICS",
    "apply_temperature",
    "auroc",
    "compute",
    "eer",
    "fit_temperature",
    "group_bootstrap",
    "reliability",
]
