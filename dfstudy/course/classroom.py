"""A class is asked "Can you tell?": its guesses, collected and compared.

    clips = classroom.pick(videos, each=6, seed=0)    # which clips are asked about
    classroom.hand_in(clips, guesses, study)          # a student: one small CSV
    table = classroom.collect(classroom.folder(study))    # a teacher: all of them
    classroom.compared({"class": table}, classroom.detectors(study), ...)

A hand-in holds guesses and what they were about, no name: the student is a random token
that stays the same on one machine. Lesson 00 asks, `docs/teaching.md` says how.
"""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from dfstudy.course.study import Study
from dfstudy.metrics.readers import readers_auroc
from dfstudy.study.comparison.headline import Entry, by_videos, entries, headline
from dfstudy.training import scored

COLUMNS = ("student", "data", "kind", "video_id", "group", "label", "method", "guess")
# How plainly a kind shows to the simulated students, in standard deviations of a guess.
# Made up, and said to be; nobody has been asked.
_PLAIN = {
    "blend": 1.6,
    "flicker": 1.4,
    "partial": 1.0,
    "disorder": 0.6,
    "mismatch": 0.3,
}


def pick(videos: pd.DataFrame, *, each: int, seed: int) -> pd.DataFrame:
    """Up to `each` fakes and as many reals, in an order that tells nothing.

    A fake of each kind comes before the second of any, and new people before people who
    have been seen: an interval counts groups, not clips.
    """
    mixed = videos.sample(frac=1, random_state=seed)
    mixed["method"] = mixed["method"].fillna("unknown")
    chosen: list[int] = []
    for label in (1, 0):
        for _ in range(min(each, int((mixed["label"] == label).sum()))):
            left = mixed[mixed["label"] == label].drop(index=chosen, errors="ignore")
            so_far = mixed.loc[chosen]
            before = pd.DataFrame(
                {
                    name: left[name].map(so_far[name].value_counts()).fillna(0)
                    for name in ("method", "group")
                }
            )
            order = before.sort_values(["method", "group"], kind="stable")
            chosen.append(order.index[0])
    return videos.loc[chosen].sample(frac=1, random_state=seed).reset_index(drop=True)


def guessed(
    clips: pd.DataFrame, guesses: Iterable[float], study: Study
) -> pd.DataFrame:
    """The guesses (N,) about `clips`, N rows of a manifest, as a table of COLUMNS."""
    about = clips[["video_id", "group", "label", "method"]].reset_index(drop=True)
    about["method"] = about["method"].fillna("unknown")
    about = about.assign(student="you", data=study.data.name, kind=study.data.kind)
    return about.assign(guess=np.asarray(list(guesses), dtype=float))[list(COLUMNS)]


def folder(study: Study) -> Path:
    """Where the hand-ins about the data of `study` are: a folder for each set."""
    return study.runs / "class" / study.data.name


def hand_in(clips: pd.DataFrame, guesses: Iterable[float], study: Study) -> Path:
    """Write the guesses as a small CSV into `folder(study)`; return its path.

    Guessing again about the same clips replaces what was written.
    """
    place = folder(study)
    place.mkdir(parents=True, exist_ok=True)
    token = place.parent / "this_student.txt"
    if not token.exists():
        token.write_text(secrets.token_hex(4), encoding="utf-8")
    me = token.read_text(encoding="utf-8").strip()
    path = place / f"guesses_{me}_{study.seed}.csv"
    guessed(clips, guesses, study).assign(student=me).to_csv(path, index=False)
    return path


def collect(place: str | Path) -> pd.DataFrame:
    """The hand-ins of a folder in one table; of a student and clip, the last one.

    Raises:
        ValueError: a file that is no hand-in, or two kinds of data in one folder:
            guesses about synthetic and about real videos are never averaged.
    """
    tables = []
    for path in sorted(Path(place).glob("*.csv")):
        table = pd.read_csv(path, dtype={"student": str, "group": str, "video_id": str})
        if missing := set(COLUMNS) - set(table.columns):
            raise ValueError(f"{path} is no hand-in: it lacks {sorted(missing)}")
        bad = table[~table["guess"].between(0, 1) | ~table["label"].isin([0, 1])]
        if len(bad):
            raise ValueError(f"{path}: guesses are in [0, 1], labels are 0 or 1")
        tables.append(table[list(COLUMNS)])
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    every = pd.concat(tables, ignore_index=True)
    if len(sets := every[["kind", "data"]].drop_duplicates()) > 1:
        raise ValueError(
            f"{place} has guesses about {', '.join(sets['data'])}: one folder for each"
        )
    return every.drop_duplicates(["student", "video_id"], keep="last")


