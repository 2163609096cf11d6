"""Prepared videos -> shuffled batches, the same for PyTorch, Lightning and Keras.

    data = PreparedSet(prepared, manifest[manifest["split"] == "train"], by="frame")
    batches = loader(data, batch_size=64, shuffle=True, seed=0)
    for x, y in batches: ...         # x uint8 (64, H, W, 3), y float32 (64,)

    data = PreparedSet(prepared, manifest, by="video", flow=True)
    for (x, flow), y in loader(data, batch_size=4, shuffle=False): ...
    data = PreparedSet(prepared, manifest, by="video", text=models.text.encode(...))
    for (x, text), y in loader(data, batch_size=4, shuffle=False): ...

Every array is read by its offset, in a memory-mapped shard or by a request to a server
(a batch's are made together), so that any order costs the same, and nothing is read
that is not asked for. A request takes a while: from an address, read with `workers`.
The order of an epoch depends on the seed and the epoch's number alone: Lightning
tells the sampler the number, to Keras' `fit` pass `LambdaCallback(on_epoch_begin=lambda
epoch, logs: batches.set_epoch(epoch))`, and `shuffle=False`, which it would warn of.
"""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from torch.utils.data import (
    DataLoader,
    Dataset,
    Sampler,
    SequentialSampler,
    Subset,
    default_collate,
)

from dfstudy.data.order import EpochSampler, GlobalBatches
from dfstudy.data.shards import Prepared, ShardMaps
from dfstudy.frameworks import triton_first

triton_first()  # before TensorFlow, or the process may die

# Frames, or features of frames; or a pair of them and flow or text, or all three.
X = torch.Tensor | tuple[torch.Tensor, ...]
Augment = Callable[[X, np.random.Generator], X]
More = Callable[[X, torch.Tensor, np.random.Generator], tuple[X, torch.Tensor]]


