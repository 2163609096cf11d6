"""What detectors see, in files of the papers' own kinds; and from there to the loader.

    folder = export(manifest, view, format="npz", out="faces-npz")
    prepared = read(folder)                              # as from `prepare`
    data = PreparedSet(prepared, manifests.read(folder / "manifest.csv"), by="video")

The formats are in formats.py. Beside the videos lie `labels.json` (the view; of each
video label, split, indices and boxes), `manifest.csv` (its rows; `path` is the file
here, the rest is of the video that it was made from) and `failures.csv` (what was left
out, and why). A file is there whole or not at all, and `labels.json` when all are.

Of several faces in a view of faces the most prominent one is kept, as the papers do and
as the loader gives it.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dfstudy import paths
from dfstudy.data import labels as labels_file
from dfstudy.data import manifest as manifests
from dfstudy.data import prepare
from dfstudy.data.formats import FORMATS, SHARD_VIDEOS, Format, Video
from dfstudy.data.labels import ExportError, Labels
from dfstudy.data.shards import Prepared
from dfstudy.data.store import Store
from dfstudy.data.view import FaceClip, Sample, View


def export(
    manifest: pd.DataFrame,
    view: View,
    *,
    format: str,
    out: str | os.PathLike[str],
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Every video of `manifest` as `view` shows it, in files of `format`, under `out`.

    Goes through the cache of `prepare`, so nothing is decoded twice. A call that was
    cut off goes on where it was. Returns the folder.

    Args:
        format: jpg+json (S1), npz (S3), tensor (S4), face-mp4 (S2) or tar.gz (S0).
        out: a folder that is new, empty, or holds the same export.
        workers: processes that decode; by default one a core.
        progress: show a bar over videos.

    Raises:
        ExportError: `out` holds something else, or no video is left to export.
        OSError: `out` cannot be written, with the file; what is done is kept.
        ValueError: an unknown format, or one that the view does not fit.
    """
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, not {format!r}")
    if format == "face-mp4" and (view.crop != "face" or view.height % 2):
        raise ValueError(f"face-mp4 needs a view of faces of an even size, not {view}")
    table = manifests.validate(manifest)
    folder = Path(out)
    labels = Labels(
        folder,
        {
            "version": labels_file.VERSION,
            "format": format,
            "view": view.to_dict(),
            "manifest_sha256": manifests.sha256(table),
        },
    )
    before = Labels.load(folder)
    if before:
        other = [k for k, v in labels.header.items() if before.header.get(k) != v]
        if other:
            raise ExportError(f"{folder}: holds another export (other: {other})")
    folder.mkdir(parents=True, exist_ok=True)  # before hours of preparation
    prepared = prepare.prepare(table, view, workers=workers, progress=progress)
    plan = _plan(prepared.kept(table), FORMATS[format])
    if not plan:
        raise ExportError(f"no video is left, all were dropped: {prepared.dropped}")
    # The cache's name is another one where a video has changed under its manifest.
    labels.header["prepared"] = prepared.folder.name
    if before and before.header.get("prepared") == prepared.folder.name:
        labels.keep(before)
    with (
        _named(folder),
        tqdm(
            desc=f"export {format}",
            total=sum(map(len, plan.values())),
            initial=len(labels.videos),
            disable=not progress,
        ) as bar,
    ):
        labels.begin()
        for name in [name for name in plan if name not in labels.files]:
            videos = [_video(prepared, row) for row in plan[name]]
            with _named(folder / name):
                FORMATS[format].save(folder / name, videos)
            labels.add(name, {v.record["video_id"]: v.record for v in videos})
            bar.update(len(videos))
        _write_tables(folder, table, plan, prepared.dropped)
        labels.finish(plan)
    return folder


