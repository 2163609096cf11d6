"""The `dfstudy` command.

    dfstudy check
    dfstudy synth data/mine --pairs 12
    dfstudy index data/mine --out manifest.parquet
    dfstudy split manifest.parquet --fractions 0.8 0.1 0.1
    dfstudy prepare manifest.parquet --frames 16 --size 108 192
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


def _index(args: argparse.Namespace) -> int:
    from dfstudy.data import index, manifest

    frame = index.index(args.root)
    manifest.write(frame, args.out)
    counts = frame["label"].value_counts()
    print(f"{args.out}: {counts.get(0, 0)} real, {counts.get(1, 0)} fake videos")
    return 0


def _split(args: argparse.Namespace) -> int:
    from dfstudy.data import manifest, splits

    fractions = dict(zip(("train", "val", "test"), args.fractions, strict=True))
    frame, proof = splits.split(
        manifest.read(args.manifest),
        fractions=fractions,
        seed=args.seed,
        kind=args.kind,
    )
    out = args.out or args.manifest
    manifest.write(frame, out)
    splits.write_proof(proof, Path(out).parent / "split_proof.json")
    print(json.dumps(proof, indent=2))
    return 0


def _prepare(args: argparse.Namespace) -> int:
    from dfstudy.data import drops, manifest, prepare
    from dfstudy.data.view import View

    height, width = args.size
    settings = {name: getattr(args, name) for name in _VIEW}
    view = View(height=height, width=width, **settings)
    videos = manifest.read(args.manifest)
    prepared = prepare.prepare(videos, view, out=args.out, workers=args.workers)
    print(drops.report(prepared, videos).to_string(float_format="{:.3f}".format))
    print(prepared.folder)
    return 0


# Settings of data.view.View that `prepare` takes by their own names.
_VIEW = ("frames", "sampling", "every", "crop", "resize", "margin", "detector")
_VIEW += ("drop", "flow")


def _predict(args: argparse.Namespace) -> int:
    with _only_ours_on_stdout() as stdout:
        from dfstudy.detect import predict as detect
        from dfstudy.models import detector as detectors
        from dfstudy.video.faces import new_detector

        model = detectors.load(args.model or detect.newest_model())
        faces = new_detector(model.view.detector)
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

    sub = command("index", _index, "list the videos of a DFDC tree or a folder")
    sub.add_argument("root", type=Path)
    sub.add_argument("--out", type=Path, default=Path("manifest.parquet"))

    sub = command("split", _split, "train, val and test without a shared person")
    sub.add_argument("manifest", type=Path)
    sub.add_argument("--out", type=Path, help="default: the manifest itself")
    sub.add_argument(
        "--fractions",
        type=float,
        nargs=3,
        default=(0.4, 0.2, 0.4),
        metavar=("TRAIN", "VAL", "TEST"),
    )
    sub.add_argument("--kind", choices=("group", "source", "video"), default="group")
    sub.add_argument("--seed", type=int, default=0)

    sub = command("prepare", _prepare, "decode, sample and crop into WebDataset shards")
    sub.add_argument("manifest", type=Path)
    sub.add_argument("--out", type=Path, help="default: under the data folder")
    sub.add_argument("--frames", type=_positive, default=16)
    sub.add_argument(
        "--size",
        type=_positive,
        nargs=2,
        default=(108, 192),
        metavar=("HEIGHT", "WIDTH"),
    )
    sub.add_argument(
        "--sampling",
        choices=("even", "first", "best", "consecutive"),
        default="even",
        help="spread evenly, the first at 30 fps, the best clip, or the middle",
    )
    sub.add_argument(
        "--every",
        type=_positive,
        default=8,
        metavar="M",
        help="best: look for faces in every M-th frame",
    )
    sub.add_argument("--crop", choices=("frame", "face"), default="frame")
    sub.add_argument("--resize", choices=("area", "adaptive"), default="area")
    sub.add_argument("--margin", type=float, default=0.3, help="0.3: 30 %% a side")
    sub.add_argument("--detector", choices=("mtcnn", "haar"), default="mtcnn")
    sub.add_argument(
        "--drop",
        choices=("video", "frame"),
        default="video",
        help="without a face: drop a video that has none, or each frame",
    )
    sub.add_argument(
        "--flow",
        choices=("none", "sampled", "adjacent"),
        default="none",
        help="between sampled frames, or to each one's next in the video",
    )
    sub.add_argument("--workers", type=_positive)

    sub = command("predict", _predict, "real, fake or cannot tell, for each video")
    sub.add_argument("files", type=Path, nargs="+", metavar="FILE")
    sub.add_argument("--model", type=Path, help="a detector folder (default: newest)")
    sub.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
