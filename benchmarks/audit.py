"""Does `dfstudy audit` find what is planted, and is it quiet where nothing is?"""

import shutil
import warnings
from pathlib import Path

import pandas as pd

from benchmarks.measure import Scale, benchmark, seconds
from dfstudy.data import index, splits, synth
from dfstudy.study.audit import PROBES, audit, found, planted
from dfstudy.video.read import iter_frames


@benchmark("an audit of a set", "decoding it once", long=True)
def audit_of_sets(scale: Scale) -> dict:
    """Ten minutes: clean sets of several seeds, and six shortcuts planted in the first.

    Backgrounds are decoded again only for their own shortcut.
    """
    quiet, loud, ours, baseline = [], [], [], []
    for seed in range(scale.of(20, 1)):
        place = scale.folder / str(seed)
        videos = _rendered(place / "set", scale, seed)
        row, took = _audited(videos)
        quiet.append({"seed": seed} | row)
        ours.append(took)
        baseline.append(seconds(lambda of=videos: _decode(of))[0])
        for shortcut in scale.of(planted.SHORTCUTS, ()) if seed == 0 else ():
            dirty = planted.planted(videos, shortcut, seed=0, out=place / shortcut)
            row, _ = _audited(dirty, decode=shortcut == "background")
            loud.append({"planted": shortcut} | row)
        shutil.rmtree(place)
    alarms = sum(row["alarm"] for row in quiet)
    return {
        "ours_s": sum(ours),
        "baseline_s": sum(baseline),
        "sets": len(quiet),
        "alarms": alarms,
        "shortcuts_found": sum(row["alarm"] for row in loud),
        "tables": {"clean sets": quiet, "planted": loud},
    }


def _rendered(folder: Path, scale: Scale, seed: int) -> pd.DataFrame:
    pairs = scale.of(24, 6)
    size = {"pairs": pairs, "frames": scale.of(8, 4), "size": (216, 384)}
    root = synth.make(folder, **size, seed=seed, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", index.LeftOutWarning)
        return splits.split(index.index(root, progress=False), seed=0)[0]


def _audited(manifest: pd.DataFrame, *, decode: bool = True) -> tuple[dict, float]:
    """AUROC and corrected p of each probe, whether it is an alarm; wall seconds."""
    probes = [p for p in PROBES if decode or p != "background"]
    table = None

    def work() -> None:
        nonlocal table
        table = audit(manifest, probes=probes)

    took, _ = seconds(work)
    cells = {
        each.title: "n/a"
        if pd.isna(each.value)
        else f"{each.value:.2f} {each.p_holm:.3f}"
        for each in table.itertuples()
    }
    return cells | {"alarm": bool(found(table))}, took


def _decode(manifest: pd.DataFrame) -> None:
    for path in manifest["path"]:
        for _ in iter_frames(path):
            pass
