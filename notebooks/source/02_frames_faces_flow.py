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
#   minutes: {smoke: 1, laptop: 3, colab: 6, paper: 60}
#   memory_gb: 3
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
# - choose **frames** evenly over a video, and say what goes wrong with the first ones;
# - say what **resizing** leaves of a face, in pixels;
# - find, follow and cut out **faces**, with a margin;
# - read a **shard**, in which all of this is kept for training.

# %% [markdown]
# ## Before you start
#
# You need Python and NumPy arrays. No data set, account or GPU: without a folder of
# your own in `DATA`, the lesson renders a small set of stylised talking heads.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The synthetic set is rendered at the first use (a minute or two in the profile
# `laptop`) and then kept.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
import os
if "COLAB_RELEASE_TAG" in os.environ: os.system("python -m pip install -q --no-deps git+https://github.com/dfstudy/dfstudy")
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from dfstudy.course import checks_02 as checks
from dfstudy.data.prepare import prepare
from dfstudy.data.view import View, see
from dfstudy.report import figures
from dfstudy.video.faces import FaceDetector, crop_faces, track_faces
from dfstudy.video.probe import probe
from dfstudy.video.read import read_evenly
from dfstudy.video.sample import (
    adaptive_pool,
    count_repeats,
    even_indices,
    resize_area,
)

videos = study.data.manifest
T = study.profile.frames

# %% [markdown]
# ## 1. A file is not yet a video
#
# A video file is a container: a codec's packets, a clock, and a header that says how
# long it is and which way is up. None of it can be taken on trust.

# %%
# A real and a fake video with a face large enough to look at.
detector = FaceDetector()
pictured = {}
for label, rows in videos.groupby("label"):
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
# ones, somebody else spreads them over the clip. In which of the two can a forgery that
# lasts half a second hide?

# %%
row, frames, indices, tracks = pictured["fake"]
n_frames = probe(row.path).n_frames
first = np.arange(min(T, n_frames))

fig, ax = plt.subplots(figsize=(9, 2.2))
for height, (name, chosen) in enumerate({"first": first, "evenly": indices}.items()):
    ax.scatter(chosen, np.full(len(chosen), height), s=60, label=name)
    ax.text(-0.02 * n_frames, height, name, ha="right", va="center")
ax.set(xlim=(0, n_frames), ylim=(-0.6, 1.6), yticks=[], xlabel="frame of the clip")
ax.set_title("Frames that a model sees")
plt.show()

# %% [markdown]
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
# *Expected picture:* the row "evenly" above.


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

# %%
lengths = np.arange(1, 2 * T + 1)
repeats = [count_repeats(even_indices(n, T)) for n in lengths]

fig, ax = plt.subplots(figsize=(7, 2.8))
ax.step(lengths, repeats, where="mid")
ax.axvline(T, linestyle="--", color="0.5")
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
# the face. S0 calls adaptive average pooling "content-aware"; each output pixel is
# simply the mean of the pixels that it covers, whatever they show. Averaging is what
# one wants when shrinking: taking single pixels instead keeps noise and invents
# patterns that no camera saw (aliasing).

