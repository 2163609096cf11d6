# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "03"
#   slug: baseline_2d_cnn
#   question: How far does one frame go?
#   minutes: {smoke: 2, laptop: 6, colab: 20, paper: 300}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 03 · How far does one frame go?

# %% [markdown]
# ## The question
#
# The simplest detector of fake videos does not look at video at all: it judges single
# pictures and counts. Two of our papers use it as the baseline that their own model
# has to beat. **What can it find, what can it never find, and how would we know?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - say what a **trivial classifier** reaches, before any network is trained;
# - train a **frame detector** in Keras and one in PyTorch, by the papers' recipes;
# - go **from frames to a video** by a rule that validation has chosen;
# - read a **test result** with its interval, forgery by forgery;
# - tell what the **start** of a network adds, with its twins beside it.

# %% [markdown]
# ## Before you start
#
# Lesson 02 shows how a video becomes frames. You should know what a convolutional
# network and a loss are. No data set, account or GPU is needed.

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
import numpy as np
import pandas as pd

from dfstudy import models
from dfstudy.course import checks_03 as checks
from dfstudy.report import figures, schemes, widgets
from dfstudy.training import experiment, results
from dfstudy.training.ahead import ahead
from dfstudy.training.history import class_weight
from dfstudy.training.rule import MAJORITY, S1_CANDIDATES
from dfstudy.training.twins import jobs, twins
from dfstudy.video.read import read_evenly

videos = study.data.manifest
common = {
    "lesson": "03",
    "data": study.data,
    "profile": study.profile,
    "seed": study.seed,
}
# What this lesson comes to later is trained meanwhile, if a core is idle.
later = jobs("frame_keras", rules=S1_CANDIDATES, **common)
ahead(later + jobs("frame_torch", rules=[MAJORITY], **common))

# %% [markdown]
# ## 1. What is there to find?
#
# **Predict:** look at one frame of each video below. Which kind of forgery could a
# network see in a single frame, and which could it not, however large it is?

# %%
training = videos[videos["split"] == "train"]
shown = training.groupby(training["method"].fillna("unknown")).head(4)
shown = shown.sort_values(["label", "method"])
figures.contact_sheet(
    [read_evenly(path, 1)[0][0] for path in shown["path"]],
    labels=list(shown["label"]),
    titles=[str(method) for method in shown["method"].fillna("unknown")],
    columns=4,
)

# %% [markdown]
# In the synthetic set a `blend` puts another person's features into the face, in every
# frame. A `disorder` is an authentic clip with its frames in another order: every frame
# of it is a real frame. Whatever a frame detector says of one frame of a `disorder`, it
# would say of a real one too. That makes `disorder` a trap for wrong evaluations: a
# frame detector that "finds" it has found a leak.
#
# ## 2. Before any network
#
# Who calls every video fake has a high accuracy wherever fakes are many. These
# classifiers need no video, so each table of results has them as rows.

# %% [markdown]
# ### Exercise 1 · a fairer count (10 minutes)
#
# Write `balanced_accuracy(labels, called)`: the mean of two shares, that of the reals
# which are called real and that of the fakes which are called fake. Both arguments are
# arrays of 0 (real) and 1 (fake).
#
# *Hint:* `called[labels == 1]` are the verdicts on the fakes.
#
# *Expected picture:* in the table below, both constant answers have the same balanced
# accuracy, that of a coin.


# %% tags=["exercise"]
def balanced_accuracy(labels: np.ndarray, called: np.ndarray) -> float:
    """Mean of the share of each class that is called right."""
    # BEGIN SOLUTION
    # STUB: return None
    fakes = (called[labels == 1] == 1).mean()
    reals = (called[labels == 0] == 0).mean()
    return (fakes + reals) / 2
    # END SOLUTION


checks.balanced_accuracy(balanced_accuracy)

# %%
families = experiment.trained_families(videos)
trivial = results.trivial_rows(
    videos, train_families=families, n_bootstrap=study.profile.bootstrap, seed=study.seed
)
pd.DataFrame(
    {
        name: {
            metric: rows["test"]["all"][metric]["value"]
            for metric in ("accuracy", "balanced_accuracy", "f1", "auroc")
        }
        for name, rows in trivial.items()
    }
).T.round(2)

# %% [markdown] tags=["paper-figures"]
# S0 reports 94.5 % accuracy for its baseline. Its 200 validation videos hold 188 fakes:
# to call all of them fake is right in 94.0 %.

# %% [markdown]
# ## 3. The network of S1, in Keras
#
# S1 sends every frame through ResNet50, averages each of the 2048 maps, and adds one
# linear unit. A ResNet is a pile of **residual blocks** (He et al. 2016): each adds
# something to what it is given, so that a gradient reaches the first of fifty layers by
# way of the additions.

# %%
schemes.residual_block()

