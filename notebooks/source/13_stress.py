# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "13"
#   slug: stress
#   question: "Leaks, shortcuts, compression: what breaks the number?"
#   minutes: {smoke: 2, laptop: 5, colab: 20, paper: 300}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 13 · Leaks, shortcuts, compression: what breaks the number?

# %% [markdown]
# ## The question
#
# A detector has a number, and the number is high. Perhaps it has seen these people
# before. Perhaps it reads the bit rate. Perhaps the next upload service spoils it, or it
# is sure of itself and wrong. **What has to be tried before a number is believed?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - measure what a **leak** between parts adds to a number, and how much of a published
#   one it could explain;
# - look for a **shortcut** in a set before a network finds it;
# - ask any detector whether it uses **time**, or only pools frames;
# - draw what **compression** and other damage leave of it, and say what one cheap
#   **attack** shows and what not;
# - tell whether a **probability** can be believed, and let a detector say "cannot tell"
#   at a rate that is promised;
# - test **elsewhere**: on other people and weaker forgeries, and on a forgery that was
#   never shown.

# %% [markdown]
# ## Before you start
#
# Lesson 01 shows how a set is split, lesson 03 what a frame detector is, and lesson 06
# what a memory adds. No data set, account or GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The detectors are those of lessons 03 and 06. Where they are missing, they are trained
# here: that, and rendering the synthetic set, takes some minutes more, once.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import numpy as np
import pandas as pd

from dfstudy.course import checks_13 as checks
from dfstudy.metrics.conformal import Limits
from dfstudy.report import audits, calibration, figures, widgets
from dfstudy.report import leaks as leak_figures
from dfstudy.report import robustness as damage_figures
from dfstudy.study import adversarial, audit, calibrated, leaks, papers
from dfstudy.study import robustness, temporal, transfer
from dfstudy.study.audit import planted
from dfstudy.study.damaged import damaged
from dfstudy.training import experiment, results, scored
from dfstudy.training.fitted import Variant
from dfstudy.training.rule import MAJORITY, MEAN, S1_CANDIDATES
from dfstudy.video import perturb
from dfstudy.video.preview import preview
from dfstudy.video.read import read_evenly

videos = study.data.manifest
intervals = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}
common = {"data": study.data, "profile": study.profile, "seed": study.seed}
# What is trained for this lesson alone stays out of the comparison of lesson 11.
own = {"runs": study.runs / "stress", "lesson": "13"}

# %%
s1 = experiment.train("frame_keras", lesson="03", rules=S1_CANDIDATES, **common)
s0 = experiment.train("frame_torch", lesson="03", rules=[MAJORITY], **common)
results.table([s1.result, s0.result], metrics=["auroc", "balanced_accuracy"])

# %% [markdown]
# ## 1. One detector, four splits
#
# Here is a small set of its own, of people who are nowhere else. It holds forgeries that
# a single frame does not show: blends so weak that they nearly fit, and clips out of
# order, of which each frame is authentic. One frame detector is trained on it again and
# again. Only the split changes:
#
# | split | what stays together | so the test part has |
# |---|---|---|
# | frame | nothing | other frames of the training *videos* |
# | video | the frames of a video | other videos of the training *people* |
# | source | a fake and the video that it was made from | the other person of a *pair* |
# | group | all that shares a file, a source or a face | strangers |
#
# (The detector is a small network on the features of the frozen backbone, the same each
# time. It chooses nothing, so validation videos train as well, and no test video of the
# course is looked at.)

# %%
hidden = leaks.laboratory(study.profile)
shown = hidden.manifest.groupby("method").head(3).sort_values("method")
figures.contact_sheet(
    [read_evenly(path, 1)[0][0] for path in shown["path"]],
    labels=list(shown["label"]),
    titles=list(shown["method"]),
    columns=3,
)

# %% [markdown]
# ### Exercise 1 · who is on both sides? (5 minutes)
#
# Write `cut_groups(videos)`: the groups of which videos are in more than one part.
# `videos` has the columns `video_id`, `group` and `split`.
#
# *Hint:* `videos.groupby("group")["split"].nunique()`.
#
# *Expected picture:* the line below, where only one of the four splits cuts no group.


# %% tags=["exercise"]
def cut_groups(videos: pd.DataFrame) -> list[str]:
    """The groups that are in several parts."""
    # BEGIN SOLUTION
    # STUB: return None
    parts = videos.groupby("group")["split"].nunique()
    return parts.index[parts > 1].tolist()
    # END SOLUTION


