# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "10"
#   slug: multimodal_fusion
#   question: Does the text know?
#   minutes: {smoke: 2, laptop: 4, colab: 30, paper: 300}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 10 · Does the text know?

# %% [markdown]
# ## The question
#
# A video seldom comes alone: there is a title, a caption, a file name. S0 gives its
# detector both, in the hope that text and picture contradict each other in a fake. **When
# does a description help to find a forgery, and when does it give the label away?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - say what a **resize** keeps of a frame, and what a region-guided clip keeps of a video;
# - find a **label in a file name**, and make a description of it that has none;
# - tell by **ablation** what comes from the text, what from the video, and what from
#   both together;
# - say what a detector needs to see in training to learn a **contradiction**;
# - compare **settings** (batch size, optimizer, precision) on validation;
# - work out from printed numbers **what a paper has counted**.

# %% [markdown]
# ## Before you start
#
# Lesson 03 says what a frame detector is, lesson 07 what a 3D CNN is. No data set,
# account or GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# Opened alone, the lesson first renders and prepares the synthetic set (one to three
# minutes in the profile `laptop`), once.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import re
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.metrics import classification_report

from dfstudy import models
from dfstudy.course import checks_10 as checks
from dfstudy.data import misquote
from dfstudy.data.truth import kinds
from dfstudy.data.view import see
from dfstudy.models import text
from dfstudy.report import figures, schemes
from dfstudy.study import titles
from dfstudy.study.kinds import compare
from dfstudy.training import experiment, results
from dfstudy.training.ahead import ahead
from dfstudy.training.fitted import Variant
from dfstudy.training.rule import MEAN
from dfstudy.training.sweep import grid, sweep, verdicts
from dfstudy.training.twins import twins
from dfstudy.video.faces import new_detector
from dfstudy.video.read import read_evenly
from dfstudy.video.sample import RESIZES

videos = study.data.manifest
kind = kinds(study.data)
family = models.family("fusion")
common = {
    "lesson": "10",
    "data": study.data,
    "profile": study.profile,
    "seed": study.seed,
    "rules": [MEAN],
}
intervals = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}

# %% [markdown]
# ## 1. Sixteen frames of a video
#
# S0 makes a clip of a video in two ways. **Interval downscaling** takes frames from all
# over the video, whole and small. **Region-guided cropping** looks for the stretch in
# which a face is seen best (lesson 02) and cuts the face out of neighbouring frames.
#
# **Predict:** a video's description is "kitchen talking pan laughing". Which of the two
# clips could tell you that it is true?

# %%
validation = videos[videos["split"] == "val"]
faces = new_detector(family.VIEW.detector)
for file in validation["path"]:
    guided_sample = see(file, family.view(clip="guided"), detector=faces)
    if guided_sample.faces:
        break
interval_sample = see(file, family.view())
figures.contact_sheet(
    [*interval_sample.frames[::2], *guided_sample.faces[0].crops[::2]],
    titles=[f"frame {i}" for i in (*interval_sample.indices[::2], *guided_sample.indices[::2])],
    title="Every second frame: interval, then region-guided",
)

# %% [markdown]
# A frame is then made small, by **adaptive average pooling**: each output pixel is the
# mean of the pixels that it covers. S0 calls that content-aware. It is not: it does the
# same to every content. But it differs from the other two ways that S0 names: a centre
# crop loses what lies at the sides, and bilinear interpolation looks at four pixels only,
# however many there are. We ask each way how much of the input counts, and how many grey
# levels its output changes when the camera moves by one pixel.

# %%
frame = read_evenly(file, 1)[0]
height, width = family.VIEW.height, family.VIEW.width
ways = {"adaptive": "adaptive pooling", "centre": "centre crop", "bilinear": "bilinear"}
small = {way: RESIZES[way](frame, height, width)[0] for way in ways}
figures.contact_sheet(list(small.values()), titles=list(ways.values()), columns=3)


# %%
def input_that_counts(resize) -> float:
    """Share of the input's pixels that change the output."""
    rng = np.random.default_rng(0)
    where = rng.integers(0, (frame.shape[1], frame.shape[2]), (200, 2))
    black, hits = np.zeros_like(frame), 0
    for y, x in where:
        black[:, y, x] = 255
        hits += bool(resize(black, height, width).any())
        black[:, y, x] = 0
    return hits / len(where)


def unsteadiness(resize) -> float:
    """Mean change of the output, in grey levels, when the input moves by a pixel."""
    moved = resize(frame[:, :, 1:], height, width).astype(float)
    return float(np.abs(moved - resize(frame[:, :, :-1], height, width)).mean())


