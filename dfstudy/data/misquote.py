"""Other videos' descriptions, and how much of a description is untrue.

    untrue("outside talking pan laughing", "kitchen talking pan serious")       # 0.5
    wrong = misquoted(rows[rows["split"] == "train"], times=8, seed=0)

A video whose description is of something else can be made of any authentic one: take
the words of another. It is a fake of text and video together, and neither of them is.
"""

import numpy as np
import pandas as pd

METHOD = "mismatch"
ENOUGH = 0.5  # share of a description that is untrue, at least


def untrue(said: str, true: str) -> float:
    """Share of the words of `said` that are not in `true`, in [0, 1].

    0 where nothing is said.
    """
    words = said.split()
    there = set(true.split())
    return sum(word not in there for word in words) / len(words) if words else 0.0


def misquoted(rows: pd.DataFrame, *, times: int, seed: int) -> pd.DataFrame:
    """The real videos of `rows`, each `times` again, described as another one.

    Args:
        rows: of a manifest. Both the videos and the words come from them, so rows of
            training videos give nothing of others away.
        times: different wrong descriptions of a video, at most; fewer where there are
            no more of which at least half is untrue.
        seed: of the draw.

    Returns:
        Rows like those given: label 1, method "mismatch", the other description. Empty
        where no real video has one.
    """
    reals = rows[(rows["label"] == 0) & rows["description"].notna()]
    words = np.array(sorted(set(reals["description"])), dtype=object)
    rng = np.random.default_rng([seed, len(reals)])
    found = []
    for row in reals.to_dict("records"):
        wrong = [w for w in words if untrue(w, row["description"]) >= ENOUGH]
        for k in rng.permutation(len(wrong))[:times]:
            found.append(row | {"description": wrong[k], "label": 1, "method": METHOD})
    return pd.DataFrame(found, columns=rows.columns)
