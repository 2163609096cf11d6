"""Does a detector know how sure it may be, and when it had better say nothing?

    videos = scored.videos(study.runs, trained.result)        # or robustness.at(...)
    quality({"test": videos})               # ECE, Brier, log-loss, before and after
    limits = conformal.calibrate(val["label"], val["probability"])
    coverage({"test": videos, "H.264": worse}, limits)       # is the promise kept?

Tables of videos have label, group, score and probability (after the temperature), as
training.scored and study.robustness give them. The temperature and the limits are of
validation; here they are only looked at.
"""

from collections.abc import Mapping

import pandas as pd

from dfstudy.metrics import group_bootstrap
from dfstudy.metrics.calibration import check_probabilities, squared_errors
from dfstudy.metrics.conformal import VERDICTS, Limits
from dfstudy.metrics.intervals import group_mean

WHEN = {"score": "before", "probability": "after"}
_COLUMNS = ["value", "low", "high", "reason"]


def quality(
    tables: Mapping[str, pd.DataFrame], *, n_bootstrap: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """What the temperature did to the probabilities of each set of videos.

    Args:
        tables: of videos, by what they are of.

    Returns:
        One row a set, metric ("ece", "brier", "log_loss") and `temperature` ("before"
        and "after" it), with n, value, low, high, reason (see metrics.intervals). The
        interval of the ECE lies too high in small sets, as the ECE does.
    """
    rows = []
    for of, videos in tables.items():
        for column, when in WHEN.items():
            y, p = check_probabilities(videos["label"], videos[column])
            found = group_bootstrap(
                y, p, videos["group"], threshold=0.5, n=n_bootstrap, seed=seed
            )
            errors = squared_errors(y, p)
            entries = {
                "ece": found["ece"],
                "brier": group_mean(errors, videos["group"], n=n_bootstrap, seed=seed),
                "log_loss": found["log_loss"],
            }
            at = {"of": of, "temperature": when, "n": len(videos)}
            rows += [{**at, "metric": m, **entry} for m, entry in entries.items()]
    return _table(rows, ["of", "metric", "temperature", "n"])


def coverage(
    tables: Mapping[str, pd.DataFrame],
    limits: Limits,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Whether the promise of `limits` is kept, and how often nothing is said.

    Args:
        tables: of videos, by what they are of. limits: of conformal.calibrate, from the
            `probability` of validation videos.

    Returns:
        One row a set, class ("real", "fake") and metric: "coverage" (share of videos
        whose own label stays possible; promised is 1 - alpha, of videos like those of
        validation), and the share of each verdict (conformal.VERDICTS); with n, value,
        low, high, reason.
    """
    options = {"n": n_bootstrap, "seed": seed}
    rows = []
    for of, videos in tables.items():
        possible = limits.possible(videos["probability"])
        verdict = limits.verdicts(videos["probability"])
        for label, name in enumerate(("real", "fake")):
            mine = (videos["label"] == label).to_numpy()
            groups = videos["group"][mine]
            shares = {"coverage": possible[mine, label]}
            shares |= {said: verdict[mine] == said for said in VERDICTS}
            at = {"of": of, "class": name, "n": int(mine.sum())}
            rows += [
                {**at, "metric": metric, **group_mean(hits, groups, **options)}
                for metric, hits in shares.items()
            ]
    return _table(rows, ["of", "class", "metric", "n"])


def _table(rows: list[dict], first: list[str]) -> pd.DataFrame:
    numbers = dict.fromkeys(_COLUMNS[:3], "float64")
    return pd.DataFrame(rows).reindex(columns=[*first, *_COLUMNS]).astype(numbers)
