# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "15"
#   slug: detector
#   question: "One video in, one verdict out: what must such an answer say?"
#   minutes: {smoke: 1, laptop: 1, colab: 5, paper: 30}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: false
# ---

# %% [markdown]
# <!-- badge -->
#
# # 15 · One video in, one verdict out

# %% [markdown]
# ## The question
#
# Two of our papers end in a web page. A video goes in, and out comes a word, a
# percentage, the seconds it took and the number of frames. Somebody will act on that
# word: delete a clip, or believe it, or call a person a liar. **What must such an answer
# say, so that it may be trusted as far as it deserves, and no further?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - ask a detector about **one video**, and read what the answer rests on;
# - come **from faces to a video** when several people are in it;
# - let a **probability** end in one of three answers, one of them "cannot tell";
# - tell what **several detectors** and **broken files** add to an answer;
# - say what "fake" means **where fakes are rare**;
# - name **who is harmed** by a wrong answer, and by a right one in the wrong hands.

# %% [markdown]
# ## Before you start
#
# Lesson 03 trains the detectors that are asked here, lesson 13 shows how far their
# probabilities can be trusted. No data set, account or GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The detectors are those of lesson 03. Where they are missing, they are trained here:
# that, and rendering the synthetic set, takes some minutes more, once.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import json

import numpy as np
import pandas as pd
from IPython.display import Markdown

from dfstudy.course import checks_15 as checks
from dfstudy.course import quiz
from dfstudy.data.truth import kinds, truth
from dfstudy.detect.predict import examine
from dfstudy.detect.verdict import Verdict
from dfstudy.metrics.base_rates import probability_at
from dfstudy.metrics.conformal import Limits
from dfstudy.models.detector import load
from dfstudy.report import errors, figures
from dfstudy.report import verdict as page
from dfstudy.study import thresholds
from dfstudy.training import card, experiment, scored
from dfstudy.training.rule import MAJORITY, S1_CANDIDATES
from dfstudy.video.decode import VideoError
from dfstudy.video.preview import preview
from dfstudy.video.probe import probe
from dfstudy.video.write import write_video

videos = study.data.manifest.assign(kind=kinds(study.data).to_numpy())
common = {"lesson": "03", "data": study.data, "profile": study.profile, "seed": study.seed}
place = study.runs / "detector"  # what this lesson writes
place.mkdir(exist_ok=True)

# %%
s0 = experiment.train("frame_torch", rules=[MAJORITY], **common)
s1 = experiment.train("frame_keras", rules=S1_CANDIDATES, **common)
Markdown((s0.detector.folder / card.NAME).read_text())

# %% [markdown]
# This is the **model card** of the first detector, written by the run that tested it. It
# can say nothing that is not in the result file, and it says first what the detector
# must not be used for. Keep it in mind: whatever comes out below comes from *this*.
#
# ## 1. One video
#
# One video of the test part. The detector samples its frames, looks for faces, scores
# and judges, by the choices that validation has made. It never saw this person.
#
# **Predict:** what would you want to know before you believe its answer?

# %%
test = videos[videos["split"] == "test"].sort_values("video_id")
fakes, reals = test[test["label"] == 1], test[test["label"] == 0]
visible = fakes[fakes["kind"].isin(["blend", "partial"])]
one = (fakes if visible.empty else visible).iloc[0]
verdict, evidence = examine(one["path"], [s0.detector], explain=True)
print(f"{verdict.verdict}, P(fake) {page.share(verdict.probability)}", "" if verdict.reason is None else f"({verdict.reason})")
print(f"truth: {one['kind']}")
figures.contact_sheet(list(evidence[0].sample.frames), columns=8, title="What it looked at")

# %%
pd.Series(
    {
        "decoded frames": verdict.frames["decoded"],
        "sampled frames": len(verdict.frames["sampled"]),
        "of these, repeats": verdict.frames["repeated"],
        "with a face": verdict.frames["with_face"],
        "faces found": len(verdict.faces),
        "faces scored by themselves": sum(face.verdict is not None for face in verdict.faces),
        **{f"seconds, {stage}": round(took, 2) for stage, took in verdict.seconds.items()},
        "warning": verdict.warning or "none",
    },
    name="what was used",
).to_frame()

