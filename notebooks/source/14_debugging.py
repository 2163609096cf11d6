# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "14"
#   slug: debugging
#   question: "Which bug made this number?"
#   minutes: {smoke: 1, laptop: 1, colab: 5, paper: 60}
#   memory_gb: 3
#   disk_gb: 1
#   gpu: false
# ---

# %% [markdown]
# <!-- badge -->
#
# # 14 · Which bug made this number?

# %% [markdown]
# ## The question
#
# A program that detects deepfakes seldom crashes when it is wrong. It trains, it prints
# a number, and the number is too good, or a little too bad. Seven mistakes do most of
# the harm in this field; nearly all of them stood in a paper or in code that many people
# copied. None can be seen in the number. **Which question must be asked of the code, so
# that the bug answers?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - name the seven bugs that most often make a detector's number wrong, and say in which
#   direction each one moves it;
# - write a check for each: a few lines that ask the code a question of which the right
#   answer is known;
# - tell a check that finds a bug from one that alarms about everything;
# - find out which bugs are in a study that you did not write.

# %% [markdown]
# ## Before you start
#
# Lessons 01 (splits), 02 (frames and faces) and 03 (a frame detector, the threshold)
# are enough. Lesson 08 tells the story of the bug over the batch, lesson 13 measures
# what leaks do to whole detectors. No data set, account or GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The detector is lesson 03's. Where it is missing it is trained here: that, and
# rendering the synthetic set, takes some minutes more, once. The exercises take about an
# hour, and each stands by itself.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import inspect
import tempfile

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from dfstudy.course import bugs
from dfstudy.course import checks_14 as checks
from dfstudy.data.truth import kinds, truth
from dfstudy.data.view import View, see
from dfstudy.metrics.scores import auroc
from dfstudy.models import frame_torch
from dfstudy.report import figures
from dfstudy.study import thresholds
from dfstudy.training import experiment, scored
from dfstudy.training.rule import MAJORITY, MEAN
from dfstudy.training.scoring import score
from dfstudy.video.faces import FaceDetector
from dfstudy.video.read import read_frames
from dfstudy.video.sample import even_indices
from dfstudy.video.track import overlap
from dfstudy.video.write import write_video

videos = study.data.manifest
val = videos[videos["split"] == "val"]
kind = kinds(study.data)
rng = np.random.default_rng(study.seed)
effects = []  # what each bug does to a number: (bug, number, honest, with the bug)

# %% [markdown]
# Here is one clip, cut to its face twice. Both cuts come from code that runs without an
# error, and a network trains on either.

# %%
clips = val.groupby(val["video_id"].map(kind)).head(2)["path"]
view = View(frames=study.profile.frames, height=64, width=64, crop="face", follow=1)
tracked = []
for path in clips:
    seen = see(path, view, detector=FaceDetector())
    if seen.faces:
        tracked.append((path, seen.indices, seen.faces[0].boxes))
late = bugs.CROP.planted["the first box for all"]
shares = [np.mean([overlap(boxes[0], box) for box in boxes]) for _, _, boxes in tracked]
path, indices, boxes = tracked[int(np.argmin(shares))]
frames = read_frames(path, indices)
some = even_indices(len(frames), 8)
figures.contact_sheet(
    [*bugs.CROP.right["ours"](frames, boxes)[some], *late(frames, boxes)[some]],
    columns=8,
    title="One face, cut twice",
)

# %% [markdown]
# **Predict:** which row has the bug, and would you have found it in a loss curve?
#
# What finds it is no look at pictures, which nobody does for a thousand clips. It is a
# **question with a known answer**: put a white mark where the face should be, and it has
# to be in the middle of every crop. All checks of this lesson are made like that, and
# each has to pass two trials: it must find the bug, **also in a disguise**, and it must
# leave alone what is right, **also where that looks unusual**. A check returns `True`
# for "there is a bug".
#
# ## 1. Frames of one video in two parts
#
# The table has one row a frame, so somebody shuffles the rows and cuts. The network then
# meets test videos that it knows. Here a random forest gets pictures of a few pixels of
# *authentic* frames, some of which are shown in the wrong order. There is nothing to see
# in a frame. What does it reach?

