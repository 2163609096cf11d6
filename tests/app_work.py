"""What a planted worker does, without a network: it runs in a process of its own."""

import os
import time
from pathlib import Path

from dfstudy.app.limits import Limits, Refused


class Quick:
    """Says what it got; the content of the "video" says what it does."""

    def __init__(self, limits=None):
        self.limits = limits or Limits()

    def __call__(self, request, tell):
        tell("planted work")
        text = (
            b"example" if "example" in request else Path(request["path"]).read_bytes()
        )
        word, _, number = text.partition(b" ")
        if word == b"sleep":
            time.sleep(float(number))
        elif word == b"eat":
            held = [bytearray(2**20) for _ in range(int(number))]
            time.sleep(5)
            del held
        elif word == b"ask":
            bytearray(int(number) * 2**20)
        elif word == b"die":
            os.abort()
        elif word == b"refuse":
            raise Refused(f"{Path(request['path']).name}: {number.decode()}")
        elif word == b"fault":
            raise RuntimeError("secret /etc/passwd")
        elif word == b"check":
            self.limits.check(request["path"])
        said = f"<p id=quick>{len(text)} bytes, pid {os.getpid()}</p>"
        verdict = {"request": request, "size": len(text)}
        return {
            "said": said,
            "walk": "walk",
            "report": f"<html>{said}</html>",
            "verdict": verdict,
        }