# %% [markdown] tags=["paper-figures"]
# S2's page shows four things: "REAL", a confidence of 99.93 %, 8 frames, 8.85 seconds.
# It does not say whose face was judged, where the frames lay, what the detector was
# trained on, or how often it errs; and a softmax of 99.93 % is no confidence before
# somebody has measured how many of such answers are right.

# %% [markdown]
# The same answer over the seconds of the video:

# %%
if verdict.opinions:
    _, once = np.unique(verdict.frames["seconds"], return_index=True)  # without repeats
    drawn = figures.frame_scores(
        {verdict.opinions[0].detector: verdict.opinions[0].over_time},
        at=np.array(verdict.frames["sampled"])[once],
        forged=truth(study.data)["manipulated"].get(one["video_id"]),
        fps=verdict.frames["fps"],
        title="One video, over time",
    )
else:
    drawn = print(verdict.reason)
drawn

# %% [markdown]
# Where the truth is known, it is in the picture: the stretch that is forged. The page of
# a real video has no such shade. One number for the whole video hides whether all of it
# or a second of it was suspicious.

# %% [markdown]
# ## 2. Two people, one video
#
# Many clips on the web show two faces, side by side. Here are two people of the test
# part in one picture: one authentic, one forged.
#
# **Predict:** the detector was trained on pictures of one person. What will it say of
# both together?

