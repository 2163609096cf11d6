"""Prepared videos on disk: WebDataset tar shards that can also be read by offset.

    prepared = Prepared.load(folder)
    prepared.array("aaaaaaaaaa")            # uint8 (T, H, W, 3) or (F, T, s, s, 3)
    prepared.flow("aaaaaaaaaa")             # float16, the same but 2 channels
    webdataset.WebDataset(prepared.urls())  # the same records, as a stream

One record is `<video_id>.frames.npy` or `.faces.npy`, `.flow.npy` where the view has
flow, and `<video_id>.json`. A tar file is plain bytes after a header and the arrays are
not compressed, so `index.parquet` can say where each begins, and memory-mapping reads
one frame without reading its shard.
"""

import io
import json
import os
import tarfile
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from dfstudy import paths
from dfstudy.data.view import Sample, View

# One row a video. Where `dropped` gives a reason, there is no array.
SCHEMA = pa.schema(
    {
        "video_id": pa.string(),
        "shard": pa.string(),
        "shard_bytes": pa.int64(),  # a shard of another size is not whole
        "offset": pa.int64(),  # of the array's first byte in the shard
        "shape": pa.list_(pa.int64()),
        "flow_offset": pa.int64(),  # of the flow's; its shape differs in the channels
        "record_offset": pa.int64(),  # of the JSON record
        "record_bytes": pa.int64(),
        "n_frames": pa.int64(),  # that were decoded
        "repeated": pa.int64(),  # of the T frames: how many repeat an earlier one
        "faces": pa.int64(),
        "present": pa.float64(),  # share of the T frames with the first face in them
        "searched": pa.int64(),  # frames in which faces were looked for
        "faceless": pa.int64(),  # of these, without the first face
        "dropped": pa.string(),
    }
)
# What a record keeps of its row: enough to train from the stream of shards alone.
_KEPT = ("video_id", "label", "dataset", "method", "source_id", "description", "path")
_BLOCK = 512  # tar's unit: one header, and what data are padded to
_OPEN = 128  # shards mapped at a time: each holds a file open


@dataclass(frozen=True)
class Prepared:
    """A folder of shards: what `view` shows of every video of a manifest."""

    folder: Path
    view: View
    index: pd.DataFrame = field(repr=False, compare=False)  # columns: SCHEMA

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> "Prepared":
        """FileNotFoundError where `prepare` has not finished."""
        folder = Path(folder)
        about = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
        # Nullable types: a video without an array would turn all offsets to floats.
        index = pd.read_parquet(
            folder / "index.parquet", dtype_backend="numpy_nullable"
        )
        return cls(folder, View.from_dict(about["view"]), index)

    def first(self, frames: int) -> "Prepared":
        """The same videos, of each the first `frames` of its frames.

        Records and index still speak of all that were prepared.
        """
        return replace(self, view=replace(self.view, frames=frames))

    @property
    def dropped(self) -> dict[str, str]:
        """Videos that there is nothing of, and why."""
        rows = self.index[self.index["dropped"].notna()]
        return dict(zip(rows["video_id"], rows["dropped"], strict=True))

    def kept(self, manifest: pd.DataFrame) -> pd.DataFrame:
        """The rows whose videos there is something of."""
        return manifest[~manifest["video_id"].isin(self.dropped)]

    def urls(self) -> list[str]:
        """The shards, for `webdataset.WebDataset`."""
        return [str(path) for path in sorted(self.folder.glob("shard-*.tar"))]

    def clip(self, video_id: str) -> np.ndarray:
        """uint8 (T, H, W, 3): whole frames, or the most prominent face."""
        array = self.array(video_id)
        return array[0] if array.ndim == 5 else array

    def array(self, video_id: str) -> np.ndarray:
        """uint8 (T, H, W, 3), or (F, T, s, s, 3) for faces, most prominent first."""
        row = self._row(video_id)
        count = int(np.prod(row["shape"]))
        data = ShardMaps(self.folder).bytes(row["shard"], row["offset"], count)
        return data.reshape(row["shape"])[..., : self.view.frames, :, :, :]

    def flow(self, video_id: str) -> np.ndarray:
        """float16 (T, H, W, 2) or (F, T, s, s, 2): dx, dy in pixels of `array`.

        KeyError where the view has no flow.
        """
        row = self._row(video_id)
        if pd.isna(row["flow_offset"]):
            raise KeyError(f"{video_id} was prepared without flow: {self.view}")
        shape = (*row["shape"][:-1], 2)
        count = int(np.prod(shape)) * np.dtype(np.float16).itemsize
        data = ShardMaps(self.folder).bytes(row["shard"], row["flow_offset"], count)
        return data.view(np.float16).reshape(shape)[..., : self.view.frames, :, :, :]

    def record(self, video_id: str) -> dict:
        """What is known of the sample: label, indices, boxes, confidences, origin."""
        row = self._row(video_id)
        with (self.folder / row["shard"]).open("rb") as file:
            file.seek(int(row["record_offset"]))
            return json.loads(file.read(int(row["record_bytes"])))

    def _row(self, video_id: str) -> pd.Series:
        rows = self.index[self.index["video_id"] == video_id]
        if rows.empty:
            raise KeyError(f"{video_id} was never prepared in {self.folder}")
        row = rows.iloc[0]
        if pd.notna(row["dropped"]):
            raise KeyError(f"{video_id} was dropped: {row['dropped']}")
        return row