resizing = pd.DataFrame(
    {
        name: {
            "share of the input that counts": input_that_counts(RESIZES[way]),
            "change by a step of one pixel": unsteadiness(RESIZES[way]),
        }
        for way, name in ways.items()
    }
).T
resizing.round(2)

# %% [markdown]
# ## 2. The network of S0
#
# R3D-18, pretrained on Kinetics-400, makes 512 numbers of a clip. all-MiniLM-L6-v2, a
# small transformer that has read a billion pairs of sentences, makes 384 of a
# description; a linear layer makes 512 of those. Side by side they go through two hidden
# layers. MiniLM stays as it is, so each description is read once and kept.

# %%
schemes.fusion()

# %%
full = family.build(network="full", pretrained="none").module
size = {name: sum(p.numel() for p in part.parameters()) for name, part in
        (("R3D-18", full.encoder), ("text projection", full.head.text), ("fusion layers", full.head.mlp))}
print(pd.Series(size).to_string())
print(full.head.mlp)
said = ["outside talking pan laughing", "outdoors chatting pan amused", "kitchen listening zoom serious"]
near = text.encode(said)
print(f"\nread by {text.encoder()}: {said[0]!r} is {near[0] @ near[1]:.2f} near to {said[1]!r}")
print(f"and {near[0] @ near[2]:.2f} near to {said[2]!r}")

# %% [markdown]
# The encoder of clips learns at a rate of 1e-5 and everything new at 1e-3, so that what
# Kinetics has taught is not washed away. The slim stand-in has the same topology on the
# slim backbone's features of frames, which stay frozen: their mean, and how much they
# change. The profile decides which of the two is trained.

# %% [markdown]
# ## 3. What the file name gives away
#
# S0 takes its descriptions from file names. Its counts are those of DFD
# (DeepFakeDetection), where a real video is called `01__kitchen_pan` and a fake
# `01_02__kitchen_pan__YVGY8LOK`: actor 01 with the face of 02. Below are names made like
# DFD's, without any video. We let MiniLM read them, put a logistic regression on top, and
# test on actors that it has not seen.
#
# **Predict:** the AUROC of a detector of names. And when the digits are taken out?

# %%
named = titles.like_dfd(seed=study.seed)
careless = {
    "name as it is": named["name"].str.replace("_", " "),
    "without digits": named["name"].map(lambda name: re.sub(r"[\d_]+", " ", name)),
}
named.groupby("label").head(2)

# %% [markdown]
# ### Exercise 1 · a clean description (5 minutes)
#
# Write `describe(name)`: of the name of a DFD file the words about the scene, and
# nothing else. `01__kitchen_pan` and `01_02__kitchen_pan__YVGY8LOK` both become
# "kitchen pan".
#
# *Hint:* `name.split("__")`.
#
# *Expected picture:* the line "clean" below, which is the course's own; yours must say
# the same of every name.


# %% tags=["exercise"]
def describe(name: str) -> str:
    """What a DFD name says of the scene."""
    # BEGIN SOLUTION
    # STUB: return None
    return name.split("__")[1].replace("_", " ")
    # END SOLUTION


checks.describe(describe)

# %%
from dfstudy.data.layouts import faceforensics

readings = careless | {"clean": named["name"].map(faceforensics.describe)}
leaks = pd.DataFrame(
    {"name": name, **titles.leak(named, descriptions, **intervals)}
    for name, descriptions in readings.items()
)
figures.intervals(leaks, title="Real or fake? Asked of the name alone")

# %% [markdown]
# The id is enough, even without its digits: only fakes have one. A detector that is
# given such a text needs no video, and its test result says nothing about videos. With
# the clean text reals and fakes are described alike; then the text alone cannot know, and
# because every fake of DFD shows just the scene that its name says, there is no
# contradiction either. S0 reports no ablation, so which of the two it had cannot be told.
#
# ## 4. A contradiction
#
# The synthetic set has what DFD lacks. A `mismatch` is an authentic clip with the
# description of another one: at least half of the words are untrue of it. Every word is
# as frequent among reals as among fakes.

# %%
shown = validation[validation["method"].isin(["real", "mismatch"])]
shown = shown.groupby("label").head(4) if len(shown) else validation.head(4)
figures.contact_sheet(
    [read_evenly(path, 1)[0][0] for path in shown["path"]],
    labels=list(shown["label"]),
    titles=[str(said) for said in shown["description"].fillna("no description")],
    columns=4,
)

