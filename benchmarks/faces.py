"""Faces: tracked in reduced frames, against MTCNN at full size on every frame."""

from functools import cache

import numpy as np

from benchmarks import videos
from benchmarks.measure import Scale, benchmark, in_turns, one_thread
from dfstudy.data import synth
from dfstudy.video.faces import FaceDetector, crop_faces, track_faces
from dfstudy.video.read import iter_frames
from dfstudy.video.region import WORKING, best_start, best_window, frame_score
from dfstudy.video.sample import reduce_to
from dfstudy.video.track import overlap

FRAMES = 16


@benchmark(
    "16 face crops of 10 s of 1080p, tracked", "MTCNN at full size", at_most=1 / 3
)
def faces_vs_full_mtcnn(scale: Scale) -> dict:
    """16 frames that lie 0.6 s apart, of several people, on one thread.

    More threads gain MTCNN little, and make it ten times slower on a busy machine.
    """
    from facenet_pytorch import MTCNN

    network, detector = MTCNN(keep_all=True).eval(), FaceDetector()
    clips = [
        synth.render_clip(
            synth.Person.random(np.random.default_rng(seed)),
            seed,
            frames=scale.of(FRAMES, 3),
            size=videos.full_hd(scale),
            fps=1.6,
        ).frames
        for seed in range(scale.of(3, 1))
    ]

    def tracked() -> list[list]:
        found = []
        for frames in clips:
            tracks = track_faces(frames, detector)
            for track in tracks:
                crop_faces(frames, track.boxes, size=224, margin=0.3)
            found.append(tracks)
        return found

    def full_size() -> list[list[np.ndarray]]:
        return [[_detected(network, frame) for frame in frames] for frames in clips]

    with one_thread():
        times = in_turns(
            tracked, full_size, repeats=scale.of(3, 1), warm=not scale.quick
        )
        found, truth = tracked(), full_size()
    best = []
    for tracks, of_frames in zip(found, truth, strict=True):
        for t, boxes in enumerate(of_frames):
            mine = [track.boxes[t] for track in tracks if track.present[t]]
            best += [max([overlap(b, m) for m in mine], default=0.0) for b in boxes]
    overlaps = np.array(best)
    recall = float((overlaps >= 0.5).mean())
    close = float((overlaps >= 0.8).mean())
    checks = {
        "recall >= 0.99": recall >= 0.99,
        "mean IoU >= 0.8": overlaps.mean() >= 0.8,
    }
    return times | {
        "faces": len(overlaps),
        "recall": recall,
        "iou_mean": float(overlaps.mean()),
        "iou_at_least_08": close,
        "checks": {name: bool(held) for name, held in checks.items()},
    }


def _detected(network, frame: np.ndarray) -> np.ndarray:
    """Boxes (n, 4) of which MTCNN is as sure as our detector must be."""
    boxes, sure = network.detect(frame)
    return np.zeros((0, 4)) if boxes is None else boxes[sure.astype(float) >= 0.9]


@benchmark("S0's best 16 frames of 10 s of 1080p", "MTCNN on each frame, reduced")
def best_clip(scale: Scale) -> dict:
    """Also how good the stretch is by the scores of every frame: 1 is the best."""
    path, detector = videos.talking(scale), FaceDetector()

    @cache
    def scores() -> np.ndarray:
        return dense()

    def dense() -> np.ndarray:
        out = []
        for frame in iter_frames(path):
            small = reduce_to(frame, WORKING)
            (faces,) = detector.detect(small[None])
            out.append(frame_score(faces, *small.shape[:2]))
        return np.array(out)

    def guided() -> int:
        return best_start(path, FRAMES, detector=detector, every=8)

    with one_thread():
        times = in_turns(guided, dense, repeats=scale.of(3, 1), warm=False)
        start, best = guided(), best_window(scores(), FRAMES)
    of = [float(scores()[at : at + FRAMES].sum()) for at in (start, best)]
    return times | {"score_of_the_best": of[0] / of[1] if of[1] else 1.0}
