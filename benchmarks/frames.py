"""Frames of a video: all decoded in order, a few kept."""

import cv2

from benchmarks import videos
from benchmarks.measure import Scale, benchmark, in_turns
from dfstudy.video.read import read_evenly

FRAMES = 16


@benchmark("16 even frames of 10 s of 1080p", "plain decode of it (grab)", at_most=1.15)
def frames_vs_decode(scale: Scale) -> dict:
    """OpenCV's `grab` decodes every frame and converts none."""
    path = videos.filmed(scale)

    def plain() -> int:
        video, count = cv2.VideoCapture(str(path)), 0
        while video.grab():
            count += 1
        return count

    if plain() != read_evenly(path, FRAMES)[2]:
        raise RuntimeError("the two do not decode the same frames")
    return in_turns(
        lambda: read_evenly(path, FRAMES), plain, repeats=scale.of(7, 1), warm=False
    )


@benchmark("16 even frames of 10 s of 1080p", "the same by seeking to each")
def frames_vs_seek(scale: Scale) -> dict:
    """What seeking gains in time; it may land on the wrong frame (see video.decode)."""
    path = videos.filmed(scale)
    places = read_evenly(path, FRAMES)[1].tolist()

    def sought() -> None:
        video = cv2.VideoCapture(str(path))
        for place in places:
            video.set(cv2.CAP_PROP_POS_FRAMES, place)
            if not video.read()[0]:
                raise RuntimeError(f"no frame {place} by seeking")

    return in_turns(
        lambda: read_evenly(path, FRAMES), sought, repeats=scale.of(5, 1), warm=False
    )
