"""The verdict drawn into the video: boxes, words, and the probability over time.

    annotate("clip.mp4", verdict, "annotated.mp4")

Plays in browsers: H.264, 4:2:0, upright, at the source's times and size (an odd side
gets one pixel more). One frame is in memory at a time. There is no sound: it was not
examined, and a copy of it would look as if it had been.

Boxes are known at the sampled frames; between two of them that are near they are
interpolated. Further away there is none: nobody looked for the face there.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dfstudy.detect.verdict import CANNOT_TELL, FAKE, REAL, FaceVerdict, Verdict
from dfstudy.video.probe import probe
from dfstudy.video.read import shots

# Told apart by people who confuse red and green, too; the words say the same.
_COLOURS = {REAL: (86, 180, 233), FAKE: (230, 159, 0), CANNOT_TELL: (220, 220, 220)}
_NOT_SCORED = (150, 150, 150)
_NEAR = 2.0  # seconds between sampled frames that are bridged
_HOLD = 0.25  # seconds that a box outlasts its frame where there is no such bridge
_TICKS = Fraction(1, 90_000)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def annotate(path: str | Path, verdict: Verdict, out: str | Path) -> Path:
    """Write the video at `path` with what `verdict` says of it to `out`, an MP4.

    Raises:
        VideoError: the file cannot be read. ValueError: `out` is the video itself, or
        there is no verdict.
    """
    path, out = Path(path), Path(out)
    if verdict.error:
        raise ValueError(f"{path.name}: no verdict to draw: {verdict.error}")
    if out.resolve() == path.resolve():
        raise ValueError(f"{out} is the video itself: write to another file")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f"{out.name}.part")
    info = probe(path)
    try:
        _encode(part, _drawn(path, verdict, info.duration_s), fps=info.fps)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return out


def _drawn(
    path: Path, verdict: Verdict, length: float
) -> Iterator[tuple[float, np.ndarray]]:
    """Each frame (H, W, 3), drawn on, and its time after the first one, in seconds."""
    begin = strip = None
    for shot in shots(path):
        frame = shot.rgb()
        if begin is None:
            begin = shot.time
            strip = _Strip(verdict, frame.shape[:2], length)
        now = shot.time - begin
        for face in verdict.faces:
            box = box_at(verdict.frames["seconds"], face.boxes, now)
            if box is not None:
                _box(frame, face, box)
        strip.draw(frame, now)
        yield now, frame


def box_at(
    seconds: Sequence[float], boxes: Sequence[list[float] | None], now: float
) -> np.ndarray | None:
    """Where a face is at `now`, xyxy (4,); None where nobody looked, or it was away.

    Args:
        seconds: (T,) of the sampled frames, ascending.
        boxes: (T,) xyxy, None where the face was absent.
    """
    after = int(np.searchsorted(seconds, now, side="right"))
    left, right = after - 1, min(after, len(seconds) - 1)
    if left >= 0 and boxes[left] is not None and boxes[right] is not None:
        gap = seconds[right] - seconds[left]
        if 0 < gap <= _NEAR:
            share = (now - seconds[left]) / gap
            return (1 - share) * np.array(boxes[left]) + share * np.array(boxes[right])
    near = [
        (abs(seconds[i] - now), i)
        for i in {max(left, 0), right}
        if boxes[i] is not None and abs(seconds[i] - now) <= _HOLD
    ]
    return np.array(boxes[min(near)[1]]) if near else None


class _Strip:
    """The band at the bottom: the verdict, and a curve over the seconds."""

    def __init__(self, verdict: Verdict, size: tuple[int, int], length: float):
        self.height, self.width = size
        self.scale = _scale(size)
        line = int(22 * self.scale) + 6
        self.band = min(self.height // 2, line + int(90 * self.scale))
        self.top = self.height - self.band
        self.plot = (self.top + line, self.height - max(2, int(6 * self.scale)))
        curves = list(_curves(verdict))
        ends = [seconds[-1] for seconds, _, _ in curves if seconds]
        self.length = max([length, *ends, 1e-3])
        self.picture = np.zeros((self.height, self.width, 3), np.uint8)
        self._words(verdict)
        for limit in {o.threshold for o in verdict.opinions} - {None}:
            y = self._y(limit)
            for x in range(0, self.width, 12):
                cv2.line(self.picture, (x, y), (x + 5, y), (130, 130, 130), 1)
        for seconds, p, colour in curves:
            self._curve(seconds, p, colour)

    def draw(self, frame: np.ndarray, now: float) -> None:
        """Put the band onto a frame, darkened below it, and a line at `now`."""
        below = frame[self.top :]
        below //= 3
        drawn = self.picture[self.top :]
        np.copyto(below, drawn, where=drawn.any(axis=2, keepdims=True))
        x = self._x(now)
        cv2.line(frame, (x, self.plot[0]), (x, self.plot[1]), (255, 255, 255), 1)

    def _words(self, verdict: Verdict) -> None:
        colour = _COLOURS[verdict.verdict]
        text = verdict.verdict
        if verdict.probability is not None:
            text += f"   P(fake) {verdict.probability:.2f}"
        if any(d.get("data_kind") == "synthetic" for d in verdict.detectors):
            text += "   (trained on synthetic data)"
        at = (int(8 * self.scale), self.top + int(20 * self.scale))
        _text(self.picture, text, at, self.scale, colour, most=self.width)

    def _curve(
        self, seconds: list[float], p: list[float | None], colour: tuple[int, ...]
    ) -> None:
        thick = max(1, round(2 * self.scale))
        last = None
        for s, value in zip(seconds, p, strict=True):
            here = None if value is None else (self._x(s), self._y(value))
            if here and last:
                cv2.line(self.picture, last, here, colour, thick, cv2.LINE_AA)
            if here:
                cv2.circle(self.picture, here, thick + 1, colour, -1, cv2.LINE_AA)
            last = here

    def _x(self, seconds: float) -> int:
        return min(self.width - 1, int(seconds / self.length * (self.width - 1)))

    def _y(self, p: float) -> int:
        top, bottom = self.plot
        return int(bottom - p * (bottom - top))


def _curves(
    verdict: Verdict,
) -> Iterator[tuple[list[float], list[float | None], tuple[int, ...]]]:
    """Seconds, P(fake) and colour of every face's opinions; else of the video's."""
    faces = [face for face in verdict.faces if face.opinions]
    for said in faces or [verdict]:
        for opinion in said.opinions:
            yield opinion.seconds, opinion.over_time, _COLOURS[said.verdict]


def _box(frame: np.ndarray, face: FaceVerdict, box: np.ndarray) -> None:
    scale = _scale(frame.shape[:2])
    colour = _COLOURS.get(face.verdict, _NOT_SCORED)
    x0, y0, x1, y1 = (round(v) for v in box.tolist())
    thick = max(1, round((3 if face.verdict else 1) * scale))
    cv2.rectangle(frame, (x0, y0), (x1, y1), colour, thick, cv2.LINE_AA)
    text = f"{face.face_id}: not scored"
    if face.verdict:
        text = f"{face.face_id}: {face.verdict} {face.probability:.2f}"
    at = (max(0, x0), max(int(20 * scale), y0 - int(6 * scale)))
    _text(frame, text, at, scale, colour, most=frame.shape[1])


def _text(
    picture: np.ndarray,
    text: str,
    at: tuple[int, int],
    scale: float,
    colour: tuple[int, ...],
    *,
    most: int,
) -> None:
    """Write `text` over a dark edge; smaller, or further left, where it is too long."""
    size, thick = 0.6 * scale, max(1, round(1.5 * scale))
    long = cv2.getTextSize(text, _FONT, size, thick)[0][0]
    if long > most - 8:
        size *= (most - 8) / long
        long = most - 8
    at = (max(2, min(at[0], most - long - 4)), at[1])
    cv2.putText(picture, text, at, _FONT, size, (1, 1, 1), thick + 2, cv2.LINE_AA)
    cv2.putText(picture, text, at, _FONT, size, colour, thick, cv2.LINE_AA)


def _scale(size: tuple[int, int]) -> float:
    """Of letters and lines: 1 in a frame whose shorter side has 480 pixels."""
    return max(0.5, min(size) / 480)


def _encode(
    path: Path, frames: Iterator[tuple[float, np.ndarray]], *, fps: float
) -> None:
    options = {"movflags": "faststart"}
    rate = Fraction(fps).limit_denominator(1001) or Fraction(25)
    stream, last = None, -1
    with av.open(str(path), "w", format="mp4", options=options) as out:
        for seconds, frame in frames:
            frame = np.pad(frame, _even(frame), mode="edge")
            if stream is None:
                stream = out.add_stream("libx264", rate=rate)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.time_base = _TICKS
                stream.options = {"preset": "veryfast", "crf": "21"}
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            last = max(round(seconds / _TICKS), last + 1)  # no two at one time
            picture.pts, picture.time_base = last, _TICKS
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


def _even(frame: np.ndarray) -> list[tuple[int, int]]:
    """One pixel more where a side is odd: 4:2:0 has no odd sizes."""
    height, width = frame.shape[:2]
    return [(0, height % 2), (0, width % 2), (0, 0)]