# %%
pair = [reals.iloc[0], one]
height = min([probe(row["path"]).height for row in pair] + [study.profile.clip_size[0]])
halves = [preview(row["path"], study.profile.clip_frames, height=height) for row in pair]
length = min(map(len, halves))
together = np.concatenate([half[:length] for half in halves], axis=2)
rate = probe(one["path"]).fps
both = write_video(place / "both.mp4", together, fps=rate)
figures.contact_sheet(
    [together[0], together[length // 2], together[-1]], titles=["left: real, right: fake"] * 3, columns=3
)

# %%
answers, shown = {}, []
for name, frames in {"both": together, "left": halves[0][:length], "right": halves[1][:length]}.items():
    path = write_video(place / f"{name}.mp4", frames, fps=rate)
    shown.append(examine(path, [s0.detector], explain=True))
    got = shown[-1][0]
    answers[name] = {"faces": len(got.faces), "P(fake)": page.share(got.probability), "verdict": got.verdict}
pd.DataFrame(answers).T

# %% [markdown]
# A detector of whole frames has one score for the picture, whoever is in it, and cannot
# say *who* is forged. It sees a picture of two people for the first time, too, with each
# of them half as large. We know where the seam is and can cut there; a detector of
# **face crops** cuts out every face that it finds and judges each by itself. Lessons 08
# to 10 train such detectors.

# %%
closer = []
for file in sorted((study.runs / "models").glob(f"*_{study.seed}/model.json")):
    info = json.loads(file.read_text())
    plain = file.parent.name == f"{info['name']}_{study.seed}" and "rule" in info
    if plain and info["view"]["crop"] == "face" and not info["view"]["text"]:
        closer.append(file.parent)
if closer:
    near, looked = examine(both, [load(closer[0])], explain=True)
    print(f"{closer[0].name}: {near.verdict}")
    for face in near.faces:
        print(f"  face {face.face_id}: {face.verdict or 'not scored'}, P(fake) {page.share(face.probability)}", face.reason or "")
    shown.append((near, looked))
else:
    print("No detector of face crops has been trained here yet: run lesson 08, then this cell again.")

# %% [markdown] tags=["paper-figures"]
# S4 names it among its limits: of several faces, its page judges an arbitrary one.

# %% [markdown]
# ### Exercise 1 · from faces to a video (5 minutes)
#
# Write `of_video(faces)`. It gets a list with the P(fake) of each face, None for a face
# that could not be scored, and returns that of the video. One forged face among ten is
# enough for a forged video. Where no face was scored there is no number: return
# `float("nan")`.
#
# *Hint:* leave the None out first. Would a mean notice one among ten?
#
# *Expected picture:* below, a crowd with one forged face scores as high as that face.


# %% tags=["exercise"]
def of_video(faces: list[float | None]) -> float:
    """P(fake) of a video from those of its faces."""
    # BEGIN SOLUTION
    # STUB: return None
    scores = [p for p in faces if p is not None]
    return max(scores) if scores else float("nan")
    # END SOLUTION


checks.of_video(of_video)

# %% [markdown]
# The highest score has its price. If one real face in twenty is called fake by mistake,
# then of videos with ten real faces many are.

# %%
people = np.arange(1, 11)
alarms = (s0.videos(videos, "test").query("label == 0")["called"]).mean()
alone = pd.Series(1 - (1 - alarms) ** people, index=people, name="share of real videos called fake")
alone.rename_axis("people in the video").to_frame().T.round(2)

# %% [markdown]
# (From the share of reals that this detector's rule, with two words only, called fake in
# the test, and as if faces erred independently.) So a page that shows "the video" alone hides what matters: which
# face, how many were judged, how many not.
#
# ## 3. Three answers
#
# A score is not an answer. Validation has set two limits (lesson 13): up to the one
# "real" stays possible, from the other on "fake" does. Where both are possible, or
# neither, the honest answer is "cannot tell".
#
# ### Exercise 2 · three answers (10 minutes)
#
# Write `answer(p, real_up_to, fake_from)`: "real", "fake" or "cannot tell". "real" is
# possible where p is at most `real_up_to`, "fake" where it is at least `fake_from`. A
# limit that is None could not be set: then its label stays possible everywhere.
#
# *Hint:* two booleans first, `real` and `fake`; then compare them.
#
# *Expected picture:* the table below, where the middle column is not empty.


# %% tags=["exercise"]
def answer(p: float, real_up_to: float | None, fake_from: float | None) -> str:
    """ "real", "fake" or "cannot tell"."""
    # BEGIN SOLUTION
    # STUB: return None
    real = real_up_to is None or p <= real_up_to
    fake = fake_from is None or p >= fake_from
    if real == fake:
        return "cannot tell"
    return "real" if real else "fake"
    # END SOLUTION


checks.answer(answer)

# %%
limits = Limits(**s0.detector.info["conformal"])
judged = scored.videos(study.runs, s0.result)
said = pd.Series(limits.verdicts(judged["probability"])).replace("neither", "cannot tell")
# Where the rule that votes and the limits disagree, the detector cannot tell either.
said = said.where(said == judged["called"].map({0: "real", 1: "fake"}), "cannot tell")
known_as = judged["label"].map({0: "real", 1: "fake"}).rename("truth")
table = pd.crosstab(known_as, said.rename("answer")).reindex(columns=["real", "cannot tell", "fake"], fill_value=0)
table

# %% [markdown]
# **Predict:** if the detector were better, which of these numbers would change?
#
# Its silence is what it costs to keep a promise. A page that has only two words to say
# makes the same mistakes, and hides them behind a percentage.

# %%
figures.score_histogram(judged["label"], judged["probability"], title="Test videos, P(fake)")

# %% [markdown]
# ## 4. Two opinions
#
# Several detectors can be asked. They say "real" or "fake" only where all that can tell
# agree. Nothing was chosen for them as a group, so nothing is promised for the group: two
# networks that were trained on the same videos like to make the same mistakes.

# %%
asked = pd.concat([reals.head(3), fakes.groupby("kind").head(1)])
several = [examine(path, [s0.detector, s1.detector])[0] for path in asked["path"]]
pd.DataFrame(
    {
        "truth": asked["kind"].to_numpy(),
        **{
            name: [next((o.verdict for o in v.opinions if o.detector == name), "no opinion") for v in several]
            for name in (s0.detector.folder.name, s1.detector.folder.name)
        },
        "together": [v.verdict for v in several],
        "why": [v.reason or "" for v in several],
    }
)

# %% [markdown]
# ## 5. Files that are none
#
# People upload anything. A page that answers "REAL" to a file without a single frame has
# lost all trust.

# %%
rng = np.random.default_rng(study.seed)
(place / "notes.mp4").write_text("This is not a video.")
noise = rng.integers(0, 256, (study.profile.clip_frames, *study.profile.clip_size, 3)).astype(np.uint8)
write_video(place / "noise.mp4", noise, fps=rate)
strange = []
for name in ("notes.mp4", "noise.mp4"):
    try:
        strange.append(examine(place / name, [s0.detector]))
    except VideoError as error:
        strange.append((Verdict(file=name, error=str(error)), []))
    got = strange[-1][0]
    print(f"{name}: {got.error or f'{got.verdict}: {got.reason}'}")

# %% [markdown]
# ## 6. Where fakes are rare
#
# P(fake) was calibrated on validation, where most videos are fake. On a page where one in
# a thousand is, the same score means something else: the share of fakes among the videos
# that *you* ask about is part of the answer, and the detector cannot know it.
#
# ### Exercise 3 · the same score, elsewhere (10 minutes)
#
# Write `elsewhere(p, share, base_rate)`: what P(fake) = p of a detector that was
# calibrated where a `share` of the videos was fake becomes where a share of `base_rate`
# is.
#
# *Hint:* in odds, o = p / (1 - p), it is one product: take out the old odds of a fake,
# `share / (1 - share)`, and put in the new ones. Then come back: p = o / (1 + o).
#
# *Expected picture:* below, the score of our video at four base rates.


# %% tags=["exercise"]
def elsewhere(p: float, share: float, base_rate: float) -> float:
    """P(fake) of the same video where another share of the videos is fake."""
    # BEGIN SOLUTION
    # STUB: return None
    odds = p / (1 - p) * (1 - share) / share * base_rate / (1 - base_rate)
    return odds / (1 + odds)
    # END SOLUTION


checks.elsewhere(elsewhere)

# %%
counts = s0.result["data"]["scored"]["val"]
of_validation = counts["fake"] / (counts["fake"] + counts["real"])
rates = pd.Series([of_validation, 0.1, 0.01, 0.001], name="share of fakes among the videos")
sure = float(np.clip(0.5 if verdict.probability is None else verdict.probability, 1e-6, 1 - 1e-6))
moved = probability_at(sure, calibrated_at=of_validation, base_rate=rates)
pd.DataFrame({rates.name: rates, "P(fake) of our video": moved}).round(4)

# %% [markdown]
# The same for the detector's accusations as a whole, from its errors in the test. It may
# say "cannot tell", and only what it calls "fake" counts:

# %%
accused = judged.assign(called=(said == "fake").astype(int))
rare = thresholds.at_base_rates(accused, n_bootstrap=study.profile.bootstrap, seed=study.seed)
errors.precision({"S0": rare})

# %% [markdown]
# ## 7. Who is harmed
#
# - **A person wrongly called a fake.** Somebody films an assault, a detector says "fake",
#   and nobody looks again. The calculation above says how often that happens where fakes
#   are rare. Whoever is accused must be told what was measured, and be heard.
# - **Evidence wrongly believed.** "Real" means that no sign of a *known* forgery was
#   found. A new generator, a staged scene, or an old clip with a new caption passes.
# - **A true recording denied.** Once everybody has heard that videos can be forged, "it
#   is a deepfake" becomes an excuse. A detector that errs often helps whoever says so.
# - **Consent.** A face is personal data. To search a stranger's video for signs of
#   forgery, to keep the crops, or to train on them, needs their agreement or a reason
#   that the law knows. The people of our synthetic set are rendered: nobody had to ask.
# - **Dual use.** The heat map that explains a verdict tells a forger what to mend, and a
#   detector that anybody can ask a thousand times is a teacher of forgeries. To publish
#   one is a decision, not a default.
#
# What a page can do: name the detector and what it was trained on, show which face and
# which frames, say "cannot tell", keep no upload, and say in plain words that it proves
# nothing.
#
# ## 8. The report, the page, your own video
#
# All of it is in one file that can be opened anywhere and needs nothing beside it.

# %%
items = [(verdict, evidence), *shown, *strange]
report = page.write(items, place / "report.html")
print(f"{report}: {len(items)} files, {report.stat().st_size / 1e6:.1f} MB")

# %% [markdown]
# The same at the command line, and as a web page on your own machine, which nobody else
# can reach:
#
# ```
# dfstudy predict clip.mp4 --model runs/laptop/models/frame_torch_0 --html report.html
# dfstudy app
# ```
#
# For a video of your own, whose people have agreed, put its path between the quotes. The
# detector was trained on rendered heads: what it says of a person of flesh and blood
# means nothing, and it says so itself.

# %%
mine = ""
if mine:
    own = examine(mine, [s0.detector], explain=True)
    print(own[0].verdict, page.share(own[0].probability), own[0].warning or "")
    page.write([own], place / "mine.html")

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
print(f"- one video: {verdict.verdict}, P(fake) {page.share(verdict.probability)}; truth: {one['kind']}; {len(verdict.frames['sampled'])} of {verdict.frames['decoded']} frames, {sum(verdict.seconds.values()):.1f} s")
print("- two people:", "; ".join(f"{name}: {row['verdict']}" for name, row in answers.items()))
share = (said == "cannot tell").mean()
print(f"- three answers: cannot tell for {share:.0%} of the test videos; of {table['fake'].sum()} called fake, {table['fake'].get('real', 0)} were real")
agreed = sum(v.verdict != "cannot tell" for v in several)
print(f"- several, and broken: two detectors gave an answer to {agreed} of {len(several)} videos; of {len(strange)} strange files none got one")
last = rare.iloc[-1]
print(f"- rare fakes: at {last['name']}, precision", "n/a" if pd.isna(last["value"]) else f"{last['value']:.3g}", f"({last['reason']})" if last["reason"] else "")
print(f"- harm: of {int(known_as.eq('real').sum())} real test videos, {int(table.loc['real', 'fake']) if 'real' in table.index else 0} would have been called fake")

# %% [markdown]
# These are rendered people. What the numbers show is how an answer is made and what it
# leaves out, not how well anybody's video would be judged.

# %% [markdown]
# ## Quiz · trust (10 minutes)
#
# The questions go over lessons 12 to 15. Decide first, one letter a question; the answers
# are folded under each, with what is wrong with the others.

# %%
quiz.show("trust")

# %% tags=["exercise"]
# BEGIN SOLUTION
# STUB: letters = None  # "abca...", in the order of the questions; "-" where you have none yet
letters = "ccabbcbb"
# END SOLUTION

quiz.check(letters, "trust")

# %% [markdown]
# ## Which answer when
#
# | what you have | say | never |
# |---|---|---|
# | no face, no frame, a broken file | why there is no verdict | "real" |
# | a score between the limits | "cannot tell" | the nearer of the two |
# | several faces | a verdict for each, and who was not scored | a mean over faces |
# | several detectors | where they agree, and what each said | their mean as a probability |
# | a high score where fakes are rare | what it means at that base rate | the score alone |
# | a person who is accused | what was measured, and how often it errs | "the computer says so" |

# %% [markdown]
# ## References
#
# - M. Mitchell et al., Model cards for model reporting, FAT* 2019
# - S. Axelsson, The base-rate fallacy and the difficulty of intrusion detection, 2000
# - R. Chesney, D. Citron, Deep fakes: a looming challenge for privacy, democracy, and
#   national security, California Law Review 2019 (the liar's dividend)
# - M. Saerens, P. Latinne, C. Decaestecker, Adjusting the outputs of a classifier to new
#   a priori probabilities, Neural Computation 2002
# - V. Vovk, A. Gammerman, G. Shafer, Algorithmic learning in a random world, 2005
# - BMSCE, dual-stage ResNet and LSTM (S2); FPT University, ReLSTM (S4)
