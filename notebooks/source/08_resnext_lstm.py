# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "08"
#   slug: resnext_lstm
#   question: Is it the LSTM, or the pooling?
#   minutes: {smoke: 2, laptop: 5, colab: 40, paper: 900}
#   memory_gb: 7
#   disk_gb: 2
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 08 · Is it the LSTM, or the pooling?

# %% [markdown]
# ## The question
#
# Two papers put an LSTM on ResNeXt-50 and praise its memory: BMSCE (S2) and ReLSTM (S4).
# Neither shows the same network without one. And much of the code that is passed around
# under this name has an LSTM that never reads time at all. **What does the memory add,
# how long must a clip be for it, and how would you notice that it is broken?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - say what ResNeXt-50 + LSTM sees and how large it is;
# - **combine** data sets so that "which data set" does not give the label away;
# - catch a score that depends on its **neighbours in the batch**;
# - tell what the **memory** adds from what the **pooling** adds;
# - say what a **longer clip** costs, by measurement, and what a formula forgot.

# %% [markdown]
# ## Before you start
#
# Lesson 06 says what an LSTM computes, lesson 02 how faces are found, lesson 03 what
# `blend` and `disorder` are. No data set, account or GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# Opened alone, the lesson first renders the synthetic set and looks for the face in every
# clip (a few minutes in the profile `laptop`), once.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import inspect

import numpy as np
import pandas as pd

from dfstudy import models
from dfstudy.course import checks_08 as checks
from dfstudy.course import quiz
from dfstudy.data import combine, filters
from dfstudy.data.loader import PreparedSet
from dfstudy.data.truth import DISORDERS, kinds
from dfstudy.report import figures, schemes
from dfstudy.report.bars import bars
from dfstudy.study import batches, lengths
from dfstudy.study.kinds import compare
from dfstudy.training import experiment, results
from dfstudy.training.ahead import Job, ahead
from dfstudy.training.fitted import Variant, view_of
from dfstudy.training.rule import MEAN
from dfstudy.training.twins import jobs, twins

videos = study.data.manifest
kind = kinds(study.data)
family = models.family("resnext_lstm")
resample = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}


def job(length: int = max(study.profile.lengths), **shape) -> Job:
    """The detector of this lesson, on clips of `length` frames, or a variant of it."""
    return {
        "model": "resnext_lstm",
        "lesson": "08",
        "data": study.data,
        "profile": study.profile,
        "seed": study.seed,
        "rules": [MEAN],
        "variant": Variant(look={"frames": length}, shape=shape),
    }


# What this lesson comes to later is trained meanwhile, if a core is idle.
longest_first = sorted(study.profile.lengths, reverse=True)
later = [job(recurrence="batch"), job(recurrence="none")]
later += jobs(**job())[1:]
ahead([*map(job, longest_first), *later])


# %% [markdown]
# Each row below is a clip, each box a frame, and each arrow what the memory passes on.
#
# **Predict:** three clips go through the network together. On the right, what does the
# score of the third clip depend on? Would its accuracy tell you?

# %%
schemes.recurrences()

# %% [markdown]
# The left one is what both papers describe, the right one what much of the code does. You
# will write the test that tells them apart in section 4.
#
# ## 1. One network, two papers
#
# Faces of 112 by 112, at 30 frames a second from the start of the clip; a frame without a
# face is dropped. ResNeXt-50 makes 2048 numbers of each, one LSTM layer reads them in
# order, a linear layer gives two numbers, real and fake. S4 takes the mean of the LSTM's
# outputs over time, then the linear layer, then dropout; S2 has LeakyReLU and dropout
# *before* its linear layer. Both orders are here, `order="s2"` and `"s4"`.