# %% [markdown]
# ### Exercise 2 · how untrue? (5 minutes)
#
# Write `untrue(said, true)`: the share of the words of `said` that are not in `true`.
# Both are descriptions like "outside talking pan laughing".
#
# *Hint:* `set(true.split())` has the true words; the order does not matter.
#
# *Expected picture:* none of its own; by this rule wrong descriptions are chosen below.


# %% tags=["exercise"]
def untrue(said: str, true: str) -> float:
    """Share of what is said that is not true, in [0, 1]."""
    # BEGIN SOLUTION
    # STUB: return None
    words = said.split()
    return sum(word not in set(true.split()) for word in words) / len(words)
    # END SOLUTION


checks.untrue(untrue)

# %% [markdown]
# Four detectors learn reals and `mismatch` only: one that sees the text, one that sees
# the video, and two that see both. The first of these is S0's. The second, **ours**,
# is also shown each real training video with the descriptions of others, as a fake. That
# costs no new video, and it is honest: such a pair *is* a mismatch, and text and video
# come from the training part alone.
#
# **Predict:** which of the four will find a `mismatch`?

# %%
alone = {"families": (misquote.METHOD,)}
variants = {
    "text only": Variant(shape={"inputs": "text"}, **alone),
    "video only": Variant(shape={"inputs": "video"}, **alone),
    "both, as S0": Variant(misquoted=0, **alone),
    "both, misquoted": Variant(**alone),
}
asked = {name: {"model": "fusion", "variant": v, **common} for name, v in variants.items()}
ahead([*asked.values(), {"model": "fusion", **common}])  # the last meanwhile, if a core is idle
ablation = {name: experiment.train(**job) for name, job in asked.items()}
fusion = ablation["both, misquoted"]
figures.learning_curves(ablation["both, as S0"].history, title="Both, as S0")

# %%
figures.learning_curves(fusion.history, title="Both, misquoted")

# %%
tables = {name: trained.videos(videos, "test") for name, trained in ablation.items()}
mismatch = compare(tables, kind, wanted=[misquote.METHOD], **intervals)
figures.intervals(mismatch.assign(name=mismatch["of"]), title="AUROC on test videos, `mismatch`")

# %%
judged = tables["both, misquoted"]
figures.confusion(judged["label"], judged["called"], title="Both, misquoted: test videos")

# %% [markdown]
# Text alone and video alone cannot know, by the way the set is made; a detector that
# finds a `mismatch` with either has found a leak. And seeing both is not enough: with one
# description a video it is easier to learn the training videos by heart than to compare
# two things. The network, the videos and the epochs are the same in the last two rows.
# What differs is what training has shown.
#
# ## 5. All forgeries, and the two clips
#
# Now the detectors learn `blend` as well, which is in the face and not in the text.
#
# **Predict:** what will be found better in a face that is cut out, and what can no
# longer be found?

# %%
both_kinds = ("blend", misquote.METHOD)
# Faces are searched in the videos of these kinds only: that is what takes the time.
fewer = replace(
    study.data,
    name=f"{study.data.name}, {' and '.join(both_kinds)}",
    manifest=experiment.learned(videos, both_kinds),
)
clips = {
    "interval": experiment.train("fusion", variant=Variant(families=both_kinds), **common),
    "region-guided": experiment.train(
        "fusion",
        variant=Variant(look={"clip": "guided"}, families=both_kinds),
        **(common | {"data": fewer}),
    ),
}
seen = compare(
    {name: trained.videos(videos, "test") for name, trained in clips.items()},
    kind, wanted=both_kinds, **intervals,
)
figures.intervals(seen, title="AUROC on test videos: which clip shows what")

# %% [markdown]
# A crop of the face keeps mouth and mood, and a rim of the room; most of the room and
# the way the camera moves are gone. What S0 crops away is a part of what its descriptions
# are about. (Here faces are small: the crops are hardly finer than the frames.)
#
# The same detector, trained on all five kinds, is the one that lesson 11 compares:

# %%
headline = experiment.train("fusion", **common)
figures.learning_curves(headline.history, title="Fusion, all kinds")

# %%
every_kind = compare({"fusion": headline.videos(videos, "test")}, kind, **intervals)
figures.intervals(every_kind.assign(name=every_kind["kind"]), title="Fusion, trained on all kinds: test videos")

# %%
results.table(
    [trained.result for trained in (*ablation.values(), *clips.values(), headline)],
    metrics=["auroc", "balanced_accuracy", "accuracy", "f1"],
)

