# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "06"
#   slug: cnn_rnn
#   question: Can recurrence find what a frame cannot show?
#   minutes: {smoke: 2, laptop: 3, colab: 20, paper: 300}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 06 · Can recurrence find what a frame cannot show?

# %% [markdown]
# ## The question
#
# A recurrent network reads frames one after the other and keeps a memory. On paper it
# can notice that they come in a wrong order. **Does it, when it has seen a few hundred
# clips? And if a detector finds such a forgery, is it the memory that did it?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - say what a **recurrent cell** computes, and how many numbers it has to learn;
# - use a **frozen** network's features again, and say what that saves;
# - tell **learning** from **learning by heart** in two curves;
# - choose a detector on validation, and give the **memory** and the **features** each
#   their due, with a twin that has no memory;
# - ask by **controls** whether a detector uses time.

# %% [markdown]
# ## Before you start
#
# Lesson 03 trains the spatial network that is taken over here, and says what `blend` and
# `disorder` are. You should know what a dense layer is. No data set, account or GPU is
# needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# Opened alone, the lesson first renders and prepares the synthetic set (one to three
# minutes in the profile `laptop`) and trains the frame network of lesson 03, once.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import time

import numpy as np
import pandas as pd

from dfstudy import models
from dfstudy.course import checks_06 as checks
from dfstudy.data.loader import PreparedSet
from dfstudy.data.truth import kinds
from dfstudy.report import diagrams, figures, schemes
from dfstudy.study import temporal
from dfstudy.study.kinds import compare
from dfstudy.training import experiment, results
from dfstudy.training.ahead import ahead
from dfstudy.training.features import features
from dfstudy.training.fitted import Variant
from dfstudy.training.rule import MEAN
from dfstudy.training.twins import twins
from dfstudy.video.read import read_evenly

videos = study.data.manifest
common = {
    "lesson": "06",
    "data": study.data,
    "profile": study.profile,
    "seed": study.seed,
    "rules": [MEAN],
}
shapes = {"LSTM": {"cell": "lstm"}, "GRU": {"cell": "gru"}, "mean": {"cell": "mean"}}
shapes |= {f"{name} + changes": shape | {"changes": True} for name, shape in shapes.items()}
asked = {
    name: {"model": "cnn_rnn", "variant": Variant(shape=shape), **common}
    for name, shape in shapes.items()
}
# What this lesson comes to later is trained meanwhile, if a core is idle.
ahead([*asked.values()])
resamples = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}

# %% [markdown]
# ## 1. A memory
#
# One cell reads all frames. At each it mixes what it sees with its state, so the last
# state depends on every frame *and on their order*. A mean of the features, in
# contrast, is the same for any order.

# %%
family = models.family("cnn_rnn")
validation = videos[videos["split"] == "val"]
diagrams.recurrence(read_evenly(validation["path"].iloc[0], 5)[0])

# %% [markdown]
# A plain recurrent network multiplies its state by the same matrix at every frame, so
# what it remembers (and its gradient) shrinks or grows without bound. An **LSTM** adds
# to a memory $c$ instead, and gates decide what stays ($f$), what is added ($i$) and
# what is told ($o$):

# %%
schemes.lstm_cell()

# %% [markdown]
# $$z = x W + h U + b, \qquad (i, f, g, o) = \text{four equal parts of } z$$
# $$c' = \sigma(f)\, c + \sigma(i) \tanh(g), \qquad h' = \sigma(o) \tanh(c')$$
#
# A **GRU** makes do with two gates and no separate memory.

# %% [markdown]
# ### Exercise 1 · one step of an LSTM (15 minutes)
#
# Write `lstm_step(x, h, c, W, U, b)` by the formulas: `x` are the features of one frame,
# `h` and `c` the state and the memory before it. Give back the new pair. All are NumPy
# arrays; `W` is (inputs, 4 · units), `U` (units, 4 · units), `b` (4 · units,).
#
# *Hint:* `np.split(z, 4)` cuts `z` into four. `sigmoid(z) = 1 / (1 + np.exp(-z))`.
#
# *Expected picture:* none of its own; your step is compared with Keras' cell.