# %%
paper = family.build(network="full", pretrained="none")
parts = {"ResNeXt-50 32x4d": paper.spatial, "LSTM": paper.head.reader, "last": paper.head.last}
sizes = pd.Series(
    {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
)
sizes["all"] = sum(p.numel() for p in paper.module.parameters())
sizes.map("{:,}".format).rename("parameters").to_frame()

# %% [markdown]
# More than half of it is the LSTM. In the small profiles a slim stand-in is trained
# instead. The backbone of lesson 03 stays as it is, and of every face gives eight numbers
# that it was pretrained to *read*: how the head is turned, the mouth, the eyes. A small
# LSTM reads these in order.
#
# A few hundred clips do not teach a memory what an order is (lesson 06). So there is more
# that is **ours**, not S2's or S4's. What a clip has in all of its frames, the person, is
# taken away before the LSTM. In training each real clip is also shown with its frames out
# of order, as a fake; clips run backwards, too, and which reading is which is shuffled,
# so that the order is all that is left to learn. The price: this stand-in sees hardly
# anything but the order. All readers below are trained alike, with memory or without.
#
# What it sees: we cut out the faces of the longest clips, and the shorter ones are their
# beginnings, so that faces are looked for only once.

# %%
view = view_of("resnext_lstm", study.profile, job()["variant"])
prepared = study.data.prepared(view)
by_length = {}
for length in longest_first:
    by_length[length] = experiment.train(**job(length))
lstm = by_length[max(by_length)]
detector = lstm.detector
validation = videos[videos["split"] == "val"]
watched = PreparedSet(prepared, validation, by="video")
print(f"{len(watched.dropped)} of {len(validation)} validation videos have no face to see")

# %%
some = np.linspace(0, len(watched) - 1, 6).astype(int)
figures.contact_sheet(
    [watched[i][0].numpy()[0] for i in some],
    labels=[int(watched[i][1]) for i in some],
    titles=[kind[watched.video_ids[i]] for i in some],
)

# %% [markdown]
# ## 2. Three data sets, one trap
#
# S4 mixes DFDC, FaceForensics++ and Celeb-DF, for variety. That is risky: each has its
# own cameras and its own codec. If one brings mostly reals and another mostly fakes, a
# network need only learn *which set* it looks at.

# %% [markdown] tags=["paper-figures"]
# S4 takes 1,727 reals and 1,566 fakes of DFDC, 995 and 995 of FaceForensics++, 580 and
# 588 of Celeb-DF v2. That is nearly balanced inside each, to its credit. S2 balances its
# 6,000 videos as a whole, from sources that it does not name.

# %% [markdown]
# ### Exercise 1 · balanced inside each data set (10 minutes)
#
# Write `balanced(table)`: of a table with the columns `dataset` and `label` (0 real, 1
# fake), the rows that stay when the larger class of *each* data set loses as many as it
# has too many. Any of them may go.
#
# *Hint:* `table.groupby(["dataset", "label"]).cumcount()` numbers the rows of each class
# of each set. How many may stay in a set? The fewer of its two classes.
#
# *Expected picture:* the table below: what the name of the set gives away, before and
# after.


# %% tags=["exercise"]
def balanced(table: pd.DataFrame) -> pd.DataFrame:
    """As many reals as fakes of every data set."""
    # BEGIN SOLUTION
    # STUB: return None
    counts = pd.crosstab(table["dataset"], table["label"]).reindex(columns=[0, 1])
    keep = table["dataset"].map(counts.fillna(0).min(axis=1))
    return table[table.groupby(["dataset", "label"]).cumcount() < keep]
    # END SOLUTION


checks.balanced(balanced)

# %% [markdown]
# To see it, we cut our own videos into two "sources" by people. The first publishes all
# its reals and few of its fakes, the second the other way round. `combine` gives every
# id, person and group the name of its source, so that none of them can meet by accident.
#
# **Predict:** what AUROC has a detector that sees *only the name of the source*?

# %%
half = videos["group"].rank(method="dense") % 2
few = videos.groupby(["group", "label"]).cumcount() == 0
sources = combine.combine(
    {
        "first": videos[(half == 0) & ((videos["label"] == 0) | few)],
        "second": videos[(half == 1) & ((videos["label"] == 1) | few)],
    }
)
even = filters.balanced(sources, seed=study.seed)
pd.DataFrame(
    {
        name: {
            **table.groupby(["dataset", "label"]).size().unstack().stack().to_dict(),
            "AUROC of the name alone": round(combine.dataset_auroc(table), 2),
        }
        for name, table in (("as published", sources), ("balanced inside each", even))
    }
)

# %% [markdown]
# No picture was looked at. A report on the first table would praise a network that has
# learned to tell two cameras apart. The course's own set has one source, so nothing can
# leak here; with `--data` and several sets, index each, `combine` them, then
# `filters.balanced`.
#
# ## 3. It learns

# %%
figures.learning_curves(lstm.history, title="Slim backbone + LSTM")

# %% [markdown]
# S4 keeps the epoch with the lowest validation loss, and so do the networks at the
# paper's size here. The slim ones are short, and keep their last (lesson 03).
#
# ## 4. The bug that everybody copies
#
# This is from a project on GitHub that many have copied; S2 and S4 describe its layers
# and settings one by one. Whether they have its bug, their texts do not tell.
#
# ```python
# self.lstm = nn.LSTM(latent_dim, hidden_dim, lstm_layers, bidirectional)
# ...
# x_lstm, _ = self.lstm(x.view(batch_size, seq_length, 2048), None)
# ```
#
# **Predict:** what is wrong? Look at the arguments of `nn.LSTM` before you go on.

# %%
reader = type(paper.head.reader)
print(inspect.getdoc(reader))

# %% [markdown]
# It runs, and it learns something. No shape is wrong and no loss explodes. To find it, ask
# for what every detector owes you: **a video's score is its own**.

# %% [markdown]
# ### Exercise 2 · the neighbour swap (15 minutes)
#
# Write `neighbour_swap(score, clip, neighbours, others)`: how far the score of `clip`
# moves (0 or more) when its neighbours in the batch are exchanged. `score` takes a batch
# (B, ...) and gives (B,) scores; `clip` is one item (...), `neighbours` and `others` are
# batches (B - 1, ...).
#
# *Hint:* `np.concatenate([neighbours, clip[None]])` is a batch. A memory runs forwards:
# would the *first* clip of a batch notice who comes after it?
#
# *Expected picture:* two numbers below, one of them 0 but for the last digits.


# %% tags=["exercise"]
def neighbour_swap(score, clip, neighbours, others) -> float:
    """The change of the score of `clip` in other company."""
    # BEGIN SOLUTION
    # STUB: return None
    before, after = (
        score(np.concatenate([batch, clip[None]]))[-1] for batch in (neighbours, others)
    )
    return float(abs(after - before))
    # END SOLUTION


checks.neighbour_swap(neighbour_swap)

# %%
buggy = experiment.train(**job(recurrence="batch"))
clips = np.stack([watched[i][0].numpy() for i in some])
middle = len(clips) // 2
for name, trained in (("over time", lstm), ("over the batch", buggy)):
    company = clips[:middle], clips[middle:-1]
    moved = neighbour_swap(trained.detector.score, clips[-1], *company)
    print(f"LSTM {name}: exchanging the neighbours moves the score by {moved}")

# %% [markdown]
# `study.batches` asks the same of any detector, in every place of the batch, and shuffles
# the frames as well. A detector that reads time must stay when its neighbours change, and
# must *change* when its own frames are shuffled.
#
# **Predict:** which of the three questions does each of them fail?

# %%
asked = pd.concat(
    {
        name: batches.battery(trained.detector, study.data, reads_order=True, seed=study.seed)
        for name, trained in (("over time", lstm), ("over the batch", buggy))
    },
    names=["LSTM", None],
).reset_index("LSTM")
asked.round(6)

# %% [markdown]
# The fix is two words: `batch_first=True`, and every argument by its name. What the bug
# costs, on test videos:

# %%
wanted = [*DISORDERS, "blend", "flicker", "partial"]


def of_kinds(readers: dict[str, experiment.Trained], names: list[str] = wanted) -> pd.DataFrame:
    """AUROC on test videos by kind of forgery, kind by kind."""
    tables = {name: trained.videos(videos, "test") for name, trained in readers.items()}
    return compare(tables, kind, wanted=names, **resample)


fixed_or_not = of_kinds({"over time": lstm, "over the batch": buggy})
figures.intervals(fixed_or_not, title="The same LSTM, over time or over the batch")

# %% [markdown]
# ## 5. The memory or the pooling?
#
# S4 removes the LSTM and puts a *maximum* over time in its place, which changes two
# things at once. The control that it lacks changes one: the same network, the same mean,
# no memory. It cannot know in which order the frames came.

# %%
readers, missing = {}, {}
for name, shape in family.ABLATION.items():
    try:
        readers[name] = experiment.train(**job(**shape))
    except family.NoStandIn as reason:
        missing[name] = str(reason)
on_test = {name: t.result["metrics"]["test"]["all"] for name, t in readers.items()} | missing
bars({name: on_test[name] for name in family.ABLATION}, title="S4's bars, with the twin it lacks")

# %%
figures.lines(
    {
        f"{name}, {part}": (t.history["epoch"], t.history[f"{part}_accuracy"])
        for name, t in readers.items()
        for part in ("train", "val")
    },
    x="epoch",
    y="accuracy",
    title="S4's lines: accuracy by epoch",
)

# %% [markdown]
# All forgeries together hide it: only some of them are a matter of order. One by one:

# %%
ablation = of_kinds(readers)
figures.intervals(ablation, title="What each reader finds, test videos")

# %% [markdown]
# In a fast `disorder` every frame is authentic and only the order is wrong: what any
# reader without memory finds there is chance.
#
# ## 6. How long must a clip be?

# %% [markdown] tags=["paper-figures"]
# S4's table 3 has 10, 20, 40 and 80 frames: 36.05, 44.75, 77.02 and 77.06 minutes of
# training, an accuracy of 83.05 % at 20, 86.16 % at 40 and 89.66 % at 80 frames (none at
# 10). But the last one ran on another, larger card, because 80 frames did not fit into 8
# GB at batch 4; S4 calls the growth linear.

# %% [markdown]
# Here all lengths run on this machine.

# %%
lengths_shown = sorted(by_length)
over_length = of_kinds({f"{n} frames": by_length[n] for n in lengths_shown}, wanted[:2])
figures.intervals(over_length, title="AUROC over the length of the clip, test videos")

# %%
def measure(metric: str) -> list[float]:
    """Of every length, on all forgeries."""
    found = (by_length[n].result["metrics"]["test"]["all"][metric] for n in lengths_shown)
    return [np.nan if entry["value"] is None else entry["value"] for entry in found]


figures.lines(
    {"accuracy": (lengths_shown, measure("accuracy")), "AUROC": (lengths_shown, measure("auroc"))},
    x="frames",
    y="on test videos",
    marked=True,
    title="All forgeries, over the length of the clip",
)

# %% [markdown]
# What it costs. S4 writes, for $F$ frames, $D$ layers, kernels of side $k$, $C = 3$
# colours and an LSTM of $h$ units that reads $T$ steps:
#
# $$\text{time } O(F (D k^2 C + T h^2)), \qquad
# \text{memory } O(F (W'H'C' + 112^2 + T h))$$
#
# $F$ and $T$ are the same number: both formulas grow with its *square*. And $D k^2 C$ is no
# convolution.

# %% [markdown]
# ### Exercise 3 · what a convolution multiplies (10 minutes)
#
# Write `conv_macs(side, kernel, before, after, groups)`: the multiplications of one
# convolution that makes a map of `side` by `side` with `after` channels out of one with
# `before` channels. With groups, a filter sees only `before / groups` of them; that is
# the "X" of ResNeXt.
#
# *Hint:* how many places, how many filters, how many numbers under one filter?
#
# *Expected picture:* the lines printed below: what the groups of ResNeXt save.


# %% tags=["exercise"]
def conv_macs(side: int, kernel: int, before: int, after: int, groups: int) -> int:
    """Multiplications of one convolution."""
    # BEGIN SOLUTION
    # STUB: return None
    return side**2 * after * kernel**2 * before // groups
    # END SOLUTION


checks.conv_macs(conv_macs)

# %%
block = paper.spatial.net.layer2[1].conv2
plain, grouped = (
    conv_macs(14, *block.kernel_size[:1], block.in_channels, block.out_channels, groups)
    for groups in (1, block.groups)
)
print(f"a middle layer of ResNeXt-50: {grouped} multiplications; without groups: {plain}")

# %% [markdown]
# Now the network at the paper's size, one clip, one training step, random weights. The
# memory is what the forward pass *keeps for the backward pass*, counted byte by byte.

# %%
cost = lengths.growth(family, lengths_shown)
cost.round(2)

# %%
first = cost.iloc[0]
figures.lines(
    {
        name: (cost["frames"], cost[column] / first[column])
        for name, column in (
            ("kept bytes, measured", "kept_mb"),
            ("multiplications, counted", "macs"),
            ("seconds, measured", "seconds"),
            ("S4's formula, time", "formula_time"),
            ("S4's formula, memory", "formula_memory"),
        )
    },
    x="frames",
    y="times the shortest clip",
    marked=True,
    title="Growth with the length of the clip",
)

# %%
per_frame = np.polyfit(cost["frames"], cost["kept_mb"], 1)[0]
batch = family.PAPER.batch_size
for frames in (40, 80):
    print(f"{frames} frames at batch {batch} keep about {per_frame * frames * batch / 1024:.1f} GB")

# %% [markdown]
# So the growth *is* linear, against the formula and with S4's words, and the bytes explain
# why its longest clips needed the larger card: it is the maps of the convolutions, which
# the formula leaves out.
#
# What the trained, slim detectors cost:

# %%
pd.DataFrame({n: t.result["cost"] for n, t in sorted(by_length.items())}).T[
    ["parameters", "macs", "train_s", "infer_ms_per_video", "real_time_factor"]
].rename_axis("frames").astype(float).round(3)

# %% [markdown]
# The real-time factor counts from the file to the score, over the seconds that the video
# lasts; nearly all of it is finding the face.
#
# ## 7. What did the start add?
#
# The slim backbone has learned to read the renderer's own head poses (lesson 03), and a
# disorder *is* a matter of poses. So here are its twins: one that reads which of eight
# strangers a face is like, and one that has learned nothing and reads at random.

# %%
twin_rows = of_kinds(twins(**job()))
figures.intervals(twin_rows, title="LSTM: its start and its twins, test videos")

# %% [markdown]
# ## 8. On test

# %%
judged = lstm.videos(videos, "test")
figures.confusion(judged["label"], judged["called"], title="LSTM, test videos")

# %%
results.table(
    [t.result for t in (*readers.values(), buggy)],
    metrics=["auroc", "balanced_accuracy", "accuracy", "f1"],
)

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.


# %%
def on(reader: str, table: pd.DataFrame) -> str:
    """The first kind's AUROC of a reader, with its interval."""
    rows = table[(table["of"] == reader) & (table["kind"] == wanted[0])]
    return results.interval(rows.iloc[0].to_dict())


print(f"- size: {sizes['all'] / 1e6:.2f} M parameters, of which {sizes['LSTM'] / 1e6:.2f} M LSTM")
print("- combined: the name of the source alone had AUROC", end=" ")
print(f"{combine.dataset_auroc(sources):.2f}, balanced {combine.dataset_auroc(even):.2f}")
print("- neighbours: exchanging them moved a score by", end=" ")
for name in ("over time", "over the batch"):
    print(f"{asked.loc[asked['LSTM'] == name, 'change'].iloc[0]:.2g} ({name})", end="; ")
print(f"{wanted[0]}: {on('over time', fixed_or_not)} and {on('over the batch', fixed_or_not)}")
print(f"- memory or pooling, {wanted[0]}:", end=" ")
for name in readers:
    print(f"{name} {on(name, ablation)}", end="; ")
print()
print(f"- length: a clip keeps {per_frame:.0f} MB a frame in training at the paper's size;", end=" ")
print("times the frames, times the bytes:", end=" ")
ratio = cost[["frames", "kept_mb", "formula_memory"]].iloc[-1] / first
print(f"{ratio['frames']:.1f}, {ratio['kept_mb']:.1f} (S4's formula: {ratio['formula_memory']:.1f})")

# %% [markdown]
# On synthetic data this is a laboratory: the features were told what a head pose is. That
# a memory finds a spoiled order here does not say that real forgeries have one, nor that
# S2's and S4's numbers come from it. Detectors trained here must not judge anybody's
# video.

# %% [markdown]
# ## Quiz · time (10 minutes)
#
# The questions go over lessons 06 to 08. Decide first, one letter a question; the answers
# are folded under each, with what is wrong with the others.

# %%
quiz.show("time")

# %% tags=["exercise"]
# BEGIN SOLUTION
# STUB: letters = None  # "abca...", in the order of the questions; "-" where you have none yet
letters = "dbaabcb"
# END SOLUTION

quiz.check(letters, "time")

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | a memory over frames | an LSTM, arguments by name | the neighbour swap and the shuffle, before any number |
# | to know what it adds | the same network with a mean in its place | a maximum changes two things at once |
# | several data sets | `combine`, then as many reals as fakes inside each | cameras and codecs still differ |
# | longer clips | measure bytes and seconds on one machine | a table over two machines compares machines |

# %% [markdown]
# ## References
#
# - BMSCE, A dual-stage approach to deepfake video detection employing ResNet and LSTM
#   networks (S2)
# - L. L. D. Duc, L. M. Khoi, Enhancing robustness against manipulated videos with
#   ResNext50 and LSTM (S4)
# - S. Xie et al., Aggregated residual transformations for deep neural networks, CVPR 2017
# - S. Hochreiter, J. Schmidhuber, Long short-term memory, Neural Computation 1997
