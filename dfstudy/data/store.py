"""A folder of files, of this machine or at any fsspec address, such as s3://bucket/x.

    store = Store("s3://bucket/prepared")
    store.sizes()                                   # {"shard-000000.tar": 655360, ...}
    with store.whole("note.txt") as part: part.write_text("appears in one step")
    with here("s3://bucket/clips/a.mp4") as file: ...     # a copy while this holds

Who may read and where the server is, is for the usual places to say (the environment,
`~/.aws`). A server that fails or is away is asked again, with longer and longer pauses.
"""

import errno
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

import psutil

from dfstudy import paths

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

Address = str | os.PathLike[str]
T = TypeVar("T")

# Of the client itself. What these do not cover (a server that is away for longer, a
# connection lost in the middle of an answer) is asked again by `_patiently`.
_OPTIONS = {
    "s3": {
        "use_listings_cache": False,  # others write to the same folder
        "config_kwargs": {"retries": {"mode": "standard", "max_attempts": 5}},
    }
}
PATIENCE = 300.0  # seconds that a server may be away
FIRST = 10.0  # ... at the start, when somebody waits to see whether an address is right
_AT_ONCE = 1000  # small files in one call
_PAUSE = 0.5, 15.0  # seconds: the first, and the longest
_CLIENTS = {"aiobotocore", "aiohttp", "botocore"}  # modules whose errors are a server's
_AWAY = {errno.EAGAIN, errno.EBUSY, errno.EIO, getattr(errno, "EREMOTEIO", errno.EIO)}


def is_remote(address: Address) -> bool:
    """Whether it is an address such as s3://bucket/x; file:// is of this machine."""
    scheme = urlsplit(text).scheme if "://" in (text := os.fspath(address)) else "file"
    return scheme != "file"


def local(address: Address) -> Path:
    """The path of an address of this machine, with or without file://."""
    text = os.fspath(address)
    return Path(unquote(urlsplit(text).path) if text.startswith("file://") else text)


def filesystem(address: str) -> tuple["AbstractFileSystem", str]:
    """What fsspec has for an address, and the path in it.

    ValueError where the package that it needs is not installed.
    """
    from fsspec.core import url_to_fs

    try:
        return url_to_fs(address, **_OPTIONS.get(urlsplit(address).scheme, {}))
    except ImportError as error:
        raise ValueError(
            f'{address}: {error}; for S3: pip install "dfstudy[cluster]"'
        ) from error
    except ValueError as error:
        raise ValueError(f"{address}: {error}") from error


class Store:
    """A folder of files; `folder` is a Path, or the address as it was given.

    Every method raises FileNotFoundError, PermissionError, or OSError after `PATIENCE`,
    each with the address in one line.
    """

    def __init__(self, folder: Address):
        self.is_remote = is_remote(folder)
        self.folder: Path | str
        if self.is_remote:
            self.folder = os.fspath(folder).rstrip("/")
        else:
            self.folder = local(folder)

    def url(self, name: str) -> str:
        """Path or address of one file."""
        return f"{self.folder}/{name}" if self.is_remote else str(self.folder / name)

    def sizes(self, *, patience: float | None = None) -> dict[str, int]:
        """Bytes of every file below, by name; {} where the folder is not there."""
        if not self.is_remote:
            files = [file for file in self.folder.rglob("*") if file.is_file()]
            return {
                file.relative_to(self.folder).as_posix(): file.stat().st_size
                for file in files
            }
        fs, root = filesystem(self.folder)

        def find() -> dict[str, int]:
            found = fs.find(root, detail=True)
            return {name[len(root) + 1 :]: info["size"] for name, info in found.items()}

        return _patiently(self.folder, find, patience)

    def read(self, name: str, start: int = 0, count: int | None = None) -> bytes:
        """A file, or `count` bytes of it from `start`."""
        if not self.is_remote:
            with (self.folder / name).open("rb") as file:
                file.seek(start)
                return file.read(-1 if count is None else count)
        fs, path = filesystem(self.url(name))
        end = None if count is None else start + count
        whole = not start and end is None
        bounds = {} if whole else {"start": start, "end": end}
        return _patiently(self.url(name), lambda: fs.cat_file(path, **bounds))

    def read_parts(self, places: Sequence[tuple[str, int, int]]) -> list[bytes]:
        """As `read` of each (name, start, count); from an address all at once."""
        if not self.is_remote:
            return [self.read(*place) for place in places]
        fs, root = filesystem(self.folder)
        found: dict[tuple[str, int, int], bytes] = {}

        def ask() -> None:
            left = [place for place in places if place not in found]
            paths = [f"{root}/{name}" for name, _, _ in left]
            starts = [start for _, start, _ in left]
            ends = [start + count for _, start, count in left]
            answers = fs.cat_ranges(paths, starts, ends, on_error="return")
            failed = None
            for place, answer in zip(left, answers, strict=True):
                if isinstance(answer, Exception):
                    failed = answer
                elif len(answer) != place[2]:
                    failed = ConnectionError(
                        f"{place[0]}: not the bytes that were asked for"
                    )
                else:
                    found[place] = answer
            if failed is not None:
                raise failed

        _patiently(self.folder, ask)
        return [found[place] for place in places]

    def read_all(self, names: Sequence[str]) -> Iterator[bytes]:
        """Small files, in order; from an address many at once."""
        if not self.is_remote:
            yield from map(self.read, names)
            return
        fs, root = filesystem(self.folder)
        for i in range(0, len(names), _AT_ONCE):
            some = [f"{root}/{name}" for name in names[i : i + _AT_ONCE]]
            found = _patiently(self.folder, lambda some=some: fs.cat(some))
            yield from (found[path] for path in some)

    @contextmanager
    def whole(self, name: str) -> Iterator[Path]:
        """Where to write a file so that it appears in one step; nothing on an error."""
        if self.is_remote:
            with tempfile.TemporaryDirectory(prefix="dfstudy-") as folder:
                yield (part := Path(folder) / Path(name).name)
                fs, path = filesystem(self.url(name))
                _patiently(self.url(name), lambda: fs.put_file(str(part), path))
            return
        path = self.folder / name
        for old in path.parent.glob(f"{path.name}.tmp-*"):  # of a run that was killed
            if not psutil.pid_exists(int(old.name.rsplit("-", 1)[1])):
                old.unlink(missing_ok=True)
        with paths.whole(path) as part:
            try:
                yield part
            except BaseException:
                part.unlink(missing_ok=True)
                raise

    def put(self, name: str, text: str) -> None:
        """Write a text file in one step."""
        with self.whole(name) as part:
            part.write_text(text, encoding="utf-8")


