"""16 face crops of a 1080p clip, against MTCNN at full size on each of the 16 frames.

    python benchmarks/faces.py

The frames are rendered here: 16 of a 10-s clip, so 0.6 s apart. Also says how well the
tracked boxes agree with the baseline's (recall, intersection over union), over several
people; processor seconds beside wall seconds, for machines that are busy. Both on one
thread: more gain MTCNN little, and make it ten times slower on a busy machine.
"""

import time

import numpy as np

from dfstudy.data import synth
from dfstudy.video.faces import FaceDetector, crop_faces, track_faces
from dfstudy.video.track import overlap

PEOPLE, FRAMES, SIZE = 3, 16, (1080, 1920)


def full_size(network, frames: np.ndarray) -> list[np.ndarray]:
    out = []
    for frame in frames:
        boxes, confidences = network.detect(frame)
        keep = [] if boxes is None else confidences.astype(float) >= 0.9
        out.append(np.array(boxes[keep], float) if len(keep) else np.zeros((0, 4)))
    return out


def crops(detector: FaceDetector, frames: np.ndarray):
    tracks = track_faces(frames, detector)
    for track in tracks:
        crop_faces(frames, track.boxes, size=224, margin=0.3)
    return tracks


def timed(function, *args):
    wall, cpu = time.perf_counter(), time.process_time()
    result = function(*args)
    return result, np.array([time.perf_counter() - wall, time.process_time() - cpu])


def main() -> None:
    import torch
    from facenet_pytorch import MTCNN

    torch.set_num_threads(1)
    network, detector = MTCNN(keep_all=True).eval(), FaceDetector()
    total = np.zeros((2, 2))  # ours, baseline x wall, processor
    overlaps = []
    for seed in range(PEOPLE):
        person = synth.Person.random(np.random.default_rng(seed))
        clip = synth.render_clip(person, seed, frames=FRAMES, size=SIZE, fps=1.6)
        if seed == 0:  # weights and caches
            timed(crops, detector, clip.frames), full_size(network, clip.frames[:1])
        tracks, ours = timed(crops, detector, clip.frames)
        truth, baseline = timed(full_size, network, clip.frames)
        total += [ours, baseline]
        for t, boxes in enumerate(truth):
            mine = [track.boxes[t] for track in tracks if track.present[t]]
            overlaps += [max([overlap(b, m) for m in mine], default=0) for b in boxes]
    overlaps = np.array(overlaps)
    for name, (wall, cpu) in zip(("tracked", "full size"), total / PEOPLE, strict=True):
        print(f"{name:10s} {FRAMES} frames: {wall:.2f} s, {cpu:.2f} processor s")
    wall, cpu = total[0] / total[1]
    print(f"ratio: {wall:.3f} of the time, {cpu:.3f} of the processor time")
    print(
        f"of {len(overlaps)} full-size faces: recall {(overlaps >= 0.5).mean():.3f}, "
        f"IoU mean {overlaps.mean():.3f}, >= 0.8 in {(overlaps >= 0.8).mean():.3f}"
    )


if __name__ == "__main__":
    main()
