# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "02"
#   slug: frames_faces_flow
#   question: What does a model get to see of a video?
#   minutes: {smoke: 1, laptop: 2, colab: 6, paper: 60}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: false
# ---

# %% [markdown]
# <!-- badge -->
#
# # 02 · What does a model get to see?

# %% [markdown]
# ## The question
#
# A ten-second video at 1080p is about 1.9 billion bytes of pixels. A detector looks at
# a few hundred thousand of them. **Which ones are left, and is the forgery still among
# them?** Everything that a model can learn is decided here, before the first weight is
# drawn, and most of the differences between published numbers are too.

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - choose **frames** of a video in four ways, and say what each of them cannot see;
# - say what **resizing** leaves of a face, and test a paper's claim about it;
# - find, follow and cut out **faces**, and say how detector and margin decide what is
#   left of a forgery;
# - say over which **stride** optical flow still is motion;
# - keep all of this for training, and say what the papers' **formats** cost and lose.

# %% [markdown]
# ## Before you start
#
# You need Python and NumPy arrays. No data set, account or GPU: without a folder of
# your own in `DATA`, the lesson renders a set of stylised talking heads. Of those it is
# known which frames are forged, and this lesson leans on it; of your own videos nobody
# knows, and the lesson says so where it matters.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The synthetic set is rendered at the first use (two minutes more in the profile
# `laptop`) and then kept. Faces are prepared for half of the validation videos.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import json
import tempfile
import time
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image
from scipy.stats import binomtest

from dfstudy.course import checks_02 as checks
from dfstudy.course import quiz
from dfstudy.data import drops, synth
from dfstudy.data.export import export
from dfstudy.data.formats import FORMATS
from dfstudy.data.prepare import prepare
from dfstudy.data.view import View, see
from dfstudy.report import figures, schemes, style, widgets
from dfstudy.report.motion import colour_wheel, flow_colours, show_flow
from dfstudy.video.faces import FaceDetector, crop_faces, new_detector, track_faces
from dfstudy.video.flow import optical_flow, photometric_error, warp
from dfstudy.video.preview import preview
from dfstudy.video.probe import probe
from dfstudy.video.read import read_chosen, read_evenly
from dfstudy.video.region import WORKING, best_window, frame_score
from dfstudy.video.sample import (
    adaptive_pool,
    count_repeats,
    even_indices,
    first_indices,
    reduce_to,
    resize_area,
    stretch_indices,
)
from dfstudy.video.track import overlap

videos = study.data.manifest
val = videos[videos["split"] == "val"]  # nobody looks at the test set here
T = study.profile.frames

# %% [markdown]
# One video: four of its frames, and what of them three of the course's detectors get.

