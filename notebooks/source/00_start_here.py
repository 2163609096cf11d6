# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "00"
#   slug: start_here
#   question: Is my machine ready, what is in this course, and can I tell?
#   minutes: {smoke: 1, laptop: 3, colab: 8, paper: 60}
#   memory_gb: 2
#   disk_gb: 1
#   gpu: false
# ---

# %% [markdown]
# <!-- badge -->
#
# # 00 · Start here: can you tell?

# %% [markdown]
# ## The question
#
# A video shows somebody saying something. Did it happen? This course builds machines
# that answer, and spends most of its time on a harder question: **how would we know
# that the answer is any good?** Begin with the best-known detector of faces, yourself.

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - say whether **your machine** is ready;
# - find your way in the **course**;
# - follow **one video** from a file to a verdict, and name the part that does each step;
# - put an **interval** around a number, and say how well you tell real from fake;
# - set a **class** beside the detectors, and say whose luck is in the difference.

# %% [markdown]
# ## Before you start
#
# You need a little Python and NumPy. No data set, account or GPU: without a folder of
# your own in `DATA`, the lesson renders a set of stylised talking heads, whose truth is
# known. They are a laboratory, not evidence about the world.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# Nearly all of it is rendering the set at the first use, which every later lesson then
# finds on the disk.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import importlib

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from dfstudy import environment
from dfstudy.course import checks_00 as checks
from dfstudy.course import classroom, lessons
from dfstudy.metrics import group_bootstrap
from dfstudy.metrics.readers import readers_auroc
from dfstudy.report import classes, figures, players, schemes
from dfstudy.video.faces import FaceDetector, crop_faces, track_faces
from dfstudy.video.preview import preview
from dfstudy.video.probe import probe
from dfstudy.video.read import read_evenly

pd.set_option("display.max_colwidth", None)

# %% [markdown]
# Two videos, four frames of each. One is authentic, one has been forged.
#
# **Predict:** which one, and how do you know? The last cell of this lesson tells.

# %%
videos = study.data.manifest
two = videos[videos["split"] == "train"].groupby("label").head(1)
two = two.sample(frac=1, random_state=study.seed)
figures.contact_sheet(
    [frame for path in two["path"] for frame in read_evenly(path, 4)[0]],
    titles=[text for line in ("upper", "lower") for text in (line, "", "", "")],
    columns=4,
)

# %% [markdown]
# ## 1. Is this machine ready?
#
# The same report as `dfstudy check` prints in a terminal. `[FAIL]` says what to mend;
# `[--]` is missing and not needed. If something goes wrong later, this is the text to
# send with your question.

# %%
checked = environment.report()
failed = [one for one in checked if one.required and not one.ok]
print(*checked, sep="\n")

# %% [markdown]
# ## 2. What is in this course?
#
# Every lesson asks one question, works alone and in any order, and makes what it needs.
# Where a lesson trains something, the number it ends with goes into a file, and tables
# are made from those files: no number in a text is typed by hand. (Opened without the
# course's folder, as on Colab, the table is empty; it is also in the README of the
# repository.) Lessons make up five modules, and each of these closes with a quiz.

# %%
there = lessons.find()
minutes = f"minutes, {study.profile.name}"
pd.DataFrame(
    [
        (one.number, lessons.module_of(one.number).title, one.question, one.minutes[study.profile.name])
        for one in there
    ],
    columns=["lesson", "module", "question", minutes],
).set_index("lesson")

# %% [markdown]
# ## 3. One video, from file to verdict
#
# A detector never sees "a video". It sees a few small pictures that somebody chose.
# Here is the whole way once, with the simplest score that can be computed.

# %%
detector = FaceDetector()
for row in videos[(videos["split"] == "train") & (videos["label"] == 1)].itertuples():
    frames = preview(row.path, study.profile.clip_frames, height=216)
    shown = frames[np.linspace(0, len(frames) - 1, 4).astype(int)]
    tracks = track_faces(shown, detector)
    if tracks and tracks[0].present.all():
        break
else:
    raise ValueError("no forged training video shows a face from beginning to end")

