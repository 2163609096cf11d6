"""Train a PyTorch detector from shards, on any number of ranks.

    torchrun --nproc-per-node 2 -m dfstudy.training.distributed frame_torch \
        --manifest manifest.parquet --shards s3://bucket/prepared --epochs 20
    srun python -m dfstudy.training.distributed frame_torch ...   # a rank a task
    python -m dfstudy.training.distributed frame_torch ...        # one rank

Ranks share the batch of the recipe, so the detector is that of one rank (docs/cluster).
It is kept where a lesson would keep it, under DFSTUDY_RUNS, a folder that all ranks
see. The same command again, or torchrun's own restart, goes on where it was broken off.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace

from dfstudy import models, profiles
from dfstudy.data import dataset
from dfstudy.training.experiment import rows_of
from dfstudy.training.fitted import Variant, fitted, folder_of, history
from dfstudy.training.launch import Launch
from dfstudy.training.variant import STARTS


def main(argv: Sequence[str] | None = None) -> int:
    """Train on this rank; the first prints the folder and the last epoch as JSON."""
    args = _parser().parse_args(argv)
    launch = Launch.here(workers=args.workers, checkpoint_every=args.checkpoint_every)
    profile = profiles.get(args.profile)
    if args.epochs:
        profile = replace(profile, epochs=args.epochs)
    data = dataset.of_manifest(args.manifest, shards=args.shards)
    variant = Variant(batch_size=args.batch_size, precision=args.precision)
    place = {"profile": profile, "seed": args.seed, "start": args.start}
    place["variant"] = variant
    folder = folder_of(args.model, **place)
    rows = rows_of(args.model, data, variant)
    detector = fitted(args.model, data, rows, folder=folder, launch=launch, **place)
    if launch.rank == 0:
        last = history(detector).iloc[-1].to_dict()
        print(json.dumps({"folder": str(folder), "ranks": launch.ranks, **last}))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dfstudy.training.distributed",
        description="Train a PyTorch detector from shards, on any number of ranks.",
    )
    parser.add_argument("model", choices=models.FAMILIES)
    parser.add_argument("--manifest", required=True, help="split: see `dfstudy split`")
    parser.add_argument("--shards", help="folder or address that `prepare` has filled")
    parser.add_argument("--profile", choices=profiles.NAMES, default="laptop")
    parser.add_argument("--start", choices=STARTS, default="none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="the profile's by default")
    parser.add_argument("--batch-size", type=int, help="of all ranks together")
    parser.add_argument("--precision", help="Lightning's, such as 32-true")
    parser.add_argument("--checkpoint-every", type=int, default=100, metavar="BATCHES")
    parser.add_argument("--workers", type=int, default=0, help="readers of each rank")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