# %%
def thumbnails(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a frame: video_id, group, label, and 6 x 6 pixels of it."""
    prepared = study.data.prepared(frame_torch.view(study.profile.frames))
    tables = []
    for row in rows.itertuples():
        if row.video_id in prepared.dropped:
            continue
        clip = prepared.array(row.video_id)
        step = [-(-side // 6) for side in clip.shape[1:3]]
        table = pd.DataFrame(clip[:, :: step[0], :: step[1]].reshape(len(clip), -1))
        tables.append(table.assign(video_id=row.video_id, group=row.group, label=row.label))
    return pd.concat(tables, ignore_index=True)


hidden = videos[videos["split"].isin(["train", "val"])]
shuffled = hidden["method"].isin(["disorder"])
hidden = hidden[(hidden["label"] == 0) | (shuffled if shuffled.any() else hidden["label"] == 1)]
pictures = thumbnails(hidden)


def forest_area(deal) -> float:
    """AUROC of a random forest on the frames of the test part that `deal` makes."""
    part = deal(pictures[["video_id", "group"]].rename_axis("frame"))
    pixels = pictures.drop(columns=["video_id", "group", "label"]).to_numpy()
    labels, test = pictures["label"].to_numpy(), (part == "test").to_numpy()
    forest = RandomForestClassifier(100, min_samples_leaf=2, random_state=study.seed)
    forest.fit(pixels[~test], labels[~test])
    return auroc(labels[test], forest.predict_proba(pixels[test])[:, 1])


areas = {
    name: forest_area(deal)
    for name, deal in {**bugs.DEAL.right, **bugs.DEAL.planted}.items()
}
effects.append(("frames dealt out", "AUROC", areas["by group"], areas["by frame"]))
pd.Series(areas, name="AUROC of frames").round(2).to_frame()

# %% [markdown]
# ### Exercise 1 · is a split honest? (5 minutes)
#
# Write `cuts_groups(deal)`. `deal` takes a table of frames with the columns `video_id`
# and `group`, and returns the part of each row.
#
# *Hint:* make a small table yourself, deal it, and count the parts of each group.
#
# *Expected picture:* in the table above, the two splits that your check alarms about are
# the two whose number is not to be trusted, in whichever direction it went.


# %% tags=["exercise"]
def cuts_groups(deal) -> bool:
    """Whether videos that belong together land in different parts."""
    # BEGIN SOLUTION
    # STUB: return None
    names = [f"{group}{i}" for group in "abcdef" for i in range(3)]
    frames = pd.DataFrame({"video_id": np.repeat(names, 4)})
    frames["group"] = frames["video_id"].str[0]
    parts = deal(frames).groupby(frames["group"]).nunique()
    return (parts > 1).any()
    # END SOLUTION


checks.finds(bugs.DEAL, cuts_groups)

# %% [markdown]
# ## 2. An AUROC from labels
#
# An ROC curve is drawn from *scores*. Two of the papers of this course draw theirs from
# verdicts, so that it has one corner, and the area under it is only the balanced
# accuracy at one threshold under another name.

# %%
s0 = experiment.train(
    "frame_torch", lesson="03", rules=[MAJORITY],
    data=study.data, profile=study.profile, seed=study.seed,
)
on_val = s0.videos(videos, "val")
areas = {
    name: area(on_val["label"], on_val["score"])
    for name, area in {**bugs.AREA.right, **bugs.AREA.planted}.items()
}
effects.append(("AUROC of labels", "AUROC", areas["ours"], areas["of labels at 0.5"]))
pd.Series(areas, name="AUROC of the same scores").round(3).to_frame()

# %% [markdown]
# **Predict:** can it also come out too *high*?
#
# ### Exercise 2 · scores or labels? (5 minutes)
#
# Write `cuts_scores(area)`; `area(labels, scores)` says that it returns the AUROC.
#
# *Hint:* a ranking without a mistake has 1, wherever its scores lie.
#
# *Expected picture:* two of the four rows above alarm.


# %% tags=["exercise"]
def cuts_scores(area) -> bool:
    """Whether it makes labels of the scores first."""
    # BEGIN SOLUTION
    # STUB: return None
    labels, scores = np.array([0, 0, 1, 1, 1]), np.array([0.01, 0.02, 0.03, 0.04, 0.4])
    return area(labels, scores) < 1
    # END SOLUTION


checks.finds(bugs.AREA, cuts_scores)

# %% [markdown]
# ## 3. BGR for RGB
#
# OpenCV reads blue first. Where training and use make the same mistake, little is lost.
# Where only one of them does, a detector meets people with blue skin.

# %%
def area_of(change=None) -> float:
    """AUROC of lesson 03's detector on validation videos, changed on the way in."""
    prepared = study.data.prepared(s0.detector.view)
    rows = experiment.learned(val)
    table = MEAN.video_scores(score(s0.detector, prepared, rows, change=change))
    labels = rows.set_index("video_id")["label"].reindex(table.index)
    return auroc(labels, table)


effects.append(
    ("BGR in use only", "AUROC", area_of(), area_of(lambda clip, flow: (clip[..., ::-1], flow)))
)
figures.contact_sheet(
    [read(path)[0] for read in (bugs.READ.right["ours"], bugs.READ.planted["BGR"])],
    titles=["as it is", "channels turned"],
)

# %% [markdown]
# A film of one colour has a known answer. Here is one that is green:

# %%
green = np.zeros((8, 64, 64, 3), np.uint8)
green[..., 1] = 200
film = write_video(f"{tempfile.mkdtemp()}/green.mp4", green, fps=10)
for name, read in {**bugs.READ.right, **bugs.READ.planted}.items():
    print(f"{name:24} mean of the three channels: {read(film).mean(axis=(0, 1, 2)).round()}")

# %% [markdown]
# It finds one of the bugs only. A question must have another answer where the bug is.
#
# ### Exercise 3 · which colour comes first? (5 minutes)
#
# Write `turns_colours(read)`; `read(path)` returns frames, uint8 (T, H, W, 3), that
# should be RGB.
#
# *Hint:* another colour than green.
#
# *Expected picture:* the right one of the two frames above comes from a reader that
# alarms.


# %% tags=["exercise"]
def turns_colours(read) -> bool:
    """Whether what it reads is anything but RGB."""
    # BEGIN SOLUTION
    # STUB: return None
    red = np.zeros((8, 64, 64, 3), np.uint8)
    red[..., 0] = 200
    seen = read(write_video(f"{tempfile.mkdtemp()}/red.mp4", red, fps=10))
    first, *others = seen.mean(axis=(0, 1, 2))
    return first <= max(others) + 50
    # END SOLUTION


checks.finds(bugs.READ, turns_colours)

# %% [markdown]
# ## 4. A memory that runs over the batch
#
# PyTorch's LSTM takes time first unless told `batch_first=True`. Fed with (clips, frames,
# features), it walks from clip to clip: the verdict on your video rests on the videos
# that happen to be scored with it. A much copied project does this; lesson 08 measures
# it on a whole detector.

# %%
features = rng.normal(size=(6, 16, 8)).astype(np.float32)
for name, version in {**bugs.SCORE.right, **bugs.SCORE.planted}.items():
    alone = version(features[:1])[0]
    behind = version(np.concatenate([3 * features[3:], features[:1]]))[-1]
    print(f"{name:28} P(fake) alone {alone:.3f}, behind other videos {behind:.3f}")

# %% [markdown]
# ### Exercise 4 · whose score is it? (10 minutes)
#
# Write `mixes_clips(score)`; `score(clips)` takes features (B, T, F) and returns P(fake)
# (B,).
#
# *Hint:* as above, and not only the first of the batch, which nobody stands before. Sums
# in another order differ in the last digit.
#
# *Expected picture:* two of the four lines above alarm.


# %% tags=["exercise"]
def mixes_clips(score) -> bool:
    """Whether a clip's score depends on its neighbours."""
    # BEGIN SOLUTION
    # STUB: return None
    clips = np.random.default_rng(0).normal(size=(5, 12, 6)).astype(np.float32)
    alone = np.concatenate([score(clips[i : i + 1]) for i in range(len(clips))])
    return not np.allclose(score(clips), alone, atol=1e-4)
    # END SOLUTION


checks.finds(bugs.SCORE, mixes_clips)

# %% [markdown]
# ## 5. A threshold from the test set
#
# A threshold that is chosen on the videos it is then reported on fits their luck too.
# Here the groups of the recorded predictions are dealt out many times; each time one
# threshold is chosen on validation and one on test.

# %%
both = scored.videos(study.runs, s0.result, split=None)
try:
    draws = thresholds.optimism(both, draws=100, seed=study.seed)
except ValueError as error:
    print(f"n/a: {error}")
else:
    row = draws[["honest", "flattered"]].mean()
    effects.append(("threshold from test", "balanced accuracy", row["honest"], row["flattered"]))
    print(
        f"balanced accuracy {row['honest']:.3f} with the threshold from validation,"
        f" {row['flattered']:.3f} with one from test"
    )

# %% [markdown]
# **Predict:** with half as many test videos, is that difference larger or smaller?
#
# ### Exercise 5 · does it peek? (10 minutes)
#
# Write `peeks(choose)`; `choose(val, test)` gets two pairs (labels, scores) and returns a
# threshold.
#
# *Hint:* what comes out must not depend on what must not be looked at. Change it.
#
# *Expected picture:* none; a line that says correct.


# %% tags=["exercise"]
def peeks(choose) -> bool:
    """Whether the threshold depends on the test part."""
    # BEGIN SOLUTION
    # STUB: return None
    rng = np.random.default_rng(0)
    labels, scores = np.arange(60) % 2, rng.random(60)
    val = labels, np.clip(scores + 0.3 * labels, 0, 1)
    found = {choose(val, (labels, 0.1 * rng.random(60) + at)) for at in (0.1, 0.5, 0.8)}
    return len(found) > 1
    # END SOLUTION


checks.finds(bugs.CHOOSE, peeks)

# %% [markdown]
# ## 6. "Evenly spaced", and only the beginning
#
# A benchmark that is widely used overwrites a variable, so that its step is always 1:
# "evenly distributed" frames are the *first* ones. A forgery in the rest of the clip is
# never looked at.

# %%
known = truth(study.data)["manipulated"].reindex(videos["video_id"]).dropna()
known = known[[kind[name] == "partial" for name in known.index]]
count = study.profile.frames
shares = {
    name: np.mean([np.array(forged)[sample(len(forged), count)].any() for forged in known])
    for name, sample in {**bugs.SAMPLE.right, **bugs.SAMPLE.planted}.items()
    if len(known)
}
if shares:
    honest, first = shares["ours"], shares["the first ones"]
    effects.append(("the first frames", "share of forgeries met", honest, first))
print(inspect.getsource(bugs._by_step))
pd.Series(shares, name="share of partial forgeries of which a forged frame is seen").to_frame()

# %% [markdown]
# (Where nobody has written down which frames are forged, as with real forgeries, the
# table is empty.)
#
# ### Exercise 6 · is the whole clip seen? (10 minutes)
#
# Write `misses_parts(sample)`; `sample(n, count)` says which `count` of `n` frames are
# taken.
#
# *Hint:* the bug above is right for some lengths. Ask about many.
#
# *Expected picture:* two of the four rows above alarm.


# %% tags=["exercise"]
def misses_parts(sample) -> bool:
    """Whether some stretch of a clip is never looked at."""
    # BEGIN SOLUTION
    # STUB: return None
    for n in range(16, 200):
        seen = np.sort(np.asarray(sample(n, 16)))
        gaps = np.diff([-1, *seen, n])
        if gaps.max() > 2 * n / 16 + 1:
            return True
    return False
    # END SOLUTION


checks.finds(bugs.SAMPLE, misses_parts)

# %% [markdown]
# ## 7. A crop that lets go of the face
#
# The two rows of the beginning. The face was found once, or its box belongs to the frame
# before; while nobody moves, all is well.

# %%
rows = [
    (np.mean([overlap(box, box) for box in boxes]), np.mean([overlap(boxes[0], box) for box in boxes]))
    for _, _, boxes in tracked
]
right, stale = np.mean(rows, axis=0)
effects.append(("the first box for all", "overlap with the face", right, stale))
print(f"{len(rows)} clips: the first box overlaps the face by {stale:.2f} on average")

# %% [markdown]
# ### Exercise 7 · does the crop follow? (15 minutes)
#
# Write `lets_go(crop)`; `crop(frames, boxes)` takes uint8 (T, H, W, 3) and (T, 4) with
# x0, y0, x1, y1, and returns square crops.
#
# *Hint:* frames that are black but for a white square, and boxes around that square.
# What is in the middle of each crop?
#
# *Expected picture:* of the two rows of the beginning, the second alarms.


# %% tags=["exercise"]
def lets_go(crop) -> bool:
    """Whether the middle of some crop is not what the box is around."""
    # BEGIN SOLUTION
    # STUB: return None
    frames = np.zeros((6, 120, 240, 3), np.uint8)
    corners = np.array([(10 + 35 * t, 20 + 10 * t) for t in range(6)])
    for frame, (x, y) in zip(frames, corners, strict=True):
        frame[y : y + 24, x : x + 24] = 255
    crops = crop(frames, np.hstack([corners, corners + 24]).astype(float))
    side = crops.shape[1]
    middle = crops[:, side // 2 - 2 : side // 2 + 2, side // 2 - 2 : side // 2 + 2]
    return (middle.mean(axis=(1, 2, 3)) < 200).any()
    # END SOLUTION


checks.finds(bugs.CROP, lets_go)

# %% [markdown]
# ## 8. What they do to a number
#
# **Predict:** which of them makes a number too good, which too bad? Which would you
# notice by the number alone?

# %%
table = pd.DataFrame(effects, columns=["bug", "number", "honest", "with the bug"])
table.assign(change=table["with the bug"] - table["honest"]).set_index("bug").round(3)

# %% [markdown]
# A bug that flatters is seldom looked for, and one that costs a little is taken for a
# weak detector. That is why the questions are asked before the number is read, in tests
# that run every time. This course asks all seven of itself: `tests/` has each of them.
#
# ### Exercise 8 · a study that you did not write (open-ended)
#
# `bugs.suspect(seed)` is a study made of seven parts, `suspect.parts["deal"]` and so on;
# some are broken. Write `convict(parts)`: the names of those that are, by the checks that
# you have written.
#
# *Hint:* a dictionary from each part's name to its check.
#
# *Expected picture:* the list below, with the parts of one study. Then write an eighth
# part with an eighth bug, and give it to somebody.


# %% tags=["exercise"]
def convict(parts: dict) -> list[str]:
    """The names of the broken parts."""
    # BEGIN SOLUTION
    # STUB: return None
    mine = {
        "deal": cuts_groups, "area": cuts_scores, "read": turns_colours,
        "score": mixes_clips, "choose": peeks, "sample": misses_parts, "crop": lets_go,
    }
    return [name for name, part in parts.items() if mine[name](part)]
    # END SOLUTION


checks.convicts(convict)

# %%
suspect = bugs.suspect(study.seed)
named = convict(suspect.parts)
checks.compare(named and {name: name in named for name in suspect.parts})

# %% [markdown]
# ## What we saw

# %%
flatters = table[table["with the bug"] > table["honest"]]["bug"].tolist()
costs = table[table["with the bug"] < table["honest"]]["bug"].tolist()
print(f"- Seven bugs: here {', '.join(flatters) or 'none'} made a number larger,")
print(f"  {', '.join(costs) or 'none'} made one smaller; no program stopped.")
print("- Each answers a question with a known answer: a red film, a white mark, a")
print("  ranking without a mistake, a test part that is changed.")
total = sum(len(part.right) + len(part.planted) for part in bugs.PARTS.values())
print(f"- A check is worth what it lets pass, too: yours were tried on {total} versions.")
print(f"- A study of {len(suspect.parts)} parts was questioned part by part.")

# %% [markdown]
# ## Which check when?
#
# | when | ask |
# |---|---|
# | a set is new | who is in two parts? (1) what tells without a face? (lesson 13) |
# | a loader is new | a red film (3), frames of many lengths (6), a moving mark (7) |
# | a network is new | one clip alone and among others (4), frames shuffled (lesson 06) |
# | a number is new | from scores? (2) what was chosen, and on what? (5) |
# | a number is too good | all of them, before you tell anybody |
#
# ## References
#
# - S. Das, S. Seferbekov, A. Datta, M. S. Islam, M. R. Amin, *Towards solving the
#   DeepFake problem: an analysis on improving deepfake detection using dynamic face
#   augmentation*, ICCV workshops 2021: leaks by shared faces.
# - Z. Yan, Y. Zhang, X. Yuan, S. Lyu, B. Wu, *DeepfakeBench: a comprehensive benchmark of
#   deepfake detection*, NeurIPS 2023.
# - S. Kapoor, A. Narayanan, *Leakage and the reproducibility crisis in
#   machine-learning-based science*, Patterns 4 (9), 2023.
