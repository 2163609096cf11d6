# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "01"
#   slug: data
#   question: Which videos, whose faces, and what would leak? How is a face swap made?
#   minutes: {smoke: 1, laptop: 2, colab: 3, paper: 30}
#   memory_gb: 2
#   disk_gb: 1
#   gpu: false
# ---

# %% [markdown]
# <!-- badge -->
#
# # 01 · Which videos, whose faces, and what would leak?

# %% [markdown]
# ## The question
#
# Most published numbers on deepfake detection are decided before a network is chosen:
# by which videos there are, and by who is in the training part *and* in the test part.
# **What is in a data set, and what does a number on it speak about: forgeries, or
# people whom the detector has met before?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - say, step by step, **how a face swap is made**, and where it goes wrong;
# - read a **manifest**: one row a video, and what is known of it;
# - find the **leak** of a random split, and say what an honest one guarantees;
# - say what a data set's **terms** ask of you, and what an accusation is worth where
#   fakes are rare.

# %% [markdown]
# ## Before you start
#
# You need Python and a little pandas. No data set, account or GPU: without a folder of
# your own in `DATA`, the lesson renders a set of stylised talking heads.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The synthetic set is rendered at the first use (two minutes more in the profile
# `laptop`) and then kept.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from dfstudy.course import checks_01 as checks
from dfstudy.data import frame_split, splits, synth
from dfstudy.data.synth import forge
from dfstudy.metrics import group_bootstrap
from dfstudy.metrics.base_rates import precision_at
from dfstudy.report import figures, style, widgets
from dfstudy.video.preview import preview
from dfstudy.video.sample import resize_area

pd.set_option("display.max_colwidth", None)
blank = {"low": None, "high": None, "reason": None}


def middle(picture: np.ndarray) -> np.ndarray:
    """The square in the middle of a frame (h, w, 3)."""
    side = min(picture.shape[:2])
    left = (picture.shape[1] - side) // 2
    return picture[:side, left : left + side]


# %% [markdown]
# ## 1. How is a face swap made?
#
# A **target** is filmed; a **donor** gives the face. Somebody, a network in real tools
# and our renderer here, draws the donor in the target's pose, expression and light. The
# rest is the work of a retoucher: a mask, a cut, a colour match, a soft edge.
#
# **Predict:** at which of these steps could something go wrong that is visible
# afterwards? In every frame, or only from frame to frame?

# %%
target, donor = synth.people_of(3, 0)
steps = synth.steps(
    target,
    donor,
    5,
    frame=10,
    frames=study.profile.clip_frames,
    size=study.profile.clip_size,
    fps=24,
)
figures.contact_sheet(
    [middle(picture) for picture in steps.values()],
    titles=[f"{i}. {name}" for i, name in enumerate(steps, start=1)],
    columns=4,
)

# %% [markdown]
# A perfect swap would stop at step five: nothing but the person has changed. Real ones
# miss something. The colour is matched on average and not where the light falls; the
# network works at another resolution than the camera, so the patch is too soft or too
# sharp; the edge follows the mask and not the face. Those are traces **in a frame**.
# Where each frame is made for itself, the misses differ from frame to frame: traces
# **in time**.
#
# How cool the colour and how soft or sharp the patch comes out is a matter of degree, its
# **strength**. Left the target, right the fake.
#
# **Predict:** from which strength on do you see it, in one frame? Then move the slider (on
# paper, four of its places stand side by side).

# %%
def fake_beside(strength: float) -> np.ndarray:
    """The target and the fake, side by side."""
    made = synth.steps(
        target, donor, 5, frame=10, frames=study.profile.clip_frames,
        size=study.profile.clip_size, fps=24, strength=strength,
    )
    *_, fake, _ = made.values()
    return np.hstack([middle(made["target"]), middle(fake)])


widgets.slider(
    fake_beside, np.linspace(0, 1, 11), name="strength", caption="{:.1f}".format, start=7, columns=2
)

# %% [markdown]
# The set below has strengths from 0.6 to 1. A detector may see more than you: the colour
# of a whole patch is an average over hundreds of pixels.
#
# ## 2. The kinds of forgery in this data
#
# Each row of pictures below is one video, its frames close together in time, blue for real and
# vermilion for fake, of people who belong together where the data have them. What the renderer can make:

# %%
pd.Series(
    {name: make.__doc__.splitlines()[0] for name, make in forge.FAMILIES.items()},
    name="what it does",
).to_frame()

