"""The synthetic set on disk: pairs of people, their real clips and their fakes.

    make("data/synth", pairs=120)

DFDC's own layout (`dfdc_train_part_N/*.mp4` and `metadata.json`), and beside it what
only a renderer knows: `truth.parquet` and `masks/<video_id>.npz`. Everything depends on
the seed alone, not on the number of workers. A pair is written whole or not at all, so
a broken run goes on where it stopped.
"""

import json
import multiprocessing
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from dfstudy import paths
from dfstudy.data.synth.forge import FAMILIES
from dfstudy.data.synth.pair import make_pair, write_json
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Clip, render_clip
from dfstudy.workers import cores, start

RENDERER = 5  # raise it when the same seed gives other pictures
VERSION = 6  # of the set: raise it with RENDERER, or when it has other clips
_STRANGERS = 1  # their seed space; that of sets is pair.SPACE


def make(
    root: str | Path,
    *,
    pairs: int,
    frames: int = 48,
    size: tuple[int, int] = (216, 384),
    fps: float = 24,
    seed: int = 0,
    families: Sequence[str] = tuple(FAMILIES),
    strength: float | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Make the set under `root` and return it; at once where it is already there.

    `pairs` of people with 2 real clips and 1 fake of each of `families` (each third
    pair has a second disorder, a slow one); clips of `frames` frames at `fps`, `size` =
    (height, width) in pixels. `strength`, in (0, 1], of the composites: by how much
    colour and sharpness are off, else from 0.6 to 1. `workers` processes (default: one
    a core). ValueError if `root` holds a set made with other arguments.
    """
    root = Path(root).expanduser().resolve()
    unknown = set(families) - set(FAMILIES)
    if unknown or pairs < 1:
        raise ValueError(f"pairs {pairs} must be >= 1, families among {list(FAMILIES)}")
    order = {
        "version": VERSION,
        "pairs": pairs,
        "frames": frames,
        "size": list(size),
        "fps": fps,
        "seed": seed,
        "families": list(families),
    }
    if strength is not None:
        if not 0 < strength <= 1:
            raise ValueError(f"a strength is in (0, 1], not {strength}")
        order["strength"] = strength
    with paths.alone(root):
        return _make(root, order, workers, progress)


def _make(root: Path, order: dict, workers: int | None, progress: bool) -> Path:
    if (root / "synth.json").exists():
        return _same(root, root / "synth.json", order)
    pairs, parts = order["pairs"], root / "parts"
    if (parts / "order.json").exists():
        _same(root, parts / "order.json", order)
    parts.mkdir(parents=True, exist_ok=True)
    write_json(parts / "order.json", order)
    todo = [k for k in range(pairs) if not (parts / f"{k}.json").exists()]
    workers = min(workers or cores(), max(1, len(todo)))
    with tqdm(
        total=pairs,
        initial=pairs - len(todo),
        unit="pair",
        disable=not progress,
        desc="synthetic set",
    ) as bar:
        if workers == 1:
            for k in todo:
                make_pair(root, order, k)
                bar.update()
        else:
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(
                workers, mp_context=spawn, initializer=start
            ) as pool:
                for job in as_completed(
                    [pool.submit(make_pair, root, order, k) for k in todo]
                ):
                    job.result()
                    bar.update()
    _join(root, pairs)
    write_json(root / "synth.json", order)
    shutil.rmtree(parts)
    return root


def strangers(
    n_people: int,
    *,
    clips_each: int = 1,
    frames: int = 48,
    size: tuple[int, int] = (216, 384),
    seed: int = 0,
    fps: float = 24,
) -> Iterator[tuple[int, Clip]]:
    """Authentic clips of people who are in no set of any seed: (person index, clip)."""
    for index in range(n_people):
        rng = np.random.default_rng((_STRANGERS, seed, index))
        person = Person.random(rng)
        for scene in rng.integers(2**31, size=clips_each):
            yield (
                index,
                render_clip(person, int(scene), frames=frames, size=size, fps=fps),
            )


def read_mask(root: str | Path, video_id: str) -> np.ndarray:
    """Where a fake is composited, bool (N, H // 2, W // 2), at half the frame's size.

    The file holds `bits` (np.packbits along the width) and `width`. FileNotFoundError
    for a video without composite (real, disorder, mismatch).
    """
    with np.load(Path(root) / "masks" / f"{video_id}.npz") as saved:
        return np.unpackbits(saved["bits"], axis=-1, count=int(saved["width"])).astype(
            bool
        )


def has_mask(root: str | Path, video_id: str) -> bool:
    """Whether `read_mask` has one."""
    return (Path(root) / "masks" / f"{video_id}.npz").exists()


def _join(root: Path, pairs: int) -> None:
    """The parts of all pairs to one truth table and DFDC's metadata."""
    rows, metadata = [], {}
    for k in range(pairs):
        part = json.loads((root / "parts" / f"{k}.json").read_text(encoding="utf-8"))
        for row in part["rows"]:
            original = row.pop("original")
            rows.append(row)
            metadata.setdefault(part["folder"], {})[f"{row['video_id']}.mp4"] = {
                "label": "FAKE" if original else "REAL",
                "split": "train",
                "original": f"{original}.mp4" if original else None,
            }
    for folder, videos in metadata.items():
        write_json(root / folder / "metadata.json", dict(sorted(videos.items())))
    truth = pd.DataFrame(rows).sort_values("video_id", ignore_index=True)
    truth.to_parquet(root / "truth.parquet")


def _same(root: Path, path: Path, order: dict) -> Path:
    made = json.loads(path.read_text(encoding="utf-8"))
    if made != order:
        keys = {**made, **order}
        changed = {k: made.get(k) for k in keys if made.get(k) != order.get(k)}
        raise ValueError(
            f"{root} holds a set made with {changed}: "
            "choose another folder or delete it"
        )
    return root
