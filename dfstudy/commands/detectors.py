"""Commands about detectors: is a set fit for one, which is best, do they use time."""

import argparse
import json
from pathlib import Path

from dfstudy import profiles
from dfstudy.commands.output import only_ours_on_stdout


def audit(args: argparse.Namespace) -> int:
    """Can the label be read without seeing a face? Exit code 3: it can."""
    with only_ours_on_stdout() as stdout:
        from dfstudy import paths
        from dfstudy.report import audits
        from dfstudy.study import audit

        videos = _videos(args.manifest, args.seed)
        probes = args.probes or audit.PROBES
        workers = args.workers or 0
        table = audit.audit(videos, probes=probes, seed=args.seed, workers=workers)
        edits = _edits(args, videos)
        what = _about(videos)
        document = {"data": what} | audits.document(table, edits)
        if args.out:
            paths.put(args.out, json.dumps(document, indent=1) + "\n")
        if args.json:
            json.dump(document, stdout)
            print(file=stdout)
        else:
            print(f"{what}\n\n{audits.text(table, edits)}", file=stdout)
    return 3 if audit.found(table) else 0


def _videos(path: Path, seed: int):
    """The manifest at `path`, or of the videos in a folder, indexed and split."""
    from dfstudy.data import index, manifest, splits

    if not path.is_dir():
        return manifest.read(path)
    return splits.split(index.index(path), seed=seed)[0]


def _about(videos) -> str:
    """How many videos, of which data sets and of which kind of data."""
    from dfstudy.data.layouts import dfdc

    counts = videos["label"].value_counts()
    sets = ", ".join(sorted(videos["dataset"].dropna().unique())) or "no name"
    made = {dfdc.is_synthetic(Path(path).parent) for path in videos["path"]}
    kind = "mixed" if len(made) > 1 else "synthetic" if made == {True} else "real"
    split = f"{counts.get(0, 0)} real and {counts.get(1, 0)} fake videos"
    return f"{split}, {kind} data: {sets}"


def _edits(args: argparse.Namespace, videos):
    """What `study.audit.blending.edits` says of --model; None without."""
    if not args.model:
        return None
    from dataclasses import replace

    from dfstudy.data import prepare
    from dfstudy.models import detector as detectors
    from dfstudy.study.audit import blending

    model = detectors.load(args.model)
    rows = blending.reals(videos, seed=args.seed)
    view = replace(model.view, text=False)
    # What is there of the whole set serves; else only these few are prepared.
    whole = view in prepare.prepared_views(videos)
    prepared = prepare.prepare(videos if whole else rows, view, workers=args.workers)
    return blending.edits(model, prepared, rows, seed=args.seed)


def report(args: argparse.Namespace) -> int:
    """Compare the detectors of a run, as a page and as Markdown."""
    from dfstudy import paths
    from dfstudy.report import comparison

    runs = args.runs or paths.runs(args.profile)
    if not (runs / "results").is_dir():
        raise ValueError(f"{runs}: no results; lessons 03 to 10 write them")
    if args.check:
        problems = comparison.old(runs, args.out)
        for problem in problems:
            print(f"{problem}: run `dfstudy report` again")
        return 1 if problems else 0
    print(*comparison.write(runs, args.out), sep="\n")
    return 0


def temporal(args: argparse.Namespace) -> int:
    """Does a detector use time? Spoil that of validation videos, and see."""
    with only_ours_on_stdout() as stdout:
        from dfstudy.data import dataset
        from dfstudy.models import detector as detectors
        from dfstudy.study import temporal

        detector = detectors.load(args.folder)
        if args.manifest:
            data = dataset.of_manifest(args.manifest)
        else:
            data = dataset.load("", profile=_profile_of(args.folder))
        table = temporal.battery(detector, data)
        tables = {"battery": table}
        if args.twin:
            tables["twin"] = temporal.gain(detector, detectors.load(args.twin), data)
        if args.json:
            rows = {
                name: json.loads(one.to_json(orient="records"))
                for name, one in tables.items()
            }
            json.dump({"data": data.name, "kind": data.kind} | rows, stdout)
            print(file=stdout)
        else:
            print(f"{args.folder}, on {data.kind} data: {data.name}", file=stdout)
            for one in tables.values():
                print(_readable(one), file=stdout)
    return 0 if table["passed"].fillna(True).all() else 1


def _profile_of(folder: Path) -> profiles.Profile:
    """Of a detector in runs/<profile>/models/."""
    name = folder.resolve().parent.parent.name
    if name not in profiles.NAMES:
        raise ValueError(f"{folder} is in no run: say which videos with --manifest")
    return profiles.get(name)


def _readable(table) -> str:
    numbers = table.fillna({"reason": ""}) if "reason" in table else table
    return numbers.to_string(index=False, na_rep="-", float_format=lambda x: f"{x:.3f}")
