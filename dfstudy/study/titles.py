"""What a file's name gives away: a set named like DFD's, and one who reads names only.

    videos = like_dfd(seed=0)
    leak(videos, videos["name"].map(faceforensics.describe))     # an AUROC near 0.5

DFD (DeepFakeDetection, of FaceForensics++) calls a real video `01__kitchen_pan` and a
fake `01_02__kitchen_pan__YVGY8LOK`. S0 takes its descriptions from such names.
"""

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from dfstudy.metrics.intervals import auroc_interval
from dfstudy.models import text

ACTORS = 28  # of DFD
REALS = 363
SCENES = (  # the sixteen that DFD's actors play
    "exit_phone_room",
    "hugging_happy",
    "kitchen_pan",
    "kitchen_still",
    "outside_talking_pan_laughing",
    "outside_talking_still_laughing",
    "podium_speech_happy",
    "secret_conversation",
    "talking_against_wall",
    "talking_angry_couch",
    "walk_down_hall_angry",
    "walking_and_outside_surprised",
    "walking_down_indoor_hall_disgust",
    "walking_down_street_outside_angry",
    "walking_outside_cafe_disgusted",
    "meeting_serious",
)
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"))


def like_dfd(*, seed: int) -> pd.DataFrame:
    """Names as DFD has them, one row a video; the videos themselves do not exist.

    As many actors, scenes and reals as DFD; one fake of every two actors, in a scene
    that the target has played. Half of the actors are for training: fakes of an actor
    of each half are left out, so that nobody is in both.

    Returns:
        Columns: name; label; target (the actor that is seen); split, "train" or "test".
    """
    rng = np.random.default_rng([seed, ACTORS])
    plays = [(a, s) for a in range(1, ACTORS + 1) for s in SCENES]
    plays = [plays[i] for i in sorted(rng.permutation(len(plays))[:REALS])]
    rows = [(f"{a:02d}__{s}", 0, a, None) for a, s in plays]
    for target in range(1, ACTORS + 1):
        scenes = [s for a, s in plays if a == target]
        for donor in set(range(1, ACTORS + 1)) - {target}:
            code = "".join(rng.choice(_LETTERS, 8))
            name = f"{target:02d}_{donor:02d}__{rng.choice(scenes)}__{code}"
            rows.append((name, 1, target, donor))
    table = pd.DataFrame(rows, columns=["name", "label", "target", "donor"])
    trained = set((rng.permutation(ACTORS)[: ACTORS // 2] + 1).tolist())
    donor = table["donor"].fillna(table["target"]).astype(int)
    apart = table["target"].isin(trained) != donor.isin(trained)
    part = np.where(table["target"].isin(trained), "train", "test")
    return table.assign(split=part)[~apart].drop(columns="donor").reset_index(drop=True)


def leak(
    videos: pd.DataFrame, descriptions: pd.Series, *, n_bootstrap: int, seed: int
) -> dict:
    """AUROC on test of a logistic regression that reads the descriptions, and no video.

    Args:
        videos: label, target, split. descriptions: of each of them.

    Returns:
        value, low, high (metrics.intervals; groups are the actors that are seen).
    """
    numbers = text.encode(descriptions.tolist())
    train = (videos["split"] == "train").to_numpy()
    reader = LogisticRegression(C=10, max_iter=1000, class_weight="balanced")
    reader.fit(numbers[train], videos["label"][train])
    test = videos[~train]
    return auroc_interval(
        test["label"],
        reader.predict_proba(numbers[~train])[:, 1],
        test["target"].astype(str),
        n=n_bootstrap,
        seed=seed,
    )