checks.cut_groups(cut_groups)

# %%
for split in leaks.SPLITS:
    dealt = leaks.dealt(hidden.manifest, split, frames=study.profile.frames, seed=study.seed)
    parts = dealt.groupby("group")["split"].nunique()
    print(f"{split:7} {(parts > 1).sum():4} of {len(parts)} groups are cut")

# %% [markdown]
# **Predict:** four AUROCs for each forgery. A detector that sees nothing of a forgery
# has 0.5 on strangers. What has it under the other three splits? Is a leak always in its
# favour?

# %%
found = leaks.meter(
    hidden,
    profile=study.profile,
    seed=study.seed,
    kinds={"blend": "weak blend", "disorder": "disorder"},
)
leak_figures.meter(found.table, found.gaps)

# %%
found.table.set_index(["kind", "split"])[
    ["seen_video", "seen_source", "seen_group", "accuracy", "trivial"]
].round(2)

# %% [markdown]
# The columns `seen` are the shares of test frames whose video, source or group is in the
# training part. Where frames are dealt out, the detector has learned what each *video*
# looks like, and with it the label: the room, the shirt, the light. Nothing of that is
# about forgeries, and nothing of it is left on strangers.
#
# A leak is not always a help. Each person here has one real clip, and perhaps one fake.
# Whoever has seen the fake of a person in training expects another fake, and the video
# that is left is the real one: knowing the person then misleads, and the AUROC may fall
# *below* 0.5. In sets with many fakes of each real it is the other way round.

# %% [markdown] tags=["paper-figures"]
# S1 prints a frame-level accuracy of 97 % for its baseline, and says that the number
# drops when frames become videos. Averaging frames should help, if anything. A drop is
# what a leak of frames would look like; S1 does not say how its frames were dealt out.

# %%
published = papers.S1_FRAME_LEVEL["baseline"][0]
accuracy = found.table.set_index(["kind", "split"])["accuracy"]
for name in accuracy.index.unique("kind"):
    leaky, honest = accuracy[name, "frame"], accuracy[name, "group"]
    share = leaks.explained(leaky, honest, published)
    print(
        f"{name}: accuracy of frames {leaky:.2f} with the leak, {honest:.2f} without:"
        f" {share:.0%} of the way to S1's {published:.2f}"
    )

# %% [markdown]
# Those are other videos and another network, so this says what a leak *could* explain,
# not that there was one. It could explain a lot, with a detector that knows nothing.
#
# ## 2. What tells without a face
#
# A shortcut is worse than a leak, for no split helps: whatever tells reals from fakes in
# this set, and not in the next. `dfstudy audit` asks a set before a network does. Each
# probe reads something that should not matter, and learns the label from it, with groups
# kept whole.
#
# ### Exercise 2 · plant one (5 minutes)
#
# Write `marked(labels, share, rng)`: True for a `share` of the fakes and for 1 - share of
# the reals, drawn at random.
#
# *Hint:* `rng.random(len(labels)) < np.where(labels == 1, ..., ...)`.
#
# *Expected picture:* below, the probe of the set with a planted mark is filled in.


