# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "12"
#   slug: explanations
#   question: "Where does it look, and is that where the forgery is?"
#   minutes: {smoke: 2, laptop: 2, colab: 15, paper: 120}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 12 · Where does it look, and is that where the forgery is?

# %% [markdown]
# ## The question
#
# A detector says "fake", and a coloured cloud over the face says why. S1 shows the last
# maps of its 3D network, S3 the heat over a face. Such pictures convince. **Would we
# notice if they were wrong?** Here the forger is our own renderer, and knows where it has
# been at work, so the clouds can be *scored*.

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - work out **Grad-CAM** by hand, and say what it asks of a network;
# - draw it for a **2D**, a **3D** and a **recurrent** network, over frames and over time;
# - **score** maps where the truth is known: pointing game, energy per area;
# - set maps beside **controls** that know nothing of forgeries;
# - ask the network itself by **deletion and insertion**;
# - look at the surest **errors** without being carried away by a story.

# %% [markdown]
# ## Before you start
#
# Lessons 03 and 06 to 08 show the detectors that are asked here. No data set, account or
# GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The detectors are those of lessons 03 and 06 to 08, and one more on faces. Where they are
# missing, they are trained here: that, finding faces, and rendering the synthetic set,
# takes some minutes more, once.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import numpy as np
from IPython.display import display

from dfstudy.course import checks_12 as checks
from dfstudy.detect import explained
from dfstudy.detect.scored_maps import centre, edges, scored_maps, untrained
from dfstudy.report import figures, maps
from dfstudy.study import gallery
from dfstudy.training import experiment, results, scored
from dfstudy.training.fitted import Variant
from dfstudy.training.rule import MAJORITY, MEAN, S1_CANDIDATES
from dfstudy.video.read import read_evenly

videos = study.data.manifest
test = videos[videos["split"] == "test"]
intervals = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}
common = {"data": study.data, "profile": study.profile, "seed": study.seed}

# %% [markdown]
# Six fakes, each by another way or of another person. **Predict:** where is the forgery,
# and where would a network look for it?

# %%
unseen = test[test["label"] == 1].sample(frac=1, random_state=study.seed)
unseen = unseen.iloc[unseen.groupby("method", dropna=False).cumcount().argsort(kind="stable")]
figures.contact_sheet([read_evenly(path, 1)[0][0] for path in unseen["path"].head(6)], columns=3)

# %%
# The longest clips of faces first: what is prepared for them serves the shorter ones.
longest = Variant(look={"frames": max(study.profile.lengths)})
s2 = experiment.train("resnext_lstm", lesson="08", rules=[MEAN], variant=longest, **common)
s1 = experiment.train("frame_keras", lesson="03", rules=S1_CANDIDATES, **common)
s0 = experiment.train("frame_torch", lesson="03", rules=[MAJORITY], **common)
s3 = explained.of_faces(study.runs, **common)
# A face that no detector of faces has found has no map either.
test = study.data.prepared(s2.detector.view).kept(study.data.prepared(s3.detector.view).kept(test))
results.table([s1.result, s0.result, s3.result], metrics=["auroc"])

# %% [markdown]
# S1's and S0's look at whole frames. The third is S3's detector of faces,
# trained on one kind of forgery, which every frame of a fake shows: `blend`.
#
# ## 1. What Grad-CAM asks
#
# A convolutional network ends in a few dozen maps: coarse pictures of the frame, each hot
# where it has found what it looks for. Grad-CAM (Selvaraju et al. 2017) asks two things.
# How active is each map at each place? And how much would the verdict change if the whole
# map were a little hotter: the mean **slope** of the verdict over the map. Maps are
# weighed with that, added up, and what is below 0 is cut off.
#
# ### Exercise 1 · by hand (10 minutes)
#
# Write `grad_cam(maps, slopes)`. Both are arrays (C, h, w): C maps, and the slope of the
# log-odds of "fake" at each place of each map. Give the heat, (h, w).
#
# *Hint:* `slopes.mean((1, 2))` has one number a map.
#
# *Expected picture:* none of its own; all heat below is made so.


