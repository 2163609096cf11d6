# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# dfstudy:
#   lesson: "16"
#   slug: scaling_out
#   question: "A thousand hours of video: how is it prepared, stored and trained on?"
#   minutes: {smoke: 1, laptop: 1, colab: 5, paper: 30}
#   memory_gb: 4
#   disk_gb: 1
#   gpu: false
# ---

# %% [markdown]
# <!-- badge -->
#
# # 16 · A thousand hours of video

# %% [markdown]
# ## The question
#
# DFDC has some hundred thousand clips of ten seconds, and a platform sees as much in an
# hour. No single machine decodes that in time, and no disk of a laptop holds it. **A
# thousand hours of video: how is it prepared, stored and trained on, and what becomes of
# it when one of the machines is switched off?**

# %% [markdown]
# ## Goals
#
# After this lesson you can
#
# - **forecast** hours and terabytes from a minute of measuring;
# - say what is **in a shard**, and find out whether one is damaged;
# - write a **step that may be repeated**, so that a lost worker costs only time;
# - **deal** every batch to many ranks, without duplicates and without losses;
# - say what **DDP** adds up, and when many ranks train what one would;
# - start both on **S3 and SLURM**.

# %% [markdown]
# ## Before you start
#
# Lesson 02 shows what a view is and what `prepare` writes. No cluster, account or S3
# bucket is needed: this machine plays all of them, as far as it can.

# %% [markdown]
# ## Time and hardware
#
# <!-- time -->
#
# Section 4 starts a Dask cluster of two processes where Dask is installed (the extra
# `cluster`, which `run_all.sh` installs), and says so where it is not. Opened alone, the
# lesson first renders the synthetic set (one to three minutes, once).

# %% tags=["parameters"]
PROFILE = "laptop"
SEED = 0
DATA = ""

# %% tags=["setup"]
from dfstudy import course; study = course.start(PROFILE, SEED, DATA)

# %%
import contextlib
import importlib.util
import math
import shutil
import tarfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from dfstudy.course import checks_16 as checks
from dfstudy.course import quiz
from dfstudy.data import cluster
from dfstudy.data.loader import PreparedSet, loader
from dfstudy.data.prepare import Prepared, prepare
from dfstudy.data.view import View
from dfstudy.report import schemes
from dfstudy.study import scaling

schemes.machines()

# %% [markdown]
# From left to right: **workers** turn videos into shards, once. **Ranks** read the shards,
# again and again, and train one network. Between them lies a store that all of them see.
# Each arrow can break, and each box can be switched off.
#
# ## 1. A minute of measuring
#
# Before a thousand hours, a few seconds: the validation videos, in one process.
#
# **Predict:** how long would this machine need for a thousand hours?

# %%
videos = study.data.manifest
some = videos[videos["split"] == "val"]
view = View(frames=study.profile.frames, height=108, width=192)
place = study.runs / "scaling"  # what this lesson writes
shutil.rmtree(place, ignore_errors=True)
dozen = math.ceil(len(some) / 12)  # so many videos in each of a dozen shards

start = time.perf_counter()
alone = prepare(some, view, out=place / "alone", workers=0, shard_videos=dozen, progress=False)
took = time.perf_counter() - start
watched, size = some["duration_s"].sum(), int(alone.shards()["bytes"].sum())
print(f"{len(some)} videos, {watched:.0f} s of video, took {took:.1f} s and {size / 1e6:.0f} MB")

hours = 1000
ahead = scaling.forecast(hours=hours, watched_s=watched, took_s=took, n_bytes=size)
ahead.round(2)

# %% [markdown]
# It is a forecast of *these* videos: small frames, short clips, whole frames and no search
# for faces. A real set needs its own minute: prepare one video in a hundred, then decide.
# And it is the best case: as if every core were as fast as this one, and never waited for
# the store. The last column says what the store has to bear for that.
#
# ## 2. A shard from the inside
#
# A file for each video would be a million small files, and every one of them a request.
# A **shard** is a tar of many videos that is written once and read in one sweep. Here is
# the first one.

