"""Does it work elsewhere? On another data set, and on a forgery it was never shown.

    across(trained.detector, {"the course": study.data, "weak": weak}, trained_on=...)
    left_out = leave_one_out("frame_torch", lesson="13", data=study.data, ...)
    unseen(trained.detector, left_out, study.data)

One row says what a detector was trained on and what it was tested on, and rows are
never averaged: a mean over data sets is a number about the choice of data sets. Rule,
threshold and temperature were chosen on the source's validation videos and stay; every
read of test videos goes through the detector's own `Protocol`, which counts it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dfstudy import paths
from dfstudy.data.dataset import Dataset
from dfstudy.metrics import group_bootstrap
from dfstudy.models.detector import Detector
from dfstudy.profiles import Profile
from dfstudy.training import experiment, scored
from dfstudy.training.experiment import Trained
from dfstudy.training.fitted import Variant
from dfstudy.training.protocol import Protocol
from dfstudy.training.rule import Rule
from dfstudy.training.scoring import score

_COLUMNS = ["trained_on", "tested_on", "kind", "reals", "fakes"]
_NUMBERS = ["value", "low", "high", "balanced_accuracy"]


def read(detector: Detector, data: Dataset, *, split: str = "test") -> pd.DataFrame:
    """Judge the videos of a split by the rule that the detector's folder has fixed.

    Test videos are read through the folder's Protocol: logged, and refused
    (ProtocolError) where the detector has changed since its first look.

    Returns:
        One row a scored video: video_id, label, method, group, score (what ranks it),
        called (0 or 1).
    """
    rows = data.manifest[data.manifest["split"] == split]
    if rows.empty:
        raise ValueError(f"{data.name} has no {split} videos")
    prepared = data.prepared(detector.view)
    if split == "test":
        protocol = Protocol(detector.folder)
        said = protocol.read_test(lambda: score(detector, prepared, rows))
    else:
        said = score(detector, prepared, rows)
    return scored.judged(Rule(**detector.info["rule"]), said, rows)


def across(
    detector: Detector,
    targets: Mapping[str, Dataset],
    *,
    trained_on: str,
    families: Sequence[str] = (),
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """One detector on the test videos of several data sets: a row a set and forgery.

    Args:
        targets: name -> data set; its split must be one that shares nobody with the
            people the detector was trained on.
        trained_on: what to call the detector's own training.
        families: of forgeries; all that a set has, if not given.

    Returns:
        See `rows_of`.
    """
    tables = [
        rows_of(
            read(detector, data),
            trained_on=trained_on,
            tested_on=name,
            families=families,
            n_bootstrap=n_bootstrap,
            seed=seed,
        )
        for name, data in targets.items()
    ]
    return pd.concat(tables, ignore_index=True)


def leave_one_out(
    model: str,
    *,
    data: Dataset,
    profile: Profile,
    leave: Sequence[str] = (),
    **options: Any,
) -> dict[str, Trained]:
    """Train on all families but one, for each: by the family that was left out.

    They are kept in `runs/<profile>/left_out`, so that no table of results has them
    among the detectors of the lessons.

    Args:
        model: a name of models.FAMILIES; where it has a BASE, that one is not shown the
            family either.
        leave: the families to leave out, one at a time; each that the model trains on,
            if not given. One that the set does not have is passed over.
        options: of training.experiment.train.

    Returns:
        Empty where the set has fewer than two families: nothing can be left out.
    """
    there = experiment.trained_families(data.manifest, experiment.trained_on(model))
    if len(there) < 2:
        return {}
    return {
        name: experiment.train(
            model,
            data=data,
            profile=profile,
            variant=Variant(families=tuple(other for other in there if other != name)),
            runs=paths.runs(profile.name) / "left_out",
            **options,
        )
        for name in there
        if not leave or name in leave
    }


def unseen(
    everything: Detector,
    left_out: Mapping[str, Trained],
    data: Dataset,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Each forgery, found by the detector that was shown all, and by the one without.

    Args:
        everything: trained on every family. left_out: of `leave_one_out`.

    Returns:
        See `rows_of`: two rows a forgery, trained on "all" and on "all but blend". One
        row without a value, and the reason, where nothing was left out.
    """
    if not left_out:
        row = {"trained_on": "all but it", "tested_on": data.name, "kind": "any"}
        row["reason"] = "there is one kind of forgery only: nothing can be left out"
        return _table([row])
    shown_all = read(everything, data)
    rows = [
        rows_of(
            videos,
            trained_on=trained_on,
            tested_on=data.name,
            families=[name],
            n_bootstrap=n_bootstrap,
            seed=seed,
        )
        for name, run in left_out.items()
        for trained_on, videos in (
            ("all", shown_all),
            (f"all but {name}", read(run.detector, data)),
        )
    ]
    return pd.concat(rows, ignore_index=True)


def rows_of(
    videos: pd.DataFrame,
    *,
    trained_on: str,
    tested_on: str,
    families: Sequence[str] = (),
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Each forgery against all reals of the set: one row a forgery.

    Args:
        videos: label, method, group, score, called; see `read`.

    Returns:
        trained_on, tested_on, kind (the forgery), reals, fakes (videos); value, low,
        high of the AUROC; balanced_accuracy of the verdicts, at the threshold that was
        brought along; reason, for what is missing.
    """
    method = videos["method"].fillna("unknown")
    found = sorted(method[videos["label"] == 1].unique())
    rows = []
    for name in families or found:
        some = videos[(videos["label"] == 0) | (method == name)]
        row = {"trained_on": trained_on, "tested_on": tested_on, "kind": name}
        row |= {
            "reals": int((some["label"] == 0).sum()),
            "fakes": int((some["label"] == 1).sum()),
        }
        entries = group_bootstrap(
            some["label"],
            some["score"],
            some["group"],
            # The rule has decided, perhaps not by this score: see training.evaluation.
            threshold=np.where(some["called"] == 1, 0.0, 2.0),
            n=n_bootstrap,
            seed=seed,
        )
        balanced = entries["balanced_accuracy"]["value"]
        rows.append(row | entries["auroc"] | {"balanced_accuracy": balanced})
    return _table(rows)


def _table(rows: list[dict]) -> pd.DataFrame:
    table = pd.DataFrame(rows).reindex(columns=[*_COLUMNS, *_NUMBERS, "reason"])
    return table.astype(dict.fromkeys(_NUMBERS, "float64"))
