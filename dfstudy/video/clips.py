"""Some frames of one video of any size: small in memory, whole only in passing.

    clip = read_clip("8k.mp4", lambda times: even_indices(len(times), 16), faces=True)
    tracks = clip.track(FaceDetector())
    crops = clip.cut(tracks[0].boxes[None], at=np.arange(16), size=224, margin=0.3)

A frame of 8K video is 100 MB, and 150 frames of 1080p are 900. So each frame is made
small while it is read, faces are followed in the small ones, and the whole ones stay
only while there is room; the others are decoded again when their faces are cut out.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, tee
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dfstudy.video.perturb import Perturbation
from dfstudy.video.read import pick, read_chosen, shots
from dfstudy.video.region import WORKING
from dfstudy.video.sample import reduce_to

if TYPE_CHECKING:
    from dfstudy.video.track import Detector, FaceTrack

_ROOM = 2**28  # bytes of whole frames kept: 16 of 4K do not fit, 40 of 1080p do


class _Kept(NamedTuple):
    shown: np.ndarray | None  # resized as asked for
    small: np.ndarray | None  # where faces are searched
    whole: np.ndarray | None
    size: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Clip:
    """N chosen frames of one video."""

    path: str | os.PathLike
    indices: np.ndarray  # int64 (N,): which frames of the video
    times: np.ndarray  # float64 (n,): seconds of the n frames that there are
    shown: np.ndarray | None  # uint8 (N, h, w, 3): what `resize` made of them
    _keep: Callable[[np.ndarray], _Kept] = field(repr=False)
    _kept: dict[int, _Kept] = field(repr=False)
    _clean: "Clip | None" = field(default=None, repr=False)  # before `_damage`
    _damage: Perturbation | None = None

    @property
    def n_frames(self) -> int:
        """How many there are, as far as the file was read."""
        return len(self.times)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of a whole frame, upright, in pixels."""
        return self._kept[int(self.indices[0])].size

    def damaged(self, damage: Perturbation) -> "Clip":
        """The same frames of the clip as `damage` leaves it."""
        other = replace(self, _clean=self, _damage=damage)
        frames = other._read(set(self.indices.tolist()))
        kept = {index: self._keep(frame) for index, frame in frames}
        shown = None if self.shown is None else _shown(kept, self.indices)
        return replace(other, _kept=kept, shown=shown)

    def moved(self, boxes: np.ndarray) -> np.ndarray:
        """Where boxes (..., 4) found in the clip as it is lie in this one."""
        if self._damage is None:
            return boxes
        return self._damage.moved(boxes, self._clean.size)

    def track(
        self, detector: "Detector", *, count: int | None = None, every: int = 4
    ) -> list["FaceTrack"]:
        """Faces through the first `count` frames, which must be in order of time.

        Those that are not sure come last (see `track.all_tracks`). Boxes are in pixels
        of whole frames. A frame that repeats is searched once.
        """
        from dfstudy.video.track import all_tracks  # slow to import, not always needed

        order, back = np.unique(self.indices[:count], return_inverse=True)
        small = np.stack([self._kept[i].small for i in order.tolist()])
        height, width = self.size
        ratio = np.array([width / small.shape[2], height / small.shape[1]] * 2)
        return [
            replace(track, boxes=track.boxes * ratio).at(back)
            for track in all_tracks(small, detector, every=every)
        ]

    def cut(
        self, boxes: np.ndarray, *, at: np.ndarray, size: int, margin: float
    ) -> np.ndarray:
        """F faces cut from P of the frames, uint8 (F, P, size, size, 3).

        `at` (P,) says which of the N frames, `boxes` (F, P, 4) where each face is in
        them; see `faces.crop_faces` for `margin`.
        """
        from dfstudy.video.faces import crop_faces

        out = np.empty((*boxes.shape[:2], size, size, 3), np.uint8)
        indices = self.indices[at]
        for index, frame in self._frames(set(indices.tolist())):
            for p in np.flatnonzero(indices == index):
                frames = [frame] * len(boxes)
                out[:, p] = crop_faces(frames, boxes[:, p], size=size, margin=margin)
        return out

    def _frames(self, wanted: set[int]) -> Iterator[tuple[int, np.ndarray]]:
        """Each wanted frame once, whole, in order: from memory, else read again."""
        again = {index for index in wanted if self._kept[index].whole is None}
        read = self._read(again) if again else iter(())
        for index in sorted(wanted):
            yield next(read) if index in again else (index, self._kept[index].whole)

    def _read(self, wanted: set[int]) -> Iterator[tuple[int, np.ndarray]]:
        """Wanted frames in order, from the file, and as the damage leaves them."""
        if self._damage is None:
            yield from ((shot.index, shot.rgb()) for shot in pick(self.path, wanted))
            return
        if self._damage.of_one_frame:
            numbers = sorted(wanted)
            clean = (frame for _, frame in self._clean._frames(wanted))
        else:
            ours, theirs = tee(islice(shots(self.path), self.n_frames))
            numbers = (shot.index for shot in ours)
            clean = (shot.rgb() for shot in theirs)
        for index, frame in zip(numbers, self._damage(clean), strict=True):
            if index in wanted:
                yield index, frame


def read_clip(
    path: str | os.PathLike,
    choose: Callable[[np.ndarray], np.ndarray],
    *,
    resize: Callable[[np.ndarray], np.ndarray] | None = None,
    faces: bool,
    again: bool = False,
    seconds: float = float("inf"),
) -> Clip:
    """Read the frames that `choose` wants (see `read.read_chosen`).

    Args:
        resize: makes `Clip.shown` of frames uint8 (1, H, W, 3); nothing where None.
        faces: whether faces are to be followed and cut out.
        again: whether the clip is to be damaged, so that whole frames are needed again.
        seconds: read no further than this after the first frame.

    Raises:
        VideoError: the file cannot be used, with the reason.
    """
    room = _ROOM

    def keep(frame: np.ndarray) -> _Kept:
        nonlocal room
        room -= frame.nbytes
        return _Kept(
            shown=resize(frame[None])[0] if resize else None,
            small=reduce_to(frame, WORKING) if faces else None,
            whole=frame if (faces or again) and room >= 0 else None,
            size=frame.shape[:2],
        )

    kept, indices, times = read_chosen(path, choose, keep=keep, seconds=seconds)
    return Clip(
        path=path,
        indices=indices,
        times=times,
        shown=_shown(kept, indices) if resize else None,
        _keep=keep,
        _kept=kept,
    )


def _shown(kept: dict[int, _Kept], indices: np.ndarray) -> np.ndarray:
    return np.stack([kept[i].shown for i in indices.tolist()])
