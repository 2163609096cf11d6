"""Build, check, count and run the lessons.

python -m dfstudy.course build                       # notebooks from their sources
python -m dfstudy.course check                       # are they as they should be?
python -m dfstudy.course count                       # every check, tried
python -m dfstudy.course run --profile smoke         # what ./run_all.sh calls
python -m dfstudy.course publish --results           # a run's figures for the README
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dfstudy import paths, profiles
from dfstudy.course import lessons, published


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns its exit code (2: asked for something that is not there)."""
    options = _parser().parse_args(arguments)
    try:
        commands = {
            "build": _build,
            "check": _check,
            "count": _count,
            "run": _run,
            "publish": _publish,
        }
        return commands[options.command](options)
    except ValueError as error:
        print(f"dfstudy.course: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dfstudy.course", description=__doc__
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="write notebooks and README's table from source")
    check = commands.add_parser("check", help="check sources and built notebooks")
    check.add_argument(
        "--site", type=Path, help="check the pages of the run in this folder as well"
    )
    check.add_argument(
        "--executed", type=Path, help="check executed copies in this folder as well"
    )
    commands.add_parser("count", help="try stubs, solutions and wrong answers")
    run = commands.add_parser("run", help="run the lessons")
    run.add_argument("--profile", choices=profiles.NAMES, default="laptop")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--data", type=Path, help="a data set or a folder of videos")
    run.add_argument(
        "--only", action="append", default=[], help="these lessons: 03, or 02,03"
    )
    run.add_argument("--from", dest="start", help="this lesson and those after it")
    run.add_argument("--list", action="store_true", help="the lessons there are")
    run.add_argument("--plan", action="store_true", help="forecast; nothing is run")
    run.add_argument(
        "--side-by-side",
        type=int,
        choices=(1, 2),
        help="lessons that run at once (default: 2 where cores and memory allow)",
    )
    run.add_argument("--fresh", action="store_true", help="finished lessons again")
    publish = commands.add_parser(
        "publish", help="put times and results of a run under version control"
    )
    publish.add_argument("--profile", choices=profiles.NAMES, default="laptop")
    publish.add_argument("--times", choices=published.RUNS, help="of which kind of run")
    publish.add_argument("--results", action="store_true", help="and the picture")
    publish.add_argument(
        "--rendering", action="store_true", help="measure what a pair of people costs"
    )
    return parser


def _publish(options: argparse.Namespace) -> int:
    root, folder = paths.root(), paths.runs(options.profile)
    if not (options.times or options.results or options.rendering):
        raise ValueError("publish what? --times first|later, --results, --rendering")
    if options.times:
        every = {lesson.name: lesson for lesson in lessons.find()}
        rows = published.publish_times(
            root, folder, profile=options.profile, run=options.times
        )
        for row in rows:
            print(f"{row.lesson:<28} {row.seconds / 60:6.1f} min {row.peak_mb:6.0f} MB")
            said = every[row.lesson].minutes if row.lesson in every else {}
            if row.seconds / 60 > said.get(options.profile, row.seconds):
                print(f"    its header says {said[options.profile]:g} min")
    if options.results:
        print(published.publish_results(root, folder))
        print(published.publish_picture(root, options.profile))
    if options.rendering:
        for row in published.publish_rendering(root, ("smoke", "laptop", "colab")):
            print(f"{row.profile}: {row.lesson}: {row.seconds:g}")
    return _build(options)


def _build(_: argparse.Namespace) -> int:
    from dfstudy.course import build

    touched = build.write(paths.root())
    for path in touched:
        print(path.relative_to(paths.root()))
    print(f"{len(touched)} files changed")
    return 0


def _check(options: argparse.Namespace) -> int:
    from dfstudy.course import check, site

    found = check.course(paths.root())
    if options.executed:
        found += check.executed_folder(options.executed)
    if options.site:
        found += site.problems(options.site)
    print("\n".join([*found, f"{len(found)} problems"]))
    return int(bool(found))


def _count(_: argparse.Namespace) -> int:
    from dfstudy.course import count

    counts = count.course(paths.root())
    print("\n".join(count.table(counts)))
    found = [problem for one in counts for problem in one.problems]
    print("\n".join([*found, f"{len(found)} problems"]))
    return int(bool(found))


def _run(options: argparse.Namespace) -> int:
    from dfstudy.course import plan, run

    every = lessons.find()
    only = [name for names in options.only for name in names.split(",") if name]
    chosen = lessons.select(every, only=only, start=options.start)
    if options.list:
        print(plan.listing(chosen, options.profile))
        return 0
    if not chosen:
        raise ValueError("no lessons to run")
    if options.data and not options.data.is_dir():
        raise ValueError(f"--data {options.data}: there is no such folder")
    job = run.Job(
        lessons=chosen,
        profile=options.profile,
        seed=options.seed,
        data=options.data.resolve() if options.data else None,
        side_by_side=options.side_by_side or run.at_once(options.profile, chosen),
    )
    if options.plan:
        print(plan.forecast(job))
        return 0
    return run.run(job, fresh=options.fresh)


if __name__ == "__main__":
    sys.exit(main())