class ShardMaps:
    """Bytes of shards by offset. Maps each shard once; can be sent to a process."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._maps: OrderedDict[str, np.memmap] = OrderedDict()

    def bytes(self, shard: str, offset: int, count: int) -> np.ndarray:
        """uint8 (count,), not copied. Writing to it never reaches the file."""
        data = self._maps.get(shard)
        if data is None:
            # Mode "c" (copy on write), because torch warns of read-only arrays.
            data = np.memmap(self._folder / shard, np.uint8, mode="c").view(np.ndarray)
            self._maps[shard] = data
            if len(self._maps) > _OPEN:
                self._maps.popitem(last=False)
        return data[offset : offset + count]

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_maps": OrderedDict()}


def write_shard(
    folder: Path, name: str, view: View, answers: Iterable[tuple[dict, Sample | str]]
) -> None:
    """Write `name` and its part of the index; both appear whole, the shard last.

    `answers` are rows of the manifest, each with what `view` shows of it, or why that
    is nothing.
    """
    rows = []
    shard = folder / name
    for old in folder.glob(f"{name}.tmp-*"):  # of a run that was killed
        if not psutil.pid_exists(int(old.name.rsplit("-", 1)[1])):
            old.unlink()
    part = shard.with_name(f"{name}.tmp-{os.getpid()}")
    try:
        with part.open("wb") as file:
            # USTAR with short names has one header block a file, so offsets are known.
            with tarfile.open(
                fileobj=file,
                mode="w",
                format=tarfile.USTAR_FORMAT,
                copybufsize=2**17,  # measured: its 16 KB and 1 MB are slower
            ) as tar:
                for row, answer in answers:
                    entry = _add(tar, file, view, row, answer)
                    rows.append({"video_id": row["video_id"], "shard": name, **entry})
            size = file.tell()
        rows = [row | {"shard_bytes": size} for row in rows]
        write_table(rows, index_path(folder, name))
        part.replace(shard)
    finally:
        part.unlink(missing_ok=True)


def index_path(folder: Path, name: str) -> Path:
    """The index of one shard, kept so that a run that was cut off can go on."""
    return folder / "parts" / f"{name}.parquet"


def is_whole(folder: Path, name: str) -> bool:
    """Whether a shard and its index are there, and of one run."""
    shard, part = folder / name, index_path(folder, name)
    if not (shard.exists() and part.exists()):
        return False
    sizes = pq.read_table(part, columns=["shard_bytes"])["shard_bytes"].to_pylist()
    return sizes[:1] == [shard.stat().st_size]


def write_table(rows: list[dict], path: Path) -> None:
    """Rows of SCHEMA, columns left out are null, in one step."""
    with paths.whole(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), part)


def _add(
    tar: tarfile.TarFile,
    file: io.BufferedWriter,
    view: View,
    row: dict,
    answer: Sample | str,
) -> dict:
    """Add one video to a shard; what the index says of it."""
    if isinstance(answer, str):
        return {"dropped": answer}
    first = answer.faces[0] if answer.faces else None
    entry = {
        "n_frames": answer.n_frames,
        "repeated": answer.repeated,
        "faces": len(answer.faces),
        "present": float(first.present.mean()) if first else None,
        "searched": answer.searched,
        "faceless": answer.faceless,
        "dropped": answer.dropped,
    }
    if answer.dropped:
        return entry
    array, flow = answer.frames, answer.flow
    if view.crop == "face":
        array = np.stack([face.crops for face in answer.faces])
    if view.crop == "face" and view.flow != "none":
        flow = np.stack([face.flow for face in answer.faces])
    video_id = row["video_id"]
    entry["offset"] = _put_array(tar, file, f"{video_id}.{view.crop}s.npy", array)
    if flow is not None:
        entry["flow_offset"] = _put_array(tar, file, f"{video_id}.flow.npy", flow)
    record = json.dumps(_record(row, view, answer)).encode()
    return entry | {
        "shape": list(array.shape),
        "record_offset": _put(tar, file, f"{video_id}.json", record),
        "record_bytes": len(record),
    }


def _record(row: dict, view: View, sample: Sample) -> dict:
    return {
        **{name: row[name] for name in _KEPT},
        "view": view.to_dict(),
        "indices": sample.indices.tolist(),
        "n_frames": sample.n_frames,
        "repeated": sample.repeated,
        "searched": sample.searched,
        "faceless": sample.faceless,
        "faces": [
            {
                "face_id": face.face_id,
                "boxes": face.boxes.round(2).tolist(),
                "confidences": face.confidences.round(4).tolist(),
                "present": face.present.tolist(),
                "detected": face.detected.tolist(),
            }
            for face in sample.faces
        ],
    }


def _put_array(
    tar: tarfile.TarFile, file: io.BufferedWriter, name: str, array: np.ndarray
) -> int:
    npy = io.BytesIO()
    np.save(npy, np.ascontiguousarray(array), allow_pickle=False)
    return _put(tar, file, name, npy.getvalue()) + npy.tell() - array.nbytes


def _put(tar: tarfile.TarFile, file: io.BufferedWriter, name: str, data: bytes) -> int:
    info = tarfile.TarInfo(name)  # time 0 and no owner: the same bytes on every run
    info.size = len(data)
    start = file.tell() + _BLOCK
    tar.addfile(info, io.BytesIO(data))
    return start
