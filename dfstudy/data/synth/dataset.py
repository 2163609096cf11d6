"""The synthetic set on disk: pairs of people, their real clips and their fakes.

    make("data/synth", pairs=120)

DFDC's own layout (`dfdc_train_part_N/*.mp4` and `metadata.json`), and beside it what
only a renderer knows: `truth.parquet` and `masks/<video_id>.npz`. Everything depends on
the seed alone, not on the number of workers. A pair is written whole or not at all, so
a broken run goes on where it stopped.
"""

import json
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from dfstudy.data.synth.forge import FAMILIES, SCALES, Job
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Clip, Shot, render_clip
from dfstudy.video.write import write_video

VERSION = 2  # of the renderer: raise it when the same seed gives other pictures
QP = 22  # quantiser of every clip
PAIRS_A_PART = 25  # pairs of people in one dfdc_train_part_N
_SET, _STRANGERS = 0, 1  # seed spaces


def make(
    root: str | Path,
    *,
    pairs: int,
    frames: int = 48,
    size: tuple[int, int] = (216, 384),
    fps: float = 24,
    seed: int = 0,
    families: Sequence[str] = tuple(FAMILIES),
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Make the set under `root` and return it; at once where it is already there.

    `pairs` of people with 2 real clips and 1 fake of each of `families`; clips of
    `frames` frames at `fps`, `size` = (height, width) in pixels. `workers` processes
    (default: one a core). ValueError if `root` holds a set made with other arguments.
    """
    root = Path(root)
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
    if (root / "synth.json").exists():
        return _same(root, root / "synth.json", order)
    parts = root / "parts"
    if (parts / "order.json").exists():
        _same(root, parts / "order.json", order)
    parts.mkdir(parents=True, exist_ok=True)
    _write_json(parts / "order.json", order)
    todo = [k for k in range(pairs) if not (parts / f"{k}.json").exists()]
    workers = min(workers or _cores(), max(1, len(todo)))
    with tqdm(
        total=pairs,
        initial=pairs - len(todo),
        unit="pair",
        disable=not progress,
        desc="synthetic set",
    ) as bar:
        if workers == 1:
            for k in todo:
                _make_pair(root, order, k)
                bar.update()
        else:
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(
                workers, mp_context=spawn, initializer=_one_thread
            ) as pool:
                for job in as_completed(
                    [pool.submit(_make_pair, root, order, k) for k in todo]
                ):
                    job.result()
                    bar.update()
    _join(root, pairs)
    _write_json(root / "synth.json", order)
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
    for a video without composite (real, disorder).
    """
    with np.load(Path(root) / "masks" / f"{video_id}.npz") as saved:
        return np.unpackbits(saved["bits"], axis=-1, count=int(saved["width"])).astype(
            bool
        )


def people_of(seed: int, pair: int) -> tuple[Person, Person]:
    """The two people of a pair. The second is cast to resemble the first in skin."""
    rng = np.random.default_rng((_SET, seed, pair, 0))
    first = Person.random(rng)
    second = Person.random(rng, tone=first.tone + rng.uniform(-0.15, 0.15))
    return (first, second) if rng.random() < 0.5 else (second, first)


def _make_pair(root: Path, order: dict, pair: int) -> None:
    """All clips of one pair, and then its part of the tables, atomically."""
    seed, frames, fps = order["seed"], order["frames"], order["fps"]
    height, width = order["size"]
    people = people_of(seed, pair)
    rng = np.random.default_rng((_SET, seed, pair, 1))
    scenes = rng.integers(2**31, size=(2, 1 + len(FAMILIES)))
    folder = root / f"dfdc_train_part_{pair // PAIRS_A_PART}"
    folder.mkdir(parents=True, exist_ok=True)
    names = [_name(seed, pair, k) for k in range(2 + len(order["families"]))]
    rows = []
    for k, person in enumerate(people):
        shot = Shot(
            person, int(scenes[k, 0]), frames=frames, size=(height, width), fps=fps
        )
        pictures = (shot.frame(i) for i in range(frames))
        write_video(folder / f"{names[k]}.mp4", pictures, fps=fps, qp=QP)
        rows.append(_row(names[k], "real", shot, pair, k))
    for n, family in enumerate(order["families"]):
        # Who is the target alternates, so that over the set all are fake equally often.
        index = list(FAMILIES).index(family)
        k = (pair + pair // 2 + index) % 2
        job = Job(
            target=people[k],
            donor=people[1 - k],
            real_seed=int(scenes[k, 0]),
            hidden_seed=int(scenes[k, 1 + index]),
            scale=SCALES[pair % 2],
            frames=frames,
            size=(height, width),
            fps=fps,
            rng=np.random.default_rng((_SET, seed, pair, 2, index)),
        )
        fake = FAMILIES[family](job)
        name = names[2 + n]
        masks = []
        path = folder / f"{name}.mp4"
        write_video(path, _frames(fake.pictures, masks), fps=fps, qp=QP)
        if masks:
            _write_mask(root / "masks" / f"{name}.npz", np.stack(masks))
        hidden = f"{names[k]}-{family}"
        rows.append(
            _row(name, family, fake.shot, pair, k)
            | {
                "strength": fake.strength,
                "scale": fake.scale,
                "region": fake.region,
                "donor_identity": _identity(pair, 1 - k) if fake.region else None,
                "source_id": hidden if fake.from_hidden else names[k],
                "original": names[k],
                "frame_order": fake.order.tolist(),
                "manipulated": fake.manipulated.tolist(),
            }
            | _moved(fake.shot, fake.order)
        )
    _write_json(root / "parts" / f"{pair}.json", {"folder": folder.name, "rows": rows})


def _frames(pictures: Iterator, masks: list) -> Iterator[np.ndarray]:
    for picture, mask in pictures:
        if mask is not None:
            masks.append(mask)
        yield picture


def _row(name: str, family: str, shot: Shot, pair: int, k: int) -> dict:
    order = np.arange(shot.frames)
    return {
        "video_id": name,
        "family": family,
        "strength": 0.0,
        "scale": None,
        "region": None,
        "target_identity": _identity(pair, k),
        "donor_identity": None,
        "source_id": name,
        "original": None,
        "description": shot.description,
        **shot.person.subgroup,
        "frame_order": order.tolist(),
        "manipulated": [False] * shot.frames,
        **_moved(shot, order),
    }


def _moved(shot: Shot, order: np.ndarray) -> dict[str, list[float]]:
    """Tracks and boxes as the written frames show them."""
    tracks = {k: np.round(v[order], 4).tolist() for k, v in shot.tracks.items()}
    boxes = np.round(shot.boxes()[order], 2).T
    return tracks | {
        f"box_{k}": v.tolist()
        for k, v in zip(("x0", "y0", "x1", "y1"), boxes, strict=True)
    }


def _identity(pair: int, k: int) -> str:
    return f"p{pair:04d}{'ab'[k]}"


def _name(seed: int, pair: int, k: int) -> str:
    """Ten letters, as in DFDC; the same distribution for real and fake."""
    rng = np.random.default_rng((_SET, seed, pair, 3, k))
    return "".join(chr(97 + c) for c in rng.integers(26, size=10))


def _write_mask(path: Path, mask: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez_compressed(file, bits=np.packbits(mask, axis=-1), width=mask.shape[-1])
    part.replace(path)


def _write_json(path: Path, content: dict) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)


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
        _write_json(root / folder / "metadata.json", dict(sorted(videos.items())))
    truth = pd.DataFrame(rows).sort_values("video_id", ignore_index=True)
    truth.to_parquet(root / "truth.parquet")


def _same(root: Path, path: Path, order: dict) -> Path:
    made = json.loads(path.read_text(encoding="utf-8"))
    if made != order:
        changed = {k: made.get(k) for k in order if made.get(k) != order[k]}
        raise ValueError(
            f"{root} holds a set made with {changed}: "
            "choose another folder or delete it"
        )
    return root


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _cores() -> int:
    return (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