def read(folder: str | os.PathLike[str], *, progress: bool = True) -> Prepared:
    """An exported folder for `PreparedSet`, as if `prepare` had made it.

    The frames go into shards under the data folder once, so that the loader reads any
    format at the same speed; the same call again returns at once. What was left out of
    the export is dropped here, for the same reason.

    Raises:
        ExportError: no finished export, one of another version, or a file that is
            missing or damaged; the message names it.
    """
    folder = Path(folder).resolve()
    labels = Labels.load(folder)
    if labels is None or not labels.finished:
        state = "has not finished; call it again" if labels else "is not here"
        raise ExportError(f"{folder}: the export {state}")
    tables = [folder / "manifest.csv", folder / "failures.csv"]
    manifest = manifests.read(tables[0]).set_index("video_id", drop=False)
    if set(manifest.index) != set(labels.videos):
        raise ExportError(f"{tables[0]}: lists other videos than {labels_file.NAME}")
    failures = pd.read_csv(tables[1], dtype=str)
    dropped = dict(zip(failures["video_id"], failures["reason"], strict=True))
    rows = manifests.rows(manifest.loc[list(labels.videos)])
    rows += failures[["video_id", "path"]].to_dict("records")
    digest = hashlib.sha256(str(prepare.FORMAT).encode())
    for path in (folder / labels_file.NAME, *tables):
        digest.update(path.read_bytes())
    key = digest.hexdigest()
    view = View.from_dict(labels.header["view"])
    to = Store(paths.home() / "prepared" / f"{folder.name}-{view.key()}-{key[:12]}")
    return prepare.fill(
        to,
        prepare.named(
            [rows[i : i + SHARD_VIDEOS] for i in range(0, len(rows), SHARD_VIDEOS)]
        ),
        prepare.one_by_one(
            to, view, lambda missing: _samples(labels, view, dropped, missing)
        ),
        view=view,
        key=key,
        progress=progress,
    )


def _plan(table: pd.DataFrame, kind: Format) -> dict[str, list[dict]]:
    """File -> its rows: split by split, and dealt, so any stretch is a fair mix."""
    plan = {}
    for split, part in table.groupby(table["split"].fillna("all")):
        for i, rows in enumerate(prepare.deal(part, SHARD_VIDEOS)):
            if kind.videos == 1:
                plan |= {f"{row['video_id']}{kind.suffix}": [row] for row in rows}
            else:
                plan[f"{split}-{i:06d}{kind.suffix}"] = rows
    return plan


def _video(prepared: Prepared, row: dict) -> Video:
    array = prepared.array(row["video_id"])
    record = prepared.record(row["video_id"])
    del record["view"], record["path"]  # said once for all; of this machine alone
    record |= {"split": row["split"], "faces": record["faces"][:1]}
    return Video(array[0] if prepared.view.crop == "face" else array, record)


def _write_tables(
    folder: Path,
    table: pd.DataFrame,
    plan: dict[str, list[dict]],
    dropped: dict[str, str],
) -> None:
    file = {row["video_id"]: name for name, rows in plan.items() for row in rows}
    lost = table["video_id"].isin(dropped)
    kept = table[~lost].assign(path=table["video_id"].map(file))
    manifests.write(kept, folder / "manifest.csv")
    failures = table.loc[lost, ["video_id", "label", "method", "path"]]
    failures["reason"] = failures["video_id"].map(dropped)
    paths.put(folder / "failures.csv", failures.to_csv(index=False))


def _samples(
    labels: Labels, view: View, dropped: dict[str, str], rows: Iterable[dict]
) -> Iterator[Sample | str]:
    """For each row what was exported of it, or why that is nothing."""
    file = {v: name for name, known in labels.files.items() for v in known["videos"]}
    for name, group in groupby(rows, lambda row: file.get(row["video_id"])):
        frames = {} if name is None else _frames(labels, name, view)
        for video_id in (row["video_id"] for row in group):
            if name is None:
                yield dropped[video_id]
            else:
                yield _sample(frames[video_id], labels.videos[video_id], view)


def _frames(labels: Labels, name: str, view: View) -> dict[str, np.ndarray]:
    """Video -> uint8 (T, H, W, 3), of all videos in one file."""
    labels.check(name)
    path = labels.folder / name
    arrays = list(FORMATS[labels.header["format"]].read(path))
    videos = labels.files[name]["videos"]
    shapes = [array.shape for array in arrays]
    if shapes != [(view.frames, view.height, view.width, 3)] * len(videos):
        raise ExportError(f"{path}: holds {shapes}, not what {labels_file.NAME} says")
    return dict(zip(videos, arrays, strict=True))


def _sample(frames: np.ndarray, record: dict, view: View) -> Sample:
    """The way back from a record of `shards.write_shard`."""
    faces = [
        FaceClip(
            face_id=face["face_id"],
            crops=frames,
            boxes=np.array(face["boxes"]),
            confidences=np.array(face["confidences"]),
            present=np.array(face["present"]),
            detected=np.array(face["detected"]),
        )
        for face in record["faces"]
    ]
    return Sample(
        frames=frames if view.crop == "frame" else None,
        faces=faces,
        indices=np.array(record["indices"]),
        n_frames=record["n_frames"],
        repeated=record["repeated"],
        dropped=None,
    )


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say which file could not be written, where the system does not: a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
