"""Does a detector use time? Show it clips whose time is spoiled, and see what is left.

    tables = spoiled(trained.detector, study.data, split="val")
    kinds.compare(tables, kind)         # AUROC by forgery and control, with intervals
    battery(detector, study.data)       # all controls in one table, what stays and goes
    gain(detector, twin, study.data)    # and beside a twin that only averages

What is done to a clip is in `study.controls`. A detector of single frames does not
notice that frames are shuffled; what another finds in `disorder` must then be gone. The
controls look at validation videos: the test set is read once, for the result.

    dfstudy temporal runs/laptop/models/cnn_rnn_0 --twin runs/laptop/models/...
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from dfstudy.data.dataset import Dataset
from dfstudy.metrics.intervals import auroc_interval
from dfstudy.metrics.paired import compare_auroc
from dfstudy.models.detector import Detector
from dfstudy.study import batches
from dfstudy.study.controls import BATTERY, CONTROLS, REORDERED, is_moved, spoil
from dfstudy.training.experiment import learned, trained_on
from dfstudy.training.rule import MEAN
from dfstudy.training.scoring import score


def spoiled(
    detector: Detector,
    data: Dataset,
    *,
    split: str = "val",
    controls: Sequence[str] = CONTROLS,
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """The score of every real video, and of the forgeries that the detector learns.

    Args:
        controls: of BATTERY.

    Returns:
        A table for each control: one row a video, video_id, label, group, score (the
        mean P(fake)).
    """
    prepared = data.prepared(detector.view)
    rows = learned(data.manifest, trained_on(detector.info["name"]))
    rows = rows[rows["split"] == split]
    facts = rows.set_index("video_id")[["label", "group"]]
    resample = detector.view.flow == "sampled"
    tables = {}
    for control in controls:
        rng = np.random.default_rng(seed)
        change = partial(spoil, control=control, rng=rng, resample=resample)
        said = score(detector, prepared, rows, change=change)
        scores = MEAN.video_scores(said)
        kept = [video for video in facts.index if video in scores.index]
        table = facts.loc[kept].assign(score=scores[kept])
        tables[control] = table.reset_index()
    return tables


def battery(
    detector: Detector,
    data: Dataset,
    *,
    reads_order: bool | None = None,
    split: str = "val",
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Every control in one table: what is left of the AUROC, and whether scores move.

    At its end stand the questions of `batches.battery` that need no order: does a score
    depend on the videos beside it?

    Args:
        reads_order: whether the detector is meant to notice the order of frames; None:
            not where it scores single frames without flow, else unknown: then it is
            told and not judged.
        split: validation unless there is a reason.

    Returns:
        One row a control: name; value, low, high of the AUROC, or a reason;
        change, the largest of any video's score; noticed (bool); must ("stay",
        "change" or "-") and passed (missing where it is not judged).
    """
    single = detector.level == "frame" and detector.view.flow == "none"
    if reads_order is None and single:
        reads_order = False
    must = {None: "-", True: "change", False: "stay"}[reads_order]
    tables = spoiled(detector, data, split=split, controls=BATTERY, seed=seed)
    before = tables["as it is"]
    rows = []
    for control, table in tables.items():
        given = table["label"], table["score"], table["group"]
        auroc = auroc_interval(*given, n=n_bootstrap, seed=seed)
        change = float((table["score"] - before["score"]).abs().max())
        expected = must if control in REORDERED else "-"
        moved = is_moved(change, before["score"])
        passed = pd.NA if expected == "-" else moved == (expected == "change")
        rows.append(
            {"name": control, "reason": None, **auroc}
            | {"change": change, "noticed": moved, "must": expected, "passed": passed}
        )
    alone = batches.battery(detector, data, split=split, seed=seed)
    alone = alone[alone["must"] == "stay"].rename(columns={"question": "name"})
    asked = {"reason": "asked of a few videos", "noticed": ~alone["passed"]}
    rows += alone.assign(**asked).to_dict("records")
    columns = ["name", "value", "low", "high", "reason"]
    columns += ["change", "noticed", "must", "passed"]
    numbers = dict.fromkeys(("value", "low", "high"), "float64")
    out = pd.DataFrame(rows).reindex(columns=columns)
    return out.astype(numbers | {"passed": "boolean"})


def gain(
    detector: Detector,
    twin: Detector,
    data: Dataset,
    *,
    split: str = "val",
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """What a detector's AUROC has over that of its twin, on the videos that both score.

    A memory that gains nothing over a twin that takes the mean of its frames is pooling
    under another name.

    Returns:
        Three rows, "detector", "twin" and "gain": name, value, low, high (of the gain
        the paired difference, see metrics.paired).

    Raises:
        ValueError: no video that both have scored, or of one class only.
    """
    first, second = (
        spoiled(one, data, split=split, controls=["as it is"], seed=seed)["as it is"]
        for one in (detector, twin)
    )
    both = first.merge(second[["video_id", "score"]], on="video_id", suffixes=("", "2"))
    if both.empty:
        raise ValueError("the detector and its twin have scored no video in common")
    quality, differences = compare_auroc(
        both["label"],
        {"detector": both["score"], "twin": both["score2"]},
        both["group"],
        n=n_bootstrap,
        seed=seed,
    )
    found = differences.loc[[("detector", "twin")]].set_axis(["gain"])
    table = pd.concat([quality, found])[["value", "low", "high"]]
    return table.rename_axis("name").reset_index()
