"""Transfer learning that works offline: the slim backbone learns on rendered strangers.

    frame_torch.build(network="slim", pretrained="synthetic-tracks")

"synthetic-tracks" reads the renderer's own tracks (where the face is, how it is turned,
mouth, eyes, gaze); its twin "synthetic-identity" tells the strangers apart. Nobody here
is in any split. Such features know the renderer, so every figure made with them stands
beside the twins and beside the network from scratch.

The weights ship with the package, as ImageNet's come from a hub. After a change of the
renderer or of the slim network they have to be made again (a test says so):

    python -m dfstudy.training.pretrain      # some ten minutes on two cores
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

from dfstudy import paths, workers
from dfstudy.data import synth
from dfstudy.models import slim_torch
from dfstudy.training.schedule import one_cycle
from dfstudy.video.sample import resize_area

PEOPLE, EPOCHS = 384, 12  # of the weights that ship
TRACKS = ("yaw", "pitch", "mouth", "blink", "gaze_x", "gaze_y", "smile")
_SIZE = (108, 192)  # of the frames it learns on, as S1 sees them
_CLIP_SIZE = (216, 384)  # of the frames rendered
_CHUNK = 8  # people a process renders at once; part of what the seed means
_CLIPS, _FRAMES = 3, 8  # of each stranger
_PLACE = 20.0  # weight of the face's place beside the other losses
_RATE = 4e-3
_NETWORK = (  # of slim_torch.SLIM, what these weights depend on
    "stem_kernel",
    "stem_stride",
    "stem_channels",
    "stages",
    "norm_epsilon",
    "norm_momentum",
    "batch_size",
)


def make(folder: Path, *, people: int = PEOPLE, epochs: int = EPOCHS) -> list[Path]:
    """Render `people` strangers, and write what each kind learned on them.

    The files go into `folder`, under the names of those that ship.
    """
    seen = _strangers(people)
    made = []
    for kind in slim_torch.KINDS:
        file = folder / slim_torch.shipped(kind).name
        reader = _learn(kind, seen=seen, epochs=epochs)
        about = recipe(kind, people=people, epochs=epochs)
        with paths.whole(file) as part:
            slim_torch.save(reader, part, about=about)
        made.append(file)
    return made


def recipe(kind: str, *, people: int = PEOPLE, epochs: int = EPOCHS) -> dict[str, str]:
    """What the weights depend on; stands in their file (safetensors' metadata)."""
    return {
        "pretrained": kind,
        "renderer": str(synth.RENDERER),
        "network": str({name: getattr(slim_torch.SLIM, name) for name in _NETWORK}),
        "people": str(people),
        "frames of each": f"{_FRAMES} of {_CLIPS} clips",
        "epochs": str(epochs),
        "training": f"{_SIZE}, chunks of {_CHUNK}, rate {_RATE}, place {_PLACE}",
    }


def _learn(
    kind: str, *, seen: tuple[np.ndarray, ...], epochs: int
) -> slim_torch.SlimReader:
    """Train for `epochs` on what `_strangers` returned."""
    from dfstudy.training.fit_torch import autocast  # Lightning: slow to import

    frames, tracks, place, people = seen
    rng = np.random.default_rng(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        reads_tracks = kind == "synthetic-tracks"
        outputs = tracks.shape[1] if reads_tracks else int(people.max()) + 1
        reader = slim_torch.SlimReader(slim_torch.SlimBackbone(), outputs)
    x, centre = torch.from_numpy(frames), torch.from_numpy(place)
    want = torch.from_numpy(tracks if reads_tracks else people)
    loss = F.mse_loss if reads_tracks else F.cross_entropy
    optimizer = torch.optim.Adam(reader.parameters(), _RATE)
    size = slim_torch.SLIM.batch_size
    steps = epochs * -(-len(x) // size)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: one_cycle(i, steps))
    reader.train()
    with tqdm(total=steps, desc=f"pretrain {kind}") as bar:
        for _ in range(epochs):
            for batch in torch.from_numpy(rng.permutation(len(x))).split(size):
                with autocast():
                    got, at = reader(x[batch])
                error = loss(got.float(), want[batch])
                error = error + _PLACE * F.mse_loss(at.float(), centre[batch])
                optimizer.zero_grad()
                error.backward()
                optimizer.step()
                rate.step()
                bar.update()
    return reader


def _strangers(n_people: int) -> tuple[np.ndarray, ...]:
    """Frames uint8 (N, H, W, 3); tracks, standardised; place (N, 2); person (N,)."""
    chunks = [
        (seed, min(_CHUNK, n_people - seed)) for seed in range(0, n_people, _CHUNK)
    ]
    count = min(workers.cores(), len(chunks))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        count, mp_context=spawn, initializer=workers.start
    ) as pool:
        bar = tqdm(pool.map(_render, chunks), total=len(chunks), desc="strangers")
        frames, tracks, boxes, people = map(np.concatenate, zip(*bar, strict=True))
    height, width = _CLIP_SIZE
    boxes = boxes / np.array([width, height, width, height])
    place = (boxes[:, :2] + boxes[:, 2:]) / 2
    tracks = np.concatenate([tracks, boxes[:, 2:] - boxes[:, :2]], axis=1)
    tracks = (tracks - tracks.mean(0)) / np.maximum(tracks.std(0), 1e-6)
    return frames, tracks.astype(np.float32), place.astype(np.float32), people


def _render(chunk: tuple[int, int]) -> tuple[np.ndarray, ...]:
    seed, n_people = chunk
    frames, tracks, boxes, people = [], [], [], []
    options = {"clips_each": _CLIPS, "frames": _FRAMES, "size": _CLIP_SIZE, "fps": 2}
    for person, clip in synth.strangers(n_people, seed=seed, **options):
        frames.append(resize_area(clip.frames, *_SIZE))
        tracks.append(np.stack([clip.tracks[name] for name in TRACKS], axis=1))
        boxes.append(clip.boxes)
        people.append(np.full(len(clip.frames), seed + person))
    return tuple(map(np.concatenate, (frames, tracks, boxes, people)))


if __name__ == "__main__":
    for file in make(slim_torch.shipped(slim_torch.KINDS[0]).parent):
        print(file)