# %%
called = headline.videos(videos, "test")
figures.confusion(called["label"], called["called"], title="Fusion, all kinds: test videos")

# %%
costs = {name: trained.result["cost"] for name, trained in (ablation | clips).items()}
columns = ["parameters", "macs", "size_mb", "train_s", "infer_ms_per_video", "real_time_factor"]
pd.DataFrame(costs).T[columns].astype(float).round(2)

# %% [markdown]
# The parameters of MiniLM, 22.7 million, are not among these: it reads a description once,
# and what it makes of it is kept.
#
# ## 6. Settings
#
# S0 tries batch sizes from 4 to 256, Adam against RMSProp, and mixed precision on and
# off, and reports the best. Here validation chooses, and test tells afterwards. How many
# of the sizes are tried is up to the profile.

# %%
recipe = family.SLIM if fusion.detector.built.network == "slim" else family.PAPER
tried = sweep(
    "fusion",
    grid(recipe, most=study.profile.sweep),
    data=study.data, profile=study.profile, seed=study.seed, variant=Variant(**alone),
)
figures.sweep(tried, title="Batch sizes")

# %%
settings = {
    "Adam, float32": Variant(optimizer="adam", precision="32-true", **alone),
    "RMSProp, float32": Variant(optimizer="rmsprop", precision="32-true", **alone),
    "Adam, mixed bf16": Variant(optimizer="adam", precision="bf16-mixed", **alone),
}
compared = {name: experiment.train("fusion", variant=v, **common).result for name, v in settings.items()}
pd.DataFrame(
    {
        name: {
            "AUROC on validation": results.interval(result["metrics"]["val"]["all"]["auroc"]),
            "seconds to train": round(result["cost"]["train_s"], 1),
        }
        for name, result in compared.items()
    }
).T

# %% [markdown]
# Every fit writes a checkpoint an epoch and goes on from the last one if it is cut off;
# the full network stops early by the accuracy on validation, as S0 does, and keeps its
# best epoch.
#
# Where the intervals overlap this much, a winner is a draw from a hat. (Mixed precision
# saves time where the arithmetic is the work; with frozen features there is little of
# it.)
#
# ## 7. What did S0 count?

# %% [markdown] tags=["paper-figures"]
# S0 reports on its test set an accuracy of 95.92 %, precision 0.980, recall 0.974 and an
# AUC of 0.904; of its baseline, on 12 reals and 188 fakes, 94.5 % and an AUC of 0.542.
# Nothing says how many test videos are real; 36 of 343 fits.

# %% [markdown]
# An area under a ROC needs scores. From verdicts it is one corner, and its area is the
# mean of two shares: of the reals and of the fakes that are called right. If S0 printed
# that, then accuracy and "AUC" together give the errors away.
#
# ### Exercise 3 · hidden errors (10 minutes)
#
# Write `hidden_errors(reals, fakes, accuracy, area)`: a list of all pairs (fakes called
# real, reals called fake) for which accuracy, rounded to four digits, and the area,
# rounded to three, are as printed.
#
# *Hint:* two loops. `accuracy` is `1 - (missed + alarms) / (reals + fakes)`, the area
# `1 - (missed / fakes + alarms / reals) / 2`.
#
# *Expected picture:* one pair for S0's test, and one for its baseline.


# %% tags=["exercise"]
def hidden_errors(
    reals: int, fakes: int, accuracy: float, area: float
) -> list[tuple[int, int]]:
    """The pairs (fakes called real, reals called fake) that print as these numbers."""
    # BEGIN SOLUTION
    # STUB: return None
    return [
        (missed, alarms)
        for missed in range(fakes + 1)
        for alarms in range(reals + 1)
        if round(1 - (missed + alarms) / (reals + fakes), 4) == accuracy
        and round(1 - (missed / fakes + alarms / reals) / 2, 3) == area
    ]
    # END SOLUTION


checks.hidden_errors(hidden_errors)

# %%
from dfstudy.study import recount

printed = {"test": (36, 307, 0.9592, 0.904), "baseline": (12, 188, 0.945, 0.542)}
counted = {
    name: recount.matrices({"accuracy": accuracy, "auc": area}, reals + fakes, reals=reals)
    for name, (reals, fakes, accuracy, area) in printed.items()
}
for name, found in counted.items():
    for matrix in found:
        score = recount.scores(matrix)
        print(
            f"{name}: {matrix.fn} of {matrix.fakes} fakes called real, {matrix.fp} of"
            f" {matrix.reals} reals called fake: precision {score['precision']:.3f},"
            f" recall {score['recall']:.3f}"
        )

