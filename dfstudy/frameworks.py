"""TensorFlow and torch in one process: the import order that does not end it.

    keras = import_keras()              # triton first, then Keras, without log noise

triton 3.7 and newer (it comes with torch 2.12 and newer) and TensorFlow both register
the same LLVM options. Where TensorFlow is imported before triton, which torchvision
imports, the process aborts: no exception, just a dead notebook kernel. The other order
works. So our modules import triton before TensorFlow (torchvision itself takes four
seconds, and is left to those who use it), and `guard` turns the wrong order into an
error that can be read.
"""

import contextlib
import ctypes
import functools
import importlib.metadata as metadata
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from types import ModuleType

from packaging.version import Version

_FIRST_BAD_TRITON = Version("3.7")


def guard() -> None:
    """Raise ImportError where importing torchvision now would end the process."""
    if "tensorflow" not in sys.modules or "triton" in sys.modules:
        return
    try:
        triton = Version(metadata.version("triton"))
    except metadata.PackageNotFoundError:  # macOS, Windows, CPU builds: no triton
        return
    if triton >= _FIRST_BAD_TRITON:
        raise ImportError(
            f"TensorFlow was imported before torchvision: with triton {triton} this"
            " would end the process. Restart the kernel and import dfstudy first (or"
            " `import torchvision` before tensorflow and keras), or install"
            " torch 2.11 (pip install 'torch<2.12')."
        )


def import_torchvision() -> ModuleType:
    """torchvision, or a readable ImportError where it would end the process."""
    triton_first()
    import torchvision

    return torchvision


def triton_first() -> None:
    """Import triton, where there is one: TensorFlow and torchvision may now follow.

    Raises ImportError where it would end the process.
    """
    guard()
    keep_freed_memory()
    with contextlib.suppress(ImportError):  # macOS, Windows, CPU builds: no triton
        import triton  # noqa: F401


def import_keras() -> ModuleType:
    """Keras 3, with triton imported first and without start-up log lines.

    The backend is Keras' own choice (TensorFlow, or what KERAS_BACKEND says).
    """
    triton_first()
    # TensorFlow's C++ writes to the file descriptor, before its own log level counts.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Else it takes all of a GPU's memory, and a lesson's PyTorch detectors find none.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    with _quiet_stderr():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow

            tensorflow.config.list_physical_devices()  # says that there is no GPU
            # A lesson builds many networks; each is traced anew, which is no mistake.
            tensorflow.get_logger().addFilter(_not_retracing)
    return keras


def _not_retracing(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in record.getMessage()


@functools.cache
def keep_freed_memory() -> None:
    """Let glibc's malloc keep what a training step or a video frees for the next one.

    By default it hands large blocks back to the system and gets them anew, page by
    page: 80 MB a step of the slim network once TensorFlow has trained in the process,
    which then trains at half its speed (20 against 43 steps a second on two cores), and
    a fifth of the time of preparing a video as whole frames.
    Other C libraries have their own ways, and a user's MALLOC_ settings stay.
    """
    if platform.libc_ver()[0] != "glibc" or any(k[:7] == "MALLOC_" for k in os.environ):
        return
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # malloc.h
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(mmap_threshold, 32 * 2**20)  # the highest that it takes
    mallopt(trim_threshold, 2**29)
    mallopt(top_pad, 256 * 2**20)


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2; show it only if the block fails."""
    with tempfile.TemporaryFile() as kept:
        sys.stderr.flush()
        real = os.dup(2)
        os.dup2(kept.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            if failed:
                kept.seek(0)
                sys.stderr.write(kept.read().decode(errors="replace"))
