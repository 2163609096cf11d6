"""`dfstudy predict`: one file or many, one detector or several, as anybody wants it."""

import argparse
import csv
import glob
import json
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfstudy import paths
from dfstudy.commands.output import only_ours_on_stdout

if TYPE_CHECKING:
    from dfstudy.detect.verdict import Evidence, Verdict

_MEMORY = 2 * 2**30  # bytes that a worker may take, of those that are free
_COLUMNS = ("file", "face", "verdict", "probability", "reason", "error")
_COLUMNS += ("frames_with_face", "frames_sampled", "by_detector", "seconds")


def predict(args: argparse.Namespace) -> int:
    """Real, fake or cannot tell, for each video."""
    with only_ours_on_stdout() as stdout, _table(args.csv) as table:
        from tqdm import tqdm

        files = files_of(args.files)
        models = args.model or paths.detectors()[:1]
        asked = Asked(
            models=tuple(models),
            text=args.text,
            windows=args.windows,
            report=args.html is not None,
        )
        if args.html:
            _check_report(args.html)
        jobs = [
            (file, out)
            for file, out in zip(files, _annotated(args, files), strict=True)
        ]
        verdicts, items = [], []
        bar = tqdm(
            total=len(files), unit="file", disable=None if len(files) > 1 else True
        )
        with bar:
            for verdict, evidence in _answers(jobs, asked, args.workers, args.timeout):
                verdicts.append(verdict)
                if args.html:
                    items.append((verdict, evidence))
                for row in rows_of(verdict) if table else ():
                    table.writerow(row)
                if not args.json:
                    bar.clear()
                    print(_line(verdict), file=stdout, flush=True)
                bar.update()
        if args.json:
            documents = [verdict.to_dict() for verdict in verdicts]
            json.dump(documents[0] if len(documents) == 1 else documents, stdout)
            print(file=stdout)
        if args.html:
            from dfstudy.report import verdict as page

            print(page.write(items, args.html), file=sys.stderr)
        for warning in dict.fromkeys(v.warning for v in verdicts if v.warning):
            print(f"warning: {warning}", file=sys.stderr)
    return 1 if any(verdict.error for verdict in verdicts) else 0


def files_of(names: Sequence[str | Path]) -> list[Path]:
    """The videos that are meant: files, those below folders, those of patterns.

    A file that is named is taken whatever its suffix. Patterns are for shells that
    expand none: *, ?, [ab], and ** for any depth.

    Raises:
        ValueError: a folder without videos, a pattern that matches none.
    """
    from dfstudy.data.layouts import tree

    files: list[Path] = []
    for name in map(str, names):
        path = Path(name)
        if path.is_dir():
            found = list(tree.videos(path))
            problem = f"{name}: no video in this folder"
        elif path.exists() or not glob.has_magic(name):
            found, problem = [path], ""
        else:
            # Path.glob takes no pattern from the root.
            some = map(Path, sorted(glob.glob(name, recursive=True)))  # noqa: PTH207
            found = [file for file in some if file.is_file() and tree.is_video(file)]
            problem = f"{name}: matches no video"
        if not found:
            raise ValueError(problem)
        files += found
    return files


@dataclass(frozen=True)
class Asked:
    """What is asked of every file; called once in each process, to load detectors."""

    models: tuple[Path, ...]
    text: str | None = None
    windows: int = 1
    report: bool = False  # with heat maps and pictures

    def __call__(self) -> Callable[[tuple[Path, Path | None]], Any]:
        """A function from a file, and where to annotate it, to what is said of it.

        Raises DetectorError and ValueError, where no file could be answered.
        """
        from dfstudy.detect import predict as detect
        from dfstudy.models import detector as detectors

        models = [detectors.load(folder) for folder in self.models]
        detect.check(models, text=self.text, windows=self.windows)

        def ask(job: tuple[Path, Path | None]):
            file, out = job
            verdict, evidence = detect.examine(
                file,
                models,
                text=self.text,
                windows=self.windows,
                explain=self.report,
            )
            if out is not None:
                from dfstudy.detect.annotate import annotate

                try:
                    annotate(file, verdict, out)
                except (ValueError, OSError) as error:
                    verdict = replace(verdict, error=f"{out} is not written: {error}")
            return verdict, evidence if self.report else []

        return lambda job: _tried(ask, job)


def _tried(ask: Callable, job: tuple[Path, Path | None]):
    """What is said of a file, or what went wrong with it, whatever that is."""
    from dfstudy.detect.verdict import Verdict

    try:
        return ask(job)
    except (ValueError, OSError) as error:  # VideoError is a ValueError
        return Verdict(file=str(job[0]), error=str(error)), []
    except Exception as error:  # a bug, or no memory: the other files go on
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        return Verdict(file=str(job[0]), error=text), []


def _answers(
    jobs: list[tuple[Path, Path | None]],
    asked: Asked,
    workers: int | None,
    seconds: float,
) -> Iterator[tuple["Verdict", list["Evidence"]]]:
    """In order; one file is examined in this process, several in others."""
    if workers is None:
        workers = 0 if len(jobs) == 1 else _fitting(len(jobs))
    if workers == 0:
        yield from map(asked(), jobs)
        return
    from dfstudy.detect.many import Lost, many
    from dfstudy.detect.verdict import Verdict

    answers = many(jobs, asked, workers=workers, seconds=seconds)
    for (file, _), answer in zip(jobs, answers, strict=True):
        if isinstance(answer, Lost):
            answer = Verdict(file=str(file), error=f"{file.name}: {answer.reason}"), []
        yield answer


def _fitting(files: int) -> int:
    """How many processes the cores, the free memory and the files have room for."""
    import psutil

    from dfstudy.workers import cores

    room = psutil.virtual_memory().available // _MEMORY
    return max(1, min(files, cores(), int(room)))


def _annotated(args: argparse.Namespace, files: list[Path]) -> list[Path | None]:
    """Where each file's annotated video goes."""
    out = args.annotated
    if out is None:
        return [None] * len(files)
    if len(files) == 1 and out.suffix and not out.is_dir():
        if out.suffix.lower() not in (".mp4", ".m4v", ".mov"):
            raise ValueError(f"{out}: an annotated video is an MP4: name it .mp4")
        return [out]
    if out.suffix.lower() == ".mp4" and not out.is_dir():
        raise ValueError(f"{out}: for {len(files)} videos name a folder")
    places: list[Path | None] = []
    for file in files:
        place, n = out / f"{file.stem}.mp4", 1
        while place in places:
            n += 1
            place = out / f"{file.stem}-{n}.mp4"
        places.append(place)
    return places


def _check_report(path: Path) -> None:
    """Now, and not after an hour of work."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file, as in report.html")
    path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _table(path: Path | None) -> Iterator["csv.DictWriter | None"]:
    """A CSV that is written row by row, so that a stopped run leaves what it has."""
    if path is None:
        yield None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open(
        "w", newline="", encoding="utf-8", errors="backslashreplace", buffering=1
    ) as file:
        table = csv.DictWriter(file, _COLUMNS)
        table.writeheader()
        yield table


def rows_of(verdict: "Verdict") -> Iterator[dict[str, object]]:
    """A row for the video (`face` is empty), and one for each of its faces."""
    frames = verdict.frames
    yield {
        "file": verdict.file,
        "verdict": verdict.verdict,
        "probability": verdict.probability,
        "reason": verdict.reason,
        "error": verdict.error,
        "frames_with_face": frames.get("with_face"),
        "frames_sampled": len(frames["sampled"]) if frames else None,
        "by_detector": _by_detector(verdict.opinions),
        "seconds": round(sum(verdict.seconds.values()), 2) if frames else None,
    }
    for face in verdict.faces:
        yield {
            "file": verdict.file,
            "face": face.face_id,
            "verdict": face.verdict,
            "probability": face.probability,
            "reason": face.reason,
            "frames_with_face": sum(box is not None for box in face.boxes),
            "frames_sampled": len(face.boxes),
            "by_detector": _by_detector(face.opinions),
        }


def _by_detector(opinions) -> str:
    return "; ".join(
        f"{one.detector}: {one.verdict} {one.probability:.4f}" for one in opinions
    )


def _line(verdict: "Verdict") -> str:
    name = verdict.file.encode("utf-8", "backslashreplace").decode()
    if verdict.error:
        return f"{name}: failed: {verdict.error}"
    why = f" ({verdict.reason})" if verdict.reason else ""
    if verdict.probability is None:
        return f"{name}: {verdict.verdict}{why}"
    frames, faces = verdict.frames, verdict.faces
    scored = sum(face.verdict is not None for face in faces)
    limits = [
        "frames vote" if one.threshold is None else f"{one.threshold:.2f}"
        for one in verdict.opinions
    ]
    return (
        f"{name}: {verdict.verdict}{why}, P(fake) = {verdict.probability:.2f}"
        f" (threshold: {' / '.join(limits)}; {len(faces)} face(s), {scored} scored, in"
        f" {frames['with_face']} of {len(frames['sampled'])} sampled frames;"
        f" {sum(verdict.seconds.values()):.1f} s)"
    )