# %% [markdown]
# One pair fits each line, and that of the test set has just the precision and recall that
# S0 prints. So its "AUC" is a balanced accuracy, and not comparable with any other
# paper's. The baseline calls nearly everything fake.
#
# S0's Table 2 is the confusion matrix on validation of which Table 1 is the report. We
# make the report again.

# %%
table_2 = np.array([[29, 6], [3, 304]])  # truth (real, fake) by verdict
truth = np.repeat([0, 0, 1, 1], table_2.ravel())
called = np.repeat([0, 1, 0, 1], table_2.ravel())
report = classification_report(truth, called, target_names=["real", "fake"], output_dict=True)
table_1 = {  # as S0 prints it
    "real": (0.93, 0.83, 0.88), "fake": (0.98, 0.99, 0.98),
}
rows = {
    f"{name}, {source}": dict(zip(("precision", "recall", "f1"), numbers, strict=True))
    for name, of_table in table_1.items()
    for source, numbers in (
        ("Table 1", of_table),
        ("from Table 2", [report[name][m] for m in ("precision", "recall", "f1-score")]),
    )
}
print(f"accuracy: Table 1 says 96.20 %, from Table 2 it is {report['accuracy']:.2%}")
pd.DataFrame(rows).T.round(3)

# %% [markdown]
# Both cannot be right. That is found with a pencil, so it is worth looking for before a
# table is believed, or printed.
#
# ## 8. What did the start add?
#
# Offline the slim backbone starts from a task on the renderer's own people (lesson 03,
# section 8). So beside the fusion stand its twins.

# %%
by_start = compare(
    {start: twin.videos(videos, "test") for start, twin in twins("fusion", variant=Variant(**alone), **common).items()},
    kind, wanted=[misquote.METHOD], **intervals,
)
figures.intervals(by_start.assign(name=by_start["of"]), title="Both, misquoted: its start and its twins")

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
auroc = {row["of"]: results.interval(row) for row in mismatch.to_dict("records")}
print("- resizing: the share of the input that counts:", end=" ")
print("; ".join(f"{name} {row.iloc[0]:.2f}" for name, row in resizing.iterrows()), end="; ")
print("clips:", "; ".join(f"{row['name']} {results.interval(row)}" for row in seen.to_dict("records")))
print("- names: AUROC of", "; ".join(f"{row['name']} {results.interval(row)}" for row in leaks.to_dict("records")))
print(f"- ablation: text only {auroc['text only']}, video only {auroc['video only']}")
print(f"- contradiction: both, as S0 {auroc['both, as S0']}; with wrong descriptions {auroc['both, misquoted']};", end=" ")
print("by start:", "; ".join(f"{row['of']} {results.interval(row)}" for row in by_start.to_dict("records")))
print("- settings:", "; ".join(f"{name}: {row['test']:.2f}" for name, row in verdicts(tried).iterrows()), "on test;", end=" ")
print(f"{fusion.result['cost']['parameters']:,} parameters, {fusion.result['cost']['infer_ms_per_video']:.0f} ms a video")
errors = {name: [(matrix.fn, matrix.fp) for matrix in found] for name, found in counted.items()}
print("- recount: (fakes called real, reals called fake) of S0's test", errors["test"], "baseline", errors["baseline"])

# %% [markdown]
# On synthetic data this is a laboratory. Here words are few and true words are always the
# same; whether a caption in the world contradicts its video is a harder question, and a
# wrong caption is no proof of a forged picture. Detectors trained here must not judge
# anybody's video.

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | text beside a video | a parse that keeps the words and drops names, numbers, ids | test the text alone first: it should know nothing |
# | to find contradictions | pairs that contradict each other, in training | they can be made of authentic videos |
# | the face in detail | region-guided clips | what the text is about may be cut away |
# | the whole scene | interval clips, area or adaptive pooling | small traces are averaged away |
# | a fair number | AUROC of scores, and its interval | an "AUC" of verdicts is a balanced accuracy |

# %% [markdown]
# ## References
#
# - C. Tung, D. Tung, DeepSneak: deepfake video detection, CS231N (S0)
# - D. Tran et al., A closer look at spatiotemporal convolutions for action recognition,
#   CVPR 2018
# - N. Reimers, I. Gurevych, Sentence-BERT, EMNLP 2019
# - W. Wang et al., MiniLM, NeurIPS 2020
# - A. Rössler et al., FaceForensics++, ICCV 2019 (the home of DFD)
