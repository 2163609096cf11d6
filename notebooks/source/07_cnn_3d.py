# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "07"
#   slug: cnn_3d
#   question: Can convolution over time?
#   minutes: {smoke: 2, laptop: 2, colab: 25, paper: 400}
#   memory_gb: 5
#   disk_gb: 1
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 07 · Can convolution over time?

# %% [markdown]
# ## The question
#
# A 3D convolution looks at a piece of space *and* time at once, from the first layer on.
# **Does it find what a frame cannot show? And when its heat map lies over what moves,
# has it learned to see motion?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - **inflate** a 2D network, and say what the 3D one computes of a video that stands
#   still;
# - work out how many **frames** one number of a 3D network has seen;
# - give a result **by forgery**, beside that of the network it was inflated from;
# - test by **controls** whether a 3D network uses time at all;
# - read a **heat map** beside that of a network that has learned nothing.

# %% [markdown]
# ## Before you start
#
# Lesson 03 trains the frame network that is inflated here; lesson 02 explains optical
# flow. You should know what a 2D convolution is. No data set, account or GPU is needed.

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
import numpy as np
import pandas as pd

from dfstudy import models
from dfstudy.course import checks_07 as checks
from dfstudy.data.loader import PreparedSet
from dfstudy.data.truth import kinds
from dfstudy.detect.heatmap import follows, heatmaps, last_maps
from dfstudy.models import detector as detectors
from dfstudy.models import inflate_keras
from dfstudy.report import diagrams, figures
from dfstudy.report.motion import flow_colours
from dfstudy.study import temporal
from dfstudy.study.kinds import compare
from dfstudy.training import experiment, results
from dfstudy.training.ahead import ahead
from dfstudy.training.rule import MEAN, S1_CANDIDATES
from dfstudy.training.twins import jobs, twins
from dfstudy.video.flow import sampled_flow

videos = study.data.manifest
common = {"data": study.data, "profile": study.profile, "seed": study.seed}
asked = {"model": "cnn_3d", "lesson": "07", "rules": [MEAN], **common}
# What this lesson comes to later is trained meanwhile, if a core is idle.
ahead(jobs(**asked))

# %% [markdown]
# ## 1. From two dimensions to three
#
# A 3D filter has a slice for every frame that it looks at. Trained from nothing it needs
# far more videos than we have. I3D starts it from a 2D network instead: every filter is
# repeated in time and divided by the number of repeats.

# %%
upright = np.outer([1, 2, 1], [-1, 0, 1])
diagrams.inflation(upright / 4, depth=3)

# %% [markdown]
# This one answers to upright edges. After inflation it answers to edges *that stay*: its
# slices are equal, so it is blind to the order of frames. Training has to make the slices
# differ before it can see an edge move.

# %% [markdown]
# ### Exercise 1 · inflate a filter (10 minutes)
#
# Write `inflate_kernel(flat, depth)`: from the filters of a 2D layer, an array (k, k,
# inputs, outputs), those of the 3D layer, (depth, k, k, inputs, outputs).
#
# *Hint:* the check shows your filter a video that stands still. Its answer must be that
# of the 2D filter to one frame.
#
# *Expected picture:* the one above, for any depth.


# %% tags=["exercise"]
def inflate_kernel(flat: np.ndarray, depth: int) -> np.ndarray:
    """The filters of a 3D layer that does to still videos what `flat` does to frames."""
    # BEGIN SOLUTION
    # STUB: return None
    return np.repeat(flat[None] / depth, depth, axis=0)
    # END SOLUTION


checks.inflate_kernel(inflate_kernel)

# %% [markdown]
# ## 2. The network of S1, and what we had to choose
#
# S1's table 6 has three rows: (16, 224, 224, 3) becomes (4, 7, 7, 2048), is averaged to
# 2048, and goes through a linear unit. It says that the network is pretrained, but not
# which it is, and no Keras library has one of this shape. 7 x 7 x 2048 is what ResNet50
# makes of 224 x 224, so that is inflated, and of four frames each one is left: a stride
# of 2 in the first convolution and of 2 in the first pooling. Where the strides stand is
# our choice; `inflate(stride=...)` takes another.

# %%
family = models.family("cnn_3d")
paper = family.build(network="full", pretrained="none")
for layer in paper.module.layers:
    print(f"{layer.name:20} {layer.output.shape!s:28} {layer.count_params():>12,}")

# %% [markdown]
# ### Exercise 2 · how far does it see? (10 minutes)
#
# Write `reach(layers)`: how many frames one number of the last maps has seen. `layers`
# is a list of pairs, (kernel, stride) in time, from the first layer to the last.
#
# *Hint:* a kernel of k adds k - 1 neighbours. Two neighbours are one frame apart at
# first, and s times as far after a stride of s.
#
# *Expected picture:* none; section 3 prints the answer for the network that we train.