# %% tags=["exercise"]
def lstm_step(
    x: np.ndarray,
    h: np.ndarray,
    c: np.ndarray,
    W: np.ndarray,
    U: np.ndarray,
    b: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The state and the memory after one more frame."""
    # BEGIN SOLUTION
    # STUB: return None
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    i, f, g, o = np.split(x @ W + h @ U + b, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c
    # END SOLUTION


checks.lstm_step(lstm_step)

# %% [markdown]
# ### Exercise 2 · how much is there to learn? (5 minutes)
#
# Write `lstm_parameters(inputs, units)`: how many numbers `W`, `U` and `b` hold
# together.
#
# *Hint:* their shapes are in exercise 1.
#
# *Expected picture:* the row of the LSTM in the table below, where S1's frames have
# 128 numbers each.


# %% tags=["exercise"]
def lstm_parameters(inputs: int, units: int) -> int:
    """Numbers that an LSTM has to learn."""
    # BEGIN SOLUTION
    # STUB: return None
    return 4 * units * (inputs + units + 1)
    # END SOLUTION


checks.lstm_parameters(lstm_parameters)

# %% [markdown]
# ## 2. The network of S1, and what we had to choose
#
# S1 sends every frame through ResNet50, stacks the features and "pushes the stacked
# features through an RNN". The body of its table 5 is lost. We follow its table 4 where
# we can: a layer makes 128 numbers of a frame, and the state is as large as a stream
# there, 512. Whether the RNN is an LSTM or a GRU is not said, so both are here.

# %%
paper = family.build(network="full", pretrained="none", cell="lstm")
for layer in (paper.spatial, *paper.head.layers):
    print(f"{layer.name:20} {layer.output.shape!s:22} {layer.count_params():>12,}")

# %% [markdown]
# The spatial network is large and sees frames; the cell is smaller and has one example
# a *video*: a few hundred in this course, 660 in S1.
#
# ## 3. A frozen network says the same every epoch
#
# The spatial network is the one that lesson 03 has trained, and it stays as it is. So
# its features are computed once and kept on disk; what is trained reads features.
# `Variant(finetune=True)` is the switch that trains all of it from pixels instead.
#
# **Predict:** how many times faster is an epoch that reads features?

# %%
lstm = experiment.train(**asked["LSTM"])
detector = lstm.detector
prepared = study.data.prepared(detector.view)
watched = PreparedSet(prepared, validation, by="video")
some = np.stack([watched[i][0].numpy() for i in range(min(8, len(watched)))])
seen = features(detector.built.spatial, prepared, validation)


def seconds(work) -> float:
    """The faster of two runs, after one that is not counted."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken[1:])


from_pixels = seconds(lambda: detector.score(some)) / len(some)
from_features = seconds(lambda: detector.score_features(seen[: len(some)])) / len(some)
print(f"one video forward: {from_pixels * 1000:.1f} ms from its pixels,", end=" ")
print(f"{from_features * 1000:.2f} ms from features: {from_pixels / from_features:.0f} times")
n_epochs = len(lstm.history)
print(f"the fit of {n_epochs} epochs took {lstm.history['seconds'].sum():.0f} s; to compute the")
print("features anew in every epoch, without learning from them, would have taken", end=" ")
print(f"{from_pixels * n_epochs * (videos['split'] == 'train').sum():.0f} s")

# %% [markdown]
# ## 4. LSTM and GRU, as S1 has them
#
# S1 asks for more data. In the small profiles one thing is therefore added that is
# **ours**: in training half of the real clips, drawn anew in every batch, are shown once
# more with their frames out of order, as fakes. All readers below are trained alike, with
# memory or without.
#
# **Predict:** the loss on training videos falls. What will validation do?

# %%
gru = experiment.train(**asked["GRU"])
figures.learning_curves(lstm.history, title="LSTM on the features of frames")

# %%
figures.learning_curves(gru.history, title="GRU on the features of frames")

# %% [markdown] tags=["paper-figures"]
# S1 reports an accuracy of 0.62 for its CNN-RNN, says itself that this is "the rough
# class split of the dataset", with low precision and high recall, and asks for more
# data.

# %% [markdown]
# To notice that frames are out of order, a network has to *compare* neighbours. The cell
# could learn to subtract; but each clip also has a face, a room and a light that no
# other clip has, and with few clips it is easier to remember those. Then the training
# loss falls, and nothing is gained on people it has never seen. Not even the copies,
# which differ from a real clip by their order alone, make it look for the order.
#
# ## 5. Tell it what changes
#
# So we compare for it. Speech recognition has long given its models, beside each
# feature, how much it changes ("delta features"). This is **ours, not S1's**.

# %% [markdown]
# ### Exercise 3 · changes (5 minutes)
#
# Write `changes(features)`: of features (T, F), how much each differs from the frame
# before, $|x_t - x_{t-1}|$, again (T, F). The first frame has none before it; it gets
# that of the second.
#
# *Hint:* `np.diff(x, axis=0)` is one row short.
#
# *Expected picture:* the one below: which kinds of video jump, and do they jump at every
# frame?


# %% tags=["exercise"]
def changes(features: np.ndarray) -> np.ndarray:
    """|x[t] - x[t-1]| of features (T, F); the first as the second."""
    # BEGIN SOLUTION
    # STUB: return None
    step = np.abs(np.diff(features, axis=0))
    return np.concatenate([step[:1], step])
    # END SOLUTION


checks.changes(changes)

# %%
kind = kinds(study.data)
of_kind = kind[watched.video_ids].to_numpy()
fakes = watched.labels.numpy() == 1
jumps = np.abs(np.diff(seen, axis=1)).mean(axis=-1)  # (videos, T - 1)
lines = {"real": jumps[~fakes]}
for name in np.unique(of_kind[fakes]):
    lines[f"fake: {name}" if name == "unknown" else name] = jumps[fakes & (of_kind == name)]
lines.pop("mismatch", None)  # authentic video, of which only the description is wrong
diagrams.over_time(
    lines,
    ylabel="mean change of the features",
    xlabel="from frame t to t + 1",
    title="Validation videos",
)

# %% [markdown]
# Each line is the mean of a kind of video, its shade the middle half of them.
#
# **Predict:** three readers, each without and with the changes: LSTM, GRU, and a *mean*
# that has no memory at all. Which of the six will find `disorder`?

# %%
readers = {name: experiment.train(**job) for name, job in asked.items()}
on_val = {
    name: trained.result["metrics"]["val"]["all"]["auroc"]["value"]
    for name, trained in readers.items()
}
chosen = max(on_val, key=lambda name: -1 if on_val[name] is None else on_val[name])
headline = readers[chosen]
print(f"chosen on validation: {chosen}")
pd.DataFrame(
    {
        "AUROC on validation": on_val,
        "parameters": {n: t.detector.built.head.count_params() for n, t in readers.items()},
        "seconds to train": {n: t.result["cost"]["train_s"] for n, t in readers.items()},
    }
).round(2)

# %%
figures.learning_curves(headline.history, title=chosen)

# %% [markdown]
# ## 6. The test set, by forgery
#
# A `disorder` is *fast*, frames change places within a tenth of a second, or *slow*,
# stretches of half a second and more do. The slim detectors see adjacent frames: in
# frames picked from all over the clip, a fast disorder leaves hardly a trace.

# %%
by_kind = compare(
    {name: trained.videos(videos, "test") for name, trained in readers.items()},
    kind,
    **resamples,
)
cell_text = [results.cell(row) for row in by_kind.to_dict("records")]
table = by_kind.assign(text=cell_text).pivot(index="of", columns="kind", values="text")
table.reindex(readers).rename_axis("detector")

# %% [markdown]
# The chosen one alone, with its intervals:

# %%
of_headline = by_kind[by_kind["of"] == chosen]
figures.intervals(
    of_headline.assign(name=of_headline["kind"]), title=f"{chosen}: AUROC on test videos"
)

# %%
judged = headline.videos(videos, "test")
figures.confusion(judged["label"], judged["called"], title=f"{chosen}, test videos")

# %%
results.table(
    [trained.result for trained in readers.values()],
    metrics=["auroc", "balanced_accuracy", "accuracy", "f1"],
)

# %% [markdown]
# Read the table by pairs. From a plain reader to the same one with changes, only the
# features differ. From the mean with changes to the GRU or LSTM with changes, only the
# memory does. Whatever the first step brings belongs to the features, and only what the
# second adds to it is recurrence.
#
# ## 7. Does it use time?
#
# On validation videos the frames are **shuffled**, or **frozen** at the middle one. What
# a detector finds in single frames survives both; what it finds in their order survives
# neither.
#
# **Predict:** shuffle the frames of a *real* clip. What will the chosen detector call
# it?

# %%
spoiled = temporal.spoiled(headline.detector, study.data, seed=study.seed)
control = compare(spoiled, kind, **resamples)
figures.intervals(control, title=f"{chosen}: what is left on validation")

# %%
said = {name: rows.groupby("label")["score"].mean() for name, rows in spoiled.items()}
pd.DataFrame(said).T.rename(columns={0: "mean P(fake) of reals", 1: "of fakes"}).round(2)

# %% [markdown]
# To a detector that is given changes, a shuffled real clip *is* a disorder: the scores of
# reals rise to those of fakes, and the mark of `disorder` is gone. What AUROC is left is
# what single frames show. A frozen clip changes nowhere, and looks calmer than any real
# one.
#
# ## 8. What did the start add?
#
# The features come from a frame network, and that started from a task on the renderer's
# own people (lesson 03, section 8). So beside the chosen detector stand its twins.

# %%
by_start = twins(**asked[chosen])
twin_rows = compare(
    {start: trained.videos(videos, "test") for start, trained in by_start.items()},
    kind,
    **resamples,
)
figures.intervals(twin_rows, title=f"{chosen}: its start and its twins, test videos")

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.


# %%
def on_test(name: str) -> str:
    """The AUROC of a reader on all that it was trained on."""
    return results.interval(readers[name].result["metrics"]["test"]["all"]["auroc"])


cell_size = paper.head.get_layer("lstm").count_params()
print(f"- cell: at the paper's size the LSTM alone has {cell_size:,} numbers to learn")
print(f"- frozen: a video goes through {from_pixels / from_features:.0f} times faster as features")
print("- by heart: training and validation loss of the last epoch:", end=" ")
for name, trained in (("LSTM", lstm), ("GRU", gru), (chosen, headline)):
    last = trained.history.iloc[-1]
    print(f"{name} {last['train_loss']:.2f} and {last['val_loss']:.2f}", end="; ")
print()
print(f"- chosen on validation: {chosen}, on test {on_test(chosen)};", end=" ")
print(f"the mean, no memory, with changes {on_test('mean + changes')}; without {on_test('mean')}")
print("- controls, on validation:", end=" ")
for row in control.to_dict("records"):
    print(f"{row['name']} {results.interval(row)}", end="; ")

# %% [markdown]
# On synthetic data this is a laboratory. That a few hundred clips do not teach a cell to
# compare says nothing of a hundred thousand; that it can be *told* to compare is cheap
# to try anywhere. Detectors trained here must not judge anybody's video.

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | quick trials on a few videos | frozen features, kept on disk | no augmentation, no fine-tuning |
# | an order-blind reference | the mean of features | it must stand beside every recurrent result |
# | forgeries in time, few clips | features that already compare frames: changes, flow (lesson 05) | they answer to anything that jumps, a cut as well |
# | forgeries in time, many clips | LSTM or GRU, fine-tuned | watch both curves; shuffle the frames |

# %% [markdown]
# ## References
#
# - H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (S1)
# - S. Hochreiter, J. Schmidhuber, Long short-term memory, Neural Computation 1997
# - K. Cho et al., Learning phrase representations using RNN encoder-decoder, EMNLP 2014
# - S. Furui, Speaker-independent isolated word recognition using dynamic features of
#   speech spectrum, IEEE Trans. ASSP 1986
