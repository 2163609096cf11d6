"""What a planted worker does, without a network: it runs in a process of its own."""

import os
import time
from functools import cached_property
from pathlib import Path

from dfstudy.app.limits import Limits, Refused


class Planted:
    """A file of words says what happens; any other file is examined.

    The detector calls a square fake that is red, and looks for green ones (`asked`).
    """

    def __init__(self, folder, limits):
        self.folder, self.limits = folder, limits

    @cached_property
    def examine(self):
        from asked import FACES, FRAMES, Squares, red  # slow: torch and more

        from dfstudy.app.examiner import Examiner

        views = {"planted_0": FACES, "whole_0": FRAMES}
        made = {
            name: red(name, view, self.folder, level="frame")
            for name, view in views.items()
        }
        return Examiner(
            {name: name for name in made},
            {"real": str(self.folder / "real.mp4")},
            self.limits,
            load=made.__getitem__,
            faces=Squares(),
            explain=False,
        )

    def __call__(self, request, tell):
        content = b""
        if "example" not in request:
            content = Path(request["path"]).read_bytes()
        word, _, number = content[:200].partition(b" ")
        if word == b"sleep":
            tell("sleeping")
            time.sleep(float(number))
        elif word == b"eat":
            held = [bytearray(b"x") * 2**20 for _ in range(int(number))]
            time.sleep(60)
            del held
        elif word == b"ask":
            bytearray(int(number) * 2**20)
        elif word == b"die":
            os.abort()
        elif word == b"refuse":
            raise Refused(f"{Path(request['path']).name}: {number.decode()}")
        elif word == b"fault":
            raise RuntimeError("secret /etc/passwd")
        elif word != b"say":
            return self.examine(request, tell)
        said = f"{number.decode()}, pid {os.getpid()}"
        verdict = {"request": request, "pid": os.getpid()}
        return {"said": said, "walk": "", "report": said, "verdict": verdict}


def planted(folder, limits=None, *, warm=False):
    """For `Worker`: a function that can be pickled, of values that can.

    `warm` loads what `examine` needs before the first job, whose time is limited.
    """
    made = Planted(folder, limits or Limits())
    if warm:
        made.examine  # noqa: B018
    return made
