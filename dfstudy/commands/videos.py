"""The commands about videos: from files to a manifest, a split, arrays and exports."""

import argparse

from dfstudy import profiles


def check(args: argparse.Namespace) -> int:
    """Is this machine ready? One [OK] or [FAIL] line each."""
    from dfstudy import environment

    checks = environment.report()
    print(*checks, sep="\n")
    failed = [check for check in checks if check.required and not check.ok]
    print(f"\n{len(failed)} failed" if failed else "\nready")
    return 1 if failed else 0


def synth(args: argparse.Namespace) -> int:
    """Render the synthetic set, in DFDC's layout."""
    from dfstudy.data import synth

    profile = profiles.get(args.profile)
    root = synth.make(
        args.out,
        pairs=args.pairs or profile.pairs,
        frames=args.frames or profile.clip_frames,
        size=tuple(args.size or profile.clip_size),
        seed=args.seed,
        workers=args.workers,
    )
    print(root)
    return 0


def download(args: argparse.Namespace) -> int:
    """Fetch a data set, or say how to get it."""
    from dfstudy.data import download

    print(download.download(args.name, out=args.out, videos=args.videos))
    return 0


def index(args: argparse.Namespace) -> int:
    """List the videos of data sets, or of a folder."""
    from dfstudy.data import filters, index, manifest

    args.out.parent.mkdir(parents=True, exist_ok=True)
    failures = args.out.with_name("failures.csv")
    frame, told = filters.select(
        index.index(args.root, compression=args.compression, failures=failures),
        orientation=args.orientation,
        exclude_altered_audio=args.exclude_altered_audio,
        limit=args.limit,
        fraction=args.fraction,
        balance=args.balance,
        seed=args.seed,
    )
    print(*told, sep="\n", end="\n" if told else "")
    manifest.write(frame, args.out)
    counts = frame["label"].value_counts()
    print(f"{args.out}: {counts.get(0, 0)} real, {counts.get(1, 0)} fake videos")
    print(f"{failures}: what could not be used, and why")
    return 0


def split(args: argparse.Namespace) -> int:
    """Train, val and test without a shared person."""
    from dfstudy.data import assign, folds, manifest, proof, splits

    out = args.out or args.manifest
    table = manifest.read(args.manifest)
    if args.folds:
        done = folds.folds(table, k=args.folds, seed=args.seed, kind=args.kind)
        marks = [f"-fold-{i + 1}" for i in range(args.folds)]
    else:
        shares = assign.named(args.fractions)
        done = [splits.split(table, fractions=shares, seed=args.seed, kind=args.kind)]
        marks = [""]
    for mark, (frame, facts) in zip(marks, done, strict=True):
        path = manifest.write(frame, out.with_stem(out.stem + mark))
        print(f"{path}: {proof.summary(facts)}")
        print(proof.write(facts, out.parent / f"split_proof{mark}.json"))
    return 0


def prepare(args: argparse.Namespace) -> int:
    """Decode, sample and crop into WebDataset shards."""
    from dfstudy.data import drops, manifest, prepare

    videos, view = manifest.read(args.manifest), _view(args)
    if args.videos:
        videos = manifest.moved(videos, args.videos)
    size = args.shard_videos or prepare.SHARD_VIDEOS
    if args.shard_mb:
        size = prepare.videos_in(args.shard_mb, view)
    prepared = prepare.prepare(
        videos,
        view,
        out=args.out,
        workers=args.workers,
        shard_videos=size,
        by_split=args.by_split,
        scheduler=args.scheduler,
        retries=args.retries,
    )
    print(drops.report(prepared, videos).to_string(float_format="{:.3f}".format))
    print(prepared.folder)
    return 0


def export(args: argparse.Namespace) -> int:
    """What prepare makes, in files of the papers' own kinds."""
    from dfstudy.data import export, manifest

    folder = export.export(
        manifest.read(args.manifest),
        _view(args),
        format=args.format,
        out=args.out,
        workers=args.workers,
    )
    print(folder)
    return 0


# Settings of data.view.View that `_view_options` takes by their own names.
_VIEW = ("frames", "sampling", "every", "follow", "search", "crop", "resize")
_VIEW += ("margin", "detector", "drop", "flow", "apart_s")


def _view(args: argparse.Namespace):
    """The View that the options of `_view_options` ask for."""
    from dfstudy.data.view import View

    height, width = args.size
    settings = {name: getattr(args, name) for name in _VIEW}
    return View(height=height, width=width, **settings)