# %% [markdown]
# And what is in the data:
#
# **Predict:** for each row, is one frame enough?

# %%
videos = study.data.manifest
open_to_us = videos[videos["split"] != "test"]  # nobody looks at the test set here
variety = open_to_us.groupby("group")["method"].nunique()
family = open_to_us[open_to_us["group"] == variety.idxmax()]
family = family.drop_duplicates(["method", "target_identity"])
elsewhere = open_to_us[~open_to_us["method"].isin(family["method"])]
family = pd.concat([family, elsewhere.drop_duplicates("method")])
family = family.sort_values(["label", "method"])

images, labels, titles = [], [], []
for row in family.itertuples():
    frames = preview(row.path, study.profile.clip_frames, height=216)
    half = len(frames) // 2
    for i, frame in enumerate(frames[half : half + 8]):
        images.append(middle(frame))
        labels.append(row.label)
        titles.append(str(row.method) if i == 0 else f"frame {half + i}")
figures.contact_sheet(
    images, labels=labels, titles=titles, columns=8, title="Neighbouring frames"
)

# %% [markdown]
# What nobody can see, a renderer knows: which frame of an authentic clip each frame
# shows, and in which frames there is a composite. Of real forgeries this is hardly ever
# written down, so "the video is fake" is all that a detector can be trained on, even
# where most of its frames are authentic.

# %%
truth_file = study.data.root / "truth.parquet"
if truth_file.exists():
    truth = pd.read_parquet(truth_file).set_index("video_id").loc[family["video_id"]]
    fig, axes = plt.subplots(
        1, len(truth), figsize=(2.2 * len(truth) + 1, 3.2), sharey=True, squeeze=False
    )
    for ax, row in zip(axes[0], truth.itertuples(), strict=True):
        order, forged = np.array(row.frame_order), np.array(row.manipulated)
        shown = np.arange(len(order))
        for part, colour, shape, name in (
            (~forged, style.REAL, "o", "as filmed"),
            (forged, style.FAKE, "x", "manipulated"),
        ):
            ax.plot(shown[part], order[part], shape, color=colour, markersize=4, label=name)
        ax.set(title=row.family, xlabel="frame shown")
    axes[0, 0].set_ylabel("frame that was filmed")
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    plt.show()
else:
    print("Nobody has written down, frame by frame, what was forged in these videos.")

# %% [markdown]
# ## 3. From a folder to a manifest
#
# Data sets come as folders with habits of their own: DFDC as parts with a
# `metadata.json` each, FaceForensics++ as a tree of methods, your own as `real/` and
# `fake/`. The indexer turns each of them into the same table, the **manifest**, and
# every later step starts from that. It opens every file, and names those that it leaves
# out.

# %%
entries = sorted(study.data.root.iterdir())
print(study.data.root.name)
for entry in entries:
    inside = f"/  {sum(1 for _ in entry.iterdir())} entries" if entry.is_dir() else ""
    print(f"  {entry.name}{inside}")

# %%
one_of_each = videos.groupby("label").head(1).sort_values("label")
about = one_of_each.drop(columns="path").T
about.columns = ["a real video", "a fake one"][: len(one_of_each)]
about["known of the videos"] = videos.notna().mean().map("{:.0%}".format)
about.fillna("-")

# %% [markdown]
# The last column is the one to read first. `source_id` links a fake to the clip that it
# was made from; `target_identity` and `donor_identity` say who is in it. DFDC tells the
# first and not the others; a folder of files tells none, unless somebody wrote a
# `groups.csv`. **What is not known cannot be kept apart.**

# %%
counts = pd.crosstab(videos["method"].fillna("unknown"), videos["split"])
counts[["train", "val", "test"]]

# %% [markdown]
# ## 4. Whose faces are these?
#
# Every data set below is made of people. Their terms differ, and reading them is part
# of the work.
#
# | data set | who is in it | how to get it | what is asked of you |
# |---|---|---|---|
# | synthetic (ours) | nobody | rendered here | nothing |
# | DFDC | paid actors, who agreed to be altered | an account and the rules, accepted | as the rules say; do not pass it on |
# | DeepFakeDetection (DFD) | paid actors | the form of FaceForensics++ | research; do not pass it on |
# | FaceForensics++ | people in public YouTube videos, **not asked** | a form | research; do not pass it on |
# | Celeb-DF v2 | celebrities in public YouTube videos, **not asked** | a form | research; do not pass it on |
# | your own folder | you know best | - | the consent of everybody in it |
#
# The owners' pages have the last word: read them before the first download. Public is
# not the same as agreed. Three habits follow: do not pass videos on, crops of faces
# included; keep no scores of people who did not agree to be scored; show no real face
# as an example of a "fake" where a drawn one will do.
#
# ## 5. Who is on both sides?
#
# A detector is judged on videos that it has not seen. But what is "not seen"? Another
# frame of the same video? Another video of the same person? A fake that has the face of
# somebody whose authentic video was in training?