# %% tags=["exercise"]
def marked(labels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Which videos get the mark."""
    # BEGIN SOLUTION
    # STUB: return None
    return rng.random(len(labels)) < np.where(labels == 1, share, 1 - share)
    # END SOLUTION


checks.marked(marked)

# %% [markdown]
# The course's own `planted` does this for file names, bit rates, sizes and more.
#
# **Predict:** which probes will find something in the set as it is? And when the marked
# videos are coded a little more coarsely?

# %%
clean = audit.audit(videos, seed=study.seed)
print(audits.text(clean))

# %%
quick = [name for name in audit.PROBES if name not in ("background", "identity")]
coarse = planted.planted(videos, "bit_rate", seed=study.seed)
dirty = audit.audit(coarse, probes=quick, seed=study.seed)
audits.probes({"as it is": clean[clean["probe"].isin(quick)], "bit rate planted": dirty})

# %%
print(audits.text(dirty))

# %% [markdown]
# A network would have found it too, in the traces that coarse coding leaves, and its test
# result would have been high on any split. That an audit finds nothing does not prove
# that there is nothing: it has tried what others have stumbled over.
#
# ## 3. Does it use time?
#
# Lesson 06 has a memory that reads the frames in order, and its twin that takes their
# mean. The battery spoils the time of validation videos in five ways, and asks besides
# whether a score depends on the *other* videos of its batch (lesson 08's bug).
#
# **Predict:** which of these can a detector of single frames notice?

# %%
changes = {"changes": True}
memory = experiment.train(
    "cnn_rnn", lesson="06", rules=[MEAN], variant=Variant(shape={"cell": "gru", **changes}), **common
)
twin = experiment.train(
    "cnn_rnn", lesson="06", rules=[MEAN], variant=Variant(shape={"cell": "mean", **changes}), **common
)
batteries = {
    name: temporal.battery(trained.detector, study.data, **intervals)
    for name, trained in {"S0, frames": s0, "memory": memory, "its twin": twin}.items()
}
moved = {name: table.set_index("name")["change"] for name, table in batteries.items()}
pd.DataFrame(moved).rename_axis("largest change of a score").round(3)

# %%
judged = batteries["S0, frames"].query("must != '-'")
print(f"S0 must not notice: {', '.join(judged['name'])}: {judged['passed'].sum()} of {len(judged)} passed")
left = batteries["memory"]
figures.intervals(left[left["value"].notna()], title="The memory's AUROC on validation, its time spoiled")

# %% [markdown]
# A detector of frames must not notice an order at all. The memory and its twin both see
# by how much features *change* from frame to frame, so both notice a shuffle, and that
# alone is no proof of a memory. Backwards, the changes are the same ones: look at how
# little the twin minds. What the memory is worth is what it has over its twin:

# %%
gain = temporal.gain(memory.detector, twin.detector, study.data, **intervals)
figures.intervals(
    gain.iloc[2:].assign(name="memory minus its twin"),
    metric="difference of AUROCs",
    chance=0,
    limits=(-0.5, 0.5),
    title="What the memory adds, on validation",
)

# %% [markdown]
# The same for any detector folder, at the command line:
# `dfstudy temporal runs/laptop/models/cnn_rnn_0 --twin ...`
#
# ## 4. Through the world
#
# Between a camera and a detector lie an editor, a messenger and an upload service. Each
# test video is damaged as they do it, step by step, and scored by the same detector with
# the same threshold. A second detector was **trained mixed**: half of its training frames
# were damaged, but never by H.264.
#
# **Predict:** what breaks first, the AUROC, or the threshold?

# %%
damages = perturb.ladder(study.profile.perturbations, levels=study.profile.levels)
test = videos[videos["split"] == "test"]
frame = read_evenly(test["path"].iloc[0], 1)[0][0]
damage_figures.examples(frame, damages)

# %% [markdown]
# H.264 keeps what is seen from afar and drops the rest; the CRF says how much. Left a
# forged validation video as it is, in the middle as it comes out, right what went
# missing, four times as strong.
#
# **Predict:** what goes first, edges or flat skin? At which CRF would you no longer
# notice a soft edge around a face?

# %%
forged = videos[(videos["split"] == "val") & (videos["label"] == 1)]
forged = forged.sort_values("method", key=lambda method: method != "blend")
uploaded = preview(forged["path"].iloc[0], study.profile.clip_frames, height=216)[:8]


def sent(crf: int) -> np.ndarray:
    """The middle of a frame before and after, and what is lost, times 4."""
    *_, after = perturb.Perturbation(kind="h264", level=crf)(uploaded)
    lost = np.clip(4.0 * abs(after.astype(int) - uploaded[-1]), 0, 255).astype(np.uint8)
    cut = slice(after.shape[0] // 6, -(after.shape[0] // 6))
    side = after.shape[0] // 3
    half = after.shape[1] // 2
    shown = [picture[cut, half - side : half + side] for picture in (uploaded[-1], after, lost)]
    return np.hstack(shown)


widgets.slider(sent, range(18, 51, 2), name="CRF", columns=2)

# %%
mixed = experiment.train(
    "frame_torch", rules=[MAJORITY], variant=Variant(augmentation="mixed"), **own, **common
)
tables = damaged(
    {"trained clean": s0.detector, "trained mixed": mixed.detector},
    study.data,
    damages,
    groups=study.profile.damaged_groups,
)
curves = robustness.curves(tables, **intervals)
seen = [name for name in ("blend", "partial") if name in set(curves["family"])] or ["all"]
damage_figures.curves(curves, families=(*seen, "real"), title="S0's network, on damaged test videos")

# %% [markdown]
# The last row is the share of *reals* that are called fake at the threshold that
# validation chose, the others are the AUROC of a forgery. The two can part: a detector may
# still rank videos and yet call half of the honest ones fake, since all scores have moved.
# To the person who is accused, only the last row matters.
#
# S0 averages whole frames down to a hundred pixels or so, and what damages single pixels
# is averaged away with them. A detector that looks at faces closely may have more to lose.
#
# ### A limit: somebody who tries
#
# Damage is an accident. FGSM is not: every pixel moves by a few grey levels, in the
# direction that the network's own gradient gives. The same step in random directions is
# the control.

# %%
attack = adversarial.attacked(s0.detector, study.data, **intervals)
damage_figures.attack(attack, title="S0's network, one step against it, on validation")

# %% [markdown]
# This is one step, by somebody who has the weights, on the frames as the network sees
# them. A detector that falls to it is not safe from anybody. One that stands has shown
# nothing: real attackers take more steps, and do not tell.
#
# ## 5. How sure is sure?
#
# S2 shows "REAL" with a confidence. A softmax is not a confidence: whether of all videos
# with P(fake) near a value just that share is fake, has to be measured. The temperature
# was fitted on validation videos.

# %%
table = scored.videos(study.runs, s0.result)
calibration.reliability(
    {
        "before the temperature": (table["label"], table["score"]),
        "after": (table["label"], table["probability"]),
    },
    title="S0, test videos",
)

# %% [markdown]
# **Predict:** the same detector, after the heaviest damage of the first kind. Does its
# calibration travel?

# %%
worst = damages[study.profile.levels - 1]
after = robustness.at(tables["trained clean"], worst.kind, worst.level)
sets = {"test": table, f"{worst.kind} {worst.level:g}": after}
sure = calibrated.quality(sets, **intervals)
sure.pivot(index=["metric", "temperature"], columns="of", values="value").round(3)

# %% [markdown]
# A temperature is fitted to the videos it has seen. It says nothing of others.
#
# ### Exercise 3 · a promise that can be kept (10 minutes)
#
# A detector that is not sure should say so. Of n real validation videos, sorted by
# P(fake), the k-th is taken as a limit, with k = (n + 1)(1 - alpha), rounded up. A new
# video above it is "not real", and that is wrong for at most a share alpha of the reals,
# whatever the network. Write `limit(probabilities, alpha)`.
#
# *Hint:* `np.sort(probabilities)`, and mind where Python starts to count.
#
# *Expected picture:* below, the coverage of reals and fakes beside what is promised.


# %% tags=["exercise"]
def limit(probabilities: np.ndarray, alpha: float) -> float:
    """The highest P(fake) at which "real" stays possible."""
    # BEGIN SOLUTION
    # STUB: return None
    n = len(probabilities)
    k = int(np.ceil(round((n + 1) * (1 - alpha), 9)))
    return np.sort(probabilities)[k - 1]
    # END SOLUTION


checks.limit(limit)

# %% [markdown]
# Done for both classes, this gives four answers: "real", "fake", "cannot tell" where both
# stay possible, and "neither". The limits were set on validation and are in the
# detector's folder.

# %%
limits = Limits(**s0.detector.info["conformal"])
covered = calibrated.coverage(sets, limits, **intervals)
calibration.verdicts(covered, promised=1 - limits.alpha, title="S0")

# %% [markdown]
# What is promised is coverage, not knowledge: a poor detector keeps its promise by saying
# "cannot tell" most of the time. And the promise is about videos like those of
# validation. After the damage nobody has promised anything.
#
# ## 6. Elsewhere, and unseen
#
# A test set of the same renderer, camera and forgeries is the easiest test there is. So
# the detectors of the course now judge the hidden set of section 1: other people, weaker
# blends. Rule and threshold come along as they are.
#
# **Predict:** which of the two rows of a detector will be lower, and by how much?

# %%
elsewhere = pd.concat(
    [
        transfer.across(
            trained.detector,
            {f"{study.data.kind}, at home": study.data, f"{hidden.kind}, elsewhere": hidden},
            trained_on=f"{name}, {study.data.kind}",
            **intervals,
        )
        for name, trained in {"S1": s1, "S0": s0}.items()
    ],
    ignore_index=True,
)
print(f"at home: {study.data.name}; elsewhere: {hidden.name}")
elsewhere.drop(columns="reason").round(2)

# %%
both = elsewhere[elsewhere["kind"].isin({*hidden.manifest["method"], "fake", "unknown"})]
figures.intervals(
    both.assign(name=both["trained_on"].str.split(",").str[0] + " on " + both["tested_on"] + ": " + both["kind"]),
    title="The same detectors, at home and elsewhere",
)

# %% [markdown]
# Rows like these are never averaged: a mean over data sets is a number about which data
# sets were chosen.
#
# The other way to be elsewhere is a forgery that training did not show. Two families that
# a frame can show are left out, one at a time: of the network's weights, and of everything
# that validation chooses.
#
# **Predict:** which forgery will be found by a detector that has never seen one?

# %%
left_out = transfer.leave_one_out(
    "frame_torch", leave=("blend", "partial"), rules=[MAJORITY], lesson="13", **common
)
new = transfer.unseen(s0.detector, left_out, study.data, **intervals)
figures.intervals(
    new.assign(name=new["kind"] + ", trained on " + new["trained_on"]),
    title="AUROC on test videos, shown in training or not",
)

# %% [markdown]
# Where a forgery is found that was never shown, ask what it shares with those that were:
# a `partial` is a `blend` for a while. New generators rarely resemble the old ones so
# much.
#
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
gaps = found.gaps[found.gaps["split"] == "frame"]
print("- leak: frame split minus group split:", "; ".join(f"{row['kind']} {results.interval(row)}" for row in gaps.to_dict("records")))
print(f"- shortcut: as it is: {audit.verdict(clean)}; planted: {audit.verdict(dirty)}")
print(f"- time: memory minus its twin {results.interval(gain.iloc[2].to_dict())} on validation")
heavy = curves[(curves["perturbation"] == worst.kind) & curves["family"].isin(["all", "real"])]
print(f"- damage, {worst.kind}, from as it is to {worst.level:g}:", end=" ")
for (of, what), rows in heavy.groupby(["detector", "metric"], sort=False):
    first, last = rows[rows["level"] == 0].iloc[0], rows[rows["level"] == worst.level].iloc[0]
    print(f"{of}, {what} {first['value']:.2f} to {last['value']:.2f}", end="; ")
print()
ece = sure[sure["metric"] == "ece"]
print("- probability: ECE", "; ".join(f"{row['of']} {row['temperature']} {row['value']:.2f}" for row in ece.to_dict("records")), end="; ")
kept = covered[covered["metric"] == "coverage"]
print("coverage", "; ".join(f"{row['of']} {row['class']} {row['value']:.2f}" for row in kept.to_dict("records")))
print("- elsewhere:", "; ".join(f"{row['name']} {results.interval(row)}" for row in both.assign(name=both["trained_on"] + " on " + both["tested_on"] + " " + both["kind"]).to_dict("records")), end="; ")
print("unseen:", "; ".join(f"{row['kind']}, {row['trained_on']} {results.interval(row)}" for row in new.to_dict("records")))

# %% [markdown]
# All of this is a laboratory. It shows *that* a leak, a shortcut or a codec can make or
# break a number, and how to look. How much they do it in the world, only data of the
# world can tell. Detectors trained here must not judge anybody's video.

# %% [markdown]
# ## Which method when
#
# | you are given | try first | mind |
# |---|---|---|
# | a data set | `dfstudy audit`, a split by group | no alarm is no proof |
# | a paper's number | how were frames and people dealt out? | what a leak could explain, it need not |
# | a "temporal" model | its mean-pool twin, then shuffle and reverse | differences between frames are not a memory |
# | a detector to use | damage like that of your own channel, at a fixed threshold | the AUROC hides a threshold that has moved |
# | a probability | a reliability diagram on your own videos | calibration does not travel |
# | a claim of generality | another set, a forgery left out | never an average over sets |

# %% [markdown]
# ## References
#
# - S. Kaufman et al., Leakage in data mining, KDD 2011
# - R. Geirhos et al., Shortcut learning in deep neural networks, Nature Machine
#   Intelligence 2020
# - A. Rössler et al., FaceForensics++, ICCV 2019 (compression)
# - I. Goodfellow, J. Shlens, C. Szegedy, Explaining and harnessing adversarial examples,
#   ICLR 2015; N. Carlini, H. Farid, Evading deepfake-image detectors, CVPRW 2020
# - C. Guo et al., On calibration of modern neural networks, ICML 2017
# - V. Vovk, A. Gammerman, G. Shafer, Algorithmic learning in a random world, 2005
# - H. Notshe, T. Svoboda, S. Xiao, Deep learning deepfake detection, CS231N (S1)