# %% tags=["exercise"]
def grad_cam(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """The heat (h, w) of maps and slopes (C, h, w)."""
    # BEGIN SOLUTION
    # STUB: return None
    weights = slopes.mean((1, 2))
    return np.maximum((weights[:, None, None] * maps).sum(0), 0)
    # END SOLUTION


checks.grad_cam(grad_cam)

# %% [markdown]
# ## 2. Pictures
#
# **Predict:** here are fakes that the detectors have never seen. Where would *you* look?
# Where will a network of whole frames look, and where one of faces? The line is what
# the renderer has forged.

# %%
shown = explained.examples(test, ["blend"], count=6)
kinds = list(shown["method"].fillna("unknown"))
looks = {
    "S1, Keras, whole frames": s1.detector,
    "S0, PyTorch, whole frames": s0.detector,
    "S3, PyTorch, faces": s3.detector,
}
maps.overlays(
    {name: explained.heat_of(detector, study.data, shown) for name, detector in looks.items()},
    titles=kinds,
)

# %% [markdown]
# The network of faces *averages* its maps, so each place of them has its part in the
# verdict. The slim networks of whole frames keep the *maximum* of each map: one place
# counts, and Grad-CAM, which weighs the map as a whole, is hot wherever the map is
# active, even where nobody listened. (The papers' own networks average.) HiResCAM
# (Draelos and Carin 2020) weighs each place by its own slope; and an earlier layer is
# finer, but further from the verdict.

# %%
places = explained.places
maps.overlays(
    {
        f"{name}, each place": explained.heat_of(detector, study.data, shown, explain=places)
        for name, detector in list(looks.items())[:2]
    },
    titles=kinds,
)

# %% [markdown]
# ## 3. On trial
#
# Pictures convince too easily. Two scores need the truth:
#
# | | asks | chance |
# |---|---|---|
# | pointing game | is the hottest pixel where the forgery is? | the forgery's share of the area |
# | energy per area | how much of the heat is there, over its share of the area? | 1 |
#
# ### Exercise 2 · the pointing game (5 minutes)
#
# Write `pointing(heat, mask)`: 1 where the hottest pixel of `heat` (H, W) lies in the
# boolean `mask` (H, W), else 0.
#
# *Hint:* `np.unravel_index(heat.argmax(), heat.shape)`.
#
# *Expected picture:* below, what the maps shown above score.


# %% tags=["exercise"]
def pointing(heat: np.ndarray, mask: np.ndarray) -> float:
    """1 where the hottest pixel is in the mask, else 0."""
    # BEGIN SOLUTION
    # STUB: return None
    return float(mask[np.unravel_index(heat.argmax(), heat.shape)])
    # END SOLUTION


checks.pointing(pointing)

# %% [markdown]
# ### Exercise 3 · energy per area (5 minutes)
#
# Write `energy(heat, mask)`: the share of the heat that is in the mask, over the share of
# the area that is.
#
# *Hint:* `heat[mask].sum() / heat.sum()` is the first of the two.
#
# *Expected picture:* below, beside the pointing game.


# %% tags=["exercise"]
def energy(heat: np.ndarray, mask: np.ndarray) -> float:
    """Share of the heat in the mask over its share of the area."""
    # BEGIN SOLUTION
    # STUB: return None
    return heat[mask].sum() / heat.sum() / mask.mean()
    # END SOLUTION


checks.energy(energy)

# %% [markdown]
# A map can be right for no good reason: forgeries are in faces, faces in the middle, and a
# pasted part has an edge. So maps that know nothing of forgeries stand beside it: the
# same network with **random weights**, an **edge detector**, and a hill in the **centre**,
# a wide one and a narrow one.
#
# **Predict:** put them in order, for the detector of faces. Which control will come
# closest? What does it win by being narrow?

# %%
blends = test[test["method"] == "blend"] if study.data.kind == "synthetic" else test[test["label"] == 1]
maps.overlays(
    {
        "trained": explained.heat_of(s3.detector, study.data, shown),
        "random weights": explained.heat_of(untrained(s3.detector, 0), study.data, shown),
        "edges": explained.heat_of(s3.detector, study.data, shown, explain=lambda _, clips: edges(clips)),
        "centre": explained.heat_of(s3.detector, study.data, shown, explain=lambda _, clips: centre(clips)),
    },
    titles=kinds,
)

# %%
trial = scored_maps(s3.detector, study.data, blends, **intervals)
maps.trial(trial, title="S3's detector of faces: Grad-CAM of unseen blends")

# %%
trial.differences.round(2)

# %% [markdown]
# This network averages its maps, and one weight a map is right for it. But its maps are
# coarse: how far off can the hottest pixel be, if it stands for a whole place?
#
# **Predict:** the same detector, asked place by place in maps twice as fine. What will
# happen to the pointing game, and what to the energy? (Slopes of single places are noisy,
# so this heat is smoothed over half a place.)

# %%
finer = scored_maps(s3.detector, study.data, blends, explain=places, **intervals)
maps.trial(finer, title="S3's detector of faces: place by place and twice as fine")

# %% [markdown]
# Which of the two ways to trust is no matter of taste, and was not chosen on the videos
# above: it was tried on other people, in a set from another seed of the renderer.
#
# Both hills point at the same pixel. Energy per area can be won by being narrow, if the
# middle is a good guess: such a score says how *sure* a map is of a place, and has to be
# read beside the pointing game.
#
# If a map did not change when the weights are thrown away, it would say nothing of what
# the network has learned: Adebayo et al. (2018) found popular methods that fail so.
# "Looks right" is passed by an edge detector, too.
#
# The same for a detector of whole frames, which finds these forgeries nearly as well.
# There the centre is a strong rival: the renderer, as every cameraman, puts the head in
# the middle.
#
# **Predict:** is a good detector one with good maps?

# %%
whole = scored_maps(s0.detector, study.data, blends, **intervals)
maps.trial(whole, title="S0's detector of whole frames: Grad-CAM of unseen blends")

# %%
by_place = scored_maps(s0.detector, study.data, blends, explain=places, **intervals)
maps.trial(by_place, title="The same detector, place by place and twice as fine")

# %% [markdown]
# ## 4. Ask the network itself
#
# If the heat is what the score rests on, the score must fall as soon as the hottest pixels
# are blurred (**deletion**), and rise as soon as they come back (**insertion**; Petsiuk et
# al. 2018). That needs no truth, so it works on real videos too.
#
# **Predict:** which map brings the score down fastest? Must it be the one that points
# best at the forgery?

# %%
maps.erasing(trial, title="S3's detector of faces")

# %% [markdown]
# These curves reward a map for what the *network* uses, right or wrong: a detector that
# reads the background has fine curves with a map of the background. And a half blurred
# face is a picture that nobody has trained on.
#
# ## 5. Over time
#
# A network of videos can be asked the same. Its heat then also says *when*: the share of
# it in each frame. The 3D network keeps one map for several frames, so its heat moves in
# steps; behind an LSTM each frame has a map of its own.
#
# **Predict:** a `partial` is forged in a stretch of the clip. Will the heat be there?

# %%
deep = experiment.train("cnn_3d", lesson="07", rules=[MEAN], **common)
cell = Variant(shape={"cell": "lstm"})
memory = experiment.train("cnn_rnn", lesson="06", rules=[MEAN], variant=cell, **common)
stretch = explained.examples(test, ["partial"], count=3)
over_time = {
    "S1, Keras, 3D": explained.over_time(deep.detector, study.data, stretch),
    "S1, Keras, LSTM": explained.over_time(memory.detector, study.data, stretch),
    "S2, PyTorch, LSTM": explained.over_time(s2.detector, study.data, stretch),
    "S3, PyTorch, frame by frame": explained.over_time(s3.detector, study.data, stretch),
}
maps.moments(over_time, titles=list(stretch["method"].fillna("unknown")))

# %%
maps.strip(explained.through_time(deep.detector, study.data, stretch), title="S1, Keras, 3D: one clip a row")

# %%
maps.strip(explained.through_time(memory.detector, study.data, stretch), title="S1, Keras, LSTM: one clip a row")

# %%
maps.strip(explained.through_time(s2.detector, study.data, stretch), title="S2, PyTorch, LSTM: one clip a row")

# %% [markdown]
# Compare the clips before you believe one. S1's LSTM judges by its last state, which has
# heard the last frames best: heat that grows towards the end of *every* clip tells how a
# network reads, and not when the video was forged.
#
# ## 6. The surest errors
#
# **Predict:** before you see them: what will those videos have in common of which S0's
# detector was surest, and wrong?

# %%
judged = scored.videos(study.runs, s0.result)
for kind in gallery.ERRORS:
    worst = gallery.surest(judged, kind)
    if worst.empty:
        print(f"no {kind}")
        continue
    display(maps.errors(explained.heat_of(s0.detector, study.data, worst, explain=places), worst, title=kind))

# %% [markdown]
# A few pictures ask for a story. So all errors are set against the other videos of their
# class, in everything that is known or measured. Every interval resamples pairs of
# people, and p is corrected for the number of things that were looked at (Holm 1979).

# %%
about = gallery.attributes(study.data, s0.detector.view, judged["video_id"])
common_to = {kind: gallery.in_common(judged, about, kind, **intervals) for kind in gallery.ERRORS}
for kind, table in common_to.items():
    print(kind)
    display(table.head(8).drop(columns="reason").round(3))

# %% [markdown]
# What stands out here is a question for the *next* set of videos. Nothing in such a table
# is a cause: whoever is in the dark may also wear a hat.
#
# ## 7. What a heat map cannot say
#
# - *why*: it has a place, and no reason. Cold colours of a cheek and a pasted mouth give
#   the same cloud.
# - *whether it is right*: a wrong verdict has a cloud as well, see above.
# - *what is not there*: heat speaks for "fake". A real face without heat has not been
#   found to be real.
# - *that a person has been forged*: it explains a score, and is no evidence. Shown to a
#   court or a newspaper without its controls, it accuses somebody by suggestion.
#
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
trials = {"faces": trial, "faces, by place": finer, "whole frames": whole, "whole frames, by place": by_place}


def told(metric: str) -> str:
    """A metric of all maps in words."""
    lines = []
    for name, found in trials.items():
        rows = found.table.query("metric == @metric").to_dict("records")
        lines.append(f"{name}: " + ", ".join(f"{row['map']} {results.interval(row)}" for row in rows))
    return "; ".join(lines)


print(f"- by hand: {shown.shape[0]} unseen fakes, and {len(looks)} detectors asked by Grad-CAM")
when = "; ".join(f"{name} {explained.inside(found)}" for name, found in over_time.items())
print(f"- over time, heat in forged frames: {when}")
print(f"- scores: pointing game, {told('pointing')}; energy per area, {told('energy')}")
gaps = finer.differences.query("metric == 'energy'").to_dict("records")
clear = {metric: finer.beaten(metric) for metric in ("pointing", "energy")}
print("- controls: energy of faces, by place, trained minus", ", ".join(f"{row['map']} {results.interval(row)}" for row in gaps))
for metric, names in clear.items():
    print(f"  - {metric}: the whole interval is above that of", ", ".join(names) or "no control")
print(f"- asked itself: deletion, {told('deletion')}; insertion, {told('insertion')}")
said = []
for kind, table in common_to.items():
    least = table["p_holm"].min()
    count = int(table["n_errors"].max()) if len(table) else 0
    said.append(f"{count} {kind}, smallest corrected p of {len(table)} attributes {least:.2f}")
print("- errors:", "; ".join(said))

# %% [markdown]
# On synthetic data this is a laboratory: it shows how maps are tested, and what some maps
# of some small networks are worth. Nothing here says where the traces of forgeries in the
# world are. Detectors trained here must not judge anybody's video.

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | a first look | Grad-CAM of the last layer | coarse; right for averaged maps |
# | a place, of maps that keep their maximum | HiResCAM, an earlier layer | further from the verdict |
# | to believe a map | its score on a set with truth, beside controls | the truth of a renderer |
# | to know what the network uses | deletion and insertion | blurred pictures are strange to it |
# | when, not where | the share of heat in each frame | maps that stand for several frames |
# | what errors share | all errors against the rest, corrected | a hint, no cause |

# %% [markdown]
# ## References
#
# - R. Selvaraju et al., Grad-CAM: visual explanations from deep networks, ICCV 2017
# - R. Draelos, L. Carin, Use HiResCAM instead of Grad-CAM, arXiv 2011.08891
# - J. Adebayo et al., Sanity checks for saliency maps, NeurIPS 2018
# - J. Zhang et al., Top-down neural attention by excitation backprop, IJCV 2018 (pointing
#   game)
# - H. Wang et al., Score-CAM, CVPRW 2020 (energy)
# - V. Petsiuk, A. Das, K. Saenko, RISE, BMVC 2018 (deletion and insertion)
# - H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (S1)
# - A. Correia, J. Neves, the face detector of lesson 09 (S3)
