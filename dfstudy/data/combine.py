"""Several data sets as one manifest: DFDC, FaceForensics++ and Celeb-DF, as in S4.

    table = combine({"dfdc": dfdc, "ff": faceforensics, "celeb": celebdf})
    table = filters.balanced(table, seed=0)       # as many reals as fakes in each set

Where one set brings mostly reals and another mostly fakes, "which data set" gives the
label away: a camera, a codec, a frame rate is all that a network then has to learn.
`dataset_auroc` says how far that alone would get it.
"""

import math
import re
from collections.abc import Mapping

import pandas as pd
from sklearn.metrics import roc_auc_score

from dfstudy.data.manifest import from_rows, rows, validate

# Names that mean something inside one data set only.
_NAMES = ("video_id", "source_id", "target_identity", "donor_identity", "group")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def combine(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One manifest of them all, in order; `dataset` is the name that it goes by here.

    Every id, person and group gets that name in front ("ff-000" is not "celeb-000"), so
    ids stay unique and no group reaches over two sets. Splits made before are dropped:
    split the whole (data.splits). That two sets show the same person under different
    names cannot be seen here.

    Args:
        tables: name -> manifest. Names: letters, digits, _ and -.

    Raises:
        ValueError: nothing to combine, an unsafe name, or a file that is in two sets.
    """
    if not tables:
        raise ValueError("nothing to combine: give at least one manifest")
    unsafe = [name for name in tables if not _SAFE_NAME.fullmatch(name)]
    if unsafe:
        raise ValueError(f"names may hold letters, digits, _ and - only: {unsafe}")
    parts = []
    for name, table in tables.items():
        part = validate(table).assign(dataset=name, split=None)
        for column in _NAMES:
            part[column] = (name + "-" + part[column]).where(part[column].notna())
        parts += rows(part)
    together = from_rows(parts)
    twice = together["path"][together["path"].duplicated()].tolist()
    if twice:
        raise ValueError(f"{len(twice)} files are in two of the sets: {twice[:3]}")
    return together


def dataset_auroc(table: pd.DataFrame) -> float:
    """AUROC of the best detector that sees nothing but the name of the data set.

    It scores a video by the share of fakes in its set: 0.5 says that the name tells
    nothing, 1 that it tells all; nan where a class is missing.
    """
    share = table.groupby(table["dataset"].fillna(""))["label"].transform("mean")
    if table["label"].nunique() < 2:
        return math.nan
    return float(roc_auc_score(table["label"], share))