# %% [markdown]
# (In ResNet50 there are three convolutions in a block, 1 x 1, 3 x 3 and 1 x 1; S0's
# ResNet-18 and our slim stand-in have the two of the drawing.) S1's table says that
# ResNet50 makes 7 x 7 maps of a frame of 108 x 192.

# %%
s1_model = models.family("frame_keras")
paper = s1_model.build(network="full", pretrained="none")
for layer in [*paper.spatial.layers, *paper.head.layers]:
    print(f"{layer.name:28} {layer.output.shape!s:24} {layer.count_params():>12,}")

# %% [markdown]
# It makes smaller ones: five halvings leave a thirty-second of each side, and 7 x 7 is
# what a frame of 224 x 224 would give. The linear unit does not notice, because the
# average comes first.
#
# The profile decides whether this network is trained or its slim stand-in: fewer and
# thinner stages, and the maximum of each map in place of its mean, so that it trains in
# seconds without a GPU. Of the full network, the epoch with the best AUROC on validation
# is kept. The slim one ends when its learning rate has come down, and keeps that epoch:
# validation videos are few there, and the best of many noisy numbers is mostly luck.

# %%
s1 = experiment.train("frame_keras", rules=S1_CANDIDATES, **common)
figures.learning_curves(s1.history, title="S1, frames")

# %% [markdown]
# ## 4. From frames to a video
#
# S1 turns frame scores into a verdict in two ways: the mean score, or the share of
# frames called fake, with a share between 0.3 and 0.7. It tries them all and reports
# the best, *on the data that it reports*. Here validation chooses, and the test set does
# not know.
#
# **Predict:** which rule will win? Does it matter much?

# %%
figures.rule_choice(s1.tried, title="S1, on validation")

# %% [markdown]
# A threshold is a choice between two errors. Each dot is a validation video at the mean
# score of its frames.
#
# **Predict:** as the threshold rises, which of the four counts rise? Which way does the
# point on the ROC move? Then move it.

# %%
chosen_on = s1.videos(videos, "val")
widgets.slider(
    lambda at: figures.operating_point(chosen_on["label"], chosen_on["score"], threshold=at),
    np.quantile(chosen_on["score"], np.linspace(0, 1, 11)),  # where there are scores
    name="threshold",
    caption="{:.2f}".format,
    start=5,
    columns=2,
)

# %% [markdown]
# The curve stays where it is: it is all thresholds at once, and its area knows none of
# them. Whoever moved this slider on the *test* videos, and kept the best place, would
# report a number that no new video has to match.

# %% [markdown]
# ### Exercise 2 · S0's rule (5 minutes)
#
# S0 fixes its rule beforehand. Write `majority(scores)`: 1 where **strictly more than
# half** of the frames have a score of at least 0.5, else 0.
#
# *Hint:* `(scores >= 0.5).mean()`.
#
# *Expected picture:* none of its own; the same rule judges the videos of S0 below.


# %% tags=["exercise"]
def majority(scores: np.ndarray) -> int:
    """S0's verdict on a video from the scores of its frames."""
    # BEGIN SOLUTION
    # STUB: return None
    return int((scores >= 0.5).mean() > 0.5)
    # END SOLUTION


checks.majority(majority)

# %% [markdown]
# ## 5. The network of S0, in PyTorch
#
# S0 takes ResNet-18 with two outputs, and weighs the loss of each class by one over its
# frequency, so that the rare class is not drowned.

# %% [markdown]
# ### Exercise 3 · weights for an uneven set (5 minutes)
#
# Write `class_weights(labels)`: the pair (real, fake), each 1 / the share of its class.
# Only the ratio of the two matters.
#
# *Hint:* `labels.mean()` is the share of fakes.
#
# *Expected picture:* none; below, the weights of our training videos.


# %% tags=["exercise"]
def class_weights(labels: np.ndarray) -> tuple[float, float]:
    """(real, fake), each one over the share of its class."""
    # BEGIN SOLUTION
    # STUB: return None
    fake = labels.mean()
    return 1 / (1 - fake), 1 / fake
    # END SOLUTION


checks.class_weights(class_weights)

# %%
real, fake = class_weight(training["label"])
print(f"a real training video weighs {real:.2f}, a fake one {fake:.2f}")
s0 = experiment.train("frame_torch", rules=[MAJORITY], **common)
figures.learning_curves(s0.history, title="S0, frames")

# %% [markdown]
# ## 6. The test set, read once
#
# Everything is chosen by now: the epoch, the rule, the threshold, the temperature. The
# detector's folder has it in writing, and the log of reads counts how often somebody
# looked. The people in the test videos were never seen before.

# %%
detectors = {"S1": s1, "S0": s0}
for name, trained in detectors.items():
    fixed = trained.result["protocol"]
    print(
        f"{name}: {fixed['aggregation']} {'>' if fixed['strict'] else '>='}"
        f" {fixed['threshold']:.2f}, temperature {fixed['temperature']:.2f},"
        f" test set read {fixed['test_reads']} time(s)"
    )