# %%
step = max(1, frames.shape[1] // 108)
ways = {
    "mean of the area": resize_area(frames, 108, 192)[T // 2],
    "single pixels": frames[T // 2, ::step, ::step],
}
fig, axes = plt.subplots(1, 2, figsize=(12, 3.6))
for ax, (name, image) in zip(axes, ways.items(), strict=True):
    ax.imshow(image, interpolation="nearest")
    ax.set_title(name)
    ax.set_axis_off()
plt.show()

# %% [markdown]
# ## 4. Where is the face?
#
# MTCNN is three small networks in a row: the first proposes boxes, the second throws
# most of them out, the third refines the rest and adds five landmarks. Its time grows
# with the frame, so we run it on a reduced frame and on every few frames, and *follow*
# each face in between.
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
# The box ends at the brows, the chin and the cheeks. Many forgeries are seen best just
# outside of it, where the composite meets the original skin, so detectors cut with a
# **margin**. DFDC's winner used 30 % a side.

# %%
margins = (0.0, 0.3, 0.6)
fig, axes = plt.subplots(2, len(margins), figsize=(9, 6.4))
for line, (kind, (_, images, _, faces)) in zip(axes, pictured.items(), strict=True):
    for ax, margin in zip(line, margins, strict=True):
        crops = crop_faces(images, faces[0].boxes, size=112, margin=margin)
        ax.imshow(crops[T // 2])
        ax.set_title(f"{kind}, margin {margin:.0%}")
        ax.set_axis_off()
plt.show()

# %% [markdown]
# ### Exercise 2 · the square around a face (10 minutes)
#
# Write `square(box, margin)`: the square (x0, y0, x1, y1) with the same middle as
# `box`, whose side is the longer side of the box, enlarged by `margin` of it **at each
# end**. It may reach outside the frame.
#
# *Hint:* the middle is the mean of the two corners.
#
# *Expected picture:* the three columns above: the same middle, more and more around it.


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
# ## 5. Written once, read often
#
# Decoding and face search take far longer than a training step. They are done once:
# a **view** says what a model sees, `prepare` writes it for every video into shards
# (plain tar files, as WebDataset reads them), and training only reads. Here are the
# validation videos.
#
# The same view goes into the detector's folder. `dfstudy predict` uses it for a new
# video, so that what is served is what was trained on. A widely copied project trains
# on the mean over time and serves the last step; this is how one prevents it.

# %%
view = View(frames=T, height=112, width=112, crop="face")
some = videos[videos["split"] == "val"]
start = time.perf_counter()
prepared = prepare(some, view)
print(f"{len(prepared.index)} videos, {time.perf_counter() - start:.1f} s")
prepared.index.head()

# %%
sample = see(row.path, view, detector=detector)
figures.contact_sheet(sample.faces[0].crops, labels=[row.label] * T)

# %% [markdown]
# Not every video shows a face in every frame. Which videos fall out is part of the
# result: if more fakes than reals are dropped, the detector is judged on an easier set.

# %%
counted = prepared.index.merge(videos[["video_id", "label"]], on="video_id")
counted["class"] = counted["label"].map({0: "real", 1: "fake"})
dropped = counted.groupby("class")["dropped"].agg(lambda why: why.notna().mean())
dropped.rename("share of videos without a usable face").to_frame()

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
whole = kept.loc["S1: 108 x 192", "face height, pixels"]
crop = kept.loc["face crop", "face height, pixels"]
print(f"- frames: {T} of {n_frames}, evenly, reach frame {indices[-1]};", end=" ")
print(f"the first {len(first)} end at frame {first[-1]}")
print(f"- resizing: the face is {whole:.0f} pixels high in the whole frame,", end=" ")
print(f"{crop:.0f} in a crop of 112 x 112")
print(f"- faces: followed in {tracked / dense:.0%} of the time of looking anew")
print(f"- shards: {len(prepared.index)} videos written, {dropped.max():.0%}", end=" ")
print("of a class dropped at the most")

# %% [markdown]
# ## Which view when?
#
# | you want | take | mind |
# |---|---|---|
# | a quick baseline, no face detector | whole frame, area resize (S1) | the background can give the label away |
# | faces at full detail | face crop with margin (S2, S3, S4) | drop rate by class; several faces |
# | what lasts only a moment | evenly spaced frames over all of the clip (S0) | motion between them is large |
# | motion from frame to frame | consecutive frames | half a second sees little of the clip |

# %% [markdown]
# ## References
#
# - K. Zhang et al., Joint face detection and alignment using multi-task cascaded
#   convolutional networks, IEEE Signal Processing Letters, 2016 (MTCNN)
# - C. Tung, D. Tung, DeepSneak: deepfake video detection, CS231N (S0: sampling,
#   adaptive pooling)
# - H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (S1:
#   whole frames at a tenth of their size)
# - B. Dolhansky et al., The DeepFake Detection Challenge dataset, 2020
