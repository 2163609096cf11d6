"""Does the person say the label? Who remembers a face would then need no forgery.

    identity.remembered(manifest, n=1999, seed=0)

With a grouped split nobody in test was seen in training, so no classifier can be asked.
What is measured is what a leaky split would hand out: the share of fakes among the
*other* videos of the same person, as the score of this one. The person is whoever's
head is seen, and, tried beside it, whose face (the donor, where there is one); where
nobody is known, the source or the group stands for them. What people look like apart
from their faces (hair, clothes, room) is the business of the background's probe.

Where each person has a real video for every fake, the others point the wrong way, and
the AUROC is far below 0.5. Whoever goes by faces alone is then misled, so this is no
shortcut, and is reported as 0.5.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dfstudy.study.audit.permutation import judged

TITLE = "identity"
ADVICE = (
    "keep people whole (dfstudy split --kind group), and have real and fake videos of"
    " the same people"
)
MIN_PEOPLE = 5  # with two videos or more


def people(manifest: pd.DataFrame) -> dict[str, NDArray]:
    """Who each video is of, (N,) 0 .. P-1, by "head", "face", "source" or "group".

    Only what joins the videos of MIN_PEOPLE people at least; {} where nothing does.
    """
    head = manifest["target_identity"]
    if head.notna().any():
        head = head.fillna("video " + manifest["video_id"])
        known = {"head": head, "face": manifest["donor_identity"].fillna(head)}
    elif manifest["source_id"].notna().any():
        known = {"source": manifest["source_id"].fillna(manifest["video_id"])}
    else:
        known = {"group": manifest["group"]}
    codes = {word: pd.factorize(who)[0] for word, who in known.items()}
    return {
        word: who
        for word, who in codes.items()
        if (np.bincount(who) > 1).sum() >= MIN_PEOPLE
    }


def remembered(
    manifest: pd.DataFrame, *, n: int, seed: int
) -> tuple[dict, float, str] | None:
    """AUROC of a memory of people; None where too few people are known.

    Args:
        manifest: with `group`.
        n: permutations, of all labels: nothing else is the same in every person.

    Returns:
        value, low, high, at least 0.5; chance_low, chance_high; the one-sided p-value;
        and in words what was read.
    """
    seen = people(manifest)
    if not seen:
        return None
    labels = manifest["label"].to_numpy()
    shuffled = np.tile(labels, (n, 1))
    np.random.default_rng(seed).permuted(shuffled, axis=1, out=shuffled)
    targets = np.vstack([labels, shuffled])
    scores = {word: others(targets, who) for word, who in seen.items()}
    entry, p, best = judged(targets, scores, manifest["group"].to_numpy(), seed=seed)
    says = f"whose {best} it is; read from the person's other videos"
    if entry["value"] < 0.5:
        says = "the other videos of a person say nothing, or the opposite"
    for key in ("value", "low", "high"):
        entry[key] = max(0.5, entry[key])
    return entry, p, says


def others(labels: NDArray, who: NDArray) -> NDArray:
    """Share of fakes among the other videos of each one's person, (B, N).

    A person's only video gets the share of all videos. `labels` are (B, N), `who` (N,).
    """
    n_videos = np.bincount(who)
    member = np.eye(len(n_videos))[who]  # (N, P)
    fakes = (labels @ member)[:, who] - labels
    more = n_videos[who] - 1
    return np.where(
        more > 0, fakes / np.maximum(more, 1), labels.mean(axis=1, keepdims=True)
    )