info = probe(row.path)
print(f"file    {row.video_id}: {info.codec}, {info.width} x {info.height} pixels,", end=" ")
print(f"{info.n_frames} frames at {info.fps:.0f} a second")
print(f"frames  the first {len(frames)} were read; {len(shown)} are shown below")
print(f"face    {len(tracks)} found; the first one is in all {len(shown)}")

crops = crop_faces(shown, tracks[0].boxes, size=112, margin=0.3)
fig, axes = plt.subplots(2, len(shown), figsize=(12, 5))
for column, (frame, box, crop) in enumerate(
    zip(shown, tracks[0].boxes, crops, strict=True)
):
    x0, y0, x1, y1 = box
    axes[0, column].imshow(frame)
    axes[0, column].plot([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], color="white")
    axes[1, column].imshow(crop)
for ax in axes.flat:
    ax.set_axis_off()
axes[0, 0].set_title("frames, and where the face is")
axes[1, 0].set_title("what a face detector cuts out")
plt.show()

# %% [markdown]
# A **score** is any number that is meant to be higher for fakes. Ours asks one thing
# only: does motion go on as it began? It is the mean change of the change from frame to
# frame, over the mean change. Lessons 03 to 10 put networks in its place; everything
# around it stays the same.
#
# **Predict:** which forgeries could such a number notice, and which not?


# %%
def jerk(frames: np.ndarray) -> float:
    """How much a frame surprises who expects motion to go on; frames (N, h, w, 3)."""
    if len(frames) < 3:
        return 0.0  # too short to have a motion that goes on
    pixels = frames.astype(np.float32)
    change = np.abs(np.diff(pixels, axis=0)).mean()
    surprise = np.abs(np.diff(pixels, n=2, axis=0)).mean()
    return float(surprise / max(change, 1e-6))  # a still picture has no change


val = videos[videos["split"] == "val"].reset_index(drop=True)
val["score"] = [
    jerk(preview(path, study.profile.clip_frames, height=54)) for path in val["path"]
]
# The verdict needs a threshold: on other videos than the one that is judged.
threshold = val.loc[val["label"] == 0, "score"].quantile(0.95)
score = jerk(preview(row.path, study.profile.clip_frames, height=54))
verdict = "fake" if score > threshold else "real"
print(f"score     {score:.2f}, threshold {threshold:.2f} (few real videos are above it)")
print(f"verdict   {verdict}; the truth is: fake, {row.method}")

# %% [markdown]
# One verdict says nothing of a detector. Over all validation videos, the **AUROC** is
# the chance that a fake scores higher than a real one: 0.5 is a coin. Take each fake
# and each real video, and see who has the higher score.

# %%
some = val[(val["label"] == 0) | (val["method"] == row.method)]
schemes.pairs(some["label"], some["score"])

# %% [markdown]
# The share of dark squares is the AUROC; no threshold is in it. It stands with an
# interval, because other people in front of the camera would have given another number.

# %%
methods = [name for name in val["method"].unique() if name != "real"]
aurocs = {}
for method in methods:
    some = val[(val["label"] == 0) | (val["method"] == method)]
    aurocs[method] = group_bootstrap(
        some["label"],
        some["score"],
        some["group"],
        threshold=threshold,
        n=study.profile.bootstrap,
        seed=study.seed,
    )["auroc"]
blank = {"low": None, "high": None, "reason": None}
rows = [{"name": method} | blank | entry for method, entry in aurocs.items()]
figures.intervals(pd.DataFrame(rows), title="One line of arithmetic, by forgery")

# %% [markdown]
# Keep this picture in mind. A forgery that one score cannot see may be plain to
# another, so "how good is this detector?" has no answer without "at which forgery?".
#
# Each step above is a part of the package, and each part says what it does:

