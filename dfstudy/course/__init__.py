"""The lessons: build, check and run them (`python -m dfstudy.course --help`).

A lesson needs only `course.start(PROFILE, SEED, DATA)`. It is imported on first use, so
that the runner and the command line stay light.
"""

from typing import Any

__all__ = ["start"]


def __getattr__(name: str) -> Any:
    if name != "start":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dfstudy.course import colab

    colab.prepare()
    from dfstudy.course.study import start

    return start