# %%
shard = Path(alone.urls()[0])
with tarfile.open(shard) as tar:
    inside = pd.DataFrame([{"file": m.name, "bytes": m.size, "begins at": m.offset_data} for m in tar])
inside.head(6)

# %% [markdown]
# Arrays are not compressed, and a tar is plain bytes after a header. So the **index** can
# say where each array begins, and a reader can have one frame without the rest, from a
# disk or from a server.

# %%
row = alone.index[alone.index["offset"].notna()].iloc[0]
count = int(np.prod(row["shape"]))
with (alone.folder / row["shard"]).open("rb") as file:
    file.seek(int(row["offset"]))
    by_hand = np.frombuffer(file.read(count), np.uint8).reshape(row["shape"])
print("by offset, the same array:", np.array_equal(by_hand, alone.array(row["video_id"])))
alone.shards().assign(sha256=lambda t: t["sha256"].str[:12] + "...").head(4)

# %% [markdown]
# The index also counts, and keeps the SHA-256 of every shard. One bit that flips on a disk
# or on the way leaves the size as it was.
#
# **Predict:** one bit of a copy is flipped. Which of these two notice: the size, the
# checksum?

# %%
copy = place / "copy" / alone.folder.name
shutil.copytree(alone.folder, copy)
victim = copy / shard.name
flipped = bytearray(victim.read_bytes())
flipped[len(flipped) // 2] ^= 1
victim.write_bytes(flipped)
print("the same size:", victim.stat().st_size == shard.stat().st_size)
damaged = Prepared.load(copy).damaged()
print("not as they were written:", *damaged)
victim.unlink()
mended = prepare(some, view, out=place / "copy", workers=0, shard_videos=dozen, progress=False)
print("after another call of prepare:", mended.damaged() or "none")

# %% [markdown]
# Only the shard that was gone has been made again. That this is possible is no accident:
# shards do not know of each other, and the same videos always give the same bytes.
#
# ## 3. A step that may be repeated
#
# On a thousand machines some are switched off every day. Nobody can prevent that. What
# can be done is to make every step such that doing it **again**, or **twice at once**, does
# no harm: *idempotent*. Then the answer to any accident is: start it again.
#
# ### Exercise 1 · a step that may be repeated (10 minutes)
#
# Write `step(shelf, name, make)`. `shelf` has `exists(name)`, `write(name, data)` and
# `rename(old, new)`. After the step the file `name` holds what `make()` gives, and the
# step returns True; where it was there already, `make` is not called and it returns False.
# The power may fail at any moment. `write` then leaves half a file; `rename` happens or
# does not. There must never be half a file under `name`.
#
# *Hint:* write under a name that nobody looks for. What does a half-written file of the
# last attempt say about this one?
#
# *Expected picture:* below, the power fails at every moment in turn, and the file is
# always missing or whole.


# %% tags=["exercise"]
def step(shelf: checks.Shelf, name: str, make) -> bool:
    """Make the file `name` unless it is there; whether it had to."""
    # BEGIN SOLUTION
    # STUB: return None
    if shelf.exists(name):
        return False
    shelf.write(f"{name}.part", make())
    shelf.rename(f"{name}.part", name)
    return True
    # END SOLUTION


checks.step(step)

# %%
after = []
for lives in range(5):
    shelf = checks.Shelf(lives)
    with contextlib.suppress(checks.PowerFailure):
        step(shelf, checks.NAME, lambda: checks.DATA)
    left = shelf.files.get(checks.NAME)
    found = "missing" if left is None else "whole" if left == checks.DATA else "half"
    after.append({"power fails after": f"{lives} operations", "the file is": found, "beside it": ", ".join(sorted(set(shelf.files) - {checks.NAME}))})
pd.DataFrame(after)

# %% [markdown]
# An object store such as S3 makes this easier: a PUT appears as a whole or not at all.
# `prepare` writes the shard first, then its part of the index; a shard without its part is
# not there yet.
#
# ## 4. Many workers, and one that dies
#
# Dask gives tasks to workers: one task, one shard. The workers may be processes of this
# machine or of a hundred others. Here are two, and one is killed as soon as the first
# shard is there: no warning, as if its machine had lost power.
#
# **Predict:** how many of the dozen shards will differ from those of section 1?

# %%
there = importlib.util.find_spec("distributed") is not None
death, workers = {}, 2
if there:
    start = time.perf_counter()
    with cluster.connected("local", workers=workers) as client, scaling.one_dies(client, place / "many") as death:
        many = prepare(
            some, view, out=place / "many", shard_videos=dozen, progress=False, scheduler=client.scheduler.address
        )
    both = alone.shards().merge(many.shards(), on="shard", suffixes=(", one process", ", cluster"))
    same = both["sha256, one process"] == both["sha256, cluster"]
    print(f"{time.perf_counter() - start:.1f} s, the start of the cluster included")
    print(f"killed: {death.get('worker', 'nobody, all was done before')}, when {death.get('made', len(both))} of {len(both)} shards were there")
    print(f"the same bytes as from one process: {same.sum()} of {len(same)}; lost: {len(some) - len(many.index)} videos")
else:
    print('Dask is not installed: pip install "dfstudy[cluster]", then run this cell again.')

# %% [markdown]
# Dask saw the worker go and gave its task to the other one. That was all that had to be
# done, because the task was a step of the kind of exercise 1. For so few videos the
# cluster is slower than one process: starting it costs more than the work. A cluster pays
# where the work is hours.
#
# What else goes wrong is met in the same way: a server that answers "503 Slow Down" is
# asked again, after a pause that doubles and has some chance in it; a task that fails is
# tried again; a video that no decoder can read is written down with its reason, and stops
# nothing. But a server that stays away is *not* a reason to drop its videos: the run ends
# with an error, and the same command goes on later.
#
# ## 5. Who reads what
#
# Training on many machines, each process is a **rank**. All of them draw the same order
# of an epoch from the same seed, and each takes its part of every batch.
#
# ### Exercise 2 · deal a batch (5 minutes)
#
# Write `share(batch, rank, ranks)`: the part of the list `batch` that belongs to `rank`
# (0, 1, ... `ranks` - 1). Every item belongs to exactly one rank, and no rank has two
# items more than another.
#
# *Hint:* how are cards dealt? A slice can have a step: `[first::step]`.
#
# *Expected picture:* below, each video stands once in the table.


# %% tags=["exercise"]
def share(batch: list, rank: int, ranks: int) -> list:
    """The part of a batch that one of `ranks` ranks reads."""
    # BEGIN SOLUTION
    # STUB: return None
    return batch[rank::ranks]
    # END SOLUTION


checks.share(share)

# %% [markdown]
# The loader of this course does the same. Three ranks read one epoch of the shards, and
# every rank writes down what it was given.

# %%
ranks = 3
readers = []
for rank in range(ranks):
    batches = loader(PreparedSet(alone, some, by="video"), batch_size=2 * ranks + 1, shuffle=True, seed=study.seed)
    batches.deal(rank, ranks)
    readers.append(batches)
names = readers[0].dataset.video_ids
given = [[[names[i] for i in items] for items in reader.batch_sampler] for reader in readers]
table = pd.DataFrame(given, index=[f"rank {rank}" for rank in range(ranks)])
table.columns = [f"batch {i}" for i in table.columns]
seen = pd.Series(np.concatenate([np.concatenate(parts) for parts in given])).value_counts()
fillers = sum(reader.is_filler(i) for reader in readers for i in range(len(reader)))
print(f"{len(names)} videos; seen by somebody: {len(seen)}; more than once: {int((seen > 1).sum())}, fillers: {fillers}")
table.iloc[:, :3].map(lambda items: f"{len(items)}: {', '.join(items[:2])} ...")

# %% [markdown]
# Where the last batch has fewer videos than there are ranks, a rank without one reads the
# first again, so that all of them keep step: a **filler**, which nobody counts. A reader
# that goes on in the middle of an epoch begins at the batch it was at, and nothing before
# it is read again.
#
# ## 6. One network on many ranks
#
# **DDP** (distributed data parallel): every rank has the whole network and computes the
# gradient of its part of the batch. Before the step they exchange their gradients, and all
# take the same step. So they stay the same network, and no weight is ever sent.
#
# ### Exercise 3 · what is added up (5 minutes)
#
# Write `together(gradients, counts)`: from the mean gradient of each rank's part, an array
# each, and from how many videos each part had, the mean gradient over all videos.
#
# *Hint:* two videos on one rank and one on another: how much should each *video* weigh?
#
# *Expected picture:* below, the gradients of three ranks are that of one, but for rounding.


# %% tags=["exercise"]
def together(gradients: list[np.ndarray], counts: list[int]) -> np.ndarray:
    """The mean gradient over all videos of a batch."""
    # BEGIN SOLUTION
    # STUB: return None
    return sum(n * g for n, g in zip(counts, gradients, strict=True)) / sum(counts)
    # END SOLUTION


checks.together(together)


# %%
def gradient(x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """Of a linear network's mean loss over the videos x (N, T, H, W, 3), y (N,)."""
    torch.manual_seed(study.seed)
    network = torch.nn.Linear(3, 1)
    colours = x.float().mean(dim=(1, 2, 3)) / 255
    torch.nn.functional.binary_cross_entropy_with_logits(network(colours)[:, 0], y).backward()
    return network.weight.grad[0].numpy()


parts = [next(iter(reader)) for reader in readers]
counts = [len(y) for _, y in parts]
whole = gradient(torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts]))
each = [gradient(x, y) for x, y in parts]
weighed = np.average(each, axis=0, weights=counts)
plain = np.mean(each, axis=0)
pd.DataFrame({"one rank": whole, f"{ranks} ranks, weighed": weighed, f"{ranks} ranks, plain mean": plain})

