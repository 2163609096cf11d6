"""What a view could not show, by class and by forgery.

    drops.report(prepared, manifest)

Which videos fall out is part of a result: where more fakes than reals are dropped, or
the other way round, a detector is judged on an easier set than it seems.
"""

import pandas as pd

from dfstudy.data.shards import Prepared
from dfstudy.data.view import NO_FACE

_CLASSES = {0: "real", 1: "fake"}


def report(prepared: Prepared, manifest: pd.DataFrame) -> pd.DataFrame:
    """One row for each class and each method in it, of the rows of `manifest`.

    Index (class, method), where the method "all" is the whole class. Columns:
    videos; dropped, those that there is nothing of; no_face, those of them in which no
    face was found; dropped_share; repeating, videos too short for the view, so that
    frames repeat; faceless_share, of the frames in which faces were looked for, those
    without the most prominent face (missing where the view looks for none).

    Raises:
        KeyError: a row that was never prepared.
    """
    index = prepared.index
    if missing := sorted(set(manifest["video_id"]) - set(index["video_id"])):
        raise KeyError(f"never prepared: {missing[:5]}; call prepare on these rows")
    table = manifest[["video_id", "label", "method"]].merge(index, on="video_id")
    table["class"] = table["label"].map(_CLASSES)
    table["method"] = table["method"].fillna("unknown")
    both = pd.concat([table.assign(method="all"), table])
    # Real before fake, "all" first.
    both["order"] = both["method"].ne("all")
    groups = both.groupby(["label", "class", "order", "method"])
    counts = pd.DataFrame(
        {
            "videos": groups.size(),
            "dropped": groups["dropped"].count(),
            "no_face": groups["dropped"].agg(lambda why: int(why.eq(NO_FACE).sum())),
            "repeating": groups["repeated"].agg(lambda n: int(n.gt(0).sum())),
        }
    )
    searched = groups["searched"].sum().astype("float64")
    faceless = groups["faceless"].sum().astype("float64")
    counts.insert(3, "dropped_share", counts["dropped"] / counts["videos"])
    counts["faceless_share"] = faceless / searched.where(searched > 0)
    return counts.droplevel(["label", "order"])