# %%
detector = FaceDetector()
first = val[val["label"] == 1]["path"].iloc[0]
face = see(first, View(frames=T, height=112, width=112, crop="face", sampling="first"), detector=detector)
looks = {
    "the file": read_evenly(first, 4)[0],
    "S1: 108 x 192": see(first, View(frames=T, height=108, width=192)).frames,
    "S0: 112 x 112": see(first, View(frames=T, height=112, width=112, resize="adaptive")).frames,
    "S2: the first faces": face.faces[0].crops if face.faces else [],
}
figures.contact_sheet(
    [image for images in looks.values() for image in images[:: -(-len(images) // 4) or 1]],
    titles=[text for name, images in looks.items() if len(images) for text in (name, "", "", "")],
    columns=4,
)

# %% [markdown]
# ## 1. A file is not yet a video
#
# A video file is a container: a codec's packets, a clock, and a header that says how
# long it is and which way is up. None of it can be taken on trust.

# %%
# A real and a fake video with a face large enough to look at.
pictured = {}
for label, rows in val.groupby("label"):
    for row in rows.itertuples():
        frames, indices, n_frames = read_evenly(row.path, T)
        tracks = track_faces(frames, detector)
        if tracks and tracks[0].present.mean() > 0.8:
            pictured["fake" if label else "real"] = (row, frames, indices, tracks)
            break

pd.DataFrame({kind: vars(probe(row.path)) for kind, (row, *_) in pictured.items()})

# %% [markdown]
# `rotation` is the trap in this table: a telephone held upright writes its frames
# sideways and a note in the header. OpenCV turns them, PyAV does not, and a face
# detector finds nothing in a face that lies on its side. Our reader always returns
# upright frames. `n_frames` is another: it is what the header declares, and a reader
# that believes it asks for frames that are not there.
#
# ## 2. Which frames?
#
# **Predict:** a model may look at a few frames of a clip. Somebody takes the first
# ones, somebody spreads them over the clip, somebody takes neighbours where a face is
# seen best. From which of them can a forgery hide that lasts a quarter of the clip?
#
# S0 (DeepSneak) takes 16 frames at $f_i = \mathrm{round}((i + 0.5)\,T / k)$, for
# $i = 0 \dots k - 1$, of a video of $T$ frames. Two details decide whether it works:
# a half rounds up, so that the formula does not depend on a library's rounding, and the
# index is clipped to the last frame. A clip shorter than $k$ repeats frames, which must
# be said, because a repeated frame is no evidence of its own.

# %% [markdown]
# ### Exercise 1 · evenly spaced frames (10 minutes)
#
# Write `spread(n_frames, k)`: an array of `k` whole numbers
# $\lfloor (i + 0.5)\,T / k + 0.5 \rfloor$, none of them outside the video.
#
# *Hint:* `np.arange`, `np.floor`, `np.clip`.
#
# *Expected picture:* the row "evenly" in the figure after the next exercise.


# %% tags=["exercise"]
def spread(n_frames: int, k: int) -> np.ndarray:
    """`k` indices spread evenly over `n_frames` frames."""
    # BEGIN SOLUTION
    # STUB: return None
    i = np.arange(k)
    even = np.floor((i + 0.5) * n_frames / k + 0.5).astype(int)
    return np.clip(even, 0, n_frames - 1)
    # END SOLUTION


checks.spread(spread)

# %% [markdown]
# S2 takes the **first** frames, at 30 a second. A clip of 24 frames a second has no 30:
# a player would show some of them twice, and so does the view.
#
# S0's second way is the **region-guided** clip: MTCNN looks for faces in every M-th
# frame, each of these frames gets the score *confidence x the share of the face's box
# that lies inside the frame*, and the 16 neighbours with the best sum are taken.

# %% [markdown]
# ### Exercise 2 · the score of a frame (10 minutes)
#
# Write `score(box, confidence, height, width)` for a frame with one face, whose `box`
# (x0, y0, x1, y1) may reach outside the frame of `height` x `width` pixels.
#
# *Hint:* clip the corners to the frame, then compare two areas. What does your formula
# give for a box that is wholly outside?
#
# *Expected picture:* the curve of scores below: near 1 while the head is in the frame,
# falling where it leaves.


# %% tags=["exercise"]
def score(box: np.ndarray, confidence: float, height: int, width: int) -> float:
    """Confidence times the share of the box inside the frame."""
    # BEGIN SOLUTION
    # STUB: return None
    inside = np.clip(box, 0, [width, height, width, height])
    share = (inside[2:] - inside[:2]).prod() / (box[2:] - box[:2]).prod()
    return confidence * share
    # END SOLUTION


checks.score(score)

# %% [markdown]
# Which frames are forged? The renderer knows, and wrote it down. The kind `partial` has
# a composite in one stretch of the clip only.

# %%
truth_file = study.data.root / "truth.parquet"
forged = {}  # video -> bool (n,): which of its frames are manipulated
if truth_file.exists():
    truth = pd.read_parquet(truth_file)
    truth = truth[truth["video_id"].isin(val["video_id"]) & (truth["family"] == "partial")]
    forged = {row.video_id: np.array(row.manipulated) for row in truth.itertuples()}
if forged:
    shares = [frames.mean() for frames in forged.values()]
    print(f"{len(forged)} validation fakes with a forged stretch, which takes", end=" ")
    print(f"{min(shares):.0%} to {max(shares):.0%} of the clip")
elif truth_file.exists():
    print("No validation fake of this set is forged in one stretch only, so there is no")
    print("stretch that a sampling could miss. Pictures yes, numbers no.")
else:
    print("Nobody has written down which frames of these videos are forged, so nobody")
    print("knows what a sampling misses here. Pictures yes, numbers no.")
watched = val[val["video_id"].isin(forged)] if forged else val[val["label"] == 1].head(8)


# %%
def coarse(path: str) -> tuple[np.ndarray, np.ndarray, int]:
    """Frames to look for faces in, reduced; which they are; how many there are."""

    def choose(times: np.ndarray) -> np.ndarray:
        return np.arange(0, len(times), max(View.every, len(times) // 40))

    kept, at, times = read_chosen(
        path, choose, keep=lambda frame: reduce_to(frame, WORKING)
    )
    return np.stack([kept[i] for i in at.tolist()]), at, len(times)


guided, boxes = {}, {}
for row in watched.itertuples():
    frames, at, n_frames = coarse(row.path)
    height, width = frames.shape[1:3]
    faces = detector.detect(frames)
    scores = [frame_score(found, height, width) for found in faces]
    line = np.interp(np.arange(n_frames), at, scores)  # straight between two looks
    guided[row.video_id] = (line, best_window(line, T))
    boxes[row.video_id] = {  # of the surest face, as shares of the frame
        int(i): found[0].box / [width, height, width, height]
        for i, found in zip(at, faces, strict=True)
        if found
    }


def samplings(video_id: str, fps: float, k: int) -> dict[str, np.ndarray]:
    """Four ways to choose `k` frames of a video: their indices."""
    n_frames = len(guided[video_id][0])
    return {
        "first, at 30 a second": first_indices(np.arange(n_frames) / fps, k),
        "neighbours, middle": stretch_indices(n_frames, k),
        "neighbours, best face": stretch_indices(n_frames, k, guided[video_id][1]),
        "evenly": even_indices(n_frames, k),
    }


# %% [markdown]
# One video in detail. Where we know the truth, it is the one whose forgery begins last;
# the count over all of them follows.

# %%
late = max(forged, key=lambda name: forged[name].argmax(), default=None)
example = next(row for row in watched.itertuples() if late in (None, row.video_id))
line, _ = guided[example.video_id]
chosen = samplings(example.video_id, example.fps, T)
known = forged.get(example.video_id)
if known is not None and len(known) != len(line):
    raise ValueError(f"{example.path}: {len(line)} frames decode, not {len(known)}")

# The same clip, filmed with a camera that turns away until the head has left.
still = preview(example.path, study.profile.clip_frames, height=216)
height, width = still.shape[1:3]
away = np.linspace(0, 0.8 * width, len(still))  # pixels
turned = np.stack(
    [
        cv2.warpAffine(
            frame, np.float32([[1, 0, -x], [0, 1, 0]]), (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        for frame, x in zip(still, away, strict=True)
    ]
)
looks = np.arange(0, len(turned), 2)
leaving = [frame_score(found, height, width) for found in detector.detect(turned[looks])]

fig, (top, bottom) = plt.subplots(
    2, 1, figsize=(11, 5), sharex=True, height_ratios=[1.2, 1]
)
for height, at in enumerate(reversed(chosen.values())):
    colours = style.MUTED if known is None else np.where(known[at], style.FAKE, style.REAL)
    top.scatter(at, np.full(T, height), s=45, c=colours)
top.set_yticks(range(len(chosen)), list(chosen)[::-1])
top.set(ylim=(-0.6, len(chosen) - 0.4), title="Frames that a model sees")
top.grid(visible=False)
if known is not None:
    stretch = np.flatnonzero(known)
    top.axvspan(stretch[0] - 0.5, stretch[-1] + 0.5, color=style.FAKE, alpha=0.12)
    top.text(stretch[0], len(chosen) - 0.5, "forged", color=style.FAKE, va="top")
bottom.plot(line, label="this clip")
bottom.plot(looks, leaving, "o--", label="the camera turns away")
bottom.set(ylim=(-0.05, 1.1), xlabel="frame of the clip", title="Score of S0")
bottom.legend(loc="lower left")
plt.show()

# %%
pictures, titles, flags = [], [], []
for name, at in chosen.items():
    shown = at[np.linspace(0, T - 1, 8).round().astype(int)]
    kept, *_ = read_chosen(
        example.path, lambda _, at=shown: at, keep=lambda frame: reduce_to(frame, 384)
    )
    pictures += [kept[i] for i in shown.tolist()]
    titles += [name, *(f"frame {i}" for i in shown[1:])]
    flags += [] if known is None else known[shown].tolist()
figures.contact_sheet(pictures, labels=flags or None, titles=titles)

# %% [markdown]
# Blue frames are as filmed, vermilion ones are forged (without truth there is no
# colour). Every blue picture of a fake is a wrong label in training: the video is fake,
# and this frame of it is not. Now all of them, and other numbers of frames. No video
# is decoded for that; the truth is enough.

# %%
fps = watched.set_index("video_id")["fps"]


def sees(k: int) -> pd.DataFrame:
    """By sampling: share of fakes of which a forged frame is seen, and of frames."""
    seen = pd.DataFrame(
        [
            {name: frames[at].mean() for name, at in samplings(video, fps[video], k).items()}
            for video, frames in forged.items()
        ]
    )
    return pd.DataFrame(
        {"fakes seen": (seen > 0).sum(), "of": len(seen), "forged frames": seen.mean()}
    )


if forged:
    counts = sorted({1, 2, 3, 4, 6, 8, 12, T, 24, 32})
    share = pd.DataFrame({k: sees(k)["fakes seen"] / len(forged) for k in counts}).T
    fig, ax = plt.subplots(figsize=(8, 4))
    for i, name in enumerate(share.columns.drop("neighbours, best face")):
        ax.plot(share.index, share[name], **style.series(i), label=name)
    ax.axvline(T, color=style.MUTED, linestyle="--", linewidth=1.5)
    ax.text(T, 0.02, " this profile", color=style.MUTED)
    ax.set(ylim=(0, 1.03), xlabel="frames that a model sees", ylabel="fakes seen at all")
    ax.set_title("Fakes of which at least one forged frame is seen")
    ax.legend(loc="lower right")
    plt.show()

# %%
caught = sees(T) if forged else None
if forged:
    ranges = [binomtest(int(n), len(forged)).proportion_ci(method="wilson") for n in caught["fakes seen"]]
    caught["share, 95 % interval"] = [f"{r.low:.2f} to {r.high:.2f}" for r in ranges]
caught.round(2) if forged else print("not known of these videos")

# %% [markdown]
# Neighbours show a moment. If the forgery is elsewhere, no detector can find it, and no
# training can help. Evenly spaced frames meet every stretch that is longer than the gap
# between two of them. But they cost something too, in section 5: motion.
#
# And the region-guided clip? Its score says how well a **face** is seen, which is worth
# having when heads leave the frame; it does not ask where the **forgery** is. How much
# it had to choose from, in these clips:

# %%
spans = pd.DataFrame(
    [
        {"lowest score": line.min(), "highest": line.max(), "clip starts at frame": start}
        for line, start in guided.values()
    ]
)
spans.describe().loc[["min", "50%", "max"]].round(4)

# %% [markdown]
# Where lowest and highest are nearly the same, the face is in full view all the time,
# and the choice is left to the last digits of a network's confidence. A score of 0 is a
# look at which no face was found.

# %%
lengths = np.arange(1, 2 * T + 1)
repeats = [count_repeats(even_indices(n, T)) for n in lengths]

fig, ax = plt.subplots(figsize=(7, 2.8))
ax.step(lengths, repeats, where="mid")
ax.axvline(T, linestyle="--", color=style.MUTED)
ax.set(xlabel="frames in the video", ylabel="repeated frames")
ax.set_title(f"A video of no more than {T} frames shows some of them twice")
plt.show()

# %% [markdown]
# ## 3. At which size?
#
# **Predict:** S1 divides both sides of a 1080p frame by ten. S0 squeezes the whole frame
# into a square. How many pixels of the face does each of them keep, compared with a
# crop of the face alone?

# %%
row, frames, indices, tracks = pictured["fake"]
box = tracks[0].boxes
height, width = frames.shape[1:3]
seen = {
    "S1: whole frame, 108 x 192": resize_area(frames, 108, 192),
    "S0: whole frame, 112 x 112": adaptive_pool(frames, 112, 112),
    "face crop, 112 x 112": crop_faces(frames, box, size=112, margin=0.3),
}
fig, axes = plt.subplots(1, 4, figsize=(15, 4))
axes[0].imshow(frames[T // 2])
axes[0].set_title(f"stored, {height} x {width}")
for ax, (name, images) in zip(axes[1:], seen.items(), strict=True):
    ax.imshow(images[T // 2])
    ax.set_title(name)
for ax in axes:
    ax.set_axis_off()
plt.show()

# %%
face_width, face_height = np.median(box[:, 2:] - box[:, :2], axis=0)
face_of_crop = 1 / (1 + 2 * 0.3)
kept = pd.DataFrame(
    {
        "stored": (face_width, face_height),
        "S1: 108 x 192": (face_width * 192 / width, face_height * 108 / height),
        "S0: 112 x 112": (face_width * 112 / width, face_height * 112 / height),
        "face crop": (
            112 * face_of_crop * face_width / max(face_width, face_height),
            112 * face_of_crop * face_height / max(face_width, face_height),
        ),
    },
    index=["face width, pixels", "face height, pixels"],
).T
kept["share of the image"] = kept.prod(axis=1) / [
    height * width,
    108 * 192,
    112 * 112,
    112 * 112,
]
kept.round(2)

# %% [markdown]
# Both whole-frame views pay for the background. S0's square also changes the shape of
# the face. Whether a crop shows more depends on how much of the frame the face fills:

# %%
fills, even_at = face_height / height, 112 * face_of_crop / 108
print(f"this face fills {fills:.0%} of the frame's height; a crop of 112 x 112 with a margin", end=" ")
print(f"of 30 % shows more of it than 108 x 192 where it fills less than {even_at:.0%}")

# %% [markdown]
# S0 shrinks by **adaptive average pooling**, which it calls content-aware: it would keep
# more than a centre crop or bilinear interpolation. Each output pixel is the mean of the
# pixels that it covers, whatever they show. Let us test the claim, both halves of it.
#
# **Predict:** which two of the pictures below cannot be told apart?

# %%
WAYS = {"single pixels": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR}


def shrunk(frame: np.ndarray, height: int, width: int) -> dict[str, np.ndarray]:
    """One frame made smaller in four ways, and by Lanczos as the reference."""
    small = {
        name: cv2.resize(frame, (width, height), interpolation=how)
        for name, how in WAYS.items()
    }
    return small | {
        "mean of the area": resize_area(frame[None], height, width)[0],
        "adaptive pooling": adaptive_pool(frame[None], height, width)[0],
        "Lanczos": np.asarray(
            Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS)
        ),
    }


frame = frames[T // 2]
side = min(height, width)
left, upper = (width - side) // 2, (height - side) // 2
middle = frame[upper : upper + side, left : left + side]
pictures = {"centre crop": resize_area(middle[None], 112, 112)[0]}
pictures |= shrunk(frame, 112, 112)
figures.contact_sheet(
    [*pictures.values()], titles=[*pictures], columns=6, title="One frame, 112 x 112"
)

# %% [markdown]
# A centre crop keeps the shape and loses what is at the sides: with a wide frame, all of
# a person who sits at its edge. The others keep everything, and differ in what they do
# with detail that is too fine for the new size. Lanczos, as Pillow shrinks, filters it
# out with a wide window, so we take it for the reference, and measure how far the others
# are from it. (Another reference would move the two best a little; neither is "true".)
#
# **Predict:** frames become two, four, eight, sixteen times smaller. Whose error grows?

# %%
factors = np.array([2, 3, 4, 6, 8, 12, 16])
pool_of_frames = [
    image for _, images, *_ in pictured.values() for image in images[even_indices(T, 4)]
]
rows = []
for image in pool_of_frames:
    for factor in factors:
        h, w = (max(1, round(n / factor)) for n in image.shape[:2])
        small = {name: a.astype(float) for name, a in shrunk(image, h, w).items()}
        reference = small.pop("Lanczos")
        rows.append({"smaller": factor} | {
            name: np.sqrt(((a - reference) ** 2).mean()) for name, a in small.items()
        })
errors = pd.DataFrame(rows).groupby("smaller").mean()

fig, ax = plt.subplots(figsize=(8, 4))
for i, (name, values) in enumerate(errors.items()):
    ax.plot(errors.index, values, **style.series(i), label=name)
ax.axvline(10, color=style.MUTED, linestyle="--", linewidth=1.5)
ax.text(10, ax.get_ylim()[1], "S1, from 1080p ", color=style.MUTED, ha="right", va="top")
ax.set(ylim=(0, None), xlabel="times smaller", ylabel="error, grey levels")
ax.set_title("How far from a filtered picture")
ax.legend()
plt.show()

# %%
in_middle = []
for video in watched.itertuples():
    half = min(video.width, video.height) / video.width / 2  # of the square, in widths
    for x0, _, x1, _ in boxes[video.video_id].values():
        overlapping = min(x1, 0.5 + half) - max(x0, 0.5 - half)
        in_middle.append(max(0, overlapping) / (x1 - x0))
in_middle = np.array(in_middle)
print(f"{len(in_middle)} faces in {len(boxes)} videos; after a centre crop:")
print(f"  {np.mean(in_middle > 0.99):.0%} are whole, {np.mean(in_middle < 0.5):.0%} have", end=" ")
print(f"lost more than half; the worst keeps {in_middle.min():.0%}")
apart = (errors["mean of the area"] - errors["adaptive pooling"]).abs().max()
worst = errors.loc[errors.index[-1]]
print(f"{errors.index[-1]} times smaller: bilinear is {worst['bilinear']:.1f} grey levels off,", end=" ")
print(f"adaptive pooling {worst['adaptive pooling']:.1f}, mean of the area", end=" ")
print(f"{worst['mean of the area']:.1f}; these two differ by {apart:.1f} at the most")

# %% [markdown]
# So S0 is right that pooling beats bilinear where frames become much smaller: OpenCV's
# bilinear looks at four pixels, however many there are in between, and invents patterns
# that no camera saw (aliasing). But that is what averaging over the area does, and
# `INTER_AREA` has done for long; nothing in it looks at content. And it is right that a
# centre crop can lose a face, where people sit at the side; a crop *of the face* cannot.
#
# ## 4. Where is the face?
#
# MTCNN is three small networks in a row: the first proposes boxes, the second throws
# most of them out, the third refines the rest and adds five landmarks. The first is made
# for faces of twelve pixels; larger ones it finds in smaller copies of the frame.

# %%
schemes.cascade(frames[0])

# %% [markdown]
# Its time grows with the frame, so we run it on a reduced frame and on every few frames,
# and *follow* each face in between.
#
# **Predict:** how much faster is that, and what could it get wrong?

# %%
start = time.perf_counter()
every = detector.detect(frames)
dense = time.perf_counter() - start
start = time.perf_counter()
tracks = track_faces(frames, detector)
tracked = time.perf_counter() - start
print(f"MTCNN on each of {T} frames: {dense:.2f} s")
print(f"MTCNN on some, tracked between: {tracked:.2f} s")
print(f"faces followed: {len(tracks)}; the first one is in", end=" ")
print(f"{int(tracks[0].present.sum())} of {T} frames")

# %%
shown = np.linspace(0, T - 1, 6).astype(int)
fig, axes = plt.subplots(1, len(shown), figsize=(16, 2.6))
for ax, i in zip(axes, shown, strict=True):
    ax.imshow(frames[i])
    for track in tracks:
        if track.present[i]:
            x0, y0, x1, y1 = track.boxes[i]
            found = "-" if track.detected[i] else ":"
            ax.plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], found, linewidth=2)
    ax.set_title(f"frame {indices[i]}")
    ax.set_axis_off()
fig.suptitle("solid: detected, dotted: followed", y=1.08)
plt.show()

# %% [markdown]
# ### Another detector
#
# S3 cuts faces out with "OpenCV", without saying which of its detectors. The classic one
# is a cascade of Haar features (Viola and Jones, 2001): no network, no download, upright
# frontal faces only.
#
# **Predict:** on which frames will the two disagree?

# %%
detectors = {"MTCNN": detector}
if hasattr(cv2, "CascadeClassifier"):
    detectors["Haar cascade"] = new_detector("haar")
else:
    print(f"OpenCV {cv2.__version__} has no cascades any more: MTCNN alone.")

sights, seconds = [], dict.fromkeys(detectors, 0.0)
for video in val.groupby("label").head(8).itertuples():
    looked, *_ = coarse(video.path)
    found = {}
    for name, finder in detectors.items():
        start = time.perf_counter()
        found[name] = finder.detect(looked)
        seconds[name] += time.perf_counter() - start
    sights += [
        (image, {name: faces[i] for name, faces in found.items()})
        for i, image in enumerate(looked)
    ]

pd.DataFrame(
    {
        name: {
            "frames": len(sights),
            "frames with a face": np.mean([bool(found[name]) for _, found in sights]),
            "boxes a frame": np.mean([len(found[name]) for _, found in sights]),
            "seconds a frame, here": seconds[name] / len(sights),
        }
        for name in detectors
    }
).T.round(3)

# %%
agreed, both, different = 0, 0, []
for image, found in sights:
    ours, theirs = found["MTCNN"], found.get("Haar cascade", [])
    same = any(overlap(ours[0].box, face.box) > 0.5 for face in theirs if ours)
    both += bool(ours and theirs)
    agreed += same
    if not same and (ours or theirs):
        different.append((image, found))
print(f"both found a face in {both} frames; in {agreed} MTCNN's surest is one of the cascade's")

if different:
    pictures = []
    for image, found in [different[i] for i in np.unique(even_indices(len(different), 8))]:
        picture = reduce_to(image, 384).copy()
        ratio = picture.shape[1] / image.shape[1]
        for faces, colour in zip(found.values(), ((0, 158, 115), (230, 159, 0)), strict=False):
            for face in faces:
                x0, y0, x1, y1 = (int(v) for v in face.box * ratio)
                cv2.rectangle(picture, (x0, y0), (x1, y1), colour, 3)
        pictures.append(picture)
    sheet = figures.contact_sheet(
        pictures, columns=4, title="Where they differ: MTCNN green, Haar cascade orange"
    )
sheet if different else print("They never differ here.")

# %% [markdown]
# What a detector does not find, a model never sees, and what it finds in a curtain, a
# model is trained on. Two papers with "a face crop" have not necessarily seen the same
# faces: the detector is part of the view.
#
# ### How much around it?
#
# The box ends at the brows, the chin and the cheeks. Many forgeries are seen best just
# outside of it, where the composite meets the original skin, so detectors cut with a
# **margin**. DFDC's winner used 30 % a side.

# %%
margins = (0.0, 0.15, 0.3, 0.45, 0.6)
sheet, titles, flags = [], [], []
for kind, (_, images, _, faces) in pictured.items():
    for margin in margins:
        sheet.append(crop_faces(images, faces[0].boxes, size=112, margin=margin)[T // 2])
        titles.append(f"margin {margin:.0%}")
        flags.append(int(kind == "fake"))
figures.contact_sheet(sheet, labels=flags, titles=titles, columns=len(margins))

# %% [markdown]
# ### Exercise 3 · the square around a face (10 minutes)
#
# Write `square(box, margin)`: the square (x0, y0, x1, y1) with the same middle as
# `box`, whose side is the longer side of the box, enlarged by `margin` of it **at each
# end**. It may reach outside the frame.
#
# *Hint:* the middle is the mean of the two corners.
#
# *Expected picture:* the columns above: the same middle, more and more around it.


# %% tags=["exercise"]
def square(box: np.ndarray, margin: float) -> np.ndarray:
    """The square to cut around the face in `box` (x0, y0, x1, y1)."""
    # BEGIN SOLUTION
    # STUB: return None
    box = np.asarray(box, dtype=float)
    middle = (box[:2] + box[2:]) / 2
    side = (box[2:] - box[:2]).max() * (1 + 2 * margin)
    return np.concatenate([middle - side / 2, middle + side / 2])
    # END SOLUTION


checks.square(square)

# %% [markdown]
# The renderer has kept a mask of every composite, so we can ask for each forged pixel
# which margin it takes to have it in the crop; and the same for the pixels at the edge
# of the composite, where two pictures meet.
#
# **Predict:** what does a margin cost? At which one would you stop?

# %%
needed = {"composite": [], "its edge": []}
for video in watched[watched["video_id"].isin(forged)].itertuples():
    masks = synth.read_mask(study.data.root, video.video_id).astype(np.uint8)
    for i, face in boxes[video.video_id].items():
        inner = cv2.erode(masks[i], np.ones((3, 3), np.uint8))
        x0, y0, x1, y1 = face * [*masks.shape[:0:-1], *masks.shape[:0:-1]]
        longer = max(x1 - x0, y1 - y0)
        for name, mask in (("composite", masks[i]), ("its edge", masks[i] - inner)):
            y, x = np.nonzero(mask)
            far = np.maximum(abs(x + 0.5 - (x0 + x1) / 2), abs(y + 0.5 - (y0 + y1) / 2))
            needed[name].append(far / longer - 0.5)

if forged:
    at_most = np.linspace(-0.3, 0.6, 46)  # below 0: cut tighter than the box
    fig, (left_ax, right_ax) = plt.subplots(1, 2, figsize=(12, 3.8))
    inside = {}
    for i, (name, parts) in enumerate(needed.items()):
        far = np.concatenate(parts)
        inside[name] = np.array([(far <= margin).mean() for margin in at_most])
        left_ax.plot(at_most, inside[name], **style.line(i), label=name)
    left_ax.axvline(0, color=style.MUTED, linestyle="--", linewidth=1.5)
    left_ax.text(0, 0.1, " the box", color=style.MUTED)
    left_ax.set(ylim=(0, 1.03), xlabel="margin", ylabel="share inside the crop")
    left_ax.set_title("What of the forgery is in it")
    left_ax.legend(loc="lower right")
    wide = np.linspace(0, 0.6)
    right_ax.plot(wide, 112 / (1 + 2 * wide))
    right_ax.set(ylim=(0, 115), xlabel="margin", ylabel="pixels of the face")
    right_ax.set_title("What is left of the face, of 112")
    plt.show()
else:
    print("Where these forgeries end, nobody has written down.")

# %% [markdown]
# The renderer's composites are features inside of a face, and the crop is a square by the
# *longer* side of the box, so they are inside early, and a margin only costs pixels.
# A swap that takes the jaw and the hairline along has its edge outside of the box. How
# large a margin should be is a question about the forgery, not about the face.

# %% [markdown]
# ### Which videos fall out?
#
# Decoding and face search take far longer than a training step. They are done once:
# a **view** says what a model sees, `prepare` writes it for every video, and training
# only reads. Here for half of the validation groups.

# %%
view = View(frames=T, height=112, width=112, crop="face")
some = val[val["group"].isin(sorted(val["group"].unique())[::2])]
start = time.perf_counter()
prepared = prepare(some, view)
print(f"{len(prepared.index)} videos, {time.perf_counter() - start:.1f} s")
prepared.index[["video_id", "shape", "n_frames", "faces", "present", "dropped"]].head()

# %% [markdown]
# Not every video shows a face in every frame. S3 drops a video without any, S2 and S4
# drop each frame without one. Which fall out is part of the result: if more fakes than
# reals are dropped, the detector is judged on an easier set.

# %%
lost = drops.report(prepared, some)
lost[["videos", "dropped", "dropped_share", "faceless_share"]].round(3)

# %%
sample = see(pictured["fake"][0].path, view, detector=detector)
figures.contact_sheet(
    sample.faces[0].crops, labels=[1] * T, title="What the model sees of a fake"
)

# %% [markdown]
# ## 5. How far apart is motion?
#
# **Optical flow** says where every pixel went from one frame to another. S1 computes it
# between its *sampled* frames, 0.6 s apart, and doubles the first of 15 flows, so that
# each of its 16 frames has one. Another way is the flow from each sampled frame to the
# video's *next* one. In the picture, the hue of a pixel says where it went, as the wheel
# does, its colour how far, and white is no motion; arrows say the same without colour.
#
# **Predict:** people talk and blink within tenths of a second. What does a flow over
# 0.6 s show of that?

# %%
mover, *_ = pictured["real"]
clip = preview(mover.path, study.profile.clip_frames, height=108)
stride = max(1, round(mover.n_frames / T))  # between frames that are spread evenly
apart_s = {"next frame": 1 / mover.fps, "sampled": stride / mover.fps, "S1": 0.6}
steps = {name: max(1, round(seconds * mover.fps)) for name, seconds in apart_s.items()}
steps = {name: step for name, step in steps.items() if step < len(clip)}
flows = {name: optical_flow(clip[0], clip[step]) for name, step in steps.items()}
reach = max(1.0, max(float(np.percentile(abs(flow), 99)) for flow in flows.values()))

fig, axes = plt.subplots(2, 1 + len(steps), figsize=(4 + 3.7 * len(steps), 4.8))
axes[0, 0].imshow(clip[0])
axes[0, 0].set_title("frame 0")
axes[1, 0].imshow(colour_wheel(108))
axes[1, 0].set_title(f"to the rim: {reach:.1f} pixels")
for pair, (name, step) in zip(axes[:, 1:].T, steps.items(), strict=True):
    pair[0].imshow(clip[step])
    pair[0].set_title(f"{name}: frame {step}")
    show_flow(pair[1], flows[name], most=reach)
    pair[1].set_title(f"flow over {step / mover.fps:.2f} s")
for ax in axes.flat:
    ax.set_axis_off()
plt.show()

# %% [markdown]
# Which of these is right? Nobody measured the true motion. But a flow can be tested on
# the pictures: draw the second frame back along the flow; if it fits the first, little
# is left between them. That is the **photometric error**, and its yardstick is the
# error of *no motion*, the plain difference of the two frames. Two methods: DIS matches
# patches from coarse to fine, Farneback fits a parabola around every pixel.

# %%
def followed(step: int) -> np.ndarray:
    """A later frame, the flow to it, that frame drawn back, and what is left, times 4."""
    flow = optical_flow(clip[0], clip[step])
    back = np.clip(warp(clip[step], flow), 0, 255)
    left = np.clip(4 * np.abs(back - clip[0]), 0, 255)
    shown = clip[step], flow_colours(flow, most=reach), back, left
    return np.hstack([picture.astype(np.uint8) for picture in shown])


widgets.slider(
    followed, range(1, min(len(clip), 21)), name="frames apart", columns=2
)

# %% [markdown]
# From left to right: the later frame, the flow to it, the frame drawn back, and what is
# left of it when frame 0 is taken away. **Predict:** what is lost first as you move on,
# the head, or the mouth and the lids? Now for many clips, with numbers:

# %%
def returning(there: np.ndarray, back: np.ndarray) -> float:
    """Of the pixels that move, the share that the way back brings home; nan: none move."""
    home = there + warp(back, there)
    allowed = 0.01 * ((there**2).sum(axis=-1) + (warp(back, there) ** 2).sum(axis=-1)) + 0.5
    moving = np.linalg.norm(there, axis=-1) > 1  # pixels
    return float(((home**2).sum(axis=-1) < allowed)[moving].mean()) if moving.any() else np.nan


STRIDES = (1, 2, 4, 8, 14, 20)
rows = []
for video in val[val["label"] == 0].head(8).itertuples():
    images = preview(video.path, study.profile.clip_frames, height=108)
    for step in STRIDES:
        for i in np.unique(np.linspace(0, len(images) - 1 - step, 3).astype(int)):
            if i < 0:
                continue  # a clip shorter than the stride
            a, b = images[i], images[i + step]
            rows.append({
                "stride": step, "flow": "no motion",
                "error": photometric_error(a, b, np.zeros((*a.shape[:2], 2))),
            })
            for method in ("dis", "farneback"):
                start = time.perf_counter()
                flow = optical_flow(a, b, method=method)
                ms = 1000 * (time.perf_counter() - start)
                rows.append({
                    "stride": step, "flow": method, "ms": ms,
                    "error": photometric_error(a, b, flow),
                    "returns": returning(flow, optical_flow(b, a, method=method)),
                })
measured = pd.DataFrame(rows)
left_over = measured.pivot_table(index="stride", columns="flow", values="error")
speed = measured.groupby("flow")["ms"].median()

fig, ax = plt.subplots(figsize=(8.5, 4))
methods = {"no motion": "no motion", "farneback": "Farneback", "dis": "DIS"}
for i, (name, label) in enumerate(methods.items()):
    ax.plot(left_over.index, left_over[name], **style.series(i), label=label)
top = ax.get_ylim()[1]
for name, step in steps.items():
    ax.axvline(step, color=style.MUTED, linestyle="--", linewidth=1.5)
    ax.text(step, top, f" {name}", color=style.MUTED, va="top", rotation=90)
ax.set(ylim=(0, top), xlabel="frames between the two", ylabel="error, grey levels")
ax.set_xticks(STRIDES)
ax.set_title("What is left between two frames after the flow")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

explained = 1 - left_over[["dis", "farneback"]].div(left_over["no motion"], axis=0)
print(f"milliseconds a pair, here: DIS {speed['dis']:.1f}, Farneback {speed['farneback']:.1f}")
returns = measured.pivot_table(index="stride", columns="flow", values="returns")
pd.concat({"share of the change explained": explained, "moving pixels that come home": returns}, axis=1).round(2)

# %% [markdown]
# Look for a rise and a fall. Between neighbours little moves: part of the change is
# noise, which no motion explains, and over plain walls noise is taken for motion that
# does not come home. As motion outgrows the noise both shares rise; where the way is too
# long to follow they fall, at another stride for each method. And whatever a flow over
# 0.6 s shows, it is where things *ended up*: that the mouth opened and closed on the way
# is not in it. Adjacent frames show motion as it is, and little of the clip. The view has
# both, `flow="sampled"` and `flow="adjacent"`:

# %%
for kind in ("sampled", "adjacent"):
    moving = see(mover.path, View(frames=T, height=108, width=192, flow=kind))
    lengths = np.linalg.norm(moving.flow.astype(float), axis=-1)
    print(f"{kind}: flow {moving.flow.shape}, {lengths.mean():.2f} pixels long on average;", end=" ")
    print("the first one stands twice:", bool((moving.flow[0] == moving.flow[1]).all()))

# %% [markdown]
# ## 6. Written once, read often
#
# What `prepare` wrote are **shards**: plain tar files, as WebDataset reads them, with an
# index that says where each array begins. The same view goes into the detector's folder,
# and `dfstudy predict` uses it for a new video: what is served is what was trained on.
#
# The papers keep their data in other ways, each of which `dfstudy export` writes and
# reads back: pictures and a JSON (S1), `.npz` (S3), tensors (S4), a video of the face
# (S2), `.tar.gz` shards (S0).
#
# **Predict:** which is the smallest? Which of them change the pixels?

# %%
usable = prepared.kept(some)
originals = {name: prepared.array(name)[0] for name in usable["video_id"]}


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB of two arrays uint8; inf where they are equal."""
    error = ((one.astype(float) - other.astype(float)) ** 2).mean()
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


usual = next(iter(originals), None)  # one video to look at
shown_again = {}
stored = sum(Path(path).stat().st_size for path in usable["path"])
sizes = {
    "the videos themselves": {"kB a video": stored / len(usable) / 1000},
    "our shards": {"kB a video": sum(Path(u).stat().st_size for u in prepared.urls()) / len(usable) / 1000},
}
with tempfile.TemporaryDirectory() as place:
    for name, kind in FORMATS.items():
        folder = export(some, view, format=name, out=Path(place) / name, progress=False)
        files = json.loads((folder / "labels.json").read_text())["files"]
        back = {}
        for file, about in files.items():
            back |= zip(about["videos"], kind.read(folder / file), strict=True)
        written = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        decibels = [psnr(whole, back[video]) for video, whole in originals.items()]
        sizes[name] = {
            "kB a video": written / len(usable) / 1000,
            "PSNR, dB, median": np.median(decibels),
            "PSNR, dB, worst": min(decibels),
        }
        shown_again[name] = back[usual][T // 2]
sizes = pd.DataFrame(sizes).T
sizes.round(1)

# %% [markdown]
# An endless PSNR means that every pixel came back as it was. The other formats change
# all of them a little. Is that where a forgery leaves its traces? The differences, ten
# times as strong as they are, grey for none:

# %%
original = originals[usual][T // 2]
lossy = sizes.index[np.isfinite(sizes["PSNR, dB, worst"])]
pictures, titles = [original], ["as prepared"]
for name in lossy:
    change = shown_again[name].astype(int) - original
    pictures += [shown_again[name], np.clip(128 + 10 * change, 0, 255).astype(np.uint8)]
    titles += [name, "difference x 10"]
figures.contact_sheet(pictures, titles=titles, columns=5)

# %% [markdown]
# The loss sits where detail is: edges, eyes, the rim of a composite. Forgers leave their
# traces in the same places, and real forgeries are much finer than those drawn here. A
# lossy step belongs before training only where the videos to be judged went through the
# same; what compression does to a detector is lesson 13's question.
#
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
whole = kept.loc["S1: 108 x 192", "face height, pixels"]
crop = kept.loc["face crop", "face height, pixels"]
seen_text = "what a sampling misses is unknown here"
if forged:
    seen_text = "; ".join(f"{name} {n} of {len(forged)}" for name, n in caught["fakes seen"].items())
print(f"- frames: {T} of a clip; fakes whose forged stretch is seen: {seen_text}")
print(f"- resizing: the face is {whole:.0f} pixels high in the whole frame, {crop:.0f} in a", end=" ")
print(f"crop of 112 x 112; pooling and area differ by {apart:.1f} grey levels, bilinear is", end=" ")
print(f"{worst['bilinear'] / worst['adaptive pooling']:.1f} times as far off where frames become {errors.index[-1]} times smaller")
print(f"- faces: followed in {tracked / dense:.0%} of the time of looking anew;", end=" ")
print(f"{lost['dropped_share'].max():.0%} of a kind dropped at the most", end="")
if forged:
    print(f"; {np.interp(0, at_most, inside['its edge']):.0%} of a composite's edge is in a crop without margin,", end=" ")
    print(f"{np.interp(0.3, at_most, inside['its edge']):.0%} with 30 %", end="")
print()
print(f"- stride: DIS explains {explained['dis'].iloc[0]:.0%} of the change between", end=" ")
print(f"neighbours, {explained['dis'].iloc[-1]:.0%} over {explained.index[-1]} frames;", end=" ")
print(f"of moving pixels {returns['dis'].iloc[0]:.0%} and {returns['dis'].iloc[-1]:.0%} come home")
smallest = sizes["kB a video"].iloc[2:].idxmin()
print(f"- formats: {smallest} is the smallest, {sizes.loc[smallest, 'kB a video']:.0f} kB a video of", end=" ")
print(f"{sizes.loc['our shards', 'kB a video']:.0f}; exact are", end=" ")
print(*sizes.index[np.isinf(sizes["PSNR, dB, worst"])], sep=", ")

# %% [markdown]
# ## Quiz · data and seeing (10 minutes)
#
# The questions go over lessons 00 to 02. Decide first, one letter a question; the answers
# are folded under each, with what is wrong with the others.

# %%
quiz.show("seeing")

# %% tags=["exercise"]
# BEGIN SOLUTION
# STUB: letters = None  # "abca...", in the order of the questions; "-" where you have none yet
letters = "bbacdca"
# END SOLUTION

quiz.check(letters, "seeing")

# %% [markdown]
# ## Which view when?
#
# | you want | take | mind |
# |---|---|---|
# | a quick baseline, no face detector | whole frame, area resize (S1) | the background can give the label away |
# | faces at full detail | face crop with margin (S2, S3, S4) | drop rate by class; several faces |
# | what lasts only a moment | evenly spaced frames over all of the clip (S0, S3) | motion between them is lost |
# | motion from frame to frame | neighbours, or flow of adjacent frames | they see little of the clip |
# | people who come and go | neighbours where a face is seen best (S0) | the forgery may be elsewhere |
# | to train often | shards, `.npz` or tensors | disk |
# | to hand frames on, small | pictures | what they lose is for ever |

# %% [markdown]
# ## References
#
# - K. Zhang et al., Joint face detection and alignment using multi-task cascaded
#   convolutional networks, IEEE Signal Processing Letters, 2016 (MTCNN)
# - P. Viola, M. Jones, Rapid object detection using a boosted cascade of simple
#   features, CVPR 2001
# - T. Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016 (DIS)
# - N. Sundaram, T. Brox, K. Keutzer, Dense point trajectories by GPU-accelerated large
#   displacement optical flow, ECCV 2010
# - G. Farneback, Two-frame motion estimation based on polynomial expansion, SCIA 2003
# - S0: C. Tung, D. Tung, DeepSneak: deepfake video detection, CS231N (sampling, best
#   clip, adaptive pooling)
# - S1: H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (whole
#   frames at a tenth of their size; flow)
# - S2: Dual-stage ResNet and LSTM, BMSCE (face videos); S3: Correia and Neves, FCUL
#   (faces as `.npz`); S4: ReLSTM, FPT University (faces as tensors)
# - B. Dolhansky et al., The DeepFake Detection Challenge dataset, 2020
