"""A detector and its twins: the same network from other starts.

    found = twins("cnn_3d", lesson="07", data=study.data, profile=study.profile, seed=0,
                  rules=[MEAN])
    found["synthetic-tracks"], found["synthetic-identity"], found["none"]

Where pretrained features carry a figure, what came of the other starts stands beside
it.
"""

from typing import Any

from dfstudy.profiles import Profile
from dfstudy.training.ahead import Job, ahead
from dfstudy.training.experiment import Trained, starts, train


def jobs(model: str, *, profile: Profile, **options: Any) -> list[Job]:
    """What `twins`, asked the same, trains: for `ahead`."""
    return [
        options | {"model": model, "profile": profile, "start": start}
        for start in starts(profile)
    ]


def twins(model: str, *, profile: Profile, **options: Any) -> dict[str, Trained]:
    """Of each start of the profile, its own first, what was trained from it.

    The arguments, but for `start`, are those of `experiment.train`; so is what is
    raised. The key is what the result file says of the start (`pretrained`).
    """
    each = jobs(model, profile=profile, **options)
    ahead(each[1:])
    every = [train(**job) for job in each]
    return {one.result["pretrained"]: one for one in every}