# %% tags=["exercise"]
def reach(layers: list[tuple[int, int]]) -> int:
    """Frames that one number of the last maps depends on."""
    # BEGIN SOLUTION
    # STUB: return None
    seen, apart = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * apart
        apart *= stride
    return seen
    # END SOLUTION


checks.reach(reach)

# %% [markdown]
# ## 3. Training
#
# The frame network of lesson 03 is inflated and then trained as a whole, on clips. This
# is the only detector of S1's five without a frozen part.
#
# **Predict:** it starts with all that lesson 03 knows. Will it still know it afterwards?
# Which forgeries will it find on top?

# %%
deep = experiment.train(**asked)
trunk = next(layer for layer in deep.detector.module.layers if hasattr(layer, "layers"))
in_time = inflate_keras.in_time(trunk)
seen = inflate_keras.reach(in_time)
print(f"kernel and stride in time: {in_time}")
print(f"of {deep.detector.view.frames} frames, one number of the last maps sees {seen}")
print(f"{deep.detector.module.count_params():,} numbers to learn")
figures.learning_curves(deep.history, title="3D CNN")

# %% [markdown] tags=["paper-figures"]
# S1 reports an accuracy of 0.59 for its 3D CNN, "the rough class split of the dataset":
# it found nothing. S1 holds that a larger and more diverse set would help.

# %% [markdown]
# ## 4. The test set, by forgery
#
# Beside it, on the same videos, the frame network that it was inflated from: what it
# finds less, training on clips has cost; what it finds more is due to time, *if* the
# forgery cannot be seen in a frame.

# %%
flat = experiment.train("frame_keras", lesson="03", rules=S1_CANDIDATES, **common)
kind = kinds(study.data)
resamples = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}
both = compare(
    {"3D": deep.videos(videos, "test"), "frames": flat.videos(videos, "test")},
    kind,
    **resamples,
)
figures.intervals(both, title="AUROC on test videos")

# %%
judged = deep.videos(videos, "test")
figures.confusion(judged["label"], judged["called"], title="3D CNN, test videos")

# %%
results.table(
    [deep.result, flat.result], metrics=["auroc", "balanced_accuracy", "accuracy", "f1"]
)

# %% [markdown]
# `blend` is in every frame, and the inflated filters have it from the start. For
# `disorder` the slices would have to grow apart. A clip gives one label, a few passes
# over a few hundred clips are what this lesson can afford, and the face is a small part
# of each frame. What would be needed: more clips or more passes over them, larger faces
# (crops, as in lesson 08), or weights that come from videos, as I3D's own do (Kinetics).
#
# ## 5. Does it use time?
#
# The frames of validation videos are shuffled, or frozen at the middle one. Of a frozen
# clip an inflated network that has learned nothing of time says what it says of a frame.
#
# **Predict:** which of the lines below will move?

# %%
spoiled = temporal.spoiled(deep.detector, study.data, seed=study.seed)
control = compare(spoiled, kind, **resamples)
figures.intervals(control, title="3D CNN: what is left on validation")

# %%
said = {name: rows.groupby("label")["score"].mean() for name, rows in spoiled.items()}
pd.DataFrame(said).T.rename(columns={0: "mean P(fake) of reals", 1: "of fakes"}).round(2)

# %% [markdown]
# ## 6. Where does it look?
#
# S1's figure 3 sets the "features of the last convolution layer" beside the optical flow
# of the same frames, sees heat where there is motion, and concludes that the network "is
# picking up features extracted from areas of high temporal flow". How the heat is made
# is not said; we take the mean of the last maps over their channels.
#
# **Predict:** a network with random weights has learned nothing. Where will its heat be?

# %%
validation = videos[videos["split"] == "val"]
reals = validation[validation["label"] == 0]
watched = PreparedSet(study.data.prepared(deep.detector.view), reals, by="video")
clips = np.stack([watched[i][0].numpy() for i in range(len(watched))])
flows = np.stack([sampled_flow(clip) for clip in clips])


def untrained(pretrained) -> detectors.Detector:
    """The same 3D network, before it has seen a clip."""
    view, network = deep.detector.view, study.profile.network
    built = family.build(view=view, network=network, pretrained=pretrained, seed=study.seed)
    return detectors.new(built, view=view, data_kind=study.data.kind, seed=study.seed)


lookers = {
    "trained": deep.detector,
    "only inflated": untrained(flat.detector.built),
    "random": untrained("none"),
}
heats = {name: heatmaps(looker, clips) for name, looker in lookers.items()}

# %%
moving = int(np.argmax([np.hypot(*np.moveaxis(f, -1, 0)).mean() for f in flows]))
moments = np.linspace(0, len(clips[moving]) - 1, 4).astype(int)
most = float(np.quantile(np.hypot(*np.moveaxis(flows[moving], -1, 0)), 0.99)) or 1.0
rows = {"frame": clips[moving], "flow": [flow_colours(f, most=most) for f in flows[moving]]}
for name, heat in heats.items():
    low, top = np.quantile(heat[moving], [0.02, 0.995])
    pairs = zip(clips[moving], heat[moving], strict=True)
    rows[f"heat, {name}"] = [diagrams.heat_over(f, h, least=low, most=top) for f, h in pairs]
