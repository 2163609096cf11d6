"""Lesson 01: wrong answers that are typical, and words that the check must say."""

import pandas as pd


def targets_only(train, test):
    return len(
        set(train["target_identity"].dropna()) & set(test["target_identity"].dropna())
    )


def with_nobody(train, test):
    def seen(rows):
        both = pd.concat([rows["target_identity"], rows["donor_identity"]])
        return set(both.fillna("nobody"))

    return len(seen(train) & seen(test))


def videos_not_people(train, test):
    people = pd.concat([train["target_identity"], train["donor_identity"]]).dropna()
    hit = test["target_identity"].isin(people) | test["donor_identity"].isin(people)
    return int(hit.sum())


WRONG = {
    "count_shared": [
        (targets_only, "donor"),
        (with_nobody, "missing donor"),
        (videos_not_people, "people, not videos"),
    ],
    "precision": [
        (lambda b, t, f: t / (t + f), "as many fakes"),
        (lambda b, t, f: (1 - b) * t / ((1 - b) * t + b * f), "swapped"),
        (lambda b, t, f: b * t + (1 - b) * (1 - f), "called fake"),
        (lambda b, t, f: b * t, "100 videos"),
    ],
}
