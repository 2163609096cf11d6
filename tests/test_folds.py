"""Cross-validation: every group is tested on once, and no fold leaks."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from manifests import manifests, originals, pairs, shared, swaps

from dfstudy.data import manifest
from dfstudy.data.folds import folds


def test_every_pair_is_tested_on_once():
    table = pairs(25)
    tested = []
    for i, (done, facts) in enumerate(folds(table, k=5, seed=0)):
        assert not shared(done) and facts["proof"] == "identity"
        assert facts["groups"] == {"train": 15, "val": 5, "test": 5}
        assert facts["fold"] == i + 1 and facts["folds"] == 5
        assert done["video_id"].tolist() == table["video_id"].tolist()
        tested += done["video_id"][done["split"] == "test"].tolist()
        json.dumps(facts)
    assert sorted(tested) == sorted(table["video_id"])


def test_labels_are_in_every_fold():
    for _, facts in folds(manifest.from_rows(originals(50, 4)), k=5, seed=0):
        for part, share in (("train", 0.6), ("val", 0.2), ("test", 0.2)):
            assert abs(facts["videos"][part]["real"] - 50 * share) <= 2
            assert abs(facts["videos"][part]["fake"] - 200 * share) <= 8


def test_people_are_folded_where_components_merged():
    table = manifest.from_rows(swaps("dfd", 28, 363, 3068))
    tested = []
    for done, facts in folds(table, k=5, seed=0):
        assert facts["kind"] == "people" and not shared(done)
        kept = sum(part["fake"] for part in facts["videos"].values())
        assert facts["dropped"]["videos"] == {"real": 0, "fake": 3068 - kept}
        assert 5 <= facts["people"]["test"] <= 6
        tested.append(done[done["split"] == "test"])
    tested = pd.concat(tested)
    assert tested["video_id"].is_unique and (tested["label"] == 0).sum() == 363


@given(table=manifests(max_size=25))
@settings(max_examples=20, deadline=None)
def test_any_manifest_or_a_clear_refusal(table):
    try:
        made = list(folds(table, k=3, seed=1, kind="people"))
    except ValueError as error:
        assert "at least 3" in str(error) or "n_splits" in str(error)
        return
    back = list(folds(table[::-1], k=3, seed=1, kind="people"))
    for (done, facts), (_, same) in zip(made, back, strict=True):
        assert not shared(done)
        assert same == facts


@pytest.mark.parametrize("k", [0, 2, 7])
def test_too_few_or_too_many_folds_are_refused(k):
    with pytest.raises(ValueError, match=f"{k} folds"):
        list(folds(pairs(6), k=k, seed=0))


def test_leaky_folds_are_refused():
    with pytest.raises(ValueError, match="not by 'video'"):
        list(folds(pairs(6), k=3, seed=0, kind="video"))