# %% [markdown]
# Shares of one batch may differ by a video, and then the plain mean is not the gradient of
# the batch. So two things decide whether many ranks train what one would: the **global
# batch** stays what it was, dealt out and not multiplied, and parts are **weighed** by
# their videos. Four ranks that keep a batch of 64 each train on 256: another training,
# with a quarter of the steps, for which the learning rate was not chosen.
#
# ## 7. S3 and SLURM
#
# The same commands, with addresses. `s3://` is read where the environment says who you are
# (`AWS_ACCESS_KEY_ID` or a profile; for a server of your own, `AWS_ENDPOINT_URL`).
#
# ```bash
# aws s3 sync data/videos s3://bucket/videos
# dfstudy index data/videos --out manifest.parquet
# dfstudy split manifest.parquet --fractions 0.8 0.1 0.1
# dfstudy prepare manifest.parquet --videos s3://bucket/videos \
#     --out s3://bucket/prepared --size 112 112 --resize adaptive \
#     --shard-mb 256 --scheduler local
# ```
#
# On a cluster with SLURM, a job starts a Dask scheduler and as many workers as it has
# tasks. A worker is one process with one thread: decoders and face detectors are not made
# for two.
#
# ```bash
# #!/bin/bash
# #SBATCH --nodes=4
# #SBATCH --ntasks-per-node=16
# #SBATCH --cpus-per-task=1
# #SBATCH --time=12:00:00
# rm -f scheduler.json
# dask scheduler --scheduler-file scheduler.json --interface eth0 &
# srun dask worker --scheduler-file scheduler.json --nthreads 1 --interface eth0 &
# while [ ! -s scheduler.json ]; do sleep 1; done
# address=$(python -c 'import json; print(json.load(open("scheduler.json"))["address"])')
# dfstudy prepare manifest.parquet --videos s3://bucket/videos \
#     --out s3://bucket/prepared --size 112 112 --resize adaptive \
#     --shard-mb 256 --scheduler "$address"
# ```
#
# Training is a second job, with a rank for each GPU. `SHARDS` is the folder that `prepare`
# has printed.
#
# ```bash
# #!/bin/bash
# #SBATCH --nodes=2
# #SBATCH --ntasks-per-node=4
# #SBATCH --gpus-per-node=4
# #SBATCH --requeue
# srun python -m dfstudy.training.distributed frame_torch \
#     --manifest manifest.parquet --shards "$SHARDS" --workers 4
# ```
#
# A job that is cut off is started again by the same script: `prepare` makes what is
# missing, and training goes on inside the epoch.

# %% [markdown]
# ## What we saw
#
# The goals again, now with what this run showed.

# %%
one, most = ahead.iloc[0], ahead.iloc[-1]
print(f"- forecast: {hours} hours of such video are {one['hours']:.0f} hours of one core, {most['hours']:.1f} of {most['cores']:.0f}; {one['terabytes']:.2f} TB")
print(f"- shards: {len(alone.shards())} of up to {dozen} videos, {size / len(alone.shards()) / 1e6:.1f} MB each; one flipped bit found in {', '.join(damaged)}")
if there:
    outcome = f"{int(same.sum())} of {len(same)} shards are the bytes of one process"
else:
    outcome = "not tried here, without Dask"
print(f"- a repeatable step: the power failed {sum(a['the file is'] == 'missing' for a in after)} times before the file was there; with a worker killed, {outcome}")
print(f"- dealing: {len(seen)} of {len(names)} videos seen, by {ranks} ranks in {len(readers[0])} batches")
print(f"- DDP: weighed, off by {np.abs(weighed - whole).max():.1e}; plain mean, off by {np.abs(plain - whole).max():.1e}")
print("- S3 and SLURM: three scripts, and all of them may be started again")

# %% [markdown]
# One machine has played all the parts here, so the *times* say nothing of a cluster. What
# carries over is what was compared bit by bit: the shards, and who sees which video.

# %% [markdown]
# ## Quiz · scale (10 minutes)
#
# The questions go over this lesson. Decide first, one letter a question; the answers are
# folded under each, with what is wrong with the others.

# %%
quiz.show("scale")

# %% tags=["exercise"]
# BEGIN SOLUTION
# STUB: letters = None  # "abca...", in the order of the questions; "-" where you have none yet
letters = "baabad"
# END SOLUTION

quiz.check(letters, "scale")

# %% [markdown]
# ## Which engine when?
#
# | you have | take | mind |
# |---|---|---|
# | a few hours of video, one machine | `dfstudy prepare`: a process a core | nothing else is faster here |
# | hundreds of hours, several machines | Dask: a task a shard | a file system or store that all see; the same versions everywhere |
# | videos that do not fit on a disk | S3: each is copied, decoded and deleted | requests cost time and money: large shards |
# | one GPU | one rank | several readers, if the shards are at an address |
# | several GPUs | DDP, a rank a GPU, the same global batch | a batch too small for so many ranks |
# | a network too large for one GPU | FSDP or pipelines, not in this course | none of our networks is |

# %% [markdown]
# ## References
#
# - B. Dolhansky et al., The DeepFake Detection Challenge dataset, 2020
# - A. Aizman, G. Maltby, T. Breuel, High performance I/O for large scale deep learning,
#   IEEE Big Data 2019 (WebDataset)
# - M. Rocklin, Dask: parallel computation with blocked algorithms and task scheduling,
#   SciPy 2015
# - S. Li et al., PyTorch distributed: experiences on accelerating data parallel training,
#   VLDB 2020 (DDP)
# - P. Goyal et al., Accurate, large minibatch SGD: training ImageNet in 1 hour, 2017
# - A. Yoo, M. Jette, M. Grondona, SLURM: simple Linux utility for resource management, 2003
# - S0: C. Tung, D. Tung, DeepSneak: deepfake video detection, CS231N (parts on S3,
#   WebDataset shards)
