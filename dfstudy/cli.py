"""The `dfstudy` command.

    dfstudy check
    dfstudy synth data/mine --pairs 12
    dfstudy download dfdc-sample
    dfstudy index data/mine --out manifest.parquet
    dfstudy split manifest.parquet --fractions 0.8 0.1 0.1
    dfstudy prepare manifest.parquet --frames 16 --size 108 192
    dfstudy export manifest.parquet --format npz --out faces --crop face --size 224 224
    dfstudy predict clip.mp4 --json

Heavy libraries are imported inside the commands, so that `--help` answers at once.
"""

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from dfstudy import __version__, profiles


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (something failed) or 2 (bad call)."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except (ValueError, OSError) as error:
        print(f"dfstudy {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _check(args: argparse.Namespace) -> int:
    from dfstudy import environment

    checks = environment.report()
    print(*checks, sep="\n")
    failed = [check for check in checks if check.required and not check.ok]
    print(f"\n{len(failed)} failed" if failed else "\nready")
    return 1 if failed else 0


def _synth(args: argparse.Namespace) -> int:
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


def _download(args: argparse.Namespace) -> int:
    from dfstudy.data import download

    print(download.download(args.name, out=args.out, videos=args.videos))
    return 0


def _index(args: argparse.Namespace) -> int:
    from dfstudy.data import filters, index, manifest

    frame, told = filters.select(
        index.index(args.root, compression=args.compression),
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
    return 0


def _split(args: argparse.Namespace) -> int:
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


def _prepare(args: argparse.Namespace) -> int:
    from dfstudy.data import manifest, prepare

    prepared = prepare.prepare(
        manifest.read(args.manifest), _view(args), out=args.out, workers=args.workers
    )
    print(prepared.folder)
    return 0


def _export(args: argparse.Namespace) -> int:
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


def _view(args: argparse.Namespace):
    """The View that the options of `_view_options` ask for."""
    from dfstudy.data.view import View

    return View(
        frames=args.frames,
        height=args.size[0],
        width=args.size[1],
        crop=args.crop,
        resize=args.resize,
        margin=args.margin,
    )


def _predict(args: argparse.Namespace) -> int:
    with _only_ours_on_stdout() as stdout:
        from dfstudy.detect import predict as detect
        from dfstudy.models import detector as detectors
        from dfstudy.video.faces import FaceDetector

        model = detectors.load(args.model or detect.newest_model())
        faces = FaceDetector()
        verdicts = []
        for file in args.files:
            try:
                verdict = detect.predict(file, model, faces=faces)
            except (ValueError, OSError) as error:  # VideoError is a ValueError
                verdict = detect.Verdict(file=str(file), error=str(error))
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


def _line(verdict) -> str:
    if verdict.error:
        return f"{verdict.file}: failed: {verdict.error}"
    if verdict.probability is None:
        return f"{verdict.file}: {verdict.verdict} ({verdict.reason})"
    frames = verdict.frames
    rule = "frames vote" if verdict.threshold is None else f"{verdict.threshold:.2f}"
    return (
        f"{verdict.file}: {verdict.verdict}, P(fake) = {verdict.probability:.2f}"
        f" (threshold: {rule}; {len(verdict.faces)} face(s) in"
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


def _parser() -> argparse.ArgumentParser:
    from dfstudy.data import download  # its names; nothing heavy

    parser = argparse.ArgumentParser(
        prog="dfstudy",
        description="Learn, teach and honestly compare deepfake video detection.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        return sub

    command("check", _check, "is this machine ready? one [OK] or [FAIL] line each")

    sub = command("synth", _synth, "render the synthetic set, in DFDC's layout")
    sub.add_argument("out", type=Path, help="the folder to fill")
    sub.add_argument("--profile", choices=profiles.NAMES, default="laptop")
    sub.add_argument("--pairs", type=_positive, help="pairs of people")
    sub.add_argument("--frames", type=_positive, help="frames of a clip")
    sub.add_argument("--size", type=_positive, nargs=2, metavar=("HEIGHT", "WIDTH"))
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--workers", type=_positive, help="processes (default: cores)")

    sub = command("download", _download, "fetch a data set, or say how to get it")
    sub.add_argument("name", choices=download.NAMES)
    sub.add_argument("--out", type=Path, help="the folder to fill (default: data/)")
    sub.add_argument("--videos", type=_positive, help="only so many of dfdc-sample")

    sub = command("index", _index, "list the videos of data sets, or of a folder")
    sub.add_argument("root", type=Path)
    sub.add_argument("--out", type=Path, default=Path("manifest.parquet"))
    sub.add_argument("--compression", choices=("raw", "c23", "c40"))
    sub.add_argument("--orientation", choices=("landscape", "portrait", "square"))
    sub.add_argument(
        "--exclude-altered-audio",
        action="store_true",
        help="leave out fakes that do not sound like their original",
    )
    size = sub.add_mutually_exclusive_group()
    size.add_argument("--limit", type=_positive, help="at most so many videos")
    size.add_argument("--fraction", type=float, help="at most this share of the videos")
    sub.add_argument(
        "--balance", action="store_true", help="as many real as fake in each data set"
    )
    sub.add_argument("--seed", type=int, default=0, help="which of them are chosen")

    sub = command("split", _split, "train, val and test without a shared person")
    sub.add_argument("manifest", type=Path)
    sub.add_argument("--out", type=Path, help="default: the manifest itself")
    how = sub.add_mutually_exclusive_group()
    how.add_argument(
        "--fractions",
        type=float,
        nargs="+",
        default=(0.4, 0.2, 0.4),
        metavar="SHARE",
        help="of train, val and test, or of train and test (val: a fifth of train)",
    )
    how.add_argument(
        "--folds",
        type=_positive,
        metavar="K",
        help="K splits for cross-validation, beside the manifest: NAME-fold-1 to -K",
    )
    sub.add_argument(
        "--kind",
        choices=("group", "people", "official", "source", "video"),
        default="group",
        help="official: the data set's own lists; source and video leak, for teaching",
    )
    sub.add_argument("--seed", type=int, default=0)

    sub = command("prepare", _prepare, "decode, sample and crop into WebDataset shards")
    sub.add_argument("manifest", type=Path)
    sub.add_argument("--out", type=Path, help="default: under the data folder")
    _view_options(sub)
    sub.add_argument("--workers", type=_positive)

    sub = command(
        "export", _export, "what prepare makes, in files of the papers' own kinds"
    )
    sub.add_argument("manifest", type=Path)
    sub.add_argument(
        "--format",
        choices=("jpg+json", "npz", "tensor", "face-mp4", "tar.gz"),
        required=True,
        help="pictures (S1), (T, 3, H, W) arrays (S3), (1, T, 3, H, W) safetensors "
        "(S4), face videos (S2), WebDataset shards (S0)",
    )
    sub.add_argument(
        "--out", type=Path, required=True, help="a new folder, or one to go on with"
    )
    _view_options(sub)
    sub.add_argument("--workers", type=_positive)

    sub = command("predict", _predict, "real, fake or cannot tell, for each video")
    sub.add_argument("files", type=Path, nargs="+", metavar="FILE")
    sub.add_argument("--model", type=Path, help="a detector folder (default: newest)")
    sub.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _view_options(sub: argparse.ArgumentParser) -> None:
    """What a detector gets to see; `_view` makes a View of them."""
    sub.add_argument("--frames", type=_positive, default=16)
    sub.add_argument(
        "--size",
        type=_positive,
        nargs=2,
        default=(108, 192),
        metavar=("HEIGHT", "WIDTH"),
    )
    sub.add_argument("--crop", choices=("frame", "face"), default="frame")
    sub.add_argument("--resize", choices=("area", "adaptive"), default="area")
    sub.add_argument("--margin", type=float, default=0.3)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
