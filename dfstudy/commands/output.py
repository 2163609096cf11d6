"""Standard output is for the answer alone."""

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO


@contextlib.contextmanager
def only_ours_on_stdout() -> Iterator[TextIO]:
    """Send what libraries print (C code too) to stderr; yield the real stdout."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with (
            os.fdopen(os.dup(kept), "w") as stdout,
            contextlib.redirect_stdout(sys.stderr),
        ):
            yield stdout
    finally:
        os.dup2(kept, 1)
        os.close(kept)
