"""What a visitor can choose: the detectors of the runs, and three example videos.

Only names leave the server and only names come back; which folder or file is meant is
looked up here. Nothing is imported that is slow: the worker loads the networks.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dfstudy import paths

CARD = "MODEL_CARD.md"
_SEED = 2026  # of the examples' people, who are in no set of the course
_FAMILIES = ("blend", "disorder")


@dataclass(frozen=True, kw_only=True)
class Shelved:
    """One detector folder, by what its files say."""

    name: str
    folder: Path
    synthetic: bool  # trained on synthetic videos
    text: bool  # reads a description of the video
    card: str | None  # its model card, Markdown


def detectors(folders: Sequence[Path] | None = None) -> dict[str, Shelved]:
    """Those in `folders`, else of all runs; by name, the newest first, variants last.

    Raises:
        FileNotFoundError: there is none; the message says how to train one.
        ValueError: a folder holds no detector.
    """
    chosen = [Path(folder).resolve() for folder in folders or ()]
    for folder in chosen:
        if not (folder / "model.json").is_file():
            raise ValueError(f"{folder}: no detector, it has no model.json")
    if not chosen:
        # A variant (frame_torch-scratch_0) is a comparison's twin: last.
        chosen = sorted(paths.detectors(), key=lambda folder: "-" in folder.name)
    names = [folder.name for folder in chosen]
    shelf = {}
    for folder in chosen:
        # The same detector of two runs: say which run, or, if need be, the whole path.
        run = f"{folder.name}, {folder.parent.parent.name}"
        name = folder.name if names.count(folder.name) == 1 else run
        one = _shelved(str(folder) if name in shelf else name, folder)
        shelf[one.name] = one
    return shelf


def _shelved(name: str, folder: Path) -> Shelved:
    info = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    card = folder / CARD
    return Shelved(
        name=name,
        folder=folder,
        synthetic=info["data_kind"] == "synthetic",
        text=bool(info["view"].get("text", False)),
        card=card.read_text(encoding="utf-8") if card.is_file() else None,
    )


def examples(*, frames: int = 48) -> dict[str, Path]:
    """One authentic and two forged clips of rendered people: "real", "blend", ...

    Rendered on first use into the data folder, in seconds.
    """
    from dfstudy.data import synth

    root = synth.make(
        paths.home() / "app-examples",
        pairs=1,
        frames=frames,
        seed=_SEED,
        families=_FAMILIES,
        workers=1,
        progress=False,
    )
    import pandas as pd

    truth = pd.read_parquet(root / "truth.parquet").drop_duplicates("family")
    return {
        row.family: next(root.glob(f"*/{row.video_id}.mp4"))
        for row in truth.set_index("family", drop=False)
        .loc[["real", *_FAMILIES]]
        .itertuples()
    }
