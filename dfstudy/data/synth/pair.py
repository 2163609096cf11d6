"""One pair of people on disk: two real clips, one fake a family, and their truth.

Each pair has a fast disorder; each third one a slow one, too, of the same clip. (Slow
ones are easy, and in single frames a disorder is no forgery: with both in each pair a
detector of frames learned blends less well.) The donor of each person is the other, so
that a pair is closed: a group of a split.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from dfstudy.data.synth.forge import FAMILIES, Job, Pictures
from dfstudy.data.synth.person import Person
from dfstudy.data.synth.render import Shot, shot_of
from dfstudy.video.write import writing

QP = 22  # quantiser of every clip
PAIRS_A_PART = 25  # pairs of people in one dfdc_train_part_N
SPACE = 0  # seed space of the people of sets
_REAL = ("real a", "real b")  # names of the two real clips' seeds


def people_of(seed: int, pair: int) -> tuple[Person, Person]:
    """The two people of a pair. The second is cast to resemble the first in skin."""
    rng = np.random.default_rng((SPACE, seed, pair, 0))
    first = Person.random(rng)
    second = Person.random(rng, tone=first.tone + rng.uniform(-0.15, 0.15))
    return (first, second) if rng.random() < 0.5 else (second, first)


def make_pair(root: Path, order: dict, pair: int) -> None:
    """Write all clips of one pair under `root`, then its part of the tables.

    `order` is what `make` was asked for; `parts/<pair>.json` appears last.
    """
    folder = root / f"dfdc_train_part_{pair // PAIRS_A_PART}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    clips: dict[Shot, dict[str, Pictures]] = defaultdict(dict)
    for k, person in enumerate(people_of(order["seed"], pair)):
        name = _name(order["seed"], pair, _REAL[k])
        shot = shot_of(person, real_seed(order["seed"], pair, k), **_shape(order))
        clips[shot][name] = shot.pictures()
        rows.append(_row(name, "real", shot, pair, k))
    for family, scale in _fakes(pair, order["families"]):
        fake = FAMILIES[family](job(order, pair, family, scale))
        k = _target(pair, family)
        name = _name(order["seed"], pair, f"{family} {scale}" if scale else family)
        clips[fake.shot][name] = fake.pictures
        original = rows[k]["video_id"]
        rows.append(
            _row(name, family, fake.shot, pair, k)
            | {
                "strength": fake.strength,
                "scale": fake.scale,
                "region": fake.region,
                "donor_identity": _identity(pair, 1 - k) if fake.region else None,
                "source_id": f"{original}-{family}" if fake.from_hidden else original,
                "original": original,
                "description": fake.description,
                "frame_order": fake.order.tolist(),
                "manipulated": fake.manipulated.tolist(),
            }
            | _moved(fake.shot, fake.order)
        )
    for alike in clips.values():
        for name, masks in _write(folder, alike, order["fps"]).items():
            if masks:
                _write_mask(root / "masks" / f"{name}.npz", np.stack(masks))
    made = time.time()  # one for all: which was written first tells nothing
    for row in rows:
        os.utime(folder / f"{row['video_id']}.mp4", (made, made))
    write_json(root / "parts" / f"{pair}.json", {"folder": folder.name, "rows": rows})


def _fakes(pair: int, families: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Family and scale of each fake of the pair."""
    for family in families:
        if family != "disorder":
            yield family, None
            continue
        yield family, "fast"
        if pair % 3 == 0:
            yield family, "slow"


def job(order: dict, pair: int, family: str, scale: str | None = None) -> Job:
    """What the pair's fake of this family is made from; `order` as in `make_pair`.

    At another scale, too, it is made from the same clip.
    """
    k = _target(pair, family)
    people = people_of(order["seed"], pair)
    return Job(
        target=people[k],
        donor=people[1 - k],
        real_seed=real_seed(order["seed"], pair, k),
        scale=scale,
        rng=_rng(order["seed"], pair, family),
        strength=order.get("strength"),
        **_shape(order),
    )


def _target(pair: int, family: str) -> int:
    """Who is forged: it alternates, so that over the set all are equally often."""
    return (pair + pair // 2 + list(FAMILIES).index(family)) % 2


def _rng(seed: int, pair: int, what: str) -> np.random.Generator:
    """A generator for each thing by its name: a new family changes no older clip."""
    return np.random.default_rng((SPACE, seed, pair, *what.encode()))


def real_seed(seed: int, pair: int, k: int) -> int:
    """The scene of a person's real clip."""
    return int(_rng(seed, pair, f"{_REAL[k]} scene").integers(2**31))


def _name(seed: int, pair: int, clip: str) -> str:
    """Ten letters, as in DFDC; the same distribution for real and fake."""
    letters = _rng(seed, pair, f"{clip} name").integers(26, size=10)
    return "".join(chr(97 + c) for c in letters)


def _shape(order: dict) -> dict:
    """What all clips of a set share."""
    return {
        "frames": order["frames"],
        "size": tuple(order["size"]),
        "fps": order["fps"],
    }


def _write(
    folder: Path, clips: dict[str, Pictures], fps: float
) -> dict[str, list[np.ndarray]]:
    """Write clips of one shot side by side: what they share of a frame is drawn once.

    Returns the masks of each.
    """
    masks: dict[str, list[np.ndarray]] = {name: [] for name in clips}
    with ExitStack() as stack:
        add = {
            name: stack.enter_context(writing(folder / f"{name}.mp4", fps=fps, qp=QP))
            for name in clips
        }
        for frames in zip(*clips.values(), strict=True):
            for name, (picture, mask) in zip(clips, frames, strict=True):
                add[name](picture)
                if mask is not None:
                    masks[name].append(mask)
    return masks


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
        "description": shot.script.description,
        "true_description": shot.script.description,
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


def _write_mask(path: Path, mask: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez_compressed(file, bits=np.packbits(mask, axis=-1), width=mask.shape[-1])
    part.replace(path)


def write_json(path: Path, content: dict) -> None:
    """Write `content` so that the file is there whole or not at all."""
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(content), encoding="utf-8")
    part.replace(path)
