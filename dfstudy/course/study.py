"""What every lesson begins with: one object that holds its scale and its data.

    study = course.start("laptop", seed=0, data="")

`data` is a folder of videos or a DFDC tree; "" means the synthetic set, rendered
at its first use.
"""

import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dfstudy import paths, profiles
from dfstudy.data import dataset
from dfstudy.profiles import Profile
from dfstudy.report import style


@dataclass(frozen=True)
class Study:
    """The scale (`profile`), the training seed and the data of one lesson."""

    profile: Profile
    seed: int
    source: str

    @cached_property
    def data(self) -> dataset.Dataset:
        """The videos and their split. Renders or indexes them at the first use."""
        if not self.source and not dataset.synthetic_root(self.profile).exists():
            print(f"Rendering {self.profile.pairs} pairs of people, once ...")
        return dataset.load(self.source, profile=self.profile)

    @property
    def runs(self) -> Path:
        """The folder of results, models and predictions of this profile."""
        return paths.runs(self.profile.name)


def start(profile: str, seed: int = 0, data: str = "") -> Study:
    """Begin a lesson: check its parameters, set the figures' theme, say the scale.

    Raises ValueError for an unknown profile, a seed that is no whole number of 0 or
    more, or a folder that is not there; RuntimeError in a worker process, which runs
    a script again where the script does not say what is its main part.
    """
    # What a spawned worker calls the script that it runs again.
    if getattr(sys.modules.get("__mp_main__"), "__name__", None) == "__mp_main__":
        raise RuntimeError(
            "a script that prepares videos begins its work with"
            ' `if __name__ == "__main__":`, or each of its workers would start it again'
        )
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ValueError(f"SEED is {seed!r}: give a whole number, 0 or more")
    if data and not Path(data).expanduser().is_dir():
        raise ValueError(f"DATA is {data!r}: there is no such folder")
    scale = profiles.get(profile)
    style.apply()
    what = data or f"synthetic, {scale.pairs} pairs of people"
    print(f"profile {scale.name} ({scale.machine}); seed {seed}; data: {what}")
    return Study(profile=scale, seed=seed, source=data)
