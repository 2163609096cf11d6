"""The `dfstudy` command.

    dfstudy check
    dfstudy synth data/mine --pairs 12
    dfstudy download dfdc-sample
    dfstudy index data/mine --out manifest.parquet
    dfstudy split manifest.parquet --fractions 0.8 0.1 0.1
    dfstudy prepare manifest.parquet --frames 16 --size 108 192
    dfstudy prepare manifest.parquet --out s3://bucket/x --scheduler tcp://head:8786
    dfstudy export manifest.parquet --format npz --out faces --crop face --size 224 224
    dfstudy audit manifest.parquet
    dfstudy predict clip.mp4 --json
    dfstudy predict clip.mp4 --model runs/laptop/models/fusion_0 --text "outside pan"
    dfstudy predict videos --csv verdicts.csv --html report.html --annotated drawn
    dfstudy app --model runs/laptop/models/frame_torch_0
    dfstudy report --profile laptop
    dfstudy temporal runs/laptop/models/cnn_rnn_0

The options of each command are here, what it does with them is in `commands`.
"""

import argparse
import sys
from pathlib import Path

from dfstudy import __version__, commands, profiles


def main(argv: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (something failed) or 2 (bad call).

    `dfstudy audit` has one more: 3, a shortcut was found.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except (ValueError, OSError) as error:
        print(f"dfstudy {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    from dfstudy.data import download  # its names; nothing heavy

    parser = argparse.ArgumentParser(
        prog="dfstudy",
        description="Learn, teach and honestly compare deepfake video detection.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str) -> argparse.ArgumentParser:
        run = getattr(commands, name)
        sub = subparsers.add_parser(name, help=run.__doc__, description=run.__doc__)
        sub.set_defaults(run=run)
        return sub

    command("check")

    sub = command("synth")
    sub.add_argument("out", type=Path, help="the folder to fill")
    sub.add_argument("--profile", choices=profiles.NAMES, default="laptop")
    sub.add_argument("--pairs", type=_positive, help="pairs of people")
    sub.add_argument("--frames", type=_positive, help="frames of a clip")
    sub.add_argument("--size", type=_positive, nargs=2, metavar=("HEIGHT", "WIDTH"))
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--workers", type=_positive, help="processes (default: cores)")

    sub = command("download")
    sub.add_argument("name", choices=download.NAMES)
    sub.add_argument("--out", type=Path, help="the folder to fill (default: data/)")
    sub.add_argument("--videos", type=_positive, help="only so many of dfdc-sample")

    sub = command("index")
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

    sub = command("split")
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

    sub = command("prepare")
    sub.add_argument("manifest", help="a file, or an address such as s3://bucket/m.csv")
    sub.add_argument(
        "--out",
        metavar="ADDRESS",
        help="folder or s3://bucket/x (default: under the data folder)",
    )
    sub.add_argument(
        "--videos",
        metavar="ADDRESS",
        help="where the videos' common folder was copied to, such as s3://bucket/clips",
    )
    _view_options(sub)
    _shard_options(sub)
    sub.add_argument("--workers", type=_positive, help="processes (default: cores)")
    sub.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, such as tcp://head:8786; local: one of this machine",
    )
    sub.add_argument(
        "--retries",
        type=int,
        default=3,
        metavar="N",
        help="of a shard that fails on the cluster (default: 3)",
    )

    sub = command("export")
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

    sub = command("audit")
    sub.add_argument(
        "manifest", type=Path, help="a manifest, or a folder of videos to index"
    )
    sub.add_argument("--probes", nargs="+", metavar="PROBE", choices=_PROBES)
    sub.add_argument(
        "--model",
        type=Path,
        metavar="FOLDER",
        help="a detector: does it call authentic validation videos fake after harmless"
        " edits?",
    )
    sub.add_argument("--workers", type=_positive, help="processes that decode")
    sub.add_argument("--seed", type=int, default=0)
    sub.add_argument("--json", action="store_true", help="one JSON document on stdout")
    sub.add_argument("--out", type=Path, metavar="FILE", help="the same document")

    sub = command("predict")
    sub.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="videos, folders of them, or quoted patterns such as 'clips/**/*.mp4'",
    )
    sub.add_argument(
        "--model",
        type=Path,
        action="append",
        metavar="FOLDER",
        help="a detector folder (default: the newest); again to ask several at once",
    )
    sub.add_argument(
        "--text",
        metavar="DESCRIPTION",
        help="what is said of the video(s), for a detector that reads it",
    )
    sub.add_argument(
        "--windows",
        type=_positive,
        default=1,
        metavar="N",
        help="look at N times as many frames, to tell when (the verdict is the same)",
    )
    sub.add_argument("--json", action="store_true", help="one JSON document on stdout")
    sub.add_argument(
        "--csv", type=Path, metavar="FILE", help="a row for each video and each face"
    )
    sub.add_argument(
        "--html", type=Path, metavar="FILE", help="a report with pictures and heat maps"
    )
    sub.add_argument(
        "--annotated",
        type=Path,
        metavar="OUT",
        help="the video with faces and verdict drawn in, an MP4; of several: a folder",
    )
    sub.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes for several files (default: by cores and memory; 0: none)",
    )
    sub.add_argument(
        "--timeout",
        type=_positive,
        default=600,
        metavar="SECONDS",
        help="give up on a file after so long, where a worker examines it",
    )

    _app_options(command("app"))

    sub = command("report")
    sub.add_argument(
        "--runs", type=Path, help="a run's folder (default: the profile's)"
    )
    sub.add_argument("--profile", choices=profiles.NAMES, default="laptop")
    sub.add_argument("--out", type=Path, help="where to (default: the run's folder)")
    sub.add_argument(
        "--check",
        action="store_true",
        help="write nothing; fail where the page is older than the results",
    )

    sub = command("temporal")
    sub.add_argument("folder", type=Path, help="runs/PROFILE/models/NAME")
    sub.add_argument(
        "--manifest",
        type=Path,
        help="a manifest with a split (default: the synthetic set of its profile)",
    )
    sub.add_argument(
        "--twin", type=Path, metavar="FOLDER", help="the same detector without a memory"
    )
    sub.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


