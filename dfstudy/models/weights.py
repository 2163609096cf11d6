"""Real pretrained weights where they can be had, a clear word where they cannot.

    state, used = fetch(
        lambda: ResNet18_Weights.IMAGENET1K_V1.get_state_dict(check_hash=True),
        what="resnet18 of torchvision", label="imagenet", cache=torchvision_cache(),
    )

The libraries' own loaders do the work. Without a network they can hang for minutes, so
a download that receives nothing for 10 seconds is given up, and no loader of the same
library is tried again in this process.
"""

import os
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE_S = 10.0  # without a byte; a slow line that delivers is waited for

_INSTEAD = "random initialisation instead, and the result will say pretrained: none"

_given_up: set[Path] = set()


def fetch(
    loader: Callable[[], Any],
    *,
    what: str,
    label: str,
    cache: Path,
    patience_s: float = PATIENCE_S,
    instead: str = _INSTEAD,
) -> tuple[Any, str]:
    """What `loader` returns and `label`, or (None, "none") after one warning.

    Args:
        loader: the library's call; reads its cache or downloads into it.
        what: named in the warning, for example "resnet18 of torchvision".
        label: of the weights, for example "imagenet".
        cache: the folder the loader downloads into; while it grows, we wait.
        patience_s: seconds without growth before giving up.
        instead: what the warning says will happen without them.
    """
    if cache in _given_up:  # the warning was given
        return None, "none"
    outcome: list[Any] = []
    problem: list[BaseException] = []

    def attempt() -> None:
        try:
            outcome.append(loader())
        except Exception as error:  # any of a library's network, file or hash errors
            problem.append(error)

    # A daemon: a loader that hangs in the network cannot be stopped, only left behind.
    thread = threading.Thread(target=attempt, name=f"fetch {what}", daemon=True)
    thread.start()
    size = -1
    while thread.is_alive() and (grown := _size(cache)) != size:
        size = grown
        thread.join(patience_s)
    if outcome:
        return outcome[0], label
    reason = problem[0] if problem else f"nothing arrived in {patience_s:.0f} s"
    _given_up.add(cache)
    warnings.warn(
        f"no {label} weights of {what} ({reason}): {instead}",
        stacklevel=2,
    )
    return None, "none"


def torchvision_cache() -> Path:
    """Where torchvision keeps downloaded weights."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


def hub_cache() -> Path:
    """Where the Hugging Face hub keeps downloaded weights."""
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE)


def keras_cache() -> Path:
    """Where Keras keeps downloaded weights."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home).expanduser() / "models"


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
