"""A detector and its twins: the same network from other starts.

    found = twins("cnn_3d", lesson="07", data=study.data, profile=study.profile, seed=0,
                  rules=[MEAN])
    found["synthetic-tracks"], found["synthetic-identity"], found["none"]

Where pretrained features carry a figure, what came of the other starts stands beside
it. The twins need nothing of each other: where cores are idle, each has one.
"""

from collections.abc import Mapping
from typing import Any

import torch

from dfstudy import workers
from dfstudy.profiles import Profile
from dfstudy.training.experiment import Trained, result_file, starts, train

_WORTH = 30.0  # seconds of a fit; a process needs 20 to import its libraries


def twins(model: str, *, profile: Profile, **options: Any) -> dict[str, Trained]:
    """Of each start of the profile, its own first, what was trained from it.

    The arguments, but for `start`, are those of `experiment.train`; so is what is
    raised. The key is what the result file says of the start (`pretrained`).
    """
    jobs = [
        options | {"model": model, "profile": profile, "start": start}
        for start in starts(profile)
    ]
    first = train(**jobs[0])
    if first.result["cost"]["train_s"] > _WORTH:
        _ahead([job for job in jobs[1:] if not _is_there(job)])
    every = [first, *(train(**job) for job in jobs[1:])]
    return {one.result["pretrained"]: one for one in every}


def _is_there(job: Mapping[str, Any]) -> bool:
    of_the_fit = {name: job[name] for name in job if name not in ("data", "rules")}
    return result_file(**of_the_fit).exists()


def _ahead(jobs: list[Mapping[str, Any]]) -> None:
    """Train these in processes of their own, if cores are idle; not on one GPU."""
    with workers.side_by_side(1 if torch.cuda.is_available() else len(jobs)) as every:
        if every is not map:  # else whoever asks next trains them, and shows how
            list(every(_train, jobs))


def _train(job: Mapping[str, Any]) -> None:
    train(**job)
