"""The manifest: one table, one row a video, that every later step starts from.

    manifest.write(frame, "clips.parquet"); frame = manifest.read("clips.parquet")

Parquet for programs, CSV (by suffix) for people. What only some data sets know (tracks,
boxes, masks) stays in a side table joined by `video_id`; the manifest keeps what every
detector's protocol needs: file, label, who is in it, and how it was coded.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from dfstudy import paths
from dfstudy.data import store

REAL, FAKE = 0, 1
SPLITS = ("train", "val", "test")

# Column -> pandas type. All but `video_id`, `path` and `label` may be missing in a row.
_TYPES = {
    "video_id": "str",  # letters, digits, _ and -: a file name and a shard key as it is
    "path": "str",
    "label": "int64",  # 0 real, 1 fake
    "dataset": "str",
    "method": "str",  # "real", or the forgery's name
    "source_id": "str",  # the authentic video that this one is, or was made from
    "target_identity": "str",  # whose head and body are seen
    "donor_identity": "str",  # whose face was put in; missing: nobody's
    "description": "str",
    "width": "Int64",  # pixels, upright
    "height": "Int64",
    "fps": "float64",
    "n_frames": "Int64",
    "duration_s": "float64",
    "codec": "str",
    "bit_rate": "Int64",  # bits per second
    "rotation": "Int64",  # 0, 90, 180 or 270 degrees, already undone in width, height
    "audio_altered": "boolean",
    "group": "str",  # what a split must not cut
    "split": "str",  # train, val or test
}
COLUMNS = tuple(_TYPES)
# In pandas 2, which Colab has, "str" makes the word "nan" of what is missing; this is
# the type that became "str" in pandas 3.
_TEXT = "str" if int(pd.__version__.split(".")[0]) > 2 else "string[pyarrow_numpy]"
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,87}")


class ManifestError(ValueError):
    """A table that is not a manifest; the message lists everything that is wrong."""


def from_rows(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """A manifest from one mapping a video; columns left out are missing in that row."""
    return validate(pd.DataFrame(list(rows)).reindex(columns=list(COLUMNS)))


def rows(frame: pd.DataFrame) -> list[dict]:
    """The way back from `from_rows`: one mapping a video, None where it is missing."""
    return frame.astype("object").where(frame.notna(), None).to_dict("records")


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with columns in order and in their types; index 0 .. n-1.

    Raises:
        ManifestError: missing or unknown columns, a wrong type, repeated or unsafe
            `video_id`, no path, or a label other than 0 and 1.
    """
    missing = [name for name in COLUMNS if name not in frame]
    extra = [str(name) for name in frame if name not in _TYPES]
    if missing or extra:
        raise ManifestError(
            f"not a manifest: missing columns {missing}, unknown columns {extra}; "
            "keep what a data set knows besides in a side table joined by video_id"
        )
    problems = []
    columns = {}
    for name, kind in _TYPES.items():
        try:
            columns[name] = _as_type(frame[name], kind)
        except (TypeError, ValueError) as error:
            problems.append(f"column {name} is not {kind}: {error}")
    if problems:
        raise ManifestError("; ".join(problems))
    table = pd.DataFrame(columns).reset_index(drop=True)
    if problems := list(_problems(table)):
        raise ManifestError("; ".join(problems))
    return table


def read(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read and validate a manifest: CSV where the suffix says so, else Parquet.

    It may lie at an address, such as s3://bucket/manifest.parquet.
    """
    if store.is_remote(path):
        with store.here(path) as copy:
            return read(copy)
    path = store.local(path)
    if path.suffix.lower() == ".csv":
        # As text, or the identity "007" would come back as the number 7.
        text = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
        return validate(text)
    return validate(pd.read_parquet(path))


def write(frame: pd.DataFrame, path: str | os.PathLike[str]) -> Path:
    """Validate and write a manifest, in one step (a reader never sees half a file)."""
    path = Path(path)
    table = validate(frame)
    with paths.whole(path) as part:
        if path.suffix.lower() == ".csv":
            table.to_csv(part, index=False)
        else:
            table.to_parquet(part, index=False)
    return path


def moved(frame: pd.DataFrame, to: str) -> pd.DataFrame:
    """The same videos at another place: the folder that they share is copied to `to`.

    `to` is a folder, or an address such as s3://bucket/clips. (`sha256` stays.)
    """
    shared = os.path.commonpath([Path(path).parent for path in frame["path"]])
    place = store.Store(to)
    names = [Path(path).relative_to(shared).as_posix() for path in frame["path"]]
    return frame.assign(path=[place.url(name) for name in names])


def sha256(frame: pd.DataFrame) -> str:
    """Hash of the columns given, whatever the order of rows and the folder.

    `path` is left out, so that the same videos on another machine have the same hash;
    leave out `group` and `split` for the data alone, all but these for the split alone.
    """
    columns = [c for c in COLUMNS if c in frame and c != "path"]
    typed = {c: _as_type(frame[c], _TYPES[c]).astype("object") for c in columns}
    table = pd.DataFrame(typed).sort_values("video_id")
    digest = hashlib.sha256(json.dumps(columns).encode())
    for row in table.itertuples(index=False):
        values = [None if pd.isna(v) else v for v in row]
        digest.update(json.dumps(values, default=_plain).encode() + b"\n")
    return digest.hexdigest()


def _as_type(column: pd.Series, kind: str) -> pd.Series:
    if kind == "boolean" and not pd.api.types.is_bool_dtype(column):
        words = {"true": True, "false": False, "1": True, "0": False}
        known = column.notna()
        values = column.astype("str").str.lower().map(words).where(known)
        if values[known].isna().any():
            raise ValueError("expected true or false")
        return values.astype("boolean")
    if kind != "str":
        return pd.to_numeric(column).astype(kind)
    # None and NaN stay missing; astype on a filled column would make them words.
    return column.astype("object").map(str, na_action="ignore").astype(_TEXT)


def _problems(table: pd.DataFrame) -> Iterable[str]:
    ids = table["video_id"]
    if repeated := sorted(ids[ids.duplicated()].unique()):
        yield f"video_id must be unique, repeated: {repeated[:5]}"
    safe = ids.map(lambda v: isinstance(v, str) and bool(_SAFE_ID.fullmatch(v)))
    if not safe.all():
        yield (
            "video_id may hold letters, digits, _ and - only (a dot would cut a shard "
            f"key), and at most 88 of them: {ids[~safe].tolist()[:5]}"
        )
    if table["path"].isna().any():
        yield f"no path: {ids[table['path'].isna()].tolist()[:5]}"
    if not table["label"].isin([REAL, FAKE]).all():
        yield f"label must be 0 (real) or 1 (fake): {sorted(table['label'].unique())}"
    unknown = set(table["split"].dropna()) - set(SPLITS)
    if unknown:
        yield f"split must be one of {SPLITS}: {sorted(unknown)}"
    if (table["n_frames"].dropna() < 1).any():
        yield "n_frames must be at least 1"


def _plain(value: object) -> object:
    return value.item()  # NumPy scalars, the only other thing that a cell holds
