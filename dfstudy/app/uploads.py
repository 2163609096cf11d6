"""The files of visitors: one folder of this page, empty again when a job is done.

    uploads = Uploads()
    uploads.note(path)                     # the server has stored an upload here
    with uploads.take(path) as own: ...    # under a name of ours; deleted afterwards

Only what was noted can be taken, once for each upload. The same video uploaded twice is
one file to Gradio, which names its folder after the content: so uploads are counted.
"""

import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from dfstudy.app.limits import Refused

_GONE = "This upload is not here (any more): please choose the video again."


class Uploads:
    """A folder of its own for every page that runs."""

    def __init__(self, *, keep_s: float = 1800) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dfstudy-app-")).resolve()
        self.incoming = self._made("incoming")  # Gradio's; the only one that is served
        self.scratch = self._made("scratch")
        self._keep_s = keep_s
        self._noted: Counter[str] = Counter()
        self._published: dict[str, Path] = {}
        self._lock = threading.Lock()

    def note(self, path: str) -> None:
        """An upload is complete."""
        with self._lock:
            self._noted[path] += 1

    @contextmanager
    def take(self, path: object) -> Iterator[Path]:
        """The uploaded file under a name of our own; deleted when this is left.

        Raises:
            Refused: nothing was uploaded there, or it was taken before.
        """
        own = self.scratch / uuid4().hex
        with self._lock:
            if not isinstance(path, str) or not self._noted[path]:
                raise Refused(_GONE)
            self._noted[path] -= 1
            try:
                if self._noted[path]:
                    os.link(path, own)
                else:
                    del self._noted[path]
                    Path(path).replace(own)
            except FileNotFoundError as error:  # swept
                raise Refused(_GONE) from error
        try:
            yield own
        finally:
            own.unlink(missing_ok=True)

    def publish(self, session: str, files: dict[str, str]) -> list[str]:
        """Write texts that a visitor may fetch; those of before are deleted."""
        self.forget(session)
        folder = self.incoming / f"out-{uuid4().hex}"
        folder.mkdir()
        self._published[session] = folder
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        return [str(folder / name) for name in files]

    def serves(self, path: str) -> bool:
        """Whether a visitor may fetch this: a file in the folder that is served."""
        asked = Path(path).resolve()
        return asked.is_relative_to(self.incoming) and asked.is_file()

    def forget(self, session: str) -> None:
        """Delete what was published for a visitor who has gone."""
        if folder := self._published.pop(session, None):
            shutil.rmtree(folder, ignore_errors=True)  # or swept before

    def sweep(self, *, keep_s: float | None = None) -> None:
        """Delete what nobody came back for, and what a broken upload has left."""
        oldest = time.time() - (self._keep_s if keep_s is None else keep_s)
        with self._lock:
            for file in [*self.incoming.rglob("*"), *self.scratch.rglob("*")]:
                # Jobs end and uploads move while this looks.
                with suppress(FileNotFoundError):
                    if file.is_file() and file.stat().st_mtime < oldest:
                        file.unlink()
                        self._noted.pop(str(file), None)
            for folder in self.incoming.iterdir():
                with suppress(OSError):  # no folder, or not empty
                    folder.rmdir()

    def drop_broken(self) -> None:
        """Delete what broken uploads have left; only while no other is under way.

        Gradio moves an upload that is complete into a folder of its own.
        """
        for file in self.incoming.iterdir():
            if file.is_file():
                file.unlink()

    def size(self) -> int:
        """Bytes of everything in it."""
        total = 0
        for file in self.folder.rglob("*"):
            with suppress(FileNotFoundError):
                total += file.stat().st_size if file.is_file() else 0
        return total

    def close(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _made(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder
