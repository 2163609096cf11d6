# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "11"
#   slug: comparison
#   question: Which detector sees which artefact, and which differences are real?
#   minutes: {smoke: 1, laptop: 1, colab: 5, paper: 10}
#   memory_gb: 3
#   disk_gb: 1
#   gpu: false
#   waits: true
# ---

# %% [markdown]
# <!-- badge -->
#
# # 11 · Which differences are real?

# %% [markdown]
# ## The question
#
# Lessons 03 to 10 have built the detectors of five papers, on the same videos and under
# the same rules. Papers like these end with a table, and the highest number in it is
# printed bold. **Which detector sees which artefact, and which differences would still
# be there with other people and another seed?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - read a **table of detectors** with its intervals, its trivial rows and its fine print;
# - compare two detectors **paired**, on the same videos;
# - correct for the **number of comparisons**, and say what happens without;
# - set **cost beside quality** and find the front;
# - say **which artefact** a detector sees;
# - judge a **claim** of a paper by a result: supported, not supported, or not to be told.

# %% [markdown]
# ## Before you start
#
# Lesson 03 says what an AUROC and an interval over groups are. This lesson compares what
# lessons 03 to 10 have left in their result files. No data set, account or GPU is needed.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# The lesson trains nothing that takes long. It says which results are missing and how to
# make them; where there are none at all, it trains the two baselines of lesson 03.

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import numpy as np
import pandas as pd
from IPython.display import display

from dfstudy.course import checks_11 as checks
from dfstudy.course import gather, quiz
from dfstudy.report import compared, tables
from dfstudy.report import comparison as page
from dfstudy.report import verdicts as judged
from dfstudy.study import comparison
from dfstudy.study.comparison import verdicts
from dfstudy.study.comparison.chance import by_chance
from dfstudy.study.claims import printed_table, scorecard
from dfstudy.study.errata import errata
from dfstudy.study.comparison.pairing import paired_and_not
from dfstudy.training import results

gather.results(study)
resample = {"n_bootstrap": study.profile.bootstrap, "seed": study.seed}
sets = comparison.compare(study.runs, **resample)
mine = study.data.identity()["split_sha256"]
one = next(found for found in sets if found.about["split_sha256"] == mine)

# %% [markdown]
# Here they are, each with the interval that other people in the test set would give it.
#
# **Predict:** which detector is on top? Is its interval clear of the second's? Which of
# these differences would you bet on?

# %%
compared.quality(one)

# %% [markdown]
# ## 1. The table
#
# Everything here comes from the result files, not from memory: who was trained on what,
# what was chosen on validation, what each test video scored. Three rules make one table
# of it.
#
# - **The same question.** All detectors are asked about the same test videos, those that
#   all of them have scored, and about the forgeries that all of them have learned.
# - **One row a detector.** Its seeds are one row, and the interval draws people *and*
#   seeds anew. Variants have a table of their own: a family that shows its best of twelve
#   beside a family that shows its only one has twelve chances to be lucky. Where only
#   variants were trained, validation has chosen among them.
# - **The trivial rows.** A detector that never looks is in every table.

# %%
print(one.stamp)
print(f"{one.about['videos']} of {one.about['scored']} test videos, {one.about['groups']} groups")
print(f"fakes: {', '.join(one.about['families'])}")
tables.quality(one)

# %% [markdown]
# The last line of each figure is its fine print: which data, profile, backbone and start.
# A number without it can be quoted for anything. Real and synthetic videos are never in
# one table; on synthetic ones all of this is a laboratory.
#
# What is not in the headline, each on the forgeries that it has learned. Rows that have
# learned different things are no comparison:

# %%
tables.others(one)

# %% [markdown]
# ## 2. Two detectors, one set of people
#
# Two intervals overlap. Are the detectors the same? Not necessarily: a person who is hard
# for one is often hard for the other, so that the two go up and down *together* from
# resample to resample. What counts is the difference.

# %% [markdown]
# ### Exercise 1 · the interval of a difference (5 minutes)
#
# `first` and `second` hold the AUROC of two detectors in the same resamples of people:
# entry 7 of both is from the same people. Write `difference_interval(first, second)`: the
# 95 % interval `(low, high)` of first minus second.
#
# *Hint:* `np.quantile` of what is left after subtracting.
#
# *Expected picture:* the narrower hill below is of your differences, the wider one of
# resamples that have lost their partners.


# %% tags=["exercise"]
def difference_interval(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """95 % interval of the difference of two detectors, from paired resamples."""
    # BEGIN SOLUTION
    # STUB: return None
    low, high = np.quantile(first - second, [0.025, 0.975])
    return low, high
    # END SOLUTION


checks.difference_interval(difference_interval)

# %% [markdown]
# **Predict:** the two best detectors of the table are compared on the same people, and
# then as if each had been tested on people of its own. By how much is the second interval
# wider?

# %%
gaps = paired_and_not(one, **resample)
compared.gaps(gaps, one)

# %% [markdown]
# ## 3. Many comparisons
#
# Seven detectors make 21 pairs. Each test errs in 5 % of the cases where there is nothing
# to find, so with 21 of them one false find is expected in the long run. We simulate it:
# detectors that are all *equally good*, on as many videos as our test set has.
#
# **Predict:** on how many test sets does at least one pair seem to differ?

# %%
labels = one.videos["label"]
counts = {"reals": max(2, int((labels == 0).sum())), "fakes": max(2, int((labels == 1).sum()))}
lucky = by_chance(detectors=max(7, len(one.chosen)), seed=study.seed, **counts)
compared.by_chance(lucky)

# %% [markdown]
# The remedy is to ask for more where more is asked. **Bonferroni** multiplies each p-value
# by their number. **Holm** (1979) does it step by step and finds more at the same risk:
# the smallest is multiplied by M, the next by M − 1, and so on to 1; a later one is never
# smaller than the one before, and none is above 1.

# %% [markdown]
# ### Exercise 2 · Holm (10 minutes)
#
# Write `holm(p)`: the corrected p-values, in the order in which `p` gives them.
#
# *Hint:* `order = np.argsort(p)`; work on `p[order]`; `np.maximum.accumulate` keeps a row
# of numbers from falling; `out[order] = ...` puts them back.
#
# *Expected picture:* none of its own; the frames in the next figure are by this rule.


# %% tags=["exercise"]
def holm(p: np.ndarray) -> np.ndarray:
    """p-values (M,) corrected for their number."""
    # BEGIN SOLUTION
    # STUB: return None
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    out = np.empty(len(p))
    out[order] = np.minimum(steps, 1)
    return out
    # END SOLUTION


checks.holm(holm)

# %% [markdown]
# **Predict:** how many of our pairs can be told apart? Which ones not?

# %%
compared.differences(one)

# %%
tables.differences(one).head(12)

# %% [markdown]
# The intervals of the course correct the quantiles a little, for skew and for few groups;
# yours, without, are close to them. A pair without a frame is not a pair of equals. It is one that this test set cannot tell
# apart, and the interval says how large a difference it may have missed.
#
# ## 4. What does it cost?
#
# A detector that is a little better and ten times as slow may be the wrong one for a
# phone. A detector is on the **front** (Pareto's) if no other costs no more, is no worse,
# and beats it in one of the two.

# %% [markdown]
# ### Exercise 3 · the front (10 minutes)
#
# Write `on_front(cost, quality)`: an array that is True for the detectors on the front.
#
# *Hint:* detector `i` beats `j` if `cost[i] <= cost[j]` and `quality[i] >= quality[j]` and
# at least one of the two is strict.
#
# *Expected picture:* the filled marks of the next figure.


# %% tags=["exercise"]
def on_front(cost: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Which detectors nobody beats in both."""
    # BEGIN SOLUTION
    # STUB: return None
    def beaten(j):
        no_worse = (cost <= cost[j]) & (quality >= quality[j])
        return (no_worse & ((cost < cost[j]) | (quality > quality[j]))).any()

    return np.array([not beaten(j) for j in range(len(cost))])
    # END SOLUTION


checks.on_front(on_front)

# %%
compared.pareto(one)

# %%
tables.cost(one)

# %% [markdown]
# The front is drawn through measured values, and quality has an interval: a detector just
# below it may well be on it. Milliseconds are this machine's. Slim stand-ins cost less
# than the papers' networks and not in the same proportions.
#
# ## 5. Which artefact?
#
# One number for all forgeries hides what each detector can see at all. The synthetic set
# has forgeries that are visible in every single frame (`blend`), in no single frame
# (`disorder`), in both (`flicker`), and only for a while (`partial`).
#
# **Predict:** where do the frame detectors stay at chance? Which detector finds slow
# disorder?

# %%
compared.matrix(one)

# %% [markdown]
# A cell compares the fakes of one kind with all reals, so cells of one row differ by the
# fakes alone. Grey numbers are of a kind that the detector has never learned.
#
# ## 6. What a verdict is worth
#
# Until now only the order of the scores counted. A verdict needs a threshold, and ours was
# chosen on validation. Some papers choose it on the videos that they report on (S1 its
# share of votes). What does that add? The saved scores are enough to see it: we deal out
# validation and test anew, in whole groups, and choose both ways each time.
#
# **Predict:** by how much is the balanced accuracy flattered?

# %%
draws = verdicts.optimism(one, seed=study.seed)
judged.optimism(draws, one)

# %% [markdown]
# A test set has many fakes, the world has few. The shares of fakes and reals that are
# called fake stay the same there; what an accusation is worth does not (lesson 01).
#
# **Predict:** of a thousand videos one is a fake. Of those that our best detector calls
# fake, how many are?

# %%
rates = verdicts.at_base_rates(one, **resample)
judged.precision(rates, one)

# %% [markdown]
# And who is accused? The renderer has written down skin and age of the person who is seen.
# Wide intervals are the rule here: the test set has few people of each subgroup, and "no
# difference was found" is not "there is none".

# %%
people = verdicts.by_subgroup(one, **resample)
judged.subgroups(people, one)

# %% [markdown]
# ## 7. What the papers claim
#
# A claim is tested as a difference between two of our detectors, on the same videos, and
# corrected for the number of claims. There are three verdicts. "In the laboratory" means
# synthetic videos and slim networks. A claim about an architecture or about the world
# **cannot be told here** unless network and data are the paper's: that a stand-in fails
# says nothing about what it stands in for.
#
# **Predict:** how many of the claims can be tested on this machine at all?

# %%
card = scorecard(study.runs, split_sha256=one.about["split_sha256"])
card["verdict"].value_counts().to_frame("claims")

# %%
with pd.option_context("display.max_colwidth", None):
    display(card.drop(columns="about").style.hide(axis="index"))

# %% [markdown]
# Beside it, what the papers themselves print, by level and split. Frame and video, and
# validation and test, are not the same question; and none of it was measured on our
# videos, so it stands beside our table and not in it.

# %%
printed_table().round(3)

# %% [markdown]
# Some of these numbers do not fit, and that can be computed from nothing but the papers'
# own pages. A paper that errs is in good company; what matters is that a number which does
# not fit cannot be used as it stands.

# %%
wrong = pd.DataFrame(errata())
with pd.option_context("display.max_colwidth", None):
    display(wrong.style.hide(axis="index"))

# %% [markdown]
# ## 8. The page
#
# All of this is one command, `dfstudy report`. It writes a page that needs nothing beside
# it, and Markdown, and both remember from which result files they are: `dfstudy report
# --check` fails when the results have changed since.

# %%
written = page.write(study.runs)
print(*(path.name for path in written), sep="\n")
print(page.old(study.runs) or "as new as its results")

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
ranked = one.quality[~one.quality["trivial"]].sort_values("auroc", ascending=False)
best = ranked.iloc[0] if len(ranked) else pd.Series({"name": "no detector", "auroc": np.nan})
entry = {"value": best["auroc"], "low": best.get("auroc_low"), "high": best.get("auroc_high")}
apart = int((one.differences["p_holm"] < 0.05).sum())
alone = int((one.differences["p"] < 0.05).sum())
width = (gaps["high"] - gaps["low"]).tolist()
front = one.cost.loc[one.cost["front_infer_ms_per_video"], "name"].tolist()
print(f"- the table: {len(ranked)} detectors; {best['name']} has the highest AUROC, {results.cell(entry)}")
print(f"- paired: the difference of the best two is known to {width[0]:.2f}, unpaired to {width[1]:.2f}")
print(f"- many comparisons: of {len(one.differences)} pairs {alone} have p < 0.05, {apart} after Holm;", end=" ")
print(f"of equals, {(lucky['found'] > 0).mean():.0%} of test sets show a difference, {(lucky['found_holm'] > 0).mean():.0%} after Holm")
print(f"- cost: on the front by time are {', '.join(front) or 'none'}")
print("- artefacts:", end=" ")
for artefact, rows in one.matrix.dropna(subset=["value"]).groupby("kind"):
    top = rows.loc[rows["value"].idxmax()]
    print(f"{artefact} {top['name']} {results.cell(top)};", end=" ")
print()
told = card["verdict"].value_counts()
print("- claims:", "; ".join(f"{n} {verdict}" for verdict, n in told.items()), end="; ")
print(f"{len(wrong)} errata")

# %% [markdown]
# On synthetic data this is a laboratory: it tells what an architecture *can* see under
# known conditions, and nothing about forgeries in the world.

# %% [markdown]
# ## Quiz · experiments and comparison (10 minutes)
#
# The questions go over lessons 09 to 11. Decide first, one letter a question; the answers
# are folded under each, with what is wrong with the others.

# %%
quiz.show("experiments")

# %% tags=["exercise"]
# BEGIN SOLUTION
# STUB: letters = None  # "abca...", in the order of the questions; "-" where you have none yet
letters = "badaacba"
# END SOLUTION

quiz.check(letters, "experiments")

# %% [markdown]
# ## Which method when
#
# | you want | take | mind |
# |---|---|---|
# | to compare two detectors | the interval of their difference, on the same videos | never the overlap of two intervals |
# | to compare many | Holm's correction | what is compared is decided before looking |
# | to say "as good as" | the interval, and how large a difference would matter | "not told apart" is not "equal" |
# | a detector for a small machine | the front | milliseconds are of one machine |
# | one number for all forgeries | the families that all have learned | the matrix beside it |

# %% [markdown]
# ## References
#
# - S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal
#   of Statistics 1979
# - E. DeLong, D. DeLong, D. Clarke-Pearson, Comparing the areas under two or more
#   correlated receiver operating characteristic curves, Biometrics 1988
# - C. Field, A. Welsh, Bootstrapping clustered data, JRSS B 2007
# - X. Bouthillier et al., Accounting for variance in machine learning benchmarks, MLSys
#   2021
# - C. Tung, D. Tung (S0); H. Notshe, T. Svoboda, S. Xiao (S1); the BMSCE ResNet + LSTM
#   (S2); Correia, Neves (S3); ReLSTM (S4)