print(f"groups that two splits share: {study.data.proof['overlap']}")
mine = [trained.result for trained in detectors.values()]
results.table(mine, metrics=["auroc", "balanced_accuracy", "accuracy", "f1", "eer"])

# %%
test = {name: trained.videos(videos, "test") for name, trained in detectors.items()}
figures.confusion(test["S1"]["label"], test["S1"]["called"], title="S1, test videos")

# %%
figures.confusion(test["S0"]["label"], test["S0"]["called"], title="S0, test videos")

# %%
figures.per_class_report(test["S0"]["label"], test["S0"]["called"], title="S0")

# %% [markdown]
# A confusion matrix is one threshold. The ROC shows them all, and needs *scores*: made
# from verdicts it is a corner, and its area the balanced accuracy under another name
# (S0 and S4 print one). A share of votes is little better, because most videos tie at
# none or all. So each video is ranked by the mean score of its frames, whichever rule
# gives the verdict.

# %%
curves = {name: rows["score"] for name, rows in test.items()}
figures.roc(test["S1"]["label"], curves, title="Test videos")

# %%
figures.score_histogram(test["S1"]["label"], curves["S1"], title="S1, test videos")

# %% [markdown]
# ## 7. Which forgeries?
#
# **Predict:** where will the interval of each family lie?

# %%
numbers = results.tidy(mine)
forest = numbers[
    (numbers["metric"] == "auroc")
    & (numbers["split"] == "test")
    & (numbers["level"] == "video")
]
figures.intervals(forest, title="AUROC on test videos, by family")

# %% [markdown]
# An interval resamples *pairs of people*, not videos: two videos of one person are not
# two independent observations.
#
# A video-level number is not a frame-level one, and many papers print only one of the
# two. For a steady forgery, averaging frames should help; S1 reports that its baseline
# drops at video level, which is what frames of one video on both sides of a split
# would look like.

# %%
results.table(mine, metrics=["auroc", "balanced_accuracy", "accuracy"], level="frame")

# %% [markdown]
# ## 8. What did the start add?
#
# Offline, the slim network starts from a task on the renderer's own people: read yaw,
# mouth and blink of strangers (`synthetic-tracks`). Its weights came with the course, as
# ImageNet's come from a library; `python -m dfstudy.training.pretrain` makes them again.
# Such features know the renderer. So each figure made with them stands beside its twins:
# the same network from scratch, and from a start that only tells the strangers apart.

# %%
asked = {"S1": ("frame_keras", S1_CANDIDATES), "S0": ("frame_torch", [MAJORITY])}
by_start = {
    (name, start): trained
    for name, (model, rules) in asked.items()
    for start, trained in twins(model, rules=rules, **common).items()
}

pd.DataFrame(
    {
        key: {
            family: rows["auroc"]["value"]
            for family, rows in trained.result["metrics"]["test"].items()
        }
        | {"seconds to train": trained.result["cost"]["train_s"]}
        for key, trained in by_start.items()
    }
).T.round(2)

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
auroc = {
    name: trained.result["metrics"]["test"] for name, trained in detectors.items()
}
constant = trivial["all fake"]["test"]["all"]
print(f"- trivial: calling all fake has an accuracy of {results.interval(constant['accuracy'])}")
print(f"- frame detectors: AUROC {results.interval(auroc['S1']['all']['auroc'])} in Keras,", end=" ")
print(f"{results.interval(auroc['S0']['all']['auroc'])} in PyTorch")
print(f"- from frames to a video: validation chose {s1.rule.aggregation} for S1")
print("- by forgery:", end=" ")
for family in families:
    print(f"{family} {results.interval(auroc['S1'][family]['auroc'])};", end=" ")
print()
print(f"- start: {len(by_start)} twins, on all families", end=" ")
for (name, start), trained in by_start.items():
    print(f"{name} {start} {results.interval(trained.result['metrics']['test']['all']['auroc'])}", end="; ")

# %% [markdown]
# On synthetic data this is a laboratory: it tells what a frame detector *can* see, and
# says nothing about forgeries in the world. Detectors trained here must not judge
# anybody's video; `dfstudy predict` says so with each verdict.

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | a number that any other model has to beat | a frame detector with the mean score | frames of one video never in two splits |
# | a rule without tuning | S0's majority | ties and thresholds are decisions too |
# | few real videos | class weights, balanced accuracy, AUROC | accuracy rewards the larger class |
# | forgeries in time | not this lesson: lessons 04 to 08 | a frame detector that finds `disorder` has a leak |

# %% [markdown]
# ## References
#
# - H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (S1)
# - C. Tung, D. Tung, DeepSneak: deepfake video detection, CS231N (S0)
# - K. He et al., Deep residual learning for image recognition, CVPR 2016
# - C. Guo et al., On calibration of modern neural networks, ICML 2017
