"""What happens to a video on its way through the world, from mild to heavy.

    damage = Perturbation(kind="h264", level=37)
    for frame in damage(iter_frames("clip.mp4")): ...       # as after a re-encoding
    ladder(["jpeg", "blur"], levels=3)                      # six of them

A perturbation takes the frames of a clip, uint8 (H, W, 3) at the file's own size, one
after the other, and gives as many back. The same frames give the same result on every
run. Those that change a frame by itself (`of_one_frame`) may be given a part of a clip.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np

Frames = Iterator[np.ndarray]


@dataclass(frozen=True)
class Kind:
    """One way to damage a video, at five levels; `apply` takes the frames and one."""

    name: str
    title: str  # of a figure
    unit: str  # of its axis
    said: str  # one level in words, with a {} for it
    levels: tuple[float, ...]  # from mild to heavy
    apply: Callable[[Iterable[np.ndarray], float], Frames]
    of_one_frame: bool = True  # each comes out the same whatever is before and after


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """A kind of KINDS at one of its levels, or at any other of the same unit."""

    kind: str
    level: float

    def __post_init__(self):
        if self.kind not in KINDS:
            known = ", ".join(KINDS)
            raise ValueError(f"no perturbation {self.kind!r}: choose of {known}")

    def __str__(self) -> str:
        """For figures: "H.264, CRF 37"."""
        kind = KINDS[self.kind]
        return f"{kind.title}, {kind.said.format(self.level)}"

    @property
    def of_one_frame(self) -> bool:
        """Whether a frame comes out the same whatever is before and after it."""
        return KINDS[self.kind].of_one_frame

    def __call__(self, frames: Iterable[np.ndarray]) -> Frames:
        """As many frames uint8 as come in; of another size only from "crop"."""
        return KINDS[self.kind].apply(frames, self.level)

    def moved(self, boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Where boxes (..., 4), xyxy, lie afterwards; `size` is (H, W) before."""
        if self.kind != "crop":
            return boxes
        top, left = _cut(size, self.level)
        return boxes - np.array([left, top, left, top], dtype=float)


def ladder(kinds: Sequence[str], *, levels: int) -> list[Perturbation]:
    """`levels` of the five levels of each kind, evenly, always with the heaviest."""
    if not 1 <= levels <= 5:
        raise ValueError(f"a kind has five levels, not {levels}")
    taken = np.round(np.linspace(4, 0, levels)).astype(int)[::-1] if levels > 1 else [4]
    return [
        Perturbation(kind=kind, level=KINDS[kind].levels[i])
        for kind in kinds
        for i in taken
    ]


def _h264(frames: Iterable[np.ndarray], crf: float) -> Frames:
    """Coded by x264 as platforms do, with a quality instead of a bit rate."""
    file, size, count = io.BytesIO(), None, 0
    with av.open(file, "w", format="mp4") as out:
        for frame in frames:
            if size is None:
                size = frame.shape[:2]
                stream = out.add_stream("libx264", rate=25)
                # 4:2:0 has no odd sizes; a repeated edge is cut off again below.
                stream.height, stream.width = (side + side % 2 for side in size)
                stream.pix_fmt = "yuv420p"
                stream.thread_count = 1
                # With mbtree, one run in some hundreds of the same frames differs.
                stream.options = {
                    "crf": f"{crf:g}",
                    "preset": "veryfast",
                    "x264-params": "mbtree=0",
                }
            even = [(0, side % 2) for side in size]
            frame = np.pad(frame, [*even, (0, 0)], mode="edge")
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, count = count, count + 1
            out.mux(stream.encode(picture))
        if size is None:
            return
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as coded:
        coded.streams.video[0].thread_type = "NONE"
        for frame in coded.decode(video=0):
            yield frame.to_ndarray(format="rgb24")[: size[0], : size[1]]


def _fewer(frames: Iterable[np.ndarray], every: float) -> Frames:
    """Only every so-manyth frame; until the next one, a player shows the last."""
    for index, frame in enumerate(frames):
        if index % int(every) == 0:
            shown = frame
        yield shown


def _resize(frames: Iterable[np.ndarray], percent: float) -> Frames:
    for frame in frames:
        height, width = frame.shape[:2]
        small = [max(1, round(side * percent / 100)) for side in (width, height)]
        small = cv2.resize(frame, small, interpolation=cv2.INTER_AREA)
        yield cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _jpeg(frames: Iterable[np.ndarray], quality: float) -> Frames:
    for frame in frames:
        # OpenCV has blue first; nothing else in a JPEG depends on the order.
        options = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
        _, coded = cv2.imencode(".jpg", frame[..., ::-1], options)
        yield np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1])


def _blur(frames: Iterable[np.ndarray], sigma: float) -> Frames:
    for frame in frames:
        yield cv2.GaussianBlur(frame, (0, 0), sigma)


def _noise(frames: Iterable[np.ndarray], deviation: float) -> Frames:
    for frame in frames:
        # Seeded by the frame: another frame, other noise; the same again, the same.
        rng = np.random.default_rng(int(frame.sum(dtype=np.int64)))
        noise = rng.standard_normal(frame.shape, dtype=np.float32) * deviation
        yield np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8)


def _darker(frames: Iterable[np.ndarray], percent: float) -> Frames:
    for frame in frames:
        yield cv2.convertScaleAbs(frame, alpha=percent / 100)


def _crop(frames: Iterable[np.ndarray], percent: float) -> Frames:
    for frame in frames:
        height, width = frame.shape[:2]
        top, left = _cut((height, width), percent)
        yield frame[top : height - top, left : width - left]


def _cut(size: tuple[int, int], percent: float) -> tuple[int, int]:
    """Rows and columns that a crop takes from each end."""
    return int(size[0] * percent / 100), int(size[1] * percent / 100)


_KINDS = (
    Kind("h264", "H.264", "CRF", "CRF {:g}", (23, 30, 37, 44, 51), _h264, False),
    Kind(
        "resize",
        "smaller and back",
        "% of each side",
        "to {:g} %",
        (70, 50, 30, 20, 10),
        _resize,
    ),
    Kind("jpeg", "JPEG", "quality", "quality {:g}", (75, 50, 25, 10, 5), _jpeg),
    Kind("blur", "blur", "sigma, pixels", "{:g} pixels", (1, 2, 3, 5, 8), _blur),
    Kind(
        "noise",
        "noise",
        "sigma, grey levels",
        "{:g} grey levels",
        (5, 10, 20, 40, 80),
        _noise,
    ),
    Kind(
        "frame_rate",
        "fewer frames",
        "one in",
        "one in {:g}",
        (2, 3, 4, 6, 8),
        _fewer,
        False,
    ),
    Kind(
        "brightness",
        "darker",
        "% of the light",
        "to {:g} %",
        (80, 60, 40, 20, 10),
        _darker,
    ),
    Kind(
        "crop", "crop", "% cut at each end", "{:g} % a side", (2, 5, 10, 15, 20), _crop
    ),
)
KINDS = {kind.name: kind for kind in _KINDS}
