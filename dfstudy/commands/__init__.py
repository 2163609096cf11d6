"""What each `dfstudy` command does with its options; the options are in `cli`.

Heavy libraries are imported inside the functions, so that `dfstudy --help` answers at
once. Each returns the exit code; ValueError and OSError are for `cli.main` to print.
"""

from dfstudy.commands.app import app
from dfstudy.commands.detectors import audit, report, temporal
from dfstudy.commands.verdicts import predict
from dfstudy.commands.videos import (
    check,
    download,
    export,
    index,
    prepare,
    split,
    synth,
)

__all__ = [
    "app",
    "audit",
    "check",
    "download",
    "export",
    "index",
    "predict",
    "prepare",
    "report",
    "split",
    "synth",
    "temporal",
]
