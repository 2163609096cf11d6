"""The cascade against facenet-pytorch's own, to the last bit."""

import numpy as np
import pytest

from dfstudy.data import synth
from dfstudy.video.cascade import cascade
from dfstudy.video.faces import FaceDetector


@pytest.fixture(scope="module")
def people():
    """Frames (3, 216, 384, 3), each of another person."""
    rng = np.random.default_rng(0)
    clips = [
        synth.render_clip(
            synth.Person.random(rng), k, frames=1, size=(216, 384), fps=24
        )
        for k in range(3)
    ]
    return np.concatenate([clip.frames for clip in clips])


def pictures(people: np.ndarray, what: str) -> np.ndarray:
    if what == "people":
        return people
    if what == "two beside each other, and nobody":
        return np.stack([np.hstack(people[:2]), np.full((216, 768, 3), 90, np.uint8)])
    if what == "cut by the edge, odd size":
        return np.ascontiguousarray(people[:, 31:, 100:321])
    return np.random.default_rng(1).integers(0, 256, (2, 67, 90, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("what", "faces"),
    [
        ("people", 3),
        ("two beside each other, and nobody", 2),
        ("cut by the edge, odd size", 2),
        ("noise", 0),
    ],
)
def test_it_finds_what_the_library_finds(people, what, faces):
    import torch

    frames = pictures(people, what)
    network = FaceDetector()._network()
    with torch.inference_mode():
        found = cascade(frames, network)
        theirs = network.detect(frames, landmarks=True)
    assert sum(len(boxes) for boxes, _ in found) >= faces
    for (ours, marks), boxes, sure, points in zip(found, *theirs, strict=True):
        if boxes is None:
            assert not len(ours) and not len(marks)
        else:
            assert np.array_equal(ours[:, :4], boxes)
            assert np.array_equal(ours[:, 4], sure)
            assert np.array_equal(marks, points)