def simulated(
    clips: pd.DataFrame, study: Study, *, students: int, able: bool
) -> pd.DataFrame:
    """Guesses of students who do not exist, about `clips`.

    Args:
        able: whether they see something of a forgery, or throw coins. Hard clips are
            hard for all of them, which is what makes few clips worth so little.
    """
    rng = np.random.default_rng([study.seed, students, able])
    plain = clips["method"].map(_PLAIN).fillna(1.0).where(clips["label"] == 1, 0.0)
    skill = np.exp(rng.normal(0, 0.4, students)) * able
    clip = rng.normal(0, 0.7, len(clips)) * able
    seen = (
        skill[:, None] * plain.to_numpy()
        + clip
        + rng.normal(size=(students, len(clips)))
    )
    sure = 1 / (1 + np.exp(0.5 - seen))
    return pd.concat(
        [
            guessed(clips, np.round(row, 2), study).assign(student=f"simulated {i}")
            for i, row in enumerate(sure)
        ],
        ignore_index=True,
    )


def detectors(study: Study) -> dict[str, Entry]:
    """One detector of each family with results on the videos of `study`, by name."""
    scored.keep(study.runs, study.data)
    split = study.data.identity()["split_sha256"]
    for tested in by_videos(entries(study.runs)):
        if tested[0].first["data"]["split_sha256"] == split:
            return headline(tested)
    return {}


def compared(
    classes: Mapping[str, pd.DataFrame],
    detectors: Mapping[str, Entry],
    *,
    n_bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    """AUROC of classes and of detectors on the same kinds of forgery, a row each.

    Args:
        classes: name -> guesses (COLUMNS). detectors: name -> its entry, tested on
            videos of the same data set; others are a mistake of the caller.

    Returns:
        forgery ("all": what the classes were shown and all of the detectors have
        learned), who, judge (people, simulated or detector), value, low, high, reason,
        and `stamp`: how many have judged, or from which run a detector's number is.
    """
    shown = set().union(
        *(set(t.loc[t["label"] == 1, "method"]) for t in classes.values())
    )
    learned = [set(detector.trained_on) for detector in detectors.values()]
    common = shown.intersection(*learned)
    forgeries = {"all": common} | {name: {name} for name in sorted(shown)}
    rows = []
    for forgery, methods in forgeries.items():
        for who, table in classes.items():
            some = table[(table["label"] == 0) | table["method"].isin(methods)]
            columns = (some[name] for name in ("label", "guess", "group", "student"))
            entry = readers_auroc(*columns, n=n_bootstrap, seed=seed)
            stamp = f"{entry['readers']} people, validation, {table['kind'].iloc[0]}"
            made_up = some["student"].str.startswith("simulated").any()
            judge = "simulated" if made_up else "people"
            rows.append(
                {"forgery": forgery, "who": who, "judge": judge, "stamp": stamp} | entry
            )
        for who, detector in detectors.items():
            known = detector.first["metrics"]["test"]
            if forgery == "all" and set(detector.trained_on) != common:
                continue  # its "all" is of other kinds
            if forgery in known:
                rows.append(
                    {"forgery": forgery, "who": who, "judge": "detector"}
                    | {"stamp": _stamp(detector.first)}
                    | known[forgery]["auroc"]
                )
    wanted = ["forgery", "who", "judge", "value", "low", "high", "reason", "stamp"]
    return pd.DataFrame(rows).reindex(columns=wanted)


def _stamp(result: dict) -> str:
    kind, day = result["data"]["kind"], result["finished_at"][:10]
    return f"{result['profile']}, seed {result['seed']}, test, {kind}, {day}"
