"""Does a detector call an authentic face fake because something was blended into it?

    rows = blending.reals(study.data.manifest)          # authentic validation videos
    prepared = study.data.prepared(detector.view)
    table = blending.edits(detector, prepared, rows)    # shares called fake, intervals

A region is taken out of a real face, moved a little, made a little brighter, softer or
sharper, and put back with a soft edge. So Shiohara and Yamasaki make forgeries to train
on ("Detecting deepfakes with self-blended images", CVPR 2022); ours is weaker, own
code, and the other way round: nothing was forged, filters of any phone do as much. A
detector that goes by blending edges alone will call it fake. The same patch beside the
face is the control: a detector that reacts to it looks at edits, not at faces.

The edit is made in what the view shows, the same in all frames of a video. Flow between
shown frames is computed anew; flow to frames that are not shown stays as it is.
"""

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import pandas as pd

from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.shards import Prepared
from dfstudy.metrics.intervals import drawn_groups
from dfstudy.models.detector import Detector
from dfstudy.study.audit.probes import some
from dfstudy.training.rule import Rule
from dfstudy.video.faces import new_detector
from dfstudy.video.flow import sampled_flow
from dfstudy.video.sample import resize_area
from dfstudy.video.track import track_faces

EDITS = ("as it is", "whole face", "patch of the face", "patch beside it")
MOST = 48  # videos
COLUMNS = ("edit", "n", "groups", "value", "low", "high")
COLUMNS += ("change", "change_low", "change_high")
_SEARCHED = 480  # pixels of the longer side that faces are looked for in
_WHOLE = (0.4, 0.5)  # half axes of the ellipse, in shares of the face box
_PATCH = 0.19  # of the box; with a margin of 0.3 as much as fits beside it


@dataclass(frozen=True)
class Edit:
    """What is done to a region, the same in all frames of a video."""

    gain: np.ndarray  # (3,) of red, green, blue
    shift: np.ndarray  # (2,) right and down, in shares of the region
    scale: float
    sharpen: float  # below 0: soften
    ratio: float  # of the edited picture in the middle of the region

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Edit":
        """As self-blended images have them, at most."""
        return cls(
            gain=rng.uniform(0.96, 1.04) * rng.uniform(0.96, 1.04, 3),
            shift=rng.uniform(-0.03, 0.03, 2),
            scale=rng.uniform(0.97, 1.03),
            sharpen=rng.uniform(-1, 1),
            ratio=rng.choice([0.5, 0.75, 1.0]),
        )

    def apply(
        self, frame: np.ndarray, centre: np.ndarray, radius: np.ndarray
    ) -> np.ndarray:
        """One frame uint8 (H, W, 3), edited in an ellipse.

        `centre` and `radius` are (2,) x and y in pixels; the edge is as soft as a
        third of the ellipse.
        """
        size = frame.shape[1::-1]
        offset = centre - self.scale * centre + 2 * self.shift * radius
        matrix = np.array([[self.scale, 0, offset[0]], [0, self.scale, offset[1]]])
        moved = cv2.warpAffine(
            frame.astype(np.float32), matrix, size, borderMode=cv2.BORDER_REPLICATE
        )
        soft = cv2.GaussianBlur(moved, (0, 0), max(0.6, 0.02 * float(radius.mean())))
        moved = (moved + self.sharpen * (moved - soft)) * self.gain
        y, x = np.ogrid[: frame.shape[0], : frame.shape[1]]
        far = np.hypot((x - centre[0]) / radius[0], (y - centre[1]) / radius[1])
        cover = np.clip((1 - far) / 0.33, 0, 1)[..., None] * self.ratio
        out = frame + cover * (moved - frame)
        return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def reals(
    manifest: pd.DataFrame, *, split: str = "val", most: int = MOST, seed: int = 0
) -> pd.DataFrame:
    """Authentic videos of a split, at most `most`; ValueError if there is none.

    By default of validation: this is a further look, and nothing is chosen by it.
    """
    rows = manifest[(manifest["split"] == split) & (manifest["label"] == 0)]
    if rows.empty:
        raise ValueError(f"no real video in split {split!r}: split the manifest first")
    return some(rows, most, seed=seed)


