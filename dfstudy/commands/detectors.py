"""The commands about detectors: is a set fit for one, what it says, which is best."""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from dfstudy import profiles


def audit(args: argparse.Namespace) -> int:
    """Can the label be read without seeing a face? Exit code 3: it can."""
    with _only_ours_on_stdout() as stdout:
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


def predict(args: argparse.Namespace) -> int:
    """Real, fake or cannot tell, for each video."""
    with _only_ours_on_stdout() as stdout:
        from dfstudy.detect import predict as detect
        from dfstudy.detect.verdict import Verdict
        from dfstudy.models import detector as detectors

        models = [detectors.load(f) for f in args.model or [detect.newest_model()]]
        verdicts = []
        for file in args.files:
            try:
                verdict = detect.predict(file, models, text=args.text)
            except (ValueError, OSError) as error:  # VideoError is a ValueError
                verdict = Verdict(file=str(file), error=str(error))
            verdicts.append(verdict)
            if not args.json:
                print(_line(verdict), file=stdout, flush=True)
        if args.json:
            documents = [verdict.to_dict() for verdict in verdicts]
            json.dump(documents[0] if len(documents) == 1 else documents, stdout)
            print(file=stdout)
        for warning in dict.fromkeys(v.warning for v in verdicts if v.warning):
            print(f"warning: {warning}", file=sys.stderr)
    return 1 if any(verdict.error for verdict in verdicts) else 0


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
    with _only_ours_on_stdout() as stdout:
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


def _line(verdict) -> str:
    if verdict.error:
        return f"{verdict.file}: failed: {verdict.error}"
    why = f" ({verdict.reason})" if verdict.reason else ""
    if verdict.probability is None:
        return f"{verdict.file}: {verdict.verdict}{why}"
    frames, faces = verdict.frames, verdict.faces
    scored = sum(face.verdict is not None for face in faces)
    limits = [
        "frames vote" if one.threshold is None else f"{one.threshold:.2f}"
        for one in verdict.opinions
    ]
    return (
        f"{verdict.file}: {verdict.verdict}{why}, P(fake) = {verdict.probability:.2f}"
        f" (threshold: {' / '.join(limits)}; {len(faces)} face(s), {scored} scored, in"
        f" {frames['with_face']} of {len(frames['sampled'])} sampled frames;"
        f" {sum(verdict.seconds.values()):.1f} s)"
    )


@contextlib.contextmanager
def _only_ours_on_stdout() -> Iterator[TextIO]:
    """Send what libraries print (C code too) to stderr; yield the real stdout."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with (
            os.fdopen(os.dup(kept), "w") as stdout,
            contextlib.redirect_stdout(sys.stderr),
        ):
            yield stdout
    finally:
        os.dup2(kept, 1)
        os.close(kept)
