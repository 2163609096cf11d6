"""The data set of one study: videos found, split by group, proof written down.

    data = dataset.load("", profile=profiles.get("laptop"))         # the synthetic set
    data = dataset.load("../my_videos", profile=profiles.get("laptop"))

The data and its split do not depend on the training seed: two runs with different seeds
differ by the training alone.
"""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from dfstudy import paths
from dfstudy.data import assign, index, prepare, proof, splits, synth
from dfstudy.data import manifest as manifests
from dfstudy.data.manifest import sha256
from dfstudy.data.prepare import Prepared
from dfstudy.data.view import View
from dfstudy.profiles import Profile

# Of people and split. Recipes are tuned on the set of seed 0, never on the course's.
_SEED = 1


@dataclass(frozen=True)
class Dataset:
    """Videos with their split.

    `manifest` has one row a video (columns: data.manifest.COLUMNS, with group and
    split), without those that the split has dropped; `proof` says what the split
    guarantees, and counts the dropped (data.proof.build); `kind` is "synthetic" or
    "real". `shards` is the folder or address of the set where it is prepared already.
    """

    name: str
    kind: str
    root: Path
    manifest: pd.DataFrame
    proof: dict
    shards: str | None = None

    def prepared(self, view: View) -> Prepared:
        """Every video as `view` sees it, made once and kept under the data folder.

        A set of the same frames with their flow serves a view without flow, too, and
        one of the first 32 frames a view of the first 8: of faces where that follows
        them over 32, and all 32 are prepared then. Descriptions are the manifest's, so
        a view with text has the frames of one without. ValueError where the set is at
        an address already, and of another view.
        """
        view = replace(view, text=False)
        if self.shards is not None:
            ready = Prepared.load(self.shards)
            if not _serves(ready.view, view):
                raise ValueError(f"{self.shards} holds {ready.view}, not {view}")
            return ready.first(view.frames)
        there = prepare.prepared_views(self.manifest)
        ready = [view] if view in there else there
        longest = view.with_frames(view.reach)
        serves = next((other for other in ready if _serves(other, view)), longest)
        return prepare.prepare(self.manifest, serves).first(view.frames)

    def counts(self) -> dict[str, dict[str, int]]:
        """{split: {"real": n, "fake": n}}."""
        return {
            part: {
                "real": int((rows["label"] == 0).sum()),
                "fake": int((rows["label"] == 1).sum()),
            }
            for part, rows in self.manifest.groupby("split", sort=False)
        }

    def identity(self) -> dict[str, object]:
        """The `data` block of a result file."""
        return dict(self._identity)

    @cached_property
    def _identity(self) -> dict[str, object]:
        # Every fit asks, and to hash a manifest takes a while.
        return {
            "name": self.name,
            "kind": self.kind,
            "manifest_sha256": sha256(self.manifest.drop(columns=["group", "split"])),
            "split_sha256": sha256(self.manifest[["video_id", "group", "split"]]),
            "counts": self.counts(),
        }


def _serves(ready: View, view: View) -> bool:
    """Whether what is prepared for `ready` holds all that `view` shows."""
    if view.sampling == "first" and ready.frames > view.frames:
        ready = ready.with_frames(view.frames)
    if view.flow == "none":
        ready = replace(ready, flow="none", apart_s=view.apart_s)
    return ready == view


def load(data: str, *, profile: Profile) -> Dataset:
    """The data set called `data`: a folder, or "" for the profile's synthetic set.

    Renders the synthetic set where it is missing. Raises ValueError where the folder is
    no data set, and writes `split_proof.json` into the folder of the runs.
    """
    root = Path(data).expanduser().resolve() if data else synthetic_root(profile)
    if not data:
        synth.make(
            root,
            pairs=profile.pairs,
            frames=profile.clip_frames,
            size=profile.clip_size,
            seed=_SEED,
        )
    table, facts = splits.split(
        index.index(root), fractions=assign.named(profile.split), seed=_SEED
    )
    proof.write(facts, paths.runs(profile.name) / "split_proof.json")
    return Dataset(
        name=root.name,
        kind=index.kind(root),
        root=root,
        manifest=table[table["split"].notna()].reset_index(drop=True),
        proof=facts,
    )


def of_manifest(path: str | Path, *, shards: str | None = None) -> Dataset:
    """The data set of a manifest that is split already (`dfstudy split`).

    `shards`: where it lies prepared; else it is prepared when it is asked for.

    Raises:
        ValueError: no manifest; one whose videos have no split or group; or one that
            mixes synthetic and real videos.
    """
    path = Path(path)
    table = manifests.read(path)
    table = table[table["split"].notna()].reset_index(drop=True)
    if table.empty or table["group"].isna().any():
        raise ValueError(f"{path} is not split: dfstudy split {path}")
    rendered = table["dataset"] == "synthetic"
    if rendered.nunique() > 1:
        raise ValueError(f"{path} mixes synthetic and real videos: use one at a time")
    kind = "synthetic" if rendered.all() else "real"
    root = Path(os.path.commonpath([Path(file).parent for file in table["path"]]))
    return Dataset(path.stem, kind, root, table, {}, shards)


def synthetic_root(profile: Profile) -> Path:
    """Where the synthetic set of this scale lies."""
    height, width = profile.clip_size
    scale = f"{profile.pairs}x{profile.clip_frames}x{height}x{width}"
    # A newer renderer makes a new set beside the old one.
    return paths.home() / f"synthetic-{scale}-v{synth.VERSION}-{_SEED}"
