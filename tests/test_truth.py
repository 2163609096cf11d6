"""What only a renderer knows: where a fake is forged, as a detector sees it."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from dfstudy.data import truth
from dfstudy.data.prepare import prepare
from dfstudy.data.view import View
from dfstudy.video.track import Detection

WHOLE = View(frames=4, height=54, width=96)
SQUARE = View(frames=4, height=48, width=48, resize="adaptive")
FACE = View(frames=3, height=64, width=64, crop="face", detector="haar", margin=0.4)

UNKNOWN = np.full((5, 2), np.nan)  # landmarks


class Box:
    """Finds the truth's box of one person: the same place in all frames."""

    min_confidence = 0.9

    def __init__(self, box):
        self.box = np.asarray(box, float)

    def detect(self, frames):
        return [[Detection(self.box, 0.99, UNKNOWN)] for _ in frames]

    def refine(self, frames, boxes):
        return [Detection(box, 0.99, UNKNOWN) for box in boxes]


@pytest.fixture
def pairs(tiny_data):
    """Composites and the real clips that they were made from: (fake id, real id)."""
    rows = tiny_data.manifest
    fakes = rows[rows["method"].isin(["blend", "flicker", "partial"])]
    known = set(rows["video_id"])
    return [
        (f, s)
        for f, s in zip(fakes["video_id"], fakes["source_id"], strict=True)
        if s in known
    ]


@pytest.mark.parametrize("view", [WHOLE, SQUARE])
def test_the_change_lies_inside_the_mask(tiny_data, pairs, view):
    fakes, reals = (list(ids) for ids in zip(*pairs, strict=True))
    masks = truth.masks(tiny_data, view, fakes)
    assert masks.shape == (len(fakes), 4, view.height, view.width)
    assert masks.dtype == bool and masks.any((2, 3)).any()
    agrees(tiny_data.prepared(view), masks, fakes, reals)


def test_a_crop_of_the_mask_is_the_crop_of_the_frame(
    tiny_data, pairs, tmp_path, monkeypatch
):
    # Off the middle and over the edge, so that a crop that is cut otherwise shows.
    box = Box([40, 10, 330, 230])
    monkeypatch.setattr("dfstudy.video.faces.new_detector", lambda name: box)
    fakes, reals = (list(ids) for ids in zip(*pairs, strict=True))
    rows = tiny_data.manifest[tiny_data.manifest["video_id"].isin(fakes + reals)]
    ready = prepare(rows, FACE, out=tmp_path, workers=0, progress=False)
    data = SimpleNamespace(
        root=tiny_data.root, manifest=rows, prepared=lambda view: ready
    )
    agrees(ready, truth.masks(data, FACE, fakes), fakes, reals)


def agrees(prepared, masks, fakes, reals):
    seen = 0
    for mask, fake, real in zip(masks, fakes, reals, strict=True):
        pictures = [prepared.clip(name).astype(int) for name in (fake, real)]
        change = np.abs(pictures[0] - pictures[1]).mean(-1)
        change = np.clip(change - 2, 0, None)  # less is of the coding
        for k in np.flatnonzero(mask.any((1, 2))):
            near = cv2.dilate(np.uint8(mask[k]), np.ones((7, 7))) > 0
            assert change[k][mask[k]].mean() > 3 * change[k][~near].mean()
            assert change[k][near].sum() > 0.7 * change[k].sum()
            seen += 1
    assert seen > 8


def test_what_is_no_composite_has_no_mask(tiny_data):
    rows = tiny_data.manifest
    others = rows[rows["method"].isin(["disorder"]) | (rows["label"] == 0)]["video_id"]
    assert not truth.masks(tiny_data, WHOLE, list(others[:5])).any()


def test_of_real_videos_nobody_has_written_masks(tiny_data, tmp_path):
    (tmp_path / "plain").mkdir()
    real = replace(tiny_data, root=tmp_path / "plain", kind="real")
    assert truth.masks(real, WHOLE, ["a"]) is None