# %% [markdown]
# ### Exercise 1 · people on both sides (10 minutes)
#
# Write `count_shared(train, test)`: the number of **people** who are in at least one
# video of `train` and in at least one of `test`. Both are manifests. A video shows its
# `target_identity` and, where there is one, its `donor_identity`; either may be missing.
#
# *Hint:* a `set` of the people of each table; `dropna`; `&` of two sets.
#
# *Expected picture:* the column "people on both sides" in the table below.


# %% tags=["exercise"]
def count_shared(train: pd.DataFrame, test: pd.DataFrame) -> int:
    """How many people are in both tables, as target or as donor."""
    # BEGIN SOLUTION
    # STUB: return None
    def people(rows: pd.DataFrame) -> set:
        return set(rows["target_identity"].dropna()) | set(
            rows["donor_identity"].dropna()
        )

    return len(people(train) & people(test))
    # END SOLUTION


checks.count_shared(count_shared)

# %% [markdown]
# Now the classifier with the best memory and the least understanding: **one nearest
# neighbour**. Every frame becomes a thumbnail too small to show much of a forgery;
# a test frame gets the label of the training frame that looks most like it. As a score
# we take how much nearer the nearest fake is than the nearest real.
#
# It is judged three times on the same videos, of which two fifths are tested. **Frames**
# are dealt out at random, as many pipelines do that cut videos into pictures first;
# whole **videos** are dealt out at random, as many papers do; or **groups**: nobody, and
# no footage, is on both sides. One kind of forgery first. (The course's own test videos
# stay out of it.)
#
# **Predict:** put the three in order.

# %%
known = open_to_us.drop(columns="split").assign(split=None).reset_index(drop=True)
thumbnails, owner = [], []
for i, path in enumerate(known["path"]):
    frames = preview(path, study.profile.frames, height=54)
    small = resize_area(np.stack([middle(frame) for frame in frames]), 16, 16)
    thumbnails.append(small.reshape(len(small), -1))
    owner += [i] * len(small)
thumbnails = np.concatenate(thumbnails).astype(np.float32)
frames_of = known.loc[owner].reset_index(drop=True)  # one row a frame
frames_of["frame"] = frames_of.groupby("video_id").cumcount()
# Where nobody has said who is in a video, its group stands for its people.
frames_of["target_identity"] = frames_of["target_identity"].fillna(frames_of["group"])


def nearer_to_fake(seen: np.ndarray, labels: np.ndarray, new: np.ndarray) -> np.ndarray:
    """How much nearer the nearest fake is than the nearest real; (N,), fakes higher."""
    real, fake = (
        NearestNeighbors(n_neighbors=1).fit(seen[labels == label]).kneighbors(new)[0]
        for label in (0, 1)
    )
    return (real - fake)[:, 0]


