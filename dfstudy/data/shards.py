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

import hashlib
import io
import json
import tarfile
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dfstudy.data.store import Address, Store
from dfstudy.data.view import Sample, View

# One row a video. Where `dropped` gives a reason, there is no array.
SCHEMA = pa.schema(
    {
        "video_id": pa.string(),
        "shard": pa.string(),
        "shard_bytes": pa.int64(),  # a shard of another size is not whole
        "shard_sha256": pa.string(),
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

    folder: Path | str  # a string where it is an address, such as s3://bucket/x
    view: View
    index: pd.DataFrame = field(repr=False, compare=False)  # columns: SCHEMA

    @classmethod
    def load(cls, folder: Address) -> "Prepared":
        """FileNotFoundError where `prepare` has not finished."""
        store = Store(folder)
        about = json.loads(store.read("prepared.json"))
        # Nullable types: a video without an array would turn all offsets to floats.
        index = pd.read_parquet(
            io.BytesIO(store.read("index.parquet")), dtype_backend="numpy_nullable"
        )
        # A cache of an older version knows no checksums.
        index = index.reindex(columns=SCHEMA.names)
        return cls(store.folder, View.from_dict(about["view"]), index)

    def first(self, frames: int) -> "Prepared":
        """The same videos, of each the first `frames` of its frames.

        Records and index still speak of all that were prepared.
        """
        return replace(self, view=self.view.with_frames(frames))

    @property
    def dropped(self) -> dict[str, str]:
        """Videos that there is nothing of, and why."""
        rows = self.index[self.index["dropped"].notna()]
        return dict(zip(rows["video_id"], rows["dropped"], strict=True))

    def kept(self, manifest: pd.DataFrame) -> pd.DataFrame:
        """The rows whose videos there is something of."""
        return manifest[~manifest["video_id"].isin(self.dropped)]

    def shards(self) -> pd.DataFrame:
        """A row a shard: shard, videos (that have an array), dropped, bytes, sha256."""
        grouped = self.index.groupby("shard")
        table = grouped.agg(videos=("offset", "count"), dropped=("dropped", "count"))
        of_file = grouped[["shard_bytes", "shard_sha256"]].first()
        table[["bytes", "sha256"]] = of_file
        return table.reset_index()

    def urls(self, split: str | None = None) -> list[str]:
        """The shards, for `webdataset.WebDataset`; of one split, or all.

        ValueError where `split` has no shards of its own: see `prepare(by_split=True)`.
        """
        begin = "shard-" if split is None else f"shard-{split}-"
        names = [n for n in self.shards()["shard"] if n.startswith(begin)]
        if split and not names:
            raise ValueError(f"{self.folder}: no shards of {split!r}, not by split")
        return [Store(self.folder).url(name) for name in names]

    def damaged(self) -> list[str]:
        """Reads every shard; the names of those that are not as they were written.

        ValueError where they were written before checksums were kept.
        """
        table, wrong = self.shards(), []
        if table["sha256"].isna().any():
            raise ValueError(f"{self.folder} was prepared without checksums")
        for row in table.itertuples():
            try:
                data = Store(self.folder).read(row.shard)
            except FileNotFoundError:
                data = b""
            if hashlib.sha256(data).hexdigest() != row.sha256:
                wrong.append(row.shard)
        return wrong

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
        place = int(row["record_offset"]), int(row["record_bytes"])
        return json.loads(Store(self.folder).read(row["shard"], *place))

    def _row(self, video_id: str) -> pd.Series:
        rows = self.index[self.index["video_id"] == video_id]
        if rows.empty:
            raise KeyError(f"{video_id} was never prepared in {self.folder}")
        row = rows.iloc[0]
        if pd.notna(row["dropped"]):
            raise KeyError(f"{video_id} was dropped: {row['dropped']}")
        return row


class ShardMaps:
    """Bytes of shards by offset. Maps each shard once; can be sent to a process.

    Of shards at an address it asks the server for just these bytes: no shard is fetched
    whole, and in memory there is a batch (`ahead`).
    """

    def __init__(self, folder: Address):
        self._store = Store(folder)
        self._maps: OrderedDict[str, np.memmap] = OrderedDict()
        self._asked: dict[tuple[str, int, int], bytes] = {}

    def ahead(self, places: Iterable[tuple[str, int, int]]) -> None:
        """What `bytes` will be asked next, (shard, offset, count) each.

        A server is asked for all of it at once, as each answer takes it a while.
        """
        if self._store.is_remote:
            places = list(places)
            parts = self._store.read_parts(places)
            self._asked = dict(zip(places, parts, strict=True))

    def bytes(self, shard: str, offset: int, count: int) -> np.ndarray:
        """uint8 (count,), not copied. Writing to it never reaches the file."""
        if self._store.is_remote:
            place = shard, int(offset), int(count)
            data = self._asked.get(place) or self._store.read(*place)
            return np.frombuffer(bytearray(data), np.uint8)
        data = self._maps.get(shard)
        if data is None:
            # Mode "c" (copy on write), because torch warns of read-only arrays.
            path = self._store.url(shard)
            data = np.memmap(path, np.uint8, mode="c").view(np.ndarray)
            self._maps[shard] = data
            if len(self._maps) > _OPEN:
                self._maps.popitem(last=False)
        return data[offset : offset + count]

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_maps": OrderedDict(), "_asked": {}}


def write_shard(
    store: Store, name: str, view: View, answers: Iterable[tuple[dict, Sample | str]]
) -> None:
    """Write `name`, then its part of the index; each appears whole, or not at all.

    `answers` are rows of the manifest, each with what `view` shows of it, or why that
    is nothing. The same rows are the same bytes whoever writes them, so that two who
    write one shard do no harm.
    """
    rows = []
    with store.whole(name) as part, part.open("wb") as plain:
        file = _Hashed(plain)
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
        whole = {"shard_bytes": file.tell(), "shard_sha256": file.hexdigest()}
    write_table([row | whole for row in rows], store, part_name(name))


class _Hashed:
    """A file that knows the SHA-256 of what was written to it."""

    def __init__(self, file: io.BufferedWriter):
        self.tell, self._write = file.tell, file.write
        self._digest = hashlib.sha256()
        self.hexdigest = self._digest.hexdigest

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._write(data)


def part_name(name: str) -> str:
    """The index of one shard, kept so that a run that was cut off can go on."""
    return f"parts/{name}.parquet"


def missing(store: Store, names: Iterable[str], sizes: dict[str, int]) -> list[str]:
    """Those of the shards that are not there whole, with their part of the index.

    `sizes` are those of the files that are there, `store.sizes()`.
    """
    made = [name for name in names if {name, part_name(name)} <= sizes.keys()]
    parts = store.read_all([part_name(name) for name in made])
    whole = {
        name
        for name, part in zip(made, parts, strict=True)
        if _size(part) == sizes[name]
    }
    return [name for name in names if name not in whole]


def _size(part: bytes) -> int | None:
    """Bytes of the shard that a part of the index is of."""
    table = pq.read_table(pa.BufferReader(part), columns=["shard_bytes"])
    return table["shard_bytes"][0].as_py() if len(table) else None


def read_parts(store: Store, names: Iterable[str]) -> list[dict]:
    """The rows of the shards' own indices."""
    rows = []
    for part in store.read_all([part_name(name) for name in names]):
        rows += pq.read_table(pa.BufferReader(part)).to_pylist()
    return rows


def write_table(rows: list[dict], store: Store, name: str) -> None:
    """Rows of SCHEMA, columns left out are null, in one step."""
    with store.whole(name) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), part)


def _add(
    tar: tarfile.TarFile,
    file: _Hashed,
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
    tar: tarfile.TarFile, file: _Hashed, name: str, array: np.ndarray
) -> int:
    npy = io.BytesIO()
    np.save(npy, np.ascontiguousarray(array), allow_pickle=False)
    return _put(tar, file, name, npy.getvalue()) + npy.tell() - array.nbytes


def _put(tar: tarfile.TarFile, file: _Hashed, name: str, data: bytes) -> int:
    info = tarfile.TarInfo(name)  # time 0 and no owner: the same bytes on every run
    info.size = len(data)
    start = file.tell() + _BLOCK
    tar.addfile(info, io.BytesIO(data))
    return start