figures.contact_sheet(
    [pictures[t] for pictures in rows.values() for t in moments],
    titles=[f"{name}, {t + 1}" for name in rows for t in moments],
    columns=len(moments),
    title="A real video of validation",
)

# %% [markdown]
# Each network's heat has its own scale. One picture proves nothing, so the rank
# correlation of heat and length of flow is taken over the pixels of every real
# validation video.

# %%
follow = pd.DataFrame(
    {
        name: [follows(h, f) for h, f in zip(heat, flows, strict=True)]
        for name, heat in heats.items()
    }
)
follow.describe().loc[["mean", "25%", "50%", "75%"]].round(2)

# %% [markdown]
# Mean activity can be high where nothing happens, on a plain wall, and flow over a plain
# wall is itself a guess (lesson 02). So heat over motion is evidence of motion
# being *used* only as far as it exceeds that of the two networks beside it; and even
# then it says where a network responds, not that its verdict rests on it. The controls
# of section 5 are the sharper test.

# %% [markdown]
# ### Exercise 3 · what speaks for a fake (10 minutes)
#
# The mean of the channels is blind to what each stands for. The last layer knows: it
# weighs the averaged channels and adds them up. Write `class_activation(maps, weights)`:
# weigh and add *before* averaging, so that every place keeps its share of the logit.
# `maps` are (T, H, W, C), `weights` (C,).
#
# *Hint:* `@`.
#
# *Expected picture:* below, on a blend: does the heat of the verdict lie on the face?


# %% tags=["exercise"]
def class_activation(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What every place adds to the logit, (T, H, W)."""
    # BEGIN SOLUTION
    # STUB: return None
    return maps @ weights
    # END SOLUTION


checks.class_activation(class_activation)

# %%
fakes = validation[(validation["label"] == 1) & (validation["method"] != "mismatch")]
shown = fakes.groupby(fakes["method"].fillna("unknown")).head(1)
examples = PreparedSet(study.data.prepared(deep.detector.view), shown, by="video")
clips_shown = np.stack([examples[i][0].numpy() for i in range(len(examples))])
verdict = heatmaps(deep.detector, clips_shown, of="verdict")
middle = clips_shown.shape[1] // 2
top = float(np.quantile(verdict, 0.995))
print(f"the last maps are {last_maps(deep.detector, clips_shown).shape[1:]}")
pictures = [clip[middle] for clip in clips_shown] + [
    diagrams.heat_over(clip[middle], heat[middle], most=top)
    for clip, heat in zip(clips_shown, verdict, strict=True)
]
figures.contact_sheet(
    pictures,
    titles=[*kind[examples.video_ids], *["speaks for fake"] * len(examples)],
    columns=len(examples),
)

# %% [markdown]
# ## 7. What did the start add?
#
# The frame network started from a task on the renderer's own people (lesson 03, section
# 8); so did, through it, the 3D one. Its twins start from telling strangers apart, and
# from nothing.

# %%
by_start = twins(**asked)
tables = {start: trained.videos(videos, "test") for start, trained in by_start.items()}
figures.intervals(
    compare(tables, kind, **resamples),
    title="3D CNN: its start and its twins, test videos",
)

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.


# %%
size = paper.module.count_params()
print(f"- inflated: S1's table 6 on ResNet50 has {size:,} numbers to learn")
print(f"- frames: of {clips.shape[1]}, one number has seen {seen}", end="; ")
print(f"{last_maps(deep.detector, clips[:1]).shape[1]} moments are left at the end")
print("- by forgery:", end=" ")
for row in both.to_dict("records"):
    print(f"{row['name']} {results.interval(row)}", end="; ")
print()
print("- controls, on validation:", end=" ")
for row in control.to_dict("records"):
    print(f"{row['name']} {results.interval(row)}", end="; ")
print()
print("- heat map: mean correlation with the flow:", end=" ")
print("; ".join(f"{name} {value:.2f}" for name, value in follow.mean().items()))

# %% [markdown]
# On synthetic data this is a laboratory. A 3D network that fails here, on few clips and
# small faces, may do well on many; one whose heat map looks right may still have learned
# nothing. Detectors trained here must not judge anybody's video.

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | forgeries in every frame | a frame detector (lesson 03) | a 3D network costs many times more |
# | forgeries in time, few clips | flow or changes as input (lessons 05, 06) | they answer to any jump |
# | forgeries in time, many clips | a 3D network with weights from videos | shuffle the frames before you believe it |
# | to show where a network looks | class activation | an untrained network beside it |

# %% [markdown]
# ## References
#
# - H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (S1)
# - J. Carreira, A. Zisserman, Quo vadis, action recognition? CVPR 2017 (I3D)
# - B. Zhou et al., Learning deep features for discriminative localization, CVPR 2016
# - J. Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018