def three_ways(kinds: list[str]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """By split: the training frames, and the test frames with their scores."""
    videos = known[(known["label"] == 0) | known["method"].isin(kinds)]
    here = frames_of["video_id"].isin(videos["video_id"]).to_numpy()
    rows, pixels = frames_of[here], thumbnails[here]
    labels = rows["label"].to_numpy()
    shares = dict(zip(("train", "val", "test"), study.profile.split, strict=True))
    options = {"seed": study.seed, "fractions": shares}
    dealt, _ = frame_split.deal(videos, frames=study.profile.frames, **options)
    part_of = dealt.set_index(["video_id", "frame"])["split"]
    frame = pd.MultiIndex.from_frame(rows[["video_id", "frame"]])
    parts = {"frames at random": part_of[frame].to_numpy()}
    for name, kind in (("videos at random", "video"), ("by group", "group")):
        dealt, _ = splits.split(videos, kind=kind, **options)
        part_of = dealt.set_index("video_id")["split"]
        parts[name] = rows["video_id"].map(part_of).to_numpy()
    judged = {}
    for name, part in parts.items():
        test, train = part == "test", (part == "train") | (part == "val")
        scores = nearer_to_fake(pixels[train], labels[train], pixels[test])
        judged[name] = rows[train], rows[test].assign(score=scores)
    return judged


kinds = sorted(known.loc[known["label"] == 1, "method"].unique())
judged = three_ways(kinds[:1])
pd.DataFrame(
    {
        name: {
            "videos on both sides": len(set(train["video_id"]) & set(test["video_id"])),
            "people on both sides": checks.people_on_both_sides(train, test),
            "test frames": len(test),
        }
        for name, (train, test) in judged.items()
    }
).T


# %%
def auroc(name: str, rows: pd.DataFrame) -> dict:
    """A row of the picture; the interval draws groups of people, not frames."""
    entry = group_bootstrap(
        rows["label"],
        rows["score"],
        rows["group"],
        threshold=0,
        n=study.profile.bootstrap,
        seed=study.seed,
    )["auroc"]
    return {"name": name} | blank | entry


whole = {name: auroc(name, test) for name, (_, test) in judged.items()}
figures.intervals(
    pd.DataFrame(whole.values()), title=f"One classifier, three splits: {kinds[0]}"
)

# %% [markdown]
# The same for the other kinds of forgery, where there are any, and for all of them
# together.

# %%
others = {kind: [kind] for kind in kinds[1:]} | {"all kinds": kinds}
figures.intervals(
    pd.DataFrame(
        [
            auroc(f"{kind}: {name}", test)
            for kind, chosen in others.items()
            for name, (_, test) in three_ways(chosen).items()
        ]
    ),
    title="The same by kind of forgery",
)

# %% [markdown]
# A thumbnail of a few hundred pixels shows little of a forgery and much of a scene, so
# what the first two splits give beside the third is **memory**. With frames at random,
# the neighbour of a test frame is the frame before it, of the same video: the answer was
# in the training part. (Unless a fake shares whole frames with its original: then the
# two cannot be told even so.)
#
# With videos at random, look at *where* the interval is. The footage of a test video
# may be in training under the **other** label: a fake lies nearest to the authentic clip
# that it was made from, and that clip nearest to its fake. Then the classifier is wrong
# more often than a coin, which nobody can be without having met the footage. Where a
# clip has many fakes, as in DFDC, the neighbour of a fake may be another fake of the
# clip, and the number rises again. **A leak is not a bonus of so many points. It makes
# the number speak of something else, in either direction.**
#
# By group, nothing can be remembered, and the number is what this classifier knows of
# forgeries: whatever it is, that one may be reported.

# %%
def reading(entry: dict) -> str:
    """An AUROC in words: where its interval lies."""
    if entry["value"] is None:
        return f"cannot be told ({entry['reason']})"
    if entry["low"] is None:
        return f"{entry['value']:.2f}, no interval ({entry['reason']})"
    where = "above chance" if entry["low"] > 0.5 else "chance is inside"
    where = "below chance" if entry["high"] < 0.5 else where
    return f"{entry['value']:.2f} [{entry['low']:.2f}, {entry['high']:.2f}], {where}"


for name, entry in whole.items():
    print(f"{name:18} AUROC {reading(entry)}")

# %% [markdown]
# ### The proof
#
# Which videos belong together? Two are linked if they share a file, a source, a face as
# target or donor, or a group that somebody wrote down; a group is everything that is
# linked directly or through others. That is why the people of the synthetic set come in
# closed pairs: with donors drawn at random, all of them would soon be one group, as the
# actors of DFD are. The splitter deals whole groups, then checks with other code that
# none is cut, and writes down what it could know:

# %%
proof = study.data.proof
pd.Series(
    {
        "proof": proof["proof"],
        "groups": proof["groups"],
        "shared by two parts": proof["shared"],
        "largest group": f"{proof['largest_group']} videos",
        "warnings": "; ".join(proof["warnings"]) or "none",
    },
    name="the course's own split",
).to_frame()

# %% [markdown]
# `proof: identity` means that people were kept apart; `source` that only footage was,
# because who is in it is unknown; `groups` that somebody's `groups.csv` was believed;
# `file` that each file was taken for a stranger. The same score has another meaning
# under each of them.
#
# ## 6. What is an accusation worth?
#
# A detector is right on nineteen of twenty reals and on nineteen of twenty fakes. It
# calls a video fake. How likely is it a fake?
#
# **Predict** before you go on. Most people answer nineteen of twenty.

# %% [markdown]
# ### Exercise 2 · precision where fakes are rare (10 minutes)
#
# Write `precision(base_rate, tpr, fpr)`: of the videos that are called fake, the share
# that is fake. `base_rate` is the share of fakes among all videos, `tpr` the share of
# the fakes that are called fake, `fpr` the share of the reals that are.
#
# *Hint:* imagine a thousand videos and count those called fake, of either kind.
#
# *Expected picture:* the curves below: every one falls to nothing on the left.


# %% tags=["exercise"]
def precision(base_rate: float, tpr: float, fpr: float) -> float:
    """The share of fakes among the videos called fake."""
    # BEGIN SOLUTION
    # STUB: return None
    fakes = base_rate * tpr
    reals = (1 - base_rate) * fpr
    return fakes / (fakes + reals)
    # END SOLUTION


checks.precision(precision)

# %%
rates = np.geomspace(1e-5, 0.5, 200)
fig, ax = plt.subplots(figsize=(9, 4))
for i, fpr in enumerate((0.05, 0.01, 0.001)):
    right = precision_at(rates, tpr=0.95, fpr=fpr)
    ax.plot(rates, right, **style.line(i), label=f"{fpr:.1%} of reals")
ax.set(xscale="log", ylim=(0, 1.02), xlabel="share of fakes among all videos")
ax.set_ylabel("accusations that are right")
ax.set_xticks([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 0.5])
ax.set_xticklabels(["1 in 100 000", "1 in 10 000", "1 in 1000", "1 in 100", "1 in 10", "half"])
ax.minorticks_off()
ax.legend(title="called fake")
ax.set_title("The same detector, where fakes are rarer and rarer")
plt.show()

# %%
rare = 0.001
right = float(precision_at(rare, tpr=0.95, fpr=0.05))
even = float(precision_at(0.5, tpr=0.95, fpr=0.05))
print(f"half of the videos are fakes: {even:.0%} of the accusations are right")
print(f"one video in {1 / rare:.0f} is a fake: {right:.1%} of them are;", end=" ")
print(f"{(1 - right) / right:.0f} people are accused wrongly for each one rightly")

# %% [markdown]
# The detector has not changed; the world has. Test sets are half fakes, the videos on a
# phone are not. Behind every false accusation is a person who did say it, and was
# filmed: a witness, a politician, somebody's evidence of a crime. And a detector that
# errs more often on some faces than on others accuses those people more often. So this
# course prints no verdict without saying what it rests on, has "cannot tell" as an
# answer, and never lets a detector that was trained on drawn heads judge a real person.
#
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
print(f"- a face swap: {len(steps)} pictures, from target to fake;", end=" ")
print(f"{len(kinds)} kinds of forgery here: {', '.join(kinds)}")
print(f"- the manifest: {len(videos)} videos in {videos['group'].nunique()} groups;", end=" ")
print(f"people known of {videos['target_identity'].notna().mean():.0%}")
print(f"- the leak, {kinds[0]}:", end=" ")
print(*(f"{name} {reading(entry)}" for name, entry in whole.items()), sep="; ")
print(f"- an accusation: right in {even:.0%} where half are fakes, {right:.1%}", end=" ")
print(f"where one in {1 / rare:.0f} is")

# %% [markdown]
# ## Which split when
#
# | you want | take | mind |
# |---|---|---|
# | a number for people nobody has met | by group, `proof: identity` | few groups, wide interval |
# | the same, and the people are unknown (DFDC) | by source | say `proof: source` beside the number |
# | to compare with a paper | its official lists | count what they share |
# | to show what a leak does | videos, or frames, at random | never to report |

# %% [markdown]
# ## References
#
# - B. Dolhansky et al., The DeepFake Detection Challenge dataset, 2020 (DFDC)
# - A. Rössler et al., FaceForensics++: learning to detect manipulated facial images,
#   ICCV 2019
# - Y. Li et al., Celeb-DF: a large-scale challenging dataset for deepfake forensics,
#   CVPR 2020
# - Y. Li, S. Lyu, Exposing deepfake videos by detecting face warping artifacts, CVPR
#   workshops 2019
# - S. Axelsson, The base-rate fallacy and the difficulty of intrusion detection, ACM
#   Transactions on Information and System Security, 2000
# - T. Cover, P. Hart, Nearest neighbor pattern classification, IEEE Transactions on
#   Information Theory, 1967