class PreparedSet(Dataset):
    """Videos of a prepared set, frame by frame or whole. Can be sent to a process.

    An item is (x, y): x uint8 (H, W, 3) for by="frame", (T, H, W, 3) for by="video";
    y float32 (), 0 real, 1 fake. Where the view is of faces, x is the most prominent
    one. Videos without an array are left out; `dropped` says why.

    Args:
        prepared: what `prepare` returned.
        manifest: rows of the manifest that `prepared` was made from.
        by: what one item is.
        flow: x is then a pair, (frames, flow): flow float16 (H, W, 2) or (T, H, W, 2),
            dx and dy in pixels of the frames. A batch's x is a pair, too.
        features: float32 (videos, T, F), in the order of `video_ids`, of a network that
            has seen the frames: they stand in their place, (F,) or (T, F).
        text: float32 (rows, 384), what the descriptions of `manifest`'s rows say
            (models.text): x is then a pair, (frames, text), for by="video" only. A
            video may be there more than once, described differently.

    Raises:
        KeyError: a row that was never prepared.
        ValueError: no video is left, flow of a view that has none, features or texts
            of other videos, or texts of single frames.
    """

    def __init__(
        self,
        prepared: Prepared,
        manifest: pd.DataFrame,
        *,
        by: Literal["frame", "video"],
        flow: bool = False,
        features: np.ndarray | None = None,
        text: np.ndarray | None = None,
    ):
        if by not in {"frame", "video"}:
            raise ValueError(f'by must be "frame" or "video", not {by!r}')
        table = prepared.index.set_index("video_id")
        if missing := sorted(set(manifest["video_id"]) - set(table.index)):
            raise KeyError(f"never prepared: {missing[:5]}; call prepare on these rows")
        rows = table.loc[manifest["video_id"]].reset_index()
        rows["label"] = manifest["label"].to_numpy()
        self.dropped: dict[str, str] = (
            rows.dropna(subset="dropped").set_index("video_id")["dropped"].to_dict()
        )
        kept = rows["dropped"].isna().to_numpy()
        rows = rows[kept]
        if rows.empty:
            raise ValueError(f"no video is left, all were dropped: {self.dropped}")
        view = prepared.view
        if flow and view.flow == "none":
            raise ValueError(f"the view has no flow: {view}")
        self.by = by
        self.video_ids: list[str] = rows["video_id"].tolist()
        self.frames = view.frames if by == "frame" else 1  # items of one video
        item = (view.height, view.width)
        if by == "video":
            item = (view.frames, *item)
        self._shards = rows["shard"].tolist()
        # Face 0 comes first in an array, so its offset is the array's.
        self._features = features
        self._arrays = []
        if features is None:
            self._arrays.append(_Array(rows["offset"], (*item, 3), np.uint8))
        elif features.shape[:2] != (len(rows), view.frames):
            raise ValueError(f"features {features.shape} for {len(rows)} videos")
        if flow:
            self._arrays.append(_Array(rows["flow_offset"], (*item, 2), np.float16))
        if text is not None and (by == "frame" or len(text) != len(kept)):
            raise ValueError(f"texts {text.shape} for {len(kept)} videos, by {by}")
        self._text = None if text is None else torch.from_numpy(text[kept])
        self._maps = ShardMaps(prepared.folder)
        self.labels = torch.tensor(rows["label"].to_numpy(np.float32))  # (videos,)

    def __len__(self) -> int:
        return len(self.video_ids) * self.frames

    def __getitem__(self, item: int) -> tuple[X, torch.Tensor]:
        if not 0 <= item < len(self):
            raise IndexError(item)
        x, y = self.__getitems__([item])
        return tuple(part[0] for part in x) if isinstance(x, tuple) else x[0], y[0]

    def __getitems__(self, items: list[int]) -> tuple[X, torch.Tensor]:
        """A batch, x (B, ...) and y (B,): a DataLoader asks for its items together.

        What is read is copied once, straight to its place in the batch.
        """
        places = [tuple(self._places(item)) for item in items]
        self._maps.ahead(chain.from_iterable(places))
        videos, frames = np.divmod(items, self.frames)
        x = []
        if self._features is not None:
            at = (videos, frames) if self.by == "frame" else videos
            x.append(torch.from_numpy(self._features[at]))
        for array, each in zip(self._arrays, zip(*places, strict=True), strict=True):
            batch = np.empty((len(items), array.bytes), np.uint8)
            for row, place in zip(batch, each, strict=True):
                row[:] = self._maps.bytes(*place)
            batch = batch.view(array.dtype).reshape(-1, *array.shape)
            x.append(torch.from_numpy(batch))
        if self._text is not None:
            x.append(self._text[videos])
        return x[0] if len(x) == 1 else tuple(x), self.labels[videos]

    def _places(self, item: int) -> Iterator[tuple[str, int, int]]:
        """Where its arrays are: shard, offset, bytes."""
        video, frame = divmod(item, self.frames)
        for array in self._arrays:
            offset = array.offsets[video] + frame * array.bytes
            yield self._shards[video], offset, array.bytes

    def items(self) -> pd.DataFrame:
        """What each item is, in order: video_id, face_id, frame_index, label.

        `frame_index` counts the T frames of the view; missing where by="video".
        """
        frames = np.tile(np.arange(self.frames), len(self.video_ids))
        table = pd.DataFrame(
            {
                "video_id": np.repeat(self.video_ids, self.frames),
                "face_id": 0,
                "frame_index": pd.array(frames, dtype="Int64"),
                "label": self.labels.numpy().astype(int).repeat(self.frames),
            }
        )
        if self.by == "video":
            table["frame_index"] = pd.array([pd.NA] * len(table), dtype="Int64")
        return table


class _Array:
    """Where one array of every video begins, and what an item of it is."""

    def __init__(self, offsets: pd.Series, shape: tuple[int, ...], dtype: type):
        self.offsets = offsets.astype("int64").tolist()
        self.shape, self.dtype = shape, dtype
        self.bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize


class Loader(DataLoader):
    """A DataLoader whose order and augmentation are known: see `loader`.

    Lightning keeps its state in a checkpoint, and the next iteration after
    `load_state_dict` goes on in the middle of the epoch.
    """

    augment: Augment | None = None
    more: More | None = None
    seed = 0
    epoch = 0

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int,
        sampler: Sampler[int] | None = None,
        **options: Any,
    ):
        order = SequentialSampler(dataset) if sampler is None else sampler
        batches = GlobalBatches(order, batch_size)
        super().__init__(
            dataset, batch_sampler=batches, collate_fn=_collated, **options
        )
        self._given = 0  # batches, in this epoch
        self._skip = 0  # of the next iteration

    def set_epoch(self, epoch: int) -> None:
        """Use the order and the draws of this epoch from the next iteration on."""
        if epoch != self.epoch:
            self._skip = 0
        self.epoch = epoch
        if hasattr(self.batch_sampler.sampler, "set_epoch"):
            self.batch_sampler.sampler.set_epoch(epoch)

    def deal(self, rank: int, ranks: int) -> None:
        """Give this rank's share of every batch from now on (order.GlobalBatches)."""
        self.batch_sampler.deal(rank, ranks)

    def is_filler(self, number: int) -> bool:
        """Whether batch `number` of the epoch is there only to keep step."""
        return self.batch_sampler.is_filler(number)

    def state_dict(self) -> dict[str, int]:
        """Where it is: the epoch, and how many of its batches were given."""
        return {"epoch": self.epoch, "given": self._given}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from there in the next iteration; nothing before it is read."""
        self.set_epoch(state["epoch"])
        self._skip = state["given"]

    def __iter__(self) -> Iterator[tuple[X, torch.Tensor]]:
        self.batch_sampler.start, self._skip = self._skip, 0
        # Other ranks have other items, so their draws are others, too.
        rank = (self.batch_sampler.rank,) if self.batch_sampler.rank else ()
        for number, (x, y) in enumerate(super().__iter__(), self.batch_sampler.start):
            self._given = number + 1
            # By batch, so that an epoch is the same after an interruption.
            place = self.seed, self.epoch, number
            if self.augment is not None:
                x = self.augment(x, np.random.default_rng([*place, 0, *rank]))
            if self.more is not None:
                x, y = self.more(x, y, np.random.default_rng([*place, 1, *rank]))
            yield x, y


def _collated(
    batch: tuple[X, torch.Tensor] | list[tuple[X, torch.Tensor]],
) -> tuple[X, torch.Tensor]:
    """A batch: PreparedSet gives one, a list of items comes from any other data set."""
    if not isinstance(batch, list):
        return batch
    x, y = default_collate(batch)
    return tuple(x) if isinstance(x, list) else x, y  # TensorFlow takes no list


def loader(
    dataset: PreparedSet | Subset,
    *,
    batch_size: int,
    shuffle: bool,
    seed: int = 0,
    draw: int | None = None,
    augment: Augment | None = None,
    more: More | None = None,
    workers: int = 0,
) -> Loader:
    """Batches (x uint8 (B, ...), y float32 (B,)); the last one may be smaller.

    Args:
        dataset: a part of one (`Subset`) only without `shuffle`.
        shuffle: a new order each epoch (`set_epoch`); else the order of the manifest.
        seed: of the order and of `augment`; at least 0.
        draw: with `shuffle` and by="frame", how many frames of a video an epoch has,
            others each time; all where not given. Neighbours are nearly alike.
        augment: changes a batch x, given a random generator; for training only.
        more: gives a batch (x, y) further examples; for training only.
        workers: processes that read ahead; reading is a copy from memory, so 0 will do
            unless the disk is slow, or a server.
    """
    sampler = None
    if shuffle:
        videos = len(dataset.video_ids)
        sampler = EpochSampler(videos, dataset.frames, seed=seed, draw=draw)
    batches = Loader(
        dataset,
        batch_size=batch_size,
        sampler=sampler,
        num_workers=workers,
        # Forking a process that has threads (TensorFlow has) can hang.
        multiprocessing_context="spawn" if workers else None,
        persistent_workers=workers > 0,
    )
    batches.augment, batches.more, batches.seed = augment, more, seed
    return batches
