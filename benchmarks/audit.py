"""Does `dfstudy audit` find what is planted, and is it quiet where nothing is?

    python benchmarks/audit.py [--sets 20] [--pairs 24] [--frames 8]

Renders clean synthetic sets of seeds 0, 1, ... (half a minute each), audits each, and
plants each of six shortcuts into the files of the first. (Backgrounds are decoded again
only for their own.) Prints both tables. Sets are temporary, one at a time.
"""

import argparse
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd

from dfstudy.data import index, splits, synth
from dfstudy.study.audit import PROBES, audit, found, planted


def rendered(folder, args, seed):
    """The manifest of a clean set."""
    size = {"pairs": args.pairs, "frames": args.frames, "size": (216, 384)}
    root = synth.make(folder, **size, seed=seed, workers=args.workers, progress=False)
    return splits.split(index.index(root, progress=False), seed=0)[0]


def row(table, seconds):
    """AUROC and corrected p of each probe, in one line."""
    cells = {
        each.title: "n/a"
        if pd.isna(each.value)
        else f"{each.value:.2f} {each.p_holm:.3f}"
        for each in table.itertuples()
    }
    return cells | {"alarm": found(table), "s": round(seconds, 1)}


def timed(manifest, *, decode=True):
    """Its audit, and the seconds that took."""
    start = time.perf_counter()
    table = audit(manifest, probes=[p for p in PROBES if decode or p != "background"])
    return table, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    warnings.simplefilter("ignore", index.LeftOutWarning)
    quiet, loud = {}, {}
    for seed in range(args.sets):
        with tempfile.TemporaryDirectory() as folder:
            videos = rendered(Path(folder) / "set", args, seed)
            table, seconds = timed(videos)
            quiet[f"seed {seed}"] = row(table, seconds)
            print(seed, quiet[f"seed {seed}"], flush=True)
            for shortcut in planted.SHORTCUTS if seed == 0 else ():
                out = Path(folder) / shortcut
                dirty = planted.planted(videos, shortcut, seed=0, out=out)
                table, seconds = timed(dirty, decode=shortcut == "background")
                hit = table.set_index("probe").loc[planted.FINDS[shortcut]]
                loud[shortcut] = {"found": hit["verdict"]} | row(table, seconds)
                print(shortcut, loud[shortcut], flush=True)
    show = {"display.width": 250, "display.max_columns": 20}
    with pd.option_context(*(item for pair in show.items() for item in pair)):
        print("\nAUROC and corrected p of each probe, planted:")
        print(pd.DataFrame(loud).T)
        print("\nclean sets:")
        print(pd.DataFrame(quiet).T)
    alarms = sum(each["alarm"] for each in quiet.values())
    print(f"\nalarms: {alarms} of {len(quiet)} clean sets")
    hits = sum(each["found"] == "SHORTCUT" for each in loud.values())
    print(f"found: {hits} of {len(loud)} planted shortcuts")


if __name__ == "__main__":
    main()