@contextmanager
def here(address: str) -> Iterator[str]:
    """A file of this machine: itself, or a copy that is there only while this holds."""
    if not is_remote(address):
        yield str(local(address))
        return
    fs, path = filesystem(address)
    with tempfile.TemporaryDirectory(prefix="dfstudy-") as folder:
        # The same name, because decoders go by suffixes and their errors say names.
        copy = str(Path(folder) / Path(path).name)
        _patiently(address, lambda: fs.get_file(path, copy))
        yield copy


def stamps(
    addresses: Sequence[str], *, patience: float | None = None
) -> list[tuple | None]:
    """(bytes, version) of each file, None where there is none: another file, another.

    Of this machine the version is the time of change; elsewhere what the server calls
    it, from one listing a folder.
    """
    known = {}
    for folder in {a.rsplit("/", 1)[0] for a in addresses if is_remote(a)}:
        fs, root = filesystem(folder)

        def listing(fs=fs, root=root) -> list[dict]:
            try:
                return fs.ls(root, detail=True)
            except FileNotFoundError:
                return []

        for info in _patiently(folder, listing, patience):
            version = info.get("ETag") or info.get("mtime") or info.get("LastModified")
            name = f"{folder}/{info['name'].rsplit('/', 1)[-1]}"
            known[name] = (info["size"], str(version))
    return [known.get(a) if is_remote(a) else _stamp(local(a)) for a in addresses]


def _stamp(path: Path) -> tuple[int, int] | None:
    stat = path.stat() if path.exists() else None
    return stat and (stat.st_size, stat.st_mtime_ns)


def _patiently(address: str, call: Callable[[], T], patience: float | None = None) -> T:
    """Its answer; asked again for so many seconds where the server is to blame.

    (`PATIENCE` where not given.)
    """
    end = time.monotonic() + (PATIENCE if patience is None else patience)
    pause, longest = _PAUSE
    while True:
        try:
            return call()
        except Exception as error:
            away = _is_away(error)
            if away and time.monotonic() + pause < end:
                # Not all at the same moment: many workers ask one server.
                time.sleep(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, longest)
                continue
            if type(error).__name__ == "NoCredentialsError":
                raise PermissionError(
                    f"{address}: no credentials; set AWS_ACCESS_KEY_ID and"
                    " AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws"
                ) from error
            for kind in (FileNotFoundError, PermissionError):
                if isinstance(error, kind):
                    raise kind(f"{address}: {error}") from error
            if away or isinstance(error, OSError):
                raise OSError(f"{address}: {error}") from error
            raise


def _is_away(error: Exception) -> bool:
    """Whether the same call may do better later."""
    if isinstance(error, FileNotFoundError | PermissionError):
        return False
    if isinstance(error, TimeoutError | ConnectionError):
        return True
    if isinstance(error, OSError) and error.errno in _AWAY:
        return True
    of_client = type(error).__module__.split(".")[0] in _CLIENTS
    lasting = ("NoCredentialsError", "ParamValidationError", "ProfileNotFound")
    return of_client and type(error).__name__ not in lasting