# %%
parts = {
    "file": "dfstudy.video.probe",
    "frames": "dfstudy.video.read",
    "which of them": "dfstudy.video.sample",
    "face": "dfstudy.video.faces",
    "all videos, one table": "dfstudy.data.manifest",
    "training and test": "dfstudy.data.splits",
    "decoded once, kept": "dfstudy.data.prepare",
    "score": "dfstudy.models.detector",
    "threshold, test set": "dfstudy.training.protocol",
    "how sure": "dfstudy.metrics.intervals",
    "verdict": "dfstudy.detect.predict",
}
pd.DataFrame(
    [
        (step, name, (importlib.import_module(name).__doc__ or "").splitlines()[0])
        for step, name in parts.items()
    ],
    columns=["step", "module", "in its own words"],
).set_index("step")

# %% [markdown]
# ## 4. Can you tell?
#
# Some of these clips are authentic, some are forged; how many, you are not told. Four
# frames of each first, then the clips themselves, with what is said of them where
# somebody has written that down.


# %%
def face_strip(frames: np.ndarray) -> np.ndarray:
    """Four frames around the face, or around the middle where none is found."""
    some = frames[np.linspace(0, len(frames) - 1, 4).astype(int)]
    found = track_faces(some, detector)
    if found and found[0].present.all():
        return crop_faces(some, found[0].boxes, size=168, margin=0.35)
    height, width = some.shape[1:3]
    side = min(height, width)
    return some[:, :side, (width - side) // 2 : (width + side) // 2]


# Every kind of forgery, and no people twice as long as there are others.
quiz = classroom.pick(val.drop(columns="score"), each=6, seed=study.seed)
clips = [preview(path, study.profile.clip_frames, height=216) for path in quiz["path"]]
strips = [face_strip(clip) for clip in clips]
names = [f"clip {i}" for i in range(1, len(quiz) + 1)]
figures.contact_sheet(
    [image for strip in strips for image in strip],
    titles=[text for name in names for text in (name, "", "", "")],
)

# %%
said = [
    name if pd.isna(text) else f"{name}: {text}"
    for name, text in zip(names, quiz["description"], strict=True)
]
players.show(clips, fps=float(quiz["fps"].median()), titles=said)

# %% [markdown]
# ### Exercise 1 · your guesses (5 minutes)
#
# Write down for each clip, in their order, how sure you are that it is fake: 0 is surely
# real, 1 surely fake, 0.5 no idea. How sure you are is worth more than a yes: it says
# which clips you find the most suspicious, and that is all that an AUROC asks.
#
# *Hint:* `guesses = [0.2, 0.9, 0.5, ...]`, as many as there are clips.
#
# *Expected picture:* below, the clips again with the truth, and what you had right.

# %% tags=["exercise"]
# BEGIN SOLUTION
# STUB: guesses = None
# There is no right answer to look up, so this one throws dice.
guesses = np.random.default_rng(study.seed).random(len(quiz)).round(2).tolist()
# END SOLUTION

status = checks.guesses(guesses, len(quiz))

# %% [markdown]
# ### The truth
#
# A `blend` has another person's features in it, in every frame. A `disorder` is an
# authentic clip whose frames are shown in another order: **no frame of it is forged**,
# so nobody, person or machine, can tell it from a frame. Whoever had one right from the
# strip above was lucky; only the moving clip can give it away. The other kinds, where
# there are any, are lesson 01's.

# %%
if status.state == "correct":
    who, sure = "you", np.array(guesses)
else:
    who, sure = "dice", np.random.default_rng(study.seed).random(len(quiz))
quiz["right"] = (sure >= 0.5) == quiz["label"].to_numpy()  # half and more: called fake
figures.contact_sheet(
    [strip[0] for strip in strips],
    labels=list(quiz["label"]),
    titles=[
        f"{name}: {method}, {'right' if right else 'wrong'}"
        for name, method, right in zip(names, quiz["method"], quiz["right"], strict=True)
    ],
    columns=6,
    title=f"called by {who}",
)

# %% [markdown]
# ## 5. How sure is that?
#
# A dozen clips are few. Had they been others, your share of right answers would
# have been another one. Wilson's interval says which true shares go well with what was
# seen, $k$ right of $n$, at 95 %, with $z = 1.96$:
#
# $$\frac{k + z^2 / 2}{n + z^2} \;\pm\; \frac{z}{n + z^2}
# \sqrt{\frac{k\,(n - k)}{n} + \frac{z^2}{4}}$$

# %% [markdown]
# ### Exercise 2 · an interval (10 minutes)
#
# Write `interval(right, n)`: the two ends of Wilson's interval, the lower first.
#
# *Hint:* `z = 1.96`; the middle first, then the half width. `np.sqrt`.
#
# *Expected picture:* the bars below, which are SciPy's.


# %% tags=["exercise"]
def interval(right: int, n: int) -> tuple[float, float]:
    """The 95 % interval (Wilson) of a share of which `right` of `n` were seen."""
    # BEGIN SOLUTION
    # STUB: return None
    z = 1.96
    middle = (right + z**2 / 2) / (n + z**2)
    half = z * np.sqrt(right * (n - right) / n + z**2 / 4) / (n + z**2)
    return middle - half, middle + half
    # END SOLUTION


checks.interval(interval)


# %%
def share(name: str, right: pd.Series) -> dict:
    """A row of the picture: the share of True, with Wilson's interval."""
    ends = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
    return {"name": name, "value": right.mean(), "low": ends.low, "high": ends.high}


mine = share(f"all {len(quiz)} clips", quiz["right"])
rows = [mine]
rows += [
    share(f"{method} ({len(some)})", some)
    for method, some in quiz.groupby("method")["right"]
]
figures.intervals(
    pd.DataFrame(rows), metric="share called right", title=f"Called by {who}"
)

# %% [markdown]
# **Predict:** how many clips does it take until somebody who is right in three of five
# is told from a coin?

# %%
sizes = np.unique(np.geomspace(5, 2000, 60).astype(int))
ends = [
    binomtest(round(0.6 * n), int(n)).proportion_ci(method="wilson") for n in sizes
]
low, high = (np.array([getattr(end, side) for end in ends]) for side in ("low", "high"))
undecided = sizes[low <= 0.5].max()

fig, ax = plt.subplots(figsize=(9, 3.6))
ax.fill_between(sizes, low, high, alpha=0.3)
ax.axhline(0.5, linestyle="--", color="0.4")
ax.text(sizes[-1], 0.49, "a coin", ha="right", va="top", color="0.4")
ax.axvline(len(quiz), color="0.2")
ax.text(len(quiz) * 1.05, 0.97, "this game", va="top")
ax.set(xscale="log", ylim=(0, 1), xlabel="clips", ylabel="share called right")
ax.set_xticks([5, 10, 50, 100, 500, 1000], ["5", "10", "50", "100", "500", "1000"])
ax.set_title("Right in three of five: what goes well with it")
plt.show()
print(f"up to about {undecided} clips, three right of five could be a coin")

# %% [markdown]
# Studies that show people forged videos find them little better than chance, and surer
# than they should be (Köbis et al., 2021). Machines have the same two faults. And even
# this interval is too short where clips belong together: two clips of one person are
# not two observations, so later lessons resample *groups of people*.
#
# ## 6. A class, and the detectors
#
# One student's dozen clips say little. What about thirty students? If you have handed in
# guesses above, they are in a small file now, under a random name and without yours. A
# teacher collects the files of a class into that folder and runs this lesson once more
# ([how](https://github.com/dfstudy/dfstudy/blob/main/docs/teaching.md#can-you-tell-with-a-class)).

# %%
if status.state == "correct":
    handed_in = classroom.hand_in(quiz, guesses, study)
    print(f"written: {handed_in}")
else:
    print("no guesses yet, so nothing is handed in")
collected = classroom.collect(classroom.folder(study))
print(f"in this folder: guesses of {collected['student'].nunique()} students")

# %% [markdown]
# Where there is no class at hand, here are two that **are simulated**: thirty students
# who throw dice, and thirty who see something, more of a `blend` than of a `disorder`.
# How much they see is made up; how sure one can be of it is not.
#
# **Predict:** thirty students have judged every clip. Will the interval of the class be
# shorter than yours, and by how much?

# %%
groups = {
    "class" if collected["student"].nunique() > 1 else "you": collected,
    "simulated: dice": classroom.simulated(quiz, study, students=30, able=False),
    "simulated: some sight": classroom.simulated(quiz, study, students=30, able=True),
}
groups = {name: table for name, table in groups.items() if len(table)}
scale = {"n": study.profile.bootstrap, "seed": study.seed}
seeing = groups["simulated: some sight"]
judged = [seeing[name] for name in ("label", "guess", "group", "student")]
drawn_anew = {
    "students": readers_auroc(*judged, over="readers", **scale),
    "clips": readers_auroc(*judged, over="clips", **scale),
    "both": readers_auroc(*judged, **scale),
}
rows = [{"name": f"other {name}"} | blank | row for name, row in drawn_anew.items()]
figures.intervals(
    pd.DataFrame(rows), title="Simulated class: what would be drawn anew?"
)

# %% [markdown]
# Thirty students are many, a dozen clips are still a dozen. Another class on the same clips
# would say nearly the same; the same class on other clips would not. An interval that
# resamples only the students promises too much, and so does a study of a hundred people
# that shows them five videos.
#
# Now beside the detectors that this machine has results of, on the same kinds of forgery.
# (They were judged on test videos, the class on validation videos of the same set: other
# people in front of the camera, so compare intervals, not digits.)

# %%
detectors = classroom.detectors(study)
if not detectors:
    print("No detector has results on these videos yet: run lesson 03, and come back.")
table = classroom.compared(
    groups, detectors, n_bootstrap=study.profile.bootstrap, seed=study.seed
)
classes.beside(table)

# %% [markdown]
# A person who knows nothing of codecs and has never seen this person may still find what
# a network overlooks, and the other way round. On rendered heads, both are only a game:
# nobody's eyes were made for these faces.
#
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
forged = "upper" if two["label"].iloc[0] == 1 else "lower"
how = two.loc[two["label"] == 1, "method"].fillna("nobody knows how").item()
print(f"The first picture: the {forged} one is forged ({how}).")
print(f"- your machine: {len(checked)} checks, {len(failed)} failed")
print(f"- the course: {len(there)} lessons are built")
print(f"- one video: score {score:.2f} against {threshold:.2f}, so {verdict};", end=" ")
print("AUROC", *(f"{name} {entry['value']:.2f}" for name, entry in aurocs.items()))
print(f"- an interval: {who} had {mine['value']:.2f}", end=" ")
print(f"[{mine['low']:.2f}, {mine['high']:.2f}] of {len(quiz)} clips right")
both = drawn_anew["both"]
print(f"- a class: thirty simulated students had AUROC {both['value']:.2f}", end=" ")
print("without an interval:" if both["low"] is None else f"[{both['low']:.2f}, {both['high']:.2f}],", end=" ")
print(both.get("reason") or f"beside {len(detectors)} detectors")

# %% [markdown]
# A score is not proof. Calling an authentic video a fake harms the person in it; lesson
# 01 counts how often that happens. Detectors trained in this course must not judge
# anybody's video.

# %% [markdown]
# ## Which lesson when
#
# | you want | take | mind |
# |---|---|---|
# | to understand a number in a paper | 01, 03, 11, 13 | who was in training and test |
# | to build a detector | 02, 03, then one of 04 to 10 | at which forgeries it looks |
# | to judge one video | 15, after 11 | a score is not proof |
# | your own videos | `DATA` in any lesson | whose faces they are |

# %% [markdown]
# ## References
#
# - E. B. Wilson, Probable inference, the law of succession, and statistical inference,
#   Journal of the American Statistical Association, 1927
# - N. C. Köbis, B. Doležalová, I. Soraperra, Fooled twice: people cannot detect
#   deepfakes but think they can, iScience, 2021
# - A. B. Owen, The pigeonhole bootstrap, Annals of Applied Statistics, 2007 (students and
#   clips, both drawn anew)
# - B. Dolhansky et al., The DeepFake Detection Challenge dataset, 2020