def edits(
    detector: Detector,
    prepared: Prepared,
    rows: pd.DataFrame,
    *,
    n_bootstrap: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """How many of some videos are called fake, as they are and edited.

    Args:
        prepared: of `rows` at least, by the detector's view.
        rows: of authentic videos, with `group`.

    Returns:
        COLUMNS, one row for each of EDITS: the share called fake, and by how much it
        is more than as it is, both with an interval over groups (95 %). Videos without
        a face are left out: `n` counts the others.

    Raises:
        ValueError: the detector has no rule yet, or no face was found in any video.
    """
    if "rule" not in detector.info:
        raise ValueError("this detector has no rule: it was not trained to the end")
    rule = Rule(**detector.info["rule"])
    view = detector.view
    flow = view.flow != "none"
    faces = None if view.crop == "face" else new_detector(view.detector)
    videos = PreparedSet(prepared, rows, by="video", flow=flow)
    facts = rows.set_index("video_id").loc[videos.video_ids]
    proportions = (facts["width"] / facts["height"]).astype("float64").to_numpy()
    if view.resize == "centre":  # the one that does not squeeze
        proportions[:] = np.nan
    proportions = np.where(np.isnan(proportions), view.width / view.height, proportions)
    called, groups = [], []
    for number, (x, _) in enumerate(loader(videos, batch_size=1, shuffle=False)):
        clip, moved = (part[0].numpy() for part in x) if flow else (x[0].numpy(), None)
        boxes = _boxes(clip, view.margin, faces, proportions[number])
        if boxes is None:
            continue
        text = facts["description"].iloc[[number]].tolist() if view.text else None
        rng = np.random.default_rng([seed, number])
        seen = [clip, *_edited(clip, boxes, rng)]
        flows = None
        if flow:
            again = [sampled_flow(c) if view.flow == "sampled" else moved for c in seen]
            flows = np.stack([moved, *again[1:]])
        said = text * len(seen) if text else None
        scores = detector.score(np.stack(seen), flows, text=said)
        called.append([bool(rule.is_fake(rule.aggregate(np.ravel(s)))) for s in scores])
        groups.append(facts["group"].iloc[number])
    if not called:
        raise ValueError("no face was found in any of these videos: nothing to edit")
    return _shares(np.array(called, float), np.array(groups), n=n_bootstrap, seed=seed)


def _boxes(
    clip: np.ndarray, margin: float, faces, proportion: float
) -> np.ndarray | None:
    """(T, 4) of the most prominent face; of a face crop it is known where it is.

    Views of whole frames are small and may be squeezed, and faces are missed in them:
    they are searched at the `proportion` of the video, width by height.
    """
    if faces is not None:
        shape = np.array([proportion, 1]) / max(proportion, 1)  # width, height
        width, height = np.rint(_SEARCHED * shape).astype(int).tolist()
        tracks = track_faces(resize_area(clip, height, width), faces)
        back = np.array([clip.shape[2] / width, clip.shape[1] / height] * 2)
        return tracks[0].boxes * back if tracks else None
    side = clip.shape[1]
    edge = side * margin / (1 + 2 * margin)
    return np.tile([edge, edge, side - edge, side - edge], (len(clip), 1))


def _edited(
    clip: np.ndarray, boxes: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    """The clip (T, H, W, 3) under the three edits of EDITS."""
    edit = Edit.draw(rng)
    size = boxes[:, 2:] - boxes[:, :2]
    middle = (boxes[:, 2:] + boxes[:, :2]) / 2
    on_face = middle + size * rng.uniform(-0.2, 0.2, 2)
    patch = np.repeat(_PATCH * size.mean(axis=1)[:, None], 2, axis=1)
    beside = _beside(clip.shape[2:0:-1], boxes, patch.max(), rng)
    beside = np.tile(beside, (len(clip), 1))
    places = ((middle, size * _WHOLE), (on_face, patch), (beside, patch))
    return [
        np.stack([edit.apply(*each) for each in zip(clip, centre, radius, strict=True)])
        for centre, radius in places
    ]


def _beside(
    size: tuple[int, int], boxes: np.ndarray, radius: float, rng: np.random.Generator
) -> np.ndarray:
    """A place (x, y) for a patch as far from the face as most places are."""
    edge = np.minimum(radius, np.array(size) / 2)
    tries = rng.uniform(edge, np.array(size) - edge, (64, 2))
    near = np.clip(tries[:, None], boxes[:, :2], boxes[:, 2:])  # of each box
    gap = np.linalg.norm(tries[:, None] - near, axis=-1).min(axis=1)
    # Of a face crop only the corners are free: there the farthest is taken.
    free = tries[gap > 1.5 * radius]
    return free[0] if len(free) else tries[gap.argmax()]


def _shares(
    called: np.ndarray, groups: np.ndarray, *, n: int, seed: int
) -> pd.DataFrame:
    """Shares of videos called fake (N, edits), and their change, over groups."""
    codes = pd.factorize(groups)[0]
    members = np.eye(codes.max() + 1)[codes].T  # (G, N)
    g = len(members)
    weights = drawn_groups(g, n, np.random.default_rng(seed)) @ members
    drawn = (weights @ called) / weights.sum(axis=1, keepdims=True)  # (n, edits)
    ends = partial(np.quantile, q=[0.025, 0.975], axis=0)
    low, high = ends(drawn)
    change_low, change_high = ends(drawn - drawn[:, :1])
    value = called.mean(axis=0)
    return pd.DataFrame(
        {
            "edit": EDITS,
            "n": len(called),
            "groups": g,
            "value": value,
            "low": low,
            "high": high,
            "change": value - value[0],
            "change_low": change_low,
            "change_high": change_high,
        }
    )[list(COLUMNS)]