# study.audit.PROBES
_PROBES = ("metadata", "name", "background", "resolution", "dataset", "duration")
_PROBES += ("identity",)
_RESIZES = ("area", "adaptive", "bilinear", "centre")  # data.view.View.resize


def _app_options(sub: argparse.ArgumentParser) -> None:
    """Where the page listens, and what it takes on (`app.limits.Limits`)."""
    sub.add_argument(
        "--model",
        type=Path,
        action="append",
        metavar="FOLDER",
        help="a detector to choose, may repeat (default: those of all runs)",
    )
    sub.add_argument(
        "--host",
        default="127.0.0.1",
        help="0.0.0.0: everybody in the network (default: this machine only)",
    )
    sub.add_argument("--port", type=_positive, default=7860)
    sub.add_argument(
        "--max-mb", type=_positive, default=100, help="of an upload (default: 100)"
    )
    sub.add_argument(
        "--max-seconds", type=_positive, default=60, help="of a video (default: 60)"
    )
    sub.add_argument(
        "--job-seconds",
        type=_positive,
        default=120,
        help="of work on it (default: 120)",
    )
    sub.add_argument(
        "--memory-mb",
        type=_positive,
        default=4096,
        help="of the process that reads it (default: 4096)",
    )
    sub.add_argument(
        "--queue", type=_positive, default=32, help="who may wait (default: 32)"
    )


def _shard_options(sub: argparse.ArgumentParser) -> None:
    """How many videos are in a shard, and which."""
    size = sub.add_mutually_exclusive_group()
    size.add_argument("--shard-videos", type=_positive, metavar="N", help="at most")
    size.add_argument(
        "--shard-mb", type=_positive, metavar="MB", help="about so large instead"
    )
    sub.add_argument(
        "--by-split",
        action="store_true",
        help="shards of one split each, to train from a stream of them",
    )


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
    sub.add_argument(
        "--follow",
        type=_positive,
        metavar="N",
        help="faces are found in every N-th sampled frame, and followed between",
    )
    sub.add_argument(
        "--search",
        type=_positive,
        metavar="N",
        help="first: follow faces over N frames, and keep the first --frames of them",
    )
    sub.add_argument("--crop", choices=("frame", "face"), default="frame")
    sub.add_argument("--resize", choices=_RESIZES, default="area")
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
        choices=("none", "sampled", "adjacent", "apart"),
        default="none",
        help="between sampled frames, to each one's next in the video, or to a later",
    )
    sub.add_argument(
        "--apart",
        type=float,
        default=0.6,
        dest="apart_s",
        metavar="SECONDS",
        help="apart: flow to the frame so much later",
    )


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


if __name__ == "__main__":
    sys.exit(main())
